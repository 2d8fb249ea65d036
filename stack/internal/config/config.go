// Package config reads the settings of the native stack from the environment.
// It is the one place that knows the variables and their defaults.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Port is one TCP port on 127.0.0.1 that a part of the stack listens on.
type Port struct {
	Variable string // environment variable that moves it
	Part     string // process that listens on it
	Number   int
}

// defaultPorts lists every port of the stack with its default.
var defaultPorts = []Port{
	{"API_PORT", "api", 8080},
	{"API_ADMIN_PORT", "api", 9464},
	{"STORE_PORT", "store", 8081},
	{"STORE_ADMIN_PORT", "store", 9465},
	{"COLLECTOR_OTLP_GRPC_PORT", "otel-collector", 4317},
	{"COLLECTOR_OTLP_HTTP_PORT", "otel-collector", 4318},
	{"COLLECTOR_HEALTH_PORT", "otel-collector", 13133},
	{"COLLECTOR_METRICS_PORT", "otel-collector", 8888},
	{"PROMETHEUS_PORT", "prometheus", 9090},
	{"ALERTMANAGER_PORT", "alertmanager", 9093},
	{"TEMPO_PORT", "tempo", 3200},
	{"TEMPO_OTLP_PORT", "tempo", 4320},
	{"TEMPO_GRPC_PORT", "tempo", 9095},
	{"GRAFANA_PORT", "grafana", 3000},
}

// Config holds the settings of one stack. Two stacks with different ports and
// state directories can run side by side.
type Config struct {
	Root     string // the checkout
	StateDir string // data, logs and runtime files of this stack
	CacheDir string // built tools, shared by every checkout of this user
	Grafana  bool
	Ports    []Port

	lookup func(string) (string, bool)
}

// Load reads the settings for the checkout at root. Every wrong value is
// reported, each by the name of its variable.
func Load(root string, lookup func(string) (string, bool)) (*Config, error) {
	c := &Config{Root: root, lookup: lookup}
	var errs []error
	var err error
	if c.StateDir, err = absolute(root, c.get("REDSPAN_STATE_DIR", ".redspan")); err != nil {
		errs = append(errs, fmt.Errorf("REDSPAN_STATE_DIR: %w", err))
	}
	if c.CacheDir, err = c.cacheDir(); err != nil {
		errs = append(errs, err)
	}
	switch v := c.get("GRAFANA", "on"); strings.ToLower(v) {
	case "on":
		c.Grafana = true
	case "off":
	default:
		errs = append(errs, fmt.Errorf("GRAFANA: %q is neither on nor off", v))
	}
	for _, p := range defaultPorts {
		if p.Number, err = c.port(p); err != nil {
			errs = append(errs, err)
		}
		c.Ports = append(c.Ports, p)
	}
	errs = append(errs, distinct(c.Ports)...)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// Addr returns the loopback address behind one of the port variables.
func (c *Config) Addr(variable string) string {
	for _, p := range c.Ports {
		if p.Variable == variable {
			return "127.0.0.1:" + strconv.Itoa(p.Number)
		}
	}
	panic("config: no port variable " + variable)
}

// URL returns the HTTP address behind one of the port variables.
func (c *Config) URL(variable string) string { return "http://" + c.Addr(variable) }

// Path returns a path inside the state directory.
func (c *Config) Path(elem ...string) string {
	return filepath.Join(append([]string{c.StateDir}, elem...)...)
}

// LogFile returns the log file of a part, or of the build of a tool.
func (c *Config) LogFile(name string) string { return c.Path("log", name+".log") }

// get returns a variable, or def where it is unset or empty.
func (c *Config) get(variable, def string) string {
	if v, ok := c.lookup(variable); ok && v != "" {
		return v
	}
	return def
}

func (c *Config) port(p Port) (int, error) {
	v := c.get(p.Variable, strconv.Itoa(p.Number))
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%s: %q is not a port between 1 and 65535", p.Variable, v)
	}
	return n, nil
}

func (c *Config) cacheDir() (string, error) {
	if v := c.get("XDG_CACHE_HOME", ""); v != "" {
		if !filepath.IsAbs(v) {
			return "", fmt.Errorf("XDG_CACHE_HOME: %q is not an absolute path", v)
		}
		return filepath.Join(v, "redspan"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home directory for the tool cache; set XDG_CACHE_HOME: %w", err)
	}
	return filepath.Join(home, ".cache", "redspan"), nil
}

// distinct reports variables that claim the same port.
func distinct(ports []Port) []error {
	var errs []error
	first := map[int]string{}
	for _, p := range ports {
		if p.Number == 0 {
			continue
		}
		if other, ok := first[p.Number]; ok {
			errs = append(errs, fmt.Errorf("%s: port %d is already taken by %s", p.Variable, p.Number, other))
			continue
		}
		first[p.Number] = p.Variable
	}
	return errs
}

func absolute(root, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	// Resolved, so that one directory has one name however it is reached.
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		return filepath.Clean(path), nil
	}
	return resolved, err
}

// Parts returns the names of the parts that listen on the ports.
func Parts() []string {
	var parts []string
	for _, p := range defaultPorts {
		if !slices.Contains(parts, p.Part) {
			parts = append(parts, p.Part)
		}
	}
	return parts
}
