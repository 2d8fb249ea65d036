package lifecycle

import (
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"redspan/stack/internal/config"
)

// An orphan is a process of this stack that no process-compose looks after.
type orphan struct {
	part string
	proc *process.Process
}

// members finds the processes that carry the marker of this stack, whoever
// started them. The marker is in their environment, so it cannot be a foreign
// process that got the number of a dead one.
func (s *Stack) members(ctx context.Context) ([]orphan, error) {
	procs, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, err
	}
	var found []orphan
	for _, p := range procs {
		if int(p.Pid) == os.Getpid() {
			continue
		}
		env, err := p.EnvironWithContext(ctx)
		if err != nil {
			continue // gone meanwhile, or another user's
		}
		if slices.Contains(env, config.Marker+"="+s.cfg.StateDir) && !dead(ctx, p) {
			found = append(found, orphan{part: partName(env), proc: p})
		}
	}
	return found, nil
}

// dead reports whether a process has ended and only waits to be reaped.
func dead(ctx context.Context, p *process.Process) bool {
	status, err := p.StatusWithContext(ctx)
	return err != nil || slices.Contains(status, process.Zombie)
}

// partName reads the name that process-compose gives to each process it starts.
func partName(env []string) string {
	for _, entry := range env {
		if name, ok := strings.CutPrefix(entry, "PC_PROC_NAME="); ok {
			return name
		}
	}
	return supervisor
}

// killOrphans ends what is left of a stack whose process-compose is gone, the
// services first, and returns the names of the parts.
func (s *Stack) killOrphans(ctx context.Context) ([]string, error) {
	var names []string
	for _, group := range append([][]string{{supervisor}}, s.project.StopOrder()...) {
		found, err := s.members(ctx)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(o orphan) bool { return !slices.Contains(group, o.part) })
		for _, o := range found {
			names = append(names, o.part)
		}
		if err := end(ctx, found); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// end asks processes to end and kills those that take longer than 10 s.
func end(ctx context.Context, procs []orphan) error {
	for _, o := range procs {
		_ = o.proc.SendSignalWithContext(ctx, syscall.SIGTERM)
	}
	killAt := time.Now().Add(10 * time.Second)
	return poll(ctx, func() (bool, error) {
		left := 0
		for _, o := range procs {
			running, err := o.proc.IsRunningWithContext(ctx)
			if err != nil || !running || dead(ctx, o.proc) {
				continue
			}
			left++
			if time.Now().After(killAt) {
				_ = o.proc.KillWithContext(ctx)
			}
		}
		return left == 0, nil
	})
}
