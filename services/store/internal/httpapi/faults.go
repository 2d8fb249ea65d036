package httpapi

import (
	"net/http"

	"redspan/internal/problem"
	"redspan/internal/telemetry"
)

// fail injects the fault that the parameter at names.
func (h *handlers) fail(_ http.ResponseWriter, r *http.Request) error {
	if err := h.faults.Admit(r); err != nil {
		return err
	}
	switch at := r.URL.Query().Get("at"); at {
	case "store":
		telemetry.InjectFault(r.Context())
		panic("injected fault: the store's handler panics")
	case "database":
		return h.store.Fail(telemetry.InjectFault(r.Context()))
	case "timeout":
		ctx := telemetry.InjectFault(r.Context())
		<-ctx.Done() // the caller's deadline, or the longest that withDeadline allows
		return ctx.Err()
	default:
		return problem.New(problem.Malformed, "The parameter at must be store, database or timeout.")
	}
}
