// Package httpserver is the HTTP server of both services: a Mux whose
// handlers return errors, and Run, which serves until it is told to stop.
package httpserver

import (
	"net/http"
	"slices"
	"strings"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
)

// Handler answers a request or returns why it could not. An error is sent as
// a problem, and recorded when it is the server's.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Mux routes requests as http.ServeMux does. Every failure it answers is a
// problem document: an unknown path, a method that a path has not got, an
// error that a Handler returned, a panic.
type Mux struct {
	mux      *http.ServeMux
	patterns []string
	methods  []string // those of all patterns, sorted
	limiter  limiter
}

// NewMux returns a Mux without routes.
func NewMux() *Mux {
	m := &Mux{mux: http.NewServeMux()}
	m.mux.Handle(anyPath, m.adapt(m.unmatched, nil))
	return m
}

// anyPath is the pattern of what no route matches. http.ServeMux would answer
// that in plain text.
const anyPath = "/"

// Handle registers a handler. The pattern has a method, as "GET /tasks/{id}".
func (m *Mux) Handle(pattern string, h Handler) { m.handle(pattern, h, &m.limiter) }

// HandleAlways is Handle for what is answered beyond the limit of requests at
// once, too: a busy server is healthy.
func (m *Mux) HandleAlways(pattern string, h Handler) { m.handle(pattern, h, nil) }

func (m *Mux) handle(pattern string, h Handler, l *limiter) {
	m.mux.Handle(pattern, m.adapt(h, l))
	m.patterns = append(m.patterns, pattern)
	method, _, _ := strings.Cut(pattern, " ")
	m.methods = append(m.methods, method)
	if method == http.MethodGet { // http.ServeMux serves HEAD by it, too
		m.methods = append(m.methods, http.MethodHead)
	}
	slices.Sort(m.methods)
	m.methods = slices.Compact(m.methods)
}

// unmatched answers OPTIONS for a path with routes, 405 for any other method
// that it has not got, and 404 for a path without routes. It sets the
// request's pattern to the route's, or to none, so that spans and metrics get
// that.
func (m *Mux) unmatched(w http.ResponseWriter, r *http.Request) error {
	r.Pattern = ""
	var allowed []string
	for _, method := range m.methods {
		_, pattern := m.mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL})
		if pattern != anyPath {
			_, r.Pattern, _ = strings.Cut(pattern, " ")
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		return problem.New(problem.NotFound, "There is nothing at this path.")
	}
	allow := strings.Join(append(allowed, http.MethodOptions), ", ")
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", allow)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	e := problem.New(problem.MethodNotAllowed, "This path has no method %s.", r.Method)
	e.Allow = allow
	return e
}

// NewHandler returns the handler of a server: the server seam, and inside it
// the routes, which take at most maxRequests at once.
func NewHandler(tel *telemetry.Telemetry, mux *Mux, maxRequests int, server telemetry.Server) (http.Handler, error) {
	shed, err := newShedCounter(tel)
	if err != nil {
		return nil, err
	}
	mux.limiter = limiter{make(chan struct{}, maxRequests), shed}
	server.Patterns = mux.patterns
	return tel.Handler(mux, server)
}

// Patterns returns the patterns of all routes, in the order of registration.
func (m *Mux) Patterns() []string { return slices.Clone(m.patterns) }

// ServeHTTP implements http.Handler. It recovers from panics. It must stand
// inside the server seam of package telemetry: a panic that unwinds through
// otelhttp leaves no status on the span and no metric at all.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w}
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			abort(rec)
		default:
			telemetry.RecordPanic(r, v)
			answer(rec, r, problem.New(problem.Internal, "The server failed to answer. The trace id names this failure."))
		}
	}()
	if !strings.HasPrefix(r.URL.Path, "/") { // "OPTIONS *", "CONNECT host": http.ServeMux answers them in plain text
		answer(rec, r, problem.New(problem.NotFound, "There is nothing at this path."))
		return
	}
	if err := checkSize(r); err != nil {
		answer(rec, r, err)
		return
	}
	m.mux.ServeHTTP(rec, r)
}

// adapt makes a Handler one that sends its errors. It is behind the routing,
// so that a request that is turned away has a route, too.
func (m *Mux) adapt(h Handler, l *limiter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, _ := w.(*recorder)
		if !l.enter(r) {
			answer(rec, r, turnedAway())
			return
		}
		defer l.leave()
		err := h(w, r)
		if err == nil {
			return
		}
		code := problem.From(err).Code
		if code.Status() >= http.StatusInternalServerError || rec.wrote && code != problem.Canceled {
			telemetry.RecordError(r, err)
		}
		answer(rec, r, err)
	})
}

// answer sends err as a problem or, when an answer is already on its way,
// breaks the connection off, so that the client cannot take it for whole.
func answer(rec *recorder, r *http.Request, err error) {
	if rec.wrote {
		abort(rec)
		return
	}
	if status := problem.From(err).Code.Status(); status >= http.StatusInternalServerError {
		telemetry.SetErrorType(r, status)
	}
	// A client that is gone cannot be told.
	_ = problem.Write(rec, err, telemetry.TraceID(r.Context()))
}

// abort closes the connection under a response. Where that cannot be done it
// panics with http.ErrAbortHandler, for which the request's metric is the price.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// recorder remembers whether the header has been sent.
type recorder struct {
	http.ResponseWriter
	wrote bool
}

func (w *recorder) WriteHeader(status int) {
	w.wrote = w.wrote || status >= http.StatusOK
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(p)
}

// Unwrap serves http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
