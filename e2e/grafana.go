package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Grafana is the Grafana at a URL, as somebody sees it who is not logged in.
type Grafana struct{ URL string }

// Dashboard is the file of a dashboard.
type Dashboard struct {
	UID    string  `json:"uid"`
	Title  string  `json:"title"`
	Panels []Panel `json:"panels"`

	Templating struct {
		List []struct {
			Name    string `json:"name"`
			Current struct {
				Value any `json:"value"`
			} `json:"current"`
		} `json:"list"`
	} `json:"templating"`
}

// Panel is a panel of a dashboard, or a row of panels.
type Panel struct {
	Title   string           `json:"title"`
	Targets []map[string]any `json:"targets"`
	Panels  []Panel          `json:"panels"`
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

// Queries returns the queries of all panels, with the current values of the
// dashboard's variables in them.
func (d Dashboard) Queries() []Query {
	var replacements []string
	for _, v := range d.Templating.List {
		value := fmt.Sprint(v.Current.Value)
		if strings.Contains(value, "$__all") {
			value = ".*"
		}
		replacements = append(replacements, "${"+v.Name+"}", value, "$"+v.Name, value)
	}
	variables := strings.NewReplacer(replacements...)
	var queries []Query
	var collect func([]Panel)
	collect = func(panels []Panel) {
		for _, p := range panels {
			for _, target := range p.Targets {
				for _, key := range []string{"expr", "query"} {
					if text, ok := target[key].(string); ok {
						target[key] = variables.Replace(text)
					}
				}
				source, _ := target["datasource"].(map[string]any)
				queries = append(queries, Query{p.Title, fmt.Sprint(target["refId"]), fmt.Sprint(source["uid"]), target})
			}
			collect(p.Panels)
		}
	}
	collect(d.Panels)
	return queries
}

// Run runs a query of a panel over the last minutes, as the browser would, and
// returns its greatest value: for a query of Tempo, how many traces it finds.
// No value at all is an error.
func (g Grafana) Run(ctx context.Context, q Query) (float64, error) {
	if q.Source == "tempo" {
		// This version searches Tempo from the browser, through Grafana's proxy.
		ids, err := Tempo{g.URL + "/api/datasources/proxy/uid/tempo"}.Search(ctx, fmt.Sprint(q.target["query"]))
		if err == nil && len(ids) == 0 {
			err = fmt.Errorf("panel %q, query %s: no data", q.Panel, q.RefID)
		}
		return float64(len(ids)), err
	}
	q.target["intervalMs"], q.target["maxDataPoints"] = 1000, 900
	body, err := json.Marshal(map[string]any{"from": "now-5m", "to": "now", "queries": []any{q.target}})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/api/ds/query", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := Send(req)
	if err != nil {
		return 0, err
	}
	if answer.Status != http.StatusOK {
		return 0, fmt.Errorf("panel %q, query %s: status %d: %s", q.Panel, q.RefID, answer.Status, answer.Body)
	}
	value, err := greatest(answer.Body)
	if err != nil {
		return 0, fmt.Errorf("panel %q, query %s: %w", q.Panel, q.RefID, err)
	}
	return value, nil
}

// greatest returns the greatest number in an answer's data frames.
func greatest(body []byte) (float64, error) {
	var answer struct {
		Results map[string]struct {
			Frames []struct {
				Schema struct {
					Fields []struct{ Type string }
				}
				Data struct{ Values [][]any }
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, err
	}
	top := math.Inf(-1)
	for _, result := range answer.Results {
		for _, frame := range result.Frames {
			for i, field := range frame.Schema.Fields {
				if field.Type != "number" || i >= len(frame.Data.Values) {
					continue
				}
				for _, value := range frame.Data.Values[i] {
					if n, ok := value.(float64); ok { // NaN is null
						top = max(top, n)
					}
				}
			}
		}
	}
	if math.IsInf(top, -1) {
		return 0, fmt.Errorf("no data: %s", body)
	}
	return top, nil
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
