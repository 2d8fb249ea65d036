package taskapitest

import (
	"crypto/rand"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

func newKey() taskapi.IdempotencyKey { return taskapi.IdempotencyKey(rand.Text()) }

// keyReplays wants the task as it was created, although it was changed since.
func keyReplays(t *testing.T, s taskapi.Service) {
	key, content := newKey(), taskapi.NewTask{Title: "once", Description: "only"}
	task, replayed, err := s.Create(t.Context(), content, key)
	if err != nil || replayed {
		t.Fatalf("first: %v, replayed %t", err, replayed)
	}
	if _, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, taskapi.Condition{}); err != nil {
		t.Fatal(err)
	}
	again, replayed, err := s.Create(t.Context(), content, key)
	if err != nil || !replayed {
		t.Fatalf("second: %v, replayed %t", err, replayed)
	}
	if diff := cmp.Diff(task, again); diff != "" {
		t.Errorf("replay differs (-first +second):\n%s", diff)
	}
	if other := create(t, s, content); other.ID == task.ID {
		t.Error("without the key the same task came again")
	}
}

func keyReused(t *testing.T, s taskapi.Service) {
	key := newKey()
	if _, _, err := s.Create(t.Context(), taskapi.NewTask{Title: "one"}, key); err != nil {
		t.Fatal(err)
	}
	before, err := s.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Create(t.Context(), taskapi.NewTask{Title: "two"}, key)
	wantCode(t, err, problem.KeyReused)
	after, err := s.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Errorf("a refused creation took the count from %d to %d", before, after)
	}
}

func keyConcurrently(t *testing.T, s taskapi.Service) {
	key := newKey()
	var wg sync.WaitGroup
	var created atomic.Int64
	var ids sync.Map
	for range 8 {
		wg.Go(func() {
			task, replayed, err := s.Create(t.Context(), taskapi.NewTask{Title: "once"}, key)
			if err != nil {
				t.Errorf("create: %v", err)
				return
			}
			if !replayed {
				created.Add(1)
			}
			ids.Store(task.ID, true)
		})
	}
	wg.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if created.Load() != 1 || n != 1 {
		t.Errorf("%d creations of %d tasks, want 1 of 1", created.Load(), n)
	}
}

func updateCondition(t *testing.T, s taskapi.Service) {
	task := create(t, s, taskapi.NewTask{Title: "a"})
	if _, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, taskapi.IfVersion(1)); err != nil {
		t.Fatalf("with its version: %v", err)
	}
	_, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, taskapi.IfVersion(1))
	wantCode(t, err, problem.PreconditionFailed)

	either, err := taskapi.ParseIfMatch([]string{`"7", "2"`})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, either); err != nil {
		t.Errorf("with one of two versions: %v", err)
	}
	present, err := taskapi.ParseIfMatch([]string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, present)
	if err != nil || got.Version != 4 {
		t.Errorf("with any version: version %d, %v", got.Version, err)
	}
	_, err = s.Update(t.Context(), unknown(), taskapi.Patch{}, taskapi.IfVersion(1))
	wantCode(t, err, problem.NotFound)
	_, err = s.Update(t.Context(), unknown(), taskapi.Patch{}, present)
	wantCode(t, err, problem.NotFound)
}

func deleteCondition(t *testing.T, s taskapi.Service) {
	task := create(t, s, taskapi.NewTask{Title: "a"})
	wantCode(t, s.Delete(t.Context(), task.ID, taskapi.IfVersion(2)), problem.PreconditionFailed)
	if err := s.Delete(t.Context(), task.ID, taskapi.IfVersion(1)); err != nil {
		t.Errorf("with its version: %v", err)
	}
	wantCode(t, s.Delete(t.Context(), task.ID, taskapi.IfVersion(1)), problem.NotFound)
}

func updateOnce(t *testing.T, s taskapi.Service) {
	task := create(t, s, taskapi.NewTask{Title: "contended"})
	var wg sync.WaitGroup
	var succeeded atomic.Int64
	for range 8 {
		wg.Go(func() {
			_, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, taskapi.IfVersion(1))
			if err == nil {
				succeeded.Add(1)
				return
			}
			wantCode(t, err, problem.PreconditionFailed)
		})
	}
	wg.Wait()
	if n := succeeded.Load(); n != 1 {
		t.Errorf("%d updates succeeded, want 1", n)
	}
}
