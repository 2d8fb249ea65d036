package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"redspan/internal/fault"
	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/internal/taskapi/taskapitest"
	"redspan/services/store/internal/httpapi"
)

// store is a Fake with the store's other two methods.
type store struct{ taskapitest.Fake }

func (s *store) Ping(context.Context) error { return s.Err }
func (*store) Fail(context.Context) error   { return errors.New("statement failed") }

func serve(t *testing.T, s *store, faults fault.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(httpapi.New(s, faults))
	t.Cleanup(server.Close)
	return server
}

func TestClientAndServer(t *testing.T) {
	taskapitest.Exercise(t, func(t *testing.T) taskapi.Service {
		server := serve(t, &store{}, fault.Config{})
		return &taskapi.Client{URL: server.URL, Transport: server.Client().Transport}
	})
}

func TestRequests(t *testing.T) {
	const json = "application/json"
	tests := map[string]struct {
		request     string
		contentType string
		body        string
		status      int
		want        string // in the body
	}{
		"no content type":              {"POST /tasks", "", `{"title":"x"}`, 415, "Send the content as application/json."},
		"an empty body":                {"POST /tasks", json, ``, 400, "empty"},
		"half a body":                  {"POST /tasks", json, `{"title":`, 400, "unexpected EOF"},
		"no JSON":                      {"POST /tasks", json, `title`, 400, "JSON object"},
		"no object":                    {"POST /tasks", json, `[]`, 400, "must be a JSON object"},
		"more than one value":          {"POST /tasks", json, `{"title":"x"}{}`, 400, "goes on after"},
		"an unknown member":            {"POST /tasks", json, `{"title":"x","id":"1"}`, 422, `"field":"id"`},
		"a member of another type":     {"POST /tasks", json, `{"title":1}`, 422, `"field":"title"`},
		"two fields that are wrong":    {"POST /tasks", json, `{"title":"","description":"` + strings.Repeat("x", 2001) + `"}`, 422, `"field":"description"`},
		"a body that is too large":     {"POST /tasks", json, `{"title":"` + strings.Repeat("x", 1<<17) + `"}`, 413, "65536 bytes"},
		"a patch of unknown members":   {"PATCH /tasks/01a212db-bcc1-7500-bb2b-4baaf95f45ed", json, `{"id":"1"}`, 422, `"field":"id"`},
		"an id that is none":           {"GET /tasks/7", "", "", 404, "no such task"},
		"an id in another form":        {"GET /tasks/01a212dbbcc17500bb2b4baaf95f45ed", "", "", 404, "no such task"},
		"an unknown id":                {"GET /tasks/01a212db-bcc1-7500-bb2b-4baaf95f45ed", "", "", 404, "There is no task 01a212db"},
		"an unknown parameter":         {"GET /tasks?page=2", "", "", 400, "no parameter"},
		"a query that is none":         {"GET /tasks?%zz", "", "", 400, "cannot be decoded"},
		"health":                       {"GET /health", "", "", 200, `{"status":"ok"}`},
		"faults are off":               {"GET /error?at=store", "", "", 404, "nothing at this path"},
		"a method that is not allowed": {"DELETE /tasks", "", "", 405, "no method DELETE"},
	}
	server := serve(t, &store{}, fault.Config{Mode: fault.Off})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			resp, body := do(t, server, test.request, test.contentType, test.body)
			if resp.StatusCode != test.status || !strings.Contains(body, test.want) {
				t.Errorf("got %d %s\nwant %d with %q", resp.StatusCode, body, test.status, test.want)
			}
		})
	}
}

func TestCreateNamesTheTask(t *testing.T) {
	server := serve(t, &store{}, fault.Config{})
	resp, body := do(t, server, "POST /tasks", "application/json; charset=utf-8", `{"title":"x"}`)
	location := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusCreated || resp.Header.Get("Etag") != `"1"` || !strings.HasPrefix(location, "/tasks/") {
		t.Errorf("got %s, Location %q, ETag %q", resp.Status, location, resp.Header.Get("Etag"))
	}
	if _, again := do(t, server, "GET "+location, "", ""); again != body {
		t.Errorf("created %s\nread    %s", body, again)
	}
}

func TestFaults(t *testing.T) {
	server := serve(t, &store{}, fault.Config{Mode: fault.Open})
	for at, status := range map[string]int{"store": 500, "database": 500, "nowhere": 400} {
		t.Run(at, func(t *testing.T) {
			if resp, body := do(t, server, "GET /error?at="+at, "", ""); resp.StatusCode != status || strings.Contains(body, "statement") {
				t.Errorf("got %s %s", resp.Status, body)
			}
		})
	}
}

func TestHealthOfAStoreThatFails(t *testing.T) {
	s := &store{Fake: taskapitest.Fake{Err: problem.New(problem.Internal, "")}}
	if resp, _ := do(t, serve(t, s, fault.Config{}), "GET /health", "", ""); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %s", resp.Status)
	}
}

func do(t *testing.T, server *httptest.Server, request, contentType, content string) (*http.Response, string) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
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
