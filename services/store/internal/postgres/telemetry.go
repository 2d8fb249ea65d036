package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"redspan/internal/telemetry"
	"redspan/services/store/internal/dbspan"
)

// queryTracer ties dbspan to pgx. otelpgx is not used: it copies the
// connection's configuration for each query.
type queryTracer struct{ *dbspan.Tracer }

type spanKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (t queryTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	ctx, span := t.Start(ctx, data.SQL)
	return context.WithValue(ctx, spanKey{}, span)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (queryTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	ctx.Value(spanKey{}).(dbspan.Span).End(data.Err)
}

// poolMetrics measures the pool of connections by the semantic conventions for
// database clients.
type poolMetrics struct {
	meter metric.Meter
	wait  metric.Float64Histogram
	name  metric.MeasurementOption
}

const poolName = "tasks"

func newPoolMetrics(tel *telemetry.Telemetry) (*poolMetrics, error) {
	meter := tel.Meter("redspan/services/store/internal/postgres")
	wait, err := meter.Float64Histogram("db.client.connection.wait_time",
		metric.WithUnit("s"), metric.WithDescription("Time that a query waited for a connection of the pool."))
	name := metric.WithAttributeSet(attribute.NewSet(semconv.DBClientConnectionPoolName(poolName)))
	return &poolMetrics{meter, wait, name}, err
}

// observe reports how many connections there are and may be.
func (m *poolMetrics) observe(pool *pgxpool.Pool) error {
	count, err := m.meter.Int64ObservableUpDownCounter("db.client.connection.count",
		metric.WithUnit("{connection}"), metric.WithDescription("Connections of the pool, by state."))
	if err != nil {
		return err
	}
	limit, err := m.meter.Int64ObservableUpDownCounter("db.client.connection.max",
		metric.WithUnit("{connection}"), metric.WithDescription("Connections that the pool may have."))
	if err != nil {
		return err
	}
	state := func(s attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(semconv.DBClientConnectionPoolName(poolName), s))
	}
	idle, used := state(semconv.DBClientConnectionStateIdle), state(semconv.DBClientConnectionStateUsed)
	_, err = m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		stat := pool.Stat()
		o.ObserveInt64(count, int64(stat.IdleConns()), idle)
		o.ObserveInt64(count, int64(stat.AcquiredConns()), used)
		o.ObserveInt64(limit, int64(stat.MaxConns()), m.name)
		return nil
	}, count, limit)
	return err
}

// poolTracer adds to a queryTracer how long a query waited for its connection.
type poolTracer struct {
	queryTracer

	metrics *poolMetrics
}

// visibleWait is how long a wait is that a trace shows, as an event of the
// span that waits. A span for each would cost more than it tells.
const visibleWait = time.Millisecond

type acquireKey struct{}

// TraceAcquireStart implements pgxpool.AcquireTracer.
func (poolTracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return context.WithValue(ctx, acquireKey{}, time.Now())
}

// TraceAcquireEnd implements pgxpool.AcquireTracer.
func (t poolTracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	began := ctx.Value(acquireKey{}).(time.Time)
	waited := time.Since(began)
	t.metrics.wait.Record(ctx, waited.Seconds(), t.metrics.name)
	if waited >= visibleWait {
		trace.SpanFromContext(ctx).AddEvent("waited for a database connection",
			trace.WithTimestamp(began), trace.WithAttributes(attribute.Float64("wait_time", waited.Seconds())))
	}
}
