package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"redspan/e2e"
)

// update has TestHostileInputs write its table.
var update = flag.Bool("update", false, "write the table of hostile inputs into docs/api.md")

// hostile is a request that a broken or hostile client sends, and its answer.
type hostile struct {
	name   string
	raw    string // as it is sent; {id} and {ID} stand for the id of a task, {end} for the end of the connection
	status int
	answer string // the problem's type after /problems/, or a note on any other answer
}

// Notes on answers that are no problems: those of net/http, which come before
// there is a request that could be routed, and closes the connection.
const (
	byNetHTTP = "plain text of net/http; closes"
	byRFC     = "plain text of net/http, as RFC 9110 and 9112 want it; closes"
	noProblem = "as without it"
)

const (
	longLine = 5 << 10
	hugeLine = 100 << 10
	maxBody  = 64 << 10
)

func TestHostileInputs(t *testing.T) {
	created := e2e.MustSend(t, http.MethodPost, api+"/tasks", `{"title":"a target"}`, "Idempotency-Key: used")
	var task struct{ ID string }
	if err := json.Unmarshal(created.Body, &task); err != nil || task.ID == "" {
		t.Fatalf("status %d: %s", created.Status, created.Body)
	}
	fill := strings.NewReplacer("{id}", task.ID, "{ID}", strings.ToUpper(task.ID))
	for _, h := range hostileInputs {
		t.Run(h.name, func(t *testing.T) {
			checkHostile(t, h, fill.Replace(h.raw))
			if answer := e2e.MustGet(t, api+"/health"); answer.Status != http.StatusOK {
				t.Errorf("after it /health answers %d: %s", answer.Status, answer.Body)
			}
		})
	}
	checkHostileTable(t, filepath.Join(stack.Root, "docs", "api.md"))
}

func checkHostile(t *testing.T, h hostile, raw string) {
	t.Helper()
	resp, body, err := exchange(strings.TrimPrefix(api, "http://"), raw)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != h.status {
		t.Fatalf("got %s: %.300s", resp.Status, body)
	}
	if h.status >= http.StatusInternalServerError && h.answer != byRFC {
		t.Errorf("no input may make the server fail: %s", resp.Status)
	}
	plain := h.answer == byNetHTTP || h.answer == byRFC
	if plain && !resp.Close {
		t.Error("the connection stays open")
	}
	var p e2e.Problem
	isProblem := resp.Header.Get("Content-Type") == "application/problem+json"
	if h.status < http.StatusBadRequest || plain || strings.HasPrefix(raw, "HEAD") {
		return
	}
	if err := json.Unmarshal(body, &p); !isProblem || err != nil || p.Type != "/problems/"+h.answer || p.Status != h.status {
		t.Errorf("got %s %.300s, want a problem of type %s", resp.Header, body, h.answer)
	}
	if !strings.Contains(resp.Header.Get("Traceresponse"), p.TraceID) || p.TraceID == "" {
		t.Errorf("trace id %q, traceresponse %q", p.TraceID, resp.Header.Get("Traceresponse"))
	}
}

// exchange sends bytes and reads the answer to them, but for a 100 (Continue).
func exchange(address, raw string) (*http.Response, []byte, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, nil, err
	}
	// The server may answer and close before it has read all.
	raw, ends := strings.CutSuffix(raw, "{end}")
	go func() {
		_, _ = io.WriteString(conn, raw)
		if ends {
			_ = conn.(*net.TCPConn).CloseWrite()
		}
	}()
	method, _, _ := strings.Cut(raw, " ")
	r := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return nil, nil, fmt.Errorf("no answer: %w", err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusContinue {
			return resp, body, err
		}
	}
}

const (
	tableBegin = "<!-- hostile-inputs:begin -->\n"
	tableEnd   = "<!-- hostile-inputs:end -->"
)

// checkHostileTable wants the table between the marks of a file, or writes it.
func checkHostileTable(t *testing.T, file string) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := bytes.Cut(have, []byte(tableBegin))
	_, after, ends := bytes.Cut(rest, []byte(tableEnd))
	if !begins || !ends {
		t.Fatalf("%s has no marks %s and %s", file, strings.TrimSpace(tableBegin), tableEnd)
	}
	want := string(before) + tableBegin + hostileTable() + tableEnd + string(after)
	switch {
	case want == string(have):
	case *update:
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table in %s is not that of the test: run it with -update", file)
	}
}

// hostileTable is the table of all inputs, in Markdown.
func hostileTable() string {
	var b strings.Builder
	b.WriteString("| # | Input | Request, in short | Status | Problem, or note |\n|---|---|---|---|---|\n")
	for i, h := range hostileInputs {
		answer := h.answer
		if h.status >= http.StatusBadRequest && answer != byNetHTTP && answer != byRFC {
			answer = "`" + answer + "`"
		}
		fmt.Fprintf(&b, "| %d | %s | `%s` | %d | %s |\n", i+1, h.name, abbreviate(h.raw), h.status, answer)
	}
	return b.String()
}

// abbreviate returns a request without what says nothing, in one short line.
func abbreviate(raw string) string {
	const most = 72
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	var parts []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if line == host || line == jsonType || line == "Content-Length: "+strconv.Itoa(len(body)) {
			continue
		}
		parts = append(parts, strings.TrimSuffix(line, " HTTP/1.1"))
	}
	parts = append(parts, body)
	text := strings.Trim(strconv.QuoteToASCII(strings.TrimSpace(strings.Join(parts, " "))), `"`)
	text = strings.NewReplacer(`\"`, `"`, `\\`, `\`, "{end}", "").Replace(text)
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strings.NewReplacer("|", `\|`, "`", "'").Replace(text)
}
