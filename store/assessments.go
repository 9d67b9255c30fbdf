package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wutong/station"
)

// selectKnown counts a company's grants but for the case itself: those that were
// awarded (one that was withdrawn after a payment too), and with them the open ones that were applied for earlier. Of three at
// once the first counts none and the third two; a later one never stands in the
// way of an earlier one.
const selectKnown = `
	SELECT count(*) FILTER (WHERE awarded OR waiting), count(*) FILTER (WHERE awarded)
	FROM cases c
	JOIN parties p ON p.party = 'company' AND p.institution = $2 AND p.case_id <> c.id
	JOIN cases o ON o.id = p.case_id AND o.kind = 'grant',
	LATERAL (SELECT o.status IN ('completed', 'terminated') OR o.stage IN ('tranches', 'suspended', 'closing', 'repayment')
	                OR EXISTS (SELECT FROM awards a WHERE a.case_id = o.id AND a.paid > 0) AS awarded,
	                o.status = 'open' AND (o.opened_at, o.id) < (c.opened_at, c.id) AS waiting) AS stands
	WHERE c.id = $1`

// Assess asks every rule of a grant's programme about it, and keeps what they
// say as one round. Today is the day on which the case was opened. Done twice, the
// later answers stand. Conflict says that the form was erased.
func (db *DB) Assess(ctx context.Context, caseID string, round int, at time.Time) ([]station.Assessed, error) {
	var form, raw []byte
	var opened time.Time
	err := db.QueryRowxContext(ctx, `
		SELECT c.form, c.opened_at, p.terms FROM cases c JOIN programmes p ON p.code = c.programme WHERE c.id = $1 AND c.kind = $2`,
		caseID, station.Grant).Scan(&form, &opened, &raw)
	if err != nil {
		return nil, notFound(err, "no grant %s", caseID)
	}
	if form == nil {
		return nil, station.Errorf(station.Conflict, "the form of case %s was erased", caseID)
	}
	terms, err := station.ReadGrantTerms(raw)
	if err != nil {
		return nil, fmt.Errorf("assess case %s: %w", caseID, err)
	}
	var g station.GrantForm
	if err := json.Unmarshal(form, &g); err != nil {
		return nil, fmt.Errorf("read the form of case %s: %w", caseID, err)
	}
	var known station.Known
	err = db.QueryRowxContext(ctx, selectKnown, caseID, institutionKey(g.Company.Number)).Scan(&known.Projects, &known.Awarded)
	if err != nil {
		return nil, fmt.Errorf("count the company's grants: %w", domainError(err))
	}
	results, err := terms.Assess(g, known, opened)
	if err != nil {
		return nil, fmt.Errorf("assess case %s: %w", caseID, err)
	}
	return results, db.keepAssessed(ctx, caseID, round, results, at)
}

func (db *DB) keepAssessed(ctx context.Context, caseID string, round int, results []station.Assessed, at time.Time) error {
	rows, err := json.Marshal(results)
	if err != nil {
		return fmt.Errorf("write what the rules said of case %s: %w", caseID, err)
	}
	_, err = db.ExecContext(ctx, `
		INSERT INTO assessments (case_id, round, code, passed, advisory, saw, at)
		SELECT $1, $2, r.code, r.passed, coalesce(r.advisory, false), coalesce(r.saw, '{}'), $4
		FROM jsonb_to_recordset($3::jsonb) AS r (code text, passed boolean, advisory boolean, saw jsonb)
		ON CONFLICT ON CONSTRAINT one_answer_per_rule
		DO UPDATE SET passed = EXCLUDED.passed, advisory = EXCLUDED.advisory, saw = EXCLUDED.saw, at = EXCLUDED.at`,
		caseID, round, string(rows), at)
	if err != nil {
		return fmt.Errorf("keep what the rules said of case %s: %w", caseID, domainError(err))
	}
	return nil
}

// Assessments returns what the rules said of a case when it was last assessed,
// by their codes.
func (db *DB) Assessments(ctx context.Context, caseID string) ([]station.Assessed, error) {
	var list []station.Assessed
	err := db.each(ctx, func(row scanner) error {
		var a station.Assessed
		var saw []byte
		if err := row.Scan(&a.Code, &a.Passed, &a.Advisory, &saw); err != nil {
			return err
		}
		if err := json.Unmarshal(saw, &a.Saw); err != nil {
			return fmt.Errorf("read what rule %s saw: %w", a.Code, err)
		}
		list = append(list, a)
		return nil
	}, `SELECT code, passed, advisory, saw FROM assessments
		WHERE case_id = $1 AND round = (SELECT max(round) FROM assessments WHERE case_id = $1) ORDER BY code`, caseID)
	return list, err
}
