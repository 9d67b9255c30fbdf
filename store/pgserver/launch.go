package pgserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lib/pq"

	"wutong/store/pgserver/tether"
)

const (
	// startLimit bounds a start, recovery from a crash included, when the caller's context sets no earlier end.
	startLimit = 60 * time.Second
	// askEvery is how often a starting server is asked whether it answers yet.
	askEvery = 20 * time.Millisecond
	// leftoversLimit is how long to wait for the children of a killed server to notice that it is gone.
	leftoversLimit = 10 * time.Second
)

// launch starts the server process and waits until it answers. It wants s.mu held, or s not yet shared.
func (s *Server) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	leftovers, cancelLeftovers := context.WithTimeout(ctx, leftoversLimit)
	defer cancelLeftovers()
	for {
		if s.cfg.Port == 0 && s.port == 0 {
			port, err := freePort(ctx)
			if err != nil {
				return err
			}
			s.port = port
		}
		err := s.launchOnce(ctx)
		switch {
		case err == nil:
			return nil
		case s.cfg.Port == 0 && s.log.mentions("Address already in use"):
			s.port = 0 // somebody was quicker; take another
		case s.log.mentions("pre-existing shared memory block") && pause(leftovers, 10*askEvery):
		default:
			return err
		}
	}
}

func (s *Server) launchOnce(ctx context.Context) error {
	s.log.reset()
	cmd := s.home.account.command(s.programs.path("postgres"), s.arguments()...)
	cmd.Dir = s.home.dir
	cmd.Stderr = s.log
	death := syscall.SIGINT
	if s.cfg.Ephemeral {
		death = syscall.SIGQUIT
	}
	proc, err := tether.Start(cmd, death)
	if err != nil {
		return fmt.Errorf("PostgreSQL's program cannot be run (%w): reinstall PostgreSQL", err)
	}
	if err := s.awaitReady(ctx, proc); err != nil {
		_ = proc.Stop(context.WithoutCancel(ctx), time.Second, syscall.SIGQUIT)
		return err
	}
	s.proc = proc
	return nil
}

func (s *Server) arguments() []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(s.port),
		"unix_socket_directories=", // no sockets: their paths are limited in length, and loopback is enough
		"max_connections=" + strconv.Itoa(s.cfg.MaxConnections),
		"log_min_messages=warning",
		"log_checkpoints=off",
		"logging_collector=off",
		"log_destination=stderr",
		"lc_messages=C", // launch reads the messages
		"log_timezone=UTC",
		"timezone=UTC",
		"jit=off", // compiling costs more than it saves on small data
	}
	if s.cfg.Ephemeral {
		settings = append(settings,
			"fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "checkpoint_timeout=1h")
	}
	args := []string{"-D", s.home.data()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// awaitReady returns nil once the server takes connections. It reads the server's own status file and does not connect:
// on a port that is taken, something else would answer, or never.
func (s *Server) awaitReady(ctx context.Context, proc *tether.Process) error {
	for !s.reportsReady(proc.Pid()) {
		select {
		case <-proc.Done():
			return s.startFailure(proc.Err())
		default:
		}
		if !pause(ctx, askEvery) {
			return fmt.Errorf("PostgreSQL on %s did not get ready in time (%w): try again, or look at its log", s.home.dir, ctx.Err())
		}
	}
	return nil
}

// reportsReady looks for the process's number on the first line of the status file and for "ready" on the eighth.
func (s *Server) reportsReady(pid int) bool {
	b, err := os.ReadFile(filepath.Join(s.home.data(), "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(b), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

// startFailure turns the server's last words into a sentence.
func (s *Server) startFailure(err error) error {
	switch {
	case s.log.mentions("Address already in use"):
		return fmt.Errorf("port %d is taken by another program: stop it or choose another port for PostgreSQL", s.port)
	case s.log.complaint() != "":
		return fmt.Errorf("PostgreSQL did not start on %s: %s", s.home.dir, s.log.complaint())
	default:
		return fmt.Errorf("PostgreSQL did not start on %s (%w)", s.home.dir, err)
	}
}

// checkExtensions makes sure that the extensions the product's schema uses are installed with the server.
func (s *Server) checkExtensions(ctx context.Context) error {
	db, err := sql.Open("postgres", s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("open the PostgreSQL server: %w", err)
	}
	defer db.Close()
	var there bool
	err = db.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm')`).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for PostgreSQL's extensions: %w", err)
	}
	if !there {
		return fmt.Errorf("the PostgreSQL in %s lacks the extension pg_trgm: install its additional modules "+
			"(the package is often called postgresql-contrib)", s.programs.dir)
	}
	return nil
}

// CreateDatabase makes a database if it is not there yet.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	db, err := sql.Open("postgres", s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("open the PostgreSQL server: %w", err)
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, `CREATE DATABASE `+pq.QuoteIdentifier(name))
	var failure *pq.Error
	if errors.As(err, &failure) && failure.Code.Name() == "duplicate_database" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// initialise makes the data folder. It works beside it and renames, so that a start that was cut short leaves nothing
// half made.
func (s *Server) initialise(ctx context.Context) error {
	fresh := s.home.data() + ".new"
	var failure error
	for _, locale := range []string{"C.UTF-8", "C"} { // some systems lack the first
		if err := s.home.clear(fresh); err != nil {
			return err
		}
		args := []string{
			"-D", fresh, "-U", role, "-E", "UTF8", "--locale=" + locale, "--lc-messages=C",
			"-A", "scram-sha-256", "--pwfile=" + s.home.passwordFile(),
		}
		if s.cfg.Ephemeral {
			args = append(args, "--no-sync")
		}
		out, err := s.runProgram(ctx, "initdb", args...)
		if err == nil {
			return s.home.rename(fresh, s.home.data())
		}
		failure = fmt.Errorf("PostgreSQL's data could not be made in %s: %s", s.home.dir, lastLine(out, err))
		if ctx.Err() != nil || !strings.Contains(out, "locale") {
			break
		}
	}
	return failure
}

func (s *Server) runProgram(ctx context.Context, name string, args ...string) (string, error) {
	cmd := s.home.account.command(s.programs.path(name), args...)
	cmd.Dir = s.home.dir
	return output(ctx, cmd)
}

// output runs a command that must not outlive us and returns all that it wrote.
func output(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	proc, err := tether.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return "", fmt.Errorf("run %s: %w", filepath.Base(cmd.Path), err)
	}
	select {
	case <-proc.Done():
	case <-ctx.Done():
		_ = proc.Stop(context.WithoutCancel(ctx), time.Second, syscall.SIGTERM)
		return out.String(), ctx.Err()
	}
	return out.String(), proc.Err()
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// pause waits for d and reports whether ctx still stands.
func pause(ctx context.Context, d time.Duration) bool {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-short.Done()
	return ctx.Err() == nil
}
