package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"redspan/internal/config"
	"redspan/internal/fault"
	"redspan/internal/telemetry"
	"redspan/services/store/internal/postgres"
)

// Config is the store's configuration. docs/configuration.md describes it.
type Config struct {
	Addr         string        `env:"STORE_ADDR" envDefault:"127.0.0.1:8081"`
	AdminAddr    string        `env:"STORE_ADMIN_ADDR" envDefault:"127.0.0.1:9465"`
	MaxRequests  int           `env:"STORE_MAX_REQUESTS" envDefault:"512"`
	DrainTimeout time.Duration `env:"STORE_DRAIN_TIMEOUT" envDefault:"10s"`

	SQLitePath  string        `env:"STORE_SQLITE_PATH" envDefault:"tasks.db"`
	DatabaseURL config.Secret `env:"STORE_DATABASE_URL"`
	// StartTimeout is how long the start waits for PostgreSQL.
	StartTimeout time.Duration `env:"STORE_START_TIMEOUT" envDefault:"30s"`

	Faults    fault.Config     `envPrefix:"STORE_"`
	Telemetry telemetry.Config `envPrefix:""`
}

// Validate implements config.Validator.
func (c Config) Validate() error {
	errs := []error{
		c.Faults.Validate("STORE_", c.Telemetry.Environment()),
		c.Telemetry.Validate(),
	}
	if c.MaxRequests < 1 {
		errs = append(errs, errors.New("STORE_MAX_REQUESTS: must be at least 1"))
	}
	if c.DrainTimeout <= 0 {
		errs = append(errs, errors.New("STORE_DRAIN_TIMEOUT: must be more than 0"))
	}
	if c.SQLitePath == "" || strings.HasPrefix(c.SQLitePath, ":") || strings.HasPrefix(c.SQLitePath, "file:") {
		errs = append(errs, fmt.Errorf("STORE_SQLITE_PATH: %q is no path of a file: a database in memory would lose every task", c.SQLitePath))
	}
	if c.StartTimeout <= 0 {
		errs = append(errs, errors.New("STORE_START_TIMEOUT: must be more than 0"))
	}
	if c.DatabaseURL != "" {
		if _, err := postgres.ParseURL(c.DatabaseURL.Reveal()); err != nil {
			errs = append(errs, fmt.Errorf("STORE_DATABASE_URL: %w", err))
		}
	}
	return errors.Join(errs...)
}
