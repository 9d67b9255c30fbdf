package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"wutong/station"
)

// hubOf is the branch that has the hub of a branch: its city's.
const hubOf = `(SELECT coalesce(b.parent, b.code) FROM branches b WHERE b.code = %s)`

// inConflict are the conditions by which an account has a conflict in a case.
const inConflict = `EXISTS (SELECT FROM declarations d WHERE d.case_id = %s AND d.account = %s AND d.conflict <> 'none')`

// adoptParty makes a party of the case its applicant: by the account that has
// their e-mail address, or by a new one. Whoever opened the case is remembered,
// so that their request sent again is known.
func (r *recording) adoptParty(ctx context.Context) error {
	if r.ch.Adopt == "" {
		return nil
	}
	var account string
	err := r.tx.GetContext(ctx, &account, `
		WITH who AS (SELECT coalesce(name, '') AS name, email, language FROM parties WHERE case_id = $1 AND party = $2 AND email IS NOT NULL),
		made AS (
			INSERT INTO accounts (id, name, email, roles, language) SELECT $3, name, email, '{applicant}', language FROM who
			ON CONFLICT (lower(email)) DO NOTHING RETURNING id)
		SELECT id FROM made UNION ALL SELECT a.id FROM accounts a JOIN who ON lower(a.email) = lower(who.email) LIMIT 1`,
		r.ch.Case, r.ch.Adopt, station.NewID())
	if err != nil {
		return fmt.Errorf("find an account for the %s: %w", r.ch.Adopt, err)
	}
	r.written.Applicant = account
	if account == r.c.Applicant {
		return nil
	}
	_, err = r.tx.ExecContext(ctx, `
		WITH invited AS (INSERT INTO invitations (case_id, opened_by, request_key) SELECT id, applicant, request_key FROM cases WHERE id = $1 ON CONFLICT DO NOTHING),
		named AS (UPDATE parties SET account = $2 WHERE case_id = $1 AND party = $3)
		UPDATE cases SET applicant = $2, request_key = 'invited ' || id WHERE id = $1`, r.ch.Case, account, r.ch.Adopt)
	if err != nil {
		return fmt.Errorf("make the %s the applicant: %w", r.ch.Adopt, err)
	}
	r.c.Applicant = account
	return nil
}

// member writes how the applicant's membership of the hub stands. The first time
// it takes over what the form says; what an act declares takes its place. A
// project that an interest is in then is told so. Where another case has admitted
// them since, it has the last word.
func (r *recording) member(ctx context.Context) error {
	m := r.ch.Member
	if m == nil {
		return nil
	}
	var known bool
	err := r.tx.GetContext(ctx, &known, `SELECT EXISTS (SELECT FROM angels WHERE account = $1 AND case_id = $2)`, r.c.Applicant, r.ch.Case)
	if err != nil {
		return fmt.Errorf("look for the membership: %w", err)
	}
	if !known {
		var admitted bool
		err := r.tx.GetContext(ctx, &admitted, `SELECT EXISTS (SELECT FROM events WHERE case_id = $1 AND kind = $2)`, r.ch.Case, station.EventAdmitted)
		if err != nil {
			return fmt.Errorf("look whether the case admitted the member: %w", err)
		}
		if admitted { // by another case they are a member now
			return nil
		}
	}
	_, err = r.tx.ExecContext(ctx, `
		INSERT INTO angels (account, case_id, branch, status, since, until) VALUES ($1, $2, `+fmt.Sprintf(hubOf, "$3")+`, $4, $5, $6)
		ON CONFLICT (account) DO UPDATE SET status = EXCLUDED.status, branch = EXCLUDED.branch, case_id = EXCLUDED.case_id,
			since = CASE WHEN $7 THEN angels.since ELSE EXCLUDED.since END,
			until = CASE WHEN $7 THEN coalesce(EXCLUDED.until, angels.until) ELSE EXCLUDED.until END`,
		r.c.Applicant, r.ch.Case, r.c.Branch, m.Status, r.ch.At, m.Until, known)
	if err != nil {
		return fmt.Errorf("write the membership: %w", err)
	}
	if !known {
		if err := r.asApplied(ctx); err != nil {
			return err
		}
	}
	if m.Declares != "" {
		if err := r.asDeclared(ctx, m.Declares); err != nil {
			return err
		}
	}
	if m.Status != station.MemberActive && m.Status != station.MemberSuspended {
		return nil
	}
	return r.tellOfInterests(ctx)
}

// asApplied takes over what a new member said in the form.
func (r *recording) asApplied(ctx context.Context) error {
	var raw []byte
	if err := r.tx.GetContext(ctx, &raw, `SELECT form FROM cases WHERE id = $1`, r.ch.Case); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	var form station.AngelForm
	if raw != nil { // NULL once erased
		if err := json.Unmarshal(raw, &form); err != nil {
			return fmt.Errorf("read the form: %w", err)
		}
	}
	_, err := r.tx.ExecContext(ctx, `UPDATE angels SET fields = $2, public = $3 WHERE account = $1`, r.c.Applicant, textArray(form.Fields), form.Public)
	if err != nil {
		return fmt.Errorf("write what the member invests in: %w", err)
	}
	return putInterests(ctx, r.tx, r.c.Applicant, form.Interests)
}

// asDeclared takes over what a member declares in an act.
func (r *recording) asDeclared(ctx context.Context, act string) error {
	var raw []byte
	if err := r.tx.GetContext(ctx, &raw, `SELECT body FROM acts WHERE id = $1`, act); err != nil {
		return fmt.Errorf("read what act %s declares: %w", act, err)
	}
	if raw == nil { // erased
		return nil
	}
	var b station.Body
	if err := json.Unmarshal(raw, &b); err != nil {
		return fmt.Errorf("read what act %s declares: %w", act, err)
	}
	if b.Public != nil {
		if _, err := r.tx.ExecContext(ctx, `UPDATE angels SET public = $2 WHERE account = $1`, r.c.Applicant, *b.Public); err != nil {
			return fmt.Errorf("write whether the public sees the member: %w", err)
		}
	}
	if b.Interests == nil { // those declared before stand
		return nil
	}
	return putInterests(ctx, r.tx, r.c.Applicant, b.Interests)
}

// ballot keeps what a member said: on a stage of a case, the last word counts. What
// was said before can come to the case after it, when it was hard to reach.
func (r *recording) ballot(ctx context.Context) error {
	b := r.ch.Ballot
	if b == nil {
		return nil
	}
	_, err := r.tx.ExecContext(ctx, `
		INSERT INTO ballots (case_id, stage, account, verdict, fen, task, act, at) SELECT $1, t.stage, $3, $4, $5, t.id, $6, $7 FROM tasks t WHERE t.id = $2
		ON CONFLICT ON CONSTRAINT one_ballot_per_member DO UPDATE
		SET verdict = EXCLUDED.verdict, fen = EXCLUDED.fen, task = EXCLUDED.task, act = EXCLUDED.act, at = EXCLUDED.at
		WHERE (SELECT at FROM acts WHERE id = EXCLUDED.act) >= (SELECT at FROM acts WHERE id = ballots.act)`,
		r.ch.Case, b.Task, b.Account, b.Verdict, b.Fen, b.Act, r.ch.At)
	if err != nil {
		return fmt.Errorf("keep a ballot on %s: %w", b.Task, err)
	}
	return nil
}

// declare keeps what an angel declares of a project. A conflict is never lifted; one
// that comes up late strikes the angel's scores, and the event says what became of
// the project's mean and place.
func (r *recording) declare(ctx context.Context) error {
	d := r.ch.Declare
	if d != nil {
		_, err := r.tx.ExecContext(ctx, `
			INSERT INTO declarations (case_id, account, conflict, act, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT ON CONSTRAINT one_declaration_per_angel DO UPDATE SET conflict = EXCLUDED.conflict, act = EXCLUDED.act, at = EXCLUDED.at
			WHERE declarations.conflict = 'none'`, r.ch.Case, d.Account, d.Conflict, nullable(d.Act), r.ch.At)
		if err != nil {
			return fmt.Errorf("keep a declaration: %w", err)
		}
	}
	account, err := r.conflicting(ctx)
	if err != nil || account == "" {
		return err
	}
	return r.strike(ctx, account)
}

// conflicting is the angel whose conflict the change tells of; "" if it tells of
// none.
func (r *recording) conflicting(ctx context.Context) (account string, err error) {
	switch d := r.ch.Declare; {
	case d != nil && d.Conflict != station.ConflictNone:
		return d.Account, nil
	case d != nil || r.ch.Event != station.EventDeclared || r.ch.Act == "":
		return "", nil
	}
	err = r.tx.GetContext(ctx, &account, `SELECT coalesce(body->>'account', '') FROM acts WHERE id = $1 AND body->>'verdict' = $2`, r.ch.Act, station.Conflicting)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, err
}

// strike says in the event what an angel's struck scores have changed.
func (r *recording) strike(ctx context.Context, account string) error {
	var struck []station.Stage
	err := r.tx.SelectContext(ctx, &struck, `
		SELECT stage FROM reviews WHERE case_id = $1 AND reviewer = $2 AND verdict = 'score' ORDER BY stage = 'pitches' DESC`, r.ch.Case, account)
	if err != nil || len(struck) == 0 {
		return err
	}
	before, err := r.standsAt(ctx, struck[0], account)
	if err != nil {
		return err
	}
	after, err := r.standsAt(ctx, struck[0], "")
	if err != nil {
		return err
	}
	r.ch.Details = maps.Clone(r.ch.Details)
	if r.ch.Details == nil {
		r.ch.Details = station.Details{}
	}
	r.ch.Details["struck"], r.ch.Details["before"], r.ch.Details["after"] = struck[0], before, after
	if len(struck) == 1 && struck[0] == station.StagePitches {
		return nil
	}
	return r.reorderWaiting(ctx)
}
