package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// hook is where Alertmanager sends its notifications.
type hook struct {
	url    string
	server *http.Server
	paged  atomic.Bool // for the api
}

// listen starts a hook. The caller closes it.
func listen() (*hook, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &hook{url: "http://" + listener.Addr().String()}
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = h.server.Serve(listener) }() // ends with Close
	return h, nil
}

func (h *hook) Close() error { return h.server.Close() }

// ServeHTTP takes a notification in the format of Alertmanager's webhooks.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var notification struct {
		Alerts []struct {
			Status string
			Labels struct{ Job, Severity string }
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&notification); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, alert := range notification.Alerts {
		if alert.Status == "firing" && alert.Labels.Job == "api" && alert.Labels.Severity == "page" {
			h.paged.Store(true)
		}
	}
}

var errNoPage = errors.New("no notification of a page for the api")

// notified succeeds once the api has been paged for.
func (h *hook) notified(context.Context) error {
	if !h.paged.Load() {
		return errNoPage
	}
	return nil
}
