// Package problem holds the one error type of both services and its form on
// the wire, application/problem+json (RFC 9457).
//
// An [Error] has two sides: Code, Detail and Fields are public and reach the
// caller; the cause is for spans and logs only. One ordered table ties each
// [Code] to its HTTP status.
package problem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Code says what went wrong. It is the last part of the problem's type URI,
// "/problems/<code>", and as stable as a route.
type Code string

// The codes, in the order of their HTTP status.
const (
	Malformed            Code = "malformed-request"
	Unauthenticated      Code = "unauthenticated"
	NotFound             Code = "not-found"
	MethodNotAllowed     Code = "method-not-allowed"
	NotAcceptable        Code = "not-acceptable"
	PreconditionFailed   Code = "precondition-failed"
	TooLarge             Code = "content-too-large"
	URITooLong           Code = "uri-too-long"
	UnsupportedMediaType Code = "unsupported-media-type"
	Invalid              Code = "invalid-content"
	KeyReused            Code = "idempotency-key-reused"
	HeaderTooLarge       Code = "header-too-large"
	Canceled             Code = "client-closed-request"
	Internal             Code = "internal-error"
	BadGateway           Code = "bad-gateway"
	Unavailable          Code = "unavailable"
	Timeout              Code = "timeout"
)

// StatusClientClosedRequest is what a request is counted as whose client went
// away before the answer. Nobody receives it; it is not in RFC 9110.
const StatusClientClosedRequest = 499

// codes ties codes to statuses, both ways. Of two codes with one status the
// first is the general one, which stands for the status alone.
var codes = []struct {
	code   Code
	status int
	title  string
}{
	{Malformed, http.StatusBadRequest, "Malformed request"},
	{Unauthenticated, http.StatusUnauthorized, "Unauthenticated"},
	{NotFound, http.StatusNotFound, "Not found"},
	{MethodNotAllowed, http.StatusMethodNotAllowed, "Method not allowed"},
	{NotAcceptable, http.StatusNotAcceptable, "Not acceptable"},
	{PreconditionFailed, http.StatusPreconditionFailed, "Precondition failed"},
	{TooLarge, http.StatusRequestEntityTooLarge, "Content too large"},
	{URITooLong, http.StatusRequestURITooLong, "URI too long"},
	{UnsupportedMediaType, http.StatusUnsupportedMediaType, "Unsupported media type"},
	{Invalid, http.StatusUnprocessableEntity, "Invalid content"},
	{KeyReused, http.StatusUnprocessableEntity, "Idempotency key reused"},
	{HeaderTooLarge, http.StatusRequestHeaderFieldsTooLarge, "Request header fields too large"},
	{Canceled, StatusClientClosedRequest, "Client closed request"},
	{Internal, http.StatusInternalServerError, "Internal server error"},
	{BadGateway, http.StatusBadGateway, "Bad gateway"},
	{Unavailable, http.StatusServiceUnavailable, "Service unavailable"},
	{Timeout, http.StatusGatewayTimeout, "Gateway timeout"},
}

// Codes returns all codes, in the order of their HTTP status.
func Codes() []Code {
	all := make([]Code, len(codes))
	for i, e := range codes {
		all[i] = e.code
	}
	return all
}

// Status returns the HTTP status of the code; 500 for one that is unknown.
func (c Code) Status() int {
	for _, e := range codes {
		if e.code == c {
			return e.status
		}
	}
	return http.StatusInternalServerError
}

// CodeOf returns the code of an HTTP status. A status that is not in the
// table counts as the general one of its class: Malformed for 4xx, Internal
// for the rest.
func CodeOf(status int) Code {
	for _, e := range codes {
		if e.status == status {
			return e.code
		}
	}
	if status >= 400 && status < 500 {
		return Malformed
	}
	return Internal
}

// Title returns the name of the code for people, always the same; that of
// Internal for one that is unknown.
func (c Code) Title() string {
	for _, e := range codes {
		if e.code == c {
			return e.title
		}
	}
	return http.StatusText(http.StatusInternalServerError)
}

// Field is one reason why a body does not validate.
type Field struct {
	Field   string `json:"field"` // the member's name, as in the body
	Message string `json:"message"`
}

// Error is a failure with a public side and a private cause.
type Error struct {
	Code       Code
	Detail     string        // public: what the caller can do about it
	Fields     []Field       // public: set with Invalid
	RetryAfter time.Duration // public: sent as Retry-After, in whole seconds, when not zero
	Allow      string        // public: the Allow header that comes with MethodNotAllowed

	err error // private: the cause
}

// New returns an error whose detail is formatted for the caller's eyes.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap returns an error with a private cause and a public detail.
func Wrap(cause error, code Code, detail string) *Error {
	return &Error{Code: code, Detail: detail, err: cause}
}

// retryAfter is what a caller is told to wait before it tries again.
const retryAfter = time.Second

// TryAgain returns an error that passes by itself: Unavailable, with
// Retry-After. cause may be nil.
func TryAgain(cause error, detail string) *Error {
	return &Error{Code: Unavailable, Detail: detail, RetryAfter: retryAfter, err: cause}
}

// Error returns the private text, for logs and spans: the cause if there is
// one, else what the caller is told.
func (e *Error) Error() string {
	if e.err != nil {
		return string(e.Code) + ": " + e.err.Error()
	}
	var text strings.Builder
	text.WriteString(string(e.Code) + ": " + e.Detail)
	for _, f := range e.Fields {
		text.WriteString("; " + f.Field + " " + f.Message)
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// From returns err as an *Error. A context's error becomes Timeout or
// Canceled, any other unknown one Internal; their text stays private.
func From(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return Wrap(err, Timeout, "The request took too long.")
	case errors.Is(err, context.Canceled):
		return Wrap(err, Canceled, "")
	default:
		return Wrap(err, Internal, "The server failed to answer. The trace id names this failure.")
	}
}

// Is reports whether err is a problem with that code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
