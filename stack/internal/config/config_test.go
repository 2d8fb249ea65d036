package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redspan/stack/internal/config"
)

func env(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

func TestLoad(t *testing.T) {
	t.Run("has defaults", func(t *testing.T) {
		c, err := config.Load("/repo", env(map[string]string{"XDG_CACHE_HOME": "/cache"}))
		if err != nil {
			t.Fatal(err)
		}
		if c.StateDir != "/repo/.redspan" || c.CacheDir != "/cache/redspan" || !c.Grafana {
			t.Errorf("got %+v", c)
		}
		if got := c.URL("API_PORT"); got != "http://127.0.0.1:8080" {
			t.Errorf("URL(API_PORT) = %s", got)
		}
		if got := c.Environment()["API_FAULTS"]; got != "open" {
			t.Errorf("API_FAULTS = %q", got)
		}
	})
	t.Run("takes what the environment says", func(t *testing.T) {
		c, err := config.Load("/repo", env(map[string]string{
			"REDSPAN_STATE_DIR": "other", "GRAFANA": "off", "TEMPO_PORT": "4000", "API_FAULTS": "off",
		}))
		if err != nil {
			t.Fatal(err)
		}
		if c.StateDir != "/repo/other" || c.Grafana || c.Addr("TEMPO_PORT") != "127.0.0.1:4000" {
			t.Errorf("got %+v", c)
		}
		if got := c.Environment()["API_FAULTS"]; got != "off" {
			t.Errorf("API_FAULTS = %q", got)
		}
	})
	t.Run("names every wrong variable", func(t *testing.T) {
		_, err := config.Load("/repo", env(map[string]string{
			"API_PORT": "http", "TEMPO_PORT": "70000", "GRAFANA": "perhaps",
			"STORE_PORT": "9090", "XDG_CACHE_HOME": "relative",
		}))
		if err == nil {
			t.Fatal("no error")
		}
		for _, want := range []string{`API_PORT: "http"`, `TEMPO_PORT: "70000"`, `GRAFANA: "perhaps"`,
			"PROMETHEUS_PORT: port 9090 is already taken by STORE_PORT", "XDG_CACHE_HOME"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in:\n%v", want, err)
			}
		}
	})
}

func TestRecall(t *testing.T) {
	root := t.TempDir()
	started, err := config.Load(root, env(map[string]string{"API_PORT": "18080", "GRAFANA": "off"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := started.InitStateDir(); err != nil {
		t.Fatal(err)
	}
	if err := started.Remember(); err != nil {
		t.Fatal(err)
	}
	c, err := config.Recall(root, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr("API_PORT") != "127.0.0.1:18080" || c.Grafana {
		t.Errorf("got %+v", c)
	}
	c, err = config.Recall(root, env(map[string]string{"API_PORT": "28080"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr("API_PORT") != "127.0.0.1:28080" {
		t.Errorf("the environment does not win: %s", c.Addr("API_PORT"))
	}
}

func TestStateDir(t *testing.T) {
	load := func(t *testing.T) *config.Config {
		t.Helper()
		c, err := config.Load("/repo", env(map[string]string{"REDSPAN_STATE_DIR": filepath.Join(t.TempDir(), "state")}))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	write := func(t *testing.T, path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("is removed whole", func(t *testing.T) {
		c := load(t)
		write(t, c.Path("bin", "stack"))
		if err := c.InitStateDir(); err != nil {
			t.Fatal(err)
		}
		write(t, c.Path("data", "store", "tasks.db"))
		if err := c.Clean(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(c.StateDir); !os.IsNotExist(err) {
			t.Errorf("it is still there: %v", err)
		}
	})
	t.Run("keeps what others put there", func(t *testing.T) {
		c := load(t)
		if err := c.InitStateDir(); err != nil {
			t.Fatal(err)
		}
		write(t, c.Path("screenshots", "trace.png"))
		if err := c.Clean(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(c.Path("screenshots", "trace.png")); err != nil {
			t.Error(err)
		}
	})
	t.Run("is refused when it belongs to something else", func(t *testing.T) {
		c := load(t)
		write(t, c.Path("data", "precious"))
		if err := c.InitStateDir(); err == nil || !strings.Contains(err.Error(), "REDSPAN_STATE_DIR") {
			t.Errorf("InitStateDir: %v", err)
		}
		if err := c.Clean(); err == nil {
			t.Error("Clean has no objection")
		}
		if _, err := os.Stat(c.Path("data", "precious")); err != nil {
			t.Error(err)
		}
	})
}

func TestFindRoot(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := config.FindRoot(wd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "stack", "process-compose.yaml")); err != nil {
		t.Error(err)
	}
	if _, err := config.FindRoot(t.TempDir()); err == nil {
		t.Error("a folder outside is taken for a checkout")
	}
}
