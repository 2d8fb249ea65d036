package main

import (
	"strings"
	"testing"

	"redspan/internal/config"
	"redspan/internal/config/configtest"
)

func TestConfigIsDocumented(t *testing.T) {
	configtest.CheckDocs[Config](t, "../../docs/configuration.md", "api", "Both services")
}

func TestConfigRefuses(t *testing.T) {
	tests := map[string]struct {
		environ []string
		want    []string
	}{
		"an unknown fault mode":     {[]string{"API_FAULTS=on"}, []string{"API_FAULTS: unknown mode"}},
		"a token that is too short": {[]string{"API_FAULTS=token", "API_FAULTS_TOKEN=s3cret"}, []string{"API_FAULTS_TOKEN: "}},
		"open faults in production": {[]string{"API_FAULTS=open", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=production"}, []string{"API_FAULTS: open is refused"}},
		"a store that is no URL":    {[]string{"API_STORE_URL=127.0.0.1:8081"}, []string{"API_STORE_URL: "}},
		"a store with a path":       {[]string{"API_STORE_URL=http://u:s3cret@x/y"}, []string{"API_STORE_URL: "}},
		"a deadline of nothing":     {[]string{"API_STORE_TIMEOUT=0s"}, []string{"API_STORE_TIMEOUT: "}},
		"all at once":               {[]string{"API_STORE_TIMEOUT=x", "API_FAULTS=on"}, []string{"API_STORE_TIMEOUT: ", "API_FAULTS: "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse[Config](test.environ)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
}
