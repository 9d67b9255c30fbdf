package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"wutong/station"
)

// OpenSettlement returns what a settlement's workflow must know of what was chosen
// with its form. A service that is chosen again is none that is done.
func (db *DB) OpenSettlement(ctx context.Context, caseID string) (station.SettlementOpened, error) {
	var o station.SettlementOpened
	var raw []byte
	var account string
	var openedAt time.Time
	err := db.QueryRowxContext(ctx, `
		SELECT c.form, x.account, c.opened_at FROM cases c JOIN settlements x ON x.case_id = c.id WHERE c.id = $1`, caseID).Scan(&raw, &account, &openedAt)
	if err != nil {
		return o, notFound(err, "no settlement %s", caseID)
	}
	var form station.SettlementForm
	if err := json.Unmarshal(raw, &form); err != nil {
		return o, fmt.Errorf("read the form: %w", err)
	}
	done, err := doneBefore(ctx, db, account, openedAt)
	if err != nil {
		return o, domainError(err)
	}
	o.Services = form.Services
	for _, code := range append(form.Has, done...) {
		if !slices.Contains(o.Services, code) && !slices.Contains(o.Has, code) {
			o.Has = append(o.Has, code)
		}
	}
	o.Offers, err = db.OffersOf(ctx, o.Services)
	return o, err
}

// OpenService returns what a service's workflow must know of it.
func (db *DB) OpenService(ctx context.Context, caseID string) (station.ServiceOpened, error) {
	var o station.ServiceOpened
	var branch, code string
	var without pq.StringArray
	err := db.QueryRowxContext(ctx, `
		SELECT s.settlement, s.code, s.without, c.branch FROM services s JOIN cases c ON c.id = s.case_id WHERE s.case_id = $1`, caseID).
		Scan(&o.Settlement, &code, &without, &branch)
	if err != nil {
		return o, notFound(err, "no service %s", caseID)
	}
	c, err := catalogue(ctx, db)
	if err != nil {
		return o, domainError(err)
	}
	city, err := cityOf(ctx, db, branch)
	if err != nil {
		return o, domainError(err)
	}
	offer, _ := c.Offer(code)
	o.Offer, o.Providers, o.Without = wordless(offer), c.ProvidersOf(code, branch, city), without
	return o, nil
}

// OffersOf returns services of the catalogue, in the order in which they are asked
// for, without those that it has not.
func (db *DB) OffersOf(ctx context.Context, codes []string) ([]station.Offer, error) {
	c, err := catalogue(ctx, db)
	if err != nil {
		return nil, domainError(err)
	}
	var list []station.Offer
	for _, code := range codes {
		if o, known := c.Offer(code); known {
			list = append(list, wordless(o))
		}
	}
	return list, nil
}

// PapersHeld returns how the papers of a settlement's talent stand.
func (db *DB) PapersHeld(ctx context.Context, caseID string, at time.Time) (station.PapersHeld, error) {
	held := station.PapersHeld{Today: station.DayOf(at)}
	err := db.SelectContext(ctx, &held.Papers, `
		SELECT p.kind, coalesce(to_char(p.until, 'YYYY-MM-DD'), '') AS until FROM settlements x JOIN papers p ON p.account = x.account
		JOIN documents d ON d.id = p.document AND d.erased_at IS NULL
		WHERE x.case_id = $1 ORDER BY p.kind`, caseID)
	return held, domainError(err)
}
