package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redspan/e2e"
)

// postgresOnly names the panels that show nothing here: the pool exists with
// PostgreSQL only, and this stack stores in SQLite.
var postgresOnly = map[string]bool{"Connections": true, "Waiting for a connection": true}

// calm names the panels of what the failing state does not raise: nothing of
// the telemetry is lost, no rule fails, and the faults are not slow. The budget
// of failures is spent, so what is left of it is less than 0.
var calm = map[string]bool{
	"Spans lost, per second": true, "Queues": true, "Samples to Prometheus, per second": true, "Rules": true,
	"Latency burn rate": true, "Availability budget left": true, "Failed statements": true,
}

// zeroWhenIdle names the panels that must be at 0 without any traffic, and not
// empty: rates, and what is made of them.
var zeroWhenIdle = map[string]bool{
	"Requests": true, "Error ratio": true, "5xx by route and status": true, "5xx around it": true,
	"Requests to the store": true, "Failed statements": true, "Spans lost, per second": true, "Spans on their way, per second": true,
}

// TestDashboards runs every query of every dashboard in the states that it is
// made for.
func TestDashboards(t *testing.T) {
	id := e2e.MustGet(t, api+"/error?at=database").TraceID()
	queries := make(map[string]e2e.Query)
	for _, dashboard := range provisioned(t) {
		for _, query := range dashboard.Queries(map[string]string{"trace_id": id}) {
			queries[dashboard.UID+" "+query.Panel+" "+query.RefID] = query
		}
	}
	t.Run("while nothing happens, rates are 0 and quantiles have no data", func(t *testing.T) {
		for name, query := range queries {
			t.Run(name, func(t *testing.T) { isIdle(t, query.WithInterval("1s")) })
		}
	})
	t.Run("while requests fail, each query has data", func(t *testing.T) {
		keepSending(t, "/tasks", "/tasks/nothing", "/error", "/error?at=store", "/error?at=database")
		for name, query := range queries {
			t.Run(name, func(t *testing.T) { hasData(t, query) })
		}
	})
	t.Run("when its metrics have other names, none has", func(t *testing.T) {
		for _, query := range queries {
			if renamed := metricNames.ReplaceAllString(query.Expr(), "renamed_$0"); renamed != "" {
				hasNone(t, query.WithExpr(renamed))
			}
		}
	})
	t.Run("when the target is gone, none has", func(t *testing.T) {
		for _, query := range queries {
			if gone := jobs.ReplaceAllString(query.Expr(), `job="gone"`); gone != query.Expr() {
				hasNone(t, query.WithExpr(gone))
			}
		}
	})
}

// TestErrorRatio holds the panel that the incident was hidden in to its three
// states: 0 while nothing fails, the ratio while something does, and no data
// when there is nobody to ask. The last is asked for with a job that does not
// exist, which is what Prometheus has of a target that is gone.
func TestErrorRatio(t *testing.T) {
	drawn := errorRatio(t)
	ratio := drawn.WithInterval("1s")
	// As the panel draws it: what failed before must have left the first point.
	awaitRatio(t, drawn, 0, 0)
	quiet := time.Now()
	t.Run("2 % of the requests fail", func(t *testing.T) {
		keepSending(t, append(slices.Repeat([]string{"/tasks"}, 49), "/error")...)
		awaitRatio(t, ratio, 0.02, 0.005)
		seesRed(t, quiet)
	})
	t.Run("half of the requests fail", func(t *testing.T) {
		keepSending(t, "/tasks", "/error")
		awaitRatio(t, ratio, 0.5, 0.03)
	})
	awaitRatio(t, ratio, 0, 0)
	t.Run("the target is gone", func(t *testing.T) {
		hasNone(t, ratio.WithExpr(strings.ReplaceAll(ratio.Expr(), `job=~"api|store"`, `job="gone"`)))
	})
}

// seesRed looks at the panel as it is rendered: the red of the line and of the
// area below it covers a fifth of its height at least.
func seesRed(t *testing.T, since time.Time) {
	t.Helper()
	page := page{t, e2e.NewBrowser(t)}
	page.open(fmt.Sprintf("%s/d-solo/redspan-requests?orgId=1&panelId=3&refresh=1s&from=%d&to=now", grafana.URL, since.UnixMilli()))
	height := e2e.Await(t, func(context.Context) (float64, error) {
		height, err := page.browser.RedHeight()
		if err == nil && height < 0.2 {
			err = fmt.Errorf("2 %% of errors cover %.0f %% of the panel's height, want 20 %%", 100*height)
		}
		return height, err
	})
	page.keep("two-percent")
	t.Logf("2 %% of errors cover %.0f %% of the panel's height", 100*height)
}

// TestExemplars follows every exemplar of the failures to its trace.
func TestExemplars(t *testing.T) {
	began := time.Now()
	keepSending(t, "/error", "/error?at=store", "/error?at=database")
	ids := e2e.Await(t, func(ctx context.Context) ([]string, error) {
		ids, err := grafana.Exemplars(ctx, `http_server_request_duration_seconds_bucket{http_response_status_code=~"5.."}`, began)
		if err == nil && len(ids) < 10 {
			err = fmt.Errorf("only %d exemplars", len(ids))
		}
		return ids, err
	})
	for _, id := range ids {
		e2e.Await(t, func(ctx context.Context) (*e2e.Trace, error) { return tempo.Trace(ctx, id) })
	}
	t.Logf("%d exemplars, each with its trace", len(ids))
}

// TestDashboardPictures looks at each dashboard while requests fail, in the dark
// and in the light theme, and keeps the pictures.
func TestDashboardPictures(t *testing.T) {
	keepSending(t, "/tasks", "/tasks", "/error", "/error?at=store", "/error?at=database")
	id := e2e.MustGet(t, api+"/error?at=database").TraceID()
	awaitSpans(t, id)
	// The rules of the longest windows are evaluated once a minute.
	awaitWhile(t, "/tasks", 1, func(ctx context.Context) error {
		_, err := prometheus.Reaches(ctx, "count(slo:sli_error:ratio_rate3d)", 2)
		return err
	})
	browser := e2e.NewBrowser(t)
	for _, dashboard := range provisioned(t) {
		t.Run(dashboard.Title, func(t *testing.T) {
			page := page{t, browser}
			for _, theme := range []string{"light", "dark"} {
				page.open(fmt.Sprintf("%s/d/%s?orgId=1&from=now-2m&to=now&refresh=5s&theme=%s&var-trace_id=%s", grafana.URL, dashboard.UID, theme, id))
				page.wait(drawn(dashboard))
				page.wait(nothingIsCut)
				page.keep(strings.TrimPrefix(dashboard.UID, "redspan-") + "-" + theme)
			}
		})
	}
	t.Run("a dot of the heatmap leads to its trace", func(t *testing.T) {
		page := page{t, browser}
		page.open(grafana.URL + "/d-solo/redspan-requests?orgId=1&panelId=8&from=now-2m&to=now")
		e2e.Await(t, func(context.Context) (bool, error) {
			if err := browser.ClickOrange(); err != nil {
				return false, err
			}
			return browser.Holds(says("Query with Tempo"))
		})
		page.followExemplar()
	})
	t.Run("an exemplar leads to its trace", func(t *testing.T) {
		page := page{t, browser}
		page.open(grafana.URL + "/d/redspan-requests?orgId=1&from=now-2m&to=now&refresh=")
		page.wait(hoverExemplar)
		page.followExemplar()
	})
}

// followExemplar clicks on the link of an exemplar until Explore shows the
// trace. A chart that is drawn anew just then swallows a click.
func (p page) followExemplar() {
	p.t.Helper()
	e2e.Await(p.t, func(context.Context) (bool, error) {
		if linked, _ := p.browser.Holds(says("Query with Tempo")); linked {
			if err := p.browser.Click(`//a[contains(., "Query with Tempo")]`); err != nil {
				return false, err
			}
		}
		return p.browser.Holds(inExplore)
	})
}

// provisioned returns the dashboards of the checkout. Each is in Grafana, and
// each panel says what it is for.
func provisioned(t *testing.T) []e2e.Dashboard {
	t.Helper()
	all, err := e2e.Dashboards(stack.Root)
	if err != nil || len(all) == 0 {
		t.Fatal("no dashboards", err)
	}
	for _, dashboard := range all {
		if answer := e2e.MustGet(t, grafana.URL+"/api/dashboards/uid/"+dashboard.UID); answer.Status != 200 {
			t.Errorf("%s is not in Grafana: status %d: %s", dashboard.UID, answer.Status, answer.Body)
		}
		if !slices.Contains(dashboard.Tags, "redspan") {
			t.Errorf("%s has not the tag by which the dashboards link to each other", dashboard.UID)
		}
		for _, panel := range dashboard.Panels {
			if panel.Description == "" {
				t.Errorf("%s: the panel %q has no description", dashboard.UID, panel.Title)
			}
		}
	}
	return all
}

// errorRatio returns the query of the panel of that name.
func errorRatio(t *testing.T) e2e.Query {
	t.Helper()
	for _, dashboard := range provisioned(t) {
		for _, query := range dashboard.Queries(nil) {
			if query.Panel == "Error ratio" && query.RefID == "A" {
				return query
			}
		}
	}
	t.Fatal("no panel is called Error ratio")
	return e2e.Query{}
}

func awaitRatio(t *testing.T, ratio e2e.Query, want, tolerance float64) {
	t.Helper()
	e2e.Await(t, func(ctx context.Context) (float64, error) {
		got, err := grafana.Last(ctx, ratio)
		if err == nil && math.Abs(got["api"]-want) > tolerance {
			err = fmt.Errorf("the error ratio of the api is %v, want %v", got["api"], want)
		}
		return got["api"], err
	})
}

func hasData(t *testing.T, query e2e.Query) {
	t.Helper()
	if postgresOnly[query.Panel] {
		hasNone(t, query)
		return
	}
	if strings.Contains(query.Expr(), "slo:") {
		// The rules of long windows are evaluated once a minute, and the test of
		// a fresh stack may be early: that is longer than what is waited below.
		_, _ = e2e.Poll(t.Context(), func(ctx context.Context) (float64, error) { return grafana.Run(ctx, query) })
	}
	e2e.Await(t, func(ctx context.Context) (float64, error) {
		value, err := grafana.Run(ctx, query)
		if err == nil && value <= 0 && !calm[query.Panel] {
			err = fmt.Errorf("nothing is above 0, but %v", value)
		}
		return value, err
	})
}

func isIdle(t *testing.T, query e2e.Query) {
	t.Helper()
	quantile := strings.Contains(query.Expr(), "histogram_quantile")
	if !quantile && !zeroWhenIdle[query.Panel] {
		return
	}
	e2e.Await(t, func(ctx context.Context) (map[string]float64, error) {
		last, err := grafana.Last(ctx, query)
		if quantile {
			if errors.Is(err, e2e.ErrNoData) {
				return last, nil
			}
			return last, errors.Join(err, fmt.Errorf("%v, want no data", last))
		}
		for name, value := range last {
			if value != 0 && name != "objective" {
				err = fmt.Errorf("%s is %v, want 0", name, value)
			}
		}
		return last, err
	})
}

func hasNone(t *testing.T, query e2e.Query) {
	t.Helper()
	if value, err := grafana.Run(t.Context(), query); !errors.Is(err, e2e.ErrNoData) {
		t.Errorf("panel %q, query %s: %v (error %v), want no data of %s", query.Panel, query.RefID, value, err, query.Expr())
	}
}

// In PromQL: the selectors of jobs, and what is a metric's name.
var (
	jobs        = regexp.MustCompile(`job=~?"[^"]*"`)
	metricNames = regexp.MustCompile(`\b(up|ALERTS|(slo:|go_|process_|scrape_|http_|db_|otelcol_|tempo_|prometheus_)[a-z0-9_:]+)\b`)
)

// keepSending sends requests to the api, one after the other and again and
// again, until the test ends. It leaves the machine time for all else.
func keepSending(t *testing.T, paths ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		pace := time.NewTicker(10 * time.Millisecond)
		defer pace.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			// What it answers shows in the metrics, which the test looks at.
			_, _ = e2e.Get(ctx, api+paths[i%len(paths)])
			<-pace.C
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

// drawn is a JavaScript expression that holds once each panel of a dashboard is
// there and is drawn.
func drawn(dashboard e2e.Dashboard) string {
	canvases, tables, titles := 0, 0, make(map[string]bool)
	for _, panel := range dashboard.Panels {
		if panel.Title != "" {
			titles[panel.Title] = true
		}
		switch panel.Type {
		case "timeseries", "heatmap", "state-timeline":
			if !postgresOnly[panel.Title] {
				canvases++
			}
		case "table":
			tables++
		case "traces":
			titles["Total Spans"] = true
		}
	}
	return fmt.Sprintf(`!/No data|Loading/.test(document.body.innerText) && document.querySelectorAll("canvas").length >= %d
		&& [...document.querySelectorAll("[role=table]")].filter(e => e.querySelectorAll("[role=row]").length > 1).length >= %d && %s`,
		canvases, tables, says(slices.Sorted(maps.Keys(titles))...))
}

const (
	// nothingIsCut holds if no legend is larger than its place. A table may be:
	// it scrolls, and so does a trace.
	nothingIsCut = `![...document.querySelectorAll("[class*=panel-content] *")].some(e => e.clientHeight > 0
		&& e.scrollHeight > e.clientHeight + 2 && getComputedStyle(e).overflowY == "scroll" && !e.closest("[role=table]") && !e.querySelector("[role=table], [role=row]"))`

	// inExplore holds once Explore shows a trace.
	inExplore = `location.pathname == "/explore" && document.body.innerText.includes("Total Spans")`

	// hoverExemplar points at a dot until its tooltip is there.
	hoverExemplar = `(document.querySelector("[aria-label='Exemplar marker']")?.dispatchEvent(new MouseEvent("mouseover", {bubbles: true})),
		document.body.innerText.includes("Query with Tempo"))`
)
