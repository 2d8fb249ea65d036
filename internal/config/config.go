// Package config reads a service's Config struct from the environment.
//
// Fields are described by the tags of github.com/caarlos0/env: env names the
// variable, envDefault its value when unset. All wrong values are reported at
// once, each by the name of its variable.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"reflect"

	"github.com/caarlos0/env/v11"
)

// Secret is a value that prints as "[redacted]" wherever it is formatted.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// Validator is a Config whose fields depend on each other.
type Validator interface {
	// Validate returns all that is wrong, naming the variables.
	Validate() error
}

// Parse reads a T from environ, which has the form of os.Environ. The error
// joins one error for each variable with a wrong value.
func Parse[T Validator](environ []string) (T, error) {
	var cfg T
	err := env.ParseWithOptions(&cfg, env.Options{Environment: env.ToMap(environ)})
	if err == nil {
		return cfg, cfg.Validate()
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return cfg, err
	}
	names := variables(reflect.TypeFor[T](), "")
	named := make([]error, 0, len(all.Errors))
	for _, err := range all.Errors {
		if parse, ok := errors.AsType[env.ParseError](err); ok {
			err = fmt.Errorf("%s: %w", names[parse.Name], cause(parse))
		}
		named = append(named, err)
	}
	return cfg, errors.Join(named...)
}

// cause says what is wrong with a value. The text of a URL's error is left out,
// since it repeats the URL, which may hold a password.
func cause(e env.ParseError) error {
	if e.Type == reflect.TypeFor[url.URL]() {
		return errors.New("is no URL")
	}
	return e.Err
}

// variables maps the names of T's fields to those of their variables.
func variables(t reflect.Type, prefix string) map[string]string {
	names := make(map[string]string)
	for field := range t.Fields() {
		if nested, ok := field.Tag.Lookup("envPrefix"); ok {
			maps.Copy(names, variables(field.Type, prefix+nested))
			continue
		}
		names[field.Name] = prefix + field.Tag.Get("env")
	}
	return names
}
