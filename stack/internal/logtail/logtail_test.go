package logtail_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"redspan/stack/internal/logtail"
)

func TestLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	if lines, end, err := logtail.Last(path, 0, 3); err != nil || lines != nil || end != 0 {
		t.Errorf("missing file: %v %d %v", lines, end, err)
	}
	write(t, path, "one\ntwo\nthree\nfour")
	for _, c := range []struct {
		offset int64
		n      int
		want   []string
	}{
		{0, 2, []string{"three", "four"}},
		{0, 9, []string{"one", "two", "three", "four"}},
		{8, 9, []string{"three", "four"}},
		{999, 1, []string{"four"}}, // the file was cut meanwhile
	} {
		got, end, err := logtail.Last(path, c.offset, c.n)
		if err != nil || end != 18 || !slices.Equal(got, c.want) {
			t.Errorf("Last(%d, %d) = %q, %d, %v; want %q", c.offset, c.n, got, end, err, c.want)
		}
	}
}

func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	write(t, path, "old\n")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	lines := make(chan string)
	done := make(chan struct{})
	go func() {
		defer close(done)
		logtail.Follow(ctx, path, 4, func(line string) { lines <- line })
	}()
	next := func(want string) {
		t.Helper()
		select {
		case got := <-lines:
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		case <-ctx.Done():
			t.Fatalf("%q did not come", want)
		}
	}
	write(t, path, "old\nnew\nhalf a li")
	next("new")
	write(t, path, "old\nnew\nhalf a line\n")
	next("half a line")
	write(t, path, "cut\n")
	next("cut")
	cancel()
	<-done
}

func write(t *testing.T, path, text string) {
	t.Helper()
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		t.Fatal(err)
	}
}
