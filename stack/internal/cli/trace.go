package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"redspan/stack/internal/config"
	"redspan/stack/internal/grafana"
	"redspan/stack/internal/tempo"
	"redspan/stack/internal/tracetree"
)

// faults are the places where GET /error can fail.
var faults = []string{"api", "store", "database", "timeout"}

// traceTimeout is how long a request and its way into Tempo may take.
const traceTimeout = 30 * time.Second

func (a *app) traceCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Send a request that fails, and follow it to the line of code",
		Long: `Send a request that fails on purpose and print what came back, then the trace of
it from Tempo as a tree of spans, the failing ones in red, and the link that
opens the trace in Grafana.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(faults, at) {
				return fmt.Errorf("--at %q is none of %s", at, strings.Join(faults, ", "))
			}
			cfg, err := a.recall()
			if err != nil {
				return err
			}
			return a.trace(cmd.Context(), cfg, at)
		},
	}
	cmd.Flags().StringVar(&at, "at", "api", "where it fails: "+strings.Join(faults, ", "))
	return cmd
}

func (a *app) trace(ctx context.Context, cfg *config.Config, at string) error {
	ctx, cancel := context.WithTimeout(ctx, traceTimeout)
	defer cancel()
	id, err := a.provoke(ctx, cfg.URL("API_PORT")+"/error?at="+at)
	if err != nil {
		return err
	}
	notice := time.AfterFunc(2*time.Second, func() {
		fmt.Fprintln(a.stderr, "waiting for the trace in Tempo...")
	})
	spans, err := tempo.Await(ctx, cfg.URL("TEMPO_PORT"), id)
	notice.Stop()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("trace %s did not arrive in Tempo within %s; see make status", id, traceTimeout)
	}
	if err != nil {
		return fmt.Errorf("tempo does not answer; see make status: %w", err)
	}
	fmt.Fprintf(a.stdout, "\nTrace %s\n\n%s", id, tracetree.Render(lipgloss.NewRenderer(a.stdout), spans))
	if cfg.Grafana {
		link, err := grafana.ExploreURL(cfg.URL("GRAFANA_PORT"), id)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "\nIn Grafana: %s\n", link)
	}
	return nil
}

// provoke sends the request, prints the answer and returns its trace id.
func (a *app) provoke(ctx context.Context, url string) (traceID string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("the api does not answer; is it running (make status)? %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	trace := resp.Header.Get("traceresponse")
	fmt.Fprintf(a.stdout, "GET %s\n\n%s %s\n", url, resp.Proto, resp.Status)
	fmt.Fprintf(a.stdout, "content-type: %s\ntraceresponse: %s\n\n", resp.Header.Get("Content-Type"), trace)
	pretty := new(bytes.Buffer)
	if json.Indent(pretty, body, "", "  ") != nil {
		pretty = bytes.NewBuffer(body)
	}
	fmt.Fprintln(a.stdout, strings.TrimSpace(pretty.String()))
	if resp.StatusCode == http.StatusNotFound {
		return "", errors.New("the fault route is off; the local stack runs with API_FAULTS=open unless the environment says otherwise")
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return "", errors.New("the fault route wants its token (API_FAULTS=token); send it by hand: curl -H \"Authorization: Bearer $API_FAULTS_TOKEN\" " + url)
	}
	fields := strings.Split(trace, "-")
	if len(fields) != 4 {
		return "", fmt.Errorf("the answer has no trace id: traceresponse is %q", trace)
	}
	return fields[1], nil
}
