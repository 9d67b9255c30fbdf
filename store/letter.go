package store

import (
	"context"
	"database/sql"
	"errors"

	"wutong/station"
)

// Letter gathers what a mail says. It is to nobody if its recipient's data was
// erased meanwhile.
func (db *DB) Letter(ctx context.Context, id string) (station.Letter, error) {
	var row struct {
		Case, Task, Act, Account, Party              string
		Template                                     station.Template
		Attempts                                     int
		To, ToName, Language, Talent, Referrer, Link sql.NullString
		Grade                                        sql.NullString
	}
	err := db.QueryRowxContext(ctx, `
		SELECT n.case_id, n.template, n.attempts + 1, n.task, coalesce(n.act::text, ''), coalesce(n.account::text, ''), n.party,
		       coalesce(a.email, p.email), coalesce(a.name, p.name), coalesce(a.language, p.language),
		       t.name, r.name, l.id::text, e.grade
		FROM notices n JOIN cases c ON c.id = n.case_id JOIN accounts r ON r.id = c.applicant
		LEFT JOIN accounts a ON a.id = n.account
		LEFT JOIN parties p ON p.case_id = n.case_id AND p.party = n.party
		LEFT JOIN parties t ON t.case_id = n.case_id AND t.party = 'talent'
		LEFT JOIN links l ON l.task = n.task AND l.party = n.party
		LEFT JOIN talents e ON e.case_id = n.case_id
		WHERE n.id = $1`, id).
		Scan(&row.Case, &row.Template, &row.Attempts, &row.Task, &row.Act, &row.Account, &row.Party,
			&row.To, &row.ToName, &row.Language, &row.Talent, &row.Referrer, &row.Link, &row.Grade)
	if err != nil {
		return station.Letter{}, domainError(err)
	}
	l := station.Letter{
		Notice: id, Template: row.Template, Attempts: row.Attempts, Language: station.Language(row.Language.String),
		To: row.To.String, ToName: row.ToName.String, Talent: row.Talent.String, Referrer: row.Referrer.String,
		Link: row.Link.String, Grade: row.Grade.String,
	}
	return l, db.letterParts(ctx, &l, row.Case, row.Task, row.Act)
}

// letterParts adds the case, programme, task and act that a mail speaks of.
func (db *DB) letterParts(ctx context.Context, l *station.Letter, caseID, task, act string) (err error) {
	if l.Case, err = db.CaseByID(ctx, caseID); err != nil {
		return err
	}
	if l.Reason, err = db.reasonOf(ctx, l.Case); err != nil {
		return err
	}
	if l.Programme, err = db.Programme(ctx, l.Case.Programme); err != nil {
		return err
	}
	if task != "" {
		t, err := db.TaskByID(ctx, task)
		if err != nil {
			return err
		}
		l.Task, l.Due = &t, t.Due
	}
	if act != "" {
		if l.Words, err = db.Words(ctx, act); err != nil {
			return err
		}
	}
	switch l.Case.Kind {
	case station.Grant:
		return db.letterGrant(ctx, l)
	case station.Angel:
		return db.letterAngel(ctx, l)
	case station.Round:
		return db.letterRound(ctx, l)
	case station.Pitch:
		return db.letterPitch(ctx, l)
	case station.Ambassador:
		return db.letterAmbassador(ctx, l)
	case station.SettlementKind:
		return db.letterSettlement(ctx, l)
	case station.ServiceKind:
		return db.letterService(ctx, l, act)
	default:
		return nil
	}
}

// reasonOf is why a case stands as it does or, where it has gone on before its mail
// was sent, why it was declined last.
func (db *DB) reasonOf(ctx context.Context, c station.Case) (reason station.Reason, err error) {
	if c.Reason != "" {
		return station.Reason(c.Reason), nil
	}
	err = db.GetContext(ctx, &reason, `
		SELECT coalesce(details->>'reason', '') FROM events WHERE case_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1`, c.ID, station.EventDeclined)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return reason, domainError(err)
}

// letterGrant adds the amount that a mail is about and, where the application is
// not eligible, by which rules: the amount of its task, if that has one (a
// tranche, a repayment), or else the award's. The news of an award can be sent when
// it was released already: it says what was reserved.
func (db *DB) letterGrant(ctx context.Context, l *station.Letter) error {
	err := db.QueryRowxContext(ctx, `
		SELECT coalesce(nullif(a.reserved + a.paid, 0),
		                (SELECT e.fen FROM fund_entries e WHERE e.case_id = c.id AND e.kind = 'reserve' AND $2 ORDER BY e.seq DESC LIMIT 1), 0),
		       f.currency
		FROM cases c LEFT JOIN awards a ON a.case_id = c.id LEFT JOIN fund_queue q ON q.case_id = c.id JOIN funds f ON f.code = coalesce(a.fund, q.fund)
		WHERE c.id = $1`, l.Case.ID, l.Template == station.MailGrantShown || l.Template == station.MailGrantSigned).Scan(&l.Amount.Fen, &l.Amount.Currency)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return domainError(err)
	}
	if l.Template == station.MailGrantTerminated {
		l.Amount.Fen = 0    // unless it is to be repaid
		if l.Reason == "" { // the case goes on until the money is back
			l.Reason = station.ReasonEvidenceLate
		}
	}
	if l.Task != nil {
		if fen, ok := l.Task.Details.Int("fen"); ok {
			l.Amount.Fen = fen
		}
	}
	if l.Template != station.MailGrantIneligible {
		return nil
	}
	results, err := db.Assessments(ctx, l.Case.ID)
	for _, r := range results {
		if !r.Passed && !r.Advisory {
			l.Unmet = append(l.Unmet, r.Code)
		}
	}
	return err
}
