package activities

import (
	"context"
	"slices"

	"wutong/station"
	"wutong/store"
)

// Records reads and writes what is known of a case.
type Records struct {
	Store *store.DB
}

// OpenCase returns what a case's workflow must know before its first step.
func (r *Records) OpenCase(ctx context.Context, caseID string) (station.Opened, error) {
	return r.Store.OpenCase(ctx, caseID)
}

// Record writes changes of a case together, each once per (case, run,
// sequence).
func (r *Records) Record(ctx context.Context, changes []station.Change) ([]station.Written, error) {
	return r.Store.Record(ctx, changes...)
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
