package postgres

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"redspan/internal/taskapi"
)

// createOnce inserts the task unless the key was used before: then it returns
// what was created under it. Key and task are stored by one statement; one
// with the same key waits for it.
func (s *Store) createOnce(ctx context.Context, task taskapi.Task, content taskapi.NewTask, key taskapi.IdempotencyKey) (taskapi.Task, bool, error) {
	fingerprint, err := content.Fingerprint()
	if err != nil {
		return taskapi.Task{}, false, err
	}
	created, err := s.exec(ctx, sqlCreateOnce, task.ID, task.Title, task.Description, task.Done, task.CreatedAt,
		string(key), fingerprint, task.CreatedAt.Add(taskapi.KeyLifetime))
	if err != nil {
		return taskapi.Task{}, false, err
	}
	if created == 1 {
		return task, false, nil
	}
	var (
		earlier []byte
		id      uuid.UUID
		at      time.Time
	)
	err = retry(ctx, func() error { return s.pool.QueryRow(ctx, sqlClaimed, string(key)).Scan(&earlier, &id, &at) })
	if err != nil {
		return taskapi.Task{}, false, translate(err)
	}
	if !bytes.Equal(earlier, fingerprint) {
		return taskapi.Task{}, false, taskapi.ErrKeyReused()
	}
	task.ID, task.CreatedAt, task.UpdatedAt = id, at.UTC(), at.UTC()
	return task, true, nil
}
