package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"redspan/stack/internal/lifecycle"
	"redspan/stack/internal/progress"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell how each part is",
		Long:  `Tell how each part is. The exit code is 1 when something that should run does not.`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.recall()
			if err != nil {
				return err
			}
			stack, err := a.stack(cfg)
			if err != nil {
				return err
			}
			parts, note, err := stack.Status(cmd.Context())
			if err != nil {
				return err
			}
			if len(parts) > 0 {
				fmt.Fprint(a.stdout, table(lipgloss.NewRenderer(a.stdout), parts))
			}
			if note != "" {
				fmt.Fprintln(a.stdout, note)
				return errQuiet
			}
			for _, p := range parts {
				if !p.OK {
					return errQuiet
				}
			}
			return nil
		},
	}
}

// table lays out the parts in columns, in red what is not as it should be.
func table(r *lipgloss.Renderer, parts []lifecycle.Status) string {
	rows := [][]string{{"PART", "STATE", "PID", "UPTIME", "ADDRESS", "HINT"}}
	for _, p := range parts {
		pid, uptime := "-", "-"
		if p.Pid > 0 {
			pid, uptime = strconv.Itoa(p.Pid), progress.Duration(p.Uptime)
		}
		rows = append(rows, []string{p.Part, p.State, pid, uptime, p.Address, p.Hint})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	good := r.NewStyle().Foreground(lipgloss.Color("2"))
	bad := r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true)
	var out strings.Builder
	for i, row := range rows {
		style := r.NewStyle().Bold(true)
		if i > 0 {
			style = bad
			if parts[i-1].OK {
				style = good
			}
		}
		var line strings.Builder
		for j, cell := range row {
			cell = fmt.Sprintf("%-*s", widths[j], cell)
			if j == 1 || i == 0 {
				cell = style.Render(cell)
			}
			line.WriteString(cell + "  ")
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}
