package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"

	"redspan/internal/problem"
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
	task, _, err := first.Create(t.Context(), taskapi.NewTask{Title: "kept"}, "")
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

func TestOpenRefusesANewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), path, telemetrytest.Start(t, "store").Telemetry)
	if err == nil || !strings.Contains(err.Error(), "start a newer build") {
		t.Errorf("got %v", err)
	}
}

func TestFailFailsInTheEngine(t *testing.T) {
	tel := telemetrytest.Start(t, "store")
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "tasks.db"), tel.Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Fail(t.Context()); !problem.Is(err, problem.Internal) {
		t.Errorf("got %v, want an internal error", err)
	}
	spans := tel.Spans()
	if len(spans) != 1 || spans[0].Status().Code != codes.Error {
		t.Errorf("got spans %v, want the failed statement's alone", spans)
	}
}
