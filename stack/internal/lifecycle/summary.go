package lifecycle

import (
	"fmt"
	"strings"
	"time"

	"redspan/stack/internal/progress"
)

// summary is what a person sees last: where everything is, and what to try.
func (u *startup) summary() string {
	if u.announced {
		return fmt.Sprintf("\nGrafana is up too, after %s: %s\n", progress.Duration(time.Since(u.began)), u.cfg.URL("GRAFANA_PORT"))
	}
	return fmt.Sprintf("\nRedspan is up after %s.\n\n%s", progress.Duration(time.Since(u.began)), u.places())
}

// early is shown once everything but Grafana is ready, when that takes longer.
func (u *startup) early() string {
	return fmt.Sprintf("\nRedspan is up after %s; Grafana is still being built, about 12 minutes on two cores.\n"+
		"You can go ahead in another terminal. Ctrl-C here stops everything.\n\n%s",
		progress.Duration(time.Since(u.began)), u.places())
}

func (u *startup) places() string {
	var out strings.Builder
	for _, a := range addresses {
		if a.part != grafana || u.cfg.Grafana {
			fmt.Fprintf(&out, "  %-16s %s\n", a.part, u.cfg.URL(a.variable))
		}
	}
	_, port, _ := strings.Cut(u.cfg.Addr("API_PORT"), ":")
	out.WriteString("\nTry next:\n")
	fmt.Fprintf(&out, "  %-31s a request that fails on purpose\n", "curl -i localhost:"+port+"/error")
	fmt.Fprintf(&out, "  %-31s the same, followed down to the line of code\n", "make trace")
	return out.String()
}
