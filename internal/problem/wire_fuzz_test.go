package problem_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"redspan/internal/problem"
)

// Whatever an answer holds, it becomes a problem that is in the table, has the
// answer's status where that is in the table, and can be sent on.
func FuzzFromResponse(f *testing.F) {
	for _, seed := range []struct {
		status            int
		contentType, body string
		retryAfter        string
	}{
		{404, problem.ContentType, `{"type":"/problems/not-found","title":"Not found","status":404,"detail":"x","trace_id":"abc"}`, ""},
		{422, problem.ContentType + "; charset=utf-8", `{"type":"/problems/idempotency-key-reused","errors":[{"field":"a","message":"b"}]}`, ""},
		{500, problem.ContentType, `{"type":"/problems/of-somebody-else"}`, ""},
		{404, problem.ContentType, `{"type":"/problems/internal-error"}`, ""},
		{503, problem.ContentType, `{"type":"about:blank"}`, "1"},
		{503, "text/html", `<html>`, "Wed, 21 Oct 2026 07:28:00 GMT"},
		{503, problem.ContentType, `{"errors":[null],"status":"x"}`, "9223372036854775807"},
		{429, problem.ContentType, `[`, "-1"},
		{499, "", "", "99999999999"},
		{599, problem.ContentType, "null\x00", ""},
	} {
		f.Add(seed.status, seed.contentType, seed.body, seed.retryAfter)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body, retryAfter string) {
		if status < http.StatusBadRequest || status > 599 {
			return
		}
		e := problem.FromResponse(&http.Response{
			StatusCode: status, Status: strconv.Itoa(status),
			Header: http.Header{"Content-Type": {contentType}, "Retry-After": {retryAfter}},
			Body:   io.NopCloser(strings.NewReader(body)),
		})
		if !slices.Contains(problem.Codes(), e.Code) {
			t.Errorf("code %q is not in the table", e.Code)
		}
		if want := problem.CodeOf(status).Status(); e.Code.Status() != want {
			t.Errorf("code %s has status %d, want %d", e.Code, e.Code.Status(), want)
		}
		if seconds, err := strconv.Atoi(retryAfter); e.RetryAfter < 0 || e.RetryAfter > 0 && (err != nil || e.RetryAfter > time.Duration(seconds)*time.Second) {
			t.Errorf("Retry-After %q is read as %s", retryAfter, e.RetryAfter)
		}
		w := httptest.NewRecorder()
		if err := problem.Write(w, e, ""); err != nil {
			t.Fatal(err)
		}
		if w.Code != e.Code.Status() || !json.Valid(w.Body.Bytes()) {
			t.Errorf("sent on as %d %s", w.Code, w.Body)
		}
	})
}
