package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"redspan/stack/internal/config"
	"redspan/stack/internal/ports"
	"redspan/stack/internal/processcompose"
	"redspan/stack/internal/progress"
	"redspan/stack/internal/toolchain"
)

// A startup is one run of Up.
type startup struct {
	*Stack
	began    time.Time
	board    *progress.Board
	builder  *toolchain.Builder
	env      map[string]string
	settings map[string]string
	record   *record

	fresh   bool                 // process-compose was started by this run
	asked   map[string]time.Time // when each part was told to start, by this run or before
	before  map[string]int       // pids of the processes that those replace
	started []string             // parts that this run restarted under a running process-compose
	ready   map[string]bool
	grafana chan error // the end of Grafana's build
	logEnds map[string]int64

	announced bool // that everything but Grafana is up
}

// Up builds what is missing and starts what does not run, until every part is
// ready. When it fails, what it has started is stopped again.
func (s *Stack) Up(ctx context.Context) error {
	if err := s.cfg.InitStateDir(); err != nil {
		return err
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	u := &startup{
		Stack: s, began: time.Now(), asked: map[string]time.Time{}, before: map[string]int{}, ready: map[string]bool{},
		grafana: make(chan error, 1), logEnds: map[string]int64{},
	}
	if err := u.prepare(ctx); err != nil {
		return err
	}
	names := []string{supervisor}
	for _, p := range u.parts() {
		names = append(names, p.Name)
		u.logEnds[p.Name] = logEnd(u.cfg.LogFile(p.Name))
	}
	u.board = s.board(names...)
	u.builder = s.builder(u.board)
	if err = u.run(ctx); err != nil {
		u.showFailure(err)
		u.rollback(context.WithoutCancel(ctx))
	}
	u.board.Close()
	switch {
	case ctx.Err() != nil:
		return ErrInterrupted
	case err != nil:
		return err
	}
	fmt.Fprint(s.out, u.summary())
	return nil
}

// showFailure marks the line of the part that err is about.
func (u *startup) showFailure(err error) {
	if build := new(toolchain.Error); errors.As(err, &build) {
		u.board.Set(lineOf(build.Tool), progress.Failed, "its build failed")
	}
	if part := new(PartError); errors.As(err, &part) {
		u.board.Set(part.Part, progress.Failed, part.Problem)
	}
}

// prepare checks what can be checked before anything is built, and clears away
// what stands in the way of a start.
func (u *startup) prepare(ctx context.Context) error {
	if err := u.checkTools(); err != nil {
		return err
	}
	var err error
	if u.env, err = u.environment(); err != nil {
		return err
	}
	if u.settings, err = u.Stack.settings(u.env); err != nil {
		return err
	}
	if u.record, err = u.loadRecord(); err != nil {
		return err
	}
	if err := u.checkMoves(ctx); err != nil {
		return err
	}
	if err := u.clearAway(ctx); err != nil {
		return err
	}
	return u.checkPorts(ctx)
}

// checkMoves looks at the ports to which a running stack is to move, before it
// is stopped for that.
func (u *startup) checkMoves(ctx context.Context) error {
	if !u.client.Alive(ctx) {
		return nil
	}
	moved := slices.DeleteFunc(slices.Clone(u.cfg.Ports), func(p config.Port) bool {
		return u.settings[p.Variable] == u.record.Settings[p.Variable] || p.Part == grafana && !u.cfg.Grafana
	})
	if err := ports.Check(moved); err != nil {
		return fmt.Errorf("%w\nThe running stack was left as it is", err)
	}
	return nil
}

func (u *startup) checkTools() error {
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("go is not on PATH: it builds the services and the tools; install Go 1.26 or later")
	}
	if built, err := u.hasGrafana(); err != nil || built || !u.cfg.Grafana {
		return err
	}
	return toolchain.CheckNode()
}

// hasGrafana reports whether Grafana can be started without a build.
func (u *startup) hasGrafana() (bool, error) {
	if _, _, installed := installedGrafana(); installed {
		return true, nil
	}
	_, built, err := NewBuilder(u.cfg, nil).Program(grafana)
	return built, err
}

// environment returns the variables for process-compose.yaml.
func (u *startup) environment() (map[string]string, error) {
	env := u.cfg.Environment()
	builder := NewBuilder(u.cfg, nil)
	for _, t := range tools {
		program, _, err := builder.Program(t.tool)
		if err != nil {
			return nil, err
		}
		env[t.variable] = program
	}
	env["GRAFANA_HOME"] = strings.TrimSuffix(env["GRAFANA_PROGRAM"], "/bin/grafana")
	if program, home, ok := installedGrafana(); ok {
		env["GRAFANA_PROGRAM"], env["GRAFANA_HOME"] = program, home
	}
	return env, nil
}

// clearAway stops a stack that runs with other settings, and the processes
// that a killed process-compose has left behind.
func (u *startup) clearAway(ctx context.Context) error {
	if !u.client.Alive(ctx) {
		names, err := u.killOrphans(ctx)
		if len(names) > 0 {
			fmt.Fprintf(u.out, "Stopped what a killed process-compose had left running: %s\n", strings.Join(names, ", "))
		}
		return err
	}
	if names := changed(u.record.Settings, u.settings); len(names) > 0 {
		fmt.Fprintf(u.out, "Restarting everything, since settings have changed: %s\n", strings.Join(names, ", "))
		return u.stopAll(ctx, nil)
	}
	return nil
}

// checkPorts looks at the ports of the parts that do not run yet.
func (u *startup) checkPorts(ctx context.Context) error {
	states := map[string]processcompose.State{}
	if u.client.Alive(ctx) {
		var err error
		if states, err = u.client.States(ctx); err != nil {
			return err
		}
	}
	wanted := slices.DeleteFunc(slices.Clone(u.cfg.Ports), func(p config.Port) bool {
		return states[p.Part].Running() || p.Part == grafana && !u.cfg.Grafana
	})
	return ports.Check(wanted)
}

// rollback stops what this run has started.
func (u *startup) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var err error
	if u.fresh {
		err = u.stopAll(ctx, u.board)
	} else if len(u.started) > 0 {
		err = u.stopParts(ctx, u.board, u.started)
	}
	if err != nil {
		u.board.Print("Stopping failed: " + err.Error() + "; try make down")
	}
}

func logEnd(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
