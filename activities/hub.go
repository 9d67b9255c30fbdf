package activities

import (
	"context"

	"wutong/station"
)

// Ballots returns the ballots of a case that count, cast in some stages.
func (r *Records) Ballots(ctx context.Context, caseID string, stages []station.Stage) ([]station.Ballot, error) {
	return r.Store.Ballots(ctx, caseID, stages...)
}

// Vouchers returns, for each who is to vouch for an applicant, in their order, the
// account; "" for who cannot.
func (r *Records) Vouchers(ctx context.Context, caseID string) ([]string, error) {
	return r.Store.Vouchers(ctx, caseID)
}

// MayVouch reports whether an account may vouch for an applicant; exclude are those
// who were asked before.
func (r *Records) MayVouch(ctx context.Context, caseID, account string, exclude []string) (bool, error) {
	return r.Store.MayVouch(ctx, caseID, account, exclude)
}
