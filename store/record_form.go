package store

import (
	"context"
	"encoding/json"
	"fmt"

	"wutong/station"
)

// amend makes the changes in the form that an answer asks for, and keeps the form
// as it was. An act that was amended by before, in a run that an operator reset,
// is not made again.
func (r *recording) amend(ctx context.Context) error {
	if r.ch.Amend == "" {
		return nil
	}
	res, err := r.tx.ExecContext(ctx, `
		INSERT INTO amendments (act, case_id, form, at) SELECT $2, id, form, $3 FROM cases WHERE id = $1
		ON CONFLICT (act) DO NOTHING`, r.ch.Case, r.ch.Amend, r.ch.At)
	if err != nil {
		return fmt.Errorf("keep the form as it was: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	var row struct {
		Form, Changes []byte
		Applicant     string
	}
	err = r.tx.QueryRowxContext(ctx, `SELECT c.form, a.body->'changes', c.applicant FROM cases c JOIN acts a ON a.id = $2 WHERE c.id = $1`, r.ch.Case, r.ch.Amend).
		Scan(&row.Form, &row.Changes, &row.Applicant)
	if err != nil {
		return fmt.Errorf("read what is to be changed: %w", err)
	}
	if row.Form == nil || row.Changes == nil { // erased
		return nil
	}
	app, _, err := station.Processes[r.c.Kind].Amend(row.Form, row.Changes)
	if err != nil {
		return fmt.Errorf("change the form: %w", err)
	}
	if _, err := r.tx.ExecContext(ctx, `UPDATE cases SET form = $2 WHERE id = $1`, r.ch.Case, string(app.Form)); err != nil {
		return fmt.Errorf("change the form: %w", err)
	}
	for _, p := range app.People {
		if err := insertParty(ctx, r.tx, r.ch.Case, p); err != nil {
			return err
		}
	}
	return nil
}

// join makes whoever did an act a party of the case, so that they can be told.
func (r *recording) join(ctx context.Context) error {
	j := r.ch.Join
	if j == nil {
		return nil
	}
	var raw []byte
	if err := r.tx.GetContext(ctx, &raw, `SELECT body FROM acts WHERE id = $1`, j.Act); err != nil {
		return fmt.Errorf("read who did act %s: %w", j.Act, err)
	}
	var b station.Body
	if raw != nil { // NULL once erased
		if err := json.Unmarshal(raw, &b); err != nil {
			return err
		}
	}
	return insertParty(ctx, r.tx, r.ch.Case, station.Person{Party: j.Party, Name: b.Name, Email: b.Email, Language: b.Language})
}
