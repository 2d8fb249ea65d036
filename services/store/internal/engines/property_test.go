// Package engines_test compares the engines with each other and with the
// Fake, the model of both.
package engines_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"redspan/internal/fault"
	"redspan/internal/problem"
	"redspan/internal/taskapi"
	"redspan/internal/taskapi/taskapitest"
	"redspan/internal/telemetry/telemetrytest"
	"redspan/services/store/internal/httpapi"
	"redspan/services/store/internal/postgres"
	"redspan/services/store/internal/postgres/postgrestest"
	"redspan/services/store/internal/sqlite"
)

// TestMain sets how many random runs there are, unless the command line does.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestEnginesAgree sends the same random operations to all engines, to the
// store over HTTP and to the model, and wants the same from each.
func TestEnginesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("needs PostgreSQL")
	}
	services := []service{
		{"the model", &taskapitest.Fake{}},
		{"SQLite", openSQLite(t, newSQLite(t))},
		{"PostgreSQL", openPostgres(t, startPostgres(t).Create(t, ""))},
		{"HTTP", overHTTP(t, openSQLite(t, newSQLite(t)))},
	}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		w := &world{services: services, run: run}
		w.empty(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"create": w.create,
			"get":    w.get,
			"list":   w.list,
			"update": w.update,
			"delete": w.delete,
			"count":  w.count,
		})
	})
}

type service struct {
	name string
	taskapi.Service
}

// world is what a run has made so far.
type world struct {
	services []service
	run      int
	tasks    [][]uuid.UUID     // of each task its id in each service
	cursors  [][]string        // of each page's end its cursor in each service
	handles  map[uuid.UUID]int // of each id its task
}

// outcome is what one service answered, in terms that all share.
type outcome struct {
	Code     problem.Code
	Fields   []problem.Field
	Tasks    []content
	Replayed bool
	More     bool
	Count    int64
}

// content is a task without what differs from one service to the next.
type content struct {
	Handle             int
	Title, Description string
	Done               bool
	Version            int64
}

func (w *world) contentOf(t taskapi.Task) content {
	return content{w.handles[t.ID], t.Title, t.Description, t.Done, t.Version}
}

// agree runs an operation on each service and wants one outcome from all.
func (w *world) agree(t *rapid.T, operation func(i int, s taskapi.Service, o *outcome) error) outcome {
	t.Helper()
	outcomes := make([]outcome, len(w.services))
	for i, s := range w.services {
		if err := operation(i, s, &outcomes[i]); err != nil {
			e := problem.From(err)
			if e.Code.Status() >= http.StatusInternalServerError {
				t.Fatalf("%s: %v", s.name, err)
			}
			outcomes[i] = outcome{Code: e.Code, Fields: e.Fields}
		}
		if diff := cmp.Diff(outcomes[0], outcomes[i]); diff != "" {
			t.Fatalf("%s differs (-model +it):\n%s", s.name, diff)
		}
	}
	return outcomes[0]
}

// empty removes what an earlier run has left.
func (w *world) empty(t *rapid.T) {
	w.handles = make(map[uuid.UUID]int)
	for _, s := range w.services {
		for {
			page, err := s.List(t.Context(), taskapi.Query{Limit: taskapi.MaxLimit})
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if len(page.Tasks) == 0 {
				break
			}
			for _, task := range page.Tasks {
				if err := s.Delete(t.Context(), task.ID, taskapi.Condition{}); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
			}
		}
	}
}

func (w *world) create(t *rapid.T) {
	n := taskapi.NewTask{
		Title:       texts(taskapi.MaxTitle).Draw(t, "title"),
		Description: texts(taskapi.MaxDescription).Draw(t, "description"),
		Done:        rapid.Bool().Draw(t, "done"),
	}
	var key taskapi.IdempotencyKey
	if rapid.Bool().Draw(t, "with a key") {
		key = taskapi.IdempotencyKey(fmt.Sprintf("%d-%d", w.run, rapid.IntRange(0, 3).Draw(t, "key")))
		// Few contents, so that keys are used again for the same and for others.
		n = taskapi.NewTask{Title: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "title under the key")}
	}
	ids := make([]uuid.UUID, len(w.services))
	o := w.agree(t, func(i int, s taskapi.Service, o *outcome) error {
		task, replayed, err := s.Create(t.Context(), n, key)
		if err != nil {
			return err
		}
		if ids[i] = task.ID; !replayed {
			w.handles[task.ID] = len(w.tasks)
		}
		*o = outcome{Tasks: []content{w.contentOf(task)}, Replayed: replayed}
		return nil
	})
	if o.Code == "" && !o.Replayed {
		w.tasks = append(w.tasks, ids)
	}
}

// draw chooses a task, which may have been deleted, or one that never was.
func (w *world) draw(t *rapid.T) []uuid.UUID {
	n := rapid.IntRange(-1, len(w.tasks)-1).Draw(t, "task")
	if n < 0 {
		return slices.Repeat([]uuid.UUID{uuid.Max}, len(w.services))
	}
	return w.tasks[n]
}

func (w *world) get(t *rapid.T) {
	ids := w.draw(t)
	w.agree(t, func(i int, s taskapi.Service, o *outcome) error {
		task, err := s.Get(t.Context(), ids[i])
		o.Tasks = []content{w.contentOf(task)}
		return err
	})
}

func (w *world) list(t *rapid.T) {
	limit := rapid.IntRange(1, 5).Draw(t, "limit")
	done := rapid.Ptr(rapid.Bool(), true).Draw(t, "done")
	from := rapid.IntRange(-1, len(w.cursors)-1).Draw(t, "cursor")
	next := make([]string, len(w.services))
	o := w.agree(t, func(i int, s taskapi.Service, o *outcome) error {
		q := taskapi.Query{Limit: limit, Done: done}
		if from >= 0 {
			var err error
			if q.Cursor, err = taskapi.ParseCursor(w.cursors[from][i]); err != nil {
				return err
			}
		}
		page, err := s.List(t.Context(), q)
		for _, task := range page.Tasks {
			o.Tasks = append(o.Tasks, w.contentOf(task))
		}
		next[i], o.More = page.NextCursor, page.NextCursor != ""
		return err
	})
	if o.More {
		w.cursors = append(w.cursors, next)
	}
}

func (w *world) update(t *rapid.T) {
	p := taskapi.Patch{
		Title:       rapid.Ptr(texts(taskapi.MaxTitle), true).Draw(t, "title"),
		Description: rapid.Ptr(texts(taskapi.MaxDescription), true).Draw(t, "description"),
		Done:        rapid.Ptr(rapid.Bool(), true).Draw(t, "done"),
	}
	ids, match := w.draw(t), conditions(t)
	w.agree(t, func(i int, s taskapi.Service, o *outcome) error {
		task, err := s.Update(t.Context(), ids[i], p, match)
		if err == nil && task.UpdatedAt.Before(task.CreatedAt) {
			t.Errorf("updated at %s, created at %s", task.UpdatedAt, task.CreatedAt)
		}
		o.Tasks = []content{w.contentOf(task)}
		return err
	})
}

func (w *world) delete(t *rapid.T) {
	ids, match := w.draw(t), conditions(t)
	w.agree(t, func(i int, s taskapi.Service, _ *outcome) error {
		return s.Delete(t.Context(), ids[i], match)
	})
}

func (w *world) count(t *rapid.T) {
	w.agree(t, func(_ int, s taskapi.Service, o *outcome) (err error) {
		o.Count, err = s.Count(t.Context())
		return err
	})
}

// conditions draws no condition more often than any other.
func conditions(t *rapid.T) taskapi.Condition {
	header := rapid.SampledFrom([]string{"", "", "*", `"1"`, `"2"`, `"1", "2", "3"`, `W/"1"`, `"of another"`, `"-1"`}).Draw(t, "If-Match")
	if header == "" {
		return taskapi.Condition{}
	}
	match, err := taskapi.ParseIfMatch([]string{header})
	if err != nil {
		t.Fatal(err)
	}
	return match
}

// texts are of all kinds, and around the longest that may be.
func texts(longest int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", " ", "a", "\x00", "a\x00b", "'; --", `\`, "%_", "\u2028", "e\u0301", "\ufeff", "\U0010ffff"}),
		rapid.StringN(0, 20, -1),
		rapid.Map(rapid.IntRange(longest-1, longest+1), func(n int) string { return strings.Repeat("é", n) }),
	)
}

func newSQLite(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "tasks.db")
}

func openSQLite(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, telemetrytest.Start(t, "store").Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s.Close)
	return s
}

func startPostgres(t *testing.T) *postgrestest.Server {
	t.Helper()
	server, err := postgrestest.Start(t.Context())
	if err != nil {
		t.Fatal("this test needs PostgreSQL: ", err)
	}
	closeAfter(t, server.Close)
	return server
}

func openPostgres(t *testing.T, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, 10*time.Second, telemetrytest.Start(t, "store").Telemetry)
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s.Close)
	return s
}

func overHTTP(t *testing.T, s httpapi.Store) *taskapi.Client {
	t.Helper()
	server := httptest.NewServer(httpapi.New(s, fault.Config{}))
	t.Cleanup(server.Close)
	return &taskapi.Client{URL: server.URL, Transport: server.Client().Transport}
}

func closeAfter(t *testing.T, closeIt func() error) {
	t.Helper()
	t.Cleanup(func() {
		if err := closeIt(); err != nil {
			t.Error(err)
		}
	})
}
