package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wutong/station"
)

// settle settles acts; the first settlement of an act holds.
func (r *recording) settle(ctx context.Context) error {
	for _, s := range r.ch.Settle {
		_, err := r.tx.ExecContext(ctx, `
			UPDATE acts SET status = $2, reason = $3, settled_at = $4 WHERE id = $1 AND case_id = $5 AND status = 'pending'`,
			s.Act, s.Status, s.Reason, r.ch.At, r.ch.Case)
		if err != nil {
			return fmt.Errorf("settle act %s: %w", s.Act, err)
		}
		r.settled = append(r.settled, s.Act)
	}
	if r.ch.End == nil {
		return nil
	}
	// the case's row is locked: no act can come in between this and the end
	var late []string
	err := r.tx.SelectContext(ctx, &late, `
		UPDATE acts SET status = 'refused', reason = $2, settled_at = $3 WHERE case_id = $1 AND status = 'pending' RETURNING id::text`,
		r.ch.Case, station.ReasonCaseEnded, r.ch.At)
	if err != nil {
		return fmt.Errorf("refuse what came too late: %w", err)
	}
	r.settled = append(r.settled, late...)
	return nil
}

// end closes the case and does what its outcome asks for.
func (r *recording) end(ctx context.Context) error {
	e := r.ch.End
	if e == nil {
		return nil
	}
	at := r.ch.At
	r.c.EndedAt = &at
	_, err := r.tx.ExecContext(ctx, `
		WITH cancelled AS (
			UPDATE tasks SET status = 'cancelled', closed_at = $2 WHERE case_id = $1 AND status = 'open' AND kind <> 'mail')
		UPDATE links SET used_at = $2 WHERE used_at IS NULL AND task IN (SELECT id FROM tasks WHERE case_id = $1)`, r.ch.Case, at)
	if err != nil {
		return fmt.Errorf("cancel what tasks are left, and spend their links: %w", err)
	}
	if err := r.leaveRound(ctx); err != nil {
		return err
	}
	if err := r.leaveFunds(ctx); err != nil {
		return err
	}
	if err := r.leaveOffice(ctx); err != nil {
		return err
	}
	if err := r.leaveSettlement(ctx); err != nil {
		return err
	}
	switch {
	case e.Enter != nil:
		err = r.enter(ctx, *e.Enter)
	case e.Credit != "":
		err = r.credit(ctx, e.Credit)
	case e.Erase:
		err = r.erase(ctx)
	}
	return err
}

// enter puts the talent into the reserve and credits the referrer.
func (r *recording) enter(ctx context.Context, e station.ReserveEntry) error {
	_, err := r.tx.ExecContext(ctx, `
		INSERT INTO talents (id, case_id, name, name_keys, name_search, email, phone, institution, field, branch, grade, score, entered_at)
		SELECT $2, p.case_id, p.name, p.name_keys, p.name_search, p.email, coalesce(p.phone, ''), p.institution, coalesce(p.field, ''), $3, $4, $5, $6
		FROM parties p WHERE p.case_id = $1 AND p.party = 'talent'`,
		r.ch.Case, station.NewID(), r.c.Branch, e.Grade, e.Score, r.ch.At)
	if err != nil {
		return fmt.Errorf("enter the reserve: %w", err)
	}
	_, err = r.tx.ExecContext(ctx, `
		INSERT INTO credits (case_id, account, role, of_case) VALUES ($1, $2, 'referrer', $1)
		ON CONFLICT ON CONSTRAINT credited_once DO UPDATE SET role = 'referrer'`, r.ch.Case, r.c.Applicant)
	return err
}

// credit counts the applicant as co-referrer of the talent in an entry of the
// reserve, or in the case that may become one.
func (r *recording) credit(ctx context.Context, target string) error {
	_, err := r.tx.ExecContext(ctx, `
		INSERT INTO credits (case_id, account, role, of_case)
		SELECT coalesce((SELECT case_id FROM talents WHERE id = $2::uuid), $2::uuid), $3, 'co_referrer', $1
		ON CONFLICT ON CONSTRAINT credited_once DO NOTHING`, r.ch.Case, target, r.c.Applicant)
	if err != nil {
		return fmt.Errorf("credit the co-referrer: %w", err)
	}
	return nil
}

// erase forgets the talent: their data in the case, and every word that was
// said about them, or handed in to prove it, with the hashes by which a repeated request is known: they
// would confirm a guess. What stays is that there was a case.
func (r *recording) erase(ctx context.Context) error {
	for _, q := range []string{
		`UPDATE parties SET name = NULL, email = NULL, phone = NULL, institution = NULL, field = NULL, name_keys = NULL, name_search = NULL, erased_at = now()
		 WHERE case_id = $1 AND party = 'talent'`,
		`UPDATE acts SET body = NULL, salt = NULL, request_hash = '' WHERE case_id = $1`,
		`UPDATE cases SET form = NULL, request_hash = '' WHERE id = $1`,
		`UPDATE amendments SET form = NULL WHERE case_id = $1`,
		`UPDATE assessments SET saw = '{}' WHERE case_id = $1`,
		`UPDATE documents SET name = '', erased_at = now() WHERE id IN (SELECT document FROM case_documents WHERE case_id = $1)
		 AND NOT EXISTS (SELECT FROM case_documents o WHERE o.document = documents.id AND o.case_id <> $1)
		 AND NOT EXISTS (SELECT FROM papers p WHERE p.document = documents.id)`,
		`DELETE FROM case_documents WHERE case_id = $1`,
		`UPDATE notices SET status = 'dropped' WHERE case_id = $1 AND party = 'talent' AND status = 'queued'`,
	} {
		if _, err := r.tx.ExecContext(ctx, q, r.ch.Case); err != nil {
			return fmt.Errorf("erase the talent's data: %w", err)
		}
	}
	return nil
}

// queued is a mail to one recipient.
type queued struct {
	ID       string           `json:"id"`
	Key      string           `json:"key"`
	Template station.Template `json:"template"`
	Account  string           `json:"account,omitempty"`
	Party    station.Party    `json:"party"`
	Task     string           `json:"task"`
	Act      string           `json:"act,omitempty"`
}

// queueNotices queues mails: one per fact and recipient.
func (r *recording) queueNotices(ctx context.Context) error {
	if len(r.ch.Notices) == 0 {
		return nil
	}
	mails := []queued{}
	for _, n := range r.ch.Notices {
		accounts, party, err := r.recipients(ctx, n)
		if err != nil {
			return err
		}
		to := func(account string, party station.Party) {
			key := station.NoticeKey(r.ch.Case, n.Occasion, n.Template, account+string(party))
			mails = append(mails, queued{ID: station.NewID(), Key: key, Template: n.Template, Account: account, Party: party, Task: n.Task, Act: n.Act})
		}
		for _, a := range accounts {
			to(a, "")
		}
		if party != "" {
			to("", party)
		}
	}
	raw, err := json.Marshal(mails)
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `
		WITH queued AS (
			INSERT INTO notices (id, key, case_id, template, account, party, task, act, status, next_at, created_at)
			SELECT id, key, $2, template, account, party, task, act, 'queued', now(), $3
			FROM json_to_recordset($1::json) AS m (id uuid, key text, template text, account uuid, party text, task text, act uuid)
			ON CONFLICT ON CONSTRAINT one_mail_per_fact DO NOTHING)
		SELECT pg_notify('notices', '')`, string(raw), r.ch.Case, r.ch.At)
	if err != nil {
		return fmt.Errorf("queue %d mails: %w", len(mails), err)
	}
	return nil
}

// recipients are the account or party named, or else whoever owns the task: its
// assignee, its party, or the people of its pool.
func (r *recording) recipients(ctx context.Context, n station.NoticeSpec) ([]string, station.Party, error) {
	switch {
	case n.Account != "":
		return []string{n.Account}, "", nil
	case n.Party == station.Applicant:
		return []string{r.c.Applicant}, "", nil
	case n.Party != "":
		return nil, n.Party, nil
	case n.Pool != "":
		pool, err := r.pool(ctx, n.Pool)
		return pool, "", err
	}
	t, err := taskByID(ctx, r.tx, n.Task)
	if err != nil {
		return nil, "", err
	}
	switch {
	case t.Assignee.Valid:
		return []string{t.Assignee.String}, "", nil
	case t.Party == station.Applicant:
		return []string{r.c.Applicant}, "", nil
	case t.Party != "":
		return nil, t.Party, nil
	case t.Role == station.RoleAngel:
		pool, err := r.pool(ctx, station.PoolAngels)
		return pool, "", err
	}
	var pool []string
	if t.Provider.Valid {
		err = r.tx.SelectContext(ctx, &pool, `
			SELECT id::text FROM accounts WHERE roles @> ARRAY[$1::text] AND provider = $2 AND NOT disabled ORDER BY id LIMIT 50`, t.Role, t.Provider)
		return pool, "", err
	}
	err = r.tx.SelectContext(ctx, &pool, `
		SELECT id::text FROM accounts WHERE roles @> ARRAY[$1::text] AND branch = $2 AND NOT disabled ORDER BY id LIMIT 50`, t.Role, t.Branch)
	return pool, "", err
}

// pool are the accounts of a pool of the case.
func (r *recording) pool(ctx context.Context, which station.Pool) ([]string, error) {
	query := `SELECT DISTINCT c.applicant::text FROM rounds o JOIN pitches p ON p.round = o.code AND NOT p.ended JOIN cases c ON c.id = p.case_id
		WHERE o.case_id = $1 ORDER BY 1`
	args := []any{r.ch.Case}
	if which == station.PoolAngels {
		query = `SELECT g.account::text FROM angels g JOIN accounts a ON a.id = g.account AND NOT a.disabled
			WHERE g.branch = ` + fmt.Sprintf(hubOf, "$2") + ` AND g.status = 'active' AND NOT ` + fmt.Sprintf(inConflict, "$1", "g.account") + ` ORDER BY 1`
		args = append(args, r.c.Branch)
	}
	var pool []string
	err := r.tx.SelectContext(ctx, &pool, query, args...)
	if err != nil {
		return nil, fmt.Errorf("look who the %s are: %w", which, err)
	}
	return pool, nil
}

func textArray(s []string) any {
	if s == nil {
		s = []string{}
	}
	return pq.Array(s)
}

func intArray(n []int64) any {
	if n == nil {
		n = []int64{}
	}
	return pq.Array(n)
}

// one returns an error if a statement did not write its one row.
func one(res sql.Result, otherwise error) error {
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		return otherwise
	}
	return err
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// morning is nine o'clock of a due date's day in the station's time.
func morning(endOfDay time.Time) time.Time {
	return endOfDay.Add(-15*time.Hour + time.Second)
}
