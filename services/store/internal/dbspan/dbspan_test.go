package dbspan_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"redspan/internal/telemetry/telemetrytest"
	"redspan/services/store/internal/dbspan"
)

const statement = "SELECT title FROM tasks WHERE id = $1"

var errDatabase = errors.New("duplicate key")

func start(t *testing.T) (*dbspan.Tracer, *telemetrytest.Telemetry) {
	t.Helper()
	tel := telemetrytest.Start(t, "store")
	tracer, err := dbspan.New(tel.Telemetry, dbspan.Database{
		System: "postgresql", Namespace: "tasks", Address: "db", Port: 5432,
		StatusOf: func(err error) string {
			if errors.Is(err, errDatabase) {
				return "23505"
			}
			return ""
		},
	}, dbspan.Statement{SQL: statement, Operation: "SELECT", Collection: "tasks"})
	if err != nil {
		t.Fatal(err)
	}
	return tracer, tel
}

func TestSpan(t *testing.T) {
	tests := map[string]struct {
		err    error
		status codes.Code
		adds   map[attribute.Key]string
	}{
		"success":                               {nil, codes.Unset, nil},
		"the database's error has its status":   {fmt.Errorf("query: %w", errDatabase), codes.Error, map[attribute.Key]string{"error.type": "23505", "db.response.status_code": "23505"}},
		"a deadline is an error":                {context.DeadlineExceeded, codes.Error, map[attribute.Key]string{"error.type": "deadline_exceeded"}},
		"a caller that went away is no failure": {context.Canceled, codes.Unset, map[attribute.Key]string{"error.type": "canceled"}},
		"another error has its type":            {errors.New("x"), codes.Error, map[attribute.Key]string{"error.type": "*errors.errorString"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tracer, tel := start(t)
			_, span := tracer.Start(t.Context(), statement)
			span.End(test.err)

			ended := tel.Spans()[0]
			want := map[attribute.Key]string{
				"db.system.name": "postgresql", "db.namespace": "tasks", "db.operation.name": "SELECT",
				"db.collection.name": "tasks", "db.query.summary": "SELECT tasks", "db.query.text": statement,
				"server.address": "db", "server.port": "5432",
			}
			maps.Copy(want, test.adds)
			if diff := cmp.Diff(want, telemetrytest.Attributes(ended)); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if ended.Name() != "SELECT tasks" || ended.SpanKind() != trace.SpanKindClient || ended.Status().Code != test.status {
				t.Errorf("span %q, %s, %v", ended.Name(), ended.SpanKind(), ended.Status())
			}
			if metrics := tel.Scrape(); !strings.Contains(metrics, `db_client_operation_duration_seconds_count{`) ||
				strings.Contains(metrics, "error_type") != (test.err != nil) || strings.Contains(metrics, "db_query_text") {
				t.Errorf("metrics:\n%s", metrics)
			}
		})
	}
}

func TestAnUndeclaredStatementHasNoSpan(t *testing.T) {
	tracer, tel := start(t)
	_, span := tracer.Start(t.Context(), "SELECT 'secret'")
	span.End(nil)
	if n := len(tel.Spans()); n != 0 {
		t.Errorf("%d spans", n)
	}
}
