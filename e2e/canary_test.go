package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"redspan/e2e"
)

// TestCanary sends requests whose every part is a secret, and looks for it
// where it must not be: in the traces, the logs and the problems.
func TestCanary(t *testing.T) {
	const (
		canary  = "canary-1d5f2b"
		content = `{"title":"` + canary + `","description":"` + canary + `"}`
	)
	for request, status := range map[string]int{
		"POST /tasks": http.StatusCreated, "PATCH /tasks/01a212db-bcc1-7500-bb2b-4baaf95f45ed": http.StatusNotFound,
		"GET /tasks?cursor=" + canary: http.StatusBadRequest, "GET /error?secret=" + canary: http.StatusInternalServerError,
		"GET /error?at=store&secret=" + canary: http.StatusBadGateway, "GET /error?at=database&secret=" + canary: http.StatusBadGateway,
	} {
		t.Run(strings.ReplaceAll(request, canary, ""), func(t *testing.T) {
			method, target, _ := strings.Cut(request, " ")
			answer := e2e.MustSend(t, method, api+target, content,
				"Authorization: Bearer "+canary, "Cookie: session="+canary, "Idempotency-Key: "+canary, "X-Api-Key: "+canary,
				"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Tracestate: vendor="+canary, "Baggage: user="+canary)
			if answer.Status != status {
				t.Fatalf("status %d: %s", answer.Status, answer.Body)
			}
			if status >= http.StatusBadRequest && strings.Contains(string(answer.Body), canary) {
				t.Errorf("answered %s", answer.Body)
			}
			trace := e2e.Await(t, func(ctx context.Context) (string, error) {
				found, err := e2e.Get(ctx, tempo.URL+"/api/traces/"+answer.TraceID())
				text := string(found.Body)
				if err == nil && (found.Status != http.StatusOK || strings.Count(text, "SPAN_KIND_SERVER") < 2) {
					err = fmt.Errorf("the trace is not whole yet: status %d, %.200s", found.Status, text)
				}
				return text, err
			})
			if strings.Contains(trace, canary) {
				t.Errorf("the trace holds it: %s", trace)
			}
		})
	}
	for _, part := range []string{"api", "store"} {
		if log, err := stack.Log(part); err != nil || strings.Contains(log, canary) {
			t.Errorf("it is in the log of the %s (%v)", part, err)
		}
	}
}
