package store

import (
	"context"
	"fmt"

	"wutong/station"
)

// Audit walks the history of every case, in the order of their IDs, and calls
// found for each fault. It reads a case at a time: any number of cases fits in
// memory. It returns how many cases and events it walked.
func (db *DB) Audit(ctx context.Context, found func(station.Fault)) (cases, events int, err error) {
	last := "00000000-0000-0000-0000-000000000000"
	for {
		var heads []caseRow
		if err := db.SelectContext(ctx, &heads, selectCase+` WHERE c.id > $1 ORDER BY c.id LIMIT 500`, last); err != nil {
			return cases, events, fmt.Errorf("read the cases after %s: %w", last, domainError(err))
		}
		if len(heads) == 0 {
			return cases, events, nil
		}
		for _, h := range heads {
			list, err := db.Events(ctx, h.ID, 0, 0)
			if err != nil {
				return cases, events, err
			}
			for _, f := range station.Verify(h.ID, list, h.EventSeq, h.EventHead) {
				found(f)
			}
			if err := db.auditActs(ctx, h.ID, list, found); err != nil {
				return cases, events, err
			}
			cases, events, last = cases+1, events+len(list), h.ID
		}
	}
}

// Sums of a fund's ledger, by what follows from them.
const (
	ledgerSums = `
		coalesce(sum(fen) FILTER (WHERE kind = 'reserve'), 0) - coalesce(sum(fen) FILTER (WHERE kind IN ('release', 'pay')), 0) AS reserved,
		coalesce(sum(fen) FILTER (WHERE kind = 'pay'), 0) AS paid, coalesce(sum(fen) FILTER (WHERE kind = 'repay'), 0) AS repaid`
	selectFalseYears = `
		SELECT y.fund, y.year FROM fund_years y LEFT JOIN (
			SELECT fund, year, coalesce(sum(fen) FILTER (WHERE kind = 'adjust'), 0) AS adjusted,` + ledgerSums + ` FROM fund_entries GROUP BY fund, year
		) e ON (e.fund, e.year) = (y.fund, y.year)
		WHERE (y.adjusted, y.reserved, y.paid, y.repaid) IS DISTINCT FROM
			(coalesce(e.adjusted, 0), coalesce(e.reserved, 0), coalesce(e.paid, 0), coalesce(e.repaid, 0)) ORDER BY y.fund, y.year`
	selectFalseAwards = `
		SELECT coalesce(a.case_id, e.case_id) AS case FROM awards a FULL JOIN (
			SELECT case_id,` + ledgerSums + ` FROM fund_entries WHERE case_id IS NOT NULL GROUP BY case_id
		) e ON e.case_id = a.case_id
		WHERE (a.reserved, a.paid, a.repaid) IS DISTINCT FROM (e.reserved, e.paid, e.repaid) ORDER BY 1`
)

// AuditFunds checks that what funds and awards say is what their ledgers add up
// to, and calls found for each that does not. It returns how many entries there
// are.
func (db *DB) AuditFunds(ctx context.Context, found func(station.Fault)) (entries int, err error) {
	var years, awards []station.Fault
	for query, into := range map[string]*[]station.Fault{selectFalseYears: &years, selectFalseAwards: &awards} {
		if err := db.SelectContext(ctx, into, query); err != nil {
			return 0, fmt.Errorf("add up the ledgers: %w", domainError(err))
		}
	}
	for _, f := range append(years, awards...) {
		f.What = "changed: it is not what the ledger adds up to"
		found(f)
	}
	err = db.GetContext(ctx, &entries, `SELECT count(*) FROM fund_entries`)
	return entries, domainError(err)
}

// auditActs checks that the words that are kept are those that were said.
func (db *DB) auditActs(ctx context.Context, caseID string, events []station.Event, found func(station.Fault)) error {
	var acts []struct {
		ID   string
		Body string
		Salt []byte
	}
	err := db.SelectContext(ctx, &acts, `SELECT id, body, salt FROM acts WHERE case_id = $1 AND salt IS NOT NULL`, caseID)
	if err != nil {
		return fmt.Errorf("read the acts of case %s: %w", caseID, domainError(err))
	}
	said := map[string]string{}
	for _, a := range acts {
		said[a.ID] = station.ActDigest(a.Salt, []byte(a.Body))
	}
	for _, e := range events {
		if digest, kept := said[e.Act]; kept && digest != e.ActDigest {
			found(station.Fault{Case: caseID, Seq: e.Seq, What: "changed: the words of its act are not those that were said"})
		}
	}
	return nil
}
