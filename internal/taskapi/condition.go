package taskapi

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"redspan/internal/problem"
)

// ETag returns the entity tag of a task's version (RFC 9110, section 8.8.3).
// It is a strong one: the same version has the same bytes.
func ETag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// Condition is what an If-Match or If-None-Match header asks for (RFC 9110,
// section 13.1). The zero Condition is that of a request without the header.
type Condition struct {
	given    bool
	any      bool // "*"
	versions []int64
}

// IfVersion returns the condition that a task has that version.
func IfVersion(version int64) Condition {
	return Condition{given: true, versions: []int64{version}}
}

// ParseIfMatch reads the values of an If-Match header, which compares
// strongly: a weak tag matches nothing.
func ParseIfMatch(values []string) (Condition, error) {
	return parseCondition("If-Match", values, false)
}

// ParseIfNoneMatch reads the values of an If-None-Match header, which compares
// weakly.
func ParseIfNoneMatch(values []string) (Condition, error) {
	return parseCondition("If-None-Match", values, true)
}

func parseCondition(header string, values []string, weak bool) (Condition, error) {
	c := Condition{given: len(values) > 0}
	rest := strings.TrimSpace(strings.Join(values, ","))
	if rest == "*" {
		c.any = true
		return c, nil
	}
	for c.given {
		tag, isWeak := strings.CutPrefix(rest, "W/")
		opaque, after, closed := strings.Cut(strings.TrimPrefix(tag, `"`), `"`)
		if !strings.HasPrefix(tag, `"`) || !closed {
			return c, problem.New(problem.Malformed, `The header %s must be * or a list of entity tags such as "1".`, header)
		}
		// A tag in any other form is none of ours and matches nothing.
		if version, err := strconv.ParseInt(opaque, 10, 64); err == nil && (weak || !isWeak) && ETag(version) == `"`+opaque+`"` {
			c.versions = append(c.versions, version)
		}
		rest = strings.TrimSpace(after)
		if rest == "" {
			break
		}
		if rest[0] != ',' {
			return c, problem.New(problem.Malformed, "The entity tags of the header %s must be separated by commas.", header)
		}
		rest = strings.TrimSpace(rest[1:])
	}
	return c, nil
}

// Given reports whether there is a condition at all.
func (c Condition) Given() bool { return c.given }

// Holds reports whether a task with that version is named.
func (c Condition) Holds(version int64) bool { return c.any || slices.Contains(c.versions, version) }

// Allows reports whether the condition of an If-Match header lets a task with
// that version be changed.
func (c Condition) Allows(version int64) bool { return !c.given || c.Holds(version) }

// Unmet tells a change of s that found no task, with the error err, from one
// whose condition failed: it looks for the task. Any other err stays.
func Unmet(ctx context.Context, s Service, id uuid.UUID, match Condition, err error) error {
	if !match.Given() || !problem.Is(err, problem.NotFound) {
		return err
	}
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	return ErrPrecondition(id)
}

// Versions returns the versions to which a change is limited, or nil if to none.
func (c Condition) Versions() []int64 {
	if !c.given || c.any {
		return nil
	}
	return append([]int64{}, c.versions...)
}

// String returns the header's value. Of tags that are none of ours one is
// left that matches nothing either.
func (c Condition) String() string {
	switch {
	case c.any:
		return "*"
	case c.given && len(c.versions) == 0:
		return `""`
	}
	tags := make([]string, len(c.versions))
	for i, version := range c.versions {
		tags[i] = ETag(version)
	}
	return strings.Join(tags, ", ")
}
