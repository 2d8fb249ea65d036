package telemetry

import (
	"context"
	"net/http"
	"slices"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Server describes an HTTP server to the server seam.
type Server struct {
	// Address is the server's own host:port. It stands for the Host header
	// in spans and metrics, since a caller chooses that.
	Address string
	// Public servers do not trust a caller's trace context: each request
	// begins a trace of its own, with a link to the caller's.
	Public bool
	// Patterns are those of the server's http.ServeMux, with methods. The
	// error series of each exist at zero before the first error.
	Patterns []string
	// Untraced paths leave no span and no metric when they are read: health
	// checks.
	Untraced []string
}

func (s Server) traces(r *http.Request) bool {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	return !read || !slices.Contains(s.Untraced, r.URL.Path)
}

// Handler is the server seam: it traces and measures each request to next.
// next must recover from panics itself, and must hand the *http.Request that
// it gets to its http.ServeMux, not a copy, or the route is lost.
func (t *Telemetry) Handler(next http.Handler, server Server) (http.Handler, error) {
	if err := t.zeros.expect(server); err != nil {
		return nil, err
	}
	propagator := t.propagator
	if server.Public {
		propagator = withoutState{propagator}
	}
	traced := otelhttp.NewHandler(describe(next), "",
		otelhttp.WithTracerProvider(t.tracers),
		otelhttp.WithMeterProvider(t.meters),
		otelhttp.WithPropagators(propagator),
		otelhttp.WithServerName(server.Address),
		otelhttp.WithFilter(server.traces),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return server.Public }),
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// net/http takes HTTP/1.2 to 1.9 for 1.1; so must the labels of
		// metrics, or a caller could make each series nine times.
		if r.ProtoMajor == 1 && r.ProtoMinor > 1 {
			r.Proto, r.ProtoMinor = "HTTP/1.1", 1
		}
		traced.ServeHTTP(w, r)
	}), nil
}

// withoutState leaves out a caller's tracestate: it is free text, which would
// be exported with the link.
type withoutState struct{ propagation.TextMapPropagator }

// Extract implements propagation.TextMapPropagator.
func (p withoutState) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	ctx = p.TextMapPropagator.Extract(ctx, carrier)
	sc := trace.SpanContextFromContext(ctx)
	if sc.TraceState().Len() == 0 {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, sc.WithTraceState(trace.TraceState{}))
}

// describe adds what otelhttp leaves out: the Traceresponse header (W3C Trace
// Context, level 2, draft) and the span's http.route, which is known only
// after the http.ServeMux has seen the request.
func describe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span := trace.SpanFromContext(r.Context())
		if sc := span.SpanContext(); sc.IsValid() {
			w.Header().Set("Traceresponse", "00-"+sc.TraceID().String()+"-"+sc.SpanID().String()+"-"+sc.TraceFlags().String())
		}
		next.ServeHTTP(w, r)
		if route := routeOf(r.Pattern); route != "" {
			span.SetAttributes(semconv.HTTPRoute(route))
		}
	})
}

// Transport is the client seam: it traces and measures each request and
// sends the trace context along.
func (t *Telemetry) Transport(base http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(withoutQuery{base},
		otelhttp.WithTracerProvider(t.tracers),
		otelhttp.WithMeterProvider(t.meters),
		otelhttp.WithPropagators(t.propagator),
		// The semantic conventions' name where no template of the URL is known.
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method }))
}

// withoutQuery takes the query out of the client span's url.full, where
// otelhttp has put it: what a caller asks for is not to be exported.
type withoutQuery struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t withoutQuery) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.RawQuery != "" {
		u := *req.URL
		u.RawQuery, u.User = "", nil
		trace.SpanFromContext(req.Context()).SetAttributes(semconv.URLFull(u.String()))
	}
	return t.next.RoundTrip(req)
}
