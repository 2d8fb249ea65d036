// Package fault gates the route that fails on purpose.
//
// Both services have one, closed unless their configuration opens it; an
// injected fault marks its spans, see [redspan/internal/telemetry.InjectFault].
package fault

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"redspan/internal/config"
	"redspan/internal/problem"
)

// Mode says who may inject a fault.
type Mode string

// The modes.
const (
	Off   Mode = "off"   // nobody: the route answers as if it did not exist
	Token Mode = "token" // who sends the token as a bearer token (RFC 6750)
	Open  Mode = "open"  // anybody; refused in production
)

// UnmarshalText accepts the three modes and nothing else.
func (m *Mode) UnmarshalText(text []byte) error {
	switch mode := Mode(text); mode {
	case Off, Token, Open:
		*m = mode
		return nil
	default:
		return fmt.Errorf("unknown mode %q: use off, token or open", text)
	}
}

// minTokenLength keeps tokens from being guessed, in bytes.
const minTokenLength = 16

// Config is the part of a service's configuration that concerns faults.
type Config struct {
	Mode  Mode          `env:"FAULTS" envDefault:"off"`
	Token config.Secret `env:"FAULTS_TOKEN"`
}

// Validate reports a combination that would be unsafe. prefix is that of the
// variables' names, environment the deployment.environment.name.
func (c Config) Validate(prefix, environment string) error {
	switch {
	case c.Mode == Open && strings.EqualFold(environment, "production"):
		return errors.New(prefix + "FAULTS: open is refused in production: use token or off")
	case c.Mode == Token && len(c.Token) < minTokenLength:
		return fmt.Errorf("%sFAULTS_TOKEN: %sFAULTS=token needs a token of at least %d bytes", prefix, prefix, minTokenLength)
	}
	return nil
}

// Admit returns nil if the request may inject a fault, and else the problem
// to answer with: NotFound when faults are off, Unauthenticated without the
// right token.
func (c Config) Admit(r *http.Request) error {
	switch c.Mode {
	case Open:
		return nil
	case Token:
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(token))
		want := sha256.Sum256([]byte(c.Token.Reveal()))
		if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return nil
		}
		return problem.New(problem.Unauthenticated, "Send the token of the fault route as a bearer token.")
	default:
		return problem.New(problem.NotFound, "There is nothing at this path.")
	}
}
