package tempo_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"redspan/stack/internal/tempo"
)

func TestAwait(t *testing.T) {
	trace, err := os.ReadFile("../tracetree/testdata/error.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("waits until the trace is there", func(t *testing.T) {
		var calls atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v2/traces/abc" {
				t.Errorf("asked for %s", r.URL.Path)
			}
			if calls.Add(1) < 3 {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write([]byte(`{"trace":` + string(trace) + `}`))
		}))
		defer server.Close()
		spans, err := tempo.Await(t.Context(), server.URL, "abc")
		if err != nil || len(spans) != 4 {
			t.Errorf("got %d spans, %v", len(spans), err)
		}
	})
	t.Run("gives up when told to", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		defer server.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := tempo.Await(ctx, server.URL, "abc"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("reports a failing Tempo", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no", http.StatusInternalServerError)
		}))
		defer server.Close()
		if _, err := tempo.Await(t.Context(), server.URL, "abc"); err == nil {
			t.Error("no error")
		}
	})
}
