package main

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"redspan/internal/httpserver/httpservertest"
)

// runMain in the environment makes this test program the api itself.
const runMain = "REDSPAN_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestSIGTERM ends the real program while a request is under way.
func TestSIGTERM(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, `{"tasks":[]}`)
	}))
	defer store.Close()
	traces := make(chan string, 100)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { receive(t, r, traces) }))
	defer collector.Close()

	addr, admin := httpservertest.FreeAddr(t), httpservertest.FreeAddr(t)
	api := exec.Command(os.Args[0])
	var logged bytes.Buffer
	api.Stderr = &logged
	api.Env = []string{
		runMain + "=1", "API_ADDR=" + addr, "API_ADMIN_ADDR=" + admin, "API_STORE_URL=" + store.URL, "API_STORE_TIMEOUT=30s", "API_DRAIN_TIMEOUT=30s",
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.URL,
		"OTEL_BSP_SCHEDULE_DELAY=60000", // so that only the end of the process exports
	}
	if err := api.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = api.Process.Kill() }()
	httpservertest.Eventually(t, func() bool { return httpservertest.Status("http://"+admin+"/readyz") == http.StatusOK })

	answer := make(chan *http.Response, 1)
	go func() {
		resp, err := http.Get("http://" + addr + "/tasks")
		if err != nil {
			t.Error(err)
			resp = nil
		}
		answer <- resp
	}()
	<-entered
	if err := api.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	httpservertest.Eventually(t, func() bool { return httpservertest.Status("http://"+admin+"/readyz") == http.StatusServiceUnavailable })
	httpservertest.Eventually(t, func() bool { return httpservertest.Status("http://"+addr+"/tasks") == 0 }) // nothing new is accepted
	close(leave)

	resp := <-answer
	if resp == nil {
		t.FailNow()
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the request under way got %s", resp.Status)
	}
	if err := api.Wait(); err != nil {
		t.Errorf("the api ended with %v:\n%s", err, logged.String())
	}
	close(traces)
	exported := ""
	for id := range traces {
		exported += id + "\n"
	}
	if id := strings.Split(resp.Header.Get("Traceresponse"), "-")[1]; !strings.Contains(exported, "GET /tasks "+id) {
		t.Errorf("the span of trace %s was not exported, but\n%s", id, exported)
	}
}

// receive takes an export and names its spans.
func receive(t *testing.T, r *http.Request, spans chan<- string) {
	t.Helper()
	var export collectorpb.ExportTraceServiceRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = proto.Unmarshal(body, &export)
	}
	if err != nil {
		t.Errorf("the export cannot be read: %v", err)
	}
	for _, resource := range export.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				spans <- span.GetName() + " " + hex.EncodeToString(span.GetTraceId())
			}
		}
	}
}
