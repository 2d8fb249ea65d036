package lifecycle

import (
	"context"
	"fmt"
	"strings"
	"time"

	"redspan/stack/internal/processcompose"
	"redspan/stack/internal/progress"
)

// watch follows the parts until all are ready, and starts those whose
// dependencies have become ready.
func (u *startup) watch(ctx context.Context) error {
	grafanaBuilt := false
	return poll(ctx, func() (bool, error) {
		select {
		case err := <-u.grafana:
			if err != nil {
				return false, err
			}
			grafanaBuilt = true
		default:
		}
		states, err := u.client.States(ctx)
		if err != nil {
			return false, err
		}
		waiting := []string{}
		for _, p := range u.parts() {
			if p.Name == grafana && !grafanaBuilt {
				waiting = append(waiting, p.Name)
				continue
			}
			if err := u.step(ctx, p, states); err != nil {
				return false, err
			}
			if !u.ready[p.Name] {
				waiting = append(waiting, p.Name)
			}
		}
		if !u.announced && !grafanaBuilt && len(waiting) == 1 && waiting[0] == grafana {
			u.announced = true
			u.board.Print(u.early())
		}
		return len(waiting) == 0, nil
	})
}

// step brings one part one step further.
func (u *startup) step(ctx context.Context, p processcompose.Process, states map[string]processcompose.State) error {
	state := states[p.Name]
	switch {
	case u.died(state):
		return u.partError(p, fmt.Sprintf("ended during its start (%s)", exit(state)))
	case u.ready[p.Name]:
		return nil
	case state.Ready() && answers(ctx, p):
		u.ready[p.Name] = true
		u.board.Set(p.Name, progress.Ready, "")
	case state.Running():
		u.board.Set(p.Name, progress.Starting, "")
		if min(state.Age, time.Since(u.asked[p.Name])) > startTimeout {
			return u.partError(p, fmt.Sprintf("is not ready after %s: %s does not answer 200", startTimeout, p.ReadyURL))
		}
	case len(u.missing(p)) > 0:
		u.board.Set(p.Name, progress.Waiting, "for "+strings.Join(u.missing(p), ", "))
	case !state.Waiting():
		return u.start(ctx, p, state)
	}
	return nil
}

// died reports whether a part ended after it was told to start. For a moment
// process-compose still shows how the process before it ended.
func (u *startup) died(state processcompose.State) bool {
	asked, ok := u.asked[state.Name]
	return ok && state.Died() && (state.Pid != u.before[state.Name] || time.Since(asked) > 3*time.Second)
}

// missing returns what a part depends on and is not ready yet.
func (u *startup) missing(p processcompose.Process) []string {
	var names []string
	for _, name := range p.DependsOn {
		if !u.ready[name] {
			names = append(names, name)
		}
	}
	return names
}

func (u *startup) partError(p processcompose.Process, problem string) error {
	return &PartError{Part: p.Name, Problem: problem, Log: u.cfg.LogFile(p.Name), Offset: u.logEnds[p.Name]}
}

// exit says how a process ended.
func exit(s processcompose.State) string {
	if s.ExitCode < 0 {
		return "killed by a signal"
	}
	return fmt.Sprintf("exit code %d", s.ExitCode)
}
