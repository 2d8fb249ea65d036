package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// markerFile tells a state directory from any other folder.
const markerFile = ".redspan-state"

// ownedDirs are the folders that a stack creates in its state directory.
var ownedDirs = []string{"data", "log", "run"}

// InitStateDir creates the state directory. It refuses a folder that already
// holds something else under the names a stack uses, since Clean would remove it.
func (c *Config) InitStateDir() error {
	if !c.IsStateDir() {
		for _, name := range ownedDirs {
			if _, err := os.Lstat(c.Path(name)); err == nil {
				return fmt.Errorf("%s exists but is not from Redspan; set REDSPAN_STATE_DIR to another folder", c.Path(name))
			}
		}
	}
	for _, dir := range append([]string{"bin"}, ownedDirs...) {
		if err := os.MkdirAll(c.Path(dir), 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(c.Path(markerFile), nil, 0o644)
}

// IsStateDir reports whether the state directory was made by InitStateDir.
func (c *Config) IsStateDir() bool {
	_, err := os.Stat(c.Path(markerFile))
	return err == nil
}

// Clean removes what a stack keeps in its state directory, and the directory
// itself where nothing else is left. It refuses any other folder.
func (c *Config) Clean() error {
	if _, err := os.Stat(c.StateDir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if !c.IsStateDir() {
		return fmt.Errorf("%s is not a state directory of Redspan; nothing was removed", c.StateDir)
	}
	var errs []error
	for _, dir := range ownedDirs {
		errs = append(errs, os.RemoveAll(c.Path(dir)))
	}
	for _, file := range []string{"bin/api", "bin/store", "bin/stack", markerFile} {
		if err := os.Remove(c.Path(file)); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	// Neither is an error: what others put there stays.
	_ = os.Remove(c.Path("bin"))
	_ = os.Remove(c.StateDir)
	return errors.Join(errs...)
}

// FindRoot returns the checkout that contains dir: the closest folder upwards
// that holds go.work and stack/process-compose.yaml.
func FindRoot(dir string) (string, error) {
	for d := dir; ; d = filepath.Dir(d) {
		if exists(filepath.Join(d, "go.work")) && exists(filepath.Join(d, "stack", "process-compose.yaml")) {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("%s is not inside a Redspan checkout; change into one", dir)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
