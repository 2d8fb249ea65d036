// Package postgres keeps tasks in PostgreSQL, through pgx.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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

// Open connects to the database at url, for which it waits at most wait, and
// migrates it. The caller closes the store. Errors never show the password.
func Open(ctx context.Context, url string, wait time.Duration, tel *telemetry.Telemetry) (*Store, error) {
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
	waits, err := newPoolMetrics(tel)
	if err != nil {
		return nil, err
	}
	cfg.ConnConfig.Tracer = poolTracer{queryTracer{tracer}, waits}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	s := &Store{pool}
	if err := errors.Join(waits.observe(pool), s.await(ctx, wait)); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if err := s.migrate(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return s, nil
}

// ParseURL reads a connection URL or keyword string and fills in the limits
// that it does not name. Errors never show any of it.
func ParseURL(url string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if e, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		hidden := *e
		hidden.ConnString = "[redacted]" // pgx takes out passwords as best it can
		return nil, &hidden
	}
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = maxConns
	}
	if !strings.Contains(url, "pool_min_idle_conns") {
		cfg.MinIdleConns = min(minIdleConns, cfg.MaxConns)
	}
	if !strings.Contains(url, "connect_timeout") {
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

// await returns when the database answers. It does not wait for one that
// answers with a refusal, such as a wrong password.
func (s *Store) await(ctx context.Context, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for began := time.Now(); ; {
		err := s.pool.Ping(ctx)
		refused := statusOf(err) != "" && !away(statusOf(err))
		if err == nil || refused || ctx.Err() != nil {
			return err
		}
		slog.WarnContext(ctx, "waiting for the database", "waited", time.Since(began).Round(time.Millisecond).String(), "limit", wait.String(), "error", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", wait, err)
		case <-time.After(time.Second):
		}
	}
}

// migrate holds an advisory lock, so that stores that start at once take turns.
// It has a connection of its own, since a migration may take as long as it needs.
func (s *Store) migrate(ctx context.Context) error {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	cfg := s.pool.Config().ConnConfig
	cfg.RuntimeParams["statement_timeout"], cfg.RuntimeParams["lock_timeout"] = "0", "0"
	db := stdlib.OpenDB(*cfg)
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
	_, err := s.exec(ctx, sqlFail)
	return err
}

// exec runs a statement that changes rows, and returns how many.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (changed int64, err error) {
	err = retry(ctx, func() error {
		tag, err := s.pool.Exec(ctx, statement, args...)
		changed = tag.RowsAffected()
		return err
	})
	return changed, translate(err)
}

// attempts is how often a statement is run at most.
const attempts = 3

// retry runs a statement again if nothing of it was sent, or if it lost to
// another transaction and was rolled back (serialization_failure,
// deadlock_detected). Whether any other failure left a change is unknown.
func retry(ctx context.Context, run func() error) error {
	for attempt := 1; ; attempt++ {
		err := run()
		state := statusOf(err)
		repeatable := err != nil && (pgconn.SafeToRetry(err) || state == "40001" || state == "40P01")
		if !repeatable || attempt == attempts || ctx.Err() != nil {
			return err
		}
	}
}

// statusOf returns the error's SQLSTATE.
func statusOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// away reports whether an SQLSTATE says that the server starts, stops
// (57P01 to 57P03, ...) or has no connection left (53300).
func away(state string) bool { return strings.HasPrefix(state, "57P") || state == "53300" }

// translate is where the driver's errors become problems. Errors without an
// SQLSTATE come from the connection, not from the database.
func translate(err error) error {
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	cause := fmt.Errorf("postgres: %w", err)
	timedOut := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	if state := statusOf(err); state == "" && !timedOut || away(state) {
		return problem.TryAgain(cause, "The database cannot be reached. Try again.")
	}
	switch statusOf(err) {
	case "57014": // query_canceled: statement_timeout
		return problem.Wrap(cause, problem.Timeout, "The database took too long.")
	case "55P03": // lock_not_available: lock_timeout
		return problem.TryAgain(cause, "The task is being changed by somebody else. Try again.")
	}
	return problem.From(cause)
}
