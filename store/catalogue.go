package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// loadCatalogue writes a catalogue of services, over what was there of the same
// codes. What it has not is retired: accounts and what was chosen refer to it.
func loadCatalogue(ctx context.Context, tx *sqlx.Tx, c station.Catalogue) error {
	if err := c.Check(); err != nil {
		return err
	}
	put := func(query string, position int, code, branch string, item any) error {
		raw, err := json.Marshal(item)
		if err != nil {
			return err
		}
		args := []any{code, position, string(raw)}
		if branch != "" {
			args = append(args, branch)
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("load %s of the catalogue: %w", code, err)
		}
		return nil
	}
	for _, table := range []string{"paper_kinds", "providers", "offers"} {
		if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET retired = true`); err != nil {
			return fmt.Errorf("retire what the catalogue has no more: %w", err)
		}
	}
	for i, p := range c.Papers {
		if err := put(`INSERT INTO paper_kinds (code, position, kind) VALUES ($1, $2, $3)
			ON CONFLICT (code) DO UPDATE SET position = EXCLUDED.position, kind = EXCLUDED.kind, retired = false`, i, p.Code, "", p); err != nil {
			return err
		}
	}
	for i, p := range c.Providers {
		if err := put(`INSERT INTO providers (code, position, provider, branch) VALUES ($1, $2, $3, $4)
			ON CONFLICT (code) DO UPDATE SET position = EXCLUDED.position, branch = EXCLUDED.branch, provider = EXCLUDED.provider, retired = false`,
			i, p.Code, p.Branch, p); err != nil {
			return err
		}
	}
	for i, o := range c.Offers {
		if err := put(`INSERT INTO offers (code, position, offer) VALUES ($1, $2, $3)
			ON CONFLICT (code) DO UPDATE SET position = EXCLUDED.position, offer = EXCLUDED.offer, retired = false`, i, o.Code, "", o); err != nil {
			return err
		}
	}
	return nil
}

// catalogue reads the catalogue of services, with what is retired behind the rest; an
// empty one if none was loaded.
func catalogue(ctx context.Context, q sqlx.QueryerContext) (c station.Catalogue, err error) {
	for _, part := range []struct {
		query string
		into  func(raw []byte, retired bool) error
	}{
		{`SELECT kind AS item, retired FROM paper_kinds ORDER BY retired, position, code`, appending(&c.Papers, func(p *station.PaperKind) *bool { return &p.Retired })},
		{`SELECT provider AS item, retired FROM providers ORDER BY retired, position, code`, appending(&c.Providers, func(p *station.Provider) *bool { return &p.Retired })},
		{`SELECT offer AS item, retired FROM offers ORDER BY retired, position, code`, appending(&c.Offers, func(o *station.Offer) *bool { return &o.Retired })},
	} {
		var rows []struct {
			Item    []byte
			Retired bool
		}
		if err := sqlx.SelectContext(ctx, q, &rows, part.query); err != nil {
			return c, fmt.Errorf("read the catalogue: %w", err)
		}
		for _, row := range rows {
			if err := part.into(row.Item, row.Retired); err != nil {
				return c, fmt.Errorf("read the catalogue: %w", err)
			}
		}
	}
	return c, nil
}

// appending reads JSON to the end of a list, and notes whether it is retired.
func appending[T any](list *[]T, retired func(*T) *bool) func(raw []byte, is bool) error {
	return func(raw []byte, is bool) error {
		var item T
		err := json.Unmarshal(raw, &item)
		*retired(&item) = is
		*list = append(*list, item)
		return err
	}
}

// wordless is a service without what people read of it.
func wordless(o station.Offer) station.Offer {
	o.Name, o.About = station.Text{}, station.Text{}
	return o
}
