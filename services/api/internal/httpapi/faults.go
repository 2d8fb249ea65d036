package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
)

// fail injects the fault that the parameter at names: here or in the store.
func (h *handlers) fail(w http.ResponseWriter, r *http.Request) error {
	if err := h.faults.Admit(r); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.store.Timeout)
	defer cancel()
	switch at := r.URL.Query().Get("at"); at {
	case "", "api":
		return h.divideByZero(telemetry.InjectFault(ctx), w)
	case "store", "database", "timeout":
		return h.failStore(telemetry.InjectFault(ctx), at)
	default:
		return problem.New(problem.Malformed, "The parameter at must be api, store, database or timeout.")
	}
}

// divideByZero answers how many tasks there are for each of nobody.
func (h *handlers) divideByZero(ctx context.Context, w http.ResponseWriter) error {
	tasks, err := h.store.Count(ctx)
	if err != nil {
		return err
	}
	var people int64
	return json.NewEncoder(w).Encode(tasks / people)
}

// failStore has the store fail, and returns the error that comes of it.
func (h *handlers) failStore(ctx context.Context, at string) error {
	target := h.store.URL + "/error?" + url.Values{"at": {at}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	if token := h.faults.Token; token != "" {
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	resp, err := h.store.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return problem.New(problem.BadGateway, "The task store did not fail as it was told: its STORE_FAULTS may be off, or its token another.")
}
