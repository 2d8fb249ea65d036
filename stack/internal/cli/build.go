package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"redspan/stack/internal/config"
	"redspan/stack/internal/lifecycle"
	"redspan/stack/internal/progress"
	"redspan/stack/internal/toolchain"
)

func (a *app) buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build [tool...]",
		Short: "Build the tools into the cache, all of them by default",
		Long: `Build the tools into the cache, all of them by default. A tool whose pinned
version and settings have not changed is not built again. The tools are:

  ` + strings.Join(toolchain.Names(), ", "),
		ValidArgs: toolchain.Names(),
		RunE: func(cmd *cobra.Command, names []string) error {
			cfg, err := a.load()
			if err != nil {
				return err
			}
			return a.build(cmd, cfg, names)
		},
	}
}

func (a *app) build(cmd *cobra.Command, cfg *config.Config, names []string) error {
	if err := cfg.InitStateDir(); err != nil {
		return err
	}
	lines := names
	if len(lines) == 0 {
		lines = toolchain.Names()
	}
	board := progress.NewBoard(a.stdout, isTerminal(a.stdout), lines...)
	defer board.Close()
	builder := lifecycle.NewBuilder(cfg, func(tool, state, detail string) {
		lifecycle.ShowBuild(board, tool, state, detail)
	})
	err := builder.Build(cmd.Context(), names...)
	if build := new(toolchain.Error); errors.As(err, &build) {
		board.Set(build.Tool, progress.Failed, "")
	}
	return err
}

func (a *app) toolCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tool name [arguments...]",
		Short: "Run one of the tools, after building it if need be",
		Long: `Run one of the tools, after building it if need be. Everything after the name
goes to the tool. Without arguments it is run without any.`,
		Example:            "  stack tool promtool check config prometheus/prometheus.yml",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
				return cmd.Help()
			}
			cfg, err := a.load()
			if err != nil {
				return err
			}
			path, built, err := lifecycle.NewBuilder(cfg, nil).Program(args[0])
			if err != nil {
				return err
			}
			if !built {
				if err := a.build(cmd, cfg, args[:1]); err != nil {
					return err
				}
			}
			return a.exec(cmd, path, args[1:])
		},
	}
}

func (a *app) exec(cmd *cobra.Command, path string, args []string) error {
	program := exec.CommandContext(cmd.Context(), path, args...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, a.stdout, a.stderr
	// It gets the terminal's Ctrl-C itself and decides when to end.
	program.Cancel = func() error { return nil }
	err := program.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return exitCode(exit.ExitCode())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
