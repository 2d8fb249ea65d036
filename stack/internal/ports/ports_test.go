package ports_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"redspan/stack/internal/config"
	"redspan/stack/internal/ports"
)

func TestCheck(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := config.Port{Variable: "API_PORT", Part: "api", Number: listener.Addr().(*net.TCPAddr).Port}

	t.Run("names the port, the part, the variable and the holder", func(t *testing.T) {
		err := ports.Check([]config.Port{taken})
		if err == nil {
			t.Fatal("no error")
		}
		for _, want := range []string{fmt.Sprint(taken.Number), "for api", "API_PORT", fmt.Sprintf("(pid %d)", os.Getpid())} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in %q", want, err)
			}
		}
	})
	t.Run("accepts a free port", func(t *testing.T) {
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		if err := ports.Check([]config.Port{taken}); err != nil {
			t.Error(err)
		}
	})
}
