package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// A plan is the identity of a tool and the way to make it.
type plan struct {
	version string
	binary  string   // path of the program inside the tool's folder
	inputs  []string // files that decide what comes out
	// run puts the finished tool into dir, an empty folder.
	run func(ctx context.Context, dir string, log io.Writer) error
	err error // why the tool cannot be described
}

// describe returns the build of a tool.
func (b *Builder) describe(r recipe) plan {
	switch r.name {
	case "otelcol":
		return collectorBuild(b)
	case "grafana":
		return grafanaBuild(b, r)
	default:
		return goBuild(b, r)
	}
}

func failed(err error) plan { return plan{err: err} }

// goBuild makes a tool with `go build` in the module that pins it.
func goBuild(b *Builder, r recipe) plan {
	version, err := r.version(b.Root)
	if err != nil {
		return failed(err)
	}
	tags, err := r.tags(b.Root)
	if err != nil {
		return failed(err)
	}
	module := filepath.Join(b.Root, "stack", "tools", r.module)
	return plan{
		version: version,
		binary:  r.name,
		inputs:  []string{filepath.Join(module, "go.mod"), filepath.Join(module, "go.sum")},
		run: func(ctx context.Context, dir string, log io.Writer) error {
			// GOWORK=off: the tools' dependencies are none of the workspace's.
			return run(ctx, log, module, []string{"GOWORK=off", "CGO_ENABLED=0"},
				"go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", tags, "-o", filepath.Join(dir, r.name), r.pkg)
		},
	}
}

// collectorBuild makes the Collector from its manifest with ocb.
func collectorBuild(b *Builder) plan {
	manifest := filepath.Join(b.Root, "otel-collector", "builder.yaml")
	version, err := manifestVersion(manifest)
	if err != nil {
		return failed(err)
	}
	return plan{
		version: version,
		binary:  "otelcol",
		inputs:  []string{manifest, filepath.Join(b.Root, "stack", "tools", "ocb", "go.mod")},
		run: func(ctx context.Context, dir string, log io.Writer) error {
			ocb, err := b.ensure(ctx, "ocb")
			if err != nil {
				return err
			}
			src := filepath.Join(dir, "src")
			// ocb reads its settings from the environment as well, by dotted names.
			env := []string{"GOWORK=off", "dist.output_path=" + src}
			if err := run(ctx, log, b.Root, env, ocb, "--config", manifest); err != nil {
				return err
			}
			if err := os.Rename(filepath.Join(src, "otelcol"), filepath.Join(dir, "otelcol")); err != nil {
				return err
			}
			return os.RemoveAll(src)
		},
	}
}

func manifestVersion(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var manifest struct {
		Dist struct {
			Version string `yaml:"version"`
		} `yaml:"dist"`
	}
	if err := yaml.Unmarshal(data, &manifest); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if manifest.Dist.Version == "" {
		return "", fmt.Errorf("%s: dist.version is missing", path)
	}
	return manifest.Dist.Version, nil
}

// grafanaBuild makes Grafana's home folder with its own script.
func grafanaBuild(b *Builder, r recipe) plan {
	version, err := r.version(b.Root)
	if err != nil {
		return failed(err)
	}
	module := filepath.Join(b.Root, "stack", "tools", r.module)
	inputs, err := filepath.Glob(filepath.Join(module, "*"))
	if err != nil {
		return failed(err)
	}
	return plan{
		version: version,
		binary:  "bin/grafana",
		inputs:  inputs,
		run: func(ctx context.Context, dir string, log io.Writer) error {
			// The script makes its destination itself, whole or not at all.
			home := filepath.Join(dir, "home")
			steps := io.MultiWriter(log, lineWriter(func(line string) { b.report(r.name, "building", line) }))
			err := runTo(ctx, steps, log, b.Root, nil, filepath.Join(module, "build.sh"), home)
			// The details are in a log of its own, which goes with the folder.
			if details, readErr := os.ReadFile(home + ".log"); readErr == nil {
				_, _ = log.Write(details)
			}
			if err != nil {
				return err
			}
			return flatten(home, dir)
		},
	}
}

// flatten moves the entries of home into dir and removes what is left beside them.
func flatten(home, dir string) error {
	stale, err := filepath.Glob(home + ".*")
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(home)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, os.Rename(filepath.Join(home, e.Name()), filepath.Join(dir, e.Name())))
	}
	for _, path := range append(stale, home) {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// CheckNode reports what building Grafana needs and this machine lacks. The
// build says so too, but only after the minutes that the other builds take.
func CheckNode() error {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is not on PATH: building Grafana needs Node.js with npm; install it, or run without Grafana: make up GRAFANA=off", program)
		}
	}
	return nil
}
