// Package httpapi is the public REST API at the edge. It owns the trust
// boundary, the deadline and the way failures look; tasks are the store's.
package httpapi

import (
	"net/http"
	"time"

	"redspan/internal/fault"
	"redspan/internal/httpserver"
	"redspan/internal/taskapi"
	"redspan/services/api/internal/apidoc"
)

// HealthPath leaves no telemetry.
const HealthPath = "/health"

// Store is how the api reaches the store.
type Store struct {
	taskapi.Client
	// Untraced is a transport without telemetry, for health checks.
	Untraced http.RoundTripper
	// Timeout is the deadline of each call.
	Timeout time.Duration
}

// New returns the routes of the api, which document describes (OpenAPI, in
// YAML).
func New(store Store, faults fault.Config, document []byte) *httpserver.Mux {
	h := &handlers{store, faults}
	mux := httpserver.NewMux()
	mux.Handle("POST /tasks", h.forward)
	mux.Handle("GET /tasks", h.forward)
	mux.Handle("GET /tasks/{id}", h.forwardOne)
	mux.Handle("PATCH /tasks/{id}", h.forwardOne)
	mux.Handle("DELETE /tasks/{id}", h.forwardOne)
	mux.HandleAlways("GET "+HealthPath, h.health)
	if faults.Mode != fault.Off {
		mux.Handle("GET /error", h.fail)
	}
	docs := apidoc.New(document)
	mux.Handle("GET /openapi.yaml", docs.Document)
	mux.Handle("GET /docs", docs.Page)
	mux.Handle("GET /docs/{asset}", docs.Asset)
	mux.Handle("GET /problems/{code}", docs.Problem)
	return mux
}

type handlers struct {
	store  Store
	faults fault.Config
}
