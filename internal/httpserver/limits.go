package httpserver

import (
	"net/http"
	"time"

	"redspan/internal/problem"
)

// The limits of a connection and of a request's header. A request that meets
// one is broken or hostile.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
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

// limiter lets a number of requests in at once. The nil limiter, and one
// without slots, lets all in.
type limiter struct {
	slots chan struct{}
	shed  *shedCounter
}

// enter returns false for a request that is to be turned away. Any other is to
// leave.
func (l *limiter) enter(r *http.Request) bool {
	if l == nil || l.slots == nil {
		return true
	}
	select {
	case l.slots <- struct{}{}:
		return true
	default:
		l.shed.add(r.Context())
		return false
	}
}

func (l *limiter) leave() {
	if l != nil && l.slots != nil {
		<-l.slots
	}
}

// turnedAway is the answer to a request that was not let in. It is not logged:
// there are many, and they are counted.
func turnedAway() error {
	return problem.TryAgain(nil, "The server has too many requests under way. Try again.")
}
