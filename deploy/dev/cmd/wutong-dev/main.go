// Command wutong-dev runs the one-command stack in the folder it is started in. `make run` builds and calls it.
//
//	wutong-dev [run]                                   start everything, print one screen, stop at Ctrl-C
//	wutong-dev reset                                   remove all data
//	wutong-dev tokens ROLE [BRANCH|PROVIDER|ACCOUNT]   print the tokens of the sample accounts with a role, one a line
//
// Ports are chosen by WUTONG_ADDR and TEMPORAL_ADDRESS (127.0.0.1:PORT) and by WUTONG_UI_PORT, WUTONG_CODEC_PORT,
// WUTONG_MAILBOX_PORT and WUTONG_POSTGRES_PORT.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"wutong/deploy/dev"
)

const (
	// folder keeps the stack's data, below the folder the command is started in.
	folder = ".dev"
	// stopLimit bounds the end: the API and the worker may take 15 s each to finish what they are doing.
	stopLimit = 60 * time.Second
)

func main() {
	command := "run"
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	var err error
	switch {
	case command == "tokens" && (len(os.Args) == 3 || len(os.Args) == 4):
		err = tokens(os.Stdout, os.Args[2], strings.Join(os.Args[3:], ""))
	case len(os.Args) > 2 || command == "tokens":
		err = fmt.Errorf("say run, reset, or tokens ROLE [BRANCH|PROVIDER|ACCOUNT]")
	case command == "run":
		err = run()
	case command == "reset":
		err = reset()
	default:
		err = fmt.Errorf("there is no command %q: say run, reset, or tokens ROLE [BRANCH|PROVIDER|ACCOUNT]", command)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "wutong-dev:", err)
		os.Exit(1)
	}
}

func run() error {
	options, err := optionsFromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	began := time.Now() //nolint:forbidigo // the edge: how long the person waited
	options.Progress = func(done string) {
		since := time.Since(began).Seconds()
		fmt.Fprintf(os.Stdout, "%6.1f s  %s\n", since, done)
	}
	// The first Ctrl-C asks; a second one, while stopping, ends the process at once, and its children with it.
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	stack, err := dev.Start(ctx, options)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped before it was ready")
		}
		return err
	}
	options.Progress("ready")
	fmt.Fprint(os.Stdout, screen(stack))

	failure := stack.Wait(ctx)
	cancel()
	fmt.Fprintln(os.Stdout, "\nstopping …")
	stopping, done := context.WithTimeout(context.Background(), stopLimit)
	defer done()
	if err := stack.Stop(stopping); err != nil && failure == nil {
		return err
	}
	if failure != nil {
		return fmt.Errorf("%w\nNothing is lost: start it again, and it goes on where it was", failure)
	}
	return nil
}

func reset() error {
	dir, err := filepath.Abs(folder)
	if err != nil {
		return fmt.Errorf("find the folder %s: %w", folder, err)
	}
	if err := dev.Reset(context.Background(), dir); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "all data removed")
	return nil
}
