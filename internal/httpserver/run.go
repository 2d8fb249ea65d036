package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Server is what Run serves.
type Server struct {
	Addr      string // host:port of Handler
	AdminAddr string // host:port of /metrics, /livez and /readyz

	Handler http.Handler
	Metrics http.Handler
	// Ready says whether the service can do its work: nil, or why not.
	Ready func(context.Context) error
	// DrainTimeout bounds how long requests under way may take after the
	// order to stop.
	DrainTimeout time.Duration
}

// Run binds both addresses and serves until ctx is done. Then it turns
// unready, accepts no more, lets requests under way finish, and returns. It
// returns an error if it could not bind, or had to cut requests off.
func Run(ctx context.Context, s Server) error {
	public, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", s.AdminAddr)
	if err != nil {
		return errors.Join(err, public.Close())
	}
	var draining atomic.Bool
	publicServer := newServer(s.Handler)
	adminServer := newServer(s.admin(&draining))

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(publicServer, public) })
	g.Go(func() error { return serve(adminServer, admin) })
	g.Go(func() error {
		<-ctx.Done()
		draining.Store(true)
		slog.Info("draining", "timeout", s.DrainTimeout.String())
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.DrainTimeout)
		defer cancel()
		return errors.Join(shutdown(drain, publicServer), shutdown(drain, adminServer))
	})
	slog.Info("serving", "address", public.Addr().String(), "admin_address", admin.Addr().String())
	return g.Wait()
}

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    hardMaxHeader,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
}

func serve(s *http.Server, ln net.Listener) error {
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func shutdown(ctx context.Context, s *http.Server) error {
	if err := s.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("drain: requests cut off: %w", err), s.Close())
	}
	return nil
}

// readyTimeout bounds how long a dependency may take to say that it is there.
const readyTimeout = time.Second

func (s Server) admin(draining *atomic.Bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.Metrics)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			http.Error(w, "draining", http.StatusServiceUnavailable)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := s.Ready(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}
