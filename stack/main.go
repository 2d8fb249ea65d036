// Command stack builds, runs and inspects Redspan natively: the pair of
// services and the telemetry around them, without a container engine.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"redspan/stack/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first Ctrl-C ends the command in good order, a second one at once.
	context.AfterFunc(ctx, stop)
	code := cli.Run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
