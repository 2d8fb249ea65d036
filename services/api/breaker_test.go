package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
)

// roundTripper answers with what the test sets.
type roundTripper struct {
	err   error
	calls int
}

func (r *roundTripper) RoundTrip(*http.Request) (*http.Response, error) {
	r.calls++
	return &http.Response{StatusCode: http.StatusInternalServerError}, r.err
}

func TestBreaker(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	t.Run("opens when the store is gone, and closes when it is back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := &roundTripper{err: refused}
			b := newBreaker(store)
			for range breakerFailures {
				if _, err := b.RoundTrip(nil); !errors.Is(err, refused) {
					t.Fatalf("got %v", err)
				}
			}
			if _, err := b.RoundTrip(nil); !errors.Is(err, gobreaker.ErrOpenState) || store.calls != breakerFailures {
				t.Fatalf("got %v after %d calls, want an open circuit", err, store.calls)
			}
			store.err = nil
			time.Sleep(2 * breakerPause) // in the bubble's time
			for range 2 {
				if _, err := b.RoundTrip(nil); err != nil {
					t.Errorf("after the pause: %v", err)
				}
			}
		})
	})
	t.Run("is not kept closed by callers that left", func(t *testing.T) {
		store := &roundTripper{}
		b := newBreaker(store)
		for i := range 2 * breakerFailures {
			store.err = refused
			if i%2 == 1 {
				store.err = context.Canceled
			}
			_, _ = b.RoundTrip(nil)
		}
		if _, err := b.RoundTrip(nil); !errors.Is(err, gobreaker.ErrOpenState) {
			t.Errorf("got %v, want an open circuit", err)
		}
	})
}

func TestBreakerStaysClosed(t *testing.T) {
	for name, err := range map[string]error{
		"a slow store":      context.DeadlineExceeded,
		"errors":            nil, // the answer is a 500
		"callers that left": context.Canceled,
		"a reset":           &net.OpError{Op: "read", Err: errors.New("connection reset")},
	} {
		t.Run("with "+name, func(t *testing.T) {
			b := newBreaker(&roundTripper{err: err})
			for range 3 * breakerFailures {
				if _, got := b.RoundTrip(nil); !errors.Is(got, err) {
					t.Fatalf("got %v", got)
				}
			}
		})
	}
}
