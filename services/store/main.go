// Command store keeps tasks, in SQLite or PostgreSQL, and serves them over
// HTTP to the api.
package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"redspan/internal/config"
	"redspan/internal/httpserver"
	"redspan/internal/telemetry"
	"redspan/services/store/internal/httpapi"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	slog.SetDefault(telemetry.NewLogger(os.Stderr, "store"))
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
	tel, err := telemetry.Start(ctx, "store", cfg.Telemetry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tel.Close()) }()

	store, err := open(ctx, cfg, tel)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	mux := httpapi.New(store, cfg.Faults)
	handler, err := httpserver.NewHandler(tel, mux, cfg.MaxRequests, telemetry.Server{
		Address:  cfg.Addr,
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
		Ready:        store.Ping,
		DrainTimeout: cfg.DrainTimeout,
	})
}
