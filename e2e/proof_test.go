package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redspan/e2e"
)

// first is the first failure since the start of the stack. TestMain provokes
// it before any test can.
var (
	first    failure
	errFirst error
)

// failure is a GET /error that was answered, and counted.
type failure struct {
	sent          time.Time
	answer        e2e.Answer
	before, after float64 // the counter of such failures
}

const (
	failures = `http_server_request_duration_seconds_count{job="api",http_route="/error",http_response_status_code="500"}`
	buckets  = `http_server_request_duration_seconds_bucket{job="api",http_route="/error",http_response_status_code="500"}`
)

// divisionTree is the trace of a GET /error.
const divisionTree = `
api SERVER "GET /error" 500 error fault exception
  api CLIENT "GET" 200 fault
    store SERVER "GET /tasks/count" 200
      store CLIENT "SELECT tasks"
`

// provoke has the api divide by zero, and waits until it is counted.
func provoke(ctx context.Context) (f failure, err error) {
	f.before, err = e2e.Poll(ctx, func(ctx context.Context) (float64, error) {
		return prometheus.Value(ctx, failures)
	})
	if err != nil {
		return f, fmt.Errorf("before the failure: %w", err)
	}
	f.sent = time.Now()
	if f.answer, err = e2e.Get(ctx, api+"/error"); err != nil {
		return f, err
	}
	f.after, err = e2e.Poll(ctx, func(ctx context.Context) (float64, error) {
		return prometheus.Reaches(ctx, failures, f.before+1)
	})
	return f, err
}

func TestProof(t *testing.T) {
	if errFirst != nil {
		t.Fatalf("the first failure after the start: %v", errFirst)
	}
	id := first.answer.TraceID()
	division := sourceLine(t, "services/api/internal/httpapi/faults.go", "tasks / people")

	t.Run("the answer is a problem with the trace id of its traceresponse", func(t *testing.T) {
		wantProblem(t, first.answer, http.StatusInternalServerError, "/problems/internal-error")
	})
	t.Run("the counter was at zero and rose by one with the first failure", func(t *testing.T) {
		if first.before != 0 || first.after != 1 {
			t.Errorf("%s rose from %v to %v, want from 0 to 1", failures, first.before, first.after)
		}
	})
	t.Run("the trace leads from the edge to the database", func(t *testing.T) {
		trace := awaitTree(t, id, divisionTree)
		root := trace.Roots[0]
		if got := root.Attributes["http.route"]; got != "/error" {
			t.Errorf("http.route is %v", got)
		}
		stack, _ := root.Events[0].Attributes["exception.stacktrace"].(string)
		if !strings.Contains(stack, division) {
			t.Errorf("the exception's stack does not name %s:\n%s", division, stack)
		}
		query := trace.Roots[0].Children[0].Children[0].Children[0]
		if got := query.Attributes["db.query.summary"]; got != "SELECT tasks" {
			t.Errorf("db.query.summary is %v", got)
		}
	})
	t.Run("an exemplar of the counter's histogram opens the trace", func(t *testing.T) {
		exemplar := e2e.Await(t, func(ctx context.Context) (string, error) {
			exemplar, err := prometheus.Exemplar(ctx, buckets, id, first.sent.Add(-time.Second))
			return string(exemplar.Labels["trace_id"]), err
		})
		awaitTree(t, exemplar, divisionTree)
	})
	t.Run("one line of the log has the trace id and the stack", func(t *testing.T) {
		lines := logLines(t, "api", id)
		if len(lines) != 1 {
			t.Fatalf("%d lines of the api's log are of trace %s, want 1: %v", len(lines), id, lines)
		}
		if stack, _ := lines[0]["stack"].(string); lines[0]["level"] != "ERROR" || !strings.Contains(stack, division) {
			t.Errorf("the line is no error with a stack that names %s: %v", division, lines[0])
		}
		if lines := logLines(t, "store", id); len(lines) != 0 {
			t.Errorf("the store, which did not fail, logged %v", lines)
		}
	})
	t.Run("it holds in 20 runs of 20", func(t *testing.T) {
		var ids []string
		for n := range 20 {
			f, err := provoke(t.Context())
			if err != nil {
				t.Fatalf("run %d: %v", n+1, err)
			}
			if f.after != f.before+1 {
				t.Errorf("run %d: %s rose from %v to %v", n+1, failures, f.before, f.after)
			}
			wantProblem(t, f.answer, http.StatusInternalServerError, "/problems/internal-error")
			awaitTree(t, f.answer.TraceID(), divisionTree)
			ids = append(ids, f.answer.TraceID())
		}
		// Nothing has been added to them since.
		for _, id := range append(ids, id) {
			awaitTree(t, id, divisionTree)
		}
	})
}

// wantProblem holds a failure to its form: every member, no other, and one
// trace id.
func wantProblem(t *testing.T, answer e2e.Answer, status int, kind string) {
	t.Helper()
	problem, err := answer.Problem()
	if err != nil {
		t.Error(err)
		return
	}
	if answer.Status != status || problem.Status != status || problem.Type != kind {
		t.Errorf("answered %d, and in the body %d %s, want %d %s", answer.Status, problem.Status, problem.Type, status, kind)
	}
	if problem.Title == "" || problem.Detail == "" {
		t.Errorf("the problem lacks a title or a detail: %s", answer.Body)
	}
	if id := answer.TraceID(); len(id) != 32 || problem.TraceID != id {
		t.Errorf("trace id %q in the body, traceresponse %q", problem.TraceID, answer.Header.Get("Traceresponse"))
	}
}

// awaitTree returns a trace once it has the outline.
func awaitTree(t *testing.T, id, outline string) *e2e.Trace {
	t.Helper()
	return e2e.Await(t, func(ctx context.Context) (*e2e.Trace, error) { return tempo.Whole(ctx, id, outline) })
}

// sourceLine returns the place of the one line of a source file that contains
// a text, as it stands in a Go stack.
func sourceLine(t *testing.T, file, text string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(stack.Root, file))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), text) != 1 {
		t.Fatalf("%s has not exactly one %q", file, text)
	}
	before, _, _ := strings.Cut(string(source), text)
	// In a stack the offset of the instruction follows: :38 is not :380.
	return fmt.Sprintf("%s:%d ", file, 1+strings.Count(before, "\n"))
}

// logLines returns the lines of a part's log that are of a trace.
func logLines(t *testing.T, part, traceID string) []map[string]any {
	t.Helper()
	log, err := stack.Log(part)
	if err != nil {
		t.Fatal(err)
	}
	var found []map[string]any
	for text := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("a line of the log of %s is no JSON: %s", part, text)
		}
		if line["trace_id"] == traceID {
			found = append(found, line)
		}
	}
	return found
}
