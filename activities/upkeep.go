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
	sweepPatience = 5 * time.Second // younger ones are still on their way
	sweepBatch    = 500
	sweepBack     = 5 * time.Minute // how far back it looks for resets
)

// Sweep starts cases whose workflow never started, reserves for cases that wait
// for a fund that has money again, signals acts that were not settled, and asks
// cases that an operator reset to show where they stand.
func (u *Upkeep) Sweep(ctx context.Context) (Swept, error) {
	var did Swept
	before := u.Now().Add(-sweepPatience)
	cases, err := u.Store.Unstarted(ctx, before, sweepBatch)
	if err != nil {
		return did, err
	}
	for _, c := range cases {
		if err := u.Engine.StartCase(ctx, c); err != nil {
			return did, err
		}
		did.Started++
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
	acts, err := u.Store.Unsettled(ctx, before, sweepBatch)
	if err != nil {
		return did, err
	}
	for _, a := range acts {
		if err := u.again(ctx, a, &did); err != nil {
			return did, err
		}
	}
	return did, u.resync(ctx, &did)
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
	u.Log.ErrorContext(ctx, "a case has no workflow", "case", a.Case)
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
