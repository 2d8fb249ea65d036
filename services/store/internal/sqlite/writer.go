package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"redspan/services/store/internal/dbspan"
)

// maxGroup bounds how many changes share a transaction.
const maxGroup = 128

var errClosed = errors.New("sqlite: the store is closed")

// writer makes all changes, from one goroutine. Those that wait while a
// transaction is synced to disk share the next one: the sync costs many times
// what a change does.
type writer struct {
	db      *sql.DB
	tracer  *dbspan.Tracer
	changes chan *change
	stop    chan struct{} // closed to end the goroutine
	ending  sync.Once
	stopped chan struct{} // closed when it has ended
}

// change is one caller's part of a transaction.
type change struct {
	ctx  context.Context //nolint:containedctx // it travels to the goroutine with its change
	run  func(ctx context.Context, tx querier) error
	done chan error // gets the outcome, once
}

func startWriter(db *sql.DB, tracer *dbspan.Tracer) *writer {
	w := &writer{db: db, tracer: tracer, changes: make(chan *change), stop: make(chan struct{}), stopped: make(chan struct{})}
	go w.loop()
	return w
}

// close waits for the changes under way, and closes the connection.
func (w *writer) close() error {
	w.ending.Do(func() { close(w.stop) })
	<-w.stopped
	return w.db.Close()
}

// do runs a change and returns when it is on disk, or is undone because of the
// error that do then returns. A caller whose context ends waits all the same
// once its change is under way: it takes milliseconds, and its outcome is known.
func (w *writer) do(ctx context.Context, run func(ctx context.Context, tx querier) error) error {
	c := &change{ctx, run, make(chan error, 1)}
	select {
	case w.changes <- c:
		return <-c.done
	case <-ctx.Done():
		return translate(ctx.Err())
	case <-w.stop:
		return translate(errClosed)
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case c := <-w.changes:
			w.commit(w.group(c))
		case <-w.stop:
			return
		}
	}
}

// group returns the change with those that wait already.
func (w *writer) group(first *change) []*change {
	group := []*change{first}
	for len(group) < maxGroup {
		select {
		case c := <-w.changes:
			group = append(group, c)
		default:
			return group
		}
	}
	return group
}

// commit runs the changes in one transaction. One that fails is undone alone.
// If the transaction fails, so do all: what one of them found out, such as that
// a task is not there, may be what another had just done.
func (w *writer) commit(group []*change) {
	outcomes := make([]error, len(group))
	err := w.transaction(func(tx *sql.Tx) error {
		for i, c := range group {
			var err error
			if outcomes[i], err = attempt(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	for i, c := range group {
		if err != nil && c.ctx.Err() == nil {
			_, span := w.tracer.Start(c.ctx, sqlCommit)
			span.End(err)
			outcomes[i] = translate(err)
		}
		c.done <- outcomes[i]
	}
}

func (w *writer) transaction(run func(*sql.Tx) error) error {
	tx, err := w.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	if err := run(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// attempt runs one change inside a savepoint. The second error is that of the
// transaction as a whole.
func attempt(tx *sql.Tx, c *change) (outcome, err error) {
	if err := c.ctx.Err(); err != nil {
		return translate(err), nil
	}
	// Statements must not be interrupted: SQLite would roll back the others' too.
	ctx := context.WithoutCancel(c.ctx)
	if _, err := tx.ExecContext(ctx, "SAVEPOINT one_change"); err != nil {
		return nil, err
	}
	end := "RELEASE one_change"
	if outcome = c.run(ctx, tx); outcome != nil {
		end = "ROLLBACK TO one_change; " + end
	}
	if _, err := tx.ExecContext(ctx, end); err != nil {
		return outcome, fmt.Errorf("end of a change: %w", err)
	}
	return outcome, nil
}
