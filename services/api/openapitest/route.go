package openapitest

import (
	"errors"
	"net/http"
	"path"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// route returns what a request is for. There is no PathItem if no path
// matches, and no Operation if the path has not got the method. HEAD counts as
// GET.
func (d *Document) route(req *http.Request) *routers.Route {
	route := &routers.Route{Spec: d.T, Method: req.Method}
	if req.Method == http.MethodHead {
		route.Method = http.MethodGet
	}
	if !isClean(req.URL.Path) {
		return route
	}
	_, route.Path = d.mux.Handler(&http.Request{Method: route.Method, URL: req.URL})
	route.PathItem = d.Paths.Value(route.Path)
	if route.PathItem != nil {
		route.Operation = route.PathItem.GetOperation(route.Method)
	}
	return route
}

// isClean reports whether a path is not redirected to another.
func isClean(p string) bool {
	return path.Clean(p) == p || path.Clean(p)+"/" == p
}

// pathParams reads the values of a path's parameters, each of which is a whole
// segment.
func pathParams(template, p string) map[string]string {
	params := make(map[string]string)
	segments := strings.Split(p, "/")
	for i, segment := range strings.Split(template, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			params[strings.TrimSuffix(name, "}")] = segments[i]
		}
	}
	return params
}

// response returns the response with that status that a request may have.
func (d *Document) response(req *http.Request, status int) (*openapi3.Response, error) {
	route := d.route(req)
	if route.Operation != nil {
		if ref := route.Operation.Responses.Status(status); ref != nil {
			return ref.Value, nil
		}
		return nil, errors.New("the operation has not got this status")
	}
	name, ok := map[int]string{
		http.StatusNotFound:                    "NotFound",
		http.StatusRequestURITooLong:           "URITooLong",
		http.StatusRequestHeaderFieldsTooLarge: "HeaderTooLarge",
		http.StatusInternalServerError:         "Internal",
		http.StatusServiceUnavailable:          "Unavailable",
	}[status]
	switch {
	case ok:
	case !isClean(req.URL.Path) && status == http.StatusTemporaryRedirect:
		name = "Redirect"
	case route.PathItem != nil && req.Method == http.MethodOptions && status == http.StatusNoContent:
		name = "Methods"
	case route.PathItem != nil && req.Method != http.MethodOptions && status == http.StatusMethodNotAllowed:
		name = "MethodNotAllowed"
	default:
		return nil, errors.New("no operation was meant, and this status is not for that")
	}
	return d.Components.Responses[name].Value, nil
}

// routeTo returns the route to an operation whose only response is with 200.
func (d *Document) routeTo(response *openapi3.Response) *routers.Route {
	return &routers.Route{Spec: d.T, Operation: &openapi3.Operation{
		Responses: openapi3.NewResponses(openapi3.WithStatus(http.StatusOK, &openapi3.ResponseRef{Value: response})),
	}}
}
