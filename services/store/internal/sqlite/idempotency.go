package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"redspan/internal/taskapi"
)

// createOnce inserts the task unless the key was used before: then it returns
// what was created under it. Key and task are stored in one transaction.
func (s *Store) createOnce(ctx context.Context, task taskapi.Task, content taskapi.NewTask, key taskapi.IdempotencyKey) (_ taskapi.Task, replayed bool, err error) {
	fingerprint, err := content.Fingerprint()
	if err != nil {
		return taskapi.Task{}, false, err
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return taskapi.Task{}, false, translate(err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the first error is the one to report
		}
	}()
	now := task.CreatedAt
	claimed, err := s.exec(ctx, tx, sqlClaim, string(key), fingerprint, task.ID[:], now.UnixMicro(), now.Add(taskapi.KeyLifetime).UnixMicro())
	if err != nil {
		return taskapi.Task{}, false, err
	}
	if claimed == 0 {
		task, err = s.replay(ctx, tx, task, fingerprint, key)
		return task, true, errors.Join(err, tx.Rollback())
	}
	if _, err := s.exec(ctx, tx, sqlSweep, now.UnixMicro()); err != nil {
		return taskapi.Task{}, false, err
	}
	if err := s.insert(ctx, tx, task); err != nil {
		return taskapi.Task{}, false, err
	}
	return task, false, translate(tx.Commit())
}

// replay makes the task that was created under the key of one with the same
// content.
func (s *Store) replay(ctx context.Context, tx querier, task taskapi.Task, fingerprint []byte, key taskapi.IdempotencyKey) (taskapi.Task, error) {
	var (
		earlier []byte
		id      uuid.UUID
		created int64
	)
	err := s.query(ctx, tx, sqlClaimed, []any{string(key)}, func(row *sql.Row) error { return row.Scan(&earlier, &id, &created) })
	if err != nil {
		return taskapi.Task{}, err
	}
	if !bytes.Equal(earlier, fingerprint) {
		return taskapi.Task{}, taskapi.ErrKeyReused()
	}
	at := time.UnixMicro(created).UTC()
	task.ID, task.CreatedAt, task.UpdatedAt = id, at, at
	return task, nil
}
