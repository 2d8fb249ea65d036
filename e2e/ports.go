package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// portVariables are those that move the ports of the stack.
var portVariables = []string{
	"API_PORT", "API_ADMIN_PORT", "STORE_PORT", "STORE_ADMIN_PORT",
	"COLLECTOR_OTLP_GRPC_PORT", "COLLECTOR_OTLP_HTTP_PORT", "COLLECTOR_HEALTH_PORT", "COLLECTOR_METRICS_PORT",
	"PROMETHEUS_PORT", "ALERTMANAGER_PORT", "TEMPO_PORT", "TEMPO_OTLP_PORT", "TEMPO_GRPC_PORT", "GRAFANA_PORT",
}

// The ports that freePorts chooses from. They lie below those that the
// kernel gives to outgoing connections, which would take one of them between
// the choice and its use.
const (
	firstPort = 20000
	lastPort  = 32767
)

// freePorts chooses a free port for each variable.
func freePorts() (map[string]int, error) {
	ports := make(map[string]int, len(portVariables))
	for _, variable := range portVariables {
		listener, err := listenAnywhere()
		if err != nil {
			return nil, err
		}
		// Held until all are chosen, so that all differ.
		defer listener.Close()
		ports[variable] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

func listenAnywhere() (net.Listener, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			return listener, nil
		}
	}
	return nil, fmt.Errorf("no free port between %d and %d: %w", firstPort, lastPort, err)
}
