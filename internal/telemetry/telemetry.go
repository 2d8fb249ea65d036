// Package telemetry is all that the services know of OpenTelemetry: how to
// start it, the seams where it meets HTTP, and the few verbs that handlers
// need of it. A package's own instruments and database tracing stand in that
// package's telemetry.go; nothing else imports OpenTelemetry.
//
// Spans go to a Collector by OTLP; metrics are served for scraping; log lines
// carry the ids of the span that they were written in.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// maxAttribute bounds the values of span attributes, in bytes: paths and user
// agents are the caller's. Events are not bounded by it, so stacks stay whole.
const maxAttribute = 1024

// Config holds what the services decide of the standard OTEL_* variables; the
// SDK reads the others by itself.
type Config struct {
	Endpoint       url.URL           `env:"OTEL_EXPORTER_OTLP_ENDPOINT" envDefault:"http://127.0.0.1:4318"`
	TracesEndpoint url.URL           `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"` // in place of Endpoint and /v1/traces
	Protocol       string            `env:"OTEL_EXPORTER_OTLP_PROTOCOL" envDefault:"http/protobuf"`
	Exporter       string            `env:"OTEL_TRACES_EXPORTER" envDefault:"otlp"`
	Disabled       bool              `env:"OTEL_SDK_DISABLED" envDefault:"false"`
	ResourceAttrs  map[string]string `env:"OTEL_RESOURCE_ATTRIBUTES" envKeyValSeparator:"="`
}

// Environment returns the resource's deployment.environment.name, read as the
// SDK reads it: without blanks around it, percent-decoded.
func (c Config) Environment() string {
	for key, value := range c.ResourceAttrs {
		if strings.TrimSpace(key) != string(semconv.DeploymentEnvironmentNameKey) {
			continue
		}
		value = strings.TrimSpace(value)
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		return value
	}
	return ""
}

// tracesEndpoint returns where spans go.
func (c Config) tracesEndpoint() *url.URL {
	if c.TracesEndpoint.Host != "" {
		return &c.TracesEndpoint
	}
	return c.Endpoint.JoinPath("v1/traces")
}

// Validate reports what Start would refuse.
func (c Config) Validate() error {
	var errs []error
	if c.Exporter != "otlp" && c.Exporter != "none" {
		errs = append(errs, fmt.Errorf("OTEL_TRACES_EXPORTER: unknown exporter %q: use otlp or none", c.Exporter))
	}
	if c.Protocol != "http/protobuf" {
		errs = append(errs, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: unknown protocol %q: use http/protobuf", c.Protocol))
	}
	if !isHTTP(c.Endpoint) {
		errs = append(errs, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %q is no URL such as http://127.0.0.1:4318", c.Endpoint.Redacted()))
	}
	if c.TracesEndpoint != (url.URL{}) && !isHTTP(c.TracesEndpoint) {
		errs = append(errs, fmt.Errorf("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: %q is no URL such as http://127.0.0.1:4318/v1/traces", c.TracesEndpoint.Redacted()))
	}
	return errors.Join(errs...)
}

func isHTTP(u url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

// Telemetry is the telemetry of one service. It is safe for concurrent use.
type Telemetry struct {
	service    string
	tracers    *sdktrace.TracerProvider
	meters     *sdkmetric.MeterProvider
	propagator propagation.TextMapPropagator
	registry   *prometheus.Registry
	zeros      *zeros
}

// Start starts the telemetry of a service that exports its spans as cfg says.
// The caller ends it with Close.
func Start(ctx context.Context, service string, cfg Config) (*Telemetry, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Exporter == "none" || cfg.Disabled {
		return New(ctx, service)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("telemetry", "error", err) }))
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(cfg.tracesEndpoint().String()),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled:         true,
			InitialInterval: 200 * time.Millisecond,
			MaxInterval:     2 * time.Second,
			MaxElapsedTime:  5 * time.Minute,
		}))
	if err != nil {
		return nil, fmt.Errorf("start the OTLP exporter: %w", err)
	}
	t, err := New(ctx, service, sdktrace.NewBatchSpanProcessor(exporter))
	if err != nil {
		return nil, err
	}
	// The SDK measures itself with the global provider, where
	// OTEL_GO_X_OBSERVABILITY asks for it: what it exports and what it loses.
	otel.SetMeterProvider(t.meters)
	return t, nil
}

// New returns telemetry that hands its spans to the given processors. It
// takes ownership of them: Close shuts them down.
func New(ctx context.Context, service string, processors ...sdktrace.SpanProcessor) (*Telemetry, error) {
	res, err := newResource(ctx, service)
	if err != nil {
		return nil, err
	}
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = maxAttribute
	options := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(res),
		sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithSpanProcessor(faultMarker{}),
	}
	for _, p := range processors {
		options = append(options, sdktrace.WithSpanProcessor(p))
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	meters, err := newMeterProvider(res, registry)
	if err != nil {
		return nil, err
	}
	return &Telemetry{
		service:    service,
		tracers:    sdktrace.NewTracerProvider(options...),
		meters:     meters,
		propagator: propagation.TraceContext{},
		registry:   registry,
		zeros:      &zeros{},
	}, nil
}

func newResource(ctx context.Context, service string) (*resource.Resource, error) {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			semconv.ServiceNamespace("redspan"),
			semconv.ServiceVersion(version),
			semconv.ServiceInstanceID(uuid.NewString())),
		resource.WithFromEnv(),
		// Dashboards and alerts know the services by these names: not to be renamed.
		resource.WithAttributes(semconv.ServiceName(service)))
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return res, nil
}

// Tracer returns a tracer for a package's telemetry.go.
func (t *Telemetry) Tracer(scope string) trace.Tracer { return t.tracers.Tracer(scope) }

// Meter returns a meter for a package's telemetry.go.
func (t *Telemetry) Meter(scope string) metric.Meter { return t.meters.Meter(scope) }

// Metrics serves the service's metrics for scraping, in the OpenMetrics
// format with exemplars where the scraper asks for it.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(zeroGatherer{t.registry, t.zeros}, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// shutdownTimeout bounds Close.
const shutdownTimeout = 5 * time.Second

// Close exports what is left and stops, within five seconds. Spans that end
// later are lost, so it comes after everything that makes spans.
func (t *Telemetry) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := errors.Join(t.tracers.Shutdown(ctx), t.meters.Shutdown(ctx)); err != nil {
		return fmt.Errorf("flush telemetry: %w", err)
	}
	return nil
}
