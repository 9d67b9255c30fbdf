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

// change is a row that a bare case writes, when its signal has come or its time is over, or else at once.
type change struct {
	row    string
	signal bool // of the same name
	after  time.Duration
}

// act is a change that a person brings about.
func act(name string) change { return change{row: name, signal: true} }

const bareQueue = "bare"

// bare is the baseline: a case as one would write it in an hour. One workflow waits for the same signals as the product's
// and writes one row for each change. It has no API, no accounts, no acts, no due dates, no mails, no rules, no money and
// no search attributes, and its client learns of a row at once because the worker is in the same process.
type bare struct {
	plainRows
	kind     string
	changes  []change
	temporal client.Client
	worker   worker.Worker
	written  sync.Map // "case sequence" → chan struct{}
}

func newBare(ctx context.Context, c client.Client, db *sql.DB, k kind) (*bare, error) {
	b := &bare{plainRows: plainRows{db}, kind: "bare-" + string(k.Kind), changes: k.bare, temporal: c}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	b.worker = worker.New(c, bareQueue, worker.Options{})
	b.worker.RegisterWorkflowWithOptions(b.workflow, workflow.RegisterOptions{Name: b.kind})
	b.worker.RegisterActivityWithOptions(b.write, activity.RegisterOptions{Name: "write"})
	return b, b.worker.Start()
}

func (b *bare) workflow(ctx workflow.Context, id string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	for seq, c := range b.changes {
		if c.signal {
			workflow.GetSignalChannel(ctx, c.row).Receive(ctx, nil)
		}
		if err := workflow.Sleep(ctx, c.after); err != nil {
			return err
		}
		if err := workflow.ExecuteActivity(ctx, "write", id, seq, c.row).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func (b *bare) write(ctx context.Context, id string, seq int, kind string) error {
	if err := b.insert(ctx, id, seq, kind); err != nil {
		return err
	}
	if c, ok := b.written.LoadAndDelete(key(id, seq)); ok {
		close(c.(chan struct{}))
	}
	return nil
}

func key(id string, seq int) string { return fmt.Sprintf("%s %d", id, seq) }

// id is the n-th case.
func (b *bare) id(n int) string { return fmt.Sprintf("%s-%d", b.kind, n) }

// take takes the n-th case through; a decision is from its signal to its row.
func (b *bare) take(ctx context.Context, n int, decisions *sample) error {
	id, written := b.id(n), make([]chan struct{}, len(b.changes))
	for seq := range written {
		written[seq] = make(chan struct{})
		b.written.Store(key(id, seq), written[seq])
	}
	if _, err := b.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: bareQueue}, b.kind, id); err != nil {
		return err
	}
	for seq, c := range b.changes {
		began := time.Now()
		if c.signal {
			if err := b.temporal.SignalWorkflow(ctx, id, "", c.row, nil); err != nil {
				return err
			}
		}
		select {
		case <-written[seq]:
		case <-ctx.Done():
			return ctx.Err()
		}
		if c.signal {
			decisions.add(time.Since(began))
		}
	}
	return nil
}

// plainRows is the table that baselines write to: one row at a time, and nothing else.
type plainRows struct{ db *sql.DB }

func (r plainRows) prepare(ctx context.Context) error {
	_, err := r.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS bare (case_id text, seq int, kind text, at timestamptz DEFAULT now(), PRIMARY KEY (case_id, seq))`)
	if err != nil {
		return fmt.Errorf("make the baseline's table: %w", err)
	}
	return nil
}

func (r plainRows) insert(ctx context.Context, id string, seq int, kind string) error {
	_, err := r.db.ExecContext(ctx, `INSERT INTO bare (case_id, seq, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id, seq, kind)
	return err
}
