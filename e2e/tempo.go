package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// Tempo is the trace store at a URL.
type Tempo struct{ URL string }

// Trace returns what Tempo has of a trace by now.
func (t Tempo) Trace(ctx context.Context, id string) (*Trace, error) {
	var answer struct {
		Trace json.RawMessage `json:"trace"`
	}
	if err := getJSON(ctx, t.URL+"/api/v2/traces/"+url.PathEscape(id), &answer); err != nil {
		return nil, err
	}
	var data tracepb.TracesData
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(answer.Trace, &data); err != nil {
		return nil, fmt.Errorf("trace %s: %w", id, err)
	}
	return newTrace(&data), nil
}

// Whole returns a trace once it has the outline; else an error that says how
// it differs.
func (t Tempo) Whole(ctx context.Context, id, outline string) (*Trace, error) {
	trace, err := t.Trace(ctx, id)
	if err != nil {
		return nil, err
	}
	if got, want := trace.Outline(), strings.TrimLeft(outline, "\n"); got != want {
		return nil, fmt.Errorf("trace %s is\n%swant\n%s", id, got, want)
	}
	return trace, nil
}

// Search returns the ids of the traces that a TraceQL query finds.
func (t Tempo) Search(ctx context.Context, query string) ([]string, error) {
	var answer struct {
		Traces []struct {
			TraceID string `json:"traceID"`
		} `json:"traces"`
	}
	err := getJSON(ctx, t.URL+"/api/search?"+url.Values{"q": {query}, "limit": {"100"}}.Encode(), &answer)
	ids := make([]string, 0, len(answer.Traces))
	for _, trace := range answer.Traces {
		// Tempo leaves out leading zeros.
		ids = append(ids, fmt.Sprintf("%032s", trace.TraceID))
	}
	return ids, err
}
