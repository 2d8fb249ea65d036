package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"redspan/e2e"
)

func TestHealthyRequest(t *testing.T) {
	created := e2e.MustSend(t, http.MethodPost, api+"/tasks", `{"title":"write"}`)
	if created.Status != http.StatusCreated {
		t.Fatalf("status %d: %s", created.Status, created.Body)
	}
	var task struct{ ID string }
	if err := json.Unmarshal(created.Body, &task); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		answer e2e.Answer
		status int
		tree   string
	}{
		"a POST has a clean trace": {created, http.StatusCreated, `
api SERVER "POST /tasks" 201
  api CLIENT "POST" 201
    store SERVER "POST /tasks" 201
      store CLIENT "INSERT tasks"
`},
		"a GET of the list has a clean trace": {e2e.MustGet(t, api+"/tasks?limit=5"), http.StatusOK, `
api SERVER "GET /tasks" 200
  api CLIENT "GET" 200
    store SERVER "GET /tasks" 200
      store CLIENT "SELECT tasks"
`},
		"a GET of one task has a clean trace": {e2e.MustGet(t, api+"/tasks/"+task.ID), http.StatusOK, `
api SERVER "GET /tasks/{id}" 200
  api CLIENT "GET" 200
    store SERVER "GET /tasks/{id}" 200
      store CLIENT "SELECT tasks"
`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.answer.Status != test.status {
				t.Errorf("status %d, want %d: %s", test.answer.Status, test.status, test.answer.Body)
			}
			awaitTree(t, test.answer.TraceID(), test.tree)
		})
	}
}

func TestServiceGraph(t *testing.T) {
	e2e.MustGet(t, api+"/tasks")
	for name, selector := range map[string]string{
		"the api calls the store":      `client="api",server="store"`,
		"the store calls its database": `client="store",server="tasks",connection_type="database"`,
	} {
		t.Run(name, func(t *testing.T) {
			e2e.Await(t, func(ctx context.Context) (float64, error) {
				return prometheus.Reaches(ctx, fmt.Sprintf(`sum(traces_service_graph_request_total{%s})`, selector), 1)
			})
		})
	}
}

func TestTrustBoundary(t *testing.T) {
	const foreign = "0af7651916cd43dd8448eb211c80319c"
	for _, flags := range []string{"00", "01"} {
		t.Run("a caller's trace with flags "+flags+" is linked to and not continued", func(t *testing.T) {
			answer := e2e.MustSend(t, http.MethodGet, api+"/tasks", "",
				"Traceparent: 00-"+foreign+"-b7ad6b7169203331-"+flags)
			id := answer.TraceID()
			if id == "" || id == foreign {
				t.Fatalf("trace id %q", id)
			}
			trace := awaitTree(t, id, `
api SERVER "GET /tasks" 200
  api CLIENT "GET" 200
    store SERVER "GET /tasks" 200
      store CLIENT "SELECT tasks"
`)
			root := trace.Roots[0]
			if root.Parent != "" || len(root.Links) != 1 || root.Links[0] != foreign {
				t.Errorf("the root has the parent %q and links to %v", root.Parent, root.Links)
			}
		})
	}
	t.Run("nothing of a caller's context crosses the edge", func(t *testing.T) {
		received := make(chan http.Header, 1)
		url, err := stack.RunAPI(t, "API_STORE_URL="+storeThatRecords(t, received))
		if err != nil {
			t.Fatal(err)
		}
		answer := e2e.MustSend(t, http.MethodGet, url+"/tasks", "",
			"Traceparent: 00-"+foreign+"-b7ad6b7169203331-01", "Tracestate: vendor=secret", "Baggage: user=secret")
		var header http.Header
		select {
		case header = <-received:
		default:
			t.Fatalf("the store was not asked; the answer was %d: %s", answer.Status, answer.Body)
		}
		if header.Get("Baggage") != "" || header.Get("Tracestate") != "" {
			t.Errorf("the store received baggage %q, tracestate %q", header.Get("Baggage"), header.Get("Tracestate"))
		}
		if got := header.Get("Traceparent"); len(got) != 55 || got[3:35] != answer.TraceID() {
			t.Errorf("the store received traceparent %q, want the edge's trace %s", got, answer.TraceID())
		}
	})
}

// storeThatRecords returns the URL of a store that has no tasks and passes on
// the headers that it receives.
func storeThatRecords(t *testing.T, received chan<- http.Header) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r.Header.Clone()
		fmt.Fprintln(w, `{"tasks":[]}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
