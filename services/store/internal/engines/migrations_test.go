package engines_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"

	"redspan/internal/taskapi"
)

// TestMigrationsKeepTasks opens a database of each earlier version of the
// schema and wants the task that is in it.
func TestMigrationsKeepTasks(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	server := startPostgres(t)
	engines := map[string]struct {
		dialect    goose.Dialect
		driver     string
		migrations string
		insert     string
		newDB      func(*testing.T) string
		open       func(*testing.T, string) taskapi.Service
	}{
		"SQLite": {
			goose.DialectSQLite3, "sqlite", "../sqlite/migrations",
			"INSERT INTO tasks (id, title, description, done, created_at, updated_at, version) VALUES (?, 'old', '', 0, 1, 1, 7)",
			newSQLite,
			func(t *testing.T, path string) taskapi.Service { return openSQLite(t, path) },
		},
		"PostgreSQL": {
			goose.DialectPostgres, "pgx", "../postgres/migrations",
			"INSERT INTO tasks (id, title, description, done, created_at, updated_at, version) VALUES (encode($1, 'hex')::uuid, 'old', '', false, now(), current_timestamp, 7)",
			func(t *testing.T) string { return server.Create(t, "") },
			func(t *testing.T, url string) taskapi.Service { return openPostgres(t, url) },
		},
	}
	for name, e := range engines {
		files, err := filepath.Glob(e.migrations + "/*.sql")
		if err != nil || len(files) < 2 {
			t.Fatalf("%d migrations in %s, %v", len(files), e.migrations, err)
		}
		for version := 1; version < len(files); version++ {
			t.Run(fmt.Sprintf("%s from version %d", name, version), func(t *testing.T) {
				source, id := e.newDB(t), uuid.Must(uuid.NewV7())
				prepare(t, e.dialect, e.driver, source, e.migrations, int64(version), e.insert, id)
				task, err := e.open(t, source).Get(t.Context(), id)
				if err != nil || task.Title != "old" || task.Version != 7 {
					t.Errorf("got %+v, %v", task, err)
				}
			})
		}
	}
}

// prepare brings a database to an earlier version of the schema and inserts a
// task there.
func prepare(t *testing.T, dialect goose.Dialect, driver, source, migrations string, version int64, insert string, id uuid.UUID) {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(dialect, db, os.DirFS(migrations))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), insert, id[:]); err != nil {
		t.Fatal(err)
	}
}
