package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"redspan/internal/fault"
	"redspan/internal/httpserver"
	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/internal/telemetry"
	"redspan/internal/telemetry/telemetrytest"
	"redspan/services/api/internal/httpapi"
)

// handler returns the whole api, with its seams, in front of a store.
func handler(t *testing.T, tel *telemetry.Telemetry, faults fault.Config, storeURL string) http.Handler {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	mux := httpapi.New(httpapi.Store{
		Client:   taskapi.Client{URL: storeURL, Transport: tel.Transport(transport)},
		Untraced: transport, Timeout: timeout,
	}, faults, nil)
	h, err := httpserver.NewHandler(tel, mux, 100, telemetry.Server{Address: "api:80", Public: true, Untraced: []string{httpapi.HealthPath}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// storeThat starts a store that answers with h, and returns its URL.
func storeThat(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// refuse answers with a problem of that status.
func refuse(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = problem.Write(w, problem.New(problem.CodeOf(status), storeText), "")
	}
}

func TestRefusalsAreNoErrors(t *testing.T) {
	for name, test := range map[string]struct {
		request string
		header  http.Header
		body    string
		store   int // its status
		want    int
	}{
		"a path that is none":       {"GET /nothing", nil, "", 200, 404},
		"an id that is none":        {"GET /tasks/1", nil, "", 200, 404},
		"a method that is none":     {"BREW /tasks", nil, "", 200, 405},
		"no JSON accepted":          {"GET /tasks", http.Header{"Accept": {"text/html"}}, "", 200, 406},
		"a body that is too large":  {"POST /tasks", nil, strings.Repeat("x", 65<<10), 201, 413},
		"a path that is too long":   {"GET /" + strings.Repeat("x", 5<<10), nil, "", 200, 414},
		"a header that is large":    {"GET /tasks", http.Header{"X": {strings.Repeat("x", 20<<10)}}, "", 200, 431},
		"no token":                  {"GET /error", nil, "", 200, 401},
		"what the store finds odd":  {"GET /tasks?page=2", nil, "", 400, 400},
		"what the store cannot see": {"GET " + taskPath, nil, "", 404, 404},
		"another version":           {"PATCH " + taskPath, http.Header{"If-Match": {`"1"`}}, "{}", 412, 412},
		"another media type":        {"POST /tasks", nil, "x", 415, 415},
		"content that is invalid":   {"POST /tasks", nil, "{}", 422, 422},
	} {
		t.Run(name, func(t *testing.T) {
			tel := telemetrytest.Start(t, "api")
			api := httptest.NewServer(handler(t, tel.Telemetry, fault.Config{Mode: fault.Token, Token: token}, storeThat(t, refuse(test.store))))
			defer api.Close()
			if resp, body := send(t, api, test.request, test.body, test.header); resp.StatusCode != test.want {
				t.Fatalf("got %s %s", resp.Status, body)
			}
			span := serverSpan(t, tel)
			if span.Status().Code != codes.Unset || len(span.Events()) != 0 {
				t.Errorf("status %v, events %v", span.Status(), span.Events())
			}
		})
	}
}

// serverSpan waits for the span of the one request.
func serverSpan(t *testing.T, tel *telemetrytest.Telemetry) sdktrace.ReadOnlySpan {
	t.Helper()
	for n := 1; ; n++ {
		if span := tel.AwaitSpans(t, n)[n-1]; !span.Parent().IsValid() {
			return span
		}
	}
}

// send is do without a look at the OpenAPI document, which has no such requests.
func send(t *testing.T, server *httptest.Server, request, content string, header http.Header) (*http.Response, string) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header.Clone()
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// canary is in all that a caller sends and nobody else is to see.
const canary = "canary"

func canaryHeaders(contentType string) http.Header {
	return http.Header{
		"Authorization": {"Bearer " + canary + "-authorization"}, "Cookie": {"session=" + canary + "-cookie"},
		"Idempotency-Key": {canary + "-key"}, "If-Match": {`"` + canary + `-tag"`}, "X-Api-Key": {canary + "-header"},
		"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		"Tracestate":  {"vendor=" + canary + "-tracestate"}, "Baggage": {"user=" + canary + "-baggage"},
		"Content-Type": {contentType},
	}
}

func TestCanary(t *testing.T) {
	const created = `{"title":"` + canary + `-title","description":"` + canary + `-description"}`
	stores := map[string]string{
		"a store that answers": storeThat(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, created)
		}),
		"a store that refuses": storeThat(t, refuse(422)),
		"a store that fails":   storeThat(t, refuse(500)),
		"a store that is late": storeThat(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the caller left
			<-r.Context().Done()
		}),
		"a store that breaks off":     storeThat(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		"a store that speaks no HTTP": storeThat(t, hijack("nonsense\r\n\r\n")),
		"no store":                    "http://127.0.0.1:1",
	}
	for name, url := range stores {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			logger := slog.Default()
			slog.SetDefault(telemetry.NewLogger(&logged, "api"))
			defer slog.SetDefault(logger)
			tel := telemetrytest.Start(t, "api")
			api := httptest.NewServer(handler(t, tel.Telemetry, fault.Config{Mode: fault.Open}, url))
			defer api.Close()
			requests := []string{
				"POST /tasks", "GET /tasks?cursor=" + canary + "-cursor&done=" + canary, "PATCH " + taskPath + "?a=" + canary, "DELETE " + taskPath,
				"GET /error?at=api&secret=" + canary, "GET /error?at=store&secret=" + canary, "GET /error?at=" + canary, "GET /nothing?secret=" + canary,
			}
			for _, request := range requests {
				resp, body := send(t, api, request, created, canaryHeaders("application/json; x="+canary))
				if resp.StatusCode >= 400 && strings.Contains(body, canary) {
					t.Errorf("%s is answered %s", request, body)
				}
			}
			api.Close() // ends the last request's span
			for _, span := range tel.Spans() {
				if text := dump(span); strings.Contains(text, canary) {
					t.Errorf("a span holds %s", text)
				}
			}
			if n := len(tel.Spans()); n < len(requests) {
				t.Errorf("%d spans of %d requests", n, len(requests))
			}
			if strings.Contains(logged.String(), canary) {
				t.Errorf("logged:\n%s", logged.String())
			}
			if strings.Contains(tel.Scrape(), canary) {
				t.Error("a metric holds it")
			}
		})
	}
}

// dump writes out all of a span that is exported.
func dump(s sdktrace.ReadOnlySpan) string {
	return fmt.Sprint(s.Name(), s.SpanContext().TraceState(), s.Parent().TraceState(), s.Attributes(), s.Events(), s.Links(), s.Status())
}

// A caller that does not send its content is at fault, not the store.
func TestContentThatDoesNotCome(t *testing.T) {
	tel := telemetrytest.Start(t, "api")
	url := storeThat(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the store got %s", r.URL) })
	api := httptest.NewUnstartedServer(handler(t, tel.Telemetry, fault.Config{}, url))
	api.Config.ReadTimeout = 2 * timeout
	api.Start()
	defer api.Close()
	conn, err := net.Dial("tcp", api.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /tasks HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("got %s", resp.Status)
	}
	if span := serverSpan(t, tel); span.Status().Code != codes.Unset {
		t.Errorf("status %v", span.Status())
	}
}
