// Command wutong-bench measures the station on this machine and prints tables. `make bench` builds and calls it.
//
// Every figure stands beside a baseline that was taken in the same run, in turns with it: only the ratio says something
// on another machine. The baseline of the referral is the same shape written bare on the SDK, see bare.go.
package main

import (
	"context"
	"database/sql"
	"encoding/base64"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"wutong/station"

	"wutong/deploy/dev"
	"wutong/deploy/dev/crowd"
)

const (
	programme = "bench-referral"
	stopLimit = time.Minute
)

// plan is how much is measured.
type plan struct {
	rounds, side    int
	idle, load      time.Duration
	small, large    int // cases in the lists
	requests        int // of each list
	binary, section string
}

func main() {
	p := plan{}
	flag.StringVar(&p.binary, "binary", "../../bin/wutong", "the built product")
	flag.StringVar(&p.section, "only", "", "referrals or lists: measure only these")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each kind")
	flag.IntVar(&p.side, "side", 16, "referrals side by side under load")
	flag.DurationVar(&p.idle, "idle", 10*time.Second, "length of a round with one referral at a time")
	flag.DurationVar(&p.load, "load", 20*time.Second, "length of a round under load")
	flag.IntVar(&p.small, "small", 10_000, "cases in the small station")
	flag.IntVar(&p.large, "large", 1_000_000, "cases in the large station")
	flag.IntVar(&p.requests, "requests", 300, "requests of each list")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := bench(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "wutong-bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, p plan) error {
	dir, err := os.MkdirTemp("", "wutong-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	people, sample := crowd.New(), filepath.Join(dir, "sample")
	if err := os.Mkdir(sample, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if err := people.Write(sample, crowd.Programmes{Referrals: map[string]string{programme: "{}"}}); err != nil {
		return err
	}
	o := dev.Options{
		Dir: filepath.Join(dir, "stack"), NoUI: true, Binary: p.binary, Sample: sample, Env: []string{"WUTONG_RATE=none"},
	}
	stack, ready, err := startTwice(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		stopping, done := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer done()
		_ = stack.Stop(stopping)
	}()
	db, err := sql.Open("postgres", stack.DatabaseURL())
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer db.Close()
	db.SetMaxIdleConns(p.side * 2)
	if err := people.Admit(ctx, db); err != nil {
		return err
	}
	if p.section != "lists" {
		if err := measureReferrals(ctx, p, stack, db, people, ready); err != nil {
			return err
		}
	}
	if p.section != "referrals" {
		return measureLists(ctx, p, stack, db, people)
	}
	return nil
}

// readiness is how long the stack took from nothing to its first answer.
type readiness struct{ first, again time.Duration }

// startTwice starts the stack in an empty folder, stops it, and starts it again as a person would the next day.
func startTwice(ctx context.Context, o dev.Options) (*dev.Stack, readiness, error) {
	var r readiness
	began := time.Now()
	stack, err := dev.Start(ctx, o)
	if err != nil {
		return nil, r, err
	}
	r.first = time.Since(began)
	if err := stack.Stop(ctx); err != nil {
		return nil, r, err
	}
	began = time.Now()
	stack, err = dev.Start(ctx, o)
	r.again = time.Since(began)
	return stack, r, err
}

func dial(stack *dev.Stack) (client.Client, error) {
	return client.Dial(client.Options{
		HostPort: stack.Temporal.Address(), Namespace: stack.Temporal.Namespace(), Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
}

// signer signs links as the product does, so that nobody has to read the mail first.
func signer(stack *dev.Stack) (*station.LinkSigner, error) {
	for _, v := range stack.Env() {
		if text, ok := strings.CutPrefix(v, "WUTONG_LINK_KEY="); ok {
			key, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return nil, fmt.Errorf("read the key of links: %w", err)
			}
			return station.NewLinkSigner(key)
		}
	}
	return nil, fmt.Errorf("the stack has no key for links")
}
