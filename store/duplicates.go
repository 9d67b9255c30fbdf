package store

import (
	"context"
	"fmt"

	"wutong/station"
)

// alike is how similar two names must be, by trigrams, to be shown to an
// officer. It is meant to show too many rather than too few.
const alike = 0.5

// selectDuplicates looks for the talent of case $1.
const selectDuplicates = `
	WITH me AS (SELECT lower(email) AS email, name_keys, name_search, institution FROM parties WHERE case_id = $1 AND party = 'talent')
	SELECT e.id::text, 'reserve', CASE WHEN lower(e.email) = me.email THEN 'email' ELSE 'name' END
	FROM me JOIN talents e ON lower(e.email) = me.email
		OR e.institution = me.institution AND (e.name_keys && me.name_keys OR public.similarity(e.name_search, me.name_search) >= $2)
	WHERE e.case_id <> $1
	UNION ALL
	SELECT c.id::text, 'referral', CASE WHEN lower(p.email) = me.email THEN 'email' ELSE 'name' END
	FROM me JOIN parties p ON p.party = 'talent' AND p.case_id <> $1 AND (lower(p.email) = me.email
		OR p.institution = me.institution AND (p.name_keys && me.name_keys OR public.similarity(p.name_search, me.name_search) >= $2))
	JOIN cases c ON c.id = p.case_id AND c.ended_at IS NULL AND c.status = 'open' AND c.id < $1
	ORDER BY 3, 1 LIMIT 20`

// Duplicates looks for the talent of a case in the reserve and among the open
// referrals: the same e-mail address, or a similar name (in either script and
// order) at the same institution. It returns the IDs of entries and cases.
func (db *DB) Duplicates(ctx context.Context, caseID string) ([]station.Duplicate, error) {
	var found []station.Duplicate
	rows, err := db.QueryxContext(ctx, selectDuplicates, caseID, alike)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates of case %s: %w", caseID, domainError(err))
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d station.Duplicate
		if err := rows.Scan(&d.ID, &d.Where, &d.Why); err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, domainError(rows.Err())
}

// DuplicatesShown returns the people behind the IDs of Duplicates.
func (db *DB) DuplicatesShown(ctx context.Context, ids []string) ([]station.TalentEntry, error) {
	var shown []station.TalentEntry
	rows, err := db.QueryxContext(ctx, `
		SELECT id::text, name, email, institution, field, branch, grade, case_id::text, entered_at FROM talents WHERE id = ANY($1::uuid[])
		UNION ALL
		SELECT c.id::text, coalesce(p.name, ''), coalesce(p.email, ''), coalesce(p.institution, ''), coalesce(p.field, ''), c.branch, '', c.id::text, c.opened_at
		FROM cases c JOIN parties p ON p.case_id = c.id AND p.party = 'talent' WHERE c.id = ANY($1::uuid[])`, textArray(ids))
	if err != nil {
		return nil, domainError(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e station.TalentEntry
		if err := rows.Scan(&e.ID, &e.Name, &e.Email, &e.Institution, &e.Field, &e.Branch, &e.Grade, &e.Case, &e.EnteredAt); err != nil {
			return nil, err
		}
		shown = append(shown, e)
	}
	return shown, domainError(rows.Err())
}
