package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wutong/deploy/dev"
	"wutong/deploy/dev/crowd"
)

// way is one of the two ways to take a referral through, and what was measured of it.
type way struct {
	name       string
	referral   func(context.Context, int, *sample) error
	n          atomic.Int64
	idle, load sample
	perSecond  []float64
}

// round takes referrals through, some side by side, until the time is up; then it finishes what has begun.
func (w *way) round(ctx context.Context, side int, length time.Duration, decisions *sample) (perSecond float64, err error) {
	var group sync.WaitGroup
	var done atomic.Int64
	var once sync.Once
	began := time.Now()
	for range side {
		group.Go(func() {
			for time.Since(began) < length && ctx.Err() == nil {
				if e := w.referral(ctx, int(w.n.Add(1)), decisions); e != nil {
					once.Do(func() { err = fmt.Errorf("%s: %w", w.name, e) })
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), err
}

// memory is the resident memory of the two processes, in MiB.
type memory struct{ api, worker float64 }

func weigh(stack *dev.Stack) memory {
	return memory{resident(stack.API.Pid()), resident(stack.Worker.Pid())}
}

func measureReferrals(ctx context.Context, p plan, stack *dev.Stack, db *sql.DB, people *crowd.Crowd, ready readiness) error {
	temporal, err := dial(stack)
	if err != nil {
		return err
	}
	defer temporal.Close()
	baseline, err := newBare(ctx, temporal, db)
	if err != nil {
		return err
	}
	defer baseline.worker.Stop()
	station, err := newProduct(stack, db, people)
	if err != nil {
		return err
	}
	defer station.lis.Close()
	ours, theirs := &way{name: "wutong", referral: station.referral}, &way{name: "bare", referral: baseline.referral}

	idle, peak := weigh(stack), memory{}
	weighing, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for weighing.Err() == nil {
			now := weigh(stack)
			peak.api, peak.worker = max(peak.api, now.api), max(peak.worker, now.worker)
			time.Sleep(200 * time.Millisecond)
		}
	}()
	for _, w := range []*way{theirs, ours} { // what only the first ones pay is nobody's figure
		if _, err := w.round(ctx, p.side, p.idle/2, &sample{}); err != nil {
			return err
		}
	}
	for i := range p.rounds {
		pair := []*way{ours, theirs}
		if i%2 == 1 {
			pair = []*way{theirs, ours}
		}
		for _, w := range pair {
			if _, err := w.round(ctx, 1, p.idle, &w.idle); err != nil {
				return err
			}
			rate, err := w.round(ctx, p.side, p.load, &w.load)
			if err != nil {
				return err
			}
			w.perSecond = append(w.perSecond, rate)
		}
	}
	stop()
	printReferrals(p, ours, theirs)
	if err := printHistories(ctx, temporal, db, int(ours.n.Load())); err != nil {
		return err
	}
	t := newTable("Processes", "", "idle", "under load, at most")
	t.row("resident memory, api", fmt.Sprintf("%.0f MiB", idle.api), fmt.Sprintf("%.0f MiB", peak.api))
	t.row("resident memory, worker", fmt.Sprintf("%.0f MiB", idle.worker), fmt.Sprintf("%.0f MiB", peak.worker))
	t.end()
	t = newTable("The stack, until it is ready", "first start", "next start")
	t.row(seconds(ready.first), seconds(ready.again))
	t.end()
	return nil
}

func printReferrals(p plan, ours, theirs *way) {
	t := newTable(fmt.Sprintf("Referrals, %d rounds in turns, %d side by side under load", p.rounds, p.side), "", "wutong", "bare", "ratio")
	for i := range ours.perSecond {
		a, b := ours.perSecond[i], theirs.perSecond[i]
		t.row(fmt.Sprintf("per second, round %d", i+1), fmt.Sprintf("%.1f", a), fmt.Sprintf("%.1f", b), ratio(a, b))
	}
	for _, m := range []struct {
		name string
		of   func(*way) *sample
	}{{"idle", func(w *way) *sample { return &w.idle }}, {"under load", func(w *way) *sample { return &w.load }}} {
		for _, q := range []int{50, 99} {
			a, b := m.of(ours).at(q), m.of(theirs).at(q)
			t.row(fmt.Sprintf("a decision, %s, p%d", m.name, q), ms(a), ms(b), ratio(float64(a), float64(b)))
		}
	}
	t.end()
}
