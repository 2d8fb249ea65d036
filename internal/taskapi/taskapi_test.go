package taskapi_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/internal/taskapi/taskapitest"
)

func TestFake(t *testing.T) {
	taskapitest.Exercise(t, func(*testing.T) taskapi.Service { return &taskapitest.Fake{} })
}

func TestParseQuery(t *testing.T) {
	t.Run("reads what Values wrote", func(t *testing.T) {
		done := true
		want := taskapi.Query{Limit: 7, Cursor: taskapi.Cursor(uuid.Must(uuid.NewV7())), Done: &done}
		got, err := taskapi.ParseQuery(want.Values())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("has a default limit", func(t *testing.T) {
		got, err := taskapi.ParseQuery(url.Values{})
		if err != nil || got.Limit != taskapi.DefaultLimit {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	for _, query := range []string{
		"limit=0", "limit=101", "limit=x", "limit=1&limit=2", "done=yes", "cursor=x", "cursor=AAAA", "offset=1",
		"cursor=AgAAAAAAAAAAAAAAAAAAAAA", // of a later version
	} {
		t.Run("refuses "+query, func(t *testing.T) {
			values, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := taskapi.ParseQuery(values); !problem.Is(err, problem.Malformed) {
				t.Errorf("got %v, want malformed", err)
			}
		})
	}
}

func TestPatch(t *testing.T) {
	tests := map[string]struct {
		body string
		want taskapi.Patch
		code problem.Code
	}{
		"absent members stay":                {body: `{}`},
		"null empties the description":       {body: `{"description":null}`, want: taskapi.Patch{Description: new(string)}},
		"null cannot remove the title":       {body: `{"title":null}`, code: problem.Invalid},
		"null cannot remove the done member": {body: `{"done":null}`, code: problem.Invalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got taskapi.Patch
			err := json.Unmarshal([]byte(test.body), &got)
			if test.code != "" {
				if !problem.Is(err, test.code) {
					t.Errorf("got %v, want %s", err, test.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
