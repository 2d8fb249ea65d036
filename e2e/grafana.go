package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Grafana is the Grafana at a URL, as somebody sees it who is not logged in.
type Grafana struct{ URL string }

// Dashboard is the file of a dashboard.
type Dashboard struct {
	UID    string   `json:"uid"`
	Title  string   `json:"title"`
	Tags   []string `json:"tags"`
	Panels []Panel  `json:"panels"`
}

// Panel is a panel of a dashboard.
type Panel struct {
	Type        string           `json:"type"`
	Title       string           `json:"title"`
	Description string           `json:"description"`
	Targets     []map[string]any `json:"targets"`
}

// Query is what a panel asks of a data source.
type Query struct {
	Panel, RefID string
	// Source is the uid of the data source.
	Source string
	target map[string]any
}

// Dashboards reads the dashboards of the checkout at root.
func Dashboards(root string) ([]Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(root, "grafana", "dashboards", "*.json"))
	if err != nil {
		return nil, err
	}
	var dashboards []Dashboard
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var d Dashboard
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		dashboards = append(dashboards, d)
	}
	return dashboards, nil
}

// Queries returns the queries of all panels, with the given values of the
// dashboard's variables in them.
func (d Dashboard) Queries(values map[string]string) []Query {
	var replacements []string
	for name, value := range values {
		replacements = append(replacements, "${"+name+"}", value)
	}
	variables := strings.NewReplacer(replacements...)
	var queries []Query
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			target := maps.Clone(t)
			for _, key := range []string{"expr", "query"} {
				if text, ok := target[key].(string); ok {
					target[key] = variables.Replace(text)
				}
			}
			source, _ := target["datasource"].(map[string]any)
			queries = append(queries, Query{p.Title, fmt.Sprint(target["refId"]), fmt.Sprint(source["uid"]), target})
		}
	}
	return queries
}

// Expr returns a query of Prometheus, or "".
func (q Query) Expr() string {
	expr, _ := q.target["expr"].(string)
	return expr
}

// WithExpr returns the same query with another expression.
func (q Query) WithExpr(expr string) Query {
	q.target = maps.Clone(q.target)
	q.target["expr"] = expr
	return q
}

// WithInterval returns the same query with points that are closer together, and
// rates over less time.
func (q Query) WithInterval(interval string) Query {
	q.target = maps.Clone(q.target)
	q.target["interval"] = interval
	return q
}

// ErrNoData says that a query has no value.
var ErrNoData = errors.New("no data")

// Run runs a query of a panel over the last minutes, as the browser would, and
// returns its greatest value: for a query of Tempo, how many traces it finds.
// No value at all is ErrNoData.
func (g Grafana) Run(ctx context.Context, q Query) (float64, error) {
	if q.Source == "tempo" {
		return g.traces(ctx, q)
	}
	series, err := g.series(ctx, q, "now-5m")
	if err != nil {
		return 0, err
	}
	top := math.Inf(-1)
	for _, values := range series {
		top = max(top, slices.Max(values))
	}
	return top, nil
}

// Last runs a query of Prometheus, and returns the last value of each series by
// its name.
func (g Grafana) Last(ctx context.Context, q Query) (map[string]float64, error) {
	series, err := g.series(ctx, q, "now-1s")
	last := make(map[string]float64, len(series))
	for name, values := range series {
		last[name] = values[len(values)-1]
	}
	return last, err
}

var traceIDs = regexp.MustCompile("^[0-9a-f]{32}$")

// traces counts the traces that a query of Tempo finds. This version of Grafana
// asks Tempo from the browser, through its proxy.
func (g Grafana) traces(ctx context.Context, q Query) (float64, error) {
	proxy := Tempo{g.URL + "/api/datasources/proxy/uid/tempo"}
	text := fmt.Sprint(q.target["query"])
	if traceIDs.MatchString(text) {
		trace, err := proxy.Trace(ctx, text)
		if err != nil {
			return 0, err
		}
		return float64(len(trace.Roots)), nil
	}
	ids, err := proxy.Search(ctx, text)
	if err == nil && len(ids) == 0 {
		err = fmt.Errorf("panel %q, query %s: %w", q.Panel, q.RefID, ErrNoData)
	}
	return float64(len(ids)), err
}

// series runs a query of Prometheus, and returns the values of each series by
// its name. There is at least one.
func (g Grafana) series(ctx context.Context, q Query, from string) (map[string][]float64, error) {
	target := maps.Clone(q.target)
	target["intervalMs"], target["maxDataPoints"] = 1000, 900
	body, err := json.Marshal(map[string]any{"from": from, "to": "now", "queries": []any{target}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/api/ds/query", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := Send(req)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("panel %q, query %s: status %d: %s", q.Panel, q.RefID, answer.Status, answer.Body)
	}
	series, err := frames(answer.Body)
	if err == nil && len(series) == 0 {
		err = ErrNoData
	}
	if err != nil {
		return nil, fmt.Errorf("panel %q, query %s: %w", q.Panel, q.RefID, err)
	}
	return series, nil
}

// frames returns the numbers in an answer's data frames. Exemplars are left out.
func frames(body []byte) (map[string][]float64, error) {
	var answer struct {
		Results map[string]struct {
			Frames []struct {
				Schema struct {
					Name   string
					Fields []struct {
						Type   string
						Config struct{ DisplayNameFromDS string }
					}
				}
				Data struct{ Values [][]any }
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	series := make(map[string][]float64)
	for _, result := range answer.Results {
		for _, frame := range result.Frames {
			for i, field := range frame.Schema.Fields {
				if frame.Schema.Name == "exemplar" || field.Type != "number" || i >= len(frame.Data.Values) {
					continue
				}
				for _, value := range frame.Data.Values[i] {
					if n, ok := value.(float64); ok { // NaN is null
						series[field.Config.DisplayNameFromDS] = append(series[field.Config.DisplayNameFromDS], n)
					}
				}
			}
		}
	}
	return series, nil
}

// Exemplars returns the trace ids of the exemplars that a panel would show for
// a selector's series since a time.
func (g Grafana) Exemplars(ctx context.Context, selector string, since time.Time) ([]string, error) {
	var answer struct {
		Data []struct {
			Exemplars []struct {
				Labels map[string]string
			}
		}
	}
	query := url.Values{"query": {selector}, "start": {since.Format(time.RFC3339)}, "end": {time.Now().Add(time.Minute).Format(time.RFC3339)}}
	if err := getJSON(ctx, g.URL+"/api/datasources/proxy/uid/prometheus/api/v1/query_exemplars?"+query.Encode(), &answer); err != nil {
		return nil, err
	}
	var ids []string
	for _, series := range answer.Data {
		for _, exemplar := range series.Exemplars {
			ids = append(ids, exemplar.Labels["trace_id"])
		}
	}
	return ids, nil
}

// ExploreURL returns the address at which a person sees a trace.
func (g Grafana) ExploreURL(traceID string) (string, error) {
	tempo := map[string]any{"type": "tempo", "uid": "tempo"}
	pane, err := json.Marshal(map[string]any{
		"datasource": "tempo",
		"queries":    []any{map[string]any{"refId": "A", "datasource": tempo, "queryType": "traceql", "query": traceID}},
		"range":      map[string]any{"from": "now-1h", "to": "now"},
	})
	return g.URL + "/explore?orgId=1&left=" + url.QueryEscape(string(pane)), err
}
