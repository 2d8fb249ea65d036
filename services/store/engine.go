package main

import (
	"context"
	"io"

	"redspan/internal/telemetry"
	"redspan/services/store/internal/httpapi"
	"redspan/services/store/internal/postgres"
	"redspan/services/store/internal/sqlite"
)

// engine is a store that holds resources.
type engine interface {
	httpapi.Store
	io.Closer
}

// open opens PostgreSQL if it is configured, else the SQLite file.
func open(ctx context.Context, cfg Config, tel *telemetry.Telemetry) (engine, error) {
	if cfg.DatabaseURL != "" {
		return postgres.Open(ctx, cfg.DatabaseURL.Reveal(), cfg.StartTimeout, tel)
	}
	return sqlite.Open(ctx, cfg.SQLitePath, tel)
}
