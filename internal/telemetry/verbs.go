package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// TraceID returns the id of the trace that ctx belongs to, in lower-case hex,
// or "" outside any.
func TraceID(ctx context.Context) string {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		return sc.TraceID().String()
	}
	return ""
}

// RecordError records why a request fails: one exception event on its span,
// which it marks as failed, and one line in the log.
func RecordError(r *http.Request, err error) {
	record(r, "request failed", typeOf(err), err.Error(), "")
}

// RecordPanic records a recovered panic as RecordError does, with the stack.
// Call it from the deferred function that recovered.
func RecordPanic(r *http.Request, value any) {
	record(r, "panic", typeOf(value), fmt.Sprint(value), panicStack())
}

func record(r *http.Request, message, kind, text, stack string) {
	event := []attribute.KeyValue{semconv.ExceptionType(kind), semconv.ExceptionMessage(text)}
	line := []any{"method", r.Method, "route", routeOf(r.Pattern), "error", text}
	if stack != "" {
		event = append(event, semconv.ExceptionStacktrace(stack))
		line = append(line, "stack", stack)
	}
	span := trace.SpanFromContext(r.Context())
	span.AddEvent(semconv.ExceptionEventName, trace.WithAttributes(event...))
	span.SetStatus(codes.Error, text)
	slog.ErrorContext(r.Context(), message, line...)
}

// SetErrorType names a server error on the request's span by the status that
// answers it, as the semantic conventions ask for and otelhttp leaves out.
func SetErrorType(r *http.Request, status int) {
	trace.SpanFromContext(r.Context()).SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
}

// panicStack returns the stack of the panic that is being recovered, from the
// frame that panicked on, without those of the recovery above it.
func panicStack() string {
	const marker = "\npanic("
	stack := string(debug.Stack())
	if i := strings.LastIndex(stack, marker); i >= 0 {
		goroutine, _, _ := strings.Cut(stack, "\n")
		return goroutine + stack[i:]
	}
	return stack
}

func typeOf(v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return "nil"
	}
	return strings.TrimPrefix(t.String(), "*")
}

type faultKey struct{}

// faultAttribute marks the spans of an injected fault.
var faultAttribute = attribute.Bool("fault.injected", true)

// InjectFault marks the current span as failing on purpose, and each span
// that is started with the context that it returns.
func InjectFault(ctx context.Context) context.Context {
	trace.SpanFromContext(ctx).SetAttributes(faultAttribute)
	return context.WithValue(ctx, faultKey{}, true)
}

// faultMarker is the span processor behind InjectFault.
type faultMarker struct{}

func (faultMarker) OnStart(parent context.Context, s sdktrace.ReadWriteSpan) {
	if parent.Value(faultKey{}) != nil {
		s.SetAttributes(faultAttribute)
	}
}

func (faultMarker) OnEnd(sdktrace.ReadOnlySpan)      {}
func (faultMarker) Shutdown(context.Context) error   { return nil }
func (faultMarker) ForceFlush(context.Context) error { return nil }
