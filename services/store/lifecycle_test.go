package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"redspan/internal/httpserver/httpservertest"
	"redspan/services/store/internal/postgres/postgrestest"
)

// canary is the password, and in all that callers send; nobody is to see it.
const canary = "canary"

// sink keeps what is logged or exported.
type sink struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// captureLog returns what is logged until the test ends.
func captureLog(t *testing.T) *sink {
	t.Helper()
	var log sink
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

func TestStartWithoutPostgreSQL(t *testing.T) {
	log := captureLog(t)
	err := run(t.Context(), []string{
		"STORE_DATABASE_URL=postgres://u:" + canary + "@" + httpservertest.FreeAddr(t) + "/tasks", "STORE_START_TIMEOUT=1500ms", "OTEL_TRACES_EXPORTER=none",
	})
	if err == nil || !strings.Contains(err.Error(), "no answer within 1.5s") || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), canary) {
		t.Errorf("ended with %v", err)
	}
	if got := log.String(); !strings.Contains(got, "waiting for the database") || strings.Contains(got, canary) {
		t.Errorf("logged %s", got)
	}
}

// TestPostgreSQLGoesAndComesBack also wants that meanwhile nothing of a caller
// or of the configuration gets out.
func TestPostgreSQLGoesAndComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	database, err := postgrestest.Start(t.Context())
	if err != nil {
		t.Fatal("this test needs PostgreSQL: ", err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	if !database.Owned() {
		t.Skip("cannot stop the server at TEST_DATABASE_URL")
	}
	log := captureLog(t)
	var exported sink
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&exported, r.Body) }))
	defer collector.Close()
	u, err := url.Parse(database.Create(t, ""))
	if err != nil {
		t.Fatal(err)
	}

	t.Run("a role that is refused ends the start at once", func(t *testing.T) {
		refused := *u
		refused.User = url.UserPassword("nobody_knows", canary)
		err := run(t.Context(), []string{"STORE_DATABASE_URL=" + refused.String(), "STORE_START_TIMEOUT=1h", "OTEL_TRACES_EXPORTER=none"})
		if err == nil || !strings.Contains(err.Error(), "nobody_knows") || strings.Contains(err.Error(), canary) {
			t.Errorf("ended with %v", err)
		}
	})

	u.User = url.UserPassword("postgres", canary) // which the server trusts without it
	addr, admin := httpservertest.FreeAddr(t), httpservertest.FreeAddr(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{
			"STORE_ADDR=" + addr, "STORE_ADMIN_ADDR=" + admin, "STORE_DATABASE_URL=" + u.String(), "STORE_FAULTS=open",
			"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL,
		})
	}()
	defer stop()
	answers := func(want int) {
		t.Helper()
		httpservertest.Eventually(t, func() bool { return send(t, "GET", admin, "/readyz") == want })
	}
	works := func() {
		t.Helper()
		for request, want := range map[string]int{"POST /tasks": 201, "GET /tasks?limit=1": 200, "GET /error?at=database&x=" + canary: 500} {
			method, target, _ := strings.Cut(request, " ")
			if got := send(t, method, addr, target); got != want {
				t.Errorf("%s is answered %d, want %d", request, got, want)
			}
		}
	}

	answers(http.StatusOK)
	works()
	if err := database.Stop(); err != nil {
		t.Fatal(err)
	}
	answers(http.StatusServiceUnavailable)
	for _, method := range []string{"GET", "POST"} {
		began := time.Now()
		if got := send(t, method, addr, "/tasks"); got != http.StatusServiceUnavailable {
			t.Errorf("without PostgreSQL %s is answered %d", method, got)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("without PostgreSQL %s took %s", method, took)
		}
	}
	if err := database.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(http.StatusOK)
	works()

	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := exported.String(); !strings.Contains(got, "INSERT tasks") || strings.Contains(got, canary) {
		t.Errorf("exported %q", got)
	}
	if got := log.String(); !strings.Contains(got, "request failed") || strings.Contains(got, canary) {
		t.Errorf("logged %s", got)
	}
}

// send sends a request full of canaries and returns the status, or 0 if there
// is no answer. A failure's answer must not repeat any.
func send(t *testing.T, method, addr, target string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+target,
		strings.NewReader(`{"title":"`+canary+`-title","description":"`+canary+`-description"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "Idempotency-Key": {canary + "-key"}, "Authorization": {canary}, "Cookie": {"a=" + canary},
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	if resp.StatusCode >= http.StatusBadRequest && strings.Contains(string(body), canary) {
		t.Errorf("%s %s is answered %s", method, target, body)
	}
	return resp.StatusCode
}
