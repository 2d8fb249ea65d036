// Package configtest ties the documentation of a Config to the struct.
package configtest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"
)

// row is a line of a table in docs/configuration.md: variable and default.
var row = regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]*)` \\| (?:`([^`]*)`)? *\\|")

// CheckDocs wants the sections of the document at path, named by their
// headings of the second level, to list exactly the variables and defaults of
// a Config of type T.
func CheckDocs[T any](t *testing.T, path string, sections ...string) {
	t.Helper()
	params, err := env.GetFieldParamsWithOptions(new(T), env.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for _, p := range params {
		if p.Key != "" {
			want[p.Key] = p.DefaultValue
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, section := range sections {
		_, text, found := strings.Cut(string(content), "\n## "+section+"\n")
		if !found {
			t.Fatalf("%s has no section %q", path, section)
		}
		text, _, _ = strings.Cut(text, "\n## ")
		for _, m := range row.FindAllStringSubmatch(text, -1) {
			got[m[1]] = m[2]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-struct +document):\n%s", path, diff)
	}
}
