// Package httpapi serves a task store over HTTP. What it answers to is what
// taskapi.Client asks.
package httpapi

import (
	"context"

	"redspan/internal/fault"
	"redspan/internal/httpserver"
	"redspan/internal/taskapi"
)

// HealthPath is asked by the api's health check; it leaves no telemetry.
const HealthPath = "/health"

// Store is what is served.
type Store interface {
	taskapi.Service
	// Ping returns nil if the store can answer.
	Ping(context.Context) error
	// Fail fails in the database, on purpose.
	Fail(context.Context) error
}

// New returns the routes of a store.
func New(store Store, faults fault.Config) *httpserver.Mux {
	h := &handlers{store, faults}
	mux := httpserver.NewMux()
	mux.Handle("POST /tasks", withDeadline(h.create))
	mux.Handle("GET /tasks", withDeadline(h.list))
	mux.Handle("GET /tasks/count", withDeadline(h.count))
	mux.Handle("GET /tasks/{id}", withDeadline(h.get))
	mux.Handle("PATCH /tasks/{id}", withDeadline(h.update))
	mux.Handle("DELETE /tasks/{id}", withDeadline(h.delete))
	mux.HandleAlways("GET "+HealthPath, h.health)
	if faults.Mode != fault.Off {
		mux.Handle("GET /error", withDeadline(h.fail))
	}
	return mux
}

type handlers struct {
	store  Store
	faults fault.Config
}
