package telemetry

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace/noop"
)

// serverErrors are the statuses whose series exist before the first error.
var serverErrors = []int{
	http.StatusInternalServerError,
	http.StatusBadGateway,
	http.StatusServiceUnavailable,
	http.StatusGatewayTimeout,
}

// zeros holds the error series of each route, at zero. Prometheus' rate and
// increase do not see the first error of a series that is born with it.
type zeros struct {
	mu       sync.Mutex
	families []*dto.MetricFamily
}

// expect makes the zero series for a server by a rehearsal: otelhttp records
// one request for each route and status with instruments of its own, so the
// labels are exactly those that it will give to a real one.
func (z *zeros) expect(server Server) error {
	registry := prometheus.NewRegistry()
	meters, err := newMeterProvider(resource.Empty(), registry)
	if err != nil {
		return err
	}
	for _, pattern := range server.Patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if slices.Contains(server.Untraced, path) {
			continue
		}
		for _, status := range serverErrors {
			rehearsal := otelhttp.NewHandler(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Pattern = pattern
					w.WriteHeader(status)
				}), "",
				otelhttp.WithTracerProvider(noop.NewTracerProvider()),
				otelhttp.WithMeterProvider(meters),
				otelhttp.WithServerName(server.Address))
			request, err := http.NewRequest(method, path, http.NoBody)
			if err != nil {
				return fmt.Errorf("pattern %q: %w", pattern, err)
			}
			rehearsal.ServeHTTP(discard{}, request)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, family := range families {
		if family.GetType() == dto.MetricType_HISTOGRAM {
			for _, m := range family.GetMetric() {
				reset(m.GetHistogram())
			}
			z.families = append(z.families, family)
		}
	}
	return nil
}

// discard is a response that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func reset(h *dto.Histogram) {
	*h.SampleCount, *h.SampleSum = 0, 0
	for _, b := range h.GetBucket() {
		*b.CumulativeCount = 0
		b.Exemplar = nil
	}
}

// zeroGatherer adds to what the registry gathers the zero series that it has
// not got yet.
type zeroGatherer struct {
	registry *prometheus.Registry
	zeros    *zeros
}

// Gather implements prometheus.Gatherer.
func (g zeroGatherer) Gather() ([]*dto.MetricFamily, error) {
	gathered, err := g.registry.Gather()
	g.zeros.mu.Lock()
	defer g.zeros.mu.Unlock()
	for _, family := range g.zeros.families {
		gathered = addMissing(gathered, family)
	}
	return gathered, err
}

func addMissing(gathered []*dto.MetricFamily, zero *dto.MetricFamily) []*dto.MetricFamily {
	for _, family := range gathered {
		if family.GetName() != zero.GetName() {
			continue
		}
		have := make(map[string]bool, len(family.GetMetric()))
		for _, m := range family.GetMetric() {
			if overflowed(m) {
				return gathered // a missing series may be in there, so it is not known to be zero
			}
			have[labelsOf(m)] = true
		}
		for _, m := range zero.GetMetric() {
			if !have[labelsOf(m)] {
				family.Metric = append(family.Metric, m)
			}
		}
		return gathered
	}
	return append(gathered, zero)
}

// overflowed reports whether a metric counts what was beyond the SDK's limit.
func overflowed(m *dto.Metric) bool {
	return slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == "otel_metric_overflow" })
}

// labelsOf returns a metric's labels as a key. The registry sorts them.
func labelsOf(m *dto.Metric) string {
	var key strings.Builder
	for _, l := range m.GetLabel() {
		key.WriteString(l.GetName() + "\xff" + l.GetValue() + "\xff")
	}
	return key.String()
}

// routeOf returns the path of a pattern of http.ServeMux, as otelhttp does.
func routeOf(pattern string) string {
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		return pattern[i:]
	}
	return ""
}
