package taskapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"redspan/internal/problem"
)

// DecodeNewTask reads the content of a request that creates a task: one JSON
// object without unknown or duplicate members (RFC 7493), in valid UTF-8, and
// nothing after it. A member that is null counts as absent. Errors are
// problems: Malformed, Invalid, or TooLarge from an http.MaxBytesReader.
func DecodeNewTask(content io.Reader) (NewTask, error) {
	var t NewTask
	if err := decode(content, &t); err != nil {
		return NewTask{}, err
	}
	return t, t.Validate()
}

// DecodePatch reads a JSON merge patch with the same care. There null means
// that a member is to be removed (RFC 7396): a description can be, which
// empties it; a title or state cannot.
func DecodePatch(content io.Reader) (Patch, error) {
	var members struct {
		Title       jsontext.Value `json:"title"`
		Description jsontext.Value `json:"description"`
		Done        jsontext.Value `json:"done"`
	}
	raw, err := io.ReadAll(content)
	if err != nil {
		return Patch{}, malformed(err)
	}
	if err := decode(bytes.NewReader(raw), &members); err != nil {
		return Patch{}, err
	}
	var p Patch
	if err := decode(bytes.NewReader(raw), &p); err != nil {
		return Patch{}, err
	}
	var fields []problem.Field
	if members.Title.Kind() == 'n' {
		fields = append(fields, problem.Field{Field: "title", Message: "cannot be removed"})
	}
	if members.Done.Kind() == 'n' {
		fields = append(fields, problem.Field{Field: "done", Message: "cannot be removed"})
	}
	if members.Description.Kind() == 'n' {
		p.Description = new(string)
	}
	if err := invalid(fields); err != nil {
		return Patch{}, err
	}
	return p, p.Validate()
}

// decode reads one JSON object into v.
func decode(content io.Reader, v any) error {
	dec := jsontext.NewDecoder(content)
	if kind := dec.PeekKind(); kind != '{' && kind != 0 {
		return problem.New(problem.Malformed, "The content must be a JSON object.")
	}
	if err := json.UnmarshalDecode(dec, v, json.RejectUnknownMembers(true)); err != nil {
		return malformed(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return problem.New(problem.Malformed, "The content goes on after its JSON object.")
	}
	return nil
}

// malformed says what is wrong with the content, for the caller's eyes.
func malformed(err error) error {
	var (
		tooLarge *http.MaxBytesError
		semantic *json.SemanticError
		syntax   *jsontext.SyntacticError
	)
	switch {
	case errors.As(err, &tooLarge):
		return problem.New(problem.TooLarge, "The content has more than %d bytes.", tooLarge.Limit)
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return invalid([]problem.Field{{Field: member(semantic), Message: "is no member that can be set"}})
	case errors.As(err, &semantic):
		return invalid([]problem.Field{{Field: member(semantic), Message: fmt.Sprintf("must be a %s, not a %s", semantic.GoType, semantic.JSONKind)}})
	case errors.As(err, &syntax):
		return problem.New(problem.Malformed, "The content is not JSON as RFC 7493 wants it: %v at byte %d.", syntax.Err, syntax.ByteOffset)
	case errors.Is(err, io.EOF):
		return problem.New(problem.Malformed, "The content is empty.")
	}
	return problem.Wrap(err, problem.Malformed, "The content could not be read.")
}

func member(e *json.SemanticError) string {
	return strings.TrimPrefix(string(e.JSONPointer), "/")
}
