package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"redspan/internal/fault"
	"redspan/internal/telemetry"
)

// variations of what a hostile client can choose, each the nth of its kind.
var variations = map[string]func(n int) *http.Request{
	"host": func(n int) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/nothing", http.NoBody)
		r.Host = fmt.Sprintf("h%d.example:%d", n, n)
		return r
	},
	"path": func(n int) *http.Request {
		return httptest.NewRequest(http.MethodGet, fmt.Sprintf("/p%d/%d", n, n), http.NoBody)
	},
	"id": func(n int) *http.Request {
		return httptest.NewRequest(http.MethodGet, fmt.Sprintf("/tasks/%d", n), http.NoBody)
	},
	"method": func(n int) *http.Request { return httptest.NewRequest(fmt.Sprintf("M%d", n), "/tasks", http.NoBody) },
	"user agent": func(n int) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/nothing", http.NoBody)
		r.Header.Set("User-Agent", fmt.Sprintf("agent/%d", n))
		return r
	},
}

func TestHostileRequestsMakeNoSeries(t *testing.T) {
	const (
		distinct  = 10_000
		maxGrowth = 5 << 20 // bytes
	)
	// Without an exporter, which would keep the spans.
	tel, err := telemetry.New(t.Context(), "api")
	if err != nil {
		t.Fatal(err)
	}
	defer tel.Close()
	api := handler(t, tel, fault.Config{Mode: fault.Open}, storeThat(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"count":1}`)
	}))
	attack := func(from, to int) {
		for _, request := range variations {
			for n := from; n < to; n++ {
				w := httptest.NewRecorder()
				if api.ServeHTTP(w, request(n)); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
					t.Fatalf("got %d %s", w.Code, w.Body)
				}
			}
		}
	}
	failed := func() (traceID string) {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/error", http.NoBody))
		return strings.Split(w.Header().Get("Traceresponse"), "-")[1]
	}

	before := failed()
	attack(0, 100) // makes the few series that there are to make
	series, heap := len(names(scrape(tel))), heapInUse()
	attack(100, distinct)
	if grown := heapInUse() - heap; grown > maxGrowth {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if got := len(names(scrape(tel))); got != series {
		t.Errorf("%d series, before %d", got, series)
	}
	if page := scrape(tel); !strings.Contains(page, `trace_id="`+before+`"`) {
		t.Error("the exemplar of the failure before is gone")
	}
	after := failed()
	page := scrape(tel)
	if !strings.Contains(page, `trace_id="`+after+`"`) {
		t.Error("the failure after has no exemplar")
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "http_server_request_duration_seconds_count{") && strings.Contains(line, `status_code="500",http_route="/error"`) {
			if !strings.HasSuffix(line, " 2\n") {
				t.Errorf("not both failures are counted: %s", line)
			}
			return
		}
	}
	t.Errorf("the failures are not counted:\n%s", page)
}

func scrape(tel *telemetry.Telemetry) string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	tel.Metrics().ServeHTTP(w, r)
	return w.Body.String()
}

// names returns the series of HTTP on a page of metrics.
func names(page string) map[string]bool {
	series := make(map[string]bool)
	for line := range strings.Lines(page) {
		if name, _, ok := strings.Cut(line, "} "); ok && strings.HasPrefix(name, "http_") {
			series[name] = true
		}
	}
	return series
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // empties the pools, too
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
