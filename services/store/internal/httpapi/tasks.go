package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

func (h *handlers) create(w http.ResponseWriter, r *http.Request) error {
	body, err := content(w, r, "application/json")
	if err != nil {
		return err
	}
	n, err := taskapi.DecodeNewTask(body)
	if err != nil {
		return err
	}
	key, err := taskapi.ParseIdempotencyKey(r.Header.Values("Idempotency-Key"))
	if err != nil {
		return err
	}
	task, replayed, err := h.store.Create(r.Context(), n, key)
	if err != nil {
		return err
	}
	if replayed {
		w.Header().Set(taskapi.HeaderReplayed, "true")
	}
	w.Header().Set("Location", "/tasks/"+task.ID.String())
	return writeTask(w, http.StatusCreated, task)
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	parameters, err := url.ParseQuery(r.URL.RawQuery) // which r.URL.Query reads in part if it is malformed
	if err != nil {
		return problem.Wrap(err, problem.Malformed, "The query cannot be decoded.")
	}
	q, err := taskapi.ParseQuery(parameters)
	if err != nil {
		return err
	}
	page, err := h.store.List(r.Context(), q)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, page)
}

func (h *handlers) count(w http.ResponseWriter, r *http.Request) error {
	n, err := h.store.Count(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, taskapi.CountResponse{Count: n})
}

func (h *handlers) get(w http.ResponseWriter, r *http.Request) error {
	id, err := taskapi.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	noneMatch, err := taskapi.ParseIfNoneMatch(r.Header.Values("If-None-Match"))
	if err != nil {
		return err
	}
	task, err := h.store.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if noneMatch.Given() && noneMatch.Holds(task.Version) {
		w.Header().Set("ETag", taskapi.ETag(task.Version))
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return writeTask(w, http.StatusOK, task)
}

func (h *handlers) update(w http.ResponseWriter, r *http.Request) error {
	id, err := taskapi.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	match, err := taskapi.ParseIfMatch(r.Header.Values("If-Match"))
	if err != nil {
		return err
	}
	body, err := content(w, r, "application/merge-patch+json", "application/json")
	if err != nil {
		return err
	}
	p, err := taskapi.DecodePatch(body)
	if err != nil {
		return err
	}
	task, err := h.store.Update(r.Context(), id, p, match)
	if err != nil {
		return err
	}
	return writeTask(w, http.StatusOK, task)
}

func (h *handlers) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := taskapi.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	match, err := taskapi.ParseIfMatch(r.Header.Values("If-Match"))
	if err != nil {
		return err
	}
	if err := h.store.Delete(r.Context(), id, match); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// healthTimeout bounds how long the database may take to say that it is there.
const healthTimeout = time.Second

func (h *handlers) health(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	if err := h.store.Ping(ctx); err != nil {
		return problem.Wrap(err, problem.Unavailable, "The database does not answer.")
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func writeTask(w http.ResponseWriter, status int, task taskapi.Task) error {
	w.Header().Set("ETag", taskapi.ETag(task.Version))
	return writeJSON(w, status, task)
}
