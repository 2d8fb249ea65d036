package e2e_test

import (
	"context"
	"net/http"
	"testing"

	"redspan/e2e"
	"redspan/internal/taskapi"
	"redspan/internal/taskapi/taskapitest"
)

func TestLiveConformance(t *testing.T) {
	direct := &taskapi.Client{URL: store, Transport: http.DefaultTransport}
	edge := viaEdge{&taskapi.Client{URL: api, Transport: e2e.Documented(t)}, direct}
	for name, service := range map[string]taskapi.Service{
		"the store keeps the contract":                direct,
		"the store behind the api keeps the contract": edge,
	} {
		t.Run(name, func(t *testing.T) {
			taskapitest.Exercise(t, func(*testing.T) taskapi.Service { return service })
		})
	}
}

// viaEdge is the store as it is reached through the api, which does not
// publish the count.
type viaEdge struct {
	*taskapi.Client
	direct *taskapi.Client
}

// Count implements taskapi.Service.
func (s viaEdge) Count(ctx context.Context) (int64, error) { return s.direct.Count(ctx) }
