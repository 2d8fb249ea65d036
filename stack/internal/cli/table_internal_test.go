package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"

	"redspan/stack/internal/lifecycle"
)

func TestTable(t *testing.T) {
	got := table(lipgloss.NewRenderer(new(bytes.Buffer)), []lifecycle.Status{
		{Part: "api", State: "ready", OK: true, Pid: 12, Uptime: 90 * time.Second, Address: "http://127.0.0.1:8080"},
		{Part: "otel-collector", State: "dead", Address: "http://127.0.0.1:4318", Hint: "make up"},
	})
	want := `
PART            STATE  PID  UPTIME  ADDRESS                HINT
api             ready  12   1m30s   http://127.0.0.1:8080
otel-collector  dead   -    -       http://127.0.0.1:4318  make up
`
	if got != want[1:] {
		t.Errorf("got:\n%s\nwant:\n%s", got, want[1:])
	}
}
