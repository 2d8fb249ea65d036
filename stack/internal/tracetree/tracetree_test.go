package tracetree_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"redspan/stack/internal/tracetree"
)

// spans returns the trace of a division by zero in the api.
func spans(t *testing.T) []tracetree.Span {
	t.Helper()
	data, err := os.ReadFile("testdata/error.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := tracetree.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const want = `
✗ api SERVER GET /error                   1.50 ms  ████████████████████████  http.route=/error http.response.status_code=500 fault.injected=true
  │  runtime error: integer divide by zero
  │  at services/api/internal/httpapi/faults.go:37  httpapi.(*handlers).divideByZero
  └─ api CLIENT GET                       1.20 ms  ···███████████████████··  http.response.status_code=200
     └─ store SERVER GET /tasks/count     0.50 ms  ·········████████·······  http.route=/tasks/count http.response.status_code=200
        └─ store CLIENT SELECT tasks      0.30 ms  ···········█████········  db.system.name=sqlite db.query.summary=SELECT tasks
`

func TestRender(t *testing.T) {
	t.Run("shows the tree, the failure and the line of code", func(t *testing.T) {
		got := tracetree.Render(lipgloss.NewRenderer(new(bytes.Buffer)), spans(t))
		if got != want[1:] {
			t.Errorf("got:\n%s\nwant:\n%s", got, want[1:])
		}
	})
	t.Run("shows failing spans alone in red", func(t *testing.T) {
		r := lipgloss.NewRenderer(new(bytes.Buffer))
		r.SetColorProfile(termenv.ANSI)
		lines := strings.Split(tracetree.Render(r, spans(t)), "\n")
		if red := "\x1b[31mapi SERVER GET /error"; !strings.Contains(lines[0], red) {
			t.Errorf("not red: %q", lines[0])
		}
		if strings.Contains(lines[4], "\x1b[31m") {
			t.Errorf("red without a failure: %q", lines[4])
		}
	})
	t.Run("copes with a trace of which the root is missing", func(t *testing.T) {
		var rest []tracetree.Span
		for _, s := range spans(t) {
			if s.Parent != "" {
				rest = append(rest, s)
			}
		}
		got := tracetree.Render(lipgloss.NewRenderer(new(bytes.Buffer)), rest)
		if strings.Count(got, "\n") != 3 || !strings.HasPrefix(got, "  api CLIENT GET") {
			t.Errorf("got:\n%s", got)
		}
	})
}

func TestComplete(t *testing.T) {
	without := func(name string) []tracetree.Span {
		var rest []tracetree.Span
		for _, s := range spans(t) {
			if s.Name != name {
				rest = append(rest, s)
			}
		}
		return rest
	}
	if !tracetree.Complete(spans(t)) {
		t.Error("the whole trace is incomplete")
	}
	for _, name := range []string{"GET /error", "GET", "GET /tasks/count"} {
		if tracetree.Complete(without(name)) {
			t.Errorf("complete without %s", name)
		}
	}
	if tracetree.Complete(nil) {
		t.Error("complete without any span")
	}
}

func TestFrame(t *testing.T) {
	for name, c := range map[string]struct{ stack, want string }{
		"skips what recovered the panic": {
			"redspan/internal/telemetry.recovered()\n\t/x/internal/telemetry/http.go:9 +0x1\npanic({0x1})\n\t/go/panic.go:860 +0x1\n" +
				"redspan/services/store/main.run(0x1)\n\t/x/services/store/main.go:12 +0xb7\n",
			"services/store/main.go:12  main.run",
		},
		"takes the first own function where nothing panicked": {
			"net/http.serve()\n\t/go/http.go:1\nredspan/internal/problem.New(...)\n\t/x/internal/problem/new.go:3 +0x1\n",
			"internal/problem/new.go:3  problem.New",
		},
		"finds nothing in foreign code": {"main.main()\n\t/x/main.go:1 +0x1\n", ""},
		"finds nothing in nothing":      {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := tracetree.Frame(c.stack)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %t; want %q", got, ok, c.want)
			}
		})
	}
}
