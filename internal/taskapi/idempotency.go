package taskapi

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"

	"redspan/internal/problem"
)

// KeyLifetime is how long an idempotency key is remembered after its first
// use. Later it may be used for another task.
const KeyLifetime = 24 * time.Hour

// maxKey bounds an idempotency key, in bytes.
const maxKey = 255

// IdempotencyKey names one creation, so that it can be repeated when its
// answer was lost; "" names none. See draft-ietf-httpapi-idempotency-key-header-07.
type IdempotencyKey string

// ParseIdempotencyKey reads the values of an Idempotency-Key header: a string
// in quotes, as the draft has it, or without, as most clients send it.
func ParseIdempotencyKey(values []string) (IdempotencyKey, error) {
	if len(values) == 0 {
		return "", nil
	}
	key := values[0]
	if unquoted, ok := strings.CutPrefix(key, `"`); ok {
		key, ok = strings.CutSuffix(unquoted, `"`)
		if !ok {
			key = ""
		}
	}
	invalid := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }
	if len(values) > 1 || key == "" || len(key) > maxKey || strings.ContainsFunc(key, invalid) {
		return "", problem.New(problem.Malformed, "The header Idempotency-Key must be 1 to %d visible ASCII characters without quotes and backslashes.", maxKey)
	}
	return IdempotencyKey(key), nil
}

// Fingerprint tells one new task from another under the same key.
func (t NewTask) Fingerprint() ([]byte, error) {
	encoded, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(encoded)
	return sum[:], nil
}

// ErrKeyReused is what a Service answers for a key that named another task.
func ErrKeyReused() error {
	return problem.New(problem.KeyReused, "The idempotency key was used for a task with other content: use a new key.")
}
