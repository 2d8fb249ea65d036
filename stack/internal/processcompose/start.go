package processcompose

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Options says how to start process-compose.
type Options struct {
	Program string            // the binary
	Root    string            // the checkout; every process runs in it
	Env     map[string]string // added to the environment of every process
	Log     string            // its own log
	Output  string            // what it prints, such as an error in the project file
	Socket  string
}

// Start runs process-compose in the background, in a session of its own, and
// returns once it answers. The processes live until it is told to stop.
func Start(ctx context.Context, o Options) error {
	output, err := os.Create(o.Output)
	if err != nil {
		return err
	}
	defer output.Close()
	// It outlives this command: the end of ctx must not end it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), o.Program, "up",
		"--config", filepath.Join(o.Root, "stack", "process-compose.yaml"),
		"--unix-socket", o.Socket, "--log-file", o.Log,
		"--tui=false", "--keep-project", "--ordered-shutdown", "--disable-dotenv")
	cmd.Dir = o.Root
	cmd.Env = os.Environ()
	for variable, value := range o.Env {
		cmd.Env = append(cmd.Env, variable+"="+value)
	}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return awaitAlive(ctx, NewClient(o.Socket), exited)
}

func awaitAlive(ctx context.Context, client *Client, exited <-chan error) error {
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-exited:
			return fmt.Errorf("process-compose ended at its start: %w", err)
		case <-deadline:
			return fmt.Errorf("process-compose does not answer 10 s after its start")
		case <-tick.C:
			if client.Alive(ctx) {
				return nil
			}
		}
	}
}

// maxSocketPath is how long the path of a unix socket can be on every system.
const maxSocketPath = 100

// SocketPath returns where the process-compose of a state directory listens:
// inside it, or in the temporary folder when that path would be too long.
func SocketPath(stateDir string) string {
	path := filepath.Join(stateDir, "run", "process-compose.sock")
	if len(path) <= maxSocketPath {
		return path
	}
	h := fnv.New64a()
	h.Write([]byte(stateDir))
	return filepath.Join(os.TempDir(), fmt.Sprintf("redspan-%x.sock", h.Sum64()))
}
