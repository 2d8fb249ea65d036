package tracetree

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
)

// barWidth is the width of the column that shows when a span ran.
const barWidth = 24

// shown are the attributes that tell what a span was about, in this order.
var shown = []string{
	"http.route", "http.response.status_code",
	"db.system.name", "db.query.summary", "db.response.status_code",
	"error.type", "fault.injected",
}

// A renderer prints the tree of one trace.
type renderer struct {
	out         strings.Builder
	start       time.Time
	total       time.Duration
	labelWidth  int
	red, faint  lipgloss.Style
	bold, plain lipgloss.Style
}

// Render returns the tree as text, with failing spans in red where r has colours.
func Render(r *lipgloss.Renderer, spans []Span) string {
	p := &renderer{
		red:   r.NewStyle().Foreground(lipgloss.Color("1")),
		faint: r.NewStyle().Faint(true), bold: r.NewStyle().Bold(true), plain: r.NewStyle(),
	}
	roots := tree(spans)
	end := time.Time{}
	for _, s := range spans {
		if p.start.IsZero() || s.Start.Before(p.start) {
			p.start = s.Start
		}
		if s.End.After(end) {
			end = s.End
		}
	}
	p.total = end.Sub(p.start)
	for _, n := range roots {
		p.measure(n, 0)
	}
	for _, n := range roots {
		p.node(n, "", "")
	}
	return p.out.String()
}

func label(n *node) string { return fmt.Sprintf("%s %s %s", n.Service, n.Kind, n.Name) }

// measure finds the width of the widest label with its indentation.
func (p *renderer) measure(n *node, depth int) {
	p.labelWidth = max(p.labelWidth, 3*depth+lipgloss.Width(label(n)))
	for _, c := range n.children {
		p.measure(c, depth+1)
	}
}

// node prints a span and those below it. first leads its own line, rest the
// lines that follow.
func (p *renderer) node(n *node, first, rest string) {
	style, mark := p.plain, " "
	if n.Failed {
		style, mark = p.red, "✗"
	}
	pad := strings.Repeat(" ", max(0, p.labelWidth-lipgloss.Width(first+label(n))))
	fmt.Fprintf(&p.out, "%s %s%s%s  %10s  %s  %s\n", style.Render(mark), p.faint.Render(first),
		style.Render(label(n)), pad, milliseconds(n.End.Sub(n.Start)), style.Render(p.bar(n)), p.faint.Render(attributes(n)))
	stem := rest
	if len(n.children) > 0 {
		stem += "│  "
	} else {
		stem += "   "
	}
	for _, e := range n.Exceptions {
		p.exception(e, stem)
	}
	for i, c := range n.children {
		if i == len(n.children)-1 {
			p.node(c, rest+"└─ ", rest+"   ")
		} else {
			p.node(c, rest+"├─ ", rest+"│  ")
		}
	}
}

func (p *renderer) exception(e Exception, stem string) {
	fmt.Fprintf(&p.out, "  %s%s\n", p.faint.Render(stem), p.red.Bold(true).Render(e.Message))
	if place, ok := Frame(e.Stack); ok {
		fmt.Fprintf(&p.out, "  %s%s\n", p.faint.Render(stem), p.bold.Render("at "+place))
	}
}

// bar shows when the span ran within the trace.
func (p *renderer) bar(n *node) string {
	if p.total <= 0 {
		return strings.Repeat(" ", barWidth)
	}
	column := func(d time.Duration) int {
		return min(barWidth, max(0, int(int64(d)*barWidth/int64(p.total))))
	}
	from := min(column(n.Start.Sub(p.start)), barWidth-1)
	to := max(column(n.End.Sub(p.start)), from+1)
	return strings.Repeat("·", from) + strings.Repeat("█", to-from) + strings.Repeat("·", barWidth-to)
}

func attributes(n *node) string {
	var list []string
	for _, key := range shown {
		if value, ok := n.Attributes[key]; ok {
			list = append(list, key+"="+value)
		}
	}
	return strings.Join(list, " ")
}

func milliseconds(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
