package toolchain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// A Builder makes tools for one checkout.
type Builder struct {
	Root     string
	CacheDir string
	// LogFile returns where the output of a tool's build goes.
	LogFile func(tool string) string
	// Report is told about each step: "waiting", "building", "built". It may
	// be called from several goroutines.
	Report func(tool, state, detail string)
	// Parallel is how many builds run at once.
	Parallel int64

	once sync.Once
	sem  *semaphore.Weighted
}

// Build makes the named tools, all of them when none is named. It stops at the
// first failure.
func (b *Builder) Build(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		names = Names()
	}
	for _, name := range names {
		if _, err := find(name); err != nil {
			return err
		}
	}
	b.once.Do(b.init)
	g, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		// Acquired here and not in the goroutine, so that builds start in order.
		if err := b.sem.Acquire(ctx, 1); err != nil {
			g.Go(func() error { return err })
			break
		}
		g.Go(func() error {
			defer b.sem.Release(1)
			_, err := b.ensure(ctx, name)
			return err
		})
	}
	return g.Wait()
}

func (b *Builder) init() { b.sem = semaphore.NewWeighted(b.Parallel) }

// Program returns the path of a tool's program and whether it is built and up
// to date.
func (b *Builder) Program(name string) (path string, ready bool, err error) {
	r, err := find(name)
	if err != nil {
		return "", false, err
	}
	plan := b.describe(r)
	if plan.err != nil {
		return "", false, plan.err
	}
	want, err := stamp(plan.inputs)
	if err != nil {
		return "", false, err
	}
	dir := b.dir(name, plan.version)
	return filepath.Join(dir, plan.binary), current(dir, plan.binary, want), nil
}

// StampFile returns the file that changes whenever a tool is built from other inputs.
func (b *Builder) StampFile(name string) (string, error) {
	r, err := find(name)
	if err != nil {
		return "", err
	}
	plan := b.describe(r)
	return filepath.Join(b.dir(name, plan.version), stampFile), plan.err
}

// ensure builds a tool unless it is up to date and returns its program. Two
// runs at once take turns, so the second finds the first one's result.
func (b *Builder) ensure(ctx context.Context, name string) (string, error) {
	path, ready, err := b.Program(name)
	if err != nil || ready {
		b.reportBuilt(name, err)
		return path, err
	}
	unlock, err := b.lock(ctx, name)
	if err != nil {
		return "", err
	}
	defer unlock()
	if path, ready, err = b.Program(name); err == nil && !ready {
		err = b.build(ctx, name)
	}
	b.reportBuilt(name, err)
	return path, err
}

// build makes a tool in a temporary folder and moves it into place whole.
func (b *Builder) build(ctx context.Context, name string) error {
	r, err := find(name)
	if err != nil {
		return err
	}
	plan := b.describe(r)
	want, err := stamp(plan.inputs)
	if err != nil {
		return err
	}
	tmp := filepath.Join(b.CacheDir, "tmp-"+name)
	// Of a build that was killed; the lock is ours.
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	log, err := createLog(b.LogFile(name))
	if err != nil {
		return err
	}
	defer log.Close()

	b.report(name, "building", "")
	if err := plan.run(ctx, tmp, log); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{Tool: name, Log: log.Name(), Err: err}
	}
	if err := os.WriteFile(filepath.Join(tmp, stampFile), []byte(want), 0o644); err != nil {
		return err
	}
	return replaceDir(b.dir(name, plan.version), tmp)
}

func (b *Builder) dir(name, version string) string {
	return filepath.Join(b.CacheDir, name+"-"+version)
}

func (b *Builder) lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := os.MkdirAll(b.CacheDir, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(b.CacheDir, name+".lock"))
	unlock = func() { _ = lock.Unlock() }
	if ok, err := lock.TryLock(); ok || err != nil {
		return unlock, err
	}
	b.report(name, "waiting", "another build of it is running")
	if _, err := lock.TryLockContext(ctx, time.Second); err != nil {
		return nil, err
	}
	return unlock, nil
}

func (b *Builder) report(tool, state, detail string) {
	if b.Report != nil {
		b.Report(tool, state, detail)
	}
}

func (b *Builder) reportBuilt(tool string, err error) {
	if err == nil {
		b.report(tool, "built", "")
	}
}

// replaceDir puts the folder from in the place of the folder to.
func replaceDir(to, from string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

func createLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.Create(path)
}

// An Error is a build that failed.
type Error struct {
	Tool string
	Log  string // file with the whole output
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("building %s failed: %v", e.Tool, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// BuildService compiles one of the two services of this checkout to the file
// to. The Go cache makes that cheap when nothing changed.
func (b *Builder) BuildService(ctx context.Context, name, to string) error {
	b.once.Do(b.init)
	if err := b.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer b.sem.Release(1)
	log, err := createLog(b.LogFile(name))
	if err != nil {
		return err
	}
	defer log.Close()
	b.report(name, "building", "")
	dir := filepath.Join(b.Root, "services", name)
	err = run(ctx, log, dir, []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", to, ".")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return &Error{Tool: name, Log: log.Name(), Err: err}
	}
	b.reportBuilt(name, nil)
	return nil
}
