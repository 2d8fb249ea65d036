// Package httpservertest holds what tests of running servers share.
package httpservertest

import (
	"net"
	"net/http"
	"testing"
	"time"
)

// patience bounds Eventually. Only a failure waits that long.
const patience = 20 * time.Second

// FreeAddr returns an address of the loopback that nobody listens on now.
func FreeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// Status returns the status that url answers within a second, or 0 if it does
// not. It leaves no connection open.
func Status(url string) int {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// Eventually returns when the condition holds. It fails the test if it never does.
func Eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the condition did not come true")
		}
	}
}
