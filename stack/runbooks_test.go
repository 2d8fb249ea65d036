package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// An alert is a rule of Prometheus that has a name.
type alert struct {
	Name        string            `yaml:"alert"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func TestAlertsAndRunbooks(t *testing.T) {
	alerts := readAlerts(t)
	tests := read(t, "../prometheus/tests/*.yaml")
	document := read(t, "../docs/telemetry.md")
	var names []string
	for _, a := range alerts {
		names = append(names, a.Name)
		if got, want := a.Annotations["runbook_url"], "docs/runbooks/"+a.Name+".md"; got != want {
			t.Errorf("%s has the runbook %q, want %q", a.Name, got, want)
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("%s has no summary", a.Name)
		}
		if !slices.Contains([]string{"page", "ticket", "none"}, a.Labels["severity"]) {
			t.Errorf("%s has the severity %q", a.Name, a.Labels["severity"])
		}
		if !strings.Contains(tests, a.Name) {
			t.Errorf("%s has no test in prometheus/tests", a.Name)
		}
		if !strings.Contains(document, "[`"+a.Name+"`](runbooks/"+a.Name+".md)") {
			t.Errorf("%s is not in docs/telemetry.md, with a link to its runbook", a.Name)
		}
	}
	for _, path := range glob(t, "../docs/runbooks/*.md") {
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		if !slices.Contains(names, name) {
			t.Errorf("%s is the runbook of no alert", path)
		}
		text := read(t, path)
		for _, want := range []string{"## Meaning", "## Impact", "## First look", "```promql", "```traceql", "## Mitigation", "## Escalate"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q", path, want)
			}
		}
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
	}
	for _, name := range names {
		t.Errorf("%s has no runbook", name)
	}
}

// readAlerts returns the alerts of all rule files.
func readAlerts(t *testing.T) []alert {
	t.Helper()
	var alerts []alert
	for _, path := range glob(t, "../prometheus/rules/*.yaml") {
		var file struct {
			Groups []struct {
				Rules []alert `yaml:"rules"`
			} `yaml:"groups"`
		}
		if err := yaml.Unmarshal([]byte(read(t, path)), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, group := range file.Groups {
			alerts = append(alerts, group.Rules...)
		}
	}
	return slices.DeleteFunc(alerts, func(a alert) bool { return a.Name == "" })
}

// read returns the files that a pattern names, one after the other.
func read(t *testing.T, pattern string) string {
	t.Helper()
	var text strings.Builder
	for _, path := range glob(t, pattern) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(data)
	}
	return text.String()
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no files, %v", pattern, err)
	}
	return paths
}
