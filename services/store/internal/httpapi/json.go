package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"redspan/internal/problem"
)

// maxBody bounds a request's body, in bytes: a task with every character
// escaped fits.
const maxBody = 64 << 10

// decode reads a body of one of the media types into v. It refuses unknown
// members and anything after the value.
func decode(w http.ResponseWriter, r *http.Request, v any, mediaTypes ...string) error {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(mediaTypes, mediaType) {
		return problem.New(problem.UnsupportedMediaType, "Send the content as %s.", mediaTypes[0])
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return malformed(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return problem.New(problem.Malformed, "The content goes on after its JSON value.")
	}
	return nil
}

// malformed says what is wrong with a body, for the caller's eyes.
func malformed(err error) error {
	var (
		p        *problem.Error
		tooLarge *http.MaxBytesError
		syntax   *json.SyntaxError
		kind     *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &tooLarge):
		return problem.New(problem.TooLarge, "The content has more than %d bytes.", tooLarge.Limit)
	case errors.As(err, &syntax):
		return problem.New(problem.Malformed, "The content is no JSON: %s at byte %d.", syntax, syntax.Offset)
	case errors.As(err, &kind) && kind.Field != "":
		return &problem.Error{
			Code: problem.Invalid, Detail: "The content does not validate.",
			Fields: []problem.Field{{Field: kind.Field, Message: "must be a " + kind.Type.String() + ", not a " + kind.Value}},
		}
	case errors.Is(err, io.EOF):
		return problem.New(problem.Malformed, "The content is empty.")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New(problem.Malformed, "The content ends within its JSON value.")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if unquoted, err := strconv.Unquote(name); err == nil {
			name = unquoted
		}
		return &problem.Error{
			Code: problem.Invalid, Detail: "The content does not validate.",
			Fields: []problem.Field{{Field: name, Message: "is no member of a task that can be set"}},
		}
	}
	return problem.Wrap(err, problem.Malformed, "The content cannot be read as a JSON object.")
}

// writeJSON encodes before it sends, so that a failure is not half an answer.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}
