package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wutong/station"
	"wutong/station/names"
)

// putInterests writes what a member has a stake in, instead of what was there.
func putInterests(ctx context.Context, tx *sqlx.Tx, account string, list []station.Interest) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM interests WHERE account = $1`, account); err != nil {
		return fmt.Errorf("forget earlier interests: %w", err)
	}
	for _, i := range list {
		keys := []string{}
		if i.Kind == station.InPerson {
			keys = names.Keys(i.Name)
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO interests (account, kind, key, said, keys)
			VALUES ($1, $2, CASE WHEN $2 = 'institution' THEN `+institutionCode("$3")+` ELSE $3 END, $4, $5) ON CONFLICT DO NOTHING`,
			account, i.Kind, institutionKey(i.Name), i.Name, textArray(keys))
		if err != nil {
			return fmt.Errorf("write an interest: %w", err)
		}
	}
	return nil
}

// tellOfInterests notes in which running projects the member has a stake, and
// tells those of which it was not known. Their rounds are held meanwhile: none of
// the projects ends, and none comes in unseen.
func (r *recording) tellOfInterests(ctx context.Context) error {
	var held []string
	err := r.tx.SelectContext(ctx, &held, `SELECT code FROM rounds WHERE phase <> 'ended' ORDER BY code FOR NO KEY UPDATE`)
	if err != nil || len(held) == 0 {
		return err
	}
	var touched []struct {
		Case  string `db:"case_id"`
		Round string
	}
	err = r.tx.SelectContext(ctx, &touched, `
		WITH found AS (
			INSERT INTO declarations (case_id, account, conflict, at)
			SELECT t.case_id, t.account, 'interest', $2 FROM (`+fmt.Sprintf(selectTouched, `i.account = $1`)+`) t
			JOIN pitches o ON o.case_id = t.case_id AND NOT o.ended AND o.round = ANY($3)
			ON CONFLICT ON CONSTRAINT one_declaration_per_angel DO UPDATE SET conflict = 'interest', act = NULL, at = EXCLUDED.at
				WHERE declarations.conflict = 'none'
			RETURNING case_id)
		SELECT f.case_id, p.round FROM found f JOIN pitches p ON p.case_id = f.case_id ORDER BY f.case_id`,
		r.c.Applicant, r.ch.At, textArray(held))
	if err != nil {
		return fmt.Errorf("look in which projects the member has a stake: %w", err)
	}
	for _, t := range touched {
		if err := r.say(ctx, t.Round, move{Case: t.Case, Verdict: station.Conflicting, Account: r.c.Applicant}); err != nil {
			return err
		}
	}
	return nil
}

// selectTouched is which members have a stake in which projects, for members i
// or projects p that pass a condition: by an interest in the company, by its name or
// its number; in the company or in where somebody of the team comes from; in
// somebody of the team; or as people of the company, or of where the team or the
// applicant comes from. Nobody has one in a project of their own.
const selectTouched = `
	SELECT s.account, s.case_id FROM (
		SELECT i.account, p.case_id FROM interests i JOIN parties p ON p.party = 'company'
		WHERE %[1]s AND i.kind <> 'person' AND i.key IN (lower(regexp_replace(btrim(p.name), '\s+', ' ', 'g')), p.institution)
		UNION SELECT i.account, p.case_id FROM interests i JOIN parties p ON p.party LIKE 'founder.%%' AND p.institution = i.key
		WHERE %[1]s AND i.kind = 'institution'
		UNION SELECT i.account, p.case_id FROM interests i JOIN parties p ON p.party LIKE 'founder.%%' AND p.name_keys && i.keys
		WHERE %[1]s AND i.kind = 'person'
		UNION SELECT i.account, p.case_id FROM ` + membersOf + ` i JOIN parties p ON (p.party = 'company' OR p.party LIKE 'founder.%%')
			AND i.key IN (p.institution, CASE p.party WHEN 'company' THEN lower(regexp_replace(btrim(p.name), '\s+', ' ', 'g')) END)
		WHERE %[1]s
		UNION SELECT i.account, p.case_id FROM ` + membersOf + ` i
			JOIN (SELECT o.case_id, lower(a.institution) AS key FROM pitches o JOIN cases c ON c.id = o.case_id JOIN accounts a ON a.id = c.applicant WHERE NOT o.ended) p USING (key)
		WHERE %[1]s
	) s JOIN cases c ON c.id = s.case_id AND c.kind = 'pitch' AND c.applicant <> s.account`

// membersOf are the members, by their institutions.
const membersOf = `(SELECT g.account, lower(a.institution) AS key FROM angels g JOIN accounts a ON a.id = g.account WHERE a.institution <> '')`
