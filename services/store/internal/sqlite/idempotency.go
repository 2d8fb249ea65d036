package sqlite

import (
	"bytes"
	"context"
	"database/sql"
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
	err = s.writer.do(ctx, func(ctx context.Context, tx querier) error {
		now := task.CreatedAt
		claimed, err := s.exec(ctx, tx, sqlClaim, string(key), fingerprint, task.ID[:], now.UnixMicro(), now.Add(taskapi.KeyLifetime).UnixMicro())
		if err != nil {
			return err
		}
		if claimed == 0 {
			replayed = true
			task, err = s.replay(ctx, tx, task, fingerprint, key)
			return err
		}
		if _, err := s.exec(ctx, tx, sqlSweep, now.UnixMicro()); err != nil {
			return err
		}
		return s.insert(ctx, tx, task)
	})
	if err != nil {
		return taskapi.Task{}, false, err
	}
	return task, replayed, nil
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
