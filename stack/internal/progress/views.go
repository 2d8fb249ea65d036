package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"
)

// A screen redraws the rows in place on a terminal.
type screen struct {
	w     io.Writer
	style styles
	drawn int // lines of the last drawing
}

func (s *screen) interval() time.Duration { return 100 * time.Millisecond }

func (s *screen) changed(*row, time.Time) {}

func (s *screen) tick(rows []*row, now time.Time) {
	var out strings.Builder
	s.erase(&out)
	for _, r := range rows {
		out.WriteString(clip(s.style.line(r, now), terminalWidth()) + "\n")
	}
	s.drawn = len(rows)
	io.WriteString(s.w, out.String())
}

func (s *screen) write(rows []*row, text string) {
	var out strings.Builder
	s.erase(&out)
	s.drawn = 0
	io.WriteString(s.w, out.String()+text+"\n")
	s.tick(rows, time.Now())
}

// erase moves to the first line of the last drawing and clears to the end.
func (s *screen) erase(out *strings.Builder) {
	if s.drawn > 0 {
		fmt.Fprintf(out, "\x1b[%dA", s.drawn)
	}
	out.WriteString("\r\x1b[J")
}

// A plain view prints a line for each change and repeats what takes long.
type plain struct {
	w io.Writer
}

func (p *plain) interval() time.Duration { return time.Second }

func (p *plain) changed(r *row, now time.Time) {
	r.printed = now
	text := fmt.Sprintf("%-16s %-9s", r.name, r.state.Label)
	if d := r.elapsed(now); d >= 100*time.Millisecond && r.state.kind != idle {
		text += " " + Duration(d)
	}
	if r.detail != "" {
		text += " (" + r.detail + ")"
	}
	fmt.Fprintln(p.w, strings.TrimRight(text, " "))
}

func (p *plain) tick(rows []*row, now time.Time) {
	for _, r := range rows {
		if r.state.kind == active && now.Sub(r.printed) >= heartbeat {
			p.changed(r, now)
		}
	}
}

func (p *plain) write(_ []*row, text string) { fmt.Fprintln(p.w, text) }

// styles are the colours of the states; none where the output has no colour.
type styles map[kind]lipgloss.Style

func newStyles(r *lipgloss.Renderer) styles {
	return styles{
		idle:   r.NewStyle().Faint(true),
		active: r.NewStyle().Foreground(lipgloss.Color("3")),
		done:   r.NewStyle().Foreground(lipgloss.Color("2")),
		failed: r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true),
	}
}

func (s styles) line(r *row, now time.Time) string {
	elapsed := ""
	if d := r.elapsed(now); d > 0 {
		elapsed = Duration(d)
	}
	state := s[r.state.kind].Render(fmt.Sprintf("%-9s", r.state.Label))
	return fmt.Sprintf("  %-16s %s %8s  %s", r.name, state, elapsed, s[idle].Render(r.detail))
}

// Duration writes a time span the way a person reads it: 0.4s, 12.3s, 3m05s.
func Duration(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}

// clip keeps a line from wrapping, which would break the redrawing.
func clip(line string, width int) string {
	return lipgloss.NewStyle().MaxWidth(width).Render(line)
}

func terminalWidth() int {
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}
