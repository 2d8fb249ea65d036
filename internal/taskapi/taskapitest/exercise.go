package taskapitest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// Exercise holds a Service to its contract. newService returns one for a
// single subtest; it may hold tasks already and be used by others at once.
func Exercise(t *testing.T, newService func(t *testing.T) taskapi.Service) {
	tests := map[string]func(*testing.T, taskapi.Service){
		"create returns the task as get does":      createAndGet,
		"create refuses what does not validate":    createInvalid,
		"texts survive as they are":                textsSurvive,
		"update changes only what the patch names": update,
		"update refuses what does not validate":    updateInvalid,
		"an empty patch is an update":              updateEmpty,
		"updates at once are all counted":          updateConcurrently,
		"delete removes one task":                  deleteTask,
		"an unknown id is not found":               unknownID,
		"list pages newest first":                  listPages,
		"list filters by state":                    listDone,
		"pages are stable under inserts":           listStable,
		"count follows creates and deletes":        count,
		"a context that is done fails the call":    contextDone,
		"a key replays its creation":               keyReplays,
		"a key is for one content":                 keyReused,
		"a key used at once creates one task":      keyConcurrently,
		"an update holds to its condition":         updateCondition,
		"a delete holds to its condition":          deleteCondition,
		"of updates with one version one succeeds": updateOnce,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, newService(t)) })
	}
}

func create(t *testing.T, s taskapi.Service, n taskapi.NewTask) taskapi.Task {
	t.Helper()
	task, replayed, err := s.Create(t.Context(), n, "")
	if err != nil || replayed {
		t.Fatalf("create: %v, replayed %t", err, replayed)
	}
	return task
}

func createAndGet(t *testing.T, s taskapi.Service) {
	before := time.Now().Add(-time.Second)
	task := create(t, s, taskapi.NewTask{Title: "write", Description: "a test", Done: true})
	if task.Title != "write" || task.Description != "a test" || !task.Done || task.Version != 1 {
		t.Errorf("created %+v", task)
	}
	if task.ID.Version() != 7 {
		t.Errorf("id %s has version %d, want 7", task.ID, task.ID.Version())
	}
	if task.CreatedAt.Before(before) || task.CreatedAt.Location() != time.UTC || !task.CreatedAt.Equal(task.UpdatedAt) {
		t.Errorf("created at %s, updated at %s", task.CreatedAt, task.UpdatedAt)
	}
	got, err := s.Get(t.Context(), task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(task, got); diff != "" {
		t.Errorf("get differs from create (-create +get):\n%s", diff)
	}
}

func createInvalid(t *testing.T, s taskapi.Service) {
	for name, n := range map[string]taskapi.NewTask{
		"title":       {},
		"description": {Title: "x", Description: strings.Repeat("é", taskapi.MaxDescription+1)},
	} {
		_, _, err := s.Create(t.Context(), n, "")
		wantField(t, err, name)
	}
	_, _, err := s.Create(t.Context(), taskapi.NewTask{Title: strings.Repeat("é", taskapi.MaxTitle+1)}, "")
	wantField(t, err, "title")
	_, _, err = s.Create(t.Context(), taskapi.NewTask{Title: "a\x00b"}, "")
	wantField(t, err, "title")
	create(t, s, taskapi.NewTask{
		Title:       strings.Repeat("é", taskapi.MaxTitle),
		Description: strings.Repeat("é", taskapi.MaxDescription),
	})
}

func textsSurvive(t *testing.T, s taskapi.Service) {
	const text = "'; DROP TABLE tasks; -- \" \\ <b> \u00e9 \U0001f600 \t\n end "
	task := create(t, s, taskapi.NewTask{Title: text, Description: text})
	got, err := s.Get(t.Context(), task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != text || got.Description != text {
		t.Errorf("got %q and %q, want %q", got.Title, got.Description, text)
	}
}

func update(t *testing.T, s taskapi.Service) {
	task := create(t, s, taskapi.NewTask{Title: "old", Description: "kept"})
	title, done := "new", true
	got, err := s.Update(t.Context(), task.ID, taskapi.Patch{Title: &title, Done: &done}, taskapi.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	want := task
	want.Title, want.Done, want.Version, want.UpdatedAt = title, done, 2, got.UpdatedAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updated task differs (-want +got):\n%s", diff)
	}
	if got.UpdatedAt.Before(task.UpdatedAt) {
		t.Errorf("updated at %s, before %s", got.UpdatedAt, task.UpdatedAt)
	}
	stored, err := s.Get(t.Context(), task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, stored); diff != "" {
		t.Errorf("get differs from update (-update +get):\n%s", diff)
	}
}

func updateInvalid(t *testing.T, s taskapi.Service) {
	task := create(t, s, taskapi.NewTask{Title: "old"})
	_, err := s.Update(t.Context(), task.ID, taskapi.Patch{Title: new(string)}, taskapi.Condition{})
	wantField(t, err, "title")
	got, err := s.Get(t.Context(), task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(task, got); diff != "" {
		t.Errorf("a refused update changed the task:\n%s", diff)
	}
}

func updateEmpty(t *testing.T, s taskapi.Service) {
	task := create(t, s, taskapi.NewTask{Title: "same"})
	got, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, taskapi.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 2 || got.Title != "same" {
		t.Errorf("got %+v", got)
	}
}

func updateConcurrently(t *testing.T, s taskapi.Service) {
	const updates = 20
	task := create(t, s, taskapi.NewTask{Title: "contended"})
	var wg sync.WaitGroup
	for range updates {
		wg.Go(func() {
			if _, err := s.Update(t.Context(), task.ID, taskapi.Patch{}, taskapi.Condition{}); err != nil {
				t.Errorf("update: %v", err)
			}
		})
	}
	wg.Wait()
	got, err := s.Get(t.Context(), task.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != 1+updates {
		t.Errorf("version %d after %d updates", got.Version, updates)
	}
}

func deleteTask(t *testing.T, s taskapi.Service) {
	task, other := create(t, s, taskapi.NewTask{Title: "a"}), create(t, s, taskapi.NewTask{Title: "b"})
	if err := s.Delete(t.Context(), task.ID, taskapi.Condition{}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Get(t.Context(), task.ID)
	wantCode(t, err, problem.NotFound)
	wantCode(t, s.Delete(t.Context(), task.ID, taskapi.Condition{}), problem.NotFound)
	if _, err := s.Get(t.Context(), other.ID); err != nil {
		t.Errorf("the other task: %v", err)
	}
}

func unknown() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func unknownID(t *testing.T, s taskapi.Service) {
	id := unknown()
	_, err := s.Get(t.Context(), id)
	wantCode(t, err, problem.NotFound)
	_, err = s.Update(t.Context(), id, taskapi.Patch{}, taskapi.Condition{})
	wantCode(t, err, problem.NotFound)
	wantCode(t, s.Delete(t.Context(), id, taskapi.Condition{}), problem.NotFound)
}

// contextDone calls with contexts that have ended.
func contextDone(t *testing.T, s taskapi.Service) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Count(canceled)
	wantCode(t, err, problem.Canceled)

	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = s.Get(late, unknown())
	wantCode(t, err, problem.Timeout)
}

func wantCode(t *testing.T, err error, code problem.Code) {
	t.Helper()
	if !problem.Is(err, code) {
		t.Errorf("got error %v, want code %s", err, code)
	}
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	wantCode(t, err, problem.Invalid)
	var e *problem.Error
	if errors.As(err, &e) && (len(e.Fields) != 1 || e.Fields[0].Field != field) {
		t.Errorf("got fields %v, want %s", e.Fields, field)
	}
}
