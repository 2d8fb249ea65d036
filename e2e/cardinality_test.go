package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"redspan/e2e"
)

// answered counts the requests that a service has answered and measured.
func answered(job string) string {
	return fmt.Sprintf(`sum(http_server_request_duration_seconds_count{job=%q})`, job)
}

func TestQuietPaths(t *testing.T) {
	before := map[string]float64{
		"api":   settled(t, "api", "API_ADMIN_PORT"),
		"store": settled(t, "store", "STORE_ADMIN_PORT"),
	}
	for _, url := range []string{
		stack.URL("API_ADMIN_PORT"), stack.URL("STORE_ADMIN_PORT"),
	} {
		for _, path := range []string{"/metrics", "/livez", "/readyz"} {
			if answer := e2e.MustGet(t, url+path); answer.Status != http.StatusOK {
				t.Errorf("GET %s%s: status %d: %s", url, path, answer.Status, answer.Body)
			}
		}
	}
	for _, url := range []string{api, store} {
		if answer := e2e.MustGet(t, url+"/health"); answer.Status != http.StatusOK || answer.TraceID() != "" {
			t.Errorf("GET %s/health: status %d, trace id %q: %s", url, answer.Status, answer.TraceID(), answer.Body)
		}
	}
	// It comes after them: once it is there, they would be, too.
	marker := e2e.MustGet(t, api+"/tasks")

	t.Run("they are not counted", func(t *testing.T) {
		for job, n := range before {
			got := e2e.Await(t, func(ctx context.Context) (float64, error) {
				return prometheus.Reaches(ctx, answered(job), n+1)
			})
			if got != n+1 {
				t.Errorf("the %s counts %v requests more, want only the one that is no quiet path", job, got-n)
			}
		}
		names, err := prometheus.Names(t.Context(), `{job=~"api|store",http_route=~"/(metrics|livez|readyz|health)"}`)
		if err != nil || len(names) > 0 {
			t.Errorf("there are %d series of quiet paths: %v, %v", len(names), slices.Collect(maps.Keys(names))[:min(1, len(names))], err)
		}
	})
	t.Run("they leave no trace", func(t *testing.T) {
		e2e.Await(t, func(ctx context.Context) (bool, error) {
			ids, err := tempo.Search(ctx, `{ span.url.path = "/tasks" && kind = server && resource.service.name = "store" } with (most_recent=true)`)
			if err == nil && !slices.Contains(ids, marker.TraceID()) {
				err = fmt.Errorf("the search does not find trace %s", marker.TraceID())
			}
			return true, err
		})
		ids, err := tempo.Search(t.Context(), `{ span.url.path =~ "/(metrics|livez|readyz|health)" || span.url.full =~ ".*/health" }`)
		if err != nil || len(ids) > 0 {
			t.Errorf("there are traces of quiet paths: %v, %v", ids, err)
		}
	})
}

// Requests with an unknown method for a known path: only TestUnknownPaths
// sends them. Spans are exported and scraped in their order, so once one of
// these is counted, whatever the api answered before it is, too.
const (
	oddMethod  = "unknown method of a known path"
	oddMethods = `http_server_request_duration_seconds_count{job="api",http_route="/tasks",http_request_method="_OTHER"}`
	oddSpans   = `traces_spanmetrics_calls_total{job="api",http_route="/tasks",span_name="HTTP /tasks"}`
)

func TestUnknownPaths(t *testing.T) {
	random := func() string { return fmt.Sprintf("%x", rand.Uint64()) }
	// All that a hostile client can choose.
	hostile := map[string]func() e2e.Answer{
		"path": func() e2e.Answer { return e2e.MustGet(t, api+"/"+random()+"/"+random()) },
		"host": func() e2e.Answer {
			return e2e.MustSend(t, http.MethodGet, api+"/nothing", "", "Host: "+random()+".example")
		},
		"user agent": func() e2e.Answer { return e2e.MustSend(t, http.MethodGet, api+"/nothing", "", "User-Agent: "+random()) },
		"method":     func() e2e.Answer { return e2e.MustSend(t, "M"+random(), api+"/nothing", "") },
	}
	// The last of each round is the one that is waited for.
	kinds := append(slices.Sorted(maps.Keys(hostile)), oddMethod)
	hostile[oddMethod] = func() e2e.Answer { return e2e.MustSend(t, "M"+random(), api+"/tasks", "") }

	// The first of each kind makes the few series that there are to make.
	measured, counted := valueOrZero(t, oddMethods), valueOrZero(t, oddSpans)
	for _, kind := range kinds {
		hostile[kind]()
	}
	awaitOdd(t, measured+1, counted+1)
	before := seriesOfAPI(t)

	var answers []e2e.Answer
	for range 10 {
		for _, kind := range kinds {
			answer := hostile[kind]()
			if kind == oddMethod {
				wantProblem(t, answer, http.StatusMethodNotAllowed, "/problems/method-not-allowed")
			} else {
				wantProblem(t, answer, http.StatusNotFound, "/problems/not-found")
			}
			answers = append(answers, answer)
		}
	}

	t.Run("they make no new series", func(t *testing.T) {
		awaitOdd(t, measured+11, counted+11)
		after := seriesOfAPI(t)
		maps.DeleteFunc(after, func(name string, _ bool) bool { return before[name] })
		if n := len(after); n > 0 {
			t.Errorf("%d new series, such as %s", n, slices.Sorted(maps.Keys(after))[n-1])
		}
	})
	t.Run("their traces have bounded names", func(t *testing.T) {
		bounded := []string{"GET", "HTTP", "HTTP /tasks"}
		for _, answer := range answers {
			trace := e2e.Await(t, func(ctx context.Context) (*e2e.Trace, error) { return tempo.Trace(ctx, answer.TraceID()) })
			if len(trace.Roots) != 1 || !slices.Contains(bounded, trace.Roots[0].Name) || trace.Roots[0].Failed {
				t.Errorf("the trace is\n%swant a single span, in no error, with a name of %q", trace.Outline(), bounded)
			}
		}
	})
}

// settled returns how many requests a service has measured, once Prometheus
// has caught up with the service's own page.
func settled(t *testing.T, job, admin string) float64 {
	t.Helper()
	return e2e.Await(t, func(ctx context.Context) (float64, error) {
		known, err := prometheus.Value(ctx, answered(job))
		if err != nil {
			return 0, err
		}
		measured, err := e2e.Measured(ctx, stack.URL(admin))
		if err == nil && measured != known {
			err = fmt.Errorf("the %s has measured %v requests, Prometheus knows of %v", job, measured, known)
		}
		return measured, err
	})
}

// awaitOdd waits until that many requests with an unknown method are measured
// by the api, and counted by the Collector from their spans.
func awaitOdd(t *testing.T, measured, counted float64) {
	t.Helper()
	e2e.Await(t, func(ctx context.Context) (float64, error) { return prometheus.Reaches(ctx, oddMethods, measured) })
	e2e.Await(t, func(ctx context.Context) (float64, error) { return prometheus.Reaches(ctx, oddSpans, counted) })
}

// valueOrZero returns the value of a series that need not exist yet.
func valueOrZero(t *testing.T, query string) float64 {
	t.Helper()
	vector, err := prometheus.Vector(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if len(vector) == 0 {
		return 0
	}
	return float64(vector[0].Value)
}

func seriesOfAPI(t *testing.T) map[string]bool {
	t.Helper()
	names, err := prometheus.Names(t.Context(), `{job="api",__name__!~"ALERTS.*"}`)
	if err != nil {
		t.Fatal(err)
	}
	return names
}
