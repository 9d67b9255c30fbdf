package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// bareSignals are a referral's acts: a consent, a check, three reviews.
var bareSignals = []string{"consent", "check", "review", "review", "review"}

const bareQueue = "bare"

// bare is the baseline: a referral as one would write it in an hour. One workflow waits for the same signals and writes
// one row for each change. It has no API, no accounts, no acts, no due dates, no mails and no search attributes, and its
// client learns of a row at once because the worker is in the same process.
type bare struct {
	temporal client.Client
	db       *sql.DB
	worker   worker.Worker
	written  sync.Map // "case sequence" → chan struct{}
}

func newBare(ctx context.Context, c client.Client, db *sql.DB) (*bare, error) {
	_, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS bare (case_id text, seq int, kind text, at timestamptz DEFAULT now(), PRIMARY KEY (case_id, seq))`)
	if err != nil {
		return nil, fmt.Errorf("make the baseline's table: %w", err)
	}
	b := &bare{temporal: c, db: db}
	b.worker = worker.New(c, bareQueue, worker.Options{})
	b.worker.RegisterWorkflowWithOptions(bareReferral, workflow.RegisterOptions{Name: "bare"})
	b.worker.RegisterActivityWithOptions(b.write, activity.RegisterOptions{Name: "write"})
	return b, b.worker.Start()
}

func bareReferral(ctx workflow.Context, id string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	seq := 0
	write := func(kind string) error {
		seq++
		return workflow.ExecuteActivity(ctx, "write", id, seq, kind).Get(ctx, nil)
	}
	if err := write("opened"); err != nil {
		return err
	}
	for _, name := range bareSignals {
		workflow.GetSignalChannel(ctx, name).Receive(ctx, nil)
		if err := write(name); err != nil {
			return err
		}
	}
	return write("ended")
}

func (b *bare) write(ctx context.Context, id string, seq int, kind string) error {
	if _, err := b.db.ExecContext(ctx, `INSERT INTO bare (case_id, seq, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id, seq, kind); err != nil {
		return err
	}
	if c, ok := b.written.LoadAndDelete(key(id, seq)); ok {
		close(c.(chan struct{}))
	}
	return nil
}

func key(id string, seq int) string { return fmt.Sprintf("%s %d", id, seq) }

// expect returns a channel that closes when the row is written.
func (b *bare) expect(id string, seq int) <-chan struct{} {
	c := make(chan struct{})
	b.written.Store(key(id, seq), c)
	return c
}

// referral takes one through; a decision is from its signal to its row.
func (b *bare) referral(ctx context.Context, n int, decisions *sample) error {
	id := fmt.Sprintf("bare-%d", n)
	opened, ended := b.expect(id, 1), b.expect(id, len(bareSignals)+2)
	if _, err := b.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: bareQueue}, "bare", id); err != nil {
		return err
	}
	if err := until(ctx, opened); err != nil {
		return err
	}
	for i, name := range bareSignals {
		row := b.expect(id, i+2)
		began := time.Now()
		if err := b.temporal.SignalWorkflow(ctx, id, "", name, nil); err != nil {
			return err
		}
		if err := until(ctx, row); err != nil {
			return err
		}
		decisions.add(time.Since(began))
	}
	return until(ctx, ended)
}

func until(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
