package grafana_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"redspan/stack/internal/grafana"
)

func TestExploreURL(t *testing.T) {
	link, err := grafana.ExploreURL("http://127.0.0.1:3000", "abc123")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	var left struct {
		Datasource string
		Queries    []struct{ QueryType, Query string }
	}
	if err := json.Unmarshal([]byte(u.Query().Get("left")), &left); err != nil {
		t.Fatal(err)
	}
	if u.Path != "/explore" || left.Datasource != "tempo" || left.Queries[0].Query != "abc123" {
		t.Errorf("got %s", link)
	}
}
