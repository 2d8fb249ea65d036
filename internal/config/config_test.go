package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"redspan/internal/config"
)

type server struct {
	URL     url.URL       `env:"URL"`
	Timeout time.Duration `env:"TIMEOUT" envDefault:"2s"`
	Limit   int           `env:"LIMIT" envDefault:"3"`
}

type example struct {
	Name   string        `env:"NAME" envDefault:"x"`
	Token  config.Secret `env:"TOKEN"`
	Server server        `envPrefix:"SERVER_"`
}

func (e example) Validate() error {
	if e.Name == "" {
		return errors.New("NAME: is empty")
	}
	return nil
}

func TestParse(t *testing.T) {
	t.Run("takes values and defaults", func(t *testing.T) {
		got, err := config.Parse[example]([]string{"SERVER_LIMIT=7", "OTHER=1"})
		if err != nil {
			t.Fatal(err)
		}
		if want := (example{Name: "x", Server: server{Timeout: 2 * time.Second, Limit: 7}}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	t.Run("names every variable with a wrong value", func(t *testing.T) {
		_, err := config.Parse[example]([]string{"SERVER_LIMIT=many", "SERVER_TIMEOUT=soon"})
		for _, want := range []string{"SERVER_LIMIT: ", "SERVER_TIMEOUT: "} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not name %s", err, want)
			}
		}
	})
}

func TestAPasswordInAURLIsNotInTheError(t *testing.T) {
	_, err := config.Parse[example]([]string{"SERVER_URL=http://u:s3cret@h:bad"})
	if err == nil || !strings.Contains(err.Error(), "SERVER_URL: ") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	const secret config.Secret = "hunter2"
	encoded, err := json.Marshal(map[string]config.Secret{"token": secret})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", secret)
	for _, text := range []string{
		fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s %q", secret, secret, secret, secret, secret),
		fmt.Sprintf("%+v %#v", example{Token: secret}, example{Token: secret}), string(encoded), log.String(),
	} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "redacted") {
			t.Errorf("printed as %s", text)
		}
	}
}
