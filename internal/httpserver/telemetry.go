package httpserver

import (
	"context"

	"go.opentelemetry.io/otel/metric"

	"redspan/internal/telemetry"
)

// shedCounter counts the requests that were turned away.
type shedCounter struct{ counter metric.Int64Counter }

func newShedCounter(tel *telemetry.Telemetry) (*shedCounter, error) {
	counter, err := tel.Meter("redspan/internal/httpserver").Int64Counter("redspan.http.server.shed.requests",
		metric.WithUnit("{request}"),
		metric.WithDescription("Requests turned away with 503 because too many were under way."))
	if err != nil {
		return nil, err
	}
	counter.Add(context.Background(), 0) // the series exists before the first
	return &shedCounter{counter}, nil
}

func (c *shedCounter) add(ctx context.Context) { c.counter.Add(ctx, 1) }
