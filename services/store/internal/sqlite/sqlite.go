// Package sqlite keeps tasks in an SQLite file, the embedded default.
//
// The file is in WAL mode: one connection writes, several read meanwhile. A
// write is synced to disk before it is acknowledged.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
	"redspan/services/store/internal/dbspan"
	"redspan/services/store/internal/migrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// readers is the number of connections that read.
const readers = 4

// Store is a task store in one file. It is safe for concurrent use; no other
// process may write to the file.
type Store struct {
	writer *writer
	reader *sql.DB
	tracer *dbspan.Tracer
}

// Open opens the file at path, which it creates with its folder if it does
// not exist, and migrates it. The caller closes the store.
func Open(ctx context.Context, path string, tel *telemetry.Telemetry) (*Store, error) {
	tracer, err := dbspan.New(tel, dbspan.Database{System: "sqlite", Namespace: "tasks", StatusOf: statusOf}, statements...)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	db, err := connect(path, 1)
	if err != nil {
		return nil, err
	}
	if err := migrate.Up(ctx, goose.DialectSQLite3, db, migrations); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %s: %w", path, err), db.Close())
	}
	reader, err := connect(path, readers)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	w := startWriter(db, tracer) //nolint:contextcheck // it outlives ctx; each change brings its own
	return &Store{writer: w, reader: reader, tracer: tracer}, nil
}

// connect returns a pool of n connections to the file.
func connect(path string, n int) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)"},
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", path, err)
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// Close closes the file, once the changes under way are on disk.
func (s *Store) Close() error {
	return errors.Join(s.writer.close(), s.reader.Close())
}

// Ping says whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.reader.ExecContext(ctx, "SELECT 1 FROM tasks LIMIT 1")
	return translate(err)
}

// Fail runs a statement that fails in the engine.
func (s *Store) Fail(ctx context.Context) error {
	var result string
	return s.query(ctx, s.reader, sqlFail, nil, func(row *sql.Row) error { return row.Scan(&result) })
}

// querier is a pool or a transaction.
type querier interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row
}

// query runs a statement that returns one row. It returns sql.ErrNoRows as it is.
func (s *Store) query(ctx context.Context, db querier, statement string, args []any, scan func(*sql.Row) error) error {
	ctx, span := s.tracer.Start(ctx, statement)
	err := scan(db.QueryRowContext(ctx, statement, args...))
	if errors.Is(err, sql.ErrNoRows) {
		span.End(nil)
		return err
	}
	span.End(err)
	return translate(err)
}

// exec runs a statement that changes rows, and returns how many.
func (s *Store) exec(ctx context.Context, db querier, statement string, args ...any) (int64, error) {
	ctx, span := s.tracer.Start(ctx, statement)
	result, err := db.ExecContext(ctx, statement, args...)
	span.End(err)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// statusOf returns SQLite's result code, as 5 for SQLITE_BUSY.
func statusOf(err error) string {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return strconv.Itoa(e.Code())
	}
	return ""
}

// translate is where the driver's errors become problems.
func translate(err error) error {
	if err == nil {
		return nil
	}
	return problem.From(fmt.Errorf("sqlite: %w", err))
}
