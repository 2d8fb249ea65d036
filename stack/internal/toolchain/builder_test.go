package toolchain_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redspan/stack/internal/toolchain"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// builder returns a builder on a checkout that pins gotestsum, and Grafana
// with a build script of its own.
func builder(t *testing.T, script string) *toolchain.Builder {
	t.Helper()
	dir := t.TempDir()
	tools := filepath.Join(dir, "stack", "tools")
	write(t, filepath.Join(tools, "gotestsum", "go.mod"),
		"module x\n// build-tags: one,two\ntool gotest.tools/gotestsum\nrequire gotest.tools/gotestsum v1.2.3\n")
	write(t, filepath.Join(tools, "grafana", "go.mod"), "module x\nrequire github.com/grafana/grafana v1.9.9\n")
	write(t, filepath.Join(tools, "grafana", "build.sh"), "#!/bin/sh\n"+script)
	return &toolchain.Builder{
		Root: dir, CacheDir: filepath.Join(dir, "cache"), Parallel: 1,
		LogFile: func(tool string) string { return filepath.Join(dir, "log", tool) },
	}
}

func TestProgram(t *testing.T) {
	b := builder(t, "")
	path, built, err := b.Program("gotestsum")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(b.CacheDir, "gotestsum-v1.2.3", "gotestsum"); path != want || built {
		t.Errorf("got %s, built %t, want %s", path, built, want)
	}
	if _, _, err := b.Program("hammer"); err == nil || !strings.Contains(err.Error(), "there are process-compose") {
		t.Errorf("unknown tool: %v", err)
	}
}

// goodScript counts its runs in a file that is none of the build's inputs.
const goodScript = `mkdir -p "$1/bin" && touch "$1/bin/grafana" && echo made >>"$(dirname "$0")/../count"`

func TestBuild(t *testing.T) {
	t.Run("makes a tool once, and again when its inputs change", func(t *testing.T) {
		b := builder(t, goodScript)
		tools := filepath.Join(b.Root, "stack", "tools")
		count := func() int {
			data, err := os.ReadFile(filepath.Join(tools, "count"))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Count(string(data), "made")
		}
		build := func() {
			t.Helper()
			if err := b.Build(t.Context(), "grafana"); err != nil {
				t.Fatal(err)
			}
			if _, built, err := b.Program("grafana"); err != nil || !built {
				t.Fatalf("not built: %v", err)
			}
		}
		build()
		build()
		if n := count(); n != 1 {
			t.Errorf("built %d times, want 1", n)
		}
		write(t, filepath.Join(tools, "grafana", "go.mod"), "module y\nrequire github.com/grafana/grafana v1.9.9\n")
		build()
		if n := count(); n != 2 {
			t.Errorf("built %d times, want 2", n)
		}
	})
	t.Run("leaves nothing behind when it fails", func(t *testing.T) {
		b := builder(t, "echo no space >&2; exit 3")
		err := b.Build(t.Context(), "grafana")
		if err == nil || !strings.Contains(err.Error(), "building grafana failed") {
			t.Fatalf("got %v", err)
		}
		entries, err := os.ReadDir(b.CacheDir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				t.Errorf("%s is left in the cache", e.Name())
			}
		}
	})
	t.Run("ends its children when it is interrupted", func(t *testing.T) {
		b := builder(t, "sleep 60 & wait")
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := b.Build(ctx, "grafana"); err == nil {
			t.Error("no error")
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}
