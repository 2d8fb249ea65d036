package e2e_test

import (
	"encoding/json"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"redspan/e2e"
)

// The traps of docs/traps.md that need the backends or the dashboards. The
// others are in internal/telemetry/traps_test.go and prometheus/tests/traps.yaml.

const ofTheGone = `sum(rate(http_server_request_duration_seconds_count{job="gone",http_response_status_code=~"5.."}[10s]))`

func TestTrapVectorZero(t *testing.T) {
	t.Run("with it a job that does not exist has zero errors", func(t *testing.T) {
		value, err := prometheus.Value(t.Context(), ofTheGone+" or vector(0)")
		if err != nil || value != 0 {
			t.Errorf("got %v, %v", value, err)
		}
	})
	t.Run("without it that job has no data", func(t *testing.T) {
		vector, err := prometheus.Vector(t.Context(), ofTheGone)
		if err != nil || len(vector) != 0 {
			t.Errorf("got %v, %v", vector, err)
		}
	})
	t.Run("no dashboard and no rule has it", func(t *testing.T) {
		if !vectorZero.MatchString(ofTheGone + " or vector(0)") {
			t.Error("the check does not catch the trap")
		}
		for place, query := range queries(t) {
			if vectorZero.MatchString(query) {
				t.Errorf("%s hides that its target is gone: %s", place, query)
			}
		}
	})
}

var vectorZero = regexp.MustCompile(`\bor\s+(on\s*\(\s*\)\s*)?vector\s*\(\s*0\s*\)`)

func TestTrapLifetimeShare(t *testing.T) {
	t.Run("the check catches it", func(t *testing.T) {
		if !lifetimeShare(`sum(requests_total{status=~"5.."}) / sum(requests_total)`) {
			t.Error("it does not")
		}
		if lifetimeShare(`sum(rate(requests_total{status=~"5.."}[30s])) / sum(rate(requests_total[30s]))`) {
			t.Error("it catches the right way, too")
		}
	})
	t.Run("no dashboard and no rule divides counters without a rate", func(t *testing.T) {
		for place, query := range queries(t) {
			if lifetimeShare(query) {
				t.Errorf("%s shows the mean since the start: %s", place, query)
			}
		}
	})
}

var (
	quotedOrComment = regexp.MustCompile(`"[^"]*"|#[^\n]*`)
	counter         = regexp.MustCompile(`\b(\w+_(?:total|count|sum|bucket))\b(?:\s*\{[^}]*\})?\s*(\[?)`)
)

// lifetimeShare tells whether a query divides and has a counter that no range
// is taken of.
func lifetimeShare(query string) bool {
	query = quotedOrComment.ReplaceAllString(query, `""`)
	if !strings.Contains(query, "/") {
		return false
	}
	for _, m := range counter.FindAllStringSubmatch(query, -1) {
		if m[2] == "" && m[1] != "db_client_connection_count" { // a gauge: connections now
			return true
		}
	}
	return false
}

// queries returns the PromQL of every panel and of every rule, by its place.
func queries(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for file, dashboard := range dashboards(t) {
		for _, panel := range dashboard.all() {
			for _, target := range panel.Targets {
				if target.Expr != "" {
					found[file+", "+panel.Title+", "+target.RefID] = target.Expr
				}
			}
		}
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Query string }
			}
		}
	}
	if err := json.Unmarshal(e2e.MustGet(t, stack.URL("PROMETHEUS_PORT")+"/api/v1/rules").Body, &rules); err != nil {
		t.Fatal(err)
	}
	for _, group := range rules.Data.Groups {
		for _, rule := range group.Rules {
			found["rule "+rule.Name+", "+rule.Query] = rule.Query
		}
	}
	if len(found) < 2 {
		t.Fatalf("only %d queries", len(found))
	}
	return found
}

// board is what a dashboard's file says of queries and axes.
type board struct{ Panels []boardPanel }

type boardPanel struct {
	Title, Type string
	Panels      []boardPanel
	Targets     []struct{ Expr, RefID string }
	FieldConfig struct {
		Defaults struct {
			Unit   string
			Max    *float64
			Custom axis
		}
	}
}

type axis struct {
	AxisSoftMax       float64
	ScaleDistribution struct {
		Type            string
		LinearThreshold float64
	}
}

// all returns the panels, those in rows as well.
func (b board) all() []boardPanel {
	panels := b.Panels
	for _, panel := range b.Panels {
		panels = append(panels, panel.Panels...)
	}
	return panels
}

func dashboards(t *testing.T) map[string]board {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(stack.Root, "grafana", "dashboards", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]board)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var b board
		if err := json.Unmarshal(data, &b); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found[filepath.Base(file)] = b
	}
	return found
}

func TestTrapFixedAxis(t *testing.T) {
	const plain = 0.2 // of the panel's height
	t.Run("an axis from 0 to 1 draws 2 % in a fiftieth of the panel", func(t *testing.T) {
		var linear axis
		whole := 1.0
		if got := linear.height(0.02, &whole); got >= plain {
			t.Errorf("2 %% covers %.0f %%, so this teaches nothing", 100*got)
		}
	})
	t.Run("each panel of an error ratio draws 2 % in a fifth of it at least", func(t *testing.T) {
		var checked int
		for file, dashboard := range dashboards(t) {
			for _, panel := range dashboard.all() {
				d := panel.FieldConfig.Defaults
				if panel.Type != "timeseries" || d.Unit != "percentunit" || !strings.Contains(panel.Title, "rror ratio") {
					continue
				}
				checked++
				got := d.Custom.height(0.02, d.Max)
				t.Logf("%s, %s: 2 %% is %.0f of 200 pixels high", file, panel.Title, 200*got)
				if got < plain {
					t.Errorf("%s, %s: 2 %% covers %.0f %% of the panel", file, panel.Title, 100*got)
				}
			}
		}
		if checked == 0 {
			t.Error("no dashboard has a panel of an error ratio")
		}
	})
}

// height returns how much of a panel's height a value covers when it is the
// greatest of its series.
func (a axis) height(value float64, fixedMax *float64) float64 {
	top := max(value, a.AxisSoftMax)
	if fixedMax != nil {
		top = *fixedMax
	}
	if s := a.ScaleDistribution; s.Type == "symlog" { // Grafana draws it as asinh
		return math.Asinh(value/s.LinearThreshold) / math.Asinh(top/s.LinearThreshold)
	}
	return value / top
}

func TestTrapTailSampling(t *testing.T) {
	collector := stack.RunCollector(t, "TAIL_SAMPLING_KEEP_PERCENT=1", "TAIL_SAMPLING_DECISION_WAIT=1s")
	api, err := stack.RunAPI(t, "API_FAULTS=open",
		"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector, "OTEL_BSP_SCHEDULE_DELAY=100")
	if err != nil {
		t.Fatal(err)
	}
	var good, failed []string
	for range 30 {
		good = append(good, e2e.MustGet(t, api+"/tasks").TraceID())
	}
	for range 10 {
		answer := e2e.MustGet(t, api+"/error")
		if answer.Status != http.StatusInternalServerError {
			t.Fatalf("GET /error: status %d: %s", answer.Status, answer.Body)
		}
		failed = append(failed, answer.TraceID())
	}
	t.Run("each failed trace is kept whole", func(t *testing.T) {
		for _, id := range failed {
			awaitTree(t, id, divisionTree)
		}
	})
	t.Run("nearly all others are dropped", func(t *testing.T) {
		var kept int
		for _, id := range good {
			trace, err := tempo.Trace(t.Context(), id)
			if err == nil && trace.Roots[0].Service == "api" { // the store's spans took the stack's Collector
				kept++
			}
		}
		if kept > 5 {
			t.Errorf("%d of %d are kept, want about 1 %%", kept, len(good))
		}
		t.Logf("%d of %d failed and %d of %d good traces kept", len(failed), len(failed), kept, len(good))
	})
}
