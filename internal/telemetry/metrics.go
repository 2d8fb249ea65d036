package telemetry

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// latencyBuckets are the upper bounds of the duration histograms, in seconds.
// A request through both services takes about a millisecond; the bounds that
// otelhttp brings begin at five.
var latencyBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func newMeterProvider(res *resource.Resource, registry *prometheus.Registry) (*sdkmetric.MeterProvider, error) {
	exporter, err := otelprom.New(
		otelprom.WithRegisterer(registry),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
		// The scope's version would rename every series with each upgrade of otelhttp.
		otelprom.WithoutScopeInfo())
	if err != nil {
		return nil, fmt.Errorf("start the Prometheus exporter: %w", err)
	}
	latency := sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: latencyBuckets}}
	return sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(res),
		sdkmetric.WithReader(exporter),
		sdkmetric.WithView(
			sdkmetric.NewView(sdkmetric.Instrument{Name: "*.duration"}, latency),
			sdkmetric.NewView(sdkmetric.Instrument{Name: "*.wait_time"}, latency),
			sdkmetric.NewView(
				sdkmetric.Instrument{Name: "http.*.body.size"},
				sdkmetric.Stream{Aggregation: sdkmetric.AggregationDrop{}})),
	), nil
}
