package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"redspan/internal/taskapi"
)

var _ taskapi.Service = (*Store)(nil)

// Create implements taskapi.Service.
func (s *Store) Create(ctx context.Context, t taskapi.NewTask) (taskapi.Task, error) {
	if err := t.Validate(); err != nil {
		return taskapi.Task{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return taskapi.Task{}, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if _, err := s.exec(ctx, sqlCreate, id[:], t.Title, t.Description, t.Done, now.UnixMicro()); err != nil {
		return taskapi.Task{}, err
	}
	return taskapi.Task{
		ID: id, Title: t.Title, Description: t.Description, Done: t.Done,
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}, nil
}

// Get implements taskapi.Service.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (taskapi.Task, error) {
	return s.one(ctx, s.reader, sqlGet, id)
}

// Update implements taskapi.Service.
func (s *Store) Update(ctx context.Context, id uuid.UUID, p taskapi.Patch) (taskapi.Task, error) {
	if err := p.Validate(); err != nil {
		return taskapi.Task{}, err
	}
	return s.one(ctx, s.writer, sqlUpdate, id, p.Title, p.Description, p.Done, time.Now().UnixMicro())
}

// one runs a statement that returns the task with that id, its first argument.
func (s *Store) one(ctx context.Context, db *sql.DB, statement string, id uuid.UUID, args ...any) (taskapi.Task, error) {
	var task taskapi.Task
	err := s.query(ctx, db, statement, append([]any{id[:]}, args...), func(row *sql.Row) (err error) {
		task, err = scanTask(row)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return task, taskapi.ErrNotFound(id)
	}
	return task, err
}

// List implements taskapi.Service.
func (s *Store) List(ctx context.Context, q taskapi.Query) (taskapi.Page, error) {
	before := q.Cursor
	if before == (taskapi.Cursor{}) {
		before = taskapi.Cursor(uuid.Max)
	}
	statement, args := sqlList, []any{before[:], q.Limit + 1}
	if q.Done != nil {
		statement, args = sqlDone, append(args, *q.Done)
	}
	ctx, span := s.tracer.Start(ctx, statement)
	tasks, err := s.scanAll(ctx, statement, args...)
	span.End(err)
	if err != nil {
		return taskapi.Page{}, translate(err)
	}
	return taskapi.NewPage(tasks, q.Limit), nil
}

func (s *Store) scanAll(ctx context.Context, statement string, args ...any) (_ []taskapi.Task, err error) {
	rows, err := s.reader.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	tasks := []taskapi.Task{}
	for rows.Next() {
		task, err := scanTask(rows)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, rows.Err()
}

// Delete implements taskapi.Service.
func (s *Store) Delete(ctx context.Context, id uuid.UUID) error {
	deleted, err := s.exec(ctx, sqlDelete, id[:])
	if err == nil && deleted == 0 {
		return taskapi.ErrNotFound(id)
	}
	return err
}

// Count implements taskapi.Service.
func (s *Store) Count(ctx context.Context) (n int64, err error) {
	err = s.query(ctx, s.reader, sqlCount, nil, func(row *sql.Row) error { return row.Scan(&n) })
	return n, err
}

// exec runs a statement that changes rows, and returns how many.
func (s *Store) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	ctx, span := s.tracer.Start(ctx, statement)
	result, err := s.writer.ExecContext(ctx, statement, args...)
	span.End(err)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// scanTask reads the columns of a row.
func scanTask(row interface{ Scan(...any) error }) (taskapi.Task, error) {
	var t taskapi.Task
	var created, updated int64
	err := row.Scan(&t.ID, &t.Title, &t.Description, &t.Done, &created, &updated, &t.Version)
	t.CreatedAt, t.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return t, err
}
