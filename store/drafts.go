package store

import (
	"context"

	"wutong/station"
)

// PutDraft keeps a form that is not handed in, instead of the one before. NotFound
// is a programme that is not there.
func (db *DB) PutDraft(ctx context.Context, account string, d station.Draft) error {
	res, err := db.ExecContext(ctx, `
		INSERT INTO drafts (account, programme, form, updated_at) SELECT $1, code, $3, $4 FROM programmes WHERE code = $2
		ON CONFLICT (account, programme) DO UPDATE SET form = EXCLUDED.form, updated_at = EXCLUDED.updated_at`,
		account, d.Programme, string(d.Form), d.UpdatedAt)
	if err != nil {
		return domainError(err)
	}
	return one(res, station.Errorf(station.NotFound, "no programme %s", d.Programme))
}

// Drafts returns an account's drafts; of one programme, or of all ("").
func (db *DB) Drafts(ctx context.Context, account, programme string) ([]station.Draft, error) {
	var list []station.Draft
	err := db.each(ctx, func(row scanner) error {
		var d station.Draft
		var form []byte
		err := row.Scan(&d.Programme, &form, &d.UpdatedAt)
		d.Form = form
		list = append(list, d)
		return err
	}, `SELECT programme, form, updated_at FROM drafts WHERE account = $1 AND programme = coalesce($2, programme) ORDER BY programme`,
		account, nullable(programme))
	return list, err
}

// DropDraft lets a draft go; one that is not there is gone already.
func (db *DB) DropDraft(ctx context.Context, account, programme string) error {
	_, err := db.ExecContext(ctx, `DELETE FROM drafts WHERE account = $1 AND programme = $2`, account, programme)
	return domainError(err)
}
