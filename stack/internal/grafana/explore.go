// Package grafana knows the addresses inside Grafana.
package grafana

import (
	"encoding/json"
	"net/url"
)

// tempo is the uid of the data source that grafana/provisioning sets up.
const tempo = "tempo"

// ExploreURL returns the link that opens a trace in the Explore page of the
// Grafana at base.
func ExploreURL(base, traceID string) (string, error) {
	type m = map[string]any
	left, err := json.Marshal(m{
		"datasource": tempo,
		"queries": []m{{
			"refId":      "A",
			"datasource": m{"type": "tempo", "uid": tempo},
			"queryType":  "traceql",
			"query":      traceID,
		}},
		"range": m{"from": "now-1h", "to": "now"},
	})
	if err != nil {
		return "", err
	}
	return base + "/explore?orgId=1&left=" + url.QueryEscape(string(left)), nil
}
