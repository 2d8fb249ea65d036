// Package cli holds the commands of the stack program.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"redspan/stack/internal/config"
	"redspan/stack/internal/lifecycle"
	"redspan/stack/internal/logtail"
	"redspan/stack/internal/toolchain"
)

// An app is what the commands share.
type app struct {
	lookup         func(string) (string, bool)
	stdout, stderr io.Writer
}

// errQuiet ends a command with exit code 1 after it has said why itself.
var errQuiet = errors.New("")

// Run runs one command and returns the exit code of the program.
func Run(ctx context.Context, args []string, lookup func(string) (string, bool), stdout, stderr io.Writer) int {
	a := &app{lookup: lookup, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch code := new(exitCode); {
	case err == nil:
		return 0
	case errors.As(err, code):
		return int(*code)
	case errors.Is(err, errQuiet):
		return 1
	case errors.Is(err, lifecycle.ErrInterrupted):
		fmt.Fprintln(stderr, "Interrupted. What this command had started is stopped.")
		return 130
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "Interrupted.")
		return 130
	}
	a.explain(err)
	return 1
}

// An exitCode is how a program that a command has run ended.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "stack",
		Short: "Build, run and inspect Redspan natively",
		Long: `Build, run and inspect Redspan natively: the two services, the OpenTelemetry
Collector, Prometheus, Alertmanager, Tempo and Grafana, without a container engine.

Every port can be moved by a variable such as API_PORT, and everything a stack
keeps is in REDSPAN_STATE_DIR (.redspan by default), so that two stacks with
other ports and another folder run side by side.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(a.upCommand(), a.downCommand(), a.statusCommand(), a.logsCommand(),
		a.traceCommand(), a.cleanCommand(), a.buildCommand(), a.toolCommand())
	return root
}

// load reads the settings for a command that starts something.
func (a *app) load() (*config.Config, error) { return a.loadWith(config.Load) }

// recall reads the settings for a command that looks at what was started.
func (a *app) recall() (*config.Config, error) { return a.loadWith(config.Recall) }

func (a *app) loadWith(load func(string, func(string) (string, bool)) (*config.Config, error)) (*config.Config, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	root, err := config.FindRoot(dir)
	if err != nil {
		return nil, err
	}
	return load(root, a.lookup)
}

func (a *app) stack(cfg *config.Config) (*lifecycle.Stack, error) {
	return lifecycle.New(cfg, a.stdout, isTerminal(a.stdout))
}

// explain prints an error and, where a log tells more, the end of that log.
func (a *app) explain(err error) {
	red := lipgloss.NewRenderer(a.stderr).NewStyle().Foreground(lipgloss.Color("1")).Bold(true)
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(a.stderr, "%s %s\n", red.Render("error:"), strings.TrimSuffix(line, "\n"))
	}
	if build := new(toolchain.Error); errors.As(err, &build) {
		a.printLog(build.Log, 0)
	}
	if part := new(lifecycle.PartError); errors.As(err, &part) {
		a.printLog(part.Log, part.Offset)
	}
}

func (a *app) printLog(path string, offset int64) {
	fmt.Fprintf(a.stderr, "the end of %s:\n", path)
	lines, _, err := logtail.Last(path, offset, 10)
	if err != nil {
		fmt.Fprintf(a.stderr, "  cannot be read: %v\n", err)
	}
	if len(lines) == 0 {
		fmt.Fprintln(a.stderr, "  (empty)")
	}
	for _, line := range lines {
		fmt.Fprintf(a.stderr, "  %s\n", line)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
