package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"redspan/internal/telemetry"
	"redspan/internal/telemetry/telemetrytest"
)

const callersTrace = "0af7651916cd43dd8448eb211c80319c"

// serve starts a server whose handler answers with the status in the path.
func serve(t *testing.T, public bool) (string, *telemetrytest.Telemetry) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	tel := telemetrytest.Start(t, "test")
	handler, err := tel.Handler(mux, telemetry.Server{
		Address: "test:80", Public: public,
		Patterns: []string{"GET /status/{code}", "GET /health"}, Untraced: []string{"/health"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, tel
}

func get(t *testing.T, url string, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
		req.Host = header.Get("Host")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
}

func TestTraceContext(t *testing.T) {
	for name, test := range map[string]struct {
		public bool
		flags  string
	}{
		"a public server begins a trace of its own":   {true, "01"},
		"a public server cannot be told not to trace": {true, "00"},
		"an inner server goes on with the caller's":   {false, "01"},
	} {
		t.Run(name, func(t *testing.T) {
			url, tel := serve(t, test.public)
			get(t, url+"/status/200", http.Header{"Traceparent": {"00-" + callersTrace + "-b7ad6b7169203331-" + test.flags}})
			span := tel.AwaitSpans(t, 1)[0]
			if got := span.SpanContext().TraceID().String(); (got == callersTrace) == test.public {
				t.Errorf("trace %s", got)
			}
			linked := len(span.Links()) == 1 && span.Links()[0].SpanContext.TraceID().String() == callersTrace
			if linked != test.public {
				t.Errorf("links %v", span.Links())
			}
		})
	}
}

func TestServerSpanHasRouteAndNoHost(t *testing.T) {
	url, tel := serve(t, true)
	get(t, url+"/status/503", http.Header{"Host": {"evil.example"}, "User-Agent": {strings.Repeat("x", 5000)}})
	span := tel.AwaitSpans(t, 1)[0]
	got := telemetrytest.Attributes(span)
	for key, want := range map[attribute.Key]string{
		"http.route": "/status/{code}", "http.response.status_code": "503", "server.address": "test",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if n := len(got["user_agent.original"]); n != 1024 {
		t.Errorf("the user agent has %d bytes, want 1024", n)
	}
	if span.Name() != "GET /status/{code}" {
		t.Errorf("span %q", span.Name())
	}
}

func TestUntracedPaths(t *testing.T) {
	url, tel := serve(t, true)
	get(t, url+"/health", nil)
	get(t, url+"/status/200", nil)
	if spans := tel.AwaitSpans(t, 1); len(spans) != 1 || spans[0].Name() != "GET /status/{code}" {
		t.Errorf("spans %v", spans)
	}
	if strings.Contains(tel.Scrape(), "/health") {
		t.Error("/health is measured")
	}
	resp, err := http.Post(url+"/health", "", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Traceresponse") == "" {
		t.Error("a POST to /health is not traced")
	}
}

var errorCount = regexp.MustCompile(`(?m)^http_server_request_duration_seconds_count\{.*http_response_status_code="(5..)",http_route="/status/\{code\}".*\} (\d+)$`)

func TestErrorSeriesExistBeforeTheFirstError(t *testing.T) {
	url, tel := serve(t, true)
	want := map[string]string{"500": "0", "502": "0", "503": "0", "504": "0"}
	check := func() {
		t.Helper()
		got := make(map[string]string)
		for _, m := range errorCount.FindAllStringSubmatch(tel.Scrape(), -1) {
			if _, twice := got[m[1]]; twice {
				t.Errorf("two series for %s", m[1])
			}
			got[m[1]] = m[2]
		}
		for status, n := range want {
			if got[status] != n {
				t.Errorf("%s counted %q, want %s", status, got[status], n)
			}
		}
	}
	check()
	get(t, url+"/status/502", nil)
	tel.AwaitSpans(t, 1)
	want["502"] = "1"
	check()
}

func TestExemplarOfAnError(t *testing.T) {
	url, tel := serve(t, true)
	get(t, url+"/status/500", http.Header{"Host": {strings.Repeat("h", 200)}})
	traceID := tel.AwaitSpans(t, 1)[0].SpanContext().TraceID().String()
	for line := range strings.Lines(tel.Scrape()) {
		if strings.Contains(line, `status_code="500"`) && strings.Contains(line, `trace_id="`+traceID+`"`) {
			return
		}
	}
	t.Errorf("no exemplar with %s in\n%s", traceID, tel.Scrape())
}

func TestTransport(t *testing.T) {
	url, server := serve(t, false)
	client := telemetrytest.Start(t, "client")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/status/204", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Transport(http.DefaultTransport).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	call, handled := client.AwaitSpans(t, 1)[0], server.AwaitSpans(t, 1)[0]
	if call.Name() != "GET" || call.SpanKind() != trace.SpanKindClient {
		t.Errorf("client span %q, %s", call.Name(), call.SpanKind())
	}
	if handled.Parent().SpanID() != call.SpanContext().SpanID() {
		t.Error("the server's span is not the child of the client's")
	}
}

func TestInjectFaultMarksTheSpanAndItsChildren(t *testing.T) {
	tel := telemetrytest.Start(t, "test")
	tracer := tel.Tracer("test")
	ctx, parent := tracer.Start(t.Context(), "parent")
	_, before := tracer.Start(ctx, "before")
	_, child := tracer.Start(telemetry.InjectFault(ctx), "child")
	for _, span := range []trace.Span{before, child, parent} {
		span.End()
	}
	for _, span := range tel.Spans() {
		_, marked := telemetrytest.Attributes(span)["fault.injected"]
		if want := span.Name() != "before"; marked != want {
			t.Errorf("%s: marked %t, want %t", span.Name(), marked, want)
		}
	}
}

func TestLogger(t *testing.T) {
	tel := telemetrytest.Start(t, "test")
	ctx, span := tel.Tracer("test").Start(t.Context(), "x")
	defer span.End()
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, "api").With("k", "v")
	logger.InfoContext(ctx, "in a span")
	logger.InfoContext(context.Background(), "outside")

	var in, outside map[string]any
	dec := json.NewDecoder(&out)
	if err := dec.Decode(&in); err != nil {
		t.Fatal(err)
	}
	if err := dec.Decode(&outside); err != nil {
		t.Fatal(err)
	}
	if in["trace_id"] != span.SpanContext().TraceID().String() || in["span_id"] != span.SpanContext().SpanID().String() ||
		in["service"] != "api" || in["k"] != "v" {
		t.Errorf("in a span: %v", in)
	}
	if _, ok := outside["trace_id"]; ok {
		t.Errorf("outside: %v", outside)
	}
}

func TestConfig(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*telemetry.Config)
		want   string
	}{
		"an unknown exporter":                  {func(c *telemetry.Config) { c.Exporter = "zipkin" }, "OTEL_TRACES_EXPORTER"},
		"another protocol":                     {func(c *telemetry.Config) { c.Protocol = "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		"an endpoint of traces without a host": {func(c *telemetry.Config) { c.TracesEndpoint.Scheme = "http" }, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		"an endpoint without a scheme":         {func(c *telemetry.Config) { c.Endpoint.Scheme = "" }, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		"an endpoint without a host":           {func(c *telemetry.Config) { c.Endpoint.Host = "" }, "OTEL_EXPORTER_OTLP_ENDPOINT"},
	} {
		t.Run(name+" stops the start", func(t *testing.T) {
			cfg := telemetry.Config{Exporter: "otlp", Protocol: "http/protobuf"}
			cfg.Endpoint.Scheme, cfg.Endpoint.Host = "http", "127.0.0.1:4318"
			test.change(&cfg)
			if _, err := telemetry.Start(t.Context(), "test", cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestEnvironmentIsReadAsTheSDKReadsIt(t *testing.T) {
	for _, attributes := range []map[string]string{
		{"deployment.environment.name": "production"},
		{"a": "b", " deployment.environment.name ": " production "}, //nolint:gocritic // as in "a=b, c=d"
		{"deployment.environment.name": "%70roduction"},
	} {
		if got := (telemetry.Config{ResourceAttrs: attributes}).Environment(); got != "production" {
			t.Errorf("%q: got %q", attributes, got)
		}
	}
}
