package e2e

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Trace is a trace as a tree. A span whose parent is not in it is a root.
type Trace struct{ Roots []*Span }

// Span is a node of a trace, with its children in the order of their starts.
type Span struct {
	ID, Parent string
	Service    string
	Kind       string // SERVER, CLIENT, INTERNAL
	Name       string
	Failed     bool // the status is Error
	Attributes map[string]any
	Events     []Event
	Links      []string // trace ids
	Children   []*Span

	start uint64
}

// Event is an event of a span.
type Event struct {
	Name       string
	Attributes map[string]any
}

func newTrace(data *tracepb.TracesData) *Trace {
	spans := map[string]*Span{}
	for _, resource := range data.GetResourceSpans() {
		service, _ := attributes(resource.GetResource().GetAttributes())["service.name"].(string)
		for _, scope := range resource.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				span := newSpan(service, s)
				spans[span.ID] = span
			}
		}
	}
	trace := &Trace{}
	for _, span := range spans {
		if parent := spans[span.Parent]; parent != nil {
			parent.Children = append(parent.Children, span)
		} else {
			trace.Roots = append(trace.Roots, span)
		}
	}
	byStart := func(a, b *Span) int { return cmp.Compare(a.start, b.start) }
	slices.SortFunc(trace.Roots, byStart)
	for span := range trace.Spans() {
		slices.SortFunc(span.Children, byStart)
	}
	return trace
}

func newSpan(service string, s *tracepb.Span) *Span {
	span := &Span{
		ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
		Service: service, Name: s.GetName(),
		Kind:       strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_"),
		Failed:     s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
		Attributes: attributes(s.GetAttributes()),
		start:      s.GetStartTimeUnixNano(),
	}
	for _, e := range s.GetEvents() {
		span.Events = append(span.Events, Event{e.GetName(), attributes(e.GetAttributes())})
	}
	for _, l := range s.GetLinks() {
		span.Links = append(span.Links, hex.EncodeToString(l.GetTraceId()))
	}
	return span
}

func attributes(pairs []*commonpb.KeyValue) map[string]any {
	values := make(map[string]any, len(pairs))
	for _, pair := range pairs {
		switch v := pair.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			values[pair.GetKey()] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			values[pair.GetKey()] = v.IntValue
		case *commonpb.AnyValue_BoolValue:
			values[pair.GetKey()] = v.BoolValue
		case *commonpb.AnyValue_DoubleValue:
			values[pair.GetKey()] = v.DoubleValue
		}
	}
	return values
}

// Spans returns all spans, each before its children.
func (t *Trace) Spans() iter.Seq[*Span] {
	return func(yield func(*Span) bool) {
		var walk func([]*Span) bool
		walk = func(spans []*Span) bool {
			for _, s := range spans {
				if !yield(s) || !walk(s.Children) {
					return false
				}
			}
			return true
		}
		walk(t.Roots)
	}
}

// Outline describes the tree, one line for each span: the service, the kind,
// the name and, where they are there, the HTTP status, the word error, the
// mark of an injected fault, and each event's name.
func (t *Trace) Outline() string {
	var out strings.Builder
	var write func(indent string, spans []*Span)
	write = func(indent string, spans []*Span) {
		for _, s := range spans {
			fmt.Fprintln(&out, indent+s.line())
			write(indent+"  ", s.Children)
		}
	}
	write("", t.Roots)
	return out.String()
}

func (s *Span) line() string {
	words := []string{s.Service, s.Kind, strconv.Quote(s.Name)}
	if status, ok := s.Attributes["http.response.status_code"]; ok {
		words = append(words, fmt.Sprint(status))
	}
	if s.Failed {
		words = append(words, "error")
	}
	if s.Attributes["fault.injected"] == true {
		words = append(words, "fault")
	}
	for _, e := range s.Events {
		words = append(words, e.Name)
	}
	return strings.Join(words, " ")
}
