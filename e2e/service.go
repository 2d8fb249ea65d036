package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// RunAPI runs an api of its own, beside the stack's and with the stack's
// store, until the test ends; env is added to its environment. It returns its
// URL, or all that it logged if it ends instead of serving.
func (s *Stack) RunAPI(t testing.TB, env ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.Command(filepath.Join(s.StateDir, "bin", "api"))
	cmd.Env = append([]string{
		"REDSPAN_STACK=" + s.StateDir, // so that the stack's down ends it if this process cannot
		"API_ADDR=127.0.0.1:0", "API_ADMIN_ADDR=127.0.0.1:0",
		"API_STORE_URL=" + s.URL("STORE_PORT"),
		"OTEL_TRACES_EXPORTER=none",
	}, env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addresses, logged := make(chan string, 1), make(chan string, 1)
	var reading sync.WaitGroup
	reading.Go(func() {
		var all strings.Builder
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			all.WriteString(lines.Text() + "\n")
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				addresses <- line.Address
			}
		}
		logged <- all.String()
	})
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		reading.Wait()
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Error(err)
		}
	})
	select {
	case address := <-addresses:
		return "http://" + address, nil
	case all := <-logged:
		return "", fmt.Errorf("the api ended: %s", all)
	case <-ctx.Done():
		t.Fatalf("the api neither serves nor ends within %s", patience)
		return "", nil
	}
}
