// Package postgrestest gives tests real PostgreSQL databases.
//
// The server is the one at TEST_DATABASE_URL or else a throw-away one, started
// from the binaries on this machine. A template database is migrated once; each
// test gets a copy of it.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL server.
type Server struct {
	url url.URL // of the database postgres, as a superuser

	// Those of a server that Start started.
	dir     string
	command func() *exec.Cmd
	process *exec.Cmd
}

// Start returns the server at TEST_DATABASE_URL, or starts one. The caller
// closes it. The error says what to install when there is none to start.
func Start(ctx context.Context) (*Server, error) {
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		u, err := url.Parse(given)
		if err != nil {
			return nil, errors.New("TEST_DATABASE_URL is no URL")
		}
		return &Server{url: *u}, nil
	}
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	return launch(ctx, bin)
}

// Close stops a server that Start started, and removes its data.
func (s *Server) Close() error {
	if s.command == nil {
		return nil
	}
	return errors.Join(s.Stop(), os.RemoveAll(s.dir))
}

// Owned reports whether Start started the server, so that it can be stopped.
func (s *Server) Owned() bool { return s.command != nil }

// Stop stops a server that Start started. Its connections are broken off.
func (s *Server) Stop() error {
	err := s.process.Process.Signal(syscall.SIGINT) // PostgreSQL's fast shutdown
	return errors.Join(err, s.process.Wait())
}

// Restart starts a server again that was stopped: at the same address, with
// the same data.
func (s *Server) Restart(ctx context.Context) error {
	s.process = s.command()
	if err := s.process.Start(); err != nil {
		return err
	}
	return s.await(ctx)
}

// Create makes an empty database, or a copy of template if that is not empty,
// and returns its URL. It is dropped when the test ends.
func (s *Server) Create(t *testing.T, template string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	statement := "CREATE DATABASE " + name
	if template != "" {
		u, err := url.Parse(template)
		if err != nil {
			t.Fatal(err)
		}
		statement += " TEMPLATE " + strings.TrimPrefix(u.Path, "/")
	}
	s.exec(t, statement)
	t.Cleanup(func() { s.exec(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	u := s.url
	u.Path = "/" + name
	return u.String()
}

func (s *Server) exec(t *testing.T, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// binaries returns the folder with initdb and postgres.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian
	if err != nil || len(found) == 0 {
		return "", errors.New("no PostgreSQL on this machine: install it (Debian: apt-get install postgresql) or set TEST_DATABASE_URL")
	}
	return filepath.Dir(slices.Max(found)), nil
}

// launch starts a server on a free port of the loopback, with no durability.
func launch(ctx context.Context, bin string) (*Server, error) {
	dir, err := os.MkdirTemp("", "redspan-postgres-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--no-locale")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	s := &Server{
		url: url.URL{
			Scheme: "postgres", User: url.User("postgres"), Host: net.JoinHostPort("127.0.0.1", port),
			Path: "/postgres", RawQuery: "sslmode=disable",
		},
		dir: dir,
		command: func() *exec.Cmd {
			server := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-h", "127.0.0.1", "-p", port,
				"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
			server.SysProcAttr, server.Dir = attr, dir
			return server
		},
	}
	if err := s.Restart(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// await returns when the server accepts connections.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url.String())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the test's PostgreSQL server does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	return port, errors.Join(err, ln.Close())
}

// unprivileged returns how to run the server, which refuses to run as root:
// then it runs as the user nobody, who gets the folder. The server dies with
// the test's process, however that ends.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}
