package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"syscall"
	"testing"

	"redspan/e2e"
)

func TestKilledPart(t *testing.T) {
	const started = `process_start_time_seconds{job="api"}`
	startedBefore := e2e.Await(t, func(ctx context.Context) (float64, error) { return prometheus.Value(ctx, started) })
	before, ok := status(t)
	if !ok {
		t.Fatalf("the stack is not well to begin with: %+v", before)
	}
	kill(t, "api")
	e2e.Await(t, func(ctx context.Context) (bool, error) {
		parts, ok, err := stack.Status(ctx)
		if err == nil && (ok || parts["api"].State != "dead") {
			err = fmt.Errorf("a killed api is %q, status's exit code zero: %t", parts["api"].State, ok)
		}
		return true, err
	})

	if err := stack.Up(t.Context()); err != nil {
		t.Fatalf("up: %v", err)
	}
	after, ok := status(t)
	if !ok {
		t.Errorf("after up, status's exit code is not zero: %+v", after)
	}
	for name, part := range before {
		if restarted := after[name].PID != part.PID; restarted != (name == "api") {
			t.Errorf("pid of %s: %d, before %d; only the api should have been restarted", name, after[name].PID, part.PID)
		}
	}
	if answer := e2e.MustGet(t, api+"/tasks"); answer.Status != http.StatusOK {
		t.Errorf("the api answers %d: %s", answer.Status, answer.Body)
	}
	// The new process is scraped; its counters begin anew, for whatever test
	// comes next.
	e2e.Await(t, func(ctx context.Context) (float64, error) {
		return prometheus.Reaches(ctx, started, startedBefore+0.01)
	})
}

// kill ends the process of a part as kill -9 does.
func kill(t *testing.T, name string) {
	t.Helper()
	parts, _ := status(t)
	pid := parts[name].PID
	if pid <= 0 { // 0 would be this process's own group
		t.Fatalf("status tells no pid of %s: %+v", name, parts)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T) (map[string]e2e.Part, bool) {
	t.Helper()
	parts, ok, err := stack.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return parts, ok
}
