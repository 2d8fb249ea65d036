package problem

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ContentType is the media type of a problem (RFC 9457, section 3).
const ContentType = "application/problem+json"

// maxBody bounds what FromResponse reads of an answer, in bytes.
const maxBody = 64 << 10

// typePrefix begins a type URI. It is relative to the server that answers,
// which serves its documentation there.
const typePrefix = "/problems/"

type document struct {
	Type    string  `json:"type"`
	Title   string  `json:"title"`
	Status  int     `json:"status"`
	Detail  string  `json:"detail,omitempty"`
	TraceID string  `json:"trace_id,omitempty"`
	Errors  []Field `json:"errors,omitempty"`
}

// Write answers with err as a problem. The cause of err stays private.
// traceID, when not empty, tells the caller which trace to ask for.
// It returns an error when the answer could not be sent.
func Write(w http.ResponseWriter, err error, traceID string) error {
	e := From(err)
	body, jsonErr := json.Marshal(document{
		Type:    typePrefix + string(e.Code),
		Title:   e.Code.Title(),
		Status:  e.Code.Status(),
		Detail:  e.Detail,
		TraceID: traceID,
		Errors:  e.Fields,
	})
	if jsonErr != nil {
		return jsonErr
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	h.Del("ETag")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if e.Allow != "" {
		h.Set("Allow", e.Allow)
	}
	if e.Code == Unauthenticated {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(e.Code.Status())
	_, writeErr := w.Write(append(body, '\n'))
	return writeErr
}

// FromResponse turns an answer with a status of 400 or more back into an
// *Error. An answer that is no problem document keeps its status only. It
// reads the body and leaves closing it to the caller.
func FromResponse(resp *http.Response) *Error {
	e := &Error{Code: CodeOf(resp.StatusCode), err: fmt.Errorf("answered %s", resp.Status)}
	// 32 bits: as a time.Duration, more would overflow.
	if s, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 32); err == nil {
		e.RetryAfter = time.Duration(s) * time.Second
	}
	if mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || mediaType != ContentType {
		return e
	}
	var doc document
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&doc); err != nil {
		return e
	}
	if code := Code(strings.TrimPrefix(doc.Type, typePrefix)); code.Status() == resp.StatusCode && slices.Contains(Codes(), code) {
		e.Code = code
	}
	e.Detail, e.Fields = doc.Detail, doc.Errors
	return e
}
