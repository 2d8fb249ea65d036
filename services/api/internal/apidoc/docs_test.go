package apidoc_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"redspan/internal/problem"
	"redspan/services/api/internal/apidoc"
)

var update = flag.Bool("update", false, "write the generated parts of docs/ instead of comparing them")

const (
	problemsFile = "../../../../docs/problems.md"
	apiFile      = "../../../../docs/api.md"
	tableBegin   = "<!-- statuses:begin (made of services/api/internal/apidoc/problems.go) -->\n"
	tableEnd     = "<!-- statuses:end -->\n"
)

var templates = template.Must(template.New("problems.md").Parse(`# Problems

Every failure that the API answers with is a problem document (RFC 9457), ` + "`application/problem+json`" + `. Its ` + "`type`" + ` is
the path of a page on the API itself: ` + "`GET /problems/<code>`" + `. This file has all of them. It is made of
services/api/internal/apidoc/problems.go: edit that, then run ` + "`go test ./internal/apidoc -update`" + ` in services/api.
{{range .}}
## {{.Code}}

Status {{.Status}}, title "{{.Title}}".

{{.When}}

What to do: {{.Do}}
{{end}}{{define "table"}}
| Status | Problem type | When | What to do |
|---|---|---|---|
| 200 | | The content is the task, the page of tasks or the file that was asked for. | |
| 201 | | The task was created and is durable, now or by an earlier request with the same Idempotency-Key. | Keep ` + "`Location`" + ` and ` + "`ETag`" + `. |
| 204 | | The task was deleted; or the answer to OPTIONS. | |
| 304 | | What you have, by If-None-Match, is still right. | Use it. |
| 307 | | The path has ` + "`//`" + `, ` + "`.`" + ` or ` + "`..`" + ` in it. | Follow ` + "`Location`" + `. |
{{range .}}| {{.Status}} | [` + "`{{.Code}}`" + `](problems.md#{{.Code}}) | {{.When}} | {{.Do}} |
{{end}}
{{end}}`))

func TestEveryProblemIsExplained(t *testing.T) {
	var explained []problem.Code
	for _, p := range apidoc.Problems() {
		explained = append(explained, p.Code)
		if p.When == "" || p.Do == "" {
			t.Errorf("%s: no explanation", p.Code)
		}
	}
	if diff := cmp.Diff(problem.Codes(), explained); diff != "" {
		t.Errorf("problems (-code +explained):\n%s", diff)
	}
}

func TestDocsAreUpToDate(t *testing.T) {
	check(t, problemsFile, render(t, "problems.md"))

	content, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(content), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatalf("%s: the lines %q and %q are missing", apiFile, tableBegin, tableEnd)
	}
	check(t, apiFile, before+tableBegin+render(t, "table")+tableEnd+after)
}

func render(t *testing.T, name string) string {
	t.Helper()
	var text strings.Builder
	if err := templates.ExecuteTemplate(&text, name, apidoc.Problems()); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func check(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not up to date, run: go test ./internal/apidoc -update\n(-want +got):\n%s", file, diff)
	}
}
