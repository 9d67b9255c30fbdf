package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lib/pq"

	"wutong/station"
)

// letterSettlement adds what a mail of a settlement speaks of: who manages it, what
// was chosen, where the talent moves to and, where its task is about one service or
// about papers, which.
func (db *DB) letterSettlement(ctx context.Context, l *station.Letter) error {
	if err := db.letterManager(ctx, l, l.Case.ID); err != nil {
		return err
	}
	if err := db.letterChosen(ctx, l); err != nil {
		return err
	}
	if l.Template == station.MailSettlementMoved {
		err := db.QueryRowxContext(ctx, `
			SELECT b.name_zh, b.name_en FROM acts a JOIN branches b ON b.code = a.body->>'branch'
			WHERE a.case_id = $1 AND a.kind = 'decide' AND a.body->>'verdict' = 'relocate' AND a.status = 'recorded' ORDER BY a.at DESC LIMIT 1`, l.Case.ID).
			Scan(&l.Branch.Zh, &l.Branch.En)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return domainError(err)
		}
	}
	if l.Task == nil {
		return nil
	}
	if code, ok := l.Task.Details["service"].(string); ok {
		err := db.letterAbout(ctx, l, "", `s.settlement = $1 AND s.code = $4`, code)
		if err != nil {
			return err
		}
	}
	return db.letterPapers(ctx, l)
}

// letterService adds what a mail of a service speaks of: which it is, who performs
// it, and who manages its settlement. Where the mail names no act, its words are
// those that its task is about.
func (db *DB) letterService(ctx context.Context, l *station.Letter, act string) error {
	if said, ok := saidIn(l.Task); ok && act == "" {
		words, err := db.Words(ctx, said)
		if err != nil {
			return err
		}
		l.Words, act = words, said
	}
	if err := db.letterAbout(ctx, l, act, `s.case_id = $1`); err != nil {
		return err
	}
	var settlement string
	err := db.GetContext(ctx, &settlement, `SELECT settlement FROM services WHERE case_id = $1`, l.Case.ID)
	if err != nil {
		return notFound(err, "case %s is of no settlement", l.Case.ID)
	}
	return db.letterManager(ctx, l, settlement)
}

// saidIn is the act that a task is about.
func saidIn(t *station.Task) (act string, ok bool) {
	if t != nil {
		act, ok = t.Details["act"].(string)
	}
	return act, ok
}

// letterAbout adds the service that a mail is about, why it stands as it does, and
// its provider: whose task it is, or who is named in it, or whose act it repeats,
// or else who has the service now.
func (db *DB) letterAbout(ctx context.Context, l *station.Letter, act, where string, args ...any) error {
	var provider string
	var why station.Reason
	if l.Task != nil {
		provider, _ = l.Task.Details["provider"].(string)
		said, _ := l.Task.Details["why"].(string)
		why = station.Reason(said)
		if l.Task.Provider != "" {
			provider = l.Task.Provider
		}
	}
	var name, by []byte
	var reason station.Reason
	err := db.QueryRowxContext(ctx, `
		SELECT o.offer->'name', p.provider->'name', s.reason
		FROM services s JOIN offers o ON o.code = s.code
		LEFT JOIN acts x ON x.id = nullif($2, '')::uuid LEFT JOIN accounts y ON y.id::text = x.actor
		LEFT JOIN providers p ON p.code = coalesce(nullif($3, ''), y.provider, s.provider)
		WHERE `+where+` ORDER BY s.attempt DESC LIMIT 1`, append([]any{l.Case.ID, act, provider}, args...)...).Scan(&name, &by, &reason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return domainError(err)
	}
	if why == "" {
		why = reason
	}
	if why != "" {
		l.Reason = why
	}
	if err := readText(&l.Service, name); err != nil {
		return err
	}
	return readText(&l.Provider, by)
}

// letterManager adds who manages a settlement, if somebody does.
func (db *DB) letterManager(ctx context.Context, l *station.Letter, settlement string) error {
	var m station.Contact
	err := db.QueryRowxContext(ctx, `
		SELECT a.id, a.name, a.email FROM settlements s JOIN accounts a ON a.id = s.manager WHERE s.case_id = $1`, settlement).
		Scan(&m.Account, &m.Name, &m.Email)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return domainError(err)
	default:
		l.Manager = &m
		return nil
	}
}

// letterChosen adds the services of a settlement, each once, in the order in which
// they were chosen; of a completed one, those that are done.
func (db *DB) letterChosen(ctx context.Context, l *station.Letter) (err error) {
	l.Services, err = db.texts(ctx, `
		SELECT o.offer->'name' FROM services s JOIN offers o ON o.code = s.code
		WHERE s.settlement = $1 AND (NOT $2 OR s.state IN ('done', 'waived')) GROUP BY o.code ORDER BY min(s.position), o.code`,
		l.Case.ID, l.Template == station.MailSettlementCompleted)
	return err
}

// letterPapers adds the papers that a task asks for, and whether the talent gave one
// of them before that.
func (db *DB) letterPapers(ctx context.Context, l *station.Letter) (err error) {
	asked, _ := l.Task.Details["papers"].([]any)
	codes := pq.StringArray{}
	for _, a := range asked {
		if code, ok := a.(string); ok {
			codes = append(codes, code)
		}
	}
	if l.Papers, err = db.texts(ctx, `SELECT kind->'name' FROM paper_kinds WHERE code = ANY($1) ORDER BY position`, codes); err != nil {
		return err
	}
	err = db.GetContext(ctx, &l.Renews, `SELECT EXISTS (SELECT FROM papers WHERE account = $1 AND kind = ANY($2) AND given_at < $3)`,
		l.Case.Applicant, codes, l.Task.OpenedAt)
	return domainError(err)
}

// texts reads a column of texts.
func (db *DB) texts(ctx context.Context, query string, args ...any) ([]station.Text, error) {
	var raw [][]byte
	if err := db.SelectContext(ctx, &raw, query, args...); err != nil {
		return nil, domainError(err)
	}
	list := make([]station.Text, len(raw))
	for i := range raw {
		if err := readText(&list[i], raw[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// readText reads a text as the catalogue keeps it; nothing is none.
func readText(t *station.Text, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, t); err != nil {
		return fmt.Errorf("read a name of the catalogue: %w", err)
	}
	return nil
}
