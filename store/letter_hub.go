package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"wutong/station"
)

// letterAngel adds the term of a membership and, where somebody is to vouch, for
// whom: the person invited, or whoever applied for themself.
func (db *DB) letterAngel(ctx context.Context, l *station.Letter) error {
	if l.Talent == "" {
		l.Talent = l.Referrer
	}
	err := db.QueryRowxContext(ctx, `SELECT since, until FROM angels WHERE case_id = $1`, l.Case.ID).Scan(&l.Since, &l.Until)
	if err != nil && !errors.Is(err, sql.ErrNoRows) { // not a member yet
		return domainError(err)
	}
	return nil
}

// letterRound adds a round's name and timetable.
func (db *DB) letterRound(ctx context.Context, l *station.Letter) error {
	var code string
	var times []byte
	if err := db.QueryRowxContext(ctx, `SELECT code, times FROM rounds WHERE case_id = $1`, l.Case.ID).Scan(&code, &times); err != nil {
		return notFound(err, "case %s is of no round", l.Case.ID)
	}
	var err error
	if l.Programme, err = db.Programme(ctx, code); err != nil {
		return err
	}
	return readTimes(l, times)
}

func readTimes(l *station.Letter, raw []byte) error {
	l.Times = new(station.Timetable)
	if err := json.Unmarshal(raw, l.Times); err != nil {
		return fmt.Errorf("read the timetable: %w", err)
	}
	return nil
}

// letterPitch adds what a team is told of its project: its name, where it stands
// in the round, and what is invested in it. The place on the waiting list is among
// those who still wait.
func (db *DB) letterPitch(ctx context.Context, l *station.Letter) error {
	var times []byte
	var waiting, running int
	err := db.QueryRowxContext(ctx, `
		SELECT r.times, p.committed, p.match, p.running,
		       (SELECT count(*) FROM pitches q WHERE q.round = p.round AND q.seat = 'waiting' AND NOT q.ended AND q.place <= p.place),
		       (SELECT max(t.due) FROM tasks t WHERE t.case_id = p.case_id AND t.kind = 'closing' AND t.party = 'applicant' AND t.status = 'open')
		FROM pitches p JOIN rounds r ON r.code = p.round WHERE p.case_id = $1`, l.Case.ID).
		Scan(&times, &l.Amount.Fen, &l.Match.Fen, &running, &waiting, closingDue(l))
	if err != nil {
		return notFound(err, "case %s is in no round", l.Case.ID)
	}
	l.Amount.Currency, l.Match.Currency = station.CNY, station.CNY
	switch l.Template {
	case station.MailPitchWaiting:
		l.Position = waiting
	case station.MailPitchRunning:
		l.Position = running
	default:
	}
	form, err := db.Form(ctx, l.Case.ID)
	if err != nil {
		return err
	}
	if len(form) > 0 { // not erased
		teaser, err := station.TeaserOf(form)
		if err != nil {
			return err
		}
		l.Project, l.Company = teaser.Project, teaser.Company
	}
	return readTimes(l, times)
}

// closingDue is where a letter has by when its team is to close, if it speaks of
// that.
func closingDue(l *station.Letter) any {
	if l.Template == station.MailPitchSyndicate || l.Template == station.MailPitchExtended {
		return &l.Due
	}
	return new(sql.NullTime)
}
