// Package dbspan is the database seam: one CLIENT span and one measurement of
// each SQL statement, by the semantic conventions for database calls.
//
// Statements are declared up front, so that what describes them is computed
// once. Arguments never reach a span.
package dbspan

import (
	"context"
	"errors"
	"reflect"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"redspan/internal/telemetry"
)

const scope = "redspan/services/store/internal/dbspan"

// Statement is one SQL statement that the store runs.
type Statement struct {
	SQL        string
	Operation  string // as SELECT
	Collection string // the table; "" if there is none
}

// Database describes where the statements run.
type Database struct {
	System    string // db.system.name: postgresql, sqlite
	Namespace string // db.namespace
	Address   string // server.address, if it is a server
	Port      int    // server.port, if it is a server
	// StatusOf returns the database's own code for an error, or "".
	StatusOf func(error) string
}

// Tracer makes the spans of one database. It is safe for concurrent use.
type Tracer struct {
	db         Database
	tracer     trace.Tracer
	duration   metric.Float64Histogram
	statements map[string]*described
}

// described is a statement with what is the same for each of its runs.
type described struct {
	summary string
	base    []attribute.KeyValue // of spans and metrics
	start   trace.SpanStartOption
	success metric.MeasurementOption
}

// New returns a tracer for the statements of a database.
func New(tel *telemetry.Telemetry, db Database, statements ...Statement) (*Tracer, error) {
	duration, err := tel.Meter(scope).Float64Histogram("db.client.operation.duration",
		metric.WithUnit("s"), metric.WithDescription("Duration of database client operations."))
	if err != nil {
		return nil, err
	}
	t := &Tracer{db: db, tracer: tel.Tracer(scope), duration: duration, statements: make(map[string]*described)}
	for _, s := range statements {
		t.statements[s.SQL] = t.describe(s)
	}
	return t, nil
}

func (t *Tracer) describe(s Statement) *described {
	base := []attribute.KeyValue{
		semconv.DBSystemNameKey.String(t.db.System),
		semconv.DBNamespace(t.db.Namespace),
		semconv.DBOperationName(s.Operation),
	}
	if t.db.Address != "" {
		base = append(base, semconv.ServerAddress(t.db.Address), semconv.ServerPort(t.db.Port))
	}
	summary := s.Operation
	if s.Collection != "" {
		summary += " " + s.Collection
		base = append(base, semconv.DBCollectionName(s.Collection))
	}
	base = append(base, semconv.DBQuerySummary(summary))
	span := append([]attribute.KeyValue{semconv.DBQueryText(s.SQL)}, base...)
	return &described{
		summary: summary,
		base:    base,
		start:   trace.WithAttributes(span...),
		success: metric.WithAttributeSet(attribute.NewSet(base...)),
	}
}

// Span is one run of a statement.
type Span struct {
	tracer    *Tracer
	statement *described
	span      trace.Span
	ctx       context.Context //nolint:containedctx // the exemplar of End's measurement comes from it
	begin     time.Time
}

// Start starts the span of a declared statement; for any other it returns a
// Span that does nothing. The caller ends it.
func (t *Tracer) Start(ctx context.Context, sql string) (context.Context, Span) {
	statement := t.statements[sql]
	if statement == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, statement.summary, trace.WithSpanKind(trace.SpanKindClient), statement.start)
	return ctx, Span{t, statement, span, ctx, time.Now()}
}

// End ends the span and measures the run. An error marks it as failed, but
// for a caller that went away: that is no failure of the database.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	measured := s.statement.success
	if err != nil {
		failure := s.failure(err)
		s.span.SetAttributes(failure...)
		if !errors.Is(err, context.Canceled) {
			s.span.SetStatus(codes.Error, err.Error())
		}
		measured = metric.WithAttributes(append(failure, s.statement.base...)...)
	}
	s.span.End()
	s.tracer.duration.Record(s.ctx, time.Since(s.begin).Seconds(), measured)
}

func (s Span) failure(err error) []attribute.KeyValue {
	if status := s.tracer.db.StatusOf(err); status != "" {
		return []attribute.KeyValue{semconv.ErrorTypeKey.String(status), semconv.DBResponseStatusCode(status)}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return []attribute.KeyValue{semconv.ErrorTypeKey.String("deadline_exceeded")}
	case errors.Is(err, context.Canceled):
		return []attribute.KeyValue{semconv.ErrorTypeKey.String("canceled")}
	default:
		return []attribute.KeyValue{semconv.ErrorTypeKey.String(reflect.TypeOf(err).String())}
	}
}
