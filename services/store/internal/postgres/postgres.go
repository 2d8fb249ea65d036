// Package postgres keeps tasks in PostgreSQL, through pgx.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
	"redspan/services/store/internal/dbspan"
	"redspan/services/store/internal/migrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The pool's limits, where the URL does not set its own.
const (
	maxConns       = 8
	minIdleConns   = 2
	connectTimeout = 2 * time.Second
	pingTimeout    = time.Second
)

// runtimeParams are the server's limits for a statement and for a lock, so
// that none outlives the caller for long.
var runtimeParams = map[string]string{
	"application_name":  "redspan-store",
	"statement_timeout": "5s",
	"lock_timeout":      "2s",
}

// Store is a task store in one database. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
}

// Open connects to the database at url and migrates it. The caller closes the
// store. Errors never show the password.
func Open(ctx context.Context, url string, tel *telemetry.Telemetry) (*Store, error) {
	cfg, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	tracer, err := dbspan.New(tel, dbspan.Database{
		System:    "postgresql",
		Namespace: cfg.ConnConfig.Database,
		Address:   cfg.ConnConfig.Host,
		Port:      int(cfg.ConnConfig.Port),
		StatusOf:  statusOf,
	}, statements...)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.Tracer = queryTracer{tracer}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	s := &Store{pool}
	if err := s.migrate(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return s, nil
}

// ParseURL reads a connection URL or keyword string and fills in the limits
// that it leaves open.
func ParseURL(url string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	defaults, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, err
	}
	if cfg.MaxConns == defaults.MaxConns {
		cfg.MaxConns = maxConns
	}
	if cfg.MinIdleConns == defaults.MinIdleConns {
		cfg.MinIdleConns = min(minIdleConns, cfg.MaxConns)
	}
	if cfg.ConnConfig.ConnectTimeout == defaults.ConnConfig.ConnectTimeout {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	cfg.PingTimeout = pingTimeout
	for name, value := range runtimeParams {
		if _, ok := cfg.ConnConfig.RuntimeParams[name]; !ok {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	return cfg, nil
}

// migrate holds an advisory lock, so that stores that start at once take turns.
func (s *Store) migrate(ctx context.Context) error {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	return errors.Join(
		migrate.Up(ctx, goose.DialectPostgres, db, migrations, goose.WithSessionLocker(locker)),
		db.Close())
}

// Close closes all connections once their queries have ended.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return translate(s.pool.Ping(ctx)) }

// Fail runs a statement that fails in the database.
func (s *Store) Fail(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, sqlFail)
	return translate(err)
}

// statusOf returns the error's SQLSTATE.
func statusOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// translate is where the driver's errors become problems. Errors without an
// SQLSTATE come from the connection, not from the database.
func translate(err error) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	cause := fmt.Errorf("postgres: %w", err)
	timedOut := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	if statusOf(err) == "" && !timedOut {
		return problem.Wrap(cause, problem.Unavailable, "The database cannot be reached. Try again.")
	}
	return problem.From(cause)
}
