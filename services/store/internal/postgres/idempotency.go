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
	tag, err := s.pool.Exec(ctx, sqlCreateOnce, task.ID, task.Title, task.Description, task.Done, task.CreatedAt,
		string(key), fingerprint, task.CreatedAt.Add(taskapi.KeyLifetime))
	if err != nil {
		return taskapi.Task{}, false, translate(err)
	}
	if tag.RowsAffected() == 1 {
		return task, false, nil
	}
	var (
		earlier []byte
		id      uuid.UUID
		created time.Time
	)
	if err := s.pool.QueryRow(ctx, sqlClaimed, string(key)).Scan(&earlier, &id, &created); err != nil {
		return taskapi.Task{}, false, translate(err)
	}
	if !bytes.Equal(earlier, fingerprint) {
		return taskapi.Task{}, false, taskapi.ErrKeyReused()
	}
	task.ID, task.CreatedAt, task.UpdatedAt = id, created.UTC(), created.UTC()
	return task, true, nil
}
