package activities

import "context"

// Inviter returns the account that invited somebody in a case; "" if it is the
// applicant's own.
func (r *Records) Inviter(ctx context.Context, caseID string) (string, error) {
	return r.Store.Inviter(ctx, caseID)
}
