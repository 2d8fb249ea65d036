package lifecycle

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"redspan/stack/internal/config"
	"redspan/stack/internal/processcompose"
)

// stack returns a stack of this checkout with a state directory of its own.
func stack(t *testing.T) *Stack {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg, err := config.Load(root, func(name string) (string, bool) { return dir, name == "REDSPAN_STATE_DIR" })
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.InitStateDir(); err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg, t.Output(), false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bystander starts a process that lives until the test ends, with extra
// variables in its environment.
func bystander(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return cmd
}

func TestOrphans(t *testing.T) {
	s := stack(t)
	ours := bystander(t, config.Marker+"="+s.cfg.StateDir, "PC_PROC_NAME=api")
	other := bystander(t, config.Marker+"="+s.cfg.StateDir+"-other", "PC_PROC_NAME=api")

	parts, note, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 1 || parts[0].Pid != ours.Process.Pid || parts[0].State != "orphaned" || !strings.Contains(note, "make down") {
		t.Errorf("status: %+v, %q", parts, note)
	}
	names, err := s.killOrphans(t.Context())
	if err != nil || !slices.Equal(names, []string{"api"}) {
		t.Errorf("killed %v, %v", names, err)
	}
	if left, err := s.members(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the process of another stack is gone: %v", err)
	}
	if _, note, _ := s.Status(t.Context()); !strings.Contains(note, "not running") {
		t.Errorf("note: %q", note)
	}
}

func TestFingerprint(t *testing.T) {
	s := stack(t)
	part := processcompose.Process{Name: "api"}
	of := func() string {
		t.Helper()
		if err := os.MkdirAll(s.cfg.Path("bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		made, err := s.fingerprint(part)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(s.cfg.Path("bin", "api"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	first := of()
	write("one")
	if of() != first {
		t.Error("the same program counts as changed")
	}
	write("two")
	if of() == first {
		t.Error("another program counts as the same")
	}
}

func TestChanged(t *testing.T) {
	got := changed(map[string]string{"A": "1", "B": "1", "C": "1"}, map[string]string{"A": "1", "B": "2", "D": "1"})
	if !slices.Equal(got, []string{"B", "C", "D"}) {
		t.Errorf("got %v", got)
	}
}

func TestDied(t *testing.T) {
	u := &startup{
		asked:  map[string]time.Time{"api": time.Now(), "store": time.Now().Add(-time.Minute)},
		before: map[string]int{"api": 7, "store": 7},
	}
	for name, c := range map[string]struct {
		state processcompose.State
		want  bool
	}{
		"not while the old process is still shown": {processcompose.State{Name: "api", Status: "Completed", Pid: 7}, false},
		"when the new process has ended":           {processcompose.State{Name: "api", Status: "Completed", Pid: 8}, true},
		"when none came for long":                  {processcompose.State{Name: "store", Status: "Error", Pid: 7}, true},
		"not when it was never asked to start":     {processcompose.State{Name: "tempo", Status: "Completed", Pid: 9}, false},
		"not while it runs":                        {processcompose.State{Name: "api", Status: "Running", Pid: 8}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := u.died(c.state); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestPoll(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	calls := 0
	if err := poll(ctx, func() (bool, error) { calls++; return calls == 2, nil }); err != nil || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
	cancel()
	if err := poll(ctx, func() (bool, error) { return false, nil }); err == nil {
		t.Error("no error after the end of the context")
	}
}
