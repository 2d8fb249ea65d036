package progress_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"redspan/stack/internal/progress"
)

func TestPlainBoard(t *testing.T) {
	var out bytes.Buffer
	board := progress.NewBoard(&out, false, "api", "tempo")
	board.Set("api", progress.Starting, "")
	board.Set("api", progress.Starting, "") // no change, no line
	board.Set("ocb", progress.Building, "") // no such line
	board.Print("halfway")
	board.Set("api", progress.Waiting, "for store")
	board.Close()
	want := "api              starting\nhalfway\napi              waiting   (for store)\n"
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", out.String(), want)
	}
}

func TestTerminalBoard(t *testing.T) {
	var out bytes.Buffer
	board := progress.NewBoard(&out, true, "api", "tempo")
	board.Set("api", progress.Failed, "its build failed")
	board.Print("a line above")
	board.Close()
	last := out.String()[strings.LastIndex(out.String(), "\x1b[J"):]
	for _, want := range []string{"api              failed", "its build failed", "tempo            waiting"} {
		if !strings.Contains(last, want) {
			t.Errorf("%q is not in the last drawing:\n%s", want, last)
		}
	}
	if !strings.Contains(out.String(), "a line above\n") {
		t.Error("the printed line is missing")
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond:                  "0.4s",
		12340 * time.Millisecond:                "12.3s",
		185 * time.Second:                       "3m05s",
		2*time.Hour + 5*time.Minute:             "2h05m",
		59*time.Minute + 59900*time.Millisecond: "1h00m",
	} {
		if got := progress.Duration(d); got != want {
			t.Errorf("Duration(%s) = %s, want %s", d, got, want)
		}
	}
}
