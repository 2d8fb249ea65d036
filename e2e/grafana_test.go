package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"redspan/e2e"
)

func TestGrafanaAccess(t *testing.T) {
	t.Run("who is not logged in is a Viewer", func(t *testing.T) {
		page := string(e2e.MustGet(t, grafana.URL+"/").Body)
		if !strings.Contains(page, `"orgRole":"Viewer"`) {
			t.Error(`the page does not say "orgRole":"Viewer"`)
		}
	})
	for name, request := range map[string]struct{ method, path, body string }{
		"may not see the settings":     {http.MethodGet, "/api/admin/settings", ""},
		"may not see the users":        {http.MethodGet, "/api/org/users", ""},
		"may not save a dashboard":     {http.MethodPost, "/api/dashboards/db", `{"dashboard":{"title":"x"}}`},
		"may not add a data source":    {http.MethodPost, "/api/datasources", `{"name":"x","type":"prometheus","access":"proxy"}`},
		"may not log in with admin's":  {http.MethodPost, "/login", `{"user":"admin","password":"admin"}`},
		"may not delete the dashboard": {http.MethodDelete, "/api/dashboards/uid/redspan-requests", ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer := e2e.MustSend(t, request.method, grafana.URL+request.path, request.body)
			if answer.Status != http.StatusForbidden && answer.Status != http.StatusUnauthorized {
				t.Errorf("%s %s: status %d: %s", request.method, request.path, answer.Status, answer.Body)
			}
		})
	}
}

func TestBrowser(t *testing.T) {
	traffic(t)
	id := e2e.MustGet(t, api+"/error").TraceID()
	awaitTree(t, id, divisionTree)
	page := page{t, e2e.NewBrowser(t)}

	t.Run("Explore shows the failed trace down to the line of the division", func(t *testing.T) {
		page := page.in(t)
		url, err := grafana.ExploreURL(id)
		if err != nil {
			t.Fatal(err)
		}
		page.open(url)
		page.wait(says("GET /error", "GET /tasks/count", "SELECT tasks") + ` && !document.body.innerText.includes("Loading")`)
		page.keep("trace")
		page.click(`//*[@role="switch"][contains(., "GET /error")]`)
		page.click(`//*[@role="switch"][contains(., "Events (1)")]`)
		page.click(`//*[@role="switch"][contains(., "exception.type")]`)
		page.wait(says(sourceLine(t, "services/api/internal/httpapi/faults.go", "tasks / people")))
		page.keep("exception")
	})
}

// page is a browser that fails its test.
type page struct {
	t       *testing.T
	browser *e2e.Browser
}

func (p page) in(t *testing.T) page { return page{t, p.browser} }

func (p page) open(url string)        { p.must(p.browser.Open(url)) }
func (p page) click(xpath string)     { p.must(p.browser.Click(xpath)) }
func (p page) wait(expression string) { p.must(p.browser.Wait(expression)) }
func (p page) keep(name string)       { p.must(p.browser.Screenshot(screenshot(name))) }

// must fails the test, and keeps a picture of the page that made it fail.
func (p page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(errors.Join(err, p.browser.Screenshot(screenshot("failure"))))
	}
}

func screenshot(name string) string {
	return filepath.Join(stack.StateDir, "screenshots", name+".png")
}

// traffic sends requests of every kind: what succeeds, what is refused, and
// every failure.
func traffic(t *testing.T) {
	t.Helper()
	for range 5 {
		e2e.MustSend(t, http.MethodPost, api+"/tasks", `{"title":"from e2e"}`)
		e2e.MustGet(t, api+"/tasks")
		e2e.MustGet(t, api+"/nothing")
	}
	for _, at := range []string{"api", "store", "database"} {
		e2e.MustGet(t, api+"/error?at="+at)
	}
}

// says is a JavaScript expression that holds once a page shows all texts.
func says(texts ...string) string {
	conditions := make([]string, 0, len(texts))
	for _, text := range texts {
		conditions = append(conditions, fmt.Sprintf("document.body.innerText.includes(%q)", text))
	}
	return strings.Join(conditions, " && ")
}
