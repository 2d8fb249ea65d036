package main

import (
	"net/http"
	"time"
)

// maxConnsToStore is the bulkhead: calls beyond it wait for a connection
// until their deadline.
const maxConnsToStore = 256

// newTransport returns the connections to the store. They are kept open, since
// a new one costs more than a call; the store closes idle ones later than
// this side does, so that none is used just as it goes.
func newTransport() *http.Transport {
	return &http.Transport{
		MaxIdleConns:        maxConnsToStore,
		MaxIdleConnsPerHost: maxConnsToStore,
		MaxConnsPerHost:     maxConnsToStore,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true,
	}
}
