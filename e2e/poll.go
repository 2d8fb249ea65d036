package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// patience bounds every wait. It is generous: only a failure waits that long.
const patience = 30 * time.Second

// Poll calls get until it returns no error, and returns what it got. When
// patience ends first, it returns the last error.
func Poll[T any](ctx context.Context, get func(context.Context) (T, error)) (T, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		got, err := get(ctx)
		if err == nil {
			return got, nil
		}
		if last == nil || ctx.Err() == nil { // else it only says that time is up
			last = err
		}
		select {
		case <-ctx.Done():
			return got, fmt.Errorf("gave up after %s: %w", time.Since(began).Round(time.Second), last)
		case <-tick.C:
		}
	}
}

// Await is Poll for tests: it fails the test with the last error.
func Await[T any](t testing.TB, get func(context.Context) (T, error)) T {
	t.Helper()
	got, err := Poll(t.Context(), get)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
