// Command wutong-bench measures the station on this machine and prints tables. `make bench` builds and calls it.
//
// Every figure stands beside a baseline that was taken in the same run, in turns with it: only the ratio says something
// on another machine. The baseline of a referral and of a grant is the same shape written bare on the SDK, see kinds.go;
// that of the rules of eligibility is the same conditions in Go; that of a fund for which everyone contends is a fund each;
// that of a pitch round is a bare workflow for each project, see bareround.go, and of its ranking the means alone; that of a settlement is a bare
// workflow with a child for each service, see baresettlement.go; that of a letter as PDF is the same letter as JSON.
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

const stopLimit = time.Minute

// plan is how much is measured.
type plan struct {
	rounds, side         int
	idle, load           time.Duration
	small, large         int // cases in the lists
	requests             int // of each list
	binary, sample, only string
}

func main() {
	p := plan{}
	flag.StringVar(&p.binary, "binary", "../../bin/wutong", "the built product")
	flag.StringVar(&p.sample, "sample", "../sample", "the folder of the sample, whose rules of eligibility are measured")
	flag.StringVar(&p.only, "only", "", "referrals, grants, rounds, settlements, letters, fund or lists: measure only these")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each part")
	flag.IntVar(&p.side, "side", 16, "referrals side by side under load; of grants twice as many")
	flag.DurationVar(&p.idle, "idle", 10*time.Second, "length of a round with one case at a time")
	flag.DurationVar(&p.load, "load", 20*time.Second, "length of a round under load")
	flag.IntVar(&p.small, "small", 10_000, "cases in the small station")
	flag.IntVar(&p.large, "large", 1_000_000, "cases in the large station")
	flag.IntVar(&p.requests, "requests", 300, "requests of each list")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "wutong-bench:", err)
		os.Exit(1)
	}
}

// bench is a stack that is measured by a plan.
type bench struct {
	plan
	stack  *dev.Stack
	db     *sql.DB
	people *crowd.Crowd
}

// parts are what can be measured by itself, in the order in which it is: the lists fill the station, so they come last.
var parts = []struct {
	name    string
	measure func(*bench, context.Context) error
}{
	{"referrals", func(b *bench, ctx context.Context) error { return b.cases(ctx, referrals) }},
	{"grants", (*bench).grants},
	{"rounds", (*bench).roundParts},
	{"settlements", (*bench).settlements},
	{"letters", (*bench).letters},
	{"fund", (*bench).fund},
	{"lists", (*bench).lists},
}

func run(ctx context.Context, p plan) error {
	chosen := parts[:0:0]
	for _, part := range parts {
		if p.only == "" || p.only == part.name {
			chosen = append(chosen, part)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("there is no part %q to measure", p.only)
	}
	dir, err := os.MkdirTemp("", "wutong-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	people, sample := crowd.New(), filepath.Join(dir, "sample")
	if err := os.Mkdir(sample, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if err := people.Write(sample, programmes()); err != nil {
		return err
	}
	stack, ready, err := startTwice(ctx, dev.Options{
		Dir: filepath.Join(dir, "stack"), NoUI: true, Binary: p.binary, Sample: sample, NoTokens: true, Env: []string{"WUTONG_RATE=none"},
	})
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
	db.SetMaxIdleConns(max(p.side*grants.many*2, len(people.Angels)))
	if err := people.Admit(ctx, db); err != nil {
		return err
	}
	scales := newScales(ctx, stack)
	defer scales.stop()
	for _, part := range chosen {
		if err := part.measure(&bench{p, stack, db, people}, ctx); err != nil {
			return fmt.Errorf("measure %s: %w", part.name, err)
		}
	}
	scales.stop()
	scales.print()
	ready.print()
	return nil
}

// grants measures grants, and the rules that are asked about each.
func (b *bench) grants(ctx context.Context) error {
	if err := b.cases(ctx, grants); err != nil {
		return err
	}
	return b.eligibility(ctx)
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
