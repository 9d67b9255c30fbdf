package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/sync/errgroup"
)

const bareSettlementQueue = "bare-settlement"

// bareSettlement is the baseline of a settlement: a workflow that starts a child for each service once those that it needs
// have ended. Each child waits for two signals; each writes a row for all that happens, and nothing else.
type bareSettlement struct {
	plainRows
	temporal client.Client
	worker   worker.Worker
	written  sync.Map // "case sequence" → chan struct{}
}

// The rows of a child: it is asked, it is accepted, it is done.
const (
	rowAsked = iota
	rowAccepted
	rowDone
	childRows
)

func newBareSettlement(ctx context.Context, c client.Client, db *sql.DB) (*bareSettlement, error) {
	b := &bareSettlement{plainRows: plainRows{db}, temporal: c}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	b.worker = worker.New(c, bareSettlementQueue, worker.Options{})
	b.worker.RegisterWorkflowWithOptions(b.settlement, workflow.RegisterOptions{Name: "bare-settlement"})
	b.worker.RegisterWorkflowWithOptions(b.service, workflow.RegisterOptions{Name: "bare-service"})
	b.worker.RegisterActivityWithOptions(b.write, activity.RegisterOptions{Name: "write-settlement"})
	return b, b.worker.Start()
}

func (b *bareSettlement) id(n int) string { return fmt.Sprintf("bare-settlement-%d", n) }

func (b *bareSettlement) child(n int, code string) string { return b.id(n) + "-" + code }

func (b *bareSettlement) settlement(ctx workflow.Context, n int) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	seq := 0
	row := func(ctx workflow.Context, kind string) error {
		seq++
		return workflow.ExecuteActivity(ctx, "write-settlement", b.id(n), seq, kind).Get(ctx, nil)
	}
	if err := row(ctx, "opened"); err != nil {
		return err
	}
	var done []string
	var failed error
	group := workflow.NewWaitGroup(ctx)
	for _, o := range offers {
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			failed = workflow.Await(ctx, func() bool {
				return !slices.ContainsFunc(o.Needs, func(need string) bool { return !slices.Contains(done, need) })
			})
			child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: b.child(n, o.Code)})
			if err := workflow.ExecuteChildWorkflow(child, "bare-service", b.child(n, o.Code)).Get(ctx, nil); err != nil {
				failed = err
			}
			if err := row(ctx, o.Code); err != nil {
				failed = err
			}
			done = append(done, o.Code)
		})
	}
	group.Wait(ctx)
	if failed != nil {
		return failed
	}
	if err := workflow.Sleep(ctx, atRatings); err != nil {
		return err
	}
	return row(ctx, "ended")
}

func (b *bareSettlement) service(ctx workflow.Context, id string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	acts := workflow.GetSignalChannel(ctx, bareAct)
	for seq := range childRows {
		if seq > rowAsked {
			acts.Receive(ctx, nil)
		}
		if err := workflow.ExecuteActivity(ctx, "write-settlement", id, seq, bareAct).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func (b *bareSettlement) write(ctx context.Context, id string, seq int, kind string) error {
	if err := b.insert(ctx, id, seq, kind); err != nil {
		return err
	}
	if c, ok := b.written.LoadAndDelete(key(id, seq)); ok {
		close(c.(chan struct{}))
	}
	return nil
}

// take takes the n-th settlement through; a part is from a signal to its row.
func (b *bareSettlement) take(ctx context.Context, n int, acts *sample) error {
	rows := map[string]chan struct{}{}
	for _, o := range offers {
		for seq := range childRows {
			k, written := key(b.child(n, o.Code), seq), make(chan struct{})
			rows[k] = written
			b.written.Store(k, written)
		}
	}
	run, err := b.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: b.id(n), TaskQueue: bareSettlementQueue}, "bare-settlement", n)
	if err != nil {
		return err
	}
	group, side := errgroup.WithContext(ctx)
	for _, o := range offers {
		group.Go(func() error { return b.serve(side, b.child(n, o.Code), rows, acts) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return run.Get(ctx, nil)
}

// serve signals a child twice, each time when its row before is written.
func (b *bareSettlement) serve(ctx context.Context, id string, rows map[string]chan struct{}, acts *sample) error {
	for seq := range childRows {
		began := time.Now()
		if seq > rowAsked {
			if err := b.temporal.SignalWorkflow(ctx, id, "", bareAct, nil); err != nil {
				return err
			}
		}
		select {
		case <-rows[key(id, seq)]:
		case <-ctx.Done():
			return ctx.Err()
		}
		if seq > rowAsked {
			acts.add(time.Since(began))
		}
	}
	return nil
}
