package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redspan/stack/internal/cli"
)

func TestRun(t *testing.T) {
	state, foreign := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(foreign, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		env    map[string]string
		code   int
		stdout string
		stderr string
	}{
		"help lists the commands":        {[]string{"--help"}, nil, 0, "Build what is missing", ""},
		"an unknown command":             {[]string{"upp"}, nil, 1, "", `unknown command "upp"`},
		"status of a stack that is down": {[]string{"status"}, nil, 1, "Redspan is not running. Start it with make up.", ""},
		"down of a stack that is down":   {[]string{"down"}, nil, 0, "Redspan is not running.", ""},
		"clean of nothing":               {[]string{"clean"}, nil, 0, "", ""},
		"clean of a foreign folder":      {[]string{"clean"}, map[string]string{"REDSPAN_STATE_DIR": foreign}, 1, "", "nothing was changed"},
		"logs of an unknown part":        {[]string{"logs", "apy"}, nil, 1, "", `no part named "apy"; there are api, store`},
		"trace at an unknown place":      {[]string{"trace", "--at", "moon"}, nil, 1, "", `--at "moon" is none of api, store`},
		"trace without a stack":          {[]string{"trace"}, map[string]string{"API_PORT": "1"}, 1, "", "make status"},
		"an unknown tool":                {[]string{"tool", "hammer"}, nil, 1, "", `no tool named "hammer"`},
		"every wrong setting on a line":  {[]string{"up"}, map[string]string{"API_PORT": "x", "GRAFANA": "y"}, 1, "", "error: API_PORT: \"x\""},
	} {
		t.Run(name, func(t *testing.T) {
			lookup := func(name string) (string, bool) {
				if v, ok := c.env[name]; ok || name != "REDSPAN_STATE_DIR" {
					return v, ok
				}
				return state, true
			}
			var stdout, stderr bytes.Buffer
			if code := cli.Run(t.Context(), c.args, lookup, &stdout, &stderr); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(stdout.String(), c.stdout) {
				t.Errorf("stdout lacks %q:\n%s", c.stdout, &stdout)
			}
			if !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("stderr lacks %q:\n%s", c.stderr, &stderr)
			}
		})
	}
}
