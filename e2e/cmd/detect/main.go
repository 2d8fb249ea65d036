// Detect measures how long a failure takes to be seen: from a 5xx that has
// been answered to its trace in Tempo, an alert in Prometheus, and a
// notification. It starts a stack of its own for each run, so that each sees
// the first failure of fresh processes, at a random phase of every interval.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"redspan/e2e"
)

func main() {
	runs := flag.Int("n", 20, "number of `runs`")
	flag.Parse()
	if err := bench(context.Background(), *runs, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "detect:", err)
		os.Exit(1)
	}
}

// limit bounds one run: the start of the stack and every wait.
const limit = 5 * time.Minute

func bench(ctx context.Context, runs int, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	if runs < 1 {
		return errors.New("-n: at least one run")
	}
	interval, err := scrapeInterval(root)
	if err != nil {
		return err
	}
	var results []result
	for n := range runs {
		run, cancel := context.WithTimeout(ctx, limit)
		r, err := measure(run, root, interval)
		cancel()
		if err != nil {
			return fmt.Errorf("run %d: %w", n+1, err)
		}
		fmt.Fprintf(os.Stderr, "run %d of %d: %v, by %s\n", n+1, runs, r.times, r.alert.Name)
		results = append(results, r)
	}
	return report(out, results, interval)
}

// scrapeInterval returns the environment's, else that of the committed
// configuration.
func scrapeInterval(root string) (string, error) {
	if set := os.Getenv("SCRAPE_INTERVAL"); set != "" {
		return set, nil
	}
	config, err := os.ReadFile(filepath.Join(root, "otel-collector", "config.yaml"))
	if err != nil {
		return "", fmt.Errorf("run it in the checkout: %w", err)
	}
	found := regexp.MustCompile(`SCRAPE_INTERVAL:-(\w+)`).FindSubmatch(config)
	if found == nil {
		return "", errors.New("otel-collector/config.yaml sets no SCRAPE_INTERVAL")
	}
	return string(found[1]), nil
}

// measure does one run on a stack of its own.
func measure(ctx context.Context, root, interval string) (r result, err error) {
	hook, err := listen()
	if err != nil {
		return r, err
	}
	defer hook.Close()
	stack, err := e2e.StartWith(ctx, root, "detect", map[string]string{
		"GRAFANA": "off", "ALERT_WEBHOOK_URL": hook.url, "SCRAPE_INTERVAL": interval,
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	w := watch{
		api: stack.URL("API_PORT"), prometheusURL: stack.URL("PROMETHEUS_PORT"),
		tempo: e2e.Tempo{URL: stack.URL("TEMPO_PORT")}, hook: hook,
	}
	if w.prometheus, err = e2e.NewPrometheus(w.prometheusURL); err != nil {
		return r, err
	}
	if err := w.settle(ctx); err != nil {
		return r, err
	}
	// A random phase of the scrape, and of the evaluation of rules.
	select {
	case <-time.After(rand.N(2 * time.Second)):
	case <-ctx.Done():
		return r, ctx.Err()
	}
	return w.follow(ctx)
}

// stages are what is measured, with the goals of the project.
var stages = [...]struct {
	name string
	goal time.Duration
}{
	{"trace readable by its id", time.Second},
	{"trace found by TraceQL", 3 * time.Second},
	{"alert fires in Prometheus", 3 * time.Second},
	{"webhook receives the alert", 4 * time.Second},
}

// result is a run: the time of each stage since the first 5xx was answered.
type result struct {
	times [len(stages)]time.Duration
	alert rule
}

// report prints the median and the worst of each stage.
func report(out io.Writer, results []result, interval string) error {
	last := results[len(results)-1]
	fmt.Fprintf(out, "%d runs, %s, %d CPUs, load %s\n", len(results), time.Now().Format(time.DateOnly), runtime.NumCPU(), load())
	fmt.Fprintf(out, "scrape interval %s; alert %s: evaluated every %s, for %s\n\n",
		interval, last.alert.Name, last.alert.interval, last.alert.wait)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "from the answer until\tmedian\tworst\tgoal")
	for i, stage := range stages {
		times := make([]time.Duration, 0, len(results))
		for _, r := range results {
			times = append(times, r.times[i])
		}
		slices.Sort(times)
		fmt.Fprintf(table, "%s\t%.1f s\t%.1f s\t%.0f s\n", stage.name,
			times[len(times)/2].Seconds(), times[len(times)-1].Seconds(), stage.goal.Seconds())
	}
	return table.Flush()
}

// load returns the machine's load averages: what else ran makes all slower.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(data))[:3], " ")
}
