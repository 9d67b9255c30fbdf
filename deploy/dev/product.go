package dev

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"wutong/deploy/dev/ports"
)

const (
	// database is the name of the product's own database.
	database = "wutong"
	// pollEvery is how often a part is asked whether it is up.
	pollEvery = 20 * time.Millisecond
	// apiStartLimit bounds the API's start.
	apiStartLimit = 60 * time.Second
	// logLimit is the size at which a log of an earlier run is set aside.
	logLimit = 10 << 20
)

// checkBinary says what to do when the product was not built, before anything is started.
func checkBinary(binary string) error {
	info, err := os.Stat(binary)
	if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("the program %s is missing: build it with `make build`", binary)
	}
	return nil
}

// Env is the environment of the product's processes. Whatever else the developer's shell says about Temporal, the
// database or the mail service is left out: it means other systems than this stack.
func (s *Stack) Env() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !foreign(variable) {
			env = append(env, variable)
		}
	}
	env = append(env,
		"DATABASE_URL="+s.DatabaseURL(),
		"WUTONG_ADDR="+ports.Loopback(s.Ports.API),
		"WUTONG_PUBLIC_URL="+s.APIURL(),
		"WUTONG_MAIL_FROM=station@wutong.test",
		"WUTONG_DOCUMENTS="+(&url.URL{Scheme: "file", Path: s.opts.file("documents")}).String(),
		"WUTONG_BUILD_ID="+s.opts.BuildID,
		"WUTONG_PROMOTE=true",
		"TEMPORAL_ADDRESS="+s.Temporal.Address(),
		"TEMPORAL_NAMESPACE="+s.opts.Namespace,
		"TEMPORAL_CONFIG_FILE="+os.DevNull,
		"SENDGRID_API_KEY=SG.mailbox",
		"SENDGRID_HOST="+s.MailboxURL(),
	)
	env = append(env, s.keys...)
	return append(env, s.opts.Env...) // of two values of a name the last one counts
}

func foreign(variable string) bool {
	for _, prefix := range []string{"TEMPORAL_", "SENDGRID_", "DATABASE_URL=", "PG"} {
		if strings.HasPrefix(variable, prefix) {
			return true
		}
	}
	return false
}

// Run runs one of the product's commands, such as "migrate", and returns its standard output.
func (s *Stack) Run(ctx context.Context, args ...string) (string, error) {
	return runOnce(ctx, s.opts.Binary, s.Env(), args...)
}

// prepareProduct makes the product's database and fills it.
func (s *Stack) prepareProduct(ctx context.Context) error {
	if err := s.Postgres.CreateDatabase(ctx, database); err != nil {
		return err
	}
	if _, err := s.Run(ctx, "migrate"); err != nil {
		return fmt.Errorf("prepare the database: %w", err)
	}
	if s.opts.Sample != "" {
		if _, err := s.Run(ctx, "seed", s.opts.Sample); err != nil {
			return fmt.Errorf("load the sample programmes: %w", err)
		}
		if err := s.tryout(ctx); err != nil {
			return fmt.Errorf("load the programmes to try out: %w", err)
		}
	}
	s.opts.Progress("database migrated")
	return nil
}

func (s *Stack) child(name string) *Child {
	c := &Child{name: name, binary: s.opts.Binary, args: []string{name}, env: s.Env(), logFile: s.opts.file(name + ".log")}
	if info, err := os.Stat(c.logFile); err == nil && info.Size() > logLimit {
		_ = os.Rename(c.logFile, c.logFile+".old") // a log that cannot be set aside just grows on
	}
	return c
}

// startAPI starts the API and waits until it says it is ready.
func (s *Stack) startAPI(ctx context.Context) error {
	s.API = s.child("api")
	if err := s.API.Start(); err != nil {
		return err
	}
	return s.AwaitAPI(ctx)
}

// AwaitAPI returns when the API answers that it is ready, or with the end of its log if it ends.
func (s *Stack) AwaitAPI(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, apiStartLimit)
	defer cancel()
	for {
		status, err := get(ctx, s.APIURL()+"/readyz", "")
		if err == nil && status == http.StatusOK {
			return nil
		}
		if err := s.API.failure(); err != nil {
			return err
		}
		if !pause(ctx, pollEvery) {
			return fmt.Errorf("the API did not get ready in time (last answer: %d, %w); the end of its log:\n%s",
				status, errors.Join(err, ctx.Err()), tailOf(s.API.logFile))
		}
	}
}

// get asks an address and returns the status of its answer.
func get(ctx context.Context, address, token string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", address, err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", address, err)
	}
	return resp.StatusCode, resp.Body.Close()
}

// pause waits for d and reports whether ctx still stands.
func pause(ctx context.Context, d time.Duration) bool {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-short.Done()
	return ctx.Err() == nil
}
