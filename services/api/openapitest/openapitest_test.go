package openapitest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"redspan/services/api/openapitest"
)

const (
	task = `{"id":"01a212f2-a5fe-7532-ae92-a1eb638c2c6b","title":"Buy milk","description":"","done":false,` +
		`"created_at":"2026-11-25T13:43:41.822334Z","updated_at":"2026-11-25T13:43:41.822334Z","version":1}`
	taskPath = "/tasks/01a212f2-a5fe-7532-ae92-a1eb638c2c6b"
	notFound = `{"type":"/problems/not-found","title":"Not found","status":404}`
	trace    = "Traceresponse: 00-b71b6efb0c1599080c56b3d03e085a1c-c5a042d2af70ddee-01"
	ofJSON   = "Content-Type: application/json"
	ofJSONOK = trace + "\nContent-Type: application/json\nEtag: \"1\""
	problem  = trace + "\nContent-Type: application/problem+json"
)

// recorder is a test that keeps its errors.
type recorder struct {
	testing.TB

	errors string
}

func (r *recorder) Errorf(format string, args ...any) { r.errors += fmt.Sprintf(format, args...) }

// canned answers every request with itself.
type canned struct {
	status       int
	header, body string
}

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: c.status, Status: fmt.Sprint(c.status), Header: headers(c.header),
		Body: io.NopCloser(strings.NewReader(c.body)), Request: req,
	}, nil
}

func headers(lines string) http.Header {
	header := http.Header{}
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		header.Set(name, value)
	}
	return header
}

func TestTransport(t *testing.T) {
	document := openapitest.Load(t, "../openapi.yaml")
	tests := map[string]struct {
		request, header, body string
		answer                canned
		want                  string // in the error; "" for none
	}{
		"a task":                     {"GET " + taskPath, "", "", canned{200, ofJSONOK, task}, ""},
		"HEAD":                       {"HEAD " + taskPath, "", "", canned{200, ofJSONOK, ""}, ""},
		"not modified":               {"GET " + taskPath, `If-None-Match: "1"`, "", canned{304, trace + "\nEtag: \"1\"", ""}, ""},
		"a deleted task":             {"DELETE " + taskPath, "", "", canned{204, trace, ""}, ""},
		"a wrong request is refused": {"GET /tasks?limit=0", "", "", canned{400, problem, strings.NewReplacer("404", "400", "not-found", "malformed-request").Replace(notFound)}, ""},
		"an unknown path":            {"GET /nothing", "", "", canned{404, problem, notFound}, ""},
		"OPTIONS":                    {"OPTIONS /tasks", "", "", canned{204, trace + "\nAllow: GET", ""}, ""},
		"a path that is not clean":   {"GET //tasks", "", "", canned{307, trace + "\nLocation: /tasks\nContent-Type: text/html", "<a>"}, ""},

		"no trace":                   {"GET " + taskPath, "", "", canned{200, ofJSON + "\nEtag: \"1\"", task}, "traceresponse"},
		"a weak entity tag":          {"GET " + taskPath, "", "", canned{200, trace + "\n" + ofJSON + "\nEtag: W/\"1\"", task}, "ETag"},
		"another content type":       {"GET " + taskPath, "", "", canned{200, trace + "\nContent-Type: text/html\nEtag: \"1\"", task}, "Content-Type"},
		"a member too many":          {"GET " + taskPath, "", "", canned{200, ofJSONOK, `{"owner":"me",` + task[1:]}, "owner"},
		"a member too few":           {"GET " + taskPath, "", "", canned{200, ofJSONOK, strings.Replace(task, `"done":false,`, "", 1)}, "done"},
		"a time with an offset":      {"GET " + taskPath, "", "", canned{200, ofJSONOK, strings.ReplaceAll(task, "Z", "+01:00")}, "created_at"},
		"an unknown status":          {"GET " + taskPath, "", "", canned{202, ofJSONOK, task}, "status"},
		"no entity tag with 304":     {"GET " + taskPath, "", "", canned{304, trace, ""}, "ETag"},
		"HEAD without its headers":   {"HEAD " + taskPath, "", "", canned{200, ofJSON, ""}, "ETag"},
		"content with 204":           {"DELETE " + taskPath, "", "", canned{204, trace, "gone"}, "content"},
		"another problem":            {"GET " + taskPath, "", "", canned{404, problem, strings.Replace(notFound, "not-found", "timeout", 1)}, "type"},
		"an unknown path in text":    {"GET /nothing", "", "", canned{404, trace + "\nContent-Type: text/plain", "404"}, "Content-Type"},
		"an unknown path that works": {"GET /nothing", "", "", canned{200, trace, ""}, "no operation"},
		"405 without Allow":          {"PUT /tasks", "", "", canned{405, problem, strings.NewReplacer("404", "405", "not-found", "method-not-allowed").Replace(notFound)}, "Allow"},
		"a wrong parameter works":    {"GET /tasks?limit=0", "", "", canned{200, trace + "\n" + ofJSON, `{"tasks":[]}`}, "limit"},
		"a wrong header works":       {"GET " + taskPath, "If-None-Match: 1", "", canned{304, trace + "\nEtag: \"1\"", ""}, "If-None-Match"},
		"wrong content works":        {"POST /tasks", ofJSON, `{"title":""}`, canned{201, ofJSONOK + "\nLocation: " + taskPath, task}, "title"},
		"content where none belongs": {"DELETE " + taskPath, ofJSON, `{}`, canned{204, trace, ""}, "body"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			method, path, _ := strings.Cut(test.request, " ")
			req, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = headers(test.header)
			resp, err := document.Transport(r, test.answer).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != test.answer.body {
				t.Errorf("the body reads %q, %v", body, err)
			}
			if (r.errors == "") != (test.want == "") || !strings.Contains(r.errors, test.want) {
				t.Errorf("got the error %q, want %q", r.errors, test.want)
			}
		})
	}
}
