package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// RunCollector runs a Collector of its own with the committed configuration,
// beside the stack's and with the stack's Tempo, until the test ends; env is
// added to its environment. It scrapes nothing, and its metrics go nowhere.
// It returns the URL at which it takes OTLP over HTTP.
func (s *Stack) RunCollector(t testing.TB, env ...string) string {
	t.Helper()
	nowhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(nowhere.Close)
	ports, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	cmd := s.command(context.Background(), filepath.Join(s.StateDir, "bin", "stack"),
		"tool", "otelcol", "--config", "otel-collector/config.yaml")
	for variable, port := range ports {
		cmd.Env = append(cmd.Env, variable+"="+strconv.Itoa(port))
	}
	cmd.Env = append(cmd.Env,
		"REDSPAN_STACK="+s.StateDir, // so that the stack's down ends it if this process cannot
		"COLLECTOR_DATA_DIR="+t.TempDir(),
		"API_METRICS_TARGET=127.0.0.1:1", "STORE_METRICS_TARGET=127.0.0.1:1",
		"PROMETHEUS_TARGET=127.0.0.1:1", "TEMPO_TARGET=127.0.0.1:1",
		"PROMETHEUS_REMOTE_WRITE_URL="+nowhere.URL,
		"TEMPO_OTLP_ENDPOINT=127.0.0.1:"+strconv.Itoa(s.ports["TEMPO_OTLP_PORT"]))
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The command and the Collector, which is its child.
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // interrupted, it does not end well
	})
	url := "http://127.0.0.1:" + strconv.Itoa(ports["COLLECTOR_OTLP_HTTP_PORT"])
	Await(t, func(ctx context.Context) (struct{}, error) {
		answer, err := Get(ctx, "http://127.0.0.1:"+strconv.Itoa(ports["COLLECTOR_HEALTH_PORT"]))
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("the Collector is not ready: status %d", answer.Status)
		}
		return struct{}{}, err
	})
	return url
}
