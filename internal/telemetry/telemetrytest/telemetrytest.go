// Package telemetrytest runs a service's telemetry in memory, for tests.
package telemetrytest

import (
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"redspan/internal/telemetry"
)

// Telemetry is a service's telemetry whose spans stay in memory.
type Telemetry struct {
	*telemetry.Telemetry

	exporter *tracetest.InMemoryExporter
}

// Start starts telemetry that ends with the test.
func Start(t *testing.T, service string) *Telemetry {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	tel, err := telemetry.New(t.Context(), service, sdktrace.NewSimpleSpanProcessor(exporter))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tel.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Telemetry{tel, exporter}
}

// Spans returns the spans that have ended, in that order.
func (t *Telemetry) Spans() []sdktrace.ReadOnlySpan { return t.exporter.GetSpans().Snapshots() }

// AwaitSpans returns the spans once n have ended: a server's span ends after
// its answer has been read. It fails the test when they do not come.
func (t *Telemetry) AwaitSpans(tb testing.TB, n int) []sdktrace.ReadOnlySpan {
	tb.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		spans := t.Spans()
		if len(spans) >= n {
			return spans
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%d spans ended, want %d", len(spans), n)
		}
		time.Sleep(time.Millisecond)
	}
}

// Attributes returns a span's attributes as text.
func Attributes(span sdktrace.ReadOnlySpan) map[attribute.Key]string {
	attributes := make(map[attribute.Key]string)
	for _, a := range span.Attributes() {
		attributes[a.Key] = a.Value.String()
	}
	return attributes
}

// Scrape returns what /metrics serves, in the OpenMetrics format.
func (t *Telemetry) Scrape() string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	t.Metrics().ServeHTTP(w, r)
	return w.Body.String()
}
