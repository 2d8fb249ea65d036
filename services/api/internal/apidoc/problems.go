package apidoc

import (
	_ "embed"
	"html/template"
	"slices"

	"redspan/internal/problem"
)

//go:embed problem.html
var problemHTML string

var problemPage = template.Must(template.New("problem").Parse(problemHTML))

// Explanation tells people about a type of problem.
type Explanation struct {
	Code problem.Code
	When string // it happens
	Do   string // about it
}

// Status returns the HTTP status that the problem comes with.
func (e Explanation) Status() int { return e.Code.Status() }

// Title returns the problem's title.
func (e Explanation) Title() string { return e.Code.Title() }

// Type returns the problem's type URI, relative to the API.
func (e Explanation) Type() string { return "/problems/" + string(e.Code) }

// Problems returns an explanation of each problem, in the order of their
// statuses. docs/problems.md is made of it, and so is the table in docs/api.md.
func Problems() []Explanation { return slices.Clone(explanations) }

var explanations = []Explanation{
	{
		problem.Malformed,
		"The request cannot be read: broken JSON, a member twice, invalid UTF-8, a query parameter that is unknown, repeated or out of range, a cursor that no page gave, or a wrong If-Match, If-None-Match or Idempotency-Key header.",
		"Correct what the detail names. The same request fails again.",
	},
	{
		problem.Unauthenticated,
		"The fault route is guarded by a token, and the request has not got the right one.",
		"Send the value of API_FAULTS_TOKEN as a bearer token, in the Authorization header.",
	},
	{
		problem.NotFound,
		"There is nothing at this path: no route, or no task with this id. A task that was deleted is not found either.",
		"Check the path and the id. For a DELETE that was repeated this means that the task is gone.",
	},
	{
		problem.MethodNotAllowed,
		"The path exists, but not with this method.",
		"Use one of the methods in the Allow header.",
	},
	{
		problem.NotAcceptable,
		"The Accept header excludes application/json, the only form that tasks have.",
		"Send Accept: application/json, or no Accept header.",
	},
	{
		problem.PreconditionFailed,
		"If-Match names a version that the task no longer has: somebody else changed it. Nothing was changed by this request.",
		"Get the task again, apply your change to what it is now, and send the new ETag.",
	},
	{
		problem.TooLarge,
		"The content has more than 65536 bytes.",
		"Send less. No valid task needs as much.",
	},
	{
		problem.URITooLong,
		"The request target, path and query together, has more than 4096 bytes.",
		"Shorten it. No valid request needs as much.",
	},
	{
		problem.UnsupportedMediaType,
		"The Content-Type header is missing or names another type than the route takes.",
		"Send application/json to POST, and application/merge-patch+json to PATCH.",
	},
	{
		problem.Invalid,
		"The content is a JSON object, but not one of a task: a member is missing, unknown, of the wrong kind, too long or cannot be removed.",
		"Correct every member that errors names. The same request fails again.",
	},
	{
		problem.KeyReused,
		"The Idempotency-Key was used within 24 hours to create a task with other content. Nothing was created by this request.",
		"Use a new key for a new task. Use the old key only to repeat the same request.",
	},
	{
		problem.HeaderTooLarge,
		"The header fields have more than 16384 bytes together.",
		"Send fewer or shorter headers; cookies are not needed.",
	},
	{
		problem.Canceled,
		"The client closed the connection before the answer. No client receives this: it stands in spans, metrics and logs.",
		"Nothing. If a task was being created, repeat the request with the same Idempotency-Key to learn what became of it.",
	},
	{
		problem.Internal,
		"The server failed, and it is the server's fault.",
		"Report the trace_id. A request that only reads may be repeated.",
	},
	{
		problem.BadGateway,
		"The task store failed while it answered.",
		"Report the trace_id. The write may or may not have been made: read before you repeat it, or repeat it with its Idempotency-Key.",
	},
	{
		problem.Unavailable,
		"The task store cannot be reached, or there are too many requests at once.",
		"Wait as many seconds as the Retry-After header says, then repeat the request. Repeat a creation with its Idempotency-Key.",
	},
	{
		problem.Timeout,
		"The task store did not answer before the deadline.",
		"The write may or may not have been made: read before you repeat it, or repeat it with its Idempotency-Key.",
	},
}
