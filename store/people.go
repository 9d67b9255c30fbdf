package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wutong/station"
)

// selectAccount reads an account with the districts that its branch sees, and the
// branch whose hub it is an active member of.
const selectAccount = `
	SELECT a.id, a.name, a.email, a.roles, coalesce(a.branch, ''), a.institution, a.language, coalesce(a.provider, ''), a.disabled,
	       ARRAY(SELECT b.code FROM branches b WHERE b.parent = a.branch ORDER BY b.code),
	       coalesce((SELECT g.branch FROM angels g WHERE g.account = a.id AND g.status = 'active'), '')`

func scanAccount(row interface{ Scan(...any) error }, a *station.Account, more ...any) error {
	var roles, districts pq.StringArray
	into := append([]any{&a.ID, &a.Name, &a.Email, &roles, &a.Branch, &a.Institution, &a.Language, &a.Provider, &a.Disabled, &districts, &a.Hub}, more...)
	if err := row.Scan(into...); err != nil {
		return err
	}
	for _, r := range roles {
		a.Roles = append(a.Roles, station.Role(r))
	}
	a.Districts = districts
	if a.Hub != "" {
		a.Roles = append(a.Roles, station.RoleAngel)
	}
	return nil
}

// AccountByID returns an account.
func (db *DB) AccountByID(ctx context.Context, id string) (station.Account, error) {
	var a station.Account
	if uuid.Validate(id) != nil {
		return a, station.Errorf(station.NotFound, "no account %s", id)
	}
	err := scanAccount(db.QueryRowxContext(ctx, selectAccount+` FROM accounts a WHERE a.id = $1`, id), &a)
	return a, notFound(err, "no account %s", id)
}

// ActorByToken returns who holds a token.
func (db *DB) ActorByToken(ctx context.Context, hash []byte, now time.Time) (station.Actor, error) {
	var who station.Actor
	var expires time.Time
	row := db.QueryRowxContext(ctx, selectAccount+`, t.id, t.scope, t.expires_at FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = $1`, hash)
	err := scanAccount(row, &who.Account, &who.Token, &who.Scope, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return who, station.Refuse(station.Unauthorized, "token_unknown", "no such token")
	case err != nil:
		return who, domainError(err)
	case !now.Before(expires):
		return who, station.Refuse(station.Unauthorized, "token_expired", "token %s has expired", who.Token)
	case who.Disabled:
		return who, station.Refuse(station.Unauthorized, "account_disabled", "account %s is disabled", who.ID)
	}
	return who, nil
}

// InsertToken keeps a token.
func (db *DB) InsertToken(ctx context.Context, t station.Token) error {
	_, err := db.ExecContext(ctx, `INSERT INTO tokens (id, account, hash, scope, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		t.ID, t.Account, t.Hash, t.Scope, t.ExpiresAt)
	if err != nil {
		return fmt.Errorf("keep the token: %w", domainError(err))
	}
	return nil
}

// Seed is a station's data: its offices, people, programmes and funds.
type Seed struct {
	Branches     []station.Branch
	Institutions []station.Institution
	Channels     []station.Channel
	Programmes   []station.Programme
	Accounts     []station.Account
	Funds        []station.Fund
	Founders     []station.FoundingMember
	Catalogue    *station.Catalogue // of services; nil: as it was
}

// Load writes a seed, over what was there of the same codes and IDs.
func (db *DB) Load(ctx context.Context, s Seed) error {
	return db.transact(ctx, func(tx *sqlx.Tx) error {
		put := func(query string, args ...any) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		}
		for _, b := range s.Branches {
			if err := put(`INSERT INTO branches (code, name_zh, name_en, parent) VALUES ($1, $2, $3, $4)
				ON CONFLICT (code) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, parent = EXCLUDED.parent`,
				b.Code, b.Name.Zh, b.Name.En, nullable(b.Parent)); err != nil {
				return fmt.Errorf("load branch %s: %w", b.Code, err)
			}
		}
		for _, i := range s.Institutions {
			if err := put(`INSERT INTO institutions (code, name_zh, name_en, "group", place_zh, place_en, land) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (code) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, "group" = EXCLUDED."group",
					place_zh = EXCLUDED.place_zh, place_en = EXCLUDED.place_en, land = EXCLUDED.land`,
				i.Code, i.Name.Zh, i.Name.En, i.Group, i.Place.Zh, i.Place.En, i.Land); err != nil {
				return fmt.Errorf("load institution %s: %w", i.Code, err)
			}
		}
		for _, c := range s.Channels {
			if err := put(`INSERT INTO channels (code, name_zh, name_en) VALUES ($1, $2, $3)
				ON CONFLICT (code) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en`,
				c.Code, c.Name.Zh, c.Name.En); err != nil {
				return fmt.Errorf("load channel %s: %w", c.Code, err)
			}
		}
		for _, p := range s.Programmes {
			if err := put(`INSERT INTO programmes (code, kind, branch, name_zh, name_en, about_zh, about_en, opens_at, closes_at, terms)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
				ON CONFLICT (code) DO UPDATE SET kind = EXCLUDED.kind, branch = EXCLUDED.branch, name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en,
					about_zh = EXCLUDED.about_zh, about_en = EXCLUDED.about_en, opens_at = EXCLUDED.opens_at, closes_at = EXCLUDED.closes_at, terms = EXCLUDED.terms`,
				p.Code, p.Kind, p.Branch, p.Name.Zh, p.Name.En, p.About.Zh, p.About.En, p.OpensAt, p.ClosesAt, terms(p)); err != nil {
				return fmt.Errorf("load programme %s: %w", p.Code, err)
			}
		}
		if s.Catalogue != nil {
			if err := loadCatalogue(ctx, tx, *s.Catalogue); err != nil {
				return fmt.Errorf("load the catalogue: %w", err)
			}
		}
		for _, a := range s.Accounts {
			roles := make([]string, len(a.Roles))
			for i, r := range a.Roles {
				roles[i] = string(r)
			}
			if err := put(`INSERT INTO accounts (id, name, email, roles, branch, institution, language, disabled, provider) VALUES ($1, $2, $3, $4, $5, `+institutionCode("$6")+`, $7, $8, $9)
				ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, email = EXCLUDED.email, roles = EXCLUDED.roles, branch = EXCLUDED.branch,
					institution = EXCLUDED.institution, language = EXCLUDED.language, disabled = EXCLUDED.disabled,
					provider = EXCLUDED.provider`,
				a.ID, a.Name, a.Email, textArray(roles), nullable(a.Branch), institutionKey(a.Institution), a.Language, a.Disabled, nullable(a.Provider)); err != nil {
				return fmt.Errorf("load account %s: %w", a.ID, err)
			}
		}
		for _, f := range s.Funds {
			if err := loadFund(ctx, tx, f); err != nil {
				return fmt.Errorf("load fund %s: %w", f.Code, err)
			}
		}
		for _, f := range s.Founders {
			if err := loadFounder(ctx, tx, f); err != nil {
				return fmt.Errorf("load founding member %s: %w", f.Account, err)
			}
		}
		return nil
	})
}

func terms(p station.Programme) string {
	if len(p.Terms) == 0 {
		return "{}"
	}
	return string(p.Terms)
}
