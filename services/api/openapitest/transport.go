package openapitest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// Transport sends requests by base, and reports as errors of the test what the
// document does not allow: a response whose status, headers, content type or
// content are not those of the operation; and a request that is answered with
// a status below 400 though it is not valid.
func (d *Document) Transport(t testing.TB, base http.RoundTripper) http.RoundTripper {
	return transport{t, d, base}
}

type transport struct {
	t        testing.TB
	document *Document
	base     http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (tr transport) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, err := peek(&req.Body)
	if err != nil {
		return nil, err
	}
	resp, err := tr.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	received, err := peek(&resp.Body)
	if err != nil {
		return resp, nil //nolint:nilerr // whoever reads the body meets the error
	}
	err = tr.document.checkResponse(req, resp, received)
	if resp.StatusCode < http.StatusBadRequest {
		err = errors.Join(err, tr.document.checkRequest(req, sent))
	}
	if err != nil {
		tr.t.Errorf("%s %s: %s: the OpenAPI document has it otherwise: %v\n%s", req.Method, req.URL, resp.Status, err, received)
	}
	return resp, nil
}

// peek returns what can be read of a body, and puts in its place one that
// reads the same, up to the same error.
func peek(body *io.ReadCloser) ([]byte, error) {
	if *body == nil || *body == http.NoBody {
		return nil, nil
	}
	content, err := io.ReadAll(*body)
	again := io.Reader(bytes.NewReader(content))
	if err != nil {
		again = io.MultiReader(again, failing{err})
	}
	*body = struct {
		io.Reader
		io.Closer
	}{again, *body}
	return content, err
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// checkRequest validates a request to an operation, if it is to one.
func (d *Document) checkRequest(req *http.Request, body []byte) error {
	route := d.route(req)
	if route.Operation == nil {
		return nil
	}
	sent := req.Clone(req.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	return openapi3filter.ValidateRequest(req.Context(), &openapi3filter.RequestValidationInput{
		Request:    sent,
		PathParams: pathParams(route.Path, req.URL.Path),
		Route:      route,
		Options:    options(),
	})
}

// checkResponse validates a response against those that a request may have.
func (d *Document) checkResponse(req *http.Request, resp *http.Response, body []byte) error {
	response, err := d.response(req, resp.StatusCode)
	if err != nil {
		return err
	}
	opts := options()
	opts.ExcludeResponseBody = req.Method == http.MethodHead
	if len(body) > 0 && (opts.ExcludeResponseBody || len(response.Content) == 0) {
		return errors.New("it has content")
	}
	// ValidateResponse passes HEAD and some statuses unseen, hence these.
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: &http.Request{Method: http.MethodGet},
			Route:   d.routeTo(response),
		},
		Status:  http.StatusOK,
		Header:  resp.Header,
		Body:    io.NopCloser(bytes.NewReader(body)),
		Options: opts,
	})
}

func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		IncludeResponseStatus:             true,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true,
		AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
	}
}
