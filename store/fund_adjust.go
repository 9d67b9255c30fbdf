package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

const selectAdjustment = `
	SELECT id, fund, year, fen, reason, proposed_by, proposed_at, coalesce(approved_by::text, ''), approved_at FROM fund_adjustments`

func scanAdjustment(row scanner) (station.Adjustment, error) {
	var a station.Adjustment
	err := row.Scan(&a.ID, &a.Fund, &a.Year, &a.Fen, &a.Reason, &a.ProposedBy, &a.ProposedAt, &a.ApprovedBy, &a.ApprovedAt)
	return a, err
}

// AdjustmentsToApprove lists what was proposed for a fund and waits for a second
// person, the oldest first.
func (db *DB) AdjustmentsToApprove(ctx context.Context, fund string) ([]station.Adjustment, error) {
	var list []station.Adjustment
	err := db.each(ctx, func(row scanner) error {
		a, err := scanAdjustment(row)
		list = append(list, a)
		return err
	}, selectAdjustment+` WHERE fund = $1 AND approved_by IS NULL ORDER BY proposed_at, id LIMIT 100`, fund)
	return list, err
}

// ProposeAdjustment keeps a proposal once per ID. Invalid with key "key_reused"
// says that the ID was used for another.
func (db *DB) ProposeAdjustment(ctx context.Context, a station.Adjustment) (station.Adjustment, error) {
	_, err := db.ExecContext(ctx, `
		INSERT INTO fund_adjustments (id, fund, year, fen, reason, proposed_by, proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO NOTHING`, a.ID, a.Fund, a.Year, a.Fen, a.Reason, a.ProposedBy, a.ProposedAt)
	if err != nil {
		return a, domainError(err)
	}
	kept, err := scanAdjustment(db.QueryRowxContext(ctx, selectAdjustment+` WHERE id = $1`, a.ID))
	if err != nil {
		return a, domainError(err)
	}
	if kept.Fund != a.Fund || kept.Year != a.Year || kept.Fen != a.Fen || kept.Reason != a.Reason {
		return a, station.Refuse(station.Invalid, "key_reused", "the key was used for another adjustment")
	}
	return kept, nil
}

// ApproveAdjustment enters an adjustment in the ledger, and serves who waits for
// the money: it returns whom to wake. Approved by the same person again it
// changes nothing; by another it is a Conflict.
func (db *DB) ApproveAdjustment(ctx context.Context, fund, id, by string, at time.Time) (a station.Adjustment, wake []station.Wake, err error) {
	err = db.transact(ctx, func(tx *sqlx.Tx) error {
		t, err := openFund(ctx, tx, fund, at)
		if err != nil {
			return err
		}
		a, err = scanAdjustment(tx.QueryRowxContext(ctx, selectAdjustment+` WHERE id = $1 AND fund = $2`, id, fund))
		switch {
		case err != nil:
			return notFound(err, "no adjustment %s of fund %s", id, fund)
		case a.ApprovedBy == by:
			return nil
		case a.ApprovedBy != "":
			return station.Refuse(station.Conflict, "adjustment_approved", "adjustment %s was approved by another", id)
		}
		a.ApprovedBy, a.ApprovedAt = by, &at
		if _, err := tx.ExecContext(ctx, `UPDATE fund_adjustments SET approved_by = $2, approved_at = $3 WHERE id = $1`, id, by, at); err != nil {
			return err
		}
		err = t.enter(ctx, station.FundEntry{
			ID: id, Kind: station.EntryAdjust, Year: a.Year, Fen: a.Fen, Actor: a.ProposedBy, Second: by,
		})
		if err != nil {
			return err
		}
		err = t.serve(ctx)
		wake = t.wake
		return err
	})
	return a, wake, err
}
