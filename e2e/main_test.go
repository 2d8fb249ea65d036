package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"redspan/e2e"
)

// The stack that all tests share, and what they ask of it.
var (
	stack      *e2e.Stack
	tempo      e2e.Tempo
	prometheus e2e.Prometheus
	grafana    e2e.Grafana

	alertmanager e2e.Alertmanager
	webhook      *e2e.Webhook

	api, store string // URLs
)

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.list").Value.String() != "" {
		os.Exit(m.Run()) // lists the tests, which needs no stack
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

// run runs the tests on a stack of their own.
func run(m *testing.M) (code int, err error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return 1, err
	}
	// From here on a Ctrl-C ends the start in good order; later it ends this
	// process, and the stack with it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	webhook = e2e.NewWebhook()
	defer webhook.Close()
	if stack, err = e2e.Start(ctx, root, webhook.URL()); err != nil {
		return 1, err
	}
	defer func() {
		if closeErr := stack.Close(); closeErr != nil && err == nil {
			err = closeErr
		}
		if code != 0 {
			fmt.Fprintln(os.Stderr, "e2e: logs and screenshots are in", stack.StateDir)
		}
	}()
	api, store = stack.URL("API_PORT"), stack.URL("STORE_PORT")
	tempo = e2e.Tempo{URL: stack.URL("TEMPO_PORT")}
	grafana = e2e.Grafana{URL: stack.URL("GRAFANA_PORT")}
	alertmanager = e2e.Alertmanager{URL: stack.URL("ALERTMANAGER_PORT")}
	if prometheus, err = e2e.NewPrometheus(stack.URL("PROMETHEUS_PORT")); err != nil {
		return 1, err
	}
	first, errFirst = provoke(ctx)
	stop()
	return m.Run(), nil
}
