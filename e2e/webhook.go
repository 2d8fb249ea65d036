package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// Webhook receives what Alertmanager sends.
type Webhook struct {
	server *httptest.Server

	mu     sync.Mutex
	alerts []Alert
}

// Alert is one alert in a notice of Alertmanager.
type Alert struct {
	Status   string            `json:"status"` // firing or resolved
	Labels   map[string]string `json:"labels"`
	Received time.Time         `json:"-"`
}

// NewWebhook starts one on a port of its own. The caller closes it.
func NewWebhook() *Webhook {
	w := new(Webhook)
	w.server = httptest.NewServer(http.HandlerFunc(w.receive))
	return w
}

// URL returns its address.
func (w *Webhook) URL() string { return w.server.URL }

// Close stops it.
func (w *Webhook) Close() { w.server.Close() }

func (w *Webhook) receive(rw http.ResponseWriter, r *http.Request) {
	var notice struct {
		Alerts []Alert `json:"alerts"`
	}
	if err := json.NewDecoder(r.Body).Decode(&notice); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, alert := range notice.Alerts {
		alert.Received = time.Now()
		w.alerts = append(w.alerts, alert)
	}
}

// Received returns the first alert of that name, job and status that has
// arrived since a time, or an error if there is none.
func (w *Webhook) Received(name, job, status string, since time.Time) (Alert, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, alert := range w.alerts {
		if alert.Labels["alertname"] == name && alert.Labels["job"] == job && alert.Status == status && alert.Received.After(since) {
			return alert, nil
		}
	}
	return Alert{}, fmt.Errorf("no %s of %q has been received as %s; %d alerts in all", name, job, status, len(w.alerts))
}

// Alertmanager receives alerts from Prometheus, and tells whom they concern.
type Alertmanager struct{ URL string }

// State returns what Alertmanager does with an alert: active if it is sent,
// suppressed if another one holds it back.
func (a Alertmanager) State(ctx context.Context, name, job string) (string, error) {
	var alerts []struct {
		Labels map[string]string `json:"labels"`
		Status struct {
			State string `json:"state"`
		} `json:"status"`
	}
	if err := getJSON(ctx, a.URL+"/api/v2/alerts", &alerts); err != nil {
		return "", err
	}
	for _, alert := range alerts {
		if alert.Labels["alertname"] == name && alert.Labels["job"] == job {
			return alert.Status.State, nil
		}
	}
	return "", fmt.Errorf("Alertmanager has no %s of %q", name, job)
}
