package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"redspan/e2e"
)

// TestErrorsPage follows the alerts on failing requests from the request to
// whoever is paged, and back.
func TestErrorsPage(t *testing.T) {
	awaitWhile(t, "/error", 1, func(ctx context.Context) error {
		for _, alert := range []string{"RouteFailing", "HighErrorRatio", "ApiAvailabilityBudgetBurn"} {
			firing := fmt.Sprintf(`count(ALERTS{alertname=%q,job="api",alertstate="firing",severity="page"})`, alert)
			if _, err := prometheus.Reaches(ctx, firing, 1); err != nil {
				return err
			}
		}
		return nil
	})
	t.Run("an alert is pending first", func(t *testing.T) {
		pending := `sum(count_over_time(ALERTS{alertname="HighErrorRatio",job="api",alertstate="pending"}[10m]))`
		if _, err := prometheus.Reaches(t.Context(), pending, 1); err != nil {
			t.Error(err)
		}
	})
	t.Run("they are sent", func(t *testing.T) {
		awaitState(t, "HighErrorRatio", "api", "active")
		for _, alert := range []string{"RouteFailing", "HighErrorRatio", "ApiAvailabilityBudgetBurn"} {
			got := awaitNotice(t, alert, "api", "firing", time.Time{})
			if got.Labels["severity"] != "page" {
				t.Errorf("%s has the labels %v, want a page", alert, got.Labels)
			}
		}
	})
	t.Run("Grafana shows them", func(t *testing.T) {
		shown := e2e.Alertmanager{URL: grafana.URL + "/api/datasources/proxy/uid/alertmanager"}
		if _, err := shown.State(t.Context(), "HighErrorRatio", "api"); err != nil {
			t.Error(err)
		}
	})
	t.Run("they resolve", func(t *testing.T) {
		sent := time.Now()
		healthyUntil(t, `ALERTS{alertname="HighErrorRatio",job="api"}`)
		awaitNotice(t, "HighErrorRatio", "api", "resolved", sent)
		awaitNotice(t, "RouteFailing", "api", "resolved", sent)
	})
	t.Run("the watchdog fires and is sent to nobody", func(t *testing.T) {
		awaitState(t, "Watchdog", "", "active")
		if alert, err := webhook.Received("Watchdog", "", "firing", time.Time{}); err == nil {
			t.Errorf("the webhook received %v", alert)
		}
	})
}

// TestDeadTargetPages kills the store: that pages, and the failures of the api
// that follow from it are held back.
func TestDeadTargetPages(t *testing.T) {
	const started = `process_start_time_seconds{job="store"}`
	startedBefore := e2e.Await(t, func(ctx context.Context) (float64, error) { return prometheus.Value(ctx, started) })
	began := time.Now()
	kill(t, "store")
	awaitWhile(t, "/tasks", 1, func(context.Context) error {
		_, err := webhook.Received("TargetDown", "store", "firing", began)
		return err
	})
	awaitState(t, "TargetDown", "store", "active")
	awaitWhile(t, "/tasks", 1, func(ctx context.Context) error {
		state, err := alertmanager.State(ctx, "HighErrorRatio", "api")
		if err == nil && state != "suppressed" {
			err = fmt.Errorf("HighErrorRatio of the api is %s, want suppressed", state)
		}
		return err
	})

	if err := stack.Up(t.Context()); err != nil {
		t.Fatalf("up: %v", err)
	}
	awaitNotice(t, "TargetDown", "store", "resolved", began)
	if answer := e2e.MustGet(t, api+"/tasks"); answer.Status != http.StatusOK {
		t.Errorf("the api answers %d: %s", answer.Status, answer.Body)
	}
	// The counters of the new process begin anew, for whatever test comes next.
	e2e.Await(t, func(ctx context.Context) (float64, error) {
		return prometheus.Reaches(ctx, started, startedBefore+0.01)
	})
}

// TestRunbookQueries runs what the runbooks tell to paste.
func TestRunbookQueries(t *testing.T) {
	paths, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no runbooks: %v", err)
	}
	block := regexp.MustCompile("(?s)```(promql|traceql)\n(.*?)```")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range block.FindAllStringSubmatch(string(text), -1) {
			query := strings.TrimSpace(match[2])
			if match[1] == "promql" {
				_, err = prometheus.Vector(t.Context(), query)
			} else {
				_, err = tempo.Search(t.Context(), query)
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// healthyUntil sends requests that succeed until a query selects nothing.
func healthyUntil(t *testing.T, query string) {
	t.Helper()
	awaitWhile(t, "/tasks", 20, func(ctx context.Context) error {
		alerts, err := prometheus.Vector(ctx, query)
		if err == nil && len(alerts) > 0 {
			err = fmt.Errorf("still alerting: %v", alerts)
		}
		return err
	})
}

// awaitWhile sends n requests at a time to a path of the api until done returns
// no error. Alerts look back a minute and wait for each other, which may take
// longer than one wait.
func awaitWhile(t *testing.T, path string, n int, done func(context.Context) error) {
	t.Helper()
	var err error
	for range 3 {
		_, err = e2e.Poll(t.Context(), func(ctx context.Context) (bool, error) {
			for range n {
				if _, err := e2e.Get(ctx, api+path); err != nil {
					return false, err
				}
			}
			return true, done(ctx)
		})
		if err == nil {
			return
		}
	}
	t.Fatal(err)
}

func awaitNotice(t *testing.T, name, job, status string, since time.Time) e2e.Alert {
	t.Helper()
	return e2e.Await(t, func(context.Context) (e2e.Alert, error) {
		return webhook.Received(name, job, status, since)
	})
}

func awaitState(t *testing.T, name, job, want string) {
	t.Helper()
	e2e.Await(t, func(ctx context.Context) (bool, error) {
		state, err := alertmanager.State(ctx, name, job)
		if err == nil && state != want {
			err = fmt.Errorf("%s of %q is %s, want %s", name, job, state, want)
		}
		return true, err
	})
}
