package activities

import (
	"context"
	"log/slog"
	"time"

	"wutong/station"
	"wutong/store"
)

// Upkeep does again what was not done because something was away.
type Upkeep struct {
	Store  *store.DB
	Engine Engine
	Log    *slog.Logger
	Now    func() time.Time
}

// Engine is what the sweep needs of Temporal.
type Engine interface {
	station.Engine
	// Runs lists the cases' runs that began since a time: case IDs and run IDs,
	// side by side.
	Runs(ctx context.Context, since time.Time) (cases, runs []string, err error)
}

// Swept is what a sweep did.
type Swept struct {
	Started, Served, Signalled, Resynced int
}

const (
	sweepStart    = 5 * time.Second  // younger cases are still being started
	sweepPatience = 30 * time.Second // younger acts are still on their way: the API tells of its own for as long
	sweepBatch    = 500              // are read at once
	sweepBack     = 5 * time.Minute  // how far back it looks for resets
	sweepStarts   = 20 * time.Second // after which a sweep starts no more cases,
	sweepSignals  = 40 * time.Second // and after which it signals no more acts: the next one goes on
)

// Sweep starts cases whose workflow never started, reserves for cases that wait
// for a fund that has money again, signals acts that were not settled, and asks
// cases that an operator reset to show where they stand. It goes through all there
// is, the oldest first and each once, or until its time is up.
func (u *Upkeep) Sweep(ctx context.Context) (Swept, error) {
	var did Swept
	began := u.Now()
	err := inBatches(u, began.Add(sweepStarts), func(last station.Case) ([]station.Case, error) {
		return u.Store.Unstarted(ctx, last, began.Add(-sweepStart), sweepBatch)
	}, func(c station.Case) error {
		if err := u.Engine.StartCase(ctx, c); err != nil {
			return err
		}
		did.Started++
		return nil
	})
	if err != nil {
		return did, err
	}
	wake, err := u.Store.ServeFunds(ctx, u.Now())
	if err != nil {
		return did, err
	}
	for _, w := range wake {
		if err := u.again(ctx, store.PendingAct{Case: w.Case, Signal: w.Signal}, &did); err != nil {
			return did, err
		}
		did.Served++
	}
	err = inBatches(u, began.Add(sweepSignals), func(last store.PendingAct) ([]store.PendingAct, error) {
		return u.Store.Unsettled(ctx, last, began.Add(-sweepPatience), sweepBatch)
	}, func(a store.PendingAct) error {
		return u.again(ctx, a, &did)
	})
	if err != nil {
		return did, err
	}
	return did, u.resync(ctx, &did)
}

// inBatches does something with each of a list that is read batch by batch, from after
// the last one on, until nothing is left or time is up.
func inBatches[T any](u *Upkeep, until time.Time, read func(last T) ([]T, error), do func(T) error) error {
	var last T
	for {
		batch, err := read(last)
		if err != nil {
			return err
		}
		for _, one := range batch {
			if !u.Now().Before(until) {
				return nil
			}
			if err := do(one); err != nil {
				return err
			}
		}
		if len(batch) < sweepBatch {
			return nil
		}
		last = batch[len(batch)-1]
	}
}

// again signals an act again.
func (u *Upkeep) again(ctx context.Context, a store.PendingAct, did *Swept) error {
	err := u.Engine.SignalCase(ctx, a.Case, a.Signal)
	if station.CodeOf(err) != station.NotFound {
		did.Signalled++
		return err
	}
	c, err := u.Store.CaseByID(ctx, a.Case)
	if err != nil {
		return err
	}
	if c.Ended() {
		return nil // its last record settles what was pending: it is settled now
	}
	u.Log.ErrorContext(ctx, "a case has no workflow: an operator may have terminated it; reset it to its last workflow task", "case", a.Case)
	return nil
}

// resync finds runs that are new to a case that is not: an operator reset it.
func (u *Upkeep) resync(ctx context.Context, did *Swept) error {
	cases, runs, err := u.Engine.Runs(ctx, u.Now().Add(-sweepBack))
	if err != nil {
		return err
	}
	reset, err := u.Store.UnknownRuns(ctx, cases, runs)
	if err != nil {
		return err
	}
	for _, id := range reset {
		err := u.Engine.SignalCase(ctx, id, station.Signal{Kind: station.Resync})
		if err != nil && station.CodeOf(err) != station.NotFound {
			return err
		}
		did.Resynced++
	}
	return nil
}
