package tracetree

import (
	"slices"
)

// A node is a span with the spans below it, in the order of their start.
type node struct {
	Span
	children []*node
}

// tree links the spans. A span whose parent is not among them becomes a root.
func tree(spans []Span) []*node {
	nodes := map[string]*node{}
	for _, s := range spans {
		nodes[s.ID] = &node{Span: s}
	}
	var roots []*node
	for _, s := range spans {
		n := nodes[s.ID]
		if parent, ok := nodes[s.Parent]; ok && s.Parent != "" {
			parent.children = append(parent.children, n)
		} else {
			roots = append(roots, n)
		}
	}
	byStart := func(a, b *node) int { return a.Start.Compare(b.Start) }
	slices.SortStableFunc(roots, byStart)
	for _, n := range nodes {
		slices.SortStableFunc(n.children, byStart)
	}
	return roots
}

// Complete reports whether the spans are a whole trace as far as they can tell:
// one root, no parent missing, and below each HTTP call the span of the server
// that took it.
func Complete(spans []Span) bool {
	roots := tree(spans)
	return len(roots) == 1 && roots[0].Parent == "" && answered(roots[0])
}

func answered(n *node) bool {
	if _, http := n.Attributes["http.request.method"]; http && n.Kind == "CLIENT" && len(n.children) == 0 {
		return false
	}
	return !slices.ContainsFunc(n.children, func(c *node) bool { return !answered(c) })
}
