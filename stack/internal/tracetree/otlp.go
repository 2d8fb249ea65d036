// Package tracetree turns a trace, as OTLP JSON, into a tree of spans and
// prints it as text.
package tracetree

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A Span is one span of a trace.
type Span struct {
	ID, Parent string
	Service    string
	Kind       string // SERVER, CLIENT, INTERNAL, ...
	Name       string
	Start, End time.Time
	Failed     bool
	Attributes map[string]string
	Exceptions []Exception
}

// An Exception is an exception event of a span.
type Exception struct {
	Message string
	Stack   string
}

// The wire types follow the OTLP JSON encoding. Ids are only compared, so it
// does not matter whether a backend writes them in hex or in base64.
type (
	wireTrace struct {
		ResourceSpans []struct {
			Resource   struct{ Attributes wireAttributes }
			ScopeSpans []struct{ Spans []wireSpan }
		}
	}
	wireSpan struct {
		SpanID            string
		ParentSpanID      string
		Name              string
		Kind              string
		StartTimeUnixNano string
		EndTimeUnixNano   string
		Attributes        wireAttributes
		Status            struct{ Code string }
		Events            []struct {
			Name       string
			Attributes wireAttributes
		}
	}
	wireAttributes []struct {
		Key   string
		Value map[string]any // one entry, named after the type
	}
)

// Decode reads a trace in OTLP JSON.
func Decode(data []byte) ([]Span, error) {
	var trace wireTrace
	if err := json.Unmarshal(data, &trace); err != nil {
		return nil, err
	}
	var spans []Span
	for _, r := range trace.ResourceSpans {
		service := r.Resource.Attributes.values()["service.name"]
		for _, scope := range r.ScopeSpans {
			for _, s := range scope.Spans {
				spans = append(spans, s.span(service))
			}
		}
	}
	return spans, nil
}

func (w wireSpan) span(service string) Span {
	s := Span{
		ID: w.SpanID, Parent: w.ParentSpanID,
		Service: service, Name: w.Name, Kind: strings.TrimPrefix(w.Kind, "SPAN_KIND_"),
		Start: unixNano(w.StartTimeUnixNano), End: unixNano(w.EndTimeUnixNano),
		Failed:     w.Status.Code == "STATUS_CODE_ERROR",
		Attributes: w.Attributes.values(),
	}
	for _, e := range w.Events {
		if e.Name == "exception" {
			values := e.Attributes.values()
			s.Exceptions = append(s.Exceptions, Exception{values["exception.message"], values["exception.stacktrace"]})
		}
	}
	return s
}

func (w wireAttributes) values() map[string]string {
	values := make(map[string]string, len(w))
	for _, a := range w {
		for _, v := range a.Value {
			switch v := v.(type) {
			case string:
				values[a.Key] = v
			default:
				text, _ := json.Marshal(v) // it has just been decoded from JSON
				values[a.Key] = string(text)
			}
		}
	}
	return values
}

func unixNano(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(0, n)
}
