package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"redspan/stack/internal/progress"
)

// Down stops everything, the services first so that their telemetry still
// finds its way, and returns when it is gone. It does nothing when nothing runs.
func (s *Stack) Down(ctx context.Context) error {
	found, err := s.members(ctx)
	if err != nil {
		return err
	}
	if len(found) == 0 && !s.client.Alive(ctx) {
		fmt.Fprintln(s.out, "Redspan is not running.")
		return nil
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	names := []string{}
	for _, p := range s.project.Processes {
		names = append(names, p.Name)
	}
	board := s.board(append(names, supervisor)...)
	err = s.stopAll(ctx, board)
	board.Close()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "Redspan is down.")
	return nil
}

// stopAll ends every process of the stack, process-compose last.
func (s *Stack) stopAll(ctx context.Context, board *progress.Board) error {
	if s.client.Alive(ctx) {
		names := []string{}
		for _, p := range s.project.Processes {
			names = append(names, p.Name)
		}
		if err := s.stopParts(ctx, board, names); err != nil {
			return err
		}
		show(board, supervisor, progress.Stopping)
		// It may end before it has answered.
		_ = s.client.Shutdown(ctx)
		if err := s.awaitGone(ctx); err != nil {
			return err
		}
		show(board, supervisor, progress.Stopped)
	}
	_, err := s.killOrphans(ctx)
	return err
}

// awaitGone waits for process-compose to end, for 10 s at most.
func (s *Stack) awaitGone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := poll(ctx, func() (bool, error) { return !s.client.Alive(ctx), nil })
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // killOrphans ends it
	}
	return err
}

// stopParts ends the named parts, each after those that depend on it.
func (s *Stack) stopParts(ctx context.Context, board *progress.Board, names []string) error {
	for _, group := range s.project.StopOrder() {
		states, err := s.client.States(ctx)
		if err != nil {
			return err
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		var failures []string
		for _, name := range group {
			if !slices.Contains(names, name) || !(states[name].Running() || states[name].Waiting()) {
				continue
			}
			wg.Go(func() {
				if err := s.stopPart(ctx, board, name); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failures = append(failures, fmt.Sprintf("%s: %v", name, err))
				}
			})
		}
		wg.Wait()
		if failures != nil {
			return errors.New("could not stop " + strings.Join(failures, "; "))
		}
	}
	return nil
}

// stopPart ends one part and waits until its process is gone. process-compose
// kills what takes longer than its shutdown timeout. Its answer is not waited
// for: it misses the end of a process that ends at once, waits out the timeout,
// and then fails because there is nothing left to kill.
func (s *Stack) stopPart(ctx context.Context, board *progress.Board, name string) error {
	show(board, name, progress.Stopping)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- s.client.Stop(ctx, name) }()
	err := poll(ctx, func() (bool, error) {
		states, err := s.client.States(ctx)
		if err != nil || !states[name].Running() && !states[name].Waiting() {
			return true, err
		}
		select {
		case err = <-answer:
		default:
		}
		return false, err
	})
	if err == nil {
		show(board, name, progress.Stopped)
	}
	return err
}

func show(board *progress.Board, name string, state progress.State) {
	if board != nil {
		board.Set(name, state, "")
	}
}
