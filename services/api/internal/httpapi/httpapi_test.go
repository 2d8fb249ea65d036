package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"redspan/internal/config"
	"redspan/internal/fault"
	"redspan/internal/httpserver"
	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/internal/telemetry"
	"redspan/internal/telemetry/telemetrytest"
	"redspan/services/api/internal/httpapi"
	"redspan/services/api/openapitest"
)

const (
	documentFile               = "../../openapi.yaml"
	maxRequests                = 10
	taskPath                   = "/tasks/01a212db-bcc1-7500-bb2b-4baaf95f45ed"
	timeout                    = 100 * time.Millisecond
	token        config.Secret = "0123456789abcdef"
	storeText                  = "the store's own text"
)

// serve starts an api in front of a store that answers with handler.
func serve(t *testing.T, faults fault.Config, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	store := httptest.NewServer(handler)
	t.Cleanup(store.Close)
	return serveURL(t, faults, store.URL)
}

func serveURL(t *testing.T, faults fault.Config, url string) *httptest.Server {
	t.Helper()
	document, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	mux := httpapi.New(httpapi.Store{
		Client: taskapi.Client{URL: url, Transport: transport}, Untraced: transport, Timeout: timeout,
	}, faults, document)
	handler, err := httpserver.NewHandler(telemetrytest.Start(t, "api").Telemetry, mux, maxRequests, telemetry.Server{
		Address: "127.0.0.1:8080", Public: true, Untraced: []string{httpapi.HealthPath},
	})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	return api
}

func TestForward(t *testing.T) {
	t.Run("passes requests and answers on as they are", func(t *testing.T) {
		const (
			patch  = `{"done": true}`
			answer = `{"id": "01a212db-bcc1-7500-bb2b-4baaf95f45ed",  "title": "kept as it is", "description": "", "done": true,
				"created_at": "2026-11-25T13:43:41Z", "updated_at": "2026-11-25T13:43:41.8Z", "version": 8}`
		)
		api := serve(t, fault.Config{}, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != patch || r.Method != "PATCH" || r.URL.RequestURI() != taskPath+"?a=%20b&a" {
				t.Errorf("the store got %s %s %q, %v", r.Method, r.URL.RequestURI(), body, err)
			}
			if r.Header.Get("If-Match") != `"7"` || r.Header.Get("Content-Type") != "application/merge-patch+json" {
				t.Errorf("the store got headers %v", r.Header)
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"8"`)
			_, _ = io.WriteString(w, answer)
		})
		resp, body := do(t, api, "PATCH "+taskPath+"?a=%20b&a", patch, http.Header{"If-Match": {`"7"`}, "Content-Type": {"application/merge-patch+json"}})
		if resp.StatusCode != http.StatusOK || body != answer || resp.Header.Get("Etag") != `"8"` {
			t.Errorf("got %s %s %v", resp.Status, body, resp.Header)
		}
	})
	t.Run("lets no other header cross", func(t *testing.T) {
		api := serve(t, fault.Config{}, func(w http.ResponseWriter, r *http.Request) {
			for _, name := range []string{"Authorization", "Baggage", "Cookie", "Traceparent", "Tracestate", "X-Forwarded-For"} {
				if r.Header.Get(name) != "" {
					t.Errorf("the store got %s", name)
				}
			}
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("Traceresponse", "the store's")
			emptyPage(w, r)
		})
		resp, _ := do(t, api, "GET /tasks", "", http.Header{
			"Authorization": {"x"}, "Baggage": {"a=b"}, "Cookie": {"a=b"}, "Tracestate": {"a=b"}, "X-Forwarded-For": {"1.2.3.4"},
			"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		})
		if resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("Traceresponse") == "the store's" {
			t.Errorf("the caller got %v", resp.Header)
		}
	})
}

func TestForwardRefuses(t *testing.T) {
	t.Run("what is no task's id", func(t *testing.T) {
		api := serve(t, fault.Config{}, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the store got %s", r.URL) })
		for _, path := range []string{"/tasks/count", "/tasks/..%2Ferror", "/tasks/1"} {
			if resp, _ := do(t, api, "GET "+path, "", nil); resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s: got %s", path, resp.Status)
			}
		}
	})
	t.Run("a body that is too large", func(t *testing.T) {
		api := serve(t, fault.Config{}, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		if resp, _ := do(t, api, "POST /tasks", strings.Repeat("x", 65<<10), nil); resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %s", resp.Status)
		}
	})
}

func TestAccept(t *testing.T) {
	api := serve(t, fault.Config{}, emptyPage)
	for accept, want := range map[string]int{
		"": 200, "*/*": 200, "application/*;q=0.1": 200, "text/html, application/json": 200, "text/html": 406, "application/json;q=0": 406, "*/*, application/json;q=0": 406, "application/*;q=0, application/json": 200, "nonsense": 406,
	} {
		if resp, body := do(t, api, "GET /tasks", "", http.Header{"Accept": {accept}}); resp.StatusCode != want {
			t.Errorf("Accept %q: got %s %s", accept, resp.Status, body)
		}
	}
}

func TestStoreFailures(t *testing.T) {
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_ = problem.Write(w, problem.New(problem.CodeOf(status), storeText), "")
		}
	}
	tests := map[string]struct {
		store  http.HandlerFunc
		status int
		keeps  bool // the store's text
	}{
		"a 404 passes":                {answer(404), 404, true},
		"a 412 passes":                {answer(412), 412, true},
		"a 500 is a 502":              {answer(500), 502, false},
		"a 503 is a 502":              {answer(503), 502, false},
		"a late answer is a 504":      {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, false},
		"a broken connection is 503":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 503, false},
		"what is no HTTP is also 503": {hijack("nonsense\r\n\r\n"), 503, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			resp, body := do(t, serve(t, fault.Config{}, test.store), "DELETE "+taskPath, "", nil)
			if resp.StatusCode != test.status || strings.Contains(body, storeText) != test.keeps {
				t.Errorf("got %s %s", resp.Status, body)
			}
			if got := resp.Header.Get("Retry-After"); (got == "1") != (test.status == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After %q", got)
			}
		})
	}
	t.Run("half an answer does not look whole", func(t *testing.T) {
		api := serve(t, fault.Config{}, hijack("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
		resp, err := api.Client().Get(api.URL + "/tasks")
		if err == nil {
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
		}
		if err == nil {
			t.Error("the caller read half an answer without an error")
		}
	})
}

func TestHealth(t *testing.T) {
	for status, want := range map[int]int{200: 200, 503: 503, 404: 503} {
		api := serve(t, fault.Config{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if resp, body := do(t, api, "GET /health", "", nil); resp.StatusCode != want || want == 200 && body != `{"status":"ok"}` {
			t.Errorf("store %d: got %s %s", status, resp.Status, body)
		}
	}
	if resp, _ := do(t, serveURL(t, fault.Config{}, "http://127.0.0.1:1"), "GET /health", "", nil); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("no store: got %s", resp.Status)
	}
}

func TestFaults(t *testing.T) {
	store := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/tasks/count":
			_, _ = io.WriteString(w, `{"count":7}`)
		case r.URL.Query().Get("at") == "timeout":
			<-r.Context().Done()
		case r.Header.Get("Authorization") == "Bearer "+token.Reveal():
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	withToken := fault.Config{Mode: fault.Token, Token: token}
	bearer := http.Header{"Authorization": {"Bearer " + token.Reveal()}}
	tests := map[string]struct {
		faults fault.Config
		path   string
		header http.Header
		status int
	}{
		"off is like any unknown path":           {fault.Config{Mode: fault.Off}, "/error", bearer, 404},
		"open divides by zero":                   {fault.Config{Mode: fault.Open}, "/error", nil, 500},
		"api is the default":                     {fault.Config{Mode: fault.Open}, "/error?at=api", nil, 500},
		"a place that is none":                   {fault.Config{Mode: fault.Open}, "/error?at=home", nil, 400},
		"too late":                               {fault.Config{Mode: fault.Open}, "/error?at=timeout", nil, 504},
		"without the token":                      {withToken, "/error", nil, 401},
		"with the token":                         {withToken, "/error", bearer, 500},
		"the store gets the token":               {withToken, "/error?at=store", bearer, 502},
		"a store that refuses is said to do so":  {fault.Config{Mode: fault.Open}, "/error?at=database", nil, 502},
		"only the token opens the store's fault": {withToken, "/error?at=database", nil, 401},
		"another path is not the fault route":    {withToken, "/errors", bearer, 404},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if resp, body := do(t, serve(t, test.faults, store), "GET "+test.path, "", test.header); resp.StatusCode != test.status {
				t.Errorf("got %s %s, want %d", resp.Status, body, test.status)
			}
		})
	}
}

// emptyPage answers as a store without tasks.
func emptyPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"tasks":[]}`)
}

// hijack answers with raw bytes and closes the connection.
func hijack(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
}

func do(t *testing.T, server *httptest.Server, request, content string, header http.Header) (*http.Response, string) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	client := http.Client{Transport: openapitest.Load(t, documentFile).Transport(t, server.Client().Transport)}
	resp, err := client.Do(req)
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
