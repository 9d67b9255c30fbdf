package activities

import (
	"context"
	"time"

	"wutong/station"
)

// OfficeRecord is what an ambassador has done since a time, and before another.
func (r *Records) OfficeRecord(ctx context.Context, caseID string, since, until time.Time) (station.OfficeRecord, error) {
	return r.Store.OfficeRecord(ctx, caseID, since, until)
}

// OpenSettlement returns what a settlement's workflow must know of what was chosen.
func (r *Records) OpenSettlement(ctx context.Context, caseID string) (station.SettlementOpened, error) {
	return r.Store.OpenSettlement(ctx, caseID)
}

// OpenService returns what a service's workflow must know of it.
func (r *Records) OpenService(ctx context.Context, caseID string) (station.ServiceOpened, error) {
	return r.Store.OpenService(ctx, caseID)
}

// OffersOf returns services of the catalogue, without their words.
func (r *Records) OffersOf(ctx context.Context, codes []string) ([]station.Offer, error) {
	return r.Store.OffersOf(ctx, codes)
}

// PapersHeld returns how the papers of a settlement's talent stand, without their
// documents.
func (r *Records) PapersHeld(ctx context.Context, caseID string, at time.Time) (station.PapersHeld, error) {
	return r.Store.PapersHeld(ctx, caseID, at)
}
