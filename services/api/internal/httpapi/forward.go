package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/munnerz/goautoneg"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// maxAnswer bounds how long a client may take to read its answer.
const maxAnswer = 5 * time.Second

// The headers that cross the edge; no other does, in either direction. The
// transport adds the trace context.
var (
	requestHeaders  = []string{"Accept", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"}
	responseHeaders = []string{"Cache-Control", "Content-Length", "Content-Type", "Etag", "Idempotency-Replayed", "Location", "X-Content-Type-Options"}
)

// buffers are for copying bodies.
var buffers = sync.Pool{New: func() any { return new([16 << 10]byte) }}

// forward passes a request to the store and the answer back, both as they
// are. The store's failures become the edge's.
func (h *handlers) forward(w http.ResponseWriter, r *http.Request) error {
	if err := acceptsJSON(r); err != nil {
		return err
	}
	content, err := readContent(w, r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.store.Timeout)
	defer cancel()
	req, err := h.request(ctx, r, content)
	if err != nil {
		return err
	}
	resp, err := h.store.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	copyHeaders(w.Header(), resp.Header, responseHeaders)
	w.WriteHeader(resp.StatusCode)
	buffer := buffers.Get().(*[16 << 10]byte)
	defer buffers.Put(buffer)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(maxAnswer)) // where the server has none, no limit
	client := &clientWriter{Writer: w}
	if _, err := io.CopyBuffer(client, resp.Body, buffer[:]); err != nil {
		if client.err != nil {
			return problem.Wrap(err, problem.Canceled, "")
		}
		return fmt.Errorf("copy the store's answer: %w", err)
	}
	return nil
}

// clientWriter tells a client that is gone from a store that broke off. It
// hides the io.ReaderFrom of the writer below, so that the buffer is used.
type clientWriter struct {
	io.Writer
	err error
}

func (w *clientWriter) Write(p []byte) (n int, err error) {
	n, err = w.Writer.Write(p)
	w.err = err
	return n, err
}

// acceptsJSON refuses a request whose Accept header leaves out what tasks are
// sent as. The most specific range decides (RFC 9110, section 12.5.1).
func acceptsJSON(r *http.Request) error {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if accept == "" || accept == "*/*" {
		return nil
	}
	quality, specificity := 0.0, 0
	for _, clause := range goautoneg.ParseAccept(strings.ToLower(accept)) {
		s := slices.Index([]string{"*/*", "application/*", "application/json"}, clause.Type+"/"+clause.SubType) + 1
		if s > specificity {
			quality, specificity = clause.Q, s
		}
	}
	if quality > 0 {
		return nil
	}
	return problem.New(problem.NotAcceptable, "Tasks are sent as application/json: accept that.")
}

// forwardOne forwards a request for one task. An id that is none stops here:
// it must not reach a route of the store that is not public.
func (h *handlers) forwardOne(w http.ResponseWriter, r *http.Request) error {
	if _, err := taskapi.ParseID(r.PathValue("id")); err != nil {
		return err
	}
	return h.forward(w, r)
}

// readContent reads all of a request's body before the store is asked, so that
// a caller whose body is slow, broken or too large fails by itself: it neither
// uses up the store's deadline nor looks like a failure of the store.
func readContent(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > taskapi.MaxContent {
		return nil, tooLarge()
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, taskapi.MaxContent))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.Malformed, "The content could not be read to its end.")
	}
	return content, nil
}

func tooLarge() error {
	return problem.New(problem.TooLarge, "The content has more than %d bytes.", taskapi.MaxContent)
}

// request makes the store's request of the caller's.
func (h *handlers) request(ctx context.Context, r *http.Request, content []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, h.store.URL, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	req.URL.Path, req.URL.RawPath, req.URL.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
	copyHeaders(req.Header, r.Header, requestHeaders)
	return req, nil
}

func copyHeaders(to, from http.Header, names []string) {
	for _, name := range names {
		if values := from[name]; len(values) > 0 {
			to[name] = values
		}
	}
}
