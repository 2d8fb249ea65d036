package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"redspan/e2e"
)

// watch sees what becomes of a failure.
type watch struct {
	api, prometheusURL string
	prometheus         e2e.Prometheus
	tempo              e2e.Tempo
	hook               *hook
}

const (
	failures = `http_server_request_duration_seconds_count{job="api",http_route="/error",http_response_status_code="500"}`
	pages    = `ALERTS{alertstate="firing",severity="page",job="api"}`
)

// settle waits until Prometheus has seen the api healthy for a while.
func (w watch) settle(ctx context.Context) error {
	_, err := e2e.Poll(ctx, func(ctx context.Context) (float64, error) {
		return w.prometheus.Reaches(ctx, "count_over_time("+failures+"[1m])", 5)
	})
	return err
}

// follow makes the fault route fail five times a second, and measures how long
// the first failure takes to each stage.
func (w watch) follow(ctx context.Context) (r result, err error) {
	first, err := e2e.Get(ctx, w.api+"/error")
	if err != nil {
		return r, err
	}
	answered := time.Now()
	if first.Status != http.StatusInternalServerError {
		return r, fmt.Errorf("GET /error: status %d: %s", first.Status, first.Body)
	}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	group.Go(func() { w.fail(ctx) })

	var alert string
	waits := [len(stages)]func(context.Context) error{
		func(ctx context.Context) error { return w.readable(ctx, first.TraceID()) },
		func(ctx context.Context) error { return w.found(ctx, first.TraceID()) },
		func(ctx context.Context) (err error) { alert, err = w.firing(ctx); return err },
		w.hook.notified,
	}
	var errs [len(stages)]error
	var waiting sync.WaitGroup
	for i, wait := range waits {
		waiting.Go(func() {
			_, err := e2e.Poll(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, wait(ctx) })
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", stages[i].name, err)
			}
			r.times[i] = time.Since(answered).Round(time.Millisecond)
		})
	}
	waiting.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return r, err
	}
	r.alert, err = w.rule(ctx, alert)
	return r, err
}

// fail sends requests to the fault route until ctx ends.
func (w watch) fail(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_, _ = e2e.Get(ctx, w.api+"/error") // an answer that is missing delays the alert, which is measured
		case <-ctx.Done():
			return
		}
	}
}

// readable succeeds once Tempo has the trace with the spans of both services.
func (w watch) readable(ctx context.Context, id string) error {
	trace, err := w.tempo.Trace(ctx, id)
	if err != nil {
		return err
	}
	var spans int
	for range trace.Spans() {
		spans++
	}
	if spans != 4 {
		return fmt.Errorf("trace %s has %d spans, want 4", id, spans)
	}
	return nil
}

func (w watch) found(ctx context.Context, id string) error {
	ids, err := w.tempo.Search(ctx, `{ resource.service.name = "api" && status = error }`)
	if err == nil && !slices.Contains(ids, id) {
		err = fmt.Errorf("trace %s is not among %d", id, len(ids))
	}
	return err
}

// firing returns the name of an alert that pages for the api.
func (w watch) firing(ctx context.Context) (string, error) {
	vector, err := w.prometheus.Vector(ctx, pages)
	if err != nil {
		return "", err
	}
	if len(vector) == 0 {
		return "", fmt.Errorf("no series of %s", pages)
	}
	return string(vector[0].Metric["alertname"]), nil
}

// rule is an alert's, as Prometheus has loaded it.
type rule struct {
	Name           string
	interval, wait time.Duration
}

// rule returns the rule of an alert.
func (w watch) rule(ctx context.Context, alert string) (rule, error) {
	answer, err := e2e.Get(ctx, w.prometheusURL+"/api/v1/rules?type=alert")
	if err != nil {
		return rule{}, err
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Interval float64
				Rules    []struct {
					Name     string
					Duration float64
				}
			}
		}
	}
	if err := json.Unmarshal(answer.Body, &rules); err != nil {
		return rule{}, err
	}
	for _, group := range rules.Data.Groups {
		for _, r := range group.Rules {
			if r.Name == alert {
				return rule{alert, seconds(group.Interval), seconds(r.Duration)}, nil
			}
		}
	}
	return rule{}, fmt.Errorf("no rule %s in Prometheus", alert)
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
