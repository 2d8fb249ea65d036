package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/internal/taskapi/taskapitest"
	"redspan/internal/telemetry/telemetrytest"
	"redspan/services/store/internal/postgres"
	"redspan/services/store/internal/postgres/postgrestest"
)

// wait is how long the tests wait for a server that is there.
const wait = 10 * time.Second

var server *postgrestest.Server

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "SKIPPED: -short leaves out the tests on PostgreSQL")
		os.Exit(0)
	}
	var err error
	if server, err = postgrestest.Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need PostgreSQL:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func TestStore(t *testing.T) {
	template := server.Create(t, "")
	if err := open(t, template).Close(); err != nil {
		t.Fatal(err)
	}
	taskapitest.Exercise(t, func(t *testing.T) taskapi.Service {
		return open(t, server.Create(t, template))
	})
}

func TestOpen(t *testing.T) {
	t.Run("stores that start at once migrate once", func(t *testing.T) {
		url := server.Create(t, "")
		errs := make(chan error)
		for range 3 {
			go func() {
				s, err := postgres.Open(t.Context(), url, wait, telemetrytest.Start(t, "store").Telemetry)
				if err == nil {
					err = s.Close()
				}
				errs <- err
			}()
		}
		if err := errors.Join(<-errs, <-errs, <-errs); err != nil {
			t.Error(err)
		}
	})
	t.Run("no server is an error without the password", func(t *testing.T) {
		_, err := postgres.Open(t.Context(), "postgres://u:s3cret@127.0.0.1:1/x", 10*time.Millisecond, telemetrytest.Start(t, "store").Telemetry)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v", err)
		}
	})
}

func TestFail(t *testing.T) {
	tel := telemetrytest.Start(t, "store")
	s, err := postgres.Open(t.Context(), server.Create(t, ""), wait, tel.Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fail(t.Context()); !problem.Is(err, problem.Internal) {
		t.Errorf("got %v, want an internal error", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	spans := tel.Spans()
	if len(spans) != 1 {
		t.Fatalf("%d spans, want that of the statement alone", len(spans))
	}
	if got := telemetrytest.Attributes(spans[0])["db.response.status_code"]; got != "22012" {
		t.Errorf("SQLSTATE %q, want that of a division by zero", got)
	}
}

func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, wait, telemetrytest.Start(t, "store").Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
