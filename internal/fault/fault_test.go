package fault_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"redspan/internal/config"
	"redspan/internal/fault"
	"redspan/internal/problem"
)

const token config.Secret = "0123456789abcdef"

func TestAdmit(t *testing.T) {
	tests := map[string]struct {
		cfg           fault.Config
		authorization string
		want          problem.Code // "" if admitted
	}{
		"open admits anybody":                 {cfg: fault.Config{Mode: fault.Open}},
		"off is not found":                    {fault.Config{Mode: fault.Off}, "", problem.NotFound},
		"the zero value is not found":         {fault.Config{}, "Bearer ", problem.NotFound},
		"off does not look at the token":      {fault.Config{Mode: fault.Off, Token: token}, "Bearer " + token.Reveal(), problem.NotFound},
		"the token admits":                    {fault.Config{Mode: fault.Token, Token: token}, "Bearer " + token.Reveal(), ""},
		"no token is unauthenticated":         {fault.Config{Mode: fault.Token, Token: token}, "", problem.Unauthenticated},
		"another token is unauthenticated":    {fault.Config{Mode: fault.Token, Token: token}, "Bearer 0123456789abcdeF", problem.Unauthenticated},
		"the token alone is unauthenticated":  {fault.Config{Mode: fault.Token, Token: token}, token.Reveal(), problem.Unauthenticated},
		"a longer token is no match, neither": {fault.Config{Mode: fault.Token, Token: token}, "Bearer " + token.Reveal() + "0", problem.Unauthenticated},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/error", nil)
			if test.authorization != "" {
				r.Header.Set("Authorization", test.authorization)
			}
			err := test.cfg.Admit(r)
			if test.want == "" && err != nil || test.want != "" && !problem.Is(err, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		cfg         fault.Config
		environment string
		want        string // in the error; "" if valid
	}{
		"open is refused in production":    {fault.Config{Mode: fault.Open}, "production", "API_FAULTS: open is refused in production"},
		"open is allowed elsewhere":        {fault.Config{Mode: fault.Open}, "local", ""},
		"a token is allowed in production": {fault.Config{Mode: fault.Token, Token: token}, "production", ""},
		"a short token is refused":         {fault.Config{Mode: fault.Token, Token: "short"}, "", "API_FAULTS_TOKEN: "},
		"off needs nothing":                {fault.Config{Mode: fault.Off}, "production", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.cfg.Validate("API_", test.environment)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestMode(t *testing.T) {
	var m fault.Mode
	if err := m.UnmarshalText([]byte("on")); err == nil {
		t.Error("accepted the unknown mode on")
	}
	if err := m.UnmarshalText([]byte("token")); err != nil || m != fault.Token {
		t.Errorf("got %q, %v", m, err)
	}
}
