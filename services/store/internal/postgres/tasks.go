package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"redspan/internal/taskapi"
)

var _ taskapi.Service = (*Store)(nil)

// Create implements taskapi.Service.
func (s *Store) Create(ctx context.Context, t taskapi.NewTask, key taskapi.IdempotencyKey) (taskapi.Task, bool, error) {
	task, err := t.Task(time.Now())
	if err != nil {
		return taskapi.Task{}, false, err
	}
	if key != "" {
		return s.createOnce(ctx, task, t, key)
	}
	_, err = s.exec(ctx, sqlCreate, task.ID, t.Title, t.Description, t.Done, task.CreatedAt)
	return task, false, err
}

// Get implements taskapi.Service.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (taskapi.Task, error) {
	return s.one(ctx, sqlGet, id)
}

// Update implements taskapi.Service.
func (s *Store) Update(ctx context.Context, id uuid.UUID, p taskapi.Patch, match taskapi.Condition) (taskapi.Task, error) {
	if err := p.Validate(); err != nil {
		return taskapi.Task{}, err
	}
	task, err := s.one(ctx, sqlUpdate, id, p.Title, p.Description, p.Done, time.Now().UTC(), match.Versions())
	return task, taskapi.Unmet(ctx, s, id, match, err)
}

// one runs a statement that returns the task with that id, its first argument.
func (s *Store) one(ctx context.Context, statement string, id uuid.UUID, args ...any) (taskapi.Task, error) {
	var task taskapi.Task
	err := retry(ctx, func() (err error) {
		task, err = scanTask(s.pool.QueryRow(ctx, statement, append([]any{id}, args...)...))
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return task, taskapi.ErrNotFound(id)
	}
	return task, translate(err)
}

// List implements taskapi.Service.
func (s *Store) List(ctx context.Context, q taskapi.Query) (taskapi.Page, error) {
	before := uuid.UUID(q.Cursor)
	if before == uuid.Nil {
		before = uuid.Max
	}
	statement, args := sqlList, []any{before, q.Limit + 1}
	if q.Done != nil {
		statement, args = sqlDone, append(args, *q.Done)
	}
	var tasks []taskapi.Task
	err := retry(ctx, func() error {
		rows, err := s.pool.Query(ctx, statement, args...)
		if err != nil {
			return err
		}
		tasks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (taskapi.Task, error) { return scanTask(row) })
		return err
	})
	if err != nil {
		return taskapi.Page{}, translate(err)
	}
	return taskapi.NewPage(tasks, q.Limit), nil
}

// Delete implements taskapi.Service.
func (s *Store) Delete(ctx context.Context, id uuid.UUID, match taskapi.Condition) error {
	deleted, err := s.exec(ctx, sqlDelete, id, match.Versions())
	if err == nil && deleted == 0 {
		err = taskapi.ErrNotFound(id)
	}
	return taskapi.Unmet(ctx, s, id, match, err)
}

// Count implements taskapi.Service.
func (s *Store) Count(ctx context.Context) (n int64, err error) {
	err = retry(ctx, func() error { return s.pool.QueryRow(ctx, sqlCount).Scan(&n) })
	return n, translate(err)
}

// scanTask reads the columns of a row.
func scanTask(row pgx.Row) (taskapi.Task, error) {
	var t taskapi.Task
	err := row.Scan(&t.ID, &t.Title, &t.Description, &t.Done, &t.CreatedAt, &t.UpdatedAt, &t.Version)
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	return t, err
}
