package taskapi

import (
	"encoding/base64"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"redspan/internal/problem"
)

// Cursor is a place between two pages: the id of the last task before it.
// The zero Cursor stands before the newest task.
type Cursor uuid.UUID

// cursorVersion is the first byte of an encoded cursor. It changes when the
// order of the tasks does.
const cursorVersion = 1

// String encodes the cursor. Callers must not look into it.
func (c Cursor) String() string {
	if c == (Cursor{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append([]byte{cursorVersion}, c[:]...))
}

// ParseCursor decodes what String encoded; "" is the zero Cursor.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil && len(raw) == 1+len(Cursor{}) {
		// Another version, or a form that String does not write, is no cursor.
		if cursor := Cursor(raw[1:]); cursor.String() == s {
			return cursor, nil
		}
	}
	return Cursor{}, problem.New(problem.Malformed, "The parameter cursor is no next_cursor of an earlier page.")
}

// Values encodes the query as URL parameters.
func (q Query) Values() url.Values {
	v := url.Values{}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Cursor != (Cursor{}) {
		v.Set("cursor", q.Cursor.String())
	}
	if q.Done != nil {
		v.Set("done", strconv.FormatBool(*q.Done))
	}
	return v
}

// ParseQuery decodes URL parameters. It refuses unknown ones.
func ParseQuery(v url.Values) (Query, error) {
	q := Query{Limit: DefaultLimit}
	for name, values := range v {
		if len(values) != 1 {
			return q, problem.New(problem.Malformed, "The parameter %s is given more than once.", name)
		}
		if err := q.set(name, values[0]); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *Query) set(name, value string) error {
	switch name {
	case "limit":
		limit, err := strconv.Atoi(value)
		if err != nil || limit < 1 || limit > MaxLimit {
			return problem.New(problem.Malformed, "The parameter limit must be a number from 1 to %d.", MaxLimit)
		}
		q.Limit = limit
	case "cursor":
		cursor, err := ParseCursor(value)
		if err != nil {
			return err
		}
		q.Cursor = cursor
	case "done":
		if value != "true" && value != "false" {
			return problem.New(problem.Malformed, "The parameter done must be true or false.")
		}
		done := value == "true"
		q.Done = &done
	default:
		return problem.New(problem.Malformed, "There is no parameter %q: use limit, cursor and done.", name)
	}
	return nil
}

// NewPage makes a page of tasks that were asked for with one more than limit,
// so that it is known whether a page follows.
func NewPage(tasks []Task, limit int) Page {
	if len(tasks) <= limit {
		return Page{Tasks: tasks}
	}
	return Page{Tasks: tasks[:limit], NextCursor: Cursor(tasks[limit-1].ID).String()}
}
