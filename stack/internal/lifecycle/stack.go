// Package lifecycle brings a stack up and down and tells how it is. It builds
// what is missing with toolchain and leaves the processes to process-compose.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"redspan/stack/internal/config"
	"redspan/stack/internal/processcompose"
	"redspan/stack/internal/progress"
	"redspan/stack/internal/toolchain"
)

// A Stack is one native stack: a checkout run with one state directory.
type Stack struct {
	cfg      *config.Config
	out      io.Writer
	terminal bool // whether out redraws
	client   *processcompose.Client
	project  *processcompose.Project
}

// New returns the stack with these settings. Progress goes to out.
func New(cfg *config.Config, out io.Writer, terminal bool) (*Stack, error) {
	file := filepath.Join(cfg.Root, "stack", "process-compose.yaml")
	project, err := processcompose.LoadProject(file, cfg.Environment())
	if err != nil {
		return nil, err
	}
	return &Stack{
		cfg: cfg, out: out, terminal: terminal, project: project,
		client: processcompose.NewClient(processcompose.SocketPath(cfg.StateDir)),
	}, nil
}

// parts returns the processes that this stack runs.
func (s *Stack) parts() []processcompose.Process {
	var parts []processcompose.Process
	for _, p := range s.project.Processes {
		if p.Name != grafana || s.cfg.Grafana {
			parts = append(parts, p)
		}
	}
	return parts
}

func (s *Stack) board(names ...string) *progress.Board {
	return progress.NewBoard(s.out, s.terminal, names...)
}

// builder returns a toolchain that shows its steps on the lines of the parts.
func (s *Stack) builder(board *progress.Board) *toolchain.Builder {
	return NewBuilder(s.cfg, func(tool, state, detail string) {
		ShowBuild(board, lineOf(tool), state, detail)
	})
}

// NewBuilder returns a toolchain for the checkout of cfg.
func NewBuilder(cfg *config.Config, report func(tool, state, detail string)) *toolchain.Builder {
	return &toolchain.Builder{
		Root:     cfg.Root,
		CacheDir: cfg.CacheDir,
		LogFile:  func(tool string) string { return cfg.LogFile("build-" + tool) },
		Report:   report,
		// The compiler uses every core, the linker one: two builds fill two cores.
		Parallel: max(2, int64(runtime.NumCPU()/2)),
	}
}

// lock keeps two commands from changing the same stack at once.
func (s *Stack) lock() (unlock func(), err error) {
	lock := flock.New(s.cfg.Path("run", "lock"))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("another command is starting or stopping this stack (%s); wait for it, or stop it with Ctrl-C", s.cfg.StateDir)
	}
	return func() { _ = lock.Unlock() }, nil
}

// poll calls f every 200 ms until it reports that it is done.
func poll(ctx context.Context, f func() (done bool, err error)) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if done, err := f(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// ErrInterrupted is the cause of a command that the user stopped.
var ErrInterrupted = errors.New("interrupted")
