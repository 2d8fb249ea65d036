package lifecycle

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"redspan/stack/internal/processcompose"
)

// A Status tells how one part is.
type Status struct {
	Part    string
	State   string
	OK      bool // as it should be
	Pid     int
	Uptime  time.Duration
	Address string
	Hint    string // what to do where it is not as it should be
}

// Status tells how each part is. The note says what is wrong with the stack as
// a whole, if anything is.
func (s *Stack) Status(ctx context.Context) (parts []Status, note string, err error) {
	if !s.client.Alive(ctx) {
		return s.statusWithoutSupervisor(ctx)
	}
	states, err := s.client.States(ctx)
	if err != nil {
		return nil, "", err
	}
	for _, p := range s.project.Processes {
		status := s.status(p, states[p.Name])
		if p.Name == grafana && !s.cfg.Grafana && !states[p.Name].Running() {
			status.State, status.OK, status.Hint = "off", true, "left out by GRAFANA=off"
		}
		parts = append(parts, status)
	}
	return parts, "", nil
}

func (s *Stack) status(p processcompose.Process, state processcompose.State) Status {
	status := Status{Part: p.Name, Address: address(s.cfg, p.Name), Pid: state.Pid, Uptime: state.Age}
	if !state.Running() {
		status.Pid, status.Uptime = 0, 0
	}
	log, err := filepath.Rel(s.cfg.Root, s.cfg.LogFile(p.Name))
	if err != nil || strings.HasPrefix(log, "..") {
		log = s.cfg.LogFile(p.Name)
	}
	switch {
	case state.Ready():
		status.State, status.OK = "ready", true
	case state.Running():
		status.State, status.Hint = "not ready", "see "+log+"; make down up starts it anew"
	case state.Died():
		status.State, status.Hint = "dead", exit(state)+"; see "+log+", then make up"
	case state.Waiting():
		status.State, status.Hint = "waiting", "for "+strings.Join(p.DependsOn, ", ")
	default:
		status.State, status.Hint = "not started", "make up"
	}
	return status
}

// statusWithoutSupervisor tells what is left when process-compose does not run.
func (s *Stack) statusWithoutSupervisor(ctx context.Context) ([]Status, string, error) {
	found, err := s.members(ctx)
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "Redspan is not running. Start it with make up.", nil
	}
	var parts []Status
	for _, o := range found {
		status := Status{Part: o.part, State: "orphaned", Pid: int(o.proc.Pid), Address: address(s.cfg, o.part)}
		if ms, err := o.proc.CreateTimeWithContext(ctx); err == nil {
			status.Uptime = time.Since(time.UnixMilli(ms))
		}
		parts = append(parts, status)
	}
	return parts, fmt.Sprintf("process-compose was killed and has left %d processes running. "+
		"make up replaces them, make down ends them.", len(parts)), nil
}
