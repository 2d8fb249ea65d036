package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

// Marker is the environment variable that every process of a stack carries.
// Its value is the stack's state directory.
const Marker = "REDSPAN_STACK"

// userDefaults are settings of the services that a user's environment may
// override. This stack listens on loopback only, so its fault routes are open.
var userDefaults = map[string]string{
	"API_FAULTS":              "open",
	"STORE_FAULTS":            "open",
	"OTEL_BSP_SCHEDULE_DELAY": "200",
	// A load test makes tens of thousands of spans a second; what the queue
	// does not hold is lost.
	"OTEL_BSP_MAX_QUEUE_SIZE":        "32768",
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4096",
	"OTEL_RESOURCE_ATTRIBUTES":       "deployment.environment.name=local",
}

// Environment returns the variables from which process-compose.yaml makes the
// settings of every part.
func (c *Config) Environment() map[string]string {
	env := map[string]string{
		Marker:         c.StateDir,
		"REDSPAN_ROOT": c.Root,
		"REDSPAN_BIN":  c.Path("bin"),
		"REDSPAN_DATA": c.Path("data"),
		"REDSPAN_LOG":  c.Path("log"),
		"REDSPAN_RUN":  c.Path("run"),
	}
	for variable, def := range userDefaults {
		env[variable] = c.get(variable, def)
	}
	for _, p := range c.Ports {
		env[p.Variable] = strconv.Itoa(p.Number)
	}
	return env
}

// Remember stores the settings of a stack that is being started, for commands
// that come later without the variables.
func (c *Config) Remember() error {
	settings := map[string]string{"GRAFANA": "off"}
	if c.Grafana {
		settings["GRAFANA"] = "on"
	}
	for _, p := range c.Ports {
		settings[p.Variable] = strconv.Itoa(p.Number)
	}
	data, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.settingsFile(), data, 0o644)
}

// Recall loads the settings like [Load], with those of the stack last
// started in the same state directory in place of the defaults.
func Recall(root string, lookup func(string) (string, bool)) (*Config, error) {
	c, err := Load(root, lookup)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(c.settingsFile())
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	remembered := map[string]string{}
	if err := json.Unmarshal(data, &remembered); err != nil {
		return nil, err
	}
	return Load(root, func(variable string) (string, bool) {
		if v, ok := lookup(variable); ok && v != "" {
			return v, true
		}
		v, ok := remembered[variable]
		return v, ok
	})
}

func (c *Config) settingsFile() string { return filepath.Join(c.StateDir, "run", "settings.json") }
