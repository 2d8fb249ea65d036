// Package e2e drives a running instance of the whole stack from outside, for
// the tests in this folder: [Stack] starts and stops it; [Tempo], [Prometheus],
// [Grafana] and [Browser] ask it what a person would.
//
// Nothing here sleeps: what takes time is polled with a deadline.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// intervals are those of a stack for tests: shorter, so that less is waited for.
var intervals = map[string]string{
	"SCRAPE_INTERVAL":             "500ms",
	"SPAN_METRICS_FLUSH_INTERVAL": "1s",
	"OTEL_BSP_SCHEDULE_DELAY":     "100",
}

// inherited names the variables that reach a stack for tests from outside. A
// developer's API_FAULTS or STORE_DATABASE_URL must not.
var inherited = []string{
	"PATH", "HOME", "USER", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "TERM", "LANG", "CI",
	"GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOTMPDIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY", "npm_config_registry",
}

// Stack is an instance of the whole stack, on ports of its own.
type Stack struct {
	Root     string // the checkout
	StateDir string // data, logs, programs and screenshots

	program  string // the stack command
	settings map[string]string
	ports    map[string]int
	guard    *exec.Cmd
	release  io.Closer // closing it has the guard stop the stack
}

// Start builds and starts a stack from the checkout at root, and returns once
// it is ready. Its state directory is emptied first and kept afterwards. The
// caller closes it; if this process dies instead, the stack is stopped all
// the same. Its alerts are sent to the URL webhook.
func Start(ctx context.Context, root, webhook string) (*Stack, error) {
	settings := maps.Clone(intervals)
	settings["ALERT_WEBHOOK_URL"] = webhook
	return StartWith(ctx, root, "e2e", settings)
}

// StartWith is Start with the given settings in place of the shorter
// intervals, and with the state directory of that name in .redspan.
func StartWith(ctx context.Context, root, name string, settings map[string]string) (*Stack, error) {
	s := &Stack{Root: root, StateDir: filepath.Join(root, ".redspan", name), settings: settings}
	s.program = filepath.Join(s.StateDir, "bin", "stack")
	var err error
	if s.ports, err = freePorts(); err != nil {
		return nil, err
	}
	if err := s.empty(ctx); err != nil {
		return nil, err
	}
	if err := s.startGuard(); err != nil {
		return nil, err
	}
	if err := s.Up(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("stack up: %w", err), s.Close())
	}
	apiURL = s.URL("API_PORT")
	return s, nil
}

// empty builds the stack command, stops what an earlier run may have left, and
// removes its state.
func (s *Stack) empty(ctx context.Context) error {
	build := s.command(ctx, "go", "build", "-C", "stack", "-o", s.program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the stack command: %w\n%s", err, out)
	}
	// Again and again: the guard of an earlier run may be at it.
	_, err := Poll(ctx, func(ctx context.Context) (bool, error) {
		out, err := s.command(ctx, s.program, "down").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("stop an earlier run: %w\n%s", err, out)
		}
		return true, err
	})
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(s.StateDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "bin" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(s.StateDir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// startGuard starts a process that stops the stack once this one has closed
// release or ended in any way, also by a panic or a Ctrl-C. It writes to a
// file, since nobody may be left to read from a pipe.
func (s *Stack) startGuard() error {
	output, err := os.Create(s.guardLog())
	if err != nil {
		return err
	}
	defer output.Close()
	// A start that is still being undone holds the stack's lock for a while.
	const script = `cat >/dev/null; for i in $(seq 60); do "$0" down && exit; sleep 1; done; exit 1`
	s.guard = s.command(context.Background(), "sh", "-c", script, s.program)
	s.guard.Stdout, s.guard.Stderr = output, output
	if s.release, err = s.guard.StdinPipe(); err != nil {
		return err
	}
	return s.guard.Start()
}

func (s *Stack) guardLog() string { return filepath.Join(s.StateDir, "down.log") }

// Close stops the stack.
func (s *Stack) Close() error {
	if err := errors.Join(s.release.Close(), s.guard.Wait()); err != nil {
		return fmt.Errorf("stack down: %w; see %s", err, s.guardLog())
	}
	return nil
}

// Up starts what does not run, and shows its progress on the standard error.
func (s *Stack) Up(ctx context.Context) error {
	cmd := s.command(ctx, s.program, "up")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// Part is a line of the stack's status.
type Part struct {
	Name, State string
	PID         int // 0 if it does not run
}

// columns separates those of a table.
var columns = regexp.MustCompile(` {2,}`)

// Status returns the state of each part by name, and whether the command
// found that all is well.
func (s *Stack) Status(ctx context.Context) (parts map[string]Part, ok bool, err error) {
	out, err := s.command(ctx, s.program, "status").Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, false, err
	}
	parts = make(map[string]Part)
	for line := range strings.Lines(string(out)) {
		fields := columns.Split(strings.TrimSpace(line), -1) // a state such as "not ready" has a blank in it
		if len(fields) < 5 || fields[0] == "PART" {
			continue
		}
		pid, _ := strconv.Atoi(fields[2]) // "-" if it does not run
		parts[fields[0]] = Part{Name: fields[0], State: fields[1], PID: pid}
	}
	return parts, err == nil, nil
}

// URL returns the address of what listens on the port of that variable.
func (s *Stack) URL(variable string) string {
	port, ok := s.ports[variable]
	if !ok {
		panic("e2e: no port variable " + variable)
	}
	return "http://127.0.0.1:" + strconv.Itoa(port)
}

// Log returns what a part has logged.
func (s *Stack) Log(part string) (string, error) {
	data, err := os.ReadFile(filepath.Join(s.StateDir, "log", part+".log"))
	return string(data), err
}

// command returns a command that runs in the checkout with the stack's
// environment. It has a process group of its own, so that a Ctrl-C reaches it
// once, when ctx ends, and not from the terminal as well.
func (s *Stack) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = s.Root, s.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	return cmd
}

func (s *Stack) environment() []string {
	set := maps.Clone(s.settings)
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			set[name] = value
		}
	}
	for variable, port := range s.ports {
		set[variable] = strconv.Itoa(port)
	}
	set["REDSPAN_STATE_DIR"] = s.StateDir
	env := make([]string, 0, len(set))
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env
}
