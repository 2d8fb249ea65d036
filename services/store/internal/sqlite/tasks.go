package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

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
	return task, false, s.writer.do(ctx, func(ctx context.Context, tx querier) error { return s.insert(ctx, tx, task) })
}

func (s *Store) insert(ctx context.Context, db querier, t taskapi.Task) error {
	_, err := s.exec(ctx, db, sqlCreate, t.ID[:], t.Title, t.Description, t.Done, t.CreatedAt.UnixMicro())
	return err
}

// Get implements taskapi.Service.
func (s *Store) Get(ctx context.Context, id uuid.UUID) (taskapi.Task, error) {
	return s.one(ctx, s.reader, sqlGet, id)
}

// Update implements taskapi.Service.
func (s *Store) Update(ctx context.Context, id uuid.UUID, p taskapi.Patch, match taskapi.Condition) (taskapi.Task, error) {
	if err := p.Validate(); err != nil {
		return taskapi.Task{}, err
	}
	var task taskapi.Task
	err := s.writer.do(ctx, func(ctx context.Context, tx querier) (err error) {
		task, err = s.one(ctx, tx, sqlUpdate, id, p.Title, p.Description, p.Done, time.Now().UnixMicro(), versions(match))
		return err
	})
	return task, taskapi.Unmet(ctx, s, id, match, err)
}

// versions encodes those that a change is limited to; NULL is no limit.
func versions(match taskapi.Condition) any {
	limited := match.Versions()
	if limited == nil {
		return nil
	}
	encoded, _ := json.Marshal(limited) // numbers cannot fail
	return string(encoded)
}

// one runs a statement that returns the task with that id, its first argument.
func (s *Store) one(ctx context.Context, db querier, statement string, id uuid.UUID, args ...any) (taskapi.Task, error) {
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
func (s *Store) Delete(ctx context.Context, id uuid.UUID, match taskapi.Condition) error {
	err := s.writer.do(ctx, func(ctx context.Context, tx querier) error {
		deleted, err := s.exec(ctx, tx, sqlDelete, id[:], versions(match))
		if err == nil && deleted == 0 {
			err = taskapi.ErrNotFound(id)
		}
		return err
	})
	return taskapi.Unmet(ctx, s, id, match, err)
}

// Count implements taskapi.Service.
func (s *Store) Count(ctx context.Context) (n int64, err error) {
	err = s.query(ctx, s.reader, sqlCount, nil, func(row *sql.Row) error { return row.Scan(&n) })
	return n, err
}

// scanTask reads the columns of a row.
func scanTask(row interface{ Scan(...any) error }) (taskapi.Task, error) {
	var t taskapi.Task
	var created, updated int64
	err := row.Scan(&t.ID, &t.Title, &t.Description, &t.Done, &created, &updated, &t.Version)
	t.CreatedAt, t.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return t, err
}
