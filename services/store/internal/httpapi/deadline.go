package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"redspan/internal/httpserver"
	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

const (
	// deadlineGrace is what the store adds to the caller's deadline. A caller
	// that gives up closes the connection, which ends the request sooner; the
	// store's own end is for one that cannot, as when the network is cut.
	deadlineGrace = 250 * time.Millisecond
	// maxTimeout bounds a request without a deadline, or with a far one.
	maxTimeout = 30 * time.Second
)

// withDeadline ends a request, and its queries, when its caller no longer waits.
func withDeadline(next httpserver.Handler) httpserver.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		timeout := maxTimeout
		if value := r.Header.Get(taskapi.HeaderTimeout); value != "" {
			ms, err := strconv.ParseInt(value, 10, 64)
			if err != nil || ms < 0 {
				return problem.New(problem.Malformed, "The header %s must be a number of milliseconds.", taskapi.HeaderTimeout)
			}
			if given := time.Duration(min(ms, maxTimeout.Milliseconds())) * time.Millisecond; given+deadlineGrace < timeout {
				timeout = given + deadlineGrace
			}
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		return next(w, r.WithContext(ctx))
	}
}
