package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	breakerFailures = 5           // in a row, and the circuit opens
	breakerPause    = time.Second // until one request tries again
)

// breaker is a circuit breaker around the connections to the store. While the
// store is gone it fails calls at once instead of letting each wait for a
// connection. A store that is there but slow, or answers with errors, does not
// open it.
type breaker struct {
	next    http.RoundTripper
	circuit *gobreaker.CircuitBreaker[*http.Response]
}

func newBreaker(next http.RoundTripper) *breaker {
	return &breaker{next, gobreaker.NewCircuitBreaker[*http.Response](gobreaker.Settings{ //nolint:bodyclose // a type, not a response
		Name:         "store",
		Timeout:      breakerPause,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		IsSuccessful: func(err error) bool { return !failedToConnect(err) },
		// A caller that left says nothing about the store.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			slog.Warn("circuit changed", "to", name, "was", from.String(), "is", to.String())
		},
	})}
}

// RoundTrip implements http.RoundTripper.
func (b *breaker) RoundTrip(req *http.Request) (*http.Response, error) {
	return b.circuit.Execute(func() (*http.Response, error) { return b.next.RoundTrip(req) })
}

func failedToConnect(err error) bool {
	var e *net.OpError
	return errors.As(err, &e) && e.Op == "dial"
}
