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
	keys  map[taskapi.IdempotencyKey]creation
}

// creation is what a key was used for.
type creation struct {
	content taskapi.NewTask
	created taskapi.Task
}

var _ taskapi.Service = (*Fake)(nil)

// Create implements taskapi.Service.
func (f *Fake) Create(ctx context.Context, t taskapi.NewTask, key taskapi.IdempotencyKey) (taskapi.Task, bool, error) {
	if err := f.begin(ctx); err != nil {
		return taskapi.Task{}, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	task, err := t.Task(time.Now())
	if err != nil {
		return taskapi.Task{}, false, err
	}
	if earlier, ok := f.keys[key]; ok {
		if earlier.content != t {
			return taskapi.Task{}, false, taskapi.ErrKeyReused()
		}
		return earlier.created, true, nil
	}
	f.tasks = append(f.tasks, task)
	if key != "" {
		if f.keys == nil {
			f.keys = make(map[taskapi.IdempotencyKey]creation)
		}
		f.keys[key] = creation{t, task}
	}
	return task, false, nil
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
func (f *Fake) Update(ctx context.Context, id uuid.UUID, p taskapi.Patch, match taskapi.Condition) (taskapi.Task, error) {
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
	if !match.Allows(task.Version) {
		return taskapi.Task{}, taskapi.ErrPrecondition(id)
	}
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
func (f *Fake) Delete(ctx context.Context, id uuid.UUID, match taskapi.Condition) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i, err := f.find(id)
	if err != nil {
		return err
	}
	if !match.Allows(f.tasks[i].Version) {
		return taskapi.ErrPrecondition(id)
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
