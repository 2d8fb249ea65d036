package taskapi_test

import (
	"net/url"
	"slices"
	"strings"
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

func TestDecodePatch(t *testing.T) {
	tests := map[string]struct {
		body string
		want taskapi.Patch
		code problem.Code
	}{
		"absent members stay":                {body: `{}`},
		"null empties the description":       {body: `{"description":null}`, want: taskapi.Patch{Description: new(string)}},
		"null cannot remove the title":       {body: `{"title":null}`, code: problem.Invalid},
		"null cannot remove the done member": {body: `{"done":null}`, code: problem.Invalid},
		"null is no patch":                   {body: `null`, code: problem.Malformed},
		"an unknown member is refused":       {body: `{"id":null}`, code: problem.Invalid},
		"a member must not come twice":       {body: `{"done":true,"done":false}`, code: problem.Malformed},
		"the result must validate":           {body: `{"title":""}`, code: problem.Invalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := taskapi.DecodePatch(strings.NewReader(test.body))
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

func TestDecodeNewTask(t *testing.T) {
	tests := map[string]struct {
		body string
		code problem.Code // "" if it decodes
		want string       // in the error
	}{
		"a whole task":             {`{"title":"a","description":"b","done":true}`, "", ""},
		"null counts as absent":    {`{"title":"a","description":null,"done":null}`, "", ""},
		"space around is fine":     {" \n{\"title\":\"a\"}\n ", "", ""},
		"nothing":                  {``, problem.Malformed, "empty"},
		"half an object":           {`{"title":`, problem.Malformed, "unexpected EOF"},
		"an array":                 {`[]`, problem.Malformed, "must be a JSON object"},
		"null":                     {`null`, problem.Malformed, "must be a JSON object"},
		"deep nesting":             {strings.Repeat("[", 50_000), problem.Malformed, "must be a JSON object"},
		"deep nesting in a member": {`{"title":` + strings.Repeat("[", 50_000), problem.Malformed, "max depth"},
		"a second value":           {`{"title":"a"} {}`, problem.Malformed, "goes on"},
		"a duplicate member":       {`{"title":"a","title":"b"}`, problem.Malformed, "duplicate"},
		"another spelling":         {`{"Title":"a"}`, problem.Invalid, "Title is no member"},
		"an unknown member":        {`{"title":"a","id":1}`, problem.Invalid, "id is no member"},
		"another type":             {`{"title":1}`, problem.Invalid, "title must be a string, not a number"},
		"invalid UTF-8":            {"{\"title\":\"\xff\"}", problem.Malformed, "invalid UTF-8"},
		"half a surrogate pair":    {`{"title":"\ud800"}`, problem.Malformed, "surrogate"},
		"NUL":                      {`{"title":"\u0000"}`, problem.Invalid, "NUL"},
		"no title":                 {`{}`, problem.Invalid, "title must have"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := taskapi.DecodeNewTask(strings.NewReader(test.body))
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !problem.Is(err, test.code) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s with %q", err, test.code, test.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	tests := map[string]struct {
		values        []string
		match, noneOf []int64 // of versions 1 to 3
		malformed     bool
	}{
		"no header":             {values: nil, match: []int64{1, 2, 3}},
		"one tag":               {values: []string{`"2"`}, match: []int64{2}, noneOf: []int64{2}},
		"a list":                {values: []string{`"1" , "3"`}, match: []int64{1, 3}, noneOf: []int64{1, 3}},
		"two headers":           {values: []string{`"1"`, `"3"`}, match: []int64{1, 3}, noneOf: []int64{1, 3}},
		"anything":              {values: []string{`*`}, match: []int64{1, 2, 3}, noneOf: []int64{1, 2, 3}},
		"a weak tag":            {values: []string{`W/"2"`}, noneOf: []int64{2}},
		"somebody else's tag":   {values: []string{`"abc", "02", "+2"`}},
		"a comma in a tag":      {values: []string{`"1,2"`}},
		"no quotes":             {values: []string{`2`}, malformed: true},
		"half quotes":           {values: []string{`"2`}, malformed: true},
		"no comma":              {values: []string{`"1" "2"`}, malformed: true},
		"a comma at the end":    {values: []string{`"1",`}, malformed: true},
		"an empty header":       {values: []string{``}, malformed: true},
		"anything with another": {values: []string{`*, "1"`}, malformed: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			match, err := taskapi.ParseIfMatch(test.values)
			noneMatch, err2 := taskapi.ParseIfNoneMatch(test.values)
			if problem.Is(err, problem.Malformed) != test.malformed || problem.Is(err2, problem.Malformed) != test.malformed {
				t.Fatalf("got %v and %v", err, err2)
			}
			if test.malformed {
				return
			}
			for version := int64(1); version <= 3; version++ {
				if got := match.Allows(version); got != slices.Contains(test.match, version) {
					t.Errorf("If-Match allows %d: %t", version, got)
				}
				if got := noneMatch.Given() && noneMatch.Holds(version); got != slices.Contains(test.noneOf, version) {
					t.Errorf("If-None-Match names %d: %t", version, got)
				}
			}
		})
	}
}

func TestParseIdempotencyKey(t *testing.T) {
	for value, want := range map[string]taskapi.IdempotencyKey{
		`"8e03978e"`: "8e03978e", `8e03978e`: "8e03978e", strings.Repeat("k", 255): taskapi.IdempotencyKey(strings.Repeat("k", 255)),
	} {
		if got, err := taskapi.ParseIdempotencyKey([]string{value}); err != nil || got != want {
			t.Errorf("%s: got %q, %v", value, got, err)
		}
	}
	for name, values := range map[string][]string{
		"an empty one": {""}, "empty quotes": {`""`}, "half quotes": {`"a`}, "a space": {"a b"}, "a quote within": {`a"b`},
		"a character beyond ASCII": {"é"}, "too long": {strings.Repeat("k", 256)}, "two": {"a", "b"},
	} {
		if _, err := taskapi.ParseIdempotencyKey(values); !problem.Is(err, problem.Malformed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
