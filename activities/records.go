package activities

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"wutong/station"
	"wutong/store"
)

// Records reads and writes what is known of a case.
type Records struct {
	Store *store.DB
	// Engine wakes the cases for which a change has brought something about, and starts
	// those that it has begun; nil leaves them to the sweep.
	Engine station.Engine
	Log    *slog.Logger // with an Engine
}

const (
	// wakePatience bounds how long a change waits for other cases to be woken: a
	// round wakes all its projects.
	wakePatience = 15 * time.Second
	wakesAtOnce  = 16
)

// OpenCase returns what a case's workflow must know before its first step.
func (r *Records) OpenCase(ctx context.Context, caseID string) (station.Opened, error) {
	return r.Store.OpenCase(ctx, caseID)
}

// Record writes changes of a case together, each once per (case, run,
// sequence).
func (r *Records) Record(ctx context.Context, changes []station.Change) ([]station.Written, error) {
	all, err := r.Store.Record(ctx, changes...)
	if err != nil {
		return nil, err
	}
	var wake []station.Wake
	for i := range all {
		wake = append(wake, all[i].Wake...)
		all[i].Wake = nil // no business of this case's
	}
	r.wake(ctx, wake)
	r.start(ctx, all)
	return all, nil
}

// start starts the settlements that a change has begun, in another branch. A service
// is started by its settlement. The cases are kept: what fails here the sweep does
// again.
func (r *Records) start(ctx context.Context, all []station.Written) {
	ctx, stop := context.WithTimeout(ctx, wakePatience)
	defer stop()
	for _, w := range all {
		for _, c := range w.Begun {
			if r.Engine == nil || c.Kind != station.SettlementKind {
				continue
			}
			if err := r.Engine.StartCase(ctx, c); err != nil {
				r.Log.WarnContext(ctx, "case waits for the sweep to be started", "case", c.ID, "error", err)
			}
		}
	}
}

// wake signals other cases. Their acts are kept: what fails here the sweep does
// again.
func (r *Records) wake(ctx context.Context, list []station.Wake) {
	if r.Engine == nil || len(list) == 0 {
		return
	}
	ctx, stop := context.WithTimeout(ctx, wakePatience)
	defer stop()
	var side sync.WaitGroup
	turn := make(chan struct{}, wakesAtOnce)
	for _, wakes := range byCase(list) {
		turn <- struct{}{}
		side.Go(func() {
			defer func() { <-turn }()
			for _, w := range wakes {
				if ctx.Err() != nil {
					return
				}
				if err := r.Engine.SignalCase(ctx, w.Case, w.Signal); err != nil {
					r.Log.WarnContext(ctx, "case waits for the sweep to hear what another brought about", "case", w.Case, "act", w.Signal.Act, "error", err)
				}
			}
		})
	}
	side.Wait()
}

// byCase puts together what one case is to hear, in its order.
func byCase(list []station.Wake) (all [][]station.Wake) {
	at := map[string]int{}
	for _, w := range list {
		i, known := at[w.Case]
		if !known {
			i = len(all)
			at[w.Case], all = i, append(all, nil)
		}
		all[i] = append(all[i], w)
	}
	return all
}

// LoadAct returns what a person did, without their words. An act that is not
// there, or is another case's, is NotFound: a signal alone does nothing.
func (r *Records) LoadAct(ctx context.Context, caseID, act string) (station.Act, error) {
	a, err := r.Store.ActByID(ctx, act)
	if err != nil {
		return station.Act{}, err
	}
	if a.Case != caseID {
		return station.Act{}, station.Errorf(station.NotFound, "no act %s in case %s", act, caseID)
	}
	a.Body = a.Body.WithoutWords()
	return a, nil
}

// Duplicates looks for a case's talent in the reserve and among the open
// referrals.
func (r *Records) Duplicates(ctx context.Context, caseID string) ([]station.Duplicate, error) {
	return r.Store.Duplicates(ctx, caseID)
}

// Assess asks every rule of eligibility about a grant, and keeps what they say.
// The values that they looked at stay in PostgreSQL.
func (r *Records) Assess(ctx context.Context, caseID string, round int, at time.Time) ([]station.Assessed, error) {
	results, err := r.Store.Assess(ctx, caseID, round, at)
	for i := range results {
		results[i].Saw = nil
	}
	return results, err
}

// MayAppoint reports whether an account can review a case: a reviewer of its
// branch, without conflict, who was not asked before.
func (r *Records) MayAppoint(ctx context.Context, caseID, account string, asked []string) (bool, error) {
	a, err := r.Store.AccountByID(ctx, account)
	if station.CodeOf(err) == station.NotFound {
		return false, nil
	} else if err != nil {
		return false, err
	}
	c, err := r.Store.CaseByID(ctx, caseID)
	if err != nil {
		return false, err
	}
	p, err := r.Store.PartiesOf(ctx, caseID)
	if err != nil {
		return false, err
	}
	if slices.Contains(asked, account) {
		return false, nil
	}
	return !a.Disabled && a.Has(station.RoleReviewer) && a.Covers(c.Branch) && !station.Conflicted(a, p), nil
}
