// Package ports finds out which TCP ports are taken, and by whom.
package ports

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"redspan/stack/internal/config"
)

// Check reports each of the ports that cannot be listened on, in one line that
// names its holder and the variable that moves it.
func Check(wanted []config.Port) error {
	var errs []error
	for _, p := range wanted {
		if err := listen(p.Number); err != nil {
			errs = append(errs, describe(p, err))
		}
	}
	return errors.Join(errs...)
}

func listen(port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}

func describe(p config.Port, err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d for %s (%s) cannot be used: %w", p.Number, p.Part, p.Variable, err)
	}
	return fmt.Errorf("port %d for %s is in use%s; stop that or set %s to another port",
		p.Number, p.Part, holder(p.Number), p.Variable)
}

// holder names the process that listens on a port, as far as this user may see it.
func holder(port int) string {
	conns, err := psnet.Connections("tcp")
	if err != nil {
		return ""
	}
	for _, c := range conns {
		if c.Status != "LISTEN" || int(c.Laddr.Port) != port || c.Pid == 0 {
			continue
		}
		proc, err := process.NewProcess(c.Pid)
		if err != nil {
			return fmt.Sprintf(" by pid %d", c.Pid)
		}
		name, _ := proc.Name()
		return fmt.Sprintf(" by %s (pid %d)", name, c.Pid)
	}
	return ""
}
