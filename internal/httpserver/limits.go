package httpserver

import (
	"net/http"
	"time"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
)

// The limits of a connection and of a request's header. A request that meets
// one is broken or hostile.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 45 * time.Second
	idleTimeout       = 2 * time.Minute

	maxTarget = 4 << 10  // bytes of the request target
	maxHeader = 16 << 10 // bytes of all header fields together
	// hardMaxHeader is where net/http stops reading and answers 431 in plain
	// text, before there is a request that could be traced.
	hardMaxHeader = 64 << 10
)

// checkSize refuses a request whose target or header is too large.
func checkSize(r *http.Request) error {
	if len(r.RequestURI) > maxTarget {
		return problem.New(problem.URITooLong, "The request target has more than %d bytes.", maxTarget)
	}
	size := 0
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > maxHeader {
		return problem.New(problem.HeaderTooLarge, "The header fields have more than %d bytes together.", maxHeader)
	}
	return nil
}

// retryAfter is what a caller is told to wait who was turned away.
const retryAfter = time.Second

// limit lets at most n requests into next at once and turns the others away
// with 503, which costs little.
func limit(next http.Handler, n int, shed *shedCounter) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			shed.add(r.Context())
			e := problem.New(problem.Unavailable, "The server is at its limit of %d requests at once. Try again.", n)
			e.RetryAfter = retryAfter
			_ = problem.Write(w, e, telemetry.TraceID(r.Context())) // a client that is gone cannot be told
		}
	})
}
