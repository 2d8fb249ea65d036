package httpserver_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"redspan/internal/httpserver"
	"redspan/internal/problem"
	"redspan/internal/telemetry"
	"redspan/internal/telemetry/telemetrytest"
)

// divide panics as /error does.
func divide(w http.ResponseWriter, _ *http.Request) error {
	zero := 0
	return json.NewEncoder(w).Encode(1 / zero)
}

// serve starts a server with routes that fail in different ways.
func serve(t *testing.T) (*httptest.Server, *telemetrytest.Telemetry) {
	t.Helper()
	mux := httpserver.NewMux()
	mux.Handle("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) error {
		_, _ = io.WriteString(w, r.PathValue("id"))
		return nil
	})
	mux.Handle("DELETE /things/{id}", func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.NotFound, "No such thing.")
	})
	mux.Handle("GET /things/all", func(http.ResponseWriter, *http.Request) error { return errors.New("secret cause") })
	mux.Handle("GET /panic", divide)
	mux.Handle("GET /late", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
		return divide(w, r)
	})
	mux.Handle("GET /abort", func(http.ResponseWriter, *http.Request) error {
		panic(http.ErrAbortHandler)
	})
	tel := telemetrytest.Start(t, "test")
	handler, err := httpserver.NewHandler(tel.Telemetry, mux, 100, telemetry.Server{Address: "test:80"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server, tel
}

func TestMux(t *testing.T) {
	tests := map[string]struct {
		request string
		status  int
		allow   string
		span    string
		detail  string // in the problem
	}{
		"a route answers":                      {"GET /things/7", 200, "", "GET /things/{id}", ""},
		"an error keeps its code":              {"DELETE /things/7", 404, "", "DELETE /things/{id}", "No such thing."},
		"an unknown error is a 500":            {"GET /things/all", 500, "", "GET /things/all", "The trace id names"},
		"a panic is a 500":                     {"GET /panic", 500, "", "GET /panic", "The trace id names"},
		"an unknown path is a 404":             {"GET /nothing/here", 404, "", "GET", "nothing at this path"},
		"a trailing slash is a 404":            {"GET /panic/", 404, "", "GET", "nothing at this path"},
		"another method is a 405":              {"PUT /things/7", 405, "DELETE, GET, HEAD, OPTIONS", "PUT /things/{id}", "no method PUT"},
		"options are told":                     {"OPTIONS /things/7", 204, "DELETE, GET, HEAD, OPTIONS", "OPTIONS /things/{id}", ""},
		"options of an unknown path are a 404": {"OPTIONS /nothing", 404, "", "OPTIONS", "nothing at this path"},
		"a target that is too long":            {"GET /" + strings.Repeat("x", 5000), 414, "", "GET", "4096 bytes"},
		"a method that nobody knows is a 405":  {"BREW /panic", 405, "GET, HEAD, OPTIONS", "HTTP /panic", "no method BREW"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server, tel := serve(t)
			method, path, _ := strings.Cut(test.request, " ")
			req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != test.status || resp.Header.Get("Allow") != test.allow {
				t.Errorf("status %d, Allow %q; want %d, %q", resp.StatusCode, resp.Header.Get("Allow"), test.status, test.allow)
			}
			if !strings.Contains(string(body), test.detail) || strings.Contains(string(body), "secret") {
				t.Errorf("body %s", body)
			}
			span := await(t, tel)
			if span.Name() != test.span {
				t.Errorf("span %q, want %q", span.Name(), test.span)
			}
			traceID := span.SpanContext().TraceID().String()
			if got := resp.Header.Get("Traceresponse"); !strings.Contains(got, traceID) {
				t.Errorf("Traceresponse %q, want trace %s", got, traceID)
			}
			if test.detail != "" && !strings.Contains(string(body), traceID) {
				t.Errorf("body %s has no trace id", body)
			}
			checkFailure(t, span, tel.Scrape(), test.status)
		})
	}
}

// checkFailure wants exactly one exception event and an error status on the
// span of a 5xx, none on others, and the request counted under its status.
func checkFailure(t *testing.T, span sdktrace.ReadOnlySpan, metrics string, status int) {
	t.Helper()
	failed := status >= 500
	if (span.Status().Code == codes.Error) != failed {
		t.Errorf("span status %v for %d", span.Status(), status)
	}
	if n := len(span.Events()); failed && n != 1 || !failed && n != 0 {
		t.Errorf("%d events for %d", n, status)
	}
	wantType := ""
	if failed {
		wantType = strconv.Itoa(status)
	}
	if got := telemetrytest.Attributes(span)["error.type"]; got != wantType {
		t.Errorf("error.type %q, want %q", got, wantType)
	}
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "http_server_request_duration_seconds_count") && strings.HasSuffix(line, " 1\n") {
			return
		}
	}
	t.Errorf("no request counted in\n%s", metrics)
}

func TestPanicStackBeginsAtItsLine(t *testing.T) {
	server, tel := serve(t)
	resp, err := http.Get(server.URL + "/panic")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, a := range await(t, tel).Events()[0].Attributes {
		if a.Key == "exception.stacktrace" {
			lines := strings.Split(a.Value.AsString(), "\n")
			if !strings.HasPrefix(lines[1], "panic(") || !strings.Contains(strings.Join(lines[:7], "\n"), "mux_test.go:") {
				t.Errorf("stack begins with\n%s", strings.Join(lines[:7], "\n"))
			}
			return
		}
	}
	t.Error("no stack")
}

// A response that has begun cannot become a 500. The client must not take it
// for whole, and the request must be counted all the same.
func TestPanicAfterTheHeader(t *testing.T) {
	for _, path := range []string{"/late", "/abort"} {
		t.Run(path, func(t *testing.T) {
			server, tel := serve(t)
			conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("read: %v, want %v", err, io.ErrUnexpectedEOF)
			}
			span := await(t, tel)
			if panicked := path == "/late"; (span.Status().Code == codes.Error) != panicked {
				t.Errorf("span status %v", span.Status())
			}
			if !strings.Contains(tel.Scrape(), `http_route="`+path+`",network_protocol_name="http",network_protocol_version="1.1",server_address="test",url_scheme="http"} 1`) {
				t.Errorf("not counted in\n%s", tel.Scrape())
			}
		})
	}
}

// await returns the one span of a request, which ends after its answer.
func await(t *testing.T, tel *telemetrytest.Telemetry) sdktrace.ReadOnlySpan {
	t.Helper()
	return tel.AwaitSpans(t, 1)[0]
}
