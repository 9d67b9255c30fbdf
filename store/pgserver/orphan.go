package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// stopOrphan stops a server that an earlier process left behind on this data when it was killed. Whoever calls holds the
// folder's lock, so no living process is using that server.
func stopOrphan(ctx context.Context, data string) error {
	pidfile := filepath.Join(data, "postmaster.pid")
	b, err := os.ReadFile(pidfile) //nolint:gosec // PostgreSQL's own file in our folder
	if err != nil {
		return nil //nolint:nilerr // no such file, no orphan; anything else shows when the server starts
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !alive(pid) {
		return nil //nolint:nilerr // PostgreSQL itself copes with the file of a dead server
	}
	if !serves(ctx, pid, data) {
		// The number belongs to another program by now, which PostgreSQL could mistake for a running server.
		return forget(pidfile)
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("a PostgreSQL server left by an earlier run uses %s and cannot be stopped (%w): stop process %d", data, err, pid)
		}
		if endsSoon(ctx, pid, data) {
			return forget(pidfile)
		}
	}
	return fmt.Errorf("a PostgreSQL server left by an earlier run uses %s: stop process %d", data, pid)
}

// forget removes the file of a server that is gone. A dead process that nobody has collected still looks alive to
// PostgreSQL.
func forget(pidfile string) error {
	if err := os.Remove(pidfile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the stale file %s: %w", pidfile, err)
	}
	return nil
}

func endsSoon(ctx context.Context, pid int, data string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for serves(ctx, pid, data) {
		if !pause(ctx, askEvery) {
			return false
		}
	}
	return true
}

// alive reports whether a process exists, ours or not.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// serves reports whether a process is the PostgreSQL server of this data: its command line names both.
func serves(ctx context.Context, pid int, data string) bool {
	line := commandLine(ctx, pid)
	return strings.Contains(line, "postgres") && strings.Contains(line, data)
}
