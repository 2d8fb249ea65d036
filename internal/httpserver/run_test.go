package httpserver_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"redspan/internal/httpserver"
	"redspan/internal/httpserver/httpservertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a server that Run serves.
type running struct {
	public, admin string // URLs
	stop          context.CancelFunc
	done          chan error
}

func start(t *testing.T, s httpserver.Server) running {
	t.Helper()
	s.Addr, s.AdminAddr = httpservertest.FreeAddr(t), httpservertest.FreeAddr(t)
	s.Metrics = http.NotFoundHandler()
	if s.Ready == nil {
		s.Ready = func(context.Context) error { return nil }
	}
	ctx, stop := context.WithCancel(t.Context())
	r := running{"http://" + s.Addr, "http://" + s.AdminAddr, stop, make(chan error, 1)}
	go func() { r.done <- httpserver.Run(ctx, s) }()
	t.Cleanup(stop)
	httpservertest.Eventually(t, func() bool { return httpservertest.Status(r.admin+"/livez") == http.StatusOK })
	return r
}

func TestRun(t *testing.T) {
	t.Run("lets a request under way finish, and is unready meanwhile", func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		r := start(t, httpserver.Server{
			DrainTimeout: 10 * time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				close(entered)
				<-leave
				_, _ = io.WriteString(w, "done")
			}),
		})
		answer := make(chan int)
		go func() { answer <- httpservertest.Status(r.public) }()
		<-entered
		r.stop()
		httpservertest.Eventually(t, func() bool { return httpservertest.Status(r.public) == 0 })
		select {
		case err := <-r.done:
			t.Fatalf("returned with a request under way: %v", err)
		default:
		}
		close(leave)
		if got := <-answer; got != http.StatusOK {
			t.Errorf("the request under way got %d", got)
		}
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	})
	t.Run("cuts a request off after the timeout and says so", func(t *testing.T) {
		entered, leave := make(chan struct{}), make(chan struct{})
		defer close(leave)
		r := start(t, httpserver.Server{
			DrainTimeout: 10 * time.Millisecond,
			Handler:      http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(entered); <-leave }),
		})
		go httpservertest.Status(r.public)
		<-entered
		r.stop()
		if err := <-r.done; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a deadline", err)
		}
	})
	t.Run("is unready while its dependency is", func(t *testing.T) {
		r := start(t, httpserver.Server{
			DrainTimeout: time.Second, Handler: http.NotFoundHandler(),
			Ready: func(context.Context) error { return errors.New("no database") },
		})
		if got := httpservertest.Status(r.admin + "/readyz"); got != http.StatusServiceUnavailable {
			t.Errorf("readyz answers %d", got)
		}
		r.stop()
		if err := <-r.done; err != nil {
			t.Error(err)
		}
	})
	t.Run("a port in use is an error that names it", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		for _, s := range []httpserver.Server{
			{Addr: ln.Addr().String(), AdminAddr: "127.0.0.1:0"},
			{Addr: "127.0.0.1:0", AdminAddr: ln.Addr().String()},
		} {
			var opErr *net.OpError
			if err := httpserver.Run(t.Context(), s); !errors.As(err, &opErr) || opErr.Addr.String() != ln.Addr().String() {
				t.Errorf("got %v", err)
			}
		}
	})
}
