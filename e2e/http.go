package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"redspan/services/api/openapitest"
)

// Answer is an HTTP response that has been read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is the body of a failure, RFC 9457.
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Detail  string `json:"detail"`
	TraceID string `json:"trace_id"`
}

// Send sends a request and reads the answer, whatever its status.
func Send(req *http.Request) (Answer, error) { return send(http.DefaultTransport, req) }

func send(transport http.RoundTripper, req *http.Request) (Answer, error) {
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, body}, err
}

// Get sends a GET request.
func Get(ctx context.Context, url string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return Answer{}, err
	}
	return Send(req)
}

// MustSend sends a request with a JSON body, if any, and headers given as
// "Name: value". It fails the test if there is no answer. The header Host is
// sent as the request's host. What is sent to the api and comes back is held to
// the OpenAPI document.
func MustSend(t testing.TB, method, url, body string, headers ...string) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	transport := http.DefaultTransport
	if apiURL != "" && strings.HasPrefix(url, apiURL+"/") {
		transport = Documented(t)
	}
	answer, err := send(transport, req)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// apiURL is that of the api that Start started.
var apiURL string

// Documented returns a transport to the api that holds requests and answers to
// the OpenAPI document.
func Documented(t testing.TB) http.RoundTripper {
	t.Helper()
	return openapitest.Load(t, "../services/api/openapi.yaml").Transport(t, http.DefaultTransport)
}

// MustGet is MustSend for a GET request.
func MustGet(t testing.TB, url string) Answer {
	t.Helper()
	return MustSend(t, http.MethodGet, url, "")
}

// TraceID returns the trace id of the Traceresponse header, or "".
func (a Answer) TraceID() string {
	if parts := strings.Split(a.Header.Get("Traceresponse"), "-"); len(parts) == 4 {
		return parts[1]
	}
	return ""
}

// Problem reads the body as a problem; what is no problem is an error.
func (a Answer) Problem() (Problem, error) {
	var p Problem
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		return p, fmt.Errorf("status %d with content type %q: %s", a.Status, got, a.Body)
	}
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return p, fmt.Errorf("the problem %s: %w", a.Body, err)
	}
	return p, nil
}

// getJSON gets a document; any status but 200 is an error.
func getJSON(ctx context.Context, url string, into any) error {
	answer, err := Get(ctx, url)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("GET %s: status %d: %s", url, answer.Status, answer.Body)
	}
	return json.Unmarshal(answer.Body, into)
}
