package apidoc_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"redspan/internal/httpserver"
	"redspan/internal/problem"
	"redspan/services/api/internal/apidoc"
)

const document = "openapi: 3.1.1\n"

func newMux() *httpserver.Mux {
	docs := apidoc.New([]byte(document))
	mux := httpserver.NewMux()
	mux.Handle("GET /openapi.yaml", docs.Document)
	mux.Handle("GET /docs", docs.Page)
	mux.Handle("GET /docs/{asset}", docs.Asset)
	mux.Handle("GET /problems/{code}", docs.Problem)
	return mux
}

func get(path string, header http.Header) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	if header != nil {
		r.Header = header
	}
	w := httptest.NewRecorder()
	newMux().ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestDocument(t *testing.T) {
	first := get("/openapi.yaml", nil)
	if got := read(t, first.Body); got != document || first.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("got %q, %v", got, first.Header)
	}
	etag := first.Header.Get("Etag")
	for tags, want := range map[string]int{
		etag: 304, "*": 304, "W/" + etag: 304, `"x", ` + etag: 304, `"x"`: 200, etag[:4] + `"`: 200,
	} {
		resp := get("/openapi.yaml", http.Header{"If-None-Match": {tags}})
		if resp.StatusCode != want || resp.Header.Get("Etag") != etag || (read(t, resp.Body) == "") != (want == http.StatusNotModified) {
			t.Errorf("If-None-Match %s: got %s %v, want %d", tags, resp.Status, resp.Header, want)
		}
	}
}

// TestPages follows what the pages load: all of it is here.
func TestPages(t *testing.T) {
	loads := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	for _, path := range []string{"/docs", "/problems/not-found"} {
		resp := get(path, nil)
		policy := resp.Header.Get("Content-Security-Policy")
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(policy, "default-src 'self'; ") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: got %s %v", path, resp.Status, resp.Header)
		}
		for _, m := range loads.FindAllStringSubmatch(read(t, resp.Body), -1) {
			if got := get(m[1], nil); got.StatusCode != http.StatusOK {
				t.Errorf("%s loads %s: %s", path, m[1], got.Status)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	const path = "/docs/swagger-ui.css"
	plain := read(t, get(path, nil).Body)
	if !strings.Contains(plain, ".swagger-ui") {
		t.Errorf("got %.100q", plain)
	}
	for accept, coding := range map[string]string{"gzip": "gzip", "br, gzip": "gzip", "gzip;q=0": "", "identity": "", "xgzip": ""} {
		resp := get(path, http.Header{"Accept-Encoding": {accept}})
		body := io.Reader(resp.Body)
		if coding != "" {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		if got := resp.Header.Get("Content-Encoding"); got != coding || resp.Header.Get("Vary") != "Accept-Encoding" || read(t, body) != plain {
			t.Errorf("Accept-Encoding %s: got %v", accept, resp.Header)
		}
	}
	for _, path := range []string{"/docs/index.html", "/docs/..%2Fapidoc.go", "/docs/swagger-ui.css.gz"} {
		if resp := get(path, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %s", path, resp.Status)
		}
	}
}

func TestProblemPages(t *testing.T) {
	for _, code := range problem.Codes() {
		resp := get("/problems/"+string(code), nil)
		if body := read(t, resp.Body); resp.StatusCode != http.StatusOK || !strings.Contains(body, code.Title()) {
			t.Errorf("%s: got %s %s", code, resp.Status, body)
		}
	}
	if resp := get("/problems/none", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("got %s", resp.Status)
	}
}
