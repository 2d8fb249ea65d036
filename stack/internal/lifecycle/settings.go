package lifecycle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"redspan/stack/internal/processcompose"
)

// A record tells what a running stack was started from, as hashes: of every
// setting by its variable, and of the files behind each part.
type record struct {
	Settings map[string]string `json:"settings"`
	Parts    map[string]string `json:"parts"`
}

// prefixes of the variables that a user can set for the parts.
var prefixes = []string{"API_", "STORE_", "OTEL_", "COLLECTOR_", "SCRAPE_", "SPAN_METRICS_",
	"TAIL_SAMPLING_", "TEMPO_", "PROMETHEUS_", "ALERTMANAGER_", "ALERT_", "GF_"}

// settings hashes every variable that reaches the parts. Hashes, since some
// hold passwords.
func (s *Stack) settings(env map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				all[name] = value
			}
		}
	}
	maps.Copy(all, env)
	file, err := os.ReadFile(filepath.Join(s.cfg.Root, "stack", "process-compose.yaml"))
	if err != nil {
		return nil, err
	}
	all["stack/process-compose.yaml"] = string(file)
	for name, value := range all {
		all[name] = hash([]byte(value))
	}
	return all, nil
}

// changed names the settings that differ between two records.
func changed(before, after map[string]string) []string {
	var names []string
	for name := range before {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// fingerprint hashes what a part is made from: its program, or the inputs of
// its tool's build, and its configuration files.
func (s *Stack) fingerprint(part processcompose.Process) (string, error) {
	paths, err := s.sources(part)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		// Without a stamp it is an installed Grafana.
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		h.Write([]byte(path + hash(data)))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sources lists the files behind a part's fingerprint.
func (s *Stack) sources(part processcompose.Process) ([]string, error) {
	var paths []string
	if slices.Contains(services, part.Name) {
		paths = append(paths, s.cfg.Path("bin", part.Name))
	}
	for _, t := range tools {
		if t.part == part.Name {
			stamp, err := NewBuilder(s.cfg, nil).StampFile(t.tool)
			if err != nil {
				return nil, err
			}
			paths = append(paths, stamp)
		}
	}
	for _, file := range part.Files {
		err := filepath.WalkDir(filepath.Join(s.cfg.Root, file), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return paths, nil
}

func (s *Stack) loadRecord() (*record, error) {
	r := &record{Parts: map[string]string{}}
	data, err := os.ReadFile(s.recordFile())
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return r, json.Unmarshal(data, r)
}

func (s *Stack) saveRecord(r *record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.recordFile(), data, 0o600)
}

func (s *Stack) recordFile() string { return s.cfg.Path("run", "started.json") }

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
