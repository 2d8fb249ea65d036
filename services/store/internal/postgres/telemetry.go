package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

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
