package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
	"wutong/station/names"
)

// caseRow is a case as it is kept.
type caseRow struct {
	ID        string
	Number    string
	Kind      station.Kind
	Programme string
	Branch    string
	Applicant string
	Stage     station.Stage
	Status    station.Status
	Reason    string
	Due       *time.Time
	OpenedAt  time.Time  `db:"opened_at"`
	UpdatedAt time.Time  `db:"updated_at"`
	EndedAt   *time.Time `db:"ended_at"`
	Run       sql.NullString
	EventSeq  int    `db:"event_seq"`
	EventHead string `db:"event_head"`
}

const selectCase = `
	SELECT c.id, c.number, c.kind, c.programme, c.branch, c.applicant, c.stage, c.status, c.reason, c.due,
	       c.opened_at, c.updated_at, c.ended_at, c.run, c.event_seq, c.event_head
	FROM cases c`

func (c caseRow) station() station.Case {
	return station.Case{
		ID: c.ID, Number: c.Number, Kind: c.Kind, Programme: c.Programme, Branch: c.Branch, Applicant: c.Applicant,
		Stage: c.Stage, Status: c.Status, Reason: c.Reason, Due: c.Due,
		OpenedAt: c.OpenedAt, UpdatedAt: c.UpdatedAt, EndedAt: c.EndedAt,
	}
}

// CaseByID returns a case.
func (db *DB) CaseByID(ctx context.Context, id string) (station.Case, error) {
	var c caseRow
	if err := db.GetContext(ctx, &c, selectCase+` WHERE c.id = $1`, id); err != nil {
		return station.Case{}, notFound(err, "no case %s", id)
	}
	return c.station(), nil
}

// InsertCase takes an application in, once per applicant and key.
func (db *DB) InsertCase(ctx context.Context, n station.NewCase) (c station.Case, created bool, err error) {
	if c, err = db.startedBefore(ctx, n); err != nil || c.ID != "" {
		return c, false, err
	}
	err = db.transact(ctx, func(tx *sqlx.Tx) error {
		// claim the key before anything is counted: of many at once, one goes on
		// and the others wait here and then find its case
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, n.Applicant+"\x1f"+n.Key); err != nil {
			return err
		}
		var there bool
		err := tx.GetContext(ctx, &there, `SELECT EXISTS (`+startedBy+`)`, n.Applicant, n.Key)
		if err != nil || there {
			return err
		}
		created = true
		c, err = insertCase(ctx, tx, n)
		return err
	})
	if err != nil || created {
		return c, created, err
	}
	c, err = db.startedBefore(ctx, n)
	return c, false, err
}

// startedBy is the case that an account ($1) started by a key ($2), whose ever it
// is now.
const startedBy = `
	SELECT id, request_hash FROM cases WHERE applicant = $1 AND request_key = $2
	UNION ALL SELECT c.id, c.request_hash FROM invitations i JOIN cases c ON c.id = i.case_id WHERE i.opened_by = $1 AND i.request_key = $2`

// startedBefore returns the case that this key started, or an empty one.
func (db *DB) startedBefore(ctx context.Context, n station.NewCase) (station.Case, error) {
	var row struct {
		ID          string
		RequestHash string `db:"request_hash"`
	}
	err := db.GetContext(ctx, &row, startedBy, n.Applicant, n.Key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return station.Case{}, nil
	case err != nil:
		return station.Case{}, domainError(err)
	case row.RequestHash != n.RequestHash && row.RequestHash != "": // "": erased
		return station.Case{}, station.Refuse(station.Invalid, "key_reused", "the key was used for another application")
	}
	return db.CaseByID(ctx, row.ID)
}

func insertCase(ctx context.Context, tx *sqlx.Tx, n station.NewCase) (station.Case, error) {
	if err := mayEnter(ctx, tx, n); err != nil {
		return station.Case{}, err
	}
	number, err := nextNumber(ctx, tx, n)
	if err != nil {
		return station.Case{}, err
	}
	c := station.Case{
		ID: n.ID, Number: number, Kind: n.Kind, Programme: n.Programme.Code, Branch: n.Programme.Branch, Applicant: n.Applicant,
		Stage: station.StageSubmitted, Status: station.Open, OpenedAt: n.At, UpdatedAt: n.At,
	}
	if b := n.Application.Branch; b != "" {
		c.Branch = b
		var within bool
		err := tx.GetContext(ctx, &within, `SELECT EXISTS (SELECT FROM branches WHERE code = $1 AND (code = $2 OR parent = $2))`, b, n.Programme.Branch)
		if err != nil {
			return c, fmt.Errorf("look for branch %s: %w", b, err)
		}
		if !within {
			return c, station.BadField("district", "unknown_branch")
		}
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, form, opened_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
		c.ID, c.Number, c.Kind, c.Programme, c.Branch, c.Applicant, n.Key, n.RequestHash, c.Stage, c.Status, string(n.Application.Form), n.At)
	if err != nil {
		return c, fmt.Errorf("insert the case: %w", err)
	}
	for _, p := range n.Application.People {
		if err := insertParty(ctx, tx, c.ID, p); err != nil {
			return c, err
		}
	}
	if n.Kind == station.SettlementKind { // its documents are papers
		return c, handedIn(ctx, tx, n)
	}
	if err := attachDocuments(ctx, tx, c.ID, n.Applicant, n.Application.Documents, n.At); err != nil {
		return c, err
	}
	return c, handedIn(ctx, tx, n)
}

// mayEnter refuses who comes too late to a round's call, or is of the hub or in
// office already.
func mayEnter(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	switch n.Kind {
	case station.Ambassador:
		return mayBeAppointed(ctx, tx, n)
	case station.Angel:
		return mayJoin(ctx, tx, n)
	case station.Pitch:
		return holdCall(ctx, tx, n.Programme.Code)
	default:
		return nil
	}
}

// handedIn does what else a new case asks for. What was a draft is none any more.
func handedIn(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM drafts WHERE account = $1 AND programme = $2`, n.Applicant, n.Programme.Code); err != nil {
		return fmt.Errorf("let go of the draft: %w", err)
	}
	switch n.Kind {
	case station.Referral:
		return nameAmbassador(ctx, tx, n)
	case station.Pitch:
		return enterRound(ctx, tx, n)
	case station.Round:
		return openRound(ctx, tx, n)
	case station.SettlementKind:
		return enterSettlement(ctx, tx, n)
	default:
		return nil
	}
}

// insertParty keeps whom a case concerns; said again, the later words count.
func insertParty(ctx context.Context, tx *sqlx.Tx, caseID string, p station.Person) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO parties (case_id, party, account, name, email, phone, institution, field, language, name_keys, name_search)
		VALUES ($1, $2, $3, $4, $5, $6, `+institutionCode("$7")+`, $8, $9, $10, $11)
		ON CONFLICT (case_id, party) DO UPDATE SET name = EXCLUDED.name, email = EXCLUDED.email, phone = EXCLUDED.phone,
			institution = EXCLUDED.institution, field = EXCLUDED.field, language = EXCLUDED.language,
			name_keys = EXCLUDED.name_keys, name_search = EXCLUDED.name_search`,
		caseID, p.Party, nullable(p.Account), p.Name, p.Email, p.Phone, institutionKey(p.Institution), p.Field, p.Language,
		textArray(names.Keys(p.Name)), names.Search(p.Name))
	if err != nil {
		return fmt.Errorf("keep a party: %w", err)
	}
	return nil
}

// nextNumber counts cases per branch, kind and year. It locks one small row
// until the case is in: numbers have no gaps.
func nextNumber(ctx context.Context, tx *sqlx.Tx, n station.NewCase) (string, error) {
	return countUp(ctx, tx, n.Programme.Branch, string(n.Kind), n.At)
}

// countUp returns the next number of a kind, of a branch's city.
func countUp(ctx context.Context, tx *sqlx.Tx, branch, kind string, at time.Time) (string, error) {
	year := at.In(station.ChinaTime).Year()
	city, _, _ := strings.Cut(branch, "-")
	var last int
	err := tx.GetContext(ctx, &last, `
		INSERT INTO case_counters (branch, kind, year, last) VALUES ($1, $2, $3, 1)
		ON CONFLICT (branch, kind, year) DO UPDATE SET last = case_counters.last + 1 RETURNING last`, city, kind, year)
	if err != nil {
		return "", fmt.Errorf("count the %s: %w", kind, err)
	}
	return fmt.Sprintf("%s-%s-%d-%06d", city, strings.ToUpper(kind), year, last), nil
}

// institutionKey makes an institution's code or name comparable.
func institutionKey(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// OpenCase returns what a case's workflow must know before its first step; of a
// round, the terms by which projects apply to it.
func (db *DB) OpenCase(ctx context.Context, id string) (station.Opened, error) {
	var row struct {
		Number, Programme, Branch, Applicant string
		Kind                                 station.Kind
		Terms                                []byte
		ClosesAt                             time.Time `db:"closes_at"`
	}
	err := db.GetContext(ctx, &row, `
		SELECT c.number, c.kind, c.programme, c.branch, c.applicant, p.terms, p.closes_at
		FROM cases c LEFT JOIN rounds r ON r.case_id = c.id JOIN programmes p ON p.code = coalesce(r.code, c.programme) WHERE c.id = $1`, id)
	if err != nil {
		return station.Opened{}, notFound(err, "no case %s", id)
	}
	return station.Opened{
		Number: row.Number, Kind: row.Kind, Programme: row.Programme, Branch: row.Branch,
		Applicant: row.Applicant, Terms: json.RawMessage(row.Terms), ClosesAt: row.ClosesAt,
	}, nil
}

// PartiesOf returns whom a case touches, for the rules of conflict.
func (db *DB) PartiesOf(ctx context.Context, caseID string) (station.Parties, error) {
	p, err := partiesOf(ctx, db.DB, caseID)
	return p, domainError(err)
}

func partiesOf(ctx context.Context, q sqlx.QueryerContext, caseID string) (station.Parties, error) {
	var p station.Parties
	rows, err := q.QueryxContext(ctx, `
		SELECT a.id::text, a.email, lower(a.institution) FROM cases c JOIN accounts a ON a.id = c.applicant WHERE c.id = $1
		UNION ALL
		SELECT coalesce(p.account::text, ''), coalesce(p.email, ''), coalesce(p.institution, '') FROM parties p WHERE p.case_id = $1 AND p.party NOT LIKE 'voucher.%'
		UNION ALL -- who works for a company may be known by its number or by its name
		SELECT '', '', lower(regexp_replace(btrim(p.name), '\s+', ' ', 'g')) FROM parties p WHERE p.case_id = $1 AND p.party = 'company' AND p.name <> ''
		UNION ALL -- the ambassador through whom a talent comes
		SELECT o.account::text, '', '' FROM ambassador_referrals r JOIN offices o ON o.case_id = r.office WHERE r.case_id = $1
		UNION ALL -- whoever nominated an ambassador
		SELECT i.opened_by::text, '', '' FROM invitations i JOIN cases c ON c.id = i.case_id WHERE i.case_id = $1 AND c.kind = 'ambassador'`, caseID)
	if err != nil {
		return p, fmt.Errorf("look whom the case touches: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var account, email, institution string
		if err := rows.Scan(&account, &email, &institution); err != nil {
			return p, err
		}
		p.Accounts, p.Emails, p.Institutions = append(p.Accounts, account), append(p.Emails, email), append(p.Institutions, institution)
	}
	return p, rows.Err()
}

// Unstarted returns cases that no workflow has begun to write, opened before a
// time, the oldest first, from after one of them on; none ({}) begins.
func (db *DB) Unstarted(ctx context.Context, last station.Case, before time.Time, limit int) ([]station.Case, error) {
	return db.cases(ctx, ` WHERE c.run IS NULL AND c.ended_at IS NULL AND c.opened_at < $1 AND (c.opened_at, c.id) > ($2, $3)
		ORDER BY c.opened_at, c.id LIMIT $4`, before, last.OpenedAt, cmp.Or(last.ID, noID), limit)
}

// cases reads cases c.
func (db *DB) cases(ctx context.Context, where string, args ...any) ([]station.Case, error) {
	var rows []caseRow
	if err := db.SelectContext(ctx, &rows, selectCase+where, args...); err != nil {
		return nil, domainError(err)
	}
	cases := make([]station.Case, len(rows))
	for i, r := range rows {
		cases[i] = r.station()
	}
	return cases, nil
}

// UnknownRuns returns which of the runs (case → run) have never written to a
// case that another run has written to: an operator reset them.
func (db *DB) UnknownRuns(ctx context.Context, cases, runs []string) ([]string, error) {
	var unknown []string
	err := db.SelectContext(ctx, &unknown, `
		SELECT c.id::text FROM unnest($1::uuid[], $2::text[]) AS seen (case_id, run)
		JOIN cases c ON c.id = seen.case_id AND c.run IS NOT NULL
		WHERE NOT EXISTS (SELECT FROM case_runs r WHERE r.case_id = seen.case_id AND r.run = seen.run)`,
		textArray(cases), textArray(runs))
	return unknown, domainError(err)
}
