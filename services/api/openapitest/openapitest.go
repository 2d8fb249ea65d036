// Package openapitest holds the requests and answers of a test to the OpenAPI
// document of the api.
package openapitest

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Document is an OpenAPI document.
type Document struct {
	*openapi3.T

	mux *http.ServeMux // finds the path that a request is for
}

// Load reads the document in a file, whose name is relative to the folder of
// the test's package. It fails the test if the document, an example of it
// included, is not valid.
func Load(t testing.TB, name string) *Document {
	t.Helper()
	if d, ok := loaded.Load(name); ok {
		return d.(*Document)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	mux := http.NewServeMux()
	for path := range doc.Paths.Map() {
		mux.Handle(path, http.NotFoundHandler()) // of which only the pattern is used
	}
	d := &Document{doc, mux}
	loaded.Store(name, d)
	return d
}

// loaded holds the documents by name: to validate one takes longer than most
// tests.
var loaded sync.Map

// Patterns returns the operations as patterns of http.ServeMux, such as
// "GET /tasks/{id}", sorted.
func (d *Document) Patterns() []string {
	var patterns []string
	for path, item := range d.Paths.Map() {
		for method := range item.Operations() {
			patterns = append(patterns, method+" "+path)
		}
	}
	slices.Sort(patterns)
	return patterns
}
