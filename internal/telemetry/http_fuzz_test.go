package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"redspan/internal/telemetry"
)

// Whatever trace context a caller sends to a public server: the request is
// answered, and belongs to one sampled trace of the server's own, with at most
// a link to the caller's.
func FuzzTraceContext(f *testing.F) {
	const valid = "00-" + callersTrace + "-b7ad6b7169203331-01"
	for _, seed := range [][3]string{
		{"", "", ""}, {valid, "", ""}, {valid[:53] + "00", "a=b", "c=d"}, {valid, "a=b,a=c", "c=d;e"},
		{"00-00000000000000000000000000000000-b7ad6b7169203331-01", "", ""}, {"ff" + valid[2:], "", ""}, {"01" + valid[2:] + "-more", "", ""},
		{strings.ToUpper(valid), "", ""}, {valid, strings.Repeat("a=b,", 100), "=,;%"}, {"\x00", "\xff", "%zz"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	exporter := tracetest.NewInMemoryExporter()
	tel, err := telemetry.New(f.Context(), "test", sdktrace.NewSimpleSpanProcessor(exporter))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = tel.Close() })
	handler, err := tel.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		telemetry.Server{Address: "test:80", Public: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, traceparent, tracestate, baggage string) {
		exporter.Reset()
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header = http.Header{"Traceparent": {traceparent}, "Tracestate": {tracestate}, "Baggage": {baggage}}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
		spans := exporter.GetSpans()
		if len(spans) != 1 {
			t.Fatalf("%d spans", len(spans))
		}
		span := spans[0]
		id := span.SpanContext.TraceID().String()
		if !span.SpanContext.IsSampled() || span.Parent.IsValid() || len(span.Links) > 1 || strings.Contains(strings.ToLower(traceparent), id) {
			t.Errorf("trace %s, parent %v, links %v", id, span.Parent, span.Links)
		}
		states := []trace.TraceState{span.SpanContext.TraceState()}
		for _, link := range span.Links {
			states = append(states, link.SpanContext.TraceState())
		}
		for _, state := range states {
			if state.Len() > 0 {
				t.Errorf("the span keeps the caller's tracestate %s", state)
			}
		}
		if response := w.Header().Get("Traceresponse"); !strings.Contains(response, id) {
			t.Errorf("traceresponse %q", response)
		}
	})
}
