package httpapi

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// content returns the request's body, bounded, if it is of one of the media
// types.
func content(w http.ResponseWriter, r *http.Request, mediaTypes ...string) (io.Reader, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(mediaTypes, mediaType) {
		return nil, problem.New(problem.UnsupportedMediaType, "Send the content as %s.", mediaTypes[0])
	}
	return http.MaxBytesReader(w, r.Body, taskapi.MaxContent), nil
}

// writeJSON encodes before it sends, so that a failure is not half an answer.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}
