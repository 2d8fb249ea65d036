package e2e_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"redspan/e2e"
)

// TestTelemetryIsDocumented ties docs/telemetry.md to what the stack emits.
func TestTelemetryIsDocumented(t *testing.T) {
	traffic(t)
	document, err := os.ReadFile("../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(string(document), -1) {
		named[m[1]] = true
	}
	t.Run("every metric and label is in the document", func(t *testing.T) {
		emitted, labels := emittedMetrics(t, documentedMetrics(string(document)))
		for _, name := range emitted {
			if !named[name] {
				t.Errorf("the metric %s is not in docs/telemetry.md", name)
			}
		}
		for _, label := range labels {
			if !named[label] {
				t.Errorf("the label %s is not in docs/telemetry.md", label)
			}
		}
	})
	t.Run("every attribute and event is in the document", func(t *testing.T) {
		for _, at := range []string{"api", "database", "timeout"} {
			trace := awaitSpans(t, e2e.MustGet(t, api+"/error?at="+at).TraceID())
			for span := range trace.Spans() {
				wantNamed(t, span, named)
			}
		}
	})
}

func wantNamed(t *testing.T, span *e2e.Span, named map[string]bool) {
	t.Helper()
	for key := range span.Attributes {
		if !named[key] && !strings.HasPrefix(key, "network.peer.") {
			t.Errorf("the attribute %s is not in docs/telemetry.md", key)
		}
	}
	for _, event := range span.Events {
		if !named[event.Name] {
			t.Errorf("the event %s is not in docs/telemetry.md", event.Name)
		}
	}
}

// documentedMetrics returns the names in the first column of the document's
// tables of metrics, but for those of PostgreSQL, which this stack has not got.
func documentedMetrics(document string) []string {
	var names []string
	cell := regexp.MustCompile("`([a-z_]+)`")
	for line := range strings.Lines(document) {
		columns := strings.Split(line, "|")
		metric := len(columns) > 3 && slices.Contains([]string{"counter", "gauge", "histogram"}, strings.TrimSpace(columns[2]))
		if metric && !strings.Contains(line, "store on PostgreSQL") {
			for _, m := range cell.FindAllStringSubmatch(columns[1], -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// emittedMetrics returns the names, without a histogram's suffixes, and the
// labels of what the services and the Collector's connectors emit, once all of
// want is there.
func emittedMetrics(t *testing.T, want []string) (names, labels []string) {
	t.Helper()
	const ours = `{job=~"api|store",__name__!~"(go|process|promhttp|scrape)_.*|up|target_info|ALERTS.*"} or {__name__=~"traces_.*"}`
	e2e.Await(t, func(ctx context.Context) (bool, error) {
		series, err := prometheus.Vector(ctx, ours)
		if err != nil {
			return false, err
		}
		names, labels = []string{"target_info"}, nil
		for _, s := range series {
			for label, value := range s.Metric {
				switch label {
				case "__name__":
					name := string(value)
					for _, suffix := range []string{"_bucket", "_count", "_sum"} {
						name = strings.TrimSuffix(name, suffix)
					}
					names = append(names, name)
				case "job", "instance", "le":
				default:
					labels = append(labels, string(label))
				}
			}
		}
		slices.Sort(names)
		slices.Sort(labels)
		names, labels = slices.Compact(names), slices.Compact(labels)
		for _, name := range want {
			if !slices.Contains(names, name) {
				return false, fmt.Errorf("docs/telemetry.md has the metric %s, which is not emitted", name)
			}
		}
		return true, nil
	})
	return names, labels
}

// awaitSpans returns a trace once it has spans of both services.
func awaitSpans(t *testing.T, id string) *e2e.Trace {
	t.Helper()
	return e2e.Await(t, func(ctx context.Context) (*e2e.Trace, error) {
		trace, err := tempo.Trace(ctx, id)
		if err != nil {
			return nil, err
		}
		services := make(map[string]bool)
		for span := range trace.Spans() {
			services[span.Service] = true
		}
		if len(services) < 2 {
			return nil, fmt.Errorf("trace %s has spans of %d services", id, len(services))
		}
		return trace, nil
	})
}
