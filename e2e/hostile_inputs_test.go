package e2e_test

import (
	"strconv"
	"strings"
)

const (
	host     = "Host: api"
	jsonType = "Content-Type: application/json"
)

// req is a request with the header Host and no content.
func req(line string, headers ...string) string {
	return strings.Join(append([]string{line + " HTTP/1.1", host}, headers...), "\r\n") + "\r\n\r\n"
}

// post is a request that creates a task from content.
func post(content string, headers ...string) string {
	return withContent("POST /tasks", content, append([]string{jsonType}, headers...)...)
}

// patch is a request that changes a task.
func patch(content string, headers ...string) string {
	return withContent("PATCH /tasks/{id}", content, append([]string{jsonType}, headers...)...)
}

func withContent(line, content string, headers ...string) string {
	return req(line, append(headers, "Content-Length: "+strconv.Itoa(len(content)))...) + content
}

// chunked is a request that creates a task from one chunk.
func chunked(chunk string, headers ...string) string {
	return req("POST /tasks", append([]string{jsonType, "Transfer-Encoding: chunked"}, headers...)...) + chunk
}

func titled(title string) string { return `{"title":"` + title + `"}` }

// ok is content that a task can be created from.
const ok = `{"title":"x"}`

var hostileInputs = []hostile{
	// Methods
	{"an unknown method", req("BREW /tasks"), 405, "method-not-allowed"},
	{"a method in small letters", req("get /tasks"), 405, "method-not-allowed"},
	{"TRACE", req("TRACE /tasks"), 405, "method-not-allowed"},
	{"CONNECT", req("CONNECT /tasks"), 405, "method-not-allowed"},
	{"a method of another path", req("PUT /tasks/{id}"), 405, "method-not-allowed"},
	{"a method that is too long to be one", req(strings.Repeat("M", 1000) + " /tasks"), 405, "method-not-allowed"},
	{"a method that is no token", req("G(T /tasks"), 400, byNetHTTP},
	{"no method", req(" /tasks"), 400, byNetHTTP},
	{"OPTIONS of the server", req("OPTIONS *"), 200, "no content, by net/http"},
	{"HEAD of an unknown path", req("HEAD /nothing"), 404, "not-found"},
	{"a method in a header", req("GET /tasks/{id}", "X-HTTP-Method-Override: DELETE"), 200, noProblem},

	// Paths
	{"a trailing slash", req("GET /tasks/"), 404, "not-found"},
	{"another spelling", req("GET /TASKS"), 404, "not-found"},
	{"a double slash", req("GET //tasks"), 307, "redirects to /tasks"},
	{"dots", req("GET /tasks/../error"), 307, "redirects to /error"},
	{"encoded dots", req("GET /tasks/%2e%2e/error"), 404, "not-found"},
	{"an encoded slash", req("GET /tasks/..%2Ferror"), 404, "not-found"},
	{"an encoded slash in place of one", req("GET /tasks%2F{id}"), 404, "not-found"},
	{"a route of the store alone", req("GET /tasks/count"), 404, "not-found"},
	{"an id without hyphens", req("GET /tasks/01a212dbbcc17500bb2b4baaf95f45ed"), 404, "not-found"},
	{"an id as a URN", req("GET /tasks/urn:uuid:{id}"), 404, "not-found"},
	{"an id in capital letters", req("GET /tasks/{ID}"), 200, noProblem},
	{"an id with NUL", req("GET /tasks/{id}%00"), 404, "not-found"},
	{"NUL", req("GET /%00"), 404, "not-found"},
	{"a NUL byte", req("GET /tasks\x00"), 400, byNetHTTP},
	{"an invalid escape", req("GET /tasks/%zz"), 400, byNetHTTP},
	{"invalid UTF-8", req("GET /tasks/%ff%fe"), 404, "not-found"},
	{"path parameters", req("GET /tasks;v=1"), 404, "not-found"},
	{"a fragment", req("GET /tasks#top"), 404, "not-found"},
	{"no slash", req("GET tasks"), 400, byNetHTTP},
	{"a space", req("GET /tasks /x"), 400, byNetHTTP},
	{"a URL of another host", req("GET http://evil.example/tasks?limit=1"), 200, noProblem},
	{"a long path", req("GET /" + strings.Repeat("x", longLine)), 414, "uri-too-long"},
	{"a huge path", req("GET /" + strings.Repeat("x", hugeLine)), 431, byNetHTTP},

	// Queries
	{"an unknown parameter", req("GET /tasks?page=2"), 400, "malformed-request"},
	{"a parameter twice", req("GET /tasks?limit=1&limit=2"), 400, "malformed-request"},
	{"a limit of 0", req("GET /tasks?limit=0"), 400, "malformed-request"},
	{"a limit with an exponent", req("GET /tasks?limit=1e1"), 400, "malformed-request"},
	{"a limit that overflows", req("GET /tasks?limit=99999999999999999999"), 400, "malformed-request"},
	{"a state that is none", req("GET /tasks?done=yes"), 400, "malformed-request"},
	{"a cursor that is none", req("GET /tasks?cursor='%20OR%201=1--"), 400, "malformed-request"},
	{"a cursor of another version", req("GET /tasks?cursor=AgAAAAAAAAAAAAAAAAAAAAA"), 400, "malformed-request"},
	{"a cursor with a line break", req("GET /tasks?cursor=AQGiEtu8wXUA%0AuytLqvlfRe0"), 400, "malformed-request"},
	{"a parameter that cannot be decoded", req("GET /tasks?limit=%zz"), 400, "malformed-request"},
	{"semicolons between parameters", req("GET /tasks?limit=1;done=true"), 400, "malformed-request"},
	{"a long query", req("GET /tasks?" + strings.Repeat("x", longLine)), 414, "uri-too-long"},

	// Headers and framing
	{"a large header", req("GET /tasks", "X-Large: "+strings.Repeat("x", 20<<10)), 431, "header-too-large"},
	{"a huge header", req("GET /tasks", "X-Huge: "+strings.Repeat("x", hugeLine)), 431, byNetHTTP},
	{"a thousand headers", req("GET /tasks?limit=1", strings.Repeat("X-Many: x\r\n", 999)+"X-Many: x"), 200, noProblem},
	{"two hosts", req("GET /tasks", "Host: evil.example"), 400, byNetHTTP},
	{"no host", "GET /tasks HTTP/1.1\r\n\r\n", 400, byNetHTTP},
	{"a host that is none", "GET /tasks HTTP/1.1\r\nHost: a b\r\n\r\n", 400, byNetHTTP},
	{"a length that is no number", req("POST /tasks", jsonType, "Content-Length: x"), 400, byNetHTTP},
	{"a negative length", req("POST /tasks", jsonType, "Content-Length: -1"), 400, byNetHTTP},
	{"two lengths", req("POST /tasks", jsonType, "Content-Length: 1", "Content-Length: 3") + "{}", 400, byNetHTTP},
	{"a length and chunks", chunked("d\r\n"+ok+"\r\n0\r\n\r\n", "Content-Length: 100000"), 201, "chunks count, RFC 9112 section 6.3"},
	{"an unknown transfer coding", req("POST /tasks", jsonType, "Transfer-Encoding: gzip"), 501, byRFC},
	{"an expectation that is none", req("POST /tasks", jsonType, "Expect: 200-ok", "Content-Length: 0"), 417, "plain text of net/http; closes"},
	{"an expectation of 100", post(`[]`, "Expect: 100-continue"), 400, "malformed-request"},
	{"a space before the colon", req("GET /tasks", "X : y"), 400, byNetHTTP},
	{"a NUL byte in a header", req("GET /tasks", "X: a\x00b"), 400, byNetHTTP},
	{"a line break in a header", req("GET /tasks?limit=1", "X: a\nY: b"), 200, noProblem},
	{"a version from the future", "GET /tasks HTTP/9.9\r\n" + host + "\r\n\r\n", 505, byRFC},
	{"HTTP/0.9", "GET /tasks\r\n", 400, byNetHTTP},
	{"HTTP/1.0 without a host", "GET /tasks?limit=1 HTTP/1.0\r\n\r\n", 200, noProblem},
	{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404, "not-found"},
	{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400, byNetHTTP},
	{"no JSON accepted", req("GET /tasks", "Accept: text/html"), 406, "not-acceptable"},
	{"an Accept that is none", req("GET /tasks", "Accept: ;;;q=x,/"), 406, "not-acceptable"},
	{"a range", req("GET /tasks/{id}", "Range: bytes=0-1"), 200, noProblem},
	{"If-Match without quotes", patch(`{}`, "If-Match: 1"), 400, "malformed-request"},
	{"an empty If-Match", patch(`{}`, "If-Match: "), 400, "malformed-request"},
	{"If-Match of another version", patch(`{}`, `If-Match: "99"`), 412, "precondition-failed"},
	{"If-Match of somebody else", patch(`{}`, `If-Match: "../../etc/passwd"`), 412, "precondition-failed"},
	{"If-None-Match half open", req("GET /tasks/{id}", `If-None-Match: "1`), 400, "malformed-request"},
	{"an empty Idempotency-Key", post(ok, "Idempotency-Key: "), 400, "malformed-request"},
	{"a long Idempotency-Key", post(ok, "Idempotency-Key: "+strings.Repeat("k", 256)), 400, "malformed-request"},
	{"two Idempotency-Keys", post(ok, "Idempotency-Key: a", "Idempotency-Key: b"), 400, "malformed-request"},
	{"an Idempotency-Key beyond ASCII", post(ok, "Idempotency-Key: \xc3\xa9"), 400, "malformed-request"},
	{"an Idempotency-Key of another task", post(ok, "Idempotency-Key: used"), 422, "idempotency-key-reused"},
	{"a traceparent that is none", req("GET /tasks?limit=1", "Traceparent: 00-zz-zz-zz", "Tracestate: ="), 200, noProblem},
	{"a long traceparent", req("GET /tasks?limit=1", "Traceparent: 00-"+strings.Repeat("a", longLine)), 200, noProblem},
	{"a header between api and store", req("GET /tasks?limit=1", "Request-Timeout-Ms: -1"), 200, noProblem},

	// Content and its type
	{"no content type", withContent("POST /tasks", ok), 415, "unsupported-media-type"},
	{"another content type", withContent("POST /tasks", ok, "Content-Type: text/plain"), 415, "unsupported-media-type"},
	{"a content type that is none", withContent("POST /tasks", ok, "Content-Type: application/json, text/plain"), 415, "unsupported-media-type"},
	{"JSON Patch", withContent("PATCH /tasks/{id}", `[]`, "Content-Type: application/json-patch+json"), 415, "unsupported-media-type"},
	{"compressed content", post("\x1f\x8b\x08\x00\x00", "Content-Encoding: gzip"), 400, "malformed-request"},
	{"no content", post(""), 400, "malformed-request"},
	{"a patch without content", patch(""), 400, "malformed-request"},
	{"content of 64 KiB and a byte", post(titled(strings.Repeat("x", maxBody-11))), 413, "content-too-large"},
	{"a length of 10 GB", req("POST /tasks", jsonType, "Content-Length: 10000000000") + ok, 413, "content-too-large"},
	{"chunks of 1 MiB", chunked("100000\r\n" + strings.Repeat("x", 1<<20) + "\r\n0\r\n\r\n"), 413, "content-too-large"},
	{"content that ends early", req("POST /tasks", jsonType, "Content-Length: 100") + ok + "{end}", 400, "malformed-request"},
	{"chunks that end early", chunked("ff\r\n" + ok + "{end}"), 400, "malformed-request"},
	{"a chunk that is none", chunked("zz\r\n" + ok), 400, "malformed-request"},
	{"content of a GET", withContent("GET /tasks?limit=1", ok), 200, noProblem},

	// JSON
	{"half an object", post(`{"title":`), 400, "malformed-request"},
	{"an array", post(`[]`), 400, "malformed-request"},
	{"null", post(`null`), 400, "malformed-request"},
	{"a number", post(`1e999`), 400, "malformed-request"},
	{"not a number", post(`{"title":NaN}`), 400, "malformed-request"},
	{"a number as the title", post(`{"title":1e999}`), 422, "invalid-content"},
	{"a string as the state", post(`{"title":"x","done":"true"}`), 422, "invalid-content"},
	{"an object as the title", post(`{"title":{"$ne":null}}`), 422, "invalid-content"},
	{"a title of null", post(`{"title":null}`), 422, "invalid-content"},
	{"a patch that removes the title", patch(`{"title":null}`), 422, "invalid-content"},
	{"an unknown member", post(`{"title":"x","id":1}`), 422, "invalid-content"},
	{"a prototype", post(`{"title":"x","__proto__":{}}`), 422, "invalid-content"},
	{"another spelling of a member", post(`{"Title":"x"}`), 422, "invalid-content"},
	{"a member twice", post(`{"title":"x","title":"y"}`), 400, "malformed-request"},
	{"deep nesting", post(strings.Repeat("[", 30_000)), 400, "malformed-request"},
	{"deep nesting in a member", post(`{"title":` + strings.Repeat("[", 30_000)), 400, "malformed-request"},
	{"trailing data", post(ok + ` {}`), 400, "malformed-request"},
	{"a trailing comma", post(`{"title":"x",}`), 400, "malformed-request"},
	{"a comment", post(`{"title":"x"/**/}`), 400, "malformed-request"},
	{"a byte order mark", post("\xef\xbb\xbf" + ok), 400, "malformed-request"},
	{"invalid UTF-8 in a title", post(titled("\xff\xfe")), 400, "malformed-request"},
	{"half a surrogate pair", post(titled(`\ud800`)), 400, "malformed-request"},
	{"NUL in a title", post(titled(`\u0000`)), 422, "invalid-content"},
	{"an empty title", post(titled("")), 422, "invalid-content"},
	{"a title of 201 characters", post(titled(strings.Repeat("x", 201))), 422, "invalid-content"},
	{"a title of 200 characters in 800 bytes", post(titled(strings.Repeat("\U0001f600", 200))), 201, "characters count, not bytes"},
	{"SQL in a title", post(titled(`'; DROP TABLE tasks; --`)), 201, "stored as it is"},
}
