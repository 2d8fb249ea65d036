// Package tempo fetches traces from Tempo.
package tempo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"redspan/stack/internal/tracetree"
)

// settle is how long a trace that looks incomplete must stay as it is before
// nothing more is expected: a service that is down reports no span.
const settle = 4 * time.Second

// ErrNotFound is a trace that Tempo does not have.
var ErrNotFound = errors.New("tempo: no such trace")

// Trace returns the spans of a trace that Tempo at base has now.
func Trace(ctx context.Context, base, id string) ([]tracetree.Span, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v2/traces/"+url.PathEscape(id), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, ErrNotFound
	default:
		return nil, fmt.Errorf("tempo: %s: %s", resp.Status, body)
	}
	var answer struct {
		Trace json.RawMessage `json:"trace"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	return tracetree.Decode(answer.Trace)
}

// Await returns a trace once it is complete, or once it has not grown for a
// while. It gives up when ctx ends.
func Await(ctx context.Context, base, id string) ([]tracetree.Span, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var spans []tracetree.Span
	grown := time.Now()
	for {
		found, err := Trace(ctx, base, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		complete := len(found) > 0 && tracetree.Complete(found)
		if len(found) != len(spans) {
			spans, grown = found, time.Now()
		} else if complete || len(spans) > 0 && time.Since(grown) > settle {
			return spans, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("trace %s is not in Tempo: %w", id, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
