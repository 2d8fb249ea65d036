package apidoc

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const html = "text/html; charset=utf-8"

// policy lets a page load what this server serves, and nothing else. Swagger
// UI has images within its style sheet.
const policy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

// file is a file as it is sent.
type file struct {
	contentType string
	content     []byte
	gzipped     bool // the content is compressed
	etag        string
}

func newFile(contentType string, content []byte) file {
	sum := sha256.Sum256(content)
	return file{contentType: contentType, content: content, etag: strconv.Quote(hex.EncodeToString(sum[:8]))}
}

// newGzipped returns a file from its compressed content. Its entity tag is
// weak, since it stands for both forms.
func newGzipped(contentType string, content []byte) file {
	f := newFile(contentType, content)
	f.gzipped, f.etag = true, "W/"+f.etag
	return f
}

// serve sends the file, or 304 to a client that has it. A client asks each
// time, so that a new release is seen at once.
func (f file) serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("ETag", f.etag)
	h.Set("X-Content-Type-Options", "nosniff")
	if f.gzipped {
		h.Set("Vary", "Accept-Encoding")
	}
	if f.isHeld(r.Header.Values("If-None-Match")) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	content := f.content
	if f.gzipped && accepts(r, "gzip") {
		h.Set("Content-Encoding", "gzip")
	} else if f.gzipped {
		var err error
		if content, err = decompress(content); err != nil {
			return err
		}
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content) // a client that is gone cannot be told
	return nil
}

// isHeld reports whether the values of an If-None-Match header name the file.
// They compare weakly (RFC 9110, section 13.1.2).
func (f file) isHeld(values []string) bool {
	for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(f.etag, "W/") {
			return true
		}
	}
	return false
}

// accepts reports whether the client takes a content coding. One that grades
// it gets the plain form, which is always right.
func accepts(r *http.Request, coding string) bool {
	for accepted := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		if strings.TrimSpace(accepted) == coding {
			return true
		}
	}
	return false
}

func decompress(content []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
