package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"redspan/e2e"
)

func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		at     string
		status int
		kind   string
		tree   string
	}{
		"a panic of the store is a 502": {
			"store", http.StatusBadGateway, "/problems/bad-gateway", `
api SERVER "GET /error" 502 error fault exception
  api CLIENT "GET" 500 error fault
    store SERVER "GET /error" 500 error fault exception
`},
		"a failing query is a 502": {
			"database", http.StatusBadGateway, "/problems/bad-gateway", `
api SERVER "GET /error" 502 error fault exception
  api CLIENT "GET" 500 error fault
    store SERVER "GET /error" 500 error fault exception
      store CLIENT "SELECT" error fault
`},
		// The store did nothing wrong but to be slow: its caller went away.
		"a store that is late is a 504": {
			"timeout", http.StatusGatewayTimeout, "/problems/timeout", `
api SERVER "GET /error" 504 error fault exception
  api CLIENT "GET" error fault
    store SERVER "GET /error" 499 fault
`},
		"an explicit api is the same as none": {
			"api", http.StatusInternalServerError, "/problems/internal-error", divisionTree,
		},
		"an unknown place is a 400 and no failure": {
			"nonsense", http.StatusBadRequest, "/problems/malformed-request", `
api SERVER "GET /error" 400
`},
	} {
		t.Run(name, func(t *testing.T) {
			answer := e2e.MustGet(t, api+"/error?at="+test.at)
			wantProblem(t, answer, test.status, test.kind)
			awaitTree(t, answer.TraceID(), test.tree)
		})
	}
	t.Run("a panic of the store leaves its stack", func(t *testing.T) {
		place := sourceLine(t, "services/store/internal/httpapi/faults.go", "panic(")
		answer := e2e.MustGet(t, api+"/error?at=store")
		trace := awaitTree(t, answer.TraceID(), `
api SERVER "GET /error" 502 error fault exception
  api CLIENT "GET" 500 error fault
    store SERVER "GET /error" 500 error fault exception
`)
		event := trace.Roots[0].Children[0].Children[0].Events[0]
		if got, _ := event.Attributes["exception.stacktrace"].(string); !strings.Contains(got, place) {
			t.Errorf("the exception's stack does not name %s:\n%s", place, got)
		}
		for _, part := range []string{"api", "store"} {
			if lines := logLines(t, part, answer.TraceID()); len(lines) != 1 {
				t.Errorf("the %s logged %d lines, want 1: %v", part, len(lines), lines)
			}
		}
	})
}

func TestFaultGate(t *testing.T) {
	const token = "0123456789abcdef"
	runAPI := func(t *testing.T, env ...string) string {
		t.Helper()
		url, err := stack.RunAPI(t, env...)
		if err != nil {
			t.Fatal(err)
		}
		return url
	}
	t.Run("off by default, and then like any unknown path", func(t *testing.T) {
		url := runAPI(t)
		closed, unknown := e2e.MustGet(t, url+"/error"), e2e.MustGet(t, url+"/unknown")
		wantProblem(t, closed, http.StatusNotFound, "/problems/not-found")
		if got, want := withoutTrace(closed), withoutTrace(unknown); got != want {
			t.Errorf("/error answers\n%s\nbut an unknown path\n%s", got, want)
		}
	})
	t.Run("token refuses who has not got it", func(t *testing.T) {
		url := runAPI(t, "API_FAULTS=token", "API_FAULTS_TOKEN="+token)
		for _, authorization := range []string{"", "Bearer wrong", "Basic " + token, "Bearer " + token + "x"} {
			answer := e2e.MustSend(t, http.MethodGet, url+"/error", "", "Authorization: "+authorization)
			wantProblem(t, answer, http.StatusUnauthorized, "/problems/unauthenticated")
			if answer.Header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		}
	})
	t.Run("token admits who has it", func(t *testing.T) {
		url := runAPI(t, "API_FAULTS=token", "API_FAULTS_TOKEN="+token)
		answer := e2e.MustSend(t, http.MethodGet, url+"/error", "", "Authorization: Bearer "+token)
		wantProblem(t, answer, http.StatusInternalServerError, "/problems/internal-error")
	})
	t.Run("open is refused in production", func(t *testing.T) {
		_, err := stack.RunAPI(t, "API_FAULTS=open", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=production")
		if err == nil || !strings.Contains(err.Error(), "API_FAULTS") {
			t.Errorf("got %v, want a refusal that names API_FAULTS", err)
		}
	})
}

// withoutTrace returns all of an answer but what differs from one request to
// the next.
func withoutTrace(a e2e.Answer) string {
	var b strings.Builder
	header := a.Header.Clone()
	header.Del("Traceresponse")
	header.Del("Date")
	_ = header.Write(&b) // a strings.Builder takes everything
	return b.String() + strings.ReplaceAll(string(a.Body), a.TraceID(), "")
}
