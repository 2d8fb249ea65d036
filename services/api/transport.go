package main

import (
	"net"
	"net/http"
	"time"
)

const (
	// dialTimeout is short: the store is near, and the caller waits.
	dialTimeout = 500 * time.Millisecond
	// idleConnTimeout is shorter than the store's, so that no connection is
	// used just as the store closes it.
	idleConnTimeout = 30 * time.Second
)

// newTransport returns at most n connections to the store, one for each
// request that the api lets in. They are kept open, since a new one costs more
// than a call.
func newTransport(n int) *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		MaxIdleConns:        n,
		MaxIdleConnsPerHost: n,
		MaxConnsPerHost:     n,
		IdleConnTimeout:     idleConnTimeout,
		DisableCompression:  true,
	}
}
