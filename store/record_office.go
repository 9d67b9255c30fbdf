package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wutong/station"
)

// officeRow is how an office stood before a change; Case is "" if there was none.
type officeRow struct {
	Case  string `db:"case_id"`
	Since time.Time
	Until time.Time
}

// office writes how an ambassador's office stands, and has its letters say the same:
// while it is held they are in force. The first time it takes the institution over
// from the form. Whom another case has appointed since, after an operator's reset, is
// in office by that one.
func (r *recording) office(ctx context.Context) error {
	m := r.ch.Office
	if m == nil {
		return nil
	}
	if m.Status == station.OfficeActive {
		if held, err := r.holdsAnother(ctx); err != nil || held {
			return err
		}
	}
	var before officeRow
	err := r.tx.GetContext(ctx, &before, `SELECT case_id, since, until FROM offices WHERE case_id = $1`, r.ch.Case)
	switch {
	case errors.Is(err, sql.ErrNoRows) && m.Until == nil: // there is nothing to give up
		return nil
	case errors.Is(err, sql.ErrNoRows), err == nil && m.Letter == 1:
		err = r.takeOffice(ctx)
	case err == nil:
		_, err = r.tx.ExecContext(ctx, `UPDATE offices SET status = coalesce($2, status), until = coalesce($3, until) WHERE case_id = $1`,
			r.ch.Case, nullable(string(m.Status)), m.Until)
	}
	if err != nil {
		return fmt.Errorf("write the office: %w", err)
	}
	if err := r.transfer(ctx, m.Transfers); err != nil {
		return err
	}
	if err := r.lettersAre(ctx, m.Status); err != nil {
		return err
	}
	return r.issue(ctx, before)
}

// holdsAnother reports whether the applicant is in office by another case.
func (r *recording) holdsAnother(ctx context.Context) (another bool, err error) {
	err = r.tx.GetContext(ctx, &another, `
		SELECT EXISTS (SELECT FROM offices WHERE account = $1 AND case_id <> $2 AND status = 'active')`, r.c.Applicant, r.ch.Case)
	if err != nil {
		return false, fmt.Errorf("look for another office: %w", err)
	}
	return another, nil
}

// takeOffice has the applicant take office; again, after an operator's reset.
func (r *recording) takeOffice(ctx context.Context) error {
	m := r.ch.Office
	status := m.Status
	if status == "" {
		status = station.OfficeActive
	}
	res, err := r.tx.ExecContext(ctx, `
		INSERT INTO offices (case_id, account, branch, institution, status, since, until)
		SELECT $1, $2, $3, i.code, $4, $5, $6
		FROM parties p JOIN institutions i ON lower(i.code) = p.institution WHERE p.case_id = $1 AND p.party = $7 ORDER BY i.code LIMIT 1
		ON CONFLICT (case_id) DO UPDATE SET account = EXCLUDED.account, institution = EXCLUDED.institution, status = EXCLUDED.status, until = EXCLUDED.until`,
		r.ch.Case, r.c.Applicant, r.c.Branch, status, r.ch.At, m.Until, station.TheInstitution)
	if err != nil {
		return err
	}
	return one(res, station.Refuse(station.Invalid, "unknown_institution", "the institution of case %s is not known", r.ch.Case))
}

// transfer makes the institution that an act names the ambassador's, if it is known:
// its people are in conflict from now on. Nothing if the act's words were erased.
func (r *recording) transfer(ctx context.Context, act string) error {
	if act == "" {
		return nil
	}
	var named string
	if err := r.tx.GetContext(ctx, &named, `SELECT coalesce((SELECT body->>'institution' FROM acts WHERE id = $1), '')`, act); err != nil {
		return fmt.Errorf("read to which institution act %s transfers: %w", act, err)
	}
	known, err := knownInstitution(ctx, r.tx, named)
	if err != nil || known == "" {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `
		WITH moved AS (UPDATE offices SET institution = $2 WHERE case_id = $1)
		UPDATE parties SET institution = lower($2) WHERE case_id = $1 AND party = $3`, r.ch.Case, known, station.TheInstitution)
	if err != nil {
		return fmt.Errorf("transfer the office: %w", err)
	}
	return nil
}

// leaveOffice ends an office whose case ends, whatever way it took.
func (r *recording) leaveOffice(ctx context.Context) error {
	if r.c.Kind != station.Ambassador {
		return nil
	}
	res, err := r.tx.ExecContext(ctx, `UPDATE offices SET status = 'ended' WHERE case_id = $1 AND status = 'active'`, r.ch.Case)
	if err != nil {
		return fmt.Errorf("leave the office: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return r.endLetters(ctx, station.LetterEnded)
}

// backInOffice puts an office, and its letters, back to where a new run stands after
// an operator's reset. What was brought about by acts that the run does not know of is
// worth nothing any more.
func (r *recording) backInOffice(ctx context.Context) error {
	if r.c.Kind != station.Ambassador {
		return nil
	}
	stands := station.OfficeStanding{Status: station.OfficeEnded}
	if o := r.ch.Standing.Office; o != nil {
		stands = *o
	}
	if another, err := r.holdsAnother(ctx); err != nil {
		return err
	} else if another && stands.Status == station.OfficeActive {
		stands.Status = station.OfficeEnded
	}
	_, err := r.tx.ExecContext(ctx, `
		WITH newest AS (SELECT institution FROM letters WHERE case_id = $1 AND act = ANY($4::uuid[]) ORDER BY ordinal DESC LIMIT 1),
		back AS (
			UPDATE offices SET status = $2, until = coalesce($3, until), institution = coalesce((SELECT institution FROM newest), institution) WHERE case_id = $1)
		UPDATE parties p SET institution = lower(btrim(coalesce((SELECT institution FROM newest), c.form->>'institution')))
		FROM cases c WHERE c.id = $1 AND c.form IS NOT NULL AND p.case_id = c.id AND p.party = $5`,
		r.ch.Case, stands.Status, whenever(stands.Until), textArray(stands.Letters), station.TheInstitution)
	if err != nil {
		return fmt.Errorf("put the office back: %w", err)
	}
	if err := r.forgetLetters(ctx, stands.Letters); err != nil {
		return err
	}
	return r.lettersAre(ctx, stands.Status)
}

// whenever is a time, or NULL for none.
func whenever(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
