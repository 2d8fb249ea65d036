// Package taskapi is the contract of the task store: what a task is, the
// operations on tasks, and how they travel over HTTP.
//
// A [Service] is implemented by the engines of services/store and by
// [Client], which speaks to one over HTTP; taskapitest holds them all to the
// same behaviour.
package taskapi

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"redspan/internal/problem"
)

// The bounds of a task's texts, in characters, of a page, in tasks, and of a
// request's content, in bytes: a task with every character escaped fits.
const (
	MaxContent     = 64 << 10
	MaxTitle       = 200
	MaxDescription = 2000
	DefaultLimit   = 20
	MaxLimit       = 100
)

// Task is a task as it is stored and as it stands on the wire.
type Task struct {
	ID          uuid.UUID `json:"id"` // UUIDv7, RFC 9562: newer tasks have greater ids
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Done        bool      `json:"done"`
	CreatedAt   time.Time `json:"created_at"` // UTC, in microseconds
	UpdatedAt   time.Time `json:"updated_at"` // UTC, in microseconds
	Version     int64     `json:"version"`    // 1, and 1 more with each update
}

// NewTask is what a task is created from.
type NewTask struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Done        bool   `json:"done"`
}

// Patch is a JSON merge patch of a task (RFC 7396). What is nil stays.
type Patch struct {
	Title       *string `json:"title,omitempty"`
	Description *string `json:"description,omitempty"`
	Done        *bool   `json:"done,omitempty"`
}

// Query selects a page of tasks.
type Query struct {
	Limit  int    // 1 to MaxLimit
	Cursor Cursor // where the page begins; zero for the first page
	Done   *bool  // only tasks with that state, if not nil
}

// Page is a page of tasks, newest first.
type Page struct {
	Tasks      []Task `json:"tasks"`
	NextCursor string `json:"next_cursor,omitempty"` // absent on the last page
}

// Service is a store of tasks. Its errors are problems: NotFound for an
// unknown id, Invalid for content that does not validate, Timeout and
// Canceled when ctx ends first, Unavailable when the store cannot be reached,
// Internal for the rest.
type Service interface {
	// Create stores a new task. A nil error means that it is durable. With a
	// key that was used within KeyLifetime it stores nothing: it returns the
	// task as it was created then, and true, or KeyReused if t is another.
	Create(ctx context.Context, t NewTask, key IdempotencyKey) (created Task, replayed bool, err error)
	// Get returns one task.
	Get(ctx context.Context, id uuid.UUID) (Task, error)
	// List returns the tasks that q selects, newest first.
	List(ctx context.Context, q Query) (Page, error)
	// Update applies a patch and returns the task as it then is. It answers
	// PreconditionFailed if the task is there, but not as match wants it.
	Update(ctx context.Context, id uuid.UUID, p Patch, match Condition) (Task, error)
	// Delete removes a task, on the same condition.
	Delete(ctx context.Context, id uuid.UUID, match Condition) error
	// Count returns how many tasks there are.
	Count(ctx context.Context) (int64, error)
}

// Task returns the task that is created from t at that time, with an id of its
// own, or what Validate reports.
func (t NewTask) Task(now time.Time) (Task, error) {
	if err := t.Validate(); err != nil {
		return Task{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Task{}, err
	}
	now = now.UTC().Truncate(time.Microsecond)
	return Task{
		ID: id, Title: t.Title, Description: t.Description, Done: t.Done,
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}, nil
}

// Validate reports every field that a new task cannot have, as Invalid.
func (t NewTask) Validate() error {
	return invalid(append(checkTitle(t.Title), checkDescription(t.Description)...))
}

// Validate reports every field that a patch cannot set, as Invalid.
func (p Patch) Validate() error {
	var fields []problem.Field
	if p.Title != nil {
		fields = checkTitle(*p.Title)
	}
	if p.Description != nil {
		fields = append(fields, checkDescription(*p.Description)...)
	}
	return invalid(fields)
}

func checkTitle(title string) []problem.Field {
	if n := utf8.RuneCountInString(title); n < 1 || n > MaxTitle {
		return []problem.Field{{Field: "title", Message: "must have 1 to 200 characters"}}
	}
	return checkText("title", title)
}

func checkDescription(description string) []problem.Field {
	if utf8.RuneCountInString(description) > MaxDescription {
		return []problem.Field{{Field: "description", Message: "must have at most 2000 characters"}}
	}
	return checkText("description", description)
}

// checkText refuses what PostgreSQL cannot store.
func checkText(field, text string) []problem.Field {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return []problem.Field{{Field: field, Message: "must be UTF-8 without the character NUL"}}
	}
	return nil
}

func invalid(fields []problem.Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.Invalid, Detail: "The content does not validate.", Fields: fields}
}

// ParseID reads an id in its usual form, as in a path. What is no id names no
// task, so the error is NotFound.
func ParseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(uuid.Nil.String()) {
		return uuid.Nil, problem.New(problem.NotFound, "There is no such task: an id is a UUID in its usual form.")
	}
	return id, nil
}

// ErrPrecondition is what a Service answers for a Condition that fails.
func ErrPrecondition(id uuid.UUID) error {
	return problem.New(problem.PreconditionFailed, "The task %s has another version: get it again.", id)
}

// ErrNotFound is what a Service answers for an unknown id.
func ErrNotFound(id uuid.UUID) error {
	return problem.New(problem.NotFound, "There is no task %s.", id)
}
