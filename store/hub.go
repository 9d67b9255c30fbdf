package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wutong/station"
)

// selectMembers is a page of members, after an account ($3), of a branch or of all
// (""): of the public only those who want to be seen.
const selectMembers = `
	SELECT g.account, coalesce(g.case_id::text, ''), g.branch, g.status, a.name, g.fields, g.public, g.since, g.until
	FROM angels g JOIN accounts a ON a.id = g.account
	WHERE g.status = ANY($4) AND g.branch = coalesce($1, g.branch) AND (g.public OR NOT $2) AND g.account > $3 ORDER BY g.account LIMIT $5`

// Members lists a hub's members.
func (db *DB) Members(ctx context.Context, q station.MemberQuery) (station.Page[station.Member], error) {
	var p station.Page[station.Member]
	list, size := listName("members", q.Branch, fmt.Sprint(q.Public)), pageSize(q.Limit)
	after, err := readCursor(q.Cursor, list, isUUID)
	if err != nil {
		return p, err
	}
	if after == nil {
		after = []string{uuid.Nil.String()}
	}
	statuses := []string{string(station.MemberActive), string(station.MemberSuspended)}
	if q.Public {
		statuses = statuses[:1]
	}
	var members []station.Member
	err = db.each(ctx, func(row scanner) error {
		var m station.Member
		err := row.Scan(&m.Account, &m.Case, &m.Branch, &m.Status, &m.Name, (*pq.StringArray)(&m.Fields), &m.Public, &m.Since, &m.Until)
		members = append(members, m)
		return err
	}, selectMembers, nullable(q.Branch), q.Public, after[0], textArray(statuses), size+1)
	if err != nil {
		return p, err
	}
	p.Items, p.Next = cutPage(members, size, list, func(m station.Member) []string { return []string{m.Account} })
	return p, nil
}

// Declared returns what an account has declared of a project.
func (db *DB) Declared(ctx context.Context, caseID, account string) (station.ConflictKind, error) {
	var said station.ConflictKind
	err := db.GetContext(ctx, &said, `SELECT coalesce((SELECT conflict FROM declarations WHERE case_id = $1 AND account = $2), '')`, caseID, account)
	return said, domainError(err)
}

// Ballots returns the ballots that count, the earliest first.
func (db *DB) Ballots(ctx context.Context, caseID string, stages ...station.Stage) ([]station.Ballot, error) {
	in := make([]string, len(stages))
	for i, s := range stages {
		in[i] = string(s)
	}
	var list []station.Ballot
	err := db.each(ctx, func(row scanner) error {
		var b station.Ballot
		err := row.Scan(&b.Task, &b.Act, &b.Account, &b.Verdict, &b.Fen, &b.At)
		list = append(list, b)
		return err
	}, `SELECT task, act, account, verdict, fen, at FROM (
			SELECT DISTINCT ON (b.account) b.* FROM ballots b
			WHERE b.case_id = $1 AND (b.stage = ANY($2) OR cardinality($2::text[]) = 0) AND NOT `+fmt.Sprintf(inConflict, "b.case_id", "b.account")+`
			ORDER BY b.account, b.at DESC, b.act DESC) last
		ORDER BY at, account`, caseID, textArray(in))
	return list, err
}

// Chosen returns the members of a project's syndicate, the lead first.
func (db *DB) Chosen(ctx context.Context, caseID string) ([]string, error) {
	var members pq.StringArray
	err := db.GetContext(ctx, &members, `SELECT members::text[] FROM pitches WHERE case_id = $1`, caseID)
	return members, notFound(err, "no project %s", caseID)
}

// Vouchers returns, for each who is to vouch for an applicant, in their order, the
// account; "" for who is not an active member of the hub, or is the applicant.
func (db *DB) Vouchers(ctx context.Context, caseID string) ([]string, error) {
	var list []string
	err := db.SelectContext(ctx, &list, `
		SELECT coalesce((SELECT a.id::text FROM accounts a JOIN angels g ON g.account = a.id
			WHERE lower(a.email) = lower(p.email) AND `+mayVouch+`), '')
		FROM parties p JOIN cases c ON c.id = p.case_id WHERE c.id = $1 AND p.party LIKE 'voucher.%' ORDER BY split_part(p.party, '.', 2)::int`, caseID)
	return list, domainError(err)
}

// mayVouch are the conditions by which an account a, a member g, may vouch in a
// case c.
var mayVouch = `g.status = 'active' AND NOT a.disabled AND a.id <> c.applicant AND g.branch = ` + fmt.Sprintf(hubOf, "c.branch")

// mayJoin refuses who is a member already, suspended or not; whom an officer
// invites says so themself.
func mayJoin(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	if n.Application.Invites {
		return nil
	}
	var member bool
	err := tx.GetContext(ctx, &member, `SELECT EXISTS (SELECT FROM angels WHERE account = $1 AND status IN ('active', 'suspended'))`, n.Applicant)
	if err == nil && member {
		return station.Refuse(station.Conflict, "already_member", "account %s is a member of a hub", n.Applicant)
	}
	return err
}

func isID(s string) bool { return uuid.Validate(s) == nil }

// MayVouch reports whether an account may vouch for an applicant: an active member
// of the hub who is not the applicant, nor of those who were asked before.
func (db *DB) MayVouch(ctx context.Context, caseID, account string, exclude []string) (bool, error) {
	if !isID(account) || slices.Contains(exclude, account) {
		return false, nil
	}
	var may bool
	err := db.GetContext(ctx, &may, `
		SELECT EXISTS (SELECT FROM cases c, accounts a JOIN angels g ON g.account = a.id WHERE c.id = $1 AND a.id = $2 AND `+mayVouch+`)`, caseID, account)
	return may, domainError(err)
}

// loadFounder makes an account a member by whom a hub begins. A membership that has
// come to an end, or was given by a case, stays as it is.
func loadFounder(ctx context.Context, tx *sqlx.Tx, f station.FoundingMember) error {
	res, err := tx.ExecContext(ctx, `
		INSERT INTO angels (account, branch, status, fields, public, since) VALUES ($1, $2, 'active', $3, $4, $5)
		ON CONFLICT (account) DO NOTHING`, f.Account, f.Branch, textArray(f.Fields), f.Public, f.Since)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return putInterests(ctx, tx, f.Account, f.Interests)
}
