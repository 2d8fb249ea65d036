package apidoc

import (
	_ "embed"

	"github.com/swaggest/swgui/v5/static"
)

//go:embed page.js
var pageJS []byte

//go:embed page.css
var pageCSS []byte

// newAssets returns what the pages load. Swagger UI comes compressed in its
// module.
func newAssets() map[string]file {
	const (
		javascript = "text/javascript; charset=utf-8"
		css        = "text/css; charset=utf-8"
	)
	return map[string]file{
		"page.js":              newFile(javascript, pageJS),
		"page.css":             newFile(css, pageCSS),
		"favicon-32x32.png":    newFile("image/png", swagger("favicon-32x32.png")),
		"swagger-ui-bundle.js": newGzipped(javascript, swagger("swagger-ui-bundle.js.gz")),
		"swagger-ui.css":       newGzipped(css, swagger("swagger-ui.css.gz")),
	}
}

func swagger(name string) []byte {
	content, err := static.FS.ReadFile(name)
	if err != nil {
		panic(err) // the version of the module is pinned; its files are embedded
	}
	return content
}
