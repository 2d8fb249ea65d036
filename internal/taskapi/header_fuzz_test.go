package taskapi_test

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"redspan/internal/problem"
	"redspan/internal/taskapi"
)

// wantMalformed wants the only error that a parameter or header gives.
func wantMalformed(t *testing.T, err error) {
	t.Helper()
	if !problem.Is(err, problem.Malformed) {
		t.Errorf("got %v, want malformed", err)
	}
}

// A cursor has one form only, so that it can be compared as text.
func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{
		"", "x", "AAAA", "AgAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAA", "AQ\nAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAA=",
		taskapi.Cursor(uuid.Max).String(), taskapi.Cursor(uuid.MustParse("01a212db-bcc1-7500-bb2b-4baaf95f45ed")).String(),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cursor, err := taskapi.ParseCursor(text)
		if err != nil {
			wantMalformed(t, err)
			return
		}
		if got := cursor.String(); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{
		"", "limit=1", "limit=%2B1", "limit=0x10", "limit=101", "limit=1&limit=1", "limit=99999999999999999999", "done=true&limit=100",
		"done=TRUE", "done=", "cursor=", "cursor=AQAAAAAAAAAAAAAAAAAAAAA", "cursor=" + taskapi.Cursor(uuid.Max).String(), "page=2", "=", "%00=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		first, err := taskapi.ParseQuery(values)
		if err != nil {
			wantMalformed(t, err)
			return
		}
		if first.Limit < 1 || first.Limit > taskapi.MaxLimit {
			t.Errorf("limit %d", first.Limit)
		}
		second, err := taskapi.ParseQuery(first.Values())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("parsed again (-first +second):\n%s", diff)
		}
	})
}

func FuzzParseIdempotencyKey(f *testing.F) {
	for _, seed := range []string{"", `""`, `"`, `"a`, `a"`, `"a"`, `a`, `"a"b"`, `a b`, `a\b`, "é", "\x00", "8e03978e-40d5-43dd-bc93-6894a57f9324", `"a";p=1`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		key, err := taskapi.ParseIdempotencyKey([]string{value})
		if err != nil {
			wantMalformed(t, err)
			return
		}
		for _, form := range []string{string(key), strconv.Quote(string(key))} {
			if again, err := taskapi.ParseIdempotencyKey([]string{form}); err != nil || again != key {
				t.Errorf("the key %q of %q, sent as %s, is read as %q, %v", key, value, form, again, err)
			}
		}
	})
}

func FuzzParseIfMatch(f *testing.F) { fuzzCondition(f, taskapi.ParseIfMatch) }

func FuzzParseIfNoneMatch(f *testing.F) { fuzzCondition(f, taskapi.ParseIfNoneMatch) }

// fuzzCondition wants that a condition means the same after it was sent on.
func fuzzCondition(f *testing.F, parse func([]string) (taskapi.Condition, error)) {
	f.Helper()
	for _, seed := range [][2]string{
		{`"1"`, `"2"`}, {`*`, ``}, {`W/"1"`, `"1"`}, {`"1" , "3"`, `""`}, {`"abc"`, `"02"`}, {`"1,2"`, `"9223372036854775807"`},
		{`"9223372036854775808"`, `"-1"`}, {`"2`, `2`}, {`,`, `"1",`}, {`*`, `"1"`}, {``, ``}, {`w/"1"`, `"\""`},
	} {
		f.Add(seed[0], seed[1], int64(1))
	}
	f.Fuzz(func(t *testing.T, one, two string, version int64) {
		for _, values := range [][]string{{one}, {one, two}} {
			condition, err := parse(values)
			if err != nil {
				wantMalformed(t, err)
				continue
			}
			if !condition.Given() {
				t.Errorf("%q is no condition", values)
			}
			again, err := parse([]string{condition.String()})
			if err != nil {
				t.Fatalf("%q is sent on as %q: %v", values, condition, err)
			}
			for _, v := range append(condition.Versions(), version) {
				if condition.Holds(v) != again.Holds(v) || condition.Allows(v) != again.Allows(v) {
					t.Errorf("%q is sent on as %q, which differs for version %d", values, condition, v)
				}
			}
		}
	})
}
