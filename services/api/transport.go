package main

import (
	"net"
	"net/http"
	"time"
)

const (
	// maxDialTimeout is short: the store is near, and the caller waits.
	maxDialTimeout = 500 * time.Millisecond
	// idleConnTimeout is shorter than the store's, so that no connection is
	// used just as the store closes it.
	idleConnTimeout = 30 * time.Second
)

// newTransport returns at most n connections to the store, one for each
// request that the api lets in. They are kept open, since a new one costs more
// than a call. A connection that cannot be made is given up before timeout, the
// deadline of a call, so that the breaker learns why.
func newTransport(n int, timeout time.Duration) *http.Transport {
	dialTimeout := min(maxDialTimeout, timeout/2)
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns:        n,
		MaxIdleConnsPerHost: n,
		MaxConnsPerHost:     n,
		IdleConnTimeout:     idleConnTimeout,
		DisableCompression:  true,
	}
}
