package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) upCommand() *cobra.Command {
	var grafana string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Build what is missing and start what does not run",
		Long: `Build what is missing and start what does not run, then return; the stack goes
on in the background. The first run builds every tool from source, which takes
some minutes; the pair comes up as soon as it can and Grafana, whose build is the
longest, follows.

On a stack that runs, up starts what has died and restarts what has changed: a
service after an edit, a part whose configuration files differ, everything when
a port or another setting does.

When something fails, what this run has started is stopped again.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lookup := a.lookup
			if cmd.Flags().Changed("grafana") {
				a.lookup = func(name string) (string, bool) {
					if name == "GRAFANA" {
						return grafana, true
					}
					return lookup(name)
				}
			}
			cfg, err := a.load()
			if err != nil {
				return err
			}
			stack, err := a.stack(cfg)
			if err != nil {
				return err
			}
			return stack.Up(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&grafana, "grafana", "on", "on, or off to do without Grafana (also: GRAFANA=off)")
	return cmd
}

func (a *app) downCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop everything, and wait until it is gone",
		Long: `Stop everything and wait until it is gone: first the services, so that the
Collector still gets their last telemetry, then the Collector, then the rest.
Also ends what a killed process-compose has left behind.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.recall()
			if err != nil {
				return err
			}
			stack, err := a.stack(cfg)
			if err != nil {
				return err
			}
			return stack.Down(cmd.Context())
		},
	}
}

func (a *app) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Stop everything and remove its data and logs",
		Long: `Stop everything and remove the data, logs and built services in the state
directory, without asking. The built tools, outside the checkout, stay.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.recall()
			if err != nil {
				return err
			}
			stack, err := a.stack(cfg)
			if err != nil {
				return err
			}
			if err := stack.Down(cmd.Context()); err != nil {
				return err
			}
			if err := cfg.Clean(); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "Removed what the stack kept in %s.\n", cfg.StateDir)
			return nil
		},
	}
}
