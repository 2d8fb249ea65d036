// Package apidoc serves what describes the API to people and programs: the
// OpenAPI document, a page to browse it, and a page for each type of problem.
//
// Everything is embedded, and the pages load nothing from elsewhere.
package apidoc

import (
	"bytes"
	_ "embed"
	"net/http"

	"redspan/internal/problem"
)

// Docs answers requests for the documentation.
type Docs struct {
	document file
	page     file
	assets   map[string]file
	problems map[problem.Code]file
}

//go:embed page.html
var page []byte

// New returns the documentation of the API that an OpenAPI document in YAML
// describes.
func New(document []byte) *Docs {
	d := &Docs{
		document: newFile("application/yaml", document),
		page:     newFile(html, page),
		assets:   newAssets(),
		problems: make(map[problem.Code]file),
	}
	for _, p := range Problems() {
		var content bytes.Buffer
		if err := problemPage.Execute(&content, p); err != nil {
			panic(err) // the template and what it is given are both in this package
		}
		d.problems[p.Code] = newFile(html, content.Bytes())
	}
	return d
}

// Document answers with the OpenAPI document.
func (d *Docs) Document(w http.ResponseWriter, r *http.Request) error {
	return d.document.serve(w, r)
}

// Page answers with a page that shows the OpenAPI document.
func (d *Docs) Page(w http.ResponseWriter, r *http.Request) error {
	return d.page.serve(w, r)
}

// Asset answers with the script, style or image that the path's asset names.
func (d *Docs) Asset(w http.ResponseWriter, r *http.Request) error {
	f, ok := d.assets[r.PathValue("asset")]
	if !ok {
		return problem.New(problem.NotFound, "The documentation has no such file.")
	}
	return f.serve(w, r)
}

// Problem answers with a page about the problem that the path's code names.
func (d *Docs) Problem(w http.ResponseWriter, r *http.Request) error {
	f, ok := d.problems[problem.Code(r.PathValue("code"))]
	if !ok {
		return problem.New(problem.NotFound, "There is no such type of problem.")
	}
	return f.serve(w, r)
}
