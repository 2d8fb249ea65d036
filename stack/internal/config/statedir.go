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
	if err := c.refuseForeign(); err != nil {
		return err
	}
	for _, dir := range append([]string{"bin"}, ownedDirs...) {
		if err := os.MkdirAll(c.Path(dir), 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(c.Path(markerFile), nil, 0o644)
}

// refuseForeign refuses a folder without the marker that holds something under
// the names a stack uses.
func (c *Config) refuseForeign() error {
	if c.IsStateDir() {
		return nil
	}
	for _, name := range ownedDirs {
		if exists(c.Path(name)) {
			return fmt.Errorf("%s exists but is not from Redspan; nothing was changed; set REDSPAN_STATE_DIR to another folder", c.Path(name))
		}
	}
	return nil
}

// IsStateDir reports whether the state directory was made by InitStateDir.
func (c *Config) IsStateDir() bool {
	_, err := os.Stat(c.Path(markerFile))
	return err == nil
}

// Clean removes what a stack keeps in its state directory, and the directory
// itself where nothing else is left. It refuses a folder that holds something
// else under the names a stack uses.
func (c *Config) Clean() error {
	if _, err := os.Stat(c.StateDir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := c.refuseForeign(); err != nil {
		return err
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
	_, err := os.Lstat(path)
	return err == nil
}
