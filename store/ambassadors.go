package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// knownInstitution returns the code of an institution, however it is written; "" if
// there is none.
func knownInstitution(ctx context.Context, tx *sqlx.Tx, code string) (known string, err error) {
	err = tx.GetContext(ctx, &known, `SELECT code FROM institutions WHERE lower(code) = $1 ORDER BY code LIMIT 1`, institutionKey(code))
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return known, err
}

// mustKnow refuses an institution, in a field of that path, that is not known.
func mustKnow(ctx context.Context, tx *sqlx.Tx, path, institution string) error {
	known, err := knownInstitution(ctx, tx, institution)
	if err == nil && known == "" {
		return station.BadField(path, "unknown_institution")
	}
	return err
}

// mayBeAppointed refuses an ambassador of an institution that is not known, and whom
// somebody nominates who is in office. Who applies is not in office, and does so once
// at a time.
func mayBeAppointed(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	nominee := ""
	for _, p := range n.Application.People {
		switch p.Party {
		case station.TheInstitution:
			if err := mustKnow(ctx, tx, "institution", p.Institution); err != nil {
				return err
			}
		case station.Talent:
			nominee = p.Email
		default:
		}
	}
	if nominee == "" {
		var email string
		if err := tx.GetContext(ctx, &email, `SELECT coalesce(email, '') FROM accounts WHERE id = $1`, n.Applicant); err != nil {
			return fmt.Errorf("read who applies: %w", err)
		}
		return standsForOne(ctx, tx, n.ID, n.Applicant, email)
	}
	var is bool
	err := tx.GetContext(ctx, &is, nomineeInOffice, nominee)
	if err == nil && is {
		return inOfficeAlready(n.ID)
	}
	return err
}

// mayConsent refuses that a nominee who is in office, or has applied for one, or
// accepted another nomination, accepts one more.
func mayConsent(ctx context.Context, tx *sqlx.Tx, a station.Act) error {
	if a.Kind != station.Decide || a.Body.Verdict != station.Consent || a.Actor != string(station.Talent) {
		return nil
	}
	var who struct{ Email, Account string }
	err := tx.GetContext(ctx, &who, `
		SELECT p.email, coalesce(u.id::text, '') AS account FROM cases c JOIN parties p ON p.case_id = c.id AND p.party = 'talent' AND p.email IS NOT NULL
		LEFT JOIN accounts u ON lower(u.email) = lower(p.email) WHERE c.id = $1 AND c.kind = $2`, a.Case, station.Ambassador)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read who was nominated: %w", err)
	}
	return standsForOne(ctx, tx, a.Case, who.Account, who.Email)
}

// standsForOne refuses somebody who is in office, or on the way to one, by another
// case than this. Of two that ask at once, the second sees the first.
func standsForOne(ctx context.Context, tx *sqlx.Tx, caseID, account, email string) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('office' || lower($1), 0))`, cmp.Or(email, account)); err != nil {
		return err
	}
	var is bool
	err := tx.GetContext(ctx, &is, inOffice, nullable(account), email, caseID)
	if err == nil && is {
		return inOfficeAlready(caseID)
	}
	return err
}

func inOfficeAlready(caseID string) error {
	return station.Refuse(station.Conflict, "in_office", "whom case %s is for is in office, or has applied", caseID)
}

const (
	// inOffice is whether an account ($1), or whoever has its e-mail address ($2), is in
	// office by another case than $3, has applied for it, or has accepted a nomination,
	// which need not have come to its case yet. To have nominated somebody else, who has
	// not consented yet, is none of these.
	inOffice = `
		SELECT EXISTS (SELECT FROM offices WHERE account = $1 AND status = 'active' AND case_id <> $3::uuid) OR EXISTS (
			SELECT FROM cases c WHERE c.applicant = $1 AND c.kind = 'ambassador' AND c.ended_at IS NULL AND c.id <> $3::uuid
			AND NOT EXISTS (SELECT FROM parties p WHERE p.case_id = c.id AND p.party = 'talent' AND p.account IS DISTINCT FROM c.applicant)) OR EXISTS (
			SELECT FROM parties p JOIN cases c ON c.id = p.case_id AND c.kind = 'ambassador' AND c.ended_at IS NULL AND c.id <> $3::uuid
			JOIN acts a ON a.case_id = c.id AND a.actor = p.party AND a.kind = 'decide' AND a.status <> 'refused' AND a.body->>'verdict' = 'consent'
			WHERE p.party = 'talent' AND lower(p.email) = lower($2))`
	// nomineeInOffice is whether whoever has an e-mail address ($1) is in office.
	nomineeInOffice = `
		SELECT EXISTS (SELECT FROM accounts a JOIN offices o ON o.account = a.id AND o.status = 'active' WHERE lower(a.email) = lower($1))`
)

// nameAmbassador notes the ambassador through whom a referral comes: by the number of
// a letter of theirs or, where whoever refers names none and is in office, themself.
func nameAmbassador(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	var form station.ReferralForm
	if err := json.Unmarshal(n.Application.Form, &form); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	query, by := `SELECT case_id FROM offices WHERE account = $2 AND status = 'active' ORDER BY since DESC LIMIT 1`, n.Applicant
	number := strings.ToUpper(strings.TrimSpace(form.Ambassador))
	if number != "" {
		query, by = `SELECT o.case_id FROM letters l JOIN offices o ON o.case_id = l.case_id AND o.status = 'active' WHERE l.number = $2`, number
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO ambassador_referrals (case_id, office) SELECT $1, o.case_id FROM (`+query+`) o`, n.ID, by)
	if err != nil {
		return fmt.Errorf("name the ambassador: %w", err)
	}
	if number == "" {
		return nil
	}
	return one(res, station.BadField("ambassador", "unknown_ambassador"))
}

// namesInstitution refuses an act by which an ambassador would be of an institution
// that is not known: by another in the form, or by a transfer.
func namesInstitution(ctx context.Context, tx *sqlx.Tx, a station.Act) error {
	path, institution := "institution", a.Body.Institution
	if slices.Contains(a.Body.Changed, "institution") {
		var form station.AmbassadorForm
		if err := json.Unmarshal(a.Body.Changes, &form); err != nil {
			return fmt.Errorf("read the changes: %w", err)
		}
		path, institution = "changes/institution", form.Institution
	}
	if institution == "" {
		return nil
	}
	return mustKnow(ctx, tx, path, institution)
}
