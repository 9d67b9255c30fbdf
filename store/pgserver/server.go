package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"wutong/store/pgserver/tether"
)

// role is the database's superuser and owner of everything in a private server.
const role = "wutong"

// patience is how long the server gets to obey one signal before it gets a harsher one.
const patience = 10 * time.Second

// Config says where a server keeps its data and how it runs. The zero value is a server on a free port with its data in
// a temporary folder that is never cleaned up; set Ephemeral for that one to go on Stop.
type Config struct {
	// Dir is the data folder, made at first use and kept. Empty: a temporary one.
	Dir string
	// Port is the port on 127.0.0.1. 0: a free one.
	Port int
	// Ephemeral trades durability for speed (nothing is synced to disk) and removes Dir on Stop.
	Ephemeral bool
	// Log receives the server's own messages. Nil: nowhere; errors quote the last line all the same.
	Log io.Writer
	// MaxConnections is the server's max_connections. 0: 300.
	MaxConnections int
}

// Server is a running server. Its methods are safe for concurrent use.
type Server struct {
	cfg      Config
	home     *home
	programs programs
	password string
	log      *tail
	port     int // settled by Start

	mu   sync.Mutex
	proc *tether.Process // nil when stopped
}

// Start starts a server and returns when it answers queries. It holds the data folder's lock until Stop: a second Start
// on the same folder, in this process or another, is refused.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 300
	}
	cfg, err := withDir(cfg)
	if err != nil {
		return nil, err
	}
	h, err := openHome(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, home: h, port: cfg.Port, log: &tail{next: cfg.Log}}
	if err := s.prepareAndLaunch(ctx); err != nil {
		h.close()
		if cfg.Ephemeral {
			err = errors.Join(err, h.remove())
		}
		return nil, err
	}
	return s, nil
}

func withDir(cfg Config) (Config, error) {
	if cfg.Dir == "" {
		dir, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			return cfg, fmt.Errorf("no temporary folder for PostgreSQL's data (%w): set TMPDIR to a folder you may write to", err)
		}
		cfg.Dir = dir
		sweepTemp(dir)
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return cfg, fmt.Errorf("find the folder %s: %w", cfg.Dir, err)
	}
	cfg.Dir = dir
	return cfg, nil
}

func (s *Server) prepareAndLaunch(ctx context.Context) error {
	if err := stopOrphan(ctx, s.home.data()); err != nil {
		return err
	}
	major, err := s.home.major()
	if err != nil {
		return err
	}
	s.programs, err = findPrograms(ctx, major, s.home.account)
	if err != nil {
		return err
	}
	s.password, err = s.home.password()
	if err != nil {
		return err
	}
	if major == 0 {
		if err := s.initialise(ctx); err != nil {
			return err
		}
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	if err := s.checkExtensions(ctx); err != nil {
		return errors.Join(err, s.stopProcess(ctx))
	}
	return nil
}

// Port is the port on 127.0.0.1 that the server listens on. It stays the same over Restart.
func (s *Server) Port() int { return s.port }

// Password is the superuser's password, for programs that do not take a URL.
func (s *Server) Password() string { return s.password }

// User is the superuser's name, for programs that do not take a URL.
func (s *Server) User() string { return role }

// URL is the address of a database on this server, as lib/pq and pgx take it.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(role, s.password),
		Host:     "127.0.0.1:" + strconv.Itoa(s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Done is closed when the server process ends, whether asked to or not. After Restart ask again.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return s.proc.Done()
}

// Complaint is the last error or other line that the server wrote, for a message about its unexpected end.
func (s *Server) Complaint() string { return s.log.complaint() }

// Stop ends connections, shuts the server down and gives the data folder free; an ephemeral one is removed. It is safe
// to call twice.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.stopProcess(ctx)
	s.home.close()
	if s.cfg.Ephemeral {
		err = errors.Join(err, s.home.remove())
	}
	return err
}

// stopProcess wants s.mu held, or s not yet shared.
func (s *Server) stopProcess(ctx context.Context) error {
	if s.proc == nil {
		return nil
	}
	// SIGINT is PostgreSQL's fast shutdown: transactions are rolled back and everything is written out. Data that will be
	// deleted needs no writing out: SIGQUIT.
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}
	if s.cfg.Ephemeral {
		signals = signals[1:]
	}
	if err := s.proc.Stop(ctx, patience, signals...); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	s.proc = nil
	return nil
}

// Kill ends the server as a crash would: connections break at once and nothing is written out, so that the next start
// recovers from the log. It returns when every process of the server is gone.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return
	}
	// SIGKILL would leave the server's own children behind for a moment, and they hold up the next start; an immediate
	// shutdown kills them first and is the same to the data.
	_ = s.proc.Stop(context.Background(), patience, syscall.SIGQUIT)
	s.proc = nil
}

// Restart stops the server if it runs and starts it on the same data and the same port. It works after Kill too, not
// after Stop.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.home.lock == nil {
		return errors.New("this PostgreSQL server was stopped for good: start a new one")
	}
	if s.proc != nil {
		if err := s.proc.Stop(ctx, patience, syscall.SIGINT, syscall.SIGQUIT); err != nil {
			return fmt.Errorf("stop PostgreSQL: %w", err)
		}
		s.proc = nil
	}
	return s.launch(ctx)
}

// Remove deletes the data folder of a server that is not running, wherever it was placed; a server left behind by a
// killed process is stopped first. A folder that does not exist is not an error.
func Remove(ctx context.Context, dir string) error {
	return alone(ctx, dir, (*home).remove)
}

// StopLeftover stops a server that a killed process left behind on a data folder, if there is one. Start does so too;
// this is for who wants to know before whether a port is free.
func StopLeftover(ctx context.Context, dir string) error {
	return alone(ctx, dir, func(*home) error { return nil })
}

// alone calls do on a data folder that exists, when no server uses it any more.
func alone(ctx context.Context, dir string, do func(*home) error) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the folder %s: %w", dir, err)
	}
	if _, err := os.Lstat(abs); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	h, err := openHome(abs)
	if err != nil {
		return err
	}
	defer h.close()
	if err := stopOrphan(ctx, h.data()); err != nil {
		return err
	}
	return do(h)
}
