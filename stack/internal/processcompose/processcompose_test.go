package processcompose_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"redspan/stack/internal/config"
	"redspan/stack/internal/processcompose"
)

// project reads the project file of this checkout with the default settings.
func project(t *testing.T) *processcompose.Project {
	t.Helper()
	cfg, err := config.Load(t.TempDir(), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	p, err := processcompose.LoadProject("../../process-compose.yaml", cfg.Environment())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProject(t *testing.T) {
	p := project(t)
	t.Run("describes every part that has ports", func(t *testing.T) {
		var names []string
		for _, process := range p.Processes {
			names = append(names, process.Name)
		}
		if !slices.Equal(names, config.Parts()) {
			t.Errorf("the file has %v, the settings %v", names, config.Parts())
		}
	})
	t.Run("says when each part is ready", func(t *testing.T) {
		for _, process := range p.Processes {
			if !strings.HasPrefix(process.ReadyURL, "http://127.0.0.1:") || strings.Contains(process.ReadyURL, "$") {
				t.Errorf("%s: %s", process.Name, process.ReadyURL)
			}
		}
		if got := p.Processes[0].ReadyURL; got != "http://127.0.0.1:9464/readyz" {
			t.Errorf("api: %s", got)
		}
	})
	t.Run("stops what depends on others first", func(t *testing.T) {
		position := map[string]int{}
		for i, group := range p.StopOrder() {
			for _, name := range group {
				position[name] = i
			}
		}
		order := []string{"api", "store", "otel-collector", "prometheus", "alertmanager"}
		for i := range order[1:] {
			if position[order[i]] >= position[order[i+1]] {
				t.Errorf("%s stops no earlier than %s: %v", order[i], order[i+1], p.StopOrder())
			}
		}
		if position["grafana"] >= position["tempo"] {
			t.Errorf("grafana stops no earlier than tempo: %v", p.StopOrder())
		}
	})
}

func TestClient(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "pc.sock")
	client := processcompose.NewClient(socket)
	if client.Alive(t.Context()) {
		t.Fatal("alive before anything listens")
	}
	serve(t, socket, map[string]string{
		"GET /live": `{"status":"alive"}`,
		"GET /processes": `{"data":[
			{"name":"api","status":"Running","is_ready":"Ready","pid":7,"age":1500000000},
			{"name":"store","status":"Completed","exit_code":-1},
			{"name":"tempo","status":"Terminating","pid":0}]}`,
		"POST /process/start/store": `{}`,
	})
	if !client.Alive(t.Context()) {
		t.Fatal("not alive")
	}
	states, err := client.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := states["api"]; !s.Ready() || !s.Running() || s.Died() || s.Pid != 7 {
		t.Errorf("api: %+v", s)
	}
	if s := states["store"]; s.Ready() || s.Running() || !s.Died() {
		t.Errorf("store: %+v", s)
	}
	if s := states["tempo"]; s.Running() {
		t.Errorf("tempo never ran: %+v", s)
	}
	if err := client.Start(t.Context(), "store"); err != nil {
		t.Error(err)
	}
	if err := client.Stop(t.Context(), "store"); err == nil || !strings.Contains(err.Error(), "process/stop/store") {
		t.Errorf("an answer of 404 gives %v", err)
	}
}

// serve answers on a unix socket from a table of method and path.
func serve(t *testing.T, socket string, answers map[string]string) {
	t.Helper()
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(answer))
	}))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
}

func TestSocketPath(t *testing.T) {
	if got := processcompose.SocketPath("/s"); got != "/s/run/process-compose.sock" {
		t.Errorf("got %s", got)
	}
	long := "/" + strings.Repeat("x", 100)
	got := processcompose.SocketPath(long)
	if len(got) > 100 || got == processcompose.SocketPath(long+"y") {
		t.Errorf("got %s", got)
	}
}
