package taskapitest

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"redspan/internal/taskapi"
)

// listPages walks pages of two and wants the new tasks in their order, once.
func listPages(t *testing.T, s taskapi.Service) {
	var want []uuid.UUID
	for range 5 {
		want = append(want, create(t, s, taskapi.NewTask{Title: "page"}).ID)
	}
	slices.Reverse(want)
	if got := walk(t, s, taskapi.Query{Limit: 2}, want, nil); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func listDone(t *testing.T, s taskapi.Service) {
	open := create(t, s, taskapi.NewTask{Title: "open"}).ID
	done := create(t, s, taskapi.NewTask{Title: "done", Done: true}).ID
	both := []uuid.UUID{open, done}
	for state, want := range map[bool]uuid.UUID{true: done, false: open} {
		got := walk(t, s, taskapi.Query{Limit: 2, Done: &state}, both, nil)
		if !slices.Equal(got, []uuid.UUID{want}) {
			t.Errorf("done=%t: got %v, want %v", state, got, want)
		}
	}
}

// listStable creates a task after each page: none may show up, none may be
// skipped or seen twice.
func listStable(t *testing.T, s taskapi.Service) {
	var want []uuid.UUID
	for range 5 {
		want = append(want, create(t, s, taskapi.NewTask{Title: "old"}).ID)
	}
	slices.Reverse(want)
	got := walk(t, s, taskapi.Query{Limit: 2}, want, func() {
		create(t, s, taskapi.NewTask{Title: "new"})
	})
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func count(t *testing.T, s taskapi.Service) {
	before, err := s.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	task := create(t, s, taskapi.NewTask{Title: "a"})
	create(t, s, taskapi.NewTask{Title: "b"})
	if err := s.Delete(t.Context(), task.ID, taskapi.Condition{}); err != nil {
		t.Fatal(err)
	}
	after, err := s.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after != before+1 {
		t.Errorf("count went from %d to %d, want one more", before, after)
	}
}

// walk follows the pages of q until it has met every id in known, or the end,
// and returns those that it met in their order. between runs after each page.
func walk(t *testing.T, s taskapi.Service, q taskapi.Query, known []uuid.UUID, between func()) []uuid.UUID {
	t.Helper()
	var met []uuid.UUID
	for {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Tasks) > q.Limit {
			t.Fatalf("page of %d tasks, limit %d", len(page.Tasks), q.Limit)
		}
		for _, task := range page.Tasks {
			if slices.Contains(known, task.ID) {
				met = append(met, task.ID)
			}
		}
		if page.NextCursor == "" || len(met) == len(known) {
			return met
		}
		if q.Cursor, err = taskapi.ParseCursor(page.NextCursor); err != nil {
			t.Fatal(err)
		}
		if between != nil {
			between()
		}
	}
}
