package processcompose

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A State is what process-compose knows about one process.
type State struct {
	Name     string        `json:"name"`
	Status   string        `json:"status"`
	Health   string        `json:"is_ready"`
	Age      time.Duration `json:"age"`
	ExitCode int           `json:"exit_code"`
	Pid      int           `json:"pid"`
}

// Running reports whether the process exists. One that was stopped before it
// began stays Terminating without ever having had a pid.
func (s State) Running() bool {
	return s.Status == "Running" || s.Status == "Terminating" && s.Pid != 0
}

// Ready reports whether the process runs and its last readiness probe passed.
func (s State) Ready() bool { return s.Status == "Running" && s.Health == "Ready" }

// Waiting reports whether the process will start once what it depends on is ready.
func (s State) Waiting() bool { return s.Status == "Pending" }

// Died reports whether the process was started and ended, or could not start.
func (s State) Died() bool { return s.Status == "Completed" || s.Status == "Error" }

// A Client calls the API of a running process-compose.
type Client struct {
	http *http.Client
}

// NewClient returns a client for the process-compose that listens on socket.
func NewClient(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	return &Client{http: &http.Client{
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
	}}
}

// Alive reports whether a process-compose answers.
func (c *Client) Alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return c.call(ctx, http.MethodGet, "/live", nil) == nil
}

// States returns the state of every process by its name.
func (c *Client) States(ctx context.Context) (map[string]State, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var answer struct {
		Data []State `json:"data"`
	}
	if err := c.call(ctx, http.MethodGet, "/processes", &answer); err != nil {
		return nil, err
	}
	states := make(map[string]State, len(answer.Data))
	for _, s := range answer.Data {
		states[s.Name] = s
	}
	return states, nil
}

// Start starts a process that does not run. It returns before the process is ready.
func (c *Client) Start(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPost, "/process/start/"+url.PathEscape(name), nil)
}

// Stop ends a process with its signal, and with SIGKILL after its timeout. It
// returns when the process is gone.
func (c *Client) Stop(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodPatch, "/process/stop/"+url.PathEscape(name), nil)
}

// Shutdown ends process-compose and what still runs under it. It may return before.
func (c *Client) Shutdown(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/project/stop", nil)
}

func (c *Client) call(ctx context.Context, method, path string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://process-compose"+path, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("process-compose does not answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("process-compose: %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("process-compose: %s: %s", path, body)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(body, answer)
}
