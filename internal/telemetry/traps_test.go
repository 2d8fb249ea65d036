package telemetry_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"redspan/internal/httpserver"
	"redspan/internal/telemetry"
	"redspan/internal/telemetry/telemetrytest"
)

// The trap gallery, docs/traps.md: in each test one way to lose sight of a
// failed request, and beside it the way of this package. The wrong ways exist
// here only. Those that need the backends are in e2e/traps_test.go, those of
// PromQL in prometheus/tests/traps.yaml.

// edge is the server of the traps: GET /error panics.
var edge = telemetry.Server{Address: "api:8080", Public: true, Patterns: []string{"GET /error"}}

func divide(http.ResponseWriter, *http.Request) {
	var people int
	_ = 1 / people
}

// plainMux recovers from nothing.
func plainMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /error", divide)
	return mux
}

// recoveringMux is what the services use.
func recoveringMux() *httpserver.Mux {
	mux := httpserver.NewMux()
	mux.Handle("GET /error", func(w http.ResponseWriter, r *http.Request) error {
		divide(w, r)
		return nil
	})
	return mux
}

func TestTrapRecoveryOutside(t *testing.T) {
	t.Run("without recovery of one's own, status, metric and answer are lost", func(t *testing.T) {
		tel := telemetrytest.Start(t, "api")
		taught(t, trail(t, tel, seam(t, tel, plainMux())), `
answer  none: EOF
span    GET, status Unset, 1 exception
metric  500 on /error: 0, without route: 0
`)
	})
	t.Run("recovering outside otelhttp loses status and metric", func(t *testing.T) {
		tel := telemetrytest.Start(t, "api")
		inner := seam(t, tel, plainMux())
		outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					http.Error(w, "sorry", http.StatusInternalServerError)
				}
			}()
			inner.ServeHTTP(w, r) // otelhttp has been unwound when the panic gets here
		})
		taught(t, trail(t, tel, outer), `
answer  500 Internal Server Error
span    GET, status Unset, 1 exception
metric  500 on /error: 0, without route: 0
`)
	})
	t.Run("recovering inside otelhttp keeps all three", func(t *testing.T) {
		tel := telemetrytest.Start(t, "api")
		handler, err := httpserver.NewHandler(tel.Telemetry, recoveringMux(), 1, edge)
		if err != nil {
			t.Fatal(err)
		}
		taught(t, trail(t, tel, handler), visible)
	})
}

// visible is the trail of a failure that can be seen.
const visible = `
answer  500 Internal Server Error
span    GET /error, status Error, 1 exception
metric  500 on /error: 1, without route: 0
`

func TestTrapCopiedRequest(t *testing.T) {
	t.Run("a copy of the request between otelhttp and the mux loses the route", func(t *testing.T) {
		tel := telemetrytest.Start(t, "api")
		type user struct{}
		mux := recoveringServeMux()
		copying := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), user{}, "ann"))) // the copy gets the pattern
		})
		taught(t, trail(t, tel, seam(t, tel, copying)), `
answer  500 Internal Server Error
span    GET, status Error, 0 exceptions
metric  500 on /error: 0, without route: 1
`)
	})
	t.Run("the same request keeps it", func(t *testing.T) {
		tel := telemetrytest.Start(t, "api")
		taught(t, trail(t, tel, seam(t, tel, recoveringServeMux())), `
answer  500 Internal Server Error
span    GET /error, status Error, 0 exceptions
metric  500 on /error: 1, without route: 0
`)
	})
}

// recoveringServeMux answers GET /error with a plain 500.
func recoveringServeMux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /error", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	})
	return mux
}

func TestTrapHeadSampling(t *testing.T) {
	const requests = 300
	kept := func(t *testing.T) int {
		t.Helper()
		tel := telemetrytest.Start(t, "api")
		handler := seam(t, tel, recoveringServeMux())
		for range requests {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/error", http.NoBody))
		}
		if n := counted(tel.Scrape(), "/error"); n != requests {
			t.Errorf("%d of %d failures are counted", n, requests)
		}
		return len(tel.Spans())
	}
	t.Run("sampling at the start of a trace loses nearly every failed one", func(t *testing.T) {
		t.Setenv("OTEL_TRACES_SAMPLER", "traceidratio") // decides before the request can fail
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0.01")
		n := kept(t)
		t.Logf("%d failures counted, %d traces kept", requests, n)
		if n > requests/10 {
			t.Errorf("%d of %d traces are kept, so this teaches nothing", n, requests)
		}
	})
	t.Run("the services record every trace", func(t *testing.T) {
		if n := kept(t); n != requests {
			t.Errorf("%d of %d traces are kept", n, requests)
		}
	})
}

func TestTrapLongExemplar(t *testing.T) {
	long := strings.Repeat("h", 130) // Host: a caller chooses it
	t.Run("a view that leaves an attribute out moves it into the exemplar, which is then too long", func(t *testing.T) {
		var warning error
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { warning = err }))
		t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })
		if exemplar := filtered(t, "localhost"); !strings.Contains(exemplar, `server_address="localhost"`) {
			t.Errorf("with a short Host the exemplar is %q", exemplar)
		}
		if exemplar := filtered(t, long); exemplar != "" || warning == nil {
			t.Errorf("exemplar %q, warning %v", exemplar, warning)
		}
		taught(t, fmt.Sprintln(warning), "\nexemplar labels have 207 runes, exceeding the limit of 128\n")
	})
	t.Run("a label that is bounded needs no view", func(t *testing.T) {
		tel := telemetrytest.Start(t, "api")
		r := httptest.NewRequest(http.MethodGet, "/error", http.NoBody)
		r.Host = long
		seam(t, tel, recoveringServeMux()).ServeHTTP(httptest.NewRecorder(), r)
		if exemplar := exemplarOf500(tel.Scrape()); !strings.Contains(exemplar, "trace_id") {
			t.Errorf("exemplar %q", exemplar)
		}
	})
}

// filtered returns the exemplar of a failed request to a host, with a view
// that keeps the caller's Host out of the metric's labels.
func filtered(t *testing.T, host string) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		t.Fatal(err)
	}
	noHost := sdkmetric.NewView(sdkmetric.Instrument{Name: "http.server.*"},
		sdkmetric.Stream{AttributeFilter: attribute.NewDenyKeysFilter("server.address")})
	handler := otelhttp.NewHandler(recoveringServeMux(), "",
		otelhttp.WithTracerProvider(sdktrace.NewTracerProvider()),
		otelhttp.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(noHost))))
	r := httptest.NewRequest(http.MethodGet, "/error", http.NoBody)
	r.Host = host
	handler.ServeHTTP(httptest.NewRecorder(), r)
	w := httptest.NewRecorder()
	r = httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
	return exemplarOf500(w.Body.String())
}

func exemplarOf500(page string) string {
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "http_server_request_duration_seconds_bucket") && strings.Contains(line, `status_code="500"`) {
			if _, exemplar, ok := strings.Cut(line, " # "); ok {
				return exemplar
			}
		}
	}
	return ""
}

func TestTrapLostContext(t *testing.T) {
	const withContext, withoutContext = true, false
	t.Run("a request without the context begins a second trace", func(t *testing.T) {
		taught(t, journey(t, withoutContext), `
api SERVER    trace 1
api CLIENT    trace 2
store SERVER  trace 2
`)
	})
	t.Run("a request with the context continues the first", func(t *testing.T) {
		taught(t, journey(t, withContext), `
api SERVER    trace 1
api CLIENT    trace 1
store SERVER  trace 1
`)
	})
}

// journey sends a request through an api to a store, and tells which trace
// each span is in.
func journey(t *testing.T, withContext bool) string {
	t.Helper()
	below := telemetrytest.Start(t, "store")
	store := httptest.NewServer(mustHandle(t, below, recoveringServeMux(), telemetry.Server{Address: "store:8081"}))
	t.Cleanup(store.Close)
	tel := telemetrytest.Start(t, "api")
	client := &http.Client{Transport: tel.Transport(http.DefaultTransport)}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequest(http.MethodGet, store.URL+"/error", http.NoBody)
		if withContext {
			out, err = http.NewRequestWithContext(r.Context(), http.MethodGet, store.URL+"/error", http.NoBody)
		}
		if err != nil {
			t.Error(err)
			return
		}
		if resp, err := client.Do(out); err == nil {
			resp.Body.Close()
		}
		w.WriteHeader(http.StatusBadGateway)
	})
	seam(t, tel, api).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/error", http.NoBody))
	spans := tel.AwaitSpans(t, 2) // the client's ends first
	numbers := map[string]int{}
	number := func(span sdktrace.ReadOnlySpan) int {
		id := span.SpanContext().TraceID().String()
		if numbers[id] == 0 {
			numbers[id] = len(numbers) + 1
		}
		return numbers[id]
	}
	return fmt.Sprintf("api SERVER    trace %d\napi CLIENT    trace %d\nstore SERVER  trace %d\n",
		number(spans[1]), number(spans[0]), number(below.AwaitSpans(t, 1)[0]))
}

// seam puts a handler behind the server seam.
func seam(t *testing.T, tel *telemetrytest.Telemetry, next http.Handler) http.Handler {
	t.Helper()
	return mustHandle(t, tel, next, edge)
}

func mustHandle(t *testing.T, tel *telemetrytest.Telemetry, next http.Handler, server telemetry.Server) http.Handler {
	t.Helper()
	handler, err := tel.Handler(next, server)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// trail sends one GET /error and tells in words what it leaves behind.
func trail(t *testing.T, tel *telemetrytest.Telemetry, handler http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // net/http's own recovery
	server.Start()
	defer server.Close()
	var answer string
	resp, err := http.Get(server.URL + "/error")
	if err != nil {
		answer = "none: " + err.Error()[strings.LastIndex(err.Error(), " ")+1:]
	} else {
		answer = resp.Status
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	span := tel.AwaitSpans(t, 1)[0]
	exceptions := "1 exception"
	if n := len(span.Events()); n != 1 {
		exceptions = fmt.Sprintf("%d exceptions", n)
	}
	return fmt.Sprintf("answer  %s\nspan    %s, status %s, %s\nmetric  500 on /error: %d, without route: %d\n",
		answer, span.Name(), span.Status().Code, exceptions, counted(tel.Scrape(), "/error"), counted(tel.Scrape(), ""))
}

var countOf500 = regexp.MustCompile(`(?m)^http_server_request_duration_seconds_count\{(.*http_response_status_code="500".*)\} (\d+)$`)

// counted returns how often a 500 is counted on a route, or without any.
func counted(page, route string) int {
	var sum int
	for _, m := range countOf500.FindAllStringSubmatch(page, -1) {
		of := ""
		if _, after, ok := strings.Cut(m[1], `http_route="`); ok {
			of, _, _ = strings.Cut(after, `"`)
		}
		if of == route {
			n, _ := strconv.Atoi(m[2])
			sum += n
		}
	}
	return sum
}

// taught holds what was seen to what is expected, and docs/traps.md to both.
func taught(t *testing.T, got, want string) {
	t.Helper()
	want = strings.TrimPrefix(want, "\n")
	if !strings.Contains(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	page, err := os.ReadFile("../../docs/traps.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := "    " + strings.ReplaceAll(strings.TrimSuffix(want, "\n"), "\n", "\n    ") + "\n"
	if !strings.Contains(string(page), quoted) {
		t.Errorf("docs/traps.md does not show\n%s", quoted)
	}
}
