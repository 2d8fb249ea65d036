package httpapi

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// health answers ok while the store can answer.
func (h *handlers) health(w http.ResponseWriter, r *http.Request) error {
	if err := h.askStore(r.Context()); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The task store cannot answer.")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, `{"status":"ok"}`) // a client that is gone cannot be told
	return nil
}

func (h *handlers) askStore(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.store.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.store.URL+HealthPath, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := h.store.Untraced.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, taskapi.MaxContent)) // else the connection cannot be used again
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("store: answered %s", resp.Status)
	}
	return nil
}
