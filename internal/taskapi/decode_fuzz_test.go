package taskapi_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// bodies are seeds for what decodes the content of a request.
var bodies = []string{
	`{"title":"a","description":"b","done":true}`,
	`{"title":"a","description":null,"done":null}`,
	`{"title":null}`, `{}`, ``, `null`, `[]`, `"x"`, `1e999`, `{"title":1e999}`,
	`{"title":"a"} {}`, `{"title":"a","title":"b"}`, `{"Title":"a"}`, `{"id":1}`, `{"title":`,
	"\xef\xbb\xbf{}", "{\"title\":\"\xff\"}", `{"title":"\ud800"}`, `{"title":"\ud83d\ude00"}`, `{"title":"\u0000"}`,
	`{"title":{"title":[[[]]]}}`, " \n{\"title\":\"a\"}\t", `{"done":"true"}`,
	`{"title":"` + strings.Repeat("é", taskapi.MaxTitle) + `"}`,
}

// wantRefusal wants the only errors that content can be refused with.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	if !problem.Is(err, problem.Malformed) && !problem.Is(err, problem.Invalid) {
		t.Errorf("got %v, want malformed or invalid", err)
	}
}

func FuzzDecodeNewTask(f *testing.F) { fuzzDecode(f, taskapi.DecodeNewTask, taskapi.NewTask.Validate) }

func FuzzDecodePatch(f *testing.F) { fuzzDecode(f, taskapi.DecodePatch, taskapi.Patch.Validate) }

// fuzzDecode wants that what was decoded validates, and survives being encoded
// and decoded again.
func fuzzDecode[T any](f *testing.F, decode func(io.Reader) (T, error), validate func(T) error) {
	f.Helper()
	for _, body := range bodies {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		first, err := decode(strings.NewReader(body))
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if err := validate(first); err != nil {
			t.Errorf("what was decoded does not validate: %v", err)
		}
		encoded, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := decode(strings.NewReader(string(encoded)))
		if err != nil {
			t.Fatalf("decode %s again: %v", encoded, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("decoded again (-first +second):\n%s", diff)
		}
	})
}
