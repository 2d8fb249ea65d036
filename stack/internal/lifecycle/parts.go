package lifecycle

import (
	"os/exec"
	"path/filepath"

	"redspan/stack/internal/config"
	"redspan/stack/internal/progress"
)

// grafana is the one part that may be left out, and whose build takes long
// enough that the others do not wait for it.
const grafana = "grafana"

// supervisor is the line on the board for process-compose.
const supervisor = "process-compose"

// services are the parts that are built from this checkout.
var services = []string{"store", "api"}

// tools maps each other part to the tool that it runs, and the variable in
// process-compose.yaml that holds the program.
var tools = []struct{ part, tool, variable string }{
	{"otel-collector", "otelcol", "OTELCOL_PROGRAM"},
	{"prometheus", "prometheus", "PROMETHEUS_PROGRAM"},
	{"tempo", "tempo", "TEMPO_PROGRAM"},
	{"alertmanager", "alertmanager", "ALERTMANAGER_PROGRAM"},
	{grafana, grafana, "GRAFANA_PROGRAM"},
}

// addresses are what a person opens or calls, by part.
var addresses = []struct{ part, variable string }{
	{"api", "API_PORT"},
	{"store", "STORE_PORT"},
	{"otel-collector", "COLLECTOR_OTLP_HTTP_PORT"},
	{"prometheus", "PROMETHEUS_PORT"},
	{"alertmanager", "ALERTMANAGER_PORT"},
	{"tempo", "TEMPO_PORT"},
	{grafana, "GRAFANA_PORT"},
}

func address(cfg *config.Config, part string) string {
	for _, a := range addresses {
		if a.part == part {
			return cfg.URL(a.variable)
		}
	}
	return ""
}

// lineOf returns the line of the board on which the build of a tool shows.
func lineOf(tool string) string {
	if tool == "ocb" {
		return "otel-collector"
	}
	for _, t := range tools {
		if t.tool == tool {
			return t.part
		}
	}
	return tool
}

// ShowBuild shows a step of a build, as toolchain reports it, on a line of the board.
func ShowBuild(board *progress.Board, line, state, detail string) {
	switch state {
	case "building":
		board.Set(line, progress.Building, detail)
	case "built":
		board.Set(line, progress.Built, detail)
	default:
		board.Set(line, progress.Waiting, detail)
	}
}

// installedGrafana returns the Grafana of this machine and its home folder, if
// it has one.
func installedGrafana() (program, home string, ok bool) {
	program, err := exec.LookPath(grafana)
	if err != nil {
		return "", "", false
	}
	resolved, err := filepath.EvalSymlinks(program)
	if err != nil {
		return "", "", false
	}
	for _, home := range []string{
		filepath.Dir(filepath.Dir(resolved)), // an unpacked archive: <home>/bin/grafana
		"/usr/share/grafana",                 // distribution packages
		filepath.Join(filepath.Dir(filepath.Dir(resolved)), "share", "grafana"), // Homebrew
	} {
		if exists(filepath.Join(home, "conf", "defaults.ini")) {
			return program, home, true
		}
	}
	return "", "", false
}
