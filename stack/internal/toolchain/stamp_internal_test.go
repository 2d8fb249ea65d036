package toolchain

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStamp(t *testing.T) {
	dir := t.TempDir()
	mod, sum := filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.sum")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(mod, "module a")
	of := func(paths ...string) string {
		t.Helper()
		s, err := stamp(paths)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := of(mod, sum)
	if of(sum, mod) != first {
		t.Error("the order of the inputs matters")
	}
	write(sum, "a v1 h1:x")
	second := of(mod, sum)
	if second == first {
		t.Error("a new go.sum makes no difference")
	}
	write(mod, "module b")
	if of(mod, sum) == second {
		t.Error("another go.mod makes no difference")
	}
}

func TestTags(t *testing.T) {
	for mod, want := range map[string]string{
		"module x\n\n// build-tags: one,two\ntool a/b\n": "one,two",
		"module x\n": "",
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "stack", "tools", "x")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := (recipe{module: "x"}).tags(root); err != nil || got != want {
			t.Errorf("tags of %q = %q, %v", mod, got, err)
		}
	}
}
