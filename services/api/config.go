package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"redspan/internal/fault"
	"redspan/internal/telemetry"
)

// Config is the api's configuration. docs/configuration.md describes it.
type Config struct {
	Addr         string        `env:"API_ADDR" envDefault:"127.0.0.1:8080"`
	AdminAddr    string        `env:"API_ADMIN_ADDR" envDefault:"127.0.0.1:9464"`
	MaxRequests  int           `env:"API_MAX_REQUESTS" envDefault:"512"`
	DrainTimeout time.Duration `env:"API_DRAIN_TIMEOUT" envDefault:"10s"`

	StoreURL     url.URL       `env:"API_STORE_URL" envDefault:"http://127.0.0.1:8081"`
	StoreTimeout time.Duration `env:"API_STORE_TIMEOUT" envDefault:"2s"`

	Faults    fault.Config     `envPrefix:"API_"`
	Telemetry telemetry.Config `envPrefix:""`
}

// Validate implements config.Validator.
func (c Config) Validate() error {
	errs := []error{
		c.Faults.Validate("API_", c.Telemetry.Environment()),
		c.Telemetry.Validate(),
	}
	if c.MaxRequests < 1 {
		errs = append(errs, errors.New("API_MAX_REQUESTS: must be at least 1"))
	}
	if c.DrainTimeout <= 0 {
		errs = append(errs, errors.New("API_DRAIN_TIMEOUT: must be more than 0"))
	}
	if c.StoreTimeout <= 0 {
		errs = append(errs, errors.New("API_STORE_TIMEOUT: must be more than 0"))
	}
	if u := c.StoreURL; (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || (u.Path != "" && u.Path != "/") || u.User != nil {
		errs = append(errs, fmt.Errorf("API_STORE_URL: %q is no URL such as http://127.0.0.1:8081", u.Redacted()))
	}
	return errors.Join(errs...)
}
