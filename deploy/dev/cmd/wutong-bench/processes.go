package main

import (
	"context"
	"fmt"
	"time"

	"wutong/deploy/dev"
)

// memory is the resident memory of the two processes, in MiB.
type memory struct{ api, worker float64 }

// scales weigh the product's processes, from when they are idle on.
type scales struct {
	stack      *dev.Stack
	idle, peak memory
	cancel     context.CancelFunc
	stopped    chan struct{}
}

func newScales(ctx context.Context, stack *dev.Stack) *scales {
	ctx, cancel := context.WithCancel(ctx)
	s := &scales{stack: stack, cancel: cancel, stopped: make(chan struct{})}
	s.idle = s.weigh()
	go func() {
		defer close(s.stopped)
		for ctx.Err() == nil {
			now := s.weigh()
			s.peak.api, s.peak.worker = max(s.peak.api, now.api), max(s.peak.worker, now.worker)
			time.Sleep(200 * time.Millisecond)
		}
	}()
	return s
}

func (s *scales) weigh() memory {
	return memory{resident(s.stack.API.Pid()), resident(s.stack.Worker.Pid())}
}

func (s *scales) stop() {
	s.cancel()
	<-s.stopped
}

func (s *scales) print() {
	t := newTable("Processes", "", "idle", "under load, at most")
	t.row("resident memory, api", fmt.Sprintf("%.0f MiB", s.idle.api), fmt.Sprintf("%.0f MiB", s.peak.api))
	t.row("resident memory, worker", fmt.Sprintf("%.0f MiB", s.idle.worker), fmt.Sprintf("%.0f MiB", s.peak.worker))
	t.end()
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

func (r readiness) print() {
	t := newTable("The stack, until it is ready", "first start", "next start")
	t.row(seconds(r.first), seconds(r.again))
	t.end()
}
