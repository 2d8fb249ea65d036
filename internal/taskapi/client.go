package taskapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"redspan/internal/problem"
)

// Client is the [Service] at a URL. It is where a store's answers and
// failures become errors: 4xx keep their code, 5xx are BadGateway, a store
// that cannot be reached is Unavailable, one that is too late Timeout.
type Client struct {
	URL       string            // scheme and authority, as http://127.0.0.1:8081
	Transport http.RoundTripper // its owner closes idle connections
}

var _ Service = (*Client)(nil)

// Create implements Service.
func (c *Client) Create(ctx context.Context, t NewTask, key IdempotencyKey) (Task, bool, error) {
	header := http.Header{}
	if key != "" {
		header.Set("Idempotency-Key", strconv.Quote(string(key)))
	}
	task, answer, err := call[Task](ctx, c, http.MethodPost, "/tasks", header, t)
	return task, answer.Get(HeaderReplayed) == "true", err
}

// Get implements Service.
func (c *Client) Get(ctx context.Context, id uuid.UUID) (Task, error) {
	task, _, err := call[Task](ctx, c, http.MethodGet, "/tasks/"+id.String(), nil, nil)
	return task, err
}

// List implements Service.
func (c *Client) List(ctx context.Context, q Query) (Page, error) {
	u := url.URL{Path: "/tasks", RawQuery: q.Values().Encode()}
	page, _, err := call[Page](ctx, c, http.MethodGet, u.String(), nil, nil)
	return page, err
}

// Update implements Service.
func (c *Client) Update(ctx context.Context, id uuid.UUID, p Patch, match Condition) (Task, error) {
	task, _, err := call[Task](ctx, c, http.MethodPatch, "/tasks/"+id.String(), ifMatch(match), p)
	return task, err
}

// Delete implements Service.
func (c *Client) Delete(ctx context.Context, id uuid.UUID, match Condition) error {
	_, _, err := call[struct{}](ctx, c, http.MethodDelete, "/tasks/"+id.String(), ifMatch(match), nil)
	return err
}

func ifMatch(match Condition) http.Header {
	if !match.Given() {
		return nil
	}
	return http.Header{"If-Match": {match.String()}}
}

// CountResponse is the answer to GET /tasks/count.
type CountResponse struct {
	Count int64 `json:"count"`
}

// Count implements Service.
func (c *Client) Count(ctx context.Context) (int64, error) {
	resp, _, err := call[CountResponse](ctx, c, http.MethodGet, "/tasks/count", nil, nil)
	return resp.Count, err
}

// HeaderReplayed is set to "true" on the answer to a repeated creation.
const HeaderReplayed = "Idempotency-Replayed"

// call makes one call with a JSON body, if any, and decodes the answer's. The
// answer to a DELETE has none. It returns the answer's header, too.
func call[T any](ctx context.Context, c *Client, method, target string, header http.Header, body any) (T, http.Header, error) {
	var result T
	var content io.Reader = http.NoBody
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return result, nil, err
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL+target, content)
	if err != nil {
		return result, nil, err
	}
	maps.Copy(req.Header, header)
	if body != nil {
		req.Header.Set("Content-Type", contentType(method))
	}
	resp, err := c.Do(req)
	if err != nil {
		return result, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return result, resp.Header, problem.FromResponse(resp)
	}
	if resp.StatusCode == http.StatusNoContent {
		return result, resp.Header, nil
	}
	if err := json.NewDecoder(resp.Body).Decode(&result); err != nil {
		return result, resp.Header, problem.Wrap(fmt.Errorf("%s %s: decode the answer: %w", method, target, err), problem.BadGateway, detailBadGateway)
	}
	return result, resp.Header, nil
}

// contentType returns the media type of a request's body: that of a JSON
// merge patch for PATCH (RFC 7396).
func contentType(method string) string {
	if method == http.MethodPatch {
		return "application/merge-patch+json"
	}
	return "application/json"
}

const detailBadGateway = "The task store failed. The trace id names this failure."

// HeaderTimeout tells the store how many milliseconds the caller still waits.
const HeaderTimeout = "Request-Timeout-Ms"

// Do sends a request to the store, whose URL it must carry, and returns any
// answer below 500; the caller closes its body. Every other outcome is an
// error with the code that an edge answers with. It repeats nothing: the
// transport does, where nothing was sent.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	if deadline, ok := req.Context().Deadline(); ok {
		req.Header.Set(HeaderTimeout, strconv.FormatInt(max(0, time.Until(deadline).Milliseconds()), 10))
	}
	resp, err := c.Transport.RoundTrip(req)
	if err != nil {
		return nil, unreachable(req.Context(), err)
	}
	if resp.StatusCode >= http.StatusInternalServerError {
		defer resp.Body.Close()
		return nil, problem.Wrap(fmt.Errorf("store: %w", problem.FromResponse(resp)), problem.BadGateway, detailBadGateway)
	}
	return resp, nil
}

func unreachable(ctx context.Context, err error) error {
	cause := fmt.Errorf("store: %w", err)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return problem.Wrap(cause, problem.Timeout, "The task store did not answer in time.")
	case errors.Is(err, context.Canceled):
		return problem.Wrap(cause, problem.Canceled, "")
	default:
		return problem.TryAgain(cause, "The task store cannot be reached. Try again.")
	}
}
