package main

import (
	"strings"
	"testing"

	"redspan/internal/config"
	"redspan/internal/config/configtest"
)

func TestConfigIsDocumented(t *testing.T) {
	configtest.CheckDocs[Config](t, "../../docs/configuration.md", "store", "Both services")
}

func TestConfigRefuses(t *testing.T) {
	tests := map[string]struct {
		environ []string
		want    []string
	}{
		"an unknown fault mode":       {[]string{"STORE_FAULTS=on"}, []string{"STORE_FAULTS: unknown mode"}},
		"open faults in production":   {[]string{"STORE_FAULTS=open", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=production"}, []string{"STORE_FAULTS: open is refused"}},
		"a database URL that is none": {[]string{"STORE_DATABASE_URL=postgres://u:s3cret@:x/"}, []string{"STORE_DATABASE_URL: "}},
		"a password beside an error":  {[]string{"STORE_DATABASE_URL=host=h password = s3cret sslmode=bogus"}, []string{"STORE_DATABASE_URL: "}},
		"a database in memory":        {[]string{"STORE_SQLITE_PATH=:memory:"}, []string{"STORE_SQLITE_PATH: "}},
		"a drain without time":        {[]string{"STORE_DRAIN_TIMEOUT=0s"}, []string{"STORE_DRAIN_TIMEOUT: "}},
		"all at once":                 {[]string{"STORE_DRAIN_TIMEOUT=x", "STORE_FAULTS=on"}, []string{"STORE_DRAIN_TIMEOUT: ", "STORE_FAULTS: "}},
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
