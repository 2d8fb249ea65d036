package problem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redspan/internal/problem"
)

func TestWrite(t *testing.T) {
	secret := errors.New("password=hunter2")
	tests := map[string]struct {
		err    error
		status int
		header http.Header
		body   string
	}{
		"a validation problem lists its fields": {
			err: &problem.Error{
				Code: problem.Invalid, Detail: "The content does not validate.",
				Fields: []problem.Field{{Field: "title", Message: "is missing"}},
			},
			status: 422,
			body: `{"type":"/problems/invalid-content","title":"Invalid content","status":422,` +
				`"detail":"The content does not validate.","trace_id":"abc","errors":[{"field":"title","message":"is missing"}]}`,
		},
		"an unknown error is a 500 without its text": {
			err:    fmt.Errorf("query: %w", secret),
			status: 500,
			body: `{"type":"/problems/internal-error","title":"Internal server error","status":500,` +
				`"detail":"The server failed to answer. The trace id names this failure.","trace_id":"abc"}`,
		},
		"a cause stays private": {
			err:    problem.Wrap(secret, problem.BadGateway, "The store failed."),
			status: 502,
			body:   `{"type":"/problems/bad-gateway","title":"Bad gateway","status":502,"detail":"The store failed.","trace_id":"abc"}`,
		},
		"a deadline is a 504": {
			err:    fmt.Errorf("call: %w", context.DeadlineExceeded),
			status: 504,
			body:   `{"type":"/problems/timeout","title":"Gateway timeout","status":504,"detail":"The request took too long.","trace_id":"abc"}`,
		},
		"unavailable says when to try again, in whole seconds": {
			err:    &problem.Error{Code: problem.Unavailable, Detail: "Try again.", RetryAfter: 1500 * time.Millisecond},
			status: 503,
			header: http.Header{"Retry-After": {"2"}},
			body:   `{"type":"/problems/unavailable","title":"Service unavailable","status":503,"detail":"Try again.","trace_id":"abc"}`,
		},
		"a wrong method says which are right": {
			err:    &problem.Error{Code: problem.MethodNotAllowed, Allow: "GET, HEAD"},
			status: 405,
			header: http.Header{"Allow": {"GET, HEAD"}},
			body:   `{"type":"/problems/method-not-allowed","title":"Method not allowed","status":405,"trace_id":"abc"}`,
		},
		"unauthenticated asks for a bearer token": {
			err:    problem.New(problem.Unauthenticated, "Send the token."),
			status: 401,
			header: http.Header{"Www-Authenticate": {"Bearer"}},
			body:   `{"type":"/problems/unauthenticated","title":"Unauthenticated","status":401,"detail":"Send the token.","trace_id":"abc"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if err := problem.Write(w, test.err, "abc"); err != nil {
				t.Fatal(err)
			}
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			if diff := cmp.Diff(test.body+"\n", w.Body.String()); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if got := w.Header().Get("Content-Type"); got != problem.ContentType {
				t.Errorf("content type %q", got)
			}
			for key := range test.header {
				if got, want := w.Header().Get(key), test.header.Get(key); got != want {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
		})
	}
}

func TestFromResponse(t *testing.T) {
	t.Run("reads back what Write wrote", func(t *testing.T) {
		w := httptest.NewRecorder()
		sent := &problem.Error{
			Code: problem.Invalid, Detail: "No.", RetryAfter: time.Second,
			Fields: []problem.Field{{Field: "title", Message: "is missing"}},
		}
		if err := problem.Write(w, sent, ""); err != nil {
			t.Fatal(err)
		}
		got := problem.FromResponse(w.Result())
		if got.Code != sent.Code || got.Detail != sent.Detail || got.RetryAfter != sent.RetryAfter {
			t.Errorf("got %+v, want %+v", got, sent)
		}
		if diff := cmp.Diff(sent.Fields, got.Fields); diff != "" {
			t.Error(diff)
		}
	})
	for name, test := range map[string]struct {
		status      int
		contentType string
		body        string
		want        problem.Code
	}{
		"a page keeps its status":             {502, "text/html", "<h1>Bad", problem.BadGateway},
		"a broken document keeps its status":  {404, problem.ContentType, `{"type`, problem.NotFound},
		"an unknown 4xx is a malformed one":   {418, "", "", problem.Malformed},
		"an unknown 5xx is an internal error": {599, "", "", problem.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			got := problem.FromResponse(&http.Response{
				StatusCode: test.status,
				Header:     http.Header{"Content-Type": {test.contentType}},
				Body:       io.NopCloser(strings.NewReader(test.body)),
			})
			if got.Code != test.want || got.Detail != "" {
				t.Errorf("got %q %q, want %q", got.Code, got.Detail, test.want)
			}
		})
	}
}

func TestCodeOfIsInverseOfStatus(t *testing.T) {
	for _, code := range []problem.Code{
		problem.Malformed, problem.Unauthenticated, problem.NotFound, problem.MethodNotAllowed, problem.TooLarge,
		problem.UnsupportedMediaType, problem.Invalid, problem.Canceled, problem.Internal, problem.BadGateway,
		problem.Unavailable, problem.Timeout,
	} {
		if got := problem.CodeOf(code.Status()); got != code {
			t.Errorf("%s: %d is %s", code, code.Status(), got)
		}
	}
}
