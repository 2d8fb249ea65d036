package lifecycle

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"redspan/stack/internal/processcompose"
	"redspan/stack/internal/progress"
)

// startTimeout is how long a part may take from its start until it is ready.
const startTimeout = 90 * time.Second

// run builds and starts everything and waits until it is ready.
func (u *startup) run(ctx context.Context) error {
	if err := u.buildAll(ctx); err != nil {
		return err
	}
	if err := u.startSupervisor(ctx); err != nil {
		return err
	}
	if err := u.restartChanged(ctx); err != nil {
		return err
	}
	if err := u.cfg.Remember(); err != nil {
		return err
	}
	return u.awaitAll(ctx)
}

// awaitAll waits until every part is ready, and builds Grafana meanwhile.
func (u *startup) awaitAll(ctx context.Context) error {
	built, err := u.hasGrafana()
	if err != nil {
		return err
	}
	if built || !u.cfg.Grafana {
		u.grafana <- nil
		return u.watch(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	var build sync.WaitGroup
	build.Go(func() { u.grafana <- u.builder.Build(ctx, grafana) })
	defer build.Wait()
	defer cancel()
	return u.watch(ctx)
}

// buildAll builds the services and every tool but Grafana.
func (u *startup) buildAll(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for _, name := range services {
			if err := u.builder.BuildService(ctx, name, u.cfg.Path("bin", name)); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		names := []string{supervisor}
		for _, t := range tools {
			if t.tool != grafana {
				names = append(names, t.tool)
			}
		}
		return u.builder.Build(ctx, names...)
	})
	return g.Wait()
}

// startSupervisor starts process-compose, which then starts every part in the
// order of its dependencies. Where one runs already, the parts that run are kept.
func (u *startup) startSupervisor(ctx context.Context) error {
	now := time.Now()
	if u.client.Alive(ctx) {
		states, err := u.client.States(ctx)
		for name, state := range states {
			if state.Running() || state.Waiting() {
				u.asked[name] = now
			}
		}
		u.board.Set(supervisor, progress.Ready, "")
		return err
	}
	program, _, err := u.builder.Program(supervisor)
	if err != nil {
		return err
	}
	u.record = &record{Settings: u.settings, Parts: map[string]string{}}
	for _, p := range u.parts() {
		if p.Name == grafana {
			continue
		}
		if err := u.note(p); err != nil {
			return err
		}
		u.asked[p.Name] = now
	}
	u.board.Set(supervisor, progress.Starting, "")
	u.fresh = true
	err = processcompose.Start(ctx, processcompose.Options{
		Program: program, Root: u.cfg.Root, Env: u.env,
		Log:    u.cfg.LogFile(supervisor),
		Output: u.cfg.LogFile(supervisor + ".out"),
		Socket: processcompose.SocketPath(u.cfg.StateDir),
	})
	if err != nil {
		return &PartError{Part: supervisor, Problem: err.Error(), Log: u.cfg.LogFile(supervisor + ".out")}
	}
	u.board.Set(supervisor, progress.Ready, "")
	return nil
}

// restartChanged stops the parts whose program or configuration is not the one
// they were started with, and Grafana when it is switched off or to be rebuilt.
func (u *startup) restartChanged(ctx context.Context) error {
	if u.fresh {
		return nil
	}
	built, err := u.hasGrafana()
	if err != nil {
		return err
	}
	var stop []string
	for _, p := range u.project.Processes {
		if _, running := u.asked[p.Name]; !running {
			continue
		}
		now, err := u.fingerprint(p)
		if err != nil {
			return err
		}
		if now != u.record.Parts[p.Name] || p.Name == grafana && !(u.cfg.Grafana && built) {
			stop = append(stop, p.Name)
			delete(u.asked, p.Name)
		}
	}
	return u.stopParts(ctx, u.board, stop)
}

// start tells process-compose to start a part that does not run.
func (u *startup) start(ctx context.Context, p processcompose.Process, before processcompose.State) error {
	if err := u.note(p); err != nil {
		return err
	}
	u.asked[p.Name], u.before[p.Name] = time.Now(), before.Pid
	if !slices.Contains(u.started, p.Name) {
		u.started = append(u.started, p.Name)
	}
	u.board.Set(p.Name, progress.Starting, "")
	return u.client.Start(ctx, p.Name)
}

// maxLog is the size above which a log is set aside at the next start of its part.
const maxLog = 16 << 20

// note records what a part is started from, and gives it a new log when the
// last one has grown large.
func (u *startup) note(p processcompose.Process) error {
	if log := u.cfg.LogFile(p.Name); logEnd(log) > maxLog {
		if err := os.Rename(log, log+".old"); err != nil {
			return err
		}
	}
	made, err := u.fingerprint(p)
	if err != nil {
		return err
	}
	u.record.Parts[p.Name] = made
	return u.saveRecord(u.record)
}

// answers reports whether a part says itself that it is ready. After a restart
// process-compose still holds what the last probe of the old process saw.
func answers(ctx context.Context, p processcompose.Process) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.ReadyURL, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// A PartError is a part that did not come up.
type PartError struct {
	Part    string
	Problem string
	Log     string
	Offset  int64 // where this start begins in the log
}

func (e *PartError) Error() string { return fmt.Sprintf("%s %s", e.Part, e.Problem) }
