package httpserver_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"redspan/internal/httpserver"
	"redspan/internal/httpserver/httpservertest"
	"redspan/internal/problem"
	"redspan/internal/telemetry"
	"redspan/internal/telemetry/telemetrytest"
)

func TestHeaderThatIsTooLarge(t *testing.T) {
	server, _ := serve(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/things/7", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Large", strings.Repeat("x", 20<<10))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge || got != problem.ContentType {
		t.Errorf("got %s as %q", resp.Status, got)
	}
}

func TestLimit(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	mux := httpserver.NewMux()
	mux.Handle("GET /slow", func(http.ResponseWriter, *http.Request) error {
		entered <- struct{}{}
		<-leave
		return nil
	})
	tel := telemetrytest.Start(t, "test")
	handler, err := httpserver.NewHandler(tel.Telemetry, mux, 1, telemetry.Server{Address: "test:80"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(tel.Scrape(), "redspan_http_server_shed_requests_total 0") {
		t.Error("the counter does not exist before the first shed request")
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	first := make(chan int)
	go func() { first <- httpservertest.Status(server.URL + "/slow") }()
	<-entered
	resp, err := http.Get(server.URL + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "1" || !strings.Contains(string(body), "too many requests") {
		t.Errorf("the second request got %s %s", resp.Status, body)
	}
	close(leave)
	if got := <-first; got != http.StatusOK {
		t.Errorf("the first request got %d", got)
	}
	go func() { <-entered }()
	if got := httpservertest.Status(server.URL + "/slow"); got != http.StatusOK {
		t.Errorf("a request after that got %d", got)
	}
	if !strings.Contains(tel.Scrape(), "redspan_http_server_shed_requests_total 1") {
		t.Errorf("not counted in\n%s", tel.Scrape())
	}
	for _, span := range tel.AwaitSpans(t, 3) {
		if span.Name() != "GET /slow" || len(span.Events()) != 0 {
			t.Errorf("span %q with events %v", span.Name(), span.Events())
		}
	}
}
