// Command api is the edge: the public REST API of the tasks that the store
// keeps.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"redspan/internal/config"
	"redspan/internal/httpserver"
	"redspan/internal/taskapi"
	"redspan/internal/telemetry"
	"redspan/services/api/internal/httpapi"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	slog.SetDefault(telemetry.NewLogger(os.Stderr, "api"))
	if err := run(ctx, os.Environ()); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, environ []string) (err error) {
	cfg, err := config.Parse[Config](environ)
	if err != nil {
		return err
	}
	tel, err := telemetry.Start(ctx, "api", cfg.Telemetry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tel.Close()) }()

	transport := newTransport(cfg.MaxRequests, cfg.StoreTimeout)
	defer transport.CloseIdleConnections()
	store := httpapi.Store{
		Client: taskapi.Client{
			URL:       strings.TrimSuffix(cfg.StoreURL.String(), "/"),
			Transport: newBreaker(tel.Transport(transport)),
		},
		Untraced: transport,
		Timeout:  cfg.StoreTimeout,
	}

	mux := httpapi.New(store, cfg.Faults, document)
	handler, err := httpserver.NewHandler(tel, mux, cfg.MaxRequests, telemetry.Server{
		Address:  cfg.Addr,
		Public:   true,
		Untraced: []string{httpapi.HealthPath},
	})
	if err != nil {
		return err
	}
	return httpserver.Run(ctx, httpserver.Server{
		Addr:         cfg.Addr,
		AdminAddr:    cfg.AdminAddr,
		Handler:      handler,
		Metrics:      tel.Metrics(),
		Ready:        func(context.Context) error { return nil }, // without the store it still answers
		DrainTimeout: cfg.DrainTimeout,
	})
}
