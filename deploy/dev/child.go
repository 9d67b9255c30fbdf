package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"wutong/store/pgserver/tether"
)

const (
	// childPatience is how long a child may take to finish what it is doing when asked to stop.
	childPatience = 15 * time.Second
	// lastWords is how much of a log is read to say why a child ended.
	lastWords = 4 << 10
)

// Child is one of the product's long-running processes: the API or the worker. Its methods are safe for concurrent use.
type Child struct {
	name    string
	binary  string
	args    []string
	env     []string
	logFile string

	mu   sync.Mutex
	proc *tether.Process // nil when stopped
}

// Start starts the process. It does not wait until it does its work.
func (c *Child) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.proc != nil && c.proc.Running() {
		return fmt.Errorf("the %s runs already", c.name)
	}
	log, err := os.OpenFile(c.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of the %s: %w", c.name, err)
	}
	defer log.Close() // the child has its own
	c.proc, err = tether.Start(&exec.Cmd{
		Path: c.binary, Args: append([]string{c.binary}, c.args...), Env: c.env, Stdout: log, Stderr: log,
	}, syscall.SIGKILL) // if we crash there is nobody to wait for a child that ends with care
	if err != nil {
		return fmt.Errorf("start the %s: %w", c.name, err)
	}
	return nil
}

// Stop asks the process to end and waits; one that does not is killed. It is safe to call when it does not run.
func (c *Child) Stop(ctx context.Context) error { return c.end(ctx, syscall.SIGTERM) }

// Kill ends the process as a crash would, and waits until it is gone.
func (c *Child) Kill() error { return c.end(context.Background()) }

// Restart stops the process, if it runs, and starts it again with the same environment.
func (c *Child) Restart(ctx context.Context) error {
	if err := c.Stop(ctx); err != nil {
		return err
	}
	return c.Start()
}

func (c *Child) end(ctx context.Context, signals ...syscall.Signal) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	proc := c.proc
	c.proc = nil // first: who watches must see that the end was wanted
	c.mu.Unlock()
	if proc == nil {
		return nil
	}
	if err := proc.Stop(ctx, childPatience, signals...); err != nil {
		return fmt.Errorf("stop the %s: %w", c.name, err)
	}
	return nil
}

// Running reports whether the process runs.
func (c *Child) Running() bool {
	proc := c.process()
	return proc != nil && proc.Running()
}

// Pid is the process's ID, 0 when it was stopped.
func (c *Child) Pid() int {
	if proc := c.process(); proc != nil {
		return proc.Pid()
	}
	return 0
}

func (c *Child) process() *tether.Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proc
}

// failure says how the process ended by itself, with the end of its log; nil if it runs or was stopped.
func (c *Child) failure() error {
	proc := c.process()
	if proc == nil || proc.Running() {
		return nil
	}
	cause := "it said it was done"
	if err := proc.Err(); err != nil {
		cause = err.Error()
	}
	return fmt.Errorf("the %s ended by itself (%s); the end of %s:\n%s", c.name, cause, c.logFile, tailOf(c.logFile))
}

// tailOf returns the last lines of a file, indented.
func tailOf(file string) string {
	const lines = 15
	f, err := os.Open(file) //nolint:gosec // one of the stack's own logs
	if err != nil {
		return "  (" + err.Error() + ")"
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > lastWords {
		_, _ = f.Seek(-lastWords, 2)
	}
	b := make([]byte, lastWords)
	n, _ := f.Read(b)
	all := strings.Split(strings.TrimSpace(string(b[:n])), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}

// runOnce runs one of the product's commands to its end and returns what it wrote to standard output. If it fails, the
// error ends with the last line it wrote to standard error.
func runOnce(ctx context.Context, binary string, env []string, args ...string) (string, error) {
	var out, complaint strings.Builder
	proc, err := tether.Start(&exec.Cmd{
		Path: binary, Args: append([]string{binary}, args...), Env: env, Stdout: &out, Stderr: &complaint,
	}, syscall.SIGTERM)
	if err != nil {
		return "", err
	}
	select {
	case <-proc.Done():
	case <-ctx.Done():
		return "", errors.Join(fmt.Errorf("wutong %s: %w", strings.Join(args, " "), ctx.Err()),
			proc.Stop(context.WithoutCancel(ctx), time.Second, syscall.SIGTERM))
	}
	if err := proc.Err(); err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("wutong %s: %w: %s", strings.Join(args, " "), err, lines[len(lines)-1])
	}
	return out.String(), nil
}
