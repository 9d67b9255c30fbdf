package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	bareRoundQueue = "bare-round"
	bareAct        = "act"
)

// bareRound is the baseline of a round: a workflow for each project that waits for acts, which are signals, and writes one
// row for each. There is no round beside them, nor anything else that bare does not have either.
type bareRound struct {
	plainRows
	temporal client.Client
	worker   worker.Worker
	sent     atomic.Int64
	written  sync.Map // act → chan struct{}
}

func newBareRound(ctx context.Context, c client.Client, db *sql.DB) (*bareRound, error) {
	b := &bareRound{plainRows: plainRows{db}, temporal: c}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	b.worker = worker.New(c, bareRoundQueue, worker.Options{})
	b.worker.RegisterWorkflowWithOptions(b.workflow, workflow.RegisterOptions{Name: "bare-pitch"})
	b.worker.RegisterActivityWithOptions(b.write, activity.RegisterOptions{Name: "write-act"})
	if err := b.worker.Start(); err != nil {
		return nil, err
	}
	for n := range projects {
		if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: b.id(n), TaskQueue: bareRoundQueue}, "bare-pitch", b.id(n)); err != nil {
			return nil, fmt.Errorf("start the baseline: %w", err)
		}
	}
	return b, nil
}

func (b *bareRound) id(n int) string { return fmt.Sprintf("bare-pitch-%d", n) }

func (b *bareRound) workflow(ctx workflow.Context, id string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	acts := workflow.GetSignalChannel(ctx, bareAct)
	for {
		var act int
		acts.Receive(ctx, &act)
		if err := workflow.ExecuteActivity(ctx, "write-act", id, act).Get(ctx, nil); err != nil {
			return err
		}
	}
}

func (b *bareRound) write(ctx context.Context, id string, act int) error {
	if err := b.insert(ctx, id, act, bareAct); err != nil {
		return err
	}
	if c, ok := b.written.LoadAndDelete(act); ok {
		close(c.(chan struct{}))
	}
	return nil
}

// take is the acts of an angel on a project, one after the other.
func (b *bareRound) take(ctx context.Context, n int, acts *sample) error {
	for range perAngel {
		if err := b.act(ctx, 1+n%(projects-1), acts); err != nil {
			return err
		}
	}
	return nil
}

// act is from a signal to its row.
func (b *bareRound) act(ctx context.Context, project int, acts *sample) error {
	act, written := int(b.sent.Add(1)), make(chan struct{})
	b.written.Store(act, written)
	began := time.Now()
	if err := b.temporal.SignalWorkflow(ctx, b.id(project), "", bareAct, act); err != nil {
		return err
	}
	select {
	case <-written:
		acts.add(time.Since(began))
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whole does so many acts to the first project, one after the other.
func (b *bareRound) whole(ctx context.Context, acts int) error {
	for range acts {
		if err := b.act(ctx, 0, &sample{}); err != nil {
			return err
		}
	}
	return nil
}
