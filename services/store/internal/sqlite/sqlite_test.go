package sqlite_test

import (
	"path/filepath"
	"testing"

	"redspan/internal/taskapi"
	"redspan/internal/taskapi/taskapitest"
	"redspan/internal/telemetry/telemetrytest"
	"redspan/services/store/internal/sqlite"
)

func TestStore(t *testing.T) {
	taskapitest.Exercise(t, func(t *testing.T) taskapi.Service {
		return open(t, filepath.Join(t.TempDir(), "a folder?", "tasks #1.db"))
	})
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.db")
	first := open(t, path)
	task, err := first.Create(t.Context(), taskapi.NewTask{Title: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, path).Get(t.Context(), task.ID)
	if err != nil || got.Title != "kept" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, telemetrytest.Start(t, "store").Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
