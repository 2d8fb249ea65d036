package e2e

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Prometheus is the metric store.
type Prometheus struct{ api v1.API }

// NewPrometheus returns the Prometheus at a URL.
func NewPrometheus(url string) (Prometheus, error) {
	client, err := api.NewClient(api.Config{Address: url})
	return Prometheus{v1.NewAPI(client)}, err
}

// Vector returns what a query selects now.
func (p Prometheus) Vector(ctx context.Context, query string) (model.Vector, error) {
	value, _, err := p.api.Query(ctx, query, time.Now())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("%s is a %s, no vector", query, value.Type())
	}
	return vector, nil
}

// Value returns the value of the one series that a query selects.
func (p Prometheus) Value(ctx context.Context, query string) (float64, error) {
	vector, err := p.Vector(ctx, query)
	if err != nil {
		return 0, err
	}
	if len(vector) != 1 {
		return 0, fmt.Errorf("%s selects %d series, want 1: %v", query, len(vector), vector)
	}
	return float64(vector[0].Value), nil
}

// Reaches returns the value of the one series that a query selects, and an
// error while it is less than atLeast.
func (p Prometheus) Reaches(ctx context.Context, query string, atLeast float64) (float64, error) {
	value, err := p.Value(ctx, query)
	if err == nil && value < atLeast {
		err = fmt.Errorf("%s is %v, want at least %v", query, value, atLeast)
	}
	return value, err
}

// Names returns the series that a query selects now, as a set.
func (p Prometheus) Names(ctx context.Context, query string) (map[string]bool, error) {
	vector, err := p.Vector(ctx, query)
	names := make(map[string]bool, len(vector))
	for _, sample := range vector {
		names[sample.Metric.String()] = true
	}
	return names, err
}

// Exemplar returns the trace id of an exemplar of a selector's series that is
// for the given trace, or an error if there is none since a time.
func (p Prometheus) Exemplar(ctx context.Context, selector, traceID string, since time.Time) (v1.Exemplar, error) {
	results, err := p.api.QueryExemplars(ctx, selector, since, time.Now().Add(time.Minute))
	if err != nil {
		return v1.Exemplar{}, fmt.Errorf("exemplars of %s: %w", selector, err)
	}
	var found []model.LabelValue
	for _, result := range results {
		for _, exemplar := range result.Exemplars {
			id := exemplar.Labels["trace_id"]
			if string(id) == traceID {
				return exemplar, nil
			}
			found = append(found, id)
		}
	}
	return v1.Exemplar{}, fmt.Errorf("no exemplar of %s is for trace %s; there are those for %v", selector, traceID, found)
}

// Measured returns how many requests a service says that it has measured, on
// the page that is scraped from its admin address.
func Measured(ctx context.Context, admin string) (float64, error) {
	page, err := Get(ctx, admin+"/metrics")
	if err != nil {
		return 0, err
	}
	var sum float64
	for line := range strings.Lines(string(page.Body)) {
		if !strings.HasPrefix(line, "http_server_request_duration_seconds_count{") {
			continue
		}
		fields := strings.Fields(line)
		n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			return 0, fmt.Errorf("%s/metrics: %q: %w", admin, line, err)
		}
		sum += n
	}
	return sum, nil
}
