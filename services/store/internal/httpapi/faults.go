package httpapi

import (
	"net/http"
	"time"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
)

// maxDelay bounds the fault "timeout", for a caller without a deadline.
const maxDelay = 30 * time.Second

// fail injects the fault that the parameter at names.
func (h *handlers) fail(w http.ResponseWriter, r *http.Request) error {
	if err := h.faults.Admit(r); err != nil {
		return err
	}
	ctx := telemetry.InjectFault(r.Context())
	switch at := r.URL.Query().Get("at"); at {
	case "store":
		panic("injected fault: the store's handler panics")
	case "database":
		return h.store.Fail(ctx)
	case "timeout":
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(maxDelay):
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
	default:
		return problem.New(problem.Malformed, "The parameter at must be store, database or timeout.")
	}
}
