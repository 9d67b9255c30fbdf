package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// holdCall holds a round's call open until a project is in it; Conflict says that
// the call is over.
func holdCall(ctx context.Context, tx *sqlx.Tx, code string) error {
	over := station.Refuse(station.Conflict, "programme_closed", "the call of round %s is over", code)
	var phase station.Stage
	err := tx.GetContext(ctx, &phase, `SELECT phase FROM rounds WHERE code = $1 FOR SHARE`, code)
	if errors.Is(err, sql.ErrNoRows) || err == nil && phase != station.StageCall {
		return over
	} else if err != nil {
		return fmt.Errorf("hold the call of round %s: %w", code, err)
	}
	return nil
}

// enterRound puts a project into its round, and notes which members have a stake
// in it.
func enterRound(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	for _, q := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO pitches (case_id, round) VALUES ($1, $2)`, []any{n.ID, n.Programme.Code}},
		{
			`INSERT INTO declarations (case_id, account, conflict, at)
			SELECT t.case_id, t.account, 'interest', $2 FROM (` + fmt.Sprintf(selectTouched, "p.case_id = $1") + `) t
			JOIN angels g ON g.account = t.account AND g.status IN ('active', 'suspended')`, []any{n.ID, n.At},
		},
		{`SELECT pg_notify('rounds', $1)`, []any{n.Programme.Code}},
	} {
		if _, err := tx.ExecContext(ctx, q.text, q.args...); err != nil {
			return fmt.Errorf("put the project into round %s: %w", n.Programme.Code, err)
		}
	}
	return nil
}

// openRound makes the programme by which projects apply to a round, and the round.
// Invalid says that its code is taken.
func openRound(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	p, err := station.OpenRound(n.Programme, n.ID, n.Application.Form)
	if err != nil {
		return err
	}
	terms, err := station.ReadRoundTerms(p.Terms)
	if err != nil {
		return err
	}
	times, err := json.Marshal(terms.Round.Times)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `
		INSERT INTO programmes (code, kind, branch, name_zh, name_en, about_zh, about_en, opens_at, closes_at, terms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (code) DO NOTHING`,
		p.Code, p.Kind, p.Branch, p.Name.Zh, p.Name.En, p.About.Zh, p.About.En, p.OpensAt, p.ClosesAt, string(p.Terms))
	if err == nil {
		err = one(res, station.BadField("code", "taken"))
	}
	if err != nil {
		return fmt.Errorf("make the programme of round %s: %w", p.Code, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO rounds (code, case_id, branch, phase, capacity, times, match_cap) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.Code, n.ID, p.Branch, station.StageCall, terms.Capacity, string(times), terms.Match.RoundCap)
	if err != nil {
		return fmt.Errorf("open round %s: %w", p.Code, err)
	}
	return nil
}
