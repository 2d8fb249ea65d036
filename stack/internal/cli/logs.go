package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"redspan/stack/internal/config"
	"redspan/stack/internal/logtail"
)

func (a *app) logsCommand() *cobra.Command {
	var lines int
	follow := isTerminal(a.stdout)
	cmd := &cobra.Command{
		Use:   "logs [part...]",
		Short: "Show the logs of the parts, all of them by default",
		Long: `Show the ends of the logs of the parts, all of them by default, each line after
the name of its part. On a terminal it goes on with what comes, until Ctrl-C.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			cfg, err := a.recall()
			if err != nil {
				return err
			}
			parts := config.Parts()
			for _, name := range names {
				if !slices.Contains(parts, name) {
					return fmt.Errorf("no part named %q; there are %s", name, strings.Join(parts, ", "))
				}
			}
			if len(names) == 0 {
				names = parts
			}
			return a.logs(cmd.Context(), cfg, names, lines, follow)
		},
	}
	cmd.Flags().IntVarP(&lines, "lines", "n", 10, "how many lines of each part to begin with")
	cmd.Flags().BoolVarP(&follow, "follow", "f", follow, "go on with what comes; the default on a terminal")
	return cmd
}

func (a *app) logs(ctx context.Context, cfg *config.Config, names []string, lines int, follow bool) error {
	renderer := lipgloss.NewRenderer(a.stdout)
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, name := range names {
		prefix := partColour(renderer, name).Render(fmt.Sprintf("%-16s", name)) + " "
		show := func(line string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(a.stdout, prefix+line)
		}
		last, end, err := logtail.Last(cfg.LogFile(name), 0, lines)
		if err != nil {
			return err
		}
		for _, line := range last {
			show(line)
		}
		if follow {
			group.Go(func() { logtail.Follow(ctx, cfg.LogFile(name), end, show) })
		}
	}
	group.Wait()
	if ctx.Err() != nil {
		return exitCode(0) // Ctrl-C is how a person leaves
	}
	return nil
}

// partColour gives every part a colour of its own, always the same.
func partColour(r *lipgloss.Renderer, name string) lipgloss.Style {
	colours := []string{"2", "3", "4", "5", "6", "10", "13"}
	i := slices.Index(config.Parts(), name)
	return r.NewStyle().Foreground(lipgloss.Color(colours[i%len(colours)]))
}
