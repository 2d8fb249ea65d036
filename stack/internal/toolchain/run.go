package toolchain

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// run runs a program with its output in log.
func run(ctx context.Context, log io.Writer, dir string, env []string, name string, args ...string) error {
	return runTo(ctx, log, log, dir, env, name, args...)
}

// runTo runs a program in a process group of its own and, when ctx ends, stops
// the whole group: compilers must not outlive an interrupted build.
func runTo(ctx context.Context, stdout, stderr io.Writer, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}

// A lineWriter hands over what is written to it line by line. The programs
// here write whole lines.
type lineWriter func(line string)

func (f lineWriter) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		f(strings.TrimSpace(line))
	}
	return len(p), nil
}
