package dev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	"golang.org/x/sync/errgroup"
	"wutong/store/pgserver"

	"wutong/deploy/dev/mailbox"
	"wutong/deploy/dev/ports"
	"wutong/deploy/dev/temporald"
)

// watchEvery is how often Wait looks at the parts.
const watchEvery = 200 * time.Millisecond

// postgresFolder is where PostgreSQL's data is, in the stack's folder.
const postgresFolder = "postgres"

// Stack is a running stack. Its parts can be stopped and started again one by one; Stop ends what then runs.
type Stack struct {
	// Ports are the ports in use, the free ones filled in.
	Ports Ports
	// Postgres, Temporal and Mailbox run in any stack.
	Postgres *pgserver.Server
	Temporal *temporald.Server
	Mailbox  *mailbox.Mailbox
	// API and Worker are nil without the product.
	API, Worker *Child
	// Tokens are the sample accounts' tokens, one for each of their roles; none without a sample.
	Tokens []Token

	opts       Options
	lock       *os.File
	ours       bool // the folder is a temporary one
	keys       []string
	pgLog      *os.File
	ui         *uiserver.Server
	codec      *httpPart
	mailServer *httpPart
	operator   atomic.Value // string
}

// Start starts the parts, side by side where they do not need each other, and returns when the stack is ready for use.
// If a part fails, what was started is stopped.
func Start(ctx context.Context, o Options) (*Stack, error) {
	s := &Stack{opts: o.withDefaults()}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// open does all that can be refused before anything is started.
func (s *Stack) open(ctx context.Context) (err error) {
	if s.opts.Dir == "" {
		s.ours = true
		s.opts.Dir, err = os.MkdirTemp("", "wutong-stack-")
	} else {
		s.opts.Dir, err = filepath.Abs(s.opts.Dir)
	}
	if err != nil {
		return fmt.Errorf("find the stack's folder: %w", err)
	}
	if s.lock, err = openFolder(s.opts.Dir); err != nil {
		return err
	}
	if !s.opts.NoProduct {
		if err := checkBinary(s.opts.Binary); err != nil {
			return err
		}
	}
	// Killed a moment ago, an earlier stack's PostgreSQL may still be shutting down on the port we want.
	if err := pgserver.StopLeftover(ctx, s.opts.file(postgresFolder)); err != nil {
		return err
	}
	if s.Ports, err = claim(ctx, s.opts); err != nil {
		return err
	}
	if s.keys, err = keys(s.opts.file("keys.env")); err != nil {
		return err
	}
	s.pgLog, err = os.OpenFile(s.opts.file("postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open PostgreSQL's log: %w", err)
	}
	return nil
}

func (s *Stack) start(ctx context.Context) (err error) {
	if s.Postgres, err = pgserver.Start(ctx, s.postgresConfig()); err != nil {
		return err
	}
	s.opts.Progress("PostgreSQL started")
	s.Temporal, err = temporald.New(ctx, temporald.Config{
		Postgres: s.Postgres, Port: s.Ports.Temporal, Namespace: s.opts.Namespace,
		LogFile: s.opts.file("temporal.log"), DynamicConfig: s.opts.DynamicConfig,
	})
	if err != nil {
		return err
	}
	if err := s.startMailbox(ctx); err != nil {
		return err
	}
	first, inFirst := errgroup.WithContext(ctx)
	first.Go(func() error {
		if err := s.Temporal.Start(inFirst); err != nil {
			return err
		}
		s.opts.Progress("Temporal started")
		return nil
	})
	if !s.opts.NoUI {
		first.Go(func() error { return s.startUI(inFirst) })
	}
	if !s.opts.NoProduct {
		first.Go(func() error { return s.prepareProduct(inFirst) })
	}
	if err := first.Wait(); err != nil || s.opts.NoProduct {
		return err
	}
	return s.startProduct(ctx)
}

func (s *Stack) startProduct(ctx context.Context) error {
	s.Worker = s.child("worker")
	if err := s.Worker.Start(); err != nil {
		return err
	}
	if err := s.startAPI(ctx); err != nil {
		return err
	}
	s.opts.Progress("API and worker started")
	if s.opts.Sample == "" || s.opts.NoTokens {
		return nil
	}
	var err error
	if s.Tokens, err = s.sampleTokens(ctx); err != nil {
		return err
	}
	s.operator.Store(s.Token(operator))
	return nil
}

func (s *Stack) postgresConfig() pgserver.Config {
	cfg := pgserver.Config{Port: s.Ports.Postgres, Ephemeral: s.opts.Ephemeral, Log: s.pgLog}
	if !s.opts.Ephemeral {
		cfg.Dir = s.opts.file(postgresFolder) // an ephemeral one has a temporary folder of its own
	}
	return cfg
}

// Wait returns nil when ctx ends, or an error when a part ends that nobody stopped.
func (s *Stack) Wait(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.Postgres.Done():
			return fmt.Errorf("PostgreSQL ended by itself: %s", s.Postgres.Complaint())
		case <-tick.C:
			for _, c := range []*Child{s.API, s.Worker} {
				if c == nil {
					continue
				}
				if err := c.failure(); err != nil {
					return err
				}
			}
		}
	}
}

// Stop ends the parts, those that use others first, and gives the folder free. It goes on when a part resists. It is
// safe to call twice.
func (s *Stack) Stop(ctx context.Context) error {
	errs := []error{s.API.Stop(ctx), s.Worker.Stop(ctx), s.codec.stop(ctx)}
	if s.ui != nil {
		s.ui.Stop()
	}
	if s.Temporal != nil {
		errs = append(errs, s.Temporal.Stop())
	}
	errs = append(errs, s.stopMailbox(ctx))
	if s.Postgres != nil {
		errs = append(errs, s.Postgres.Stop(ctx))
	}
	return errors.Join(append(errs, s.close())...)
}

func (s *Stack) close() error {
	for _, c := range []io.Closer{s.pgLog, s.lock} {
		_ = c.Close() // closing twice, or what was never opened, is not news
	}
	if s.ours {
		return os.RemoveAll(s.opts.Dir)
	}
	return nil
}

// Token is the token of the first sample account with a role, or nothing.
func (s *Stack) Token(role string) string {
	for _, t := range s.Tokens {
		if t.Role == role {
			return t.Token
		}
	}
	return ""
}

// DatabaseURL is the address of the product's database.
func (s *Stack) DatabaseURL() string { return s.Postgres.URL(database) }

// APIURL is the API's address, without a path.
func (s *Stack) APIURL() string { return "http://" + ports.Loopback(s.Ports.API) }

// UIURL is the Temporal UI's address.
func (s *Stack) UIURL() string { return "http://" + ports.Loopback(s.Ports.UI) }

// MailboxURL is the mailbox's address.
func (s *Stack) MailboxURL() string { return "http://" + ports.Loopback(s.Ports.Mailbox) }
