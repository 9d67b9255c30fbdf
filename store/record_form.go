package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"wutong/station"
)

// amend makes the changes in the form that an answer asks for, and keeps the form
// as it was. A change is made once.
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
	var row struct{ Form, Changes []byte }
	err = r.tx.QueryRowxContext(ctx, `SELECT c.form, a.body->'changes' FROM cases c JOIN acts a ON a.id = $2 WHERE c.id = $1`, r.ch.Case, r.ch.Amend).
		Scan(&row.Form, &row.Changes)
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
	return r.putForm(ctx, app)
}

// putForm writes a form, and whom it says that the case concerns.
func (r *recording) putForm(ctx context.Context, app station.Application) error {
	if _, err := r.tx.ExecContext(ctx, `UPDATE cases SET form = $2 WHERE id = $1`, r.ch.Case, string(app.Form)); err != nil {
		return fmt.Errorf("write the form: %w", err)
	}
	for _, p := range app.People {
		if err := insertParty(ctx, r.tx, r.ch.Case, p); err != nil {
			return err
		}
	}
	return nil
}

// unamend puts the form back to where a new run stands after an operator's reset:
// as it was before the first change that the run does not know of.
func (r *recording) unamend(ctx context.Context) error {
	known := slices.DeleteFunc(slices.Clone(r.ch.Standing.Amended), func(act string) bool { return act == r.ch.Amend }) // this change makes it
	var form []byte
	err := r.tx.GetContext(ctx, &form, `
		SELECT form FROM amendments WHERE case_id = $1 AND act <> ALL($2::uuid[]) ORDER BY at, act LIMIT 1`, r.ch.Case, textArray(known))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look how the form was: %w", err)
	}
	if _, err := r.tx.ExecContext(ctx, `DELETE FROM amendments WHERE case_id = $1 AND act <> ALL($2::uuid[])`, r.ch.Case, textArray(known)); err != nil {
		return fmt.Errorf("forget later changes of the form: %w", err)
	}
	if form == nil { // erased
		return nil
	}
	app, err := station.Processes[r.c.Kind].CheckForm(form)
	if err != nil {
		return fmt.Errorf("put the form back: %w", err)
	}
	return r.putForm(ctx, app)
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
