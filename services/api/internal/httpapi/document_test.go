package httpapi_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redspan/internal/fault"
	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/services/api/internal/httpapi"
	"redspan/services/api/openapitest"
)

func TestDocumentHasTheRoutes(t *testing.T) {
	routes := httpapi.New(httpapi.Store{}, fault.Config{Mode: fault.Open}, nil).Patterns()
	slices.Sort(routes)
	if diff := cmp.Diff(routes, openapitest.Load(t, documentFile).Patterns()); diff != "" {
		t.Errorf("operations (-routes +document):\n%s", diff)
	}
}

func TestDocumentHasTheProblems(t *testing.T) {
	doc := openapitest.Load(t, documentFile)
	var want []any
	for _, code := range problem.Codes() {
		if code != problem.Canceled { // nobody receives it
			want = append(want, "/problems/"+string(code))
		}
	}
	if diff := cmp.Diff(want, doc.Components.Schemas["Problem"].Value.Properties["type"].Value.Enum); diff != "" {
		t.Errorf("types (-code +document):\n%s", diff)
	}
	for name, response := range doc.Components.Responses {
		content := response.Value.Content.Get(problem.ContentType)
		if content == nil {
			continue
		}
		for _, example := range content.Examples {
			p := example.Value.Value.(map[string]any)
			code := problem.Code(p["type"].(string)[len("/problems/"):])
			if fmt.Sprint(p["status"]) != fmt.Sprint(code.Status()) || p["title"] != code.Title() {
				t.Errorf("response %s: %s has status %d and title %q", name, code, code.Status(), code.Title())
			}
		}
	}
}

func TestDocumentHasTheLimits(t *testing.T) {
	doc := openapitest.Load(t, documentFile)
	schemas := doc.Components.Schemas
	limit := doc.Components.Parameters["Limit"].Value.Schema.Value
	for name, test := range map[string]struct {
		got  *uint64
		want int
	}{
		"a title":             {schemas["Title"].Value.MaxLength, taskapi.MaxTitle},
		"a description":       {schemas["Description"].Value.MaxLength, taskapi.MaxDescription},
		"a new description":   {schemas["NewTask"].Value.Properties["description"].Value.MaxLength, taskapi.MaxDescription},
		"a patch's":           {schemas["TaskPatch"].Value.Properties["description"].Value.MaxLength, taskapi.MaxDescription},
		"the tasks of a page": {schemas["Page"].Value.Properties["tasks"].Value.MaxItems, taskapi.MaxLimit},
	} {
		if test.got == nil || *test.got != uint64(test.want) {
			t.Errorf("%s: the document has another limit than %d", name, test.want)
		}
	}
	if *limit.Max != taskapi.MaxLimit || limit.Default != float64(taskapi.DefaultLimit) {
		t.Errorf("limit: at most %v, by default %v", *limit.Max, limit.Default)
	}
}
