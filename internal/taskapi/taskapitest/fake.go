// Package taskapitest holds what tests of task stores share: a Fake, and
// Exercise, which holds any Service to the contract.
package taskapitest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// Fake is a Service in memory. The zero value is empty and ready.
type Fake struct {
	// Err, when set, fails every call. Set it before the Fake is shared.
	Err error

	mu    sync.Mutex
	tasks []taskapi.Task // oldest first
}

var _ taskapi.Service = (*Fake)(nil)

// Create implements taskapi.Service.
func (f *Fake) Create(ctx context.Context, t taskapi.NewTask) (taskapi.Task, error) {
	if err := f.begin(ctx); err != nil {
		return taskapi.Task{}, err
	}
	if err := t.Validate(); err != nil {
		return taskapi.Task{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now().UTC().Truncate(time.Microsecond)
	task := taskapi.Task{
		ID: uuid.Must(uuid.NewV7()), Title: t.Title, Description: t.Description, Done: t.Done,
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}
	f.tasks = append(f.tasks, task)
	return task, nil
}

// Get implements taskapi.Service.
func (f *Fake) Get(ctx context.Context, id uuid.UUID) (taskapi.Task, error) {
	if err := f.begin(ctx); err != nil {
		return taskapi.Task{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, err := f.find(id)
	if err != nil {
		return taskapi.Task{}, err
	}
	return f.tasks[i], nil
}

// List implements taskapi.Service.
func (f *Fake) List(ctx context.Context, q taskapi.Query) (taskapi.Page, error) {
	if err := f.begin(ctx); err != nil {
		return taskapi.Page{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	tasks := []taskapi.Task{}
	for _, task := range slices.Backward(f.tasks) {
		before := q.Cursor == taskapi.Cursor{} || bytes.Compare(task.ID[:], q.Cursor[:]) < 0
		if before && (q.Done == nil || *q.Done == task.Done) && len(tasks) <= q.Limit {
			tasks = append(tasks, task)
		}
	}
	return taskapi.NewPage(tasks, q.Limit), nil
}

// Update implements taskapi.Service.
func (f *Fake) Update(ctx context.Context, id uuid.UUID, p taskapi.Patch) (taskapi.Task, error) {
	if err := f.begin(ctx); err != nil {
		return taskapi.Task{}, err
	}
	if err := p.Validate(); err != nil {
		return taskapi.Task{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, err := f.find(id)
	if err != nil {
		return taskapi.Task{}, err
	}
	task := &f.tasks[i]
	if p.Title != nil {
		task.Title = *p.Title
	}
	if p.Description != nil {
		task.Description = *p.Description
	}
	if p.Done != nil {
		task.Done = *p.Done
	}
	task.UpdatedAt = time.Now().UTC().Truncate(time.Microsecond)
	task.Version++
	return *task, nil
}

// Delete implements taskapi.Service.
func (f *Fake) Delete(ctx context.Context, id uuid.UUID) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, err := f.find(id)
	if err != nil {
		return err
	}
	f.tasks = slices.Delete(f.tasks, i, i+1)
	return nil
}

// Count implements taskapi.Service.
func (f *Fake) Count(ctx context.Context) (int64, error) {
	if err := f.begin(ctx); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.tasks)), nil
}

func (f *Fake) begin(ctx context.Context) error {
	if f.Err != nil {
		return f.Err
	}
	if err := ctx.Err(); err != nil {
		return problem.From(err)
	}
	return nil
}

func (f *Fake) find(id uuid.UUID) (int, error) {
	i := slices.IndexFunc(f.tasks, func(t taskapi.Task) bool { return t.ID == id })
	if i < 0 {
		return i, taskapi.ErrNotFound(id)
	}
	return i, nil
}
