package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"wutong/station"
)

// selectAppointment reads letters l.
const selectAppointment = `SELECT l.code, l.number, l.case_id, l.words, l.issued_at, l.until, l.ended_at, l.ended FROM letters l`

func scanAppointment(row scanner) (station.Appointment, error) {
	var a station.Appointment
	var words []byte
	if err := row.Scan(&a.Code, &a.Number, &a.Case, &words, &a.IssuedAt, &a.Until, &a.EndedAt, &a.Ended); err != nil {
		return a, err
	}
	if err := json.Unmarshal(words, &a.AppointmentWords); err != nil {
		return a, fmt.Errorf("read letter %s: %w", a.Number, err)
	}
	return a, nil
}

// AppointmentByCode returns the letter of a code.
func (db *DB) AppointmentByCode(ctx context.Context, code string) (station.Appointment, error) {
	if !isCode(code) {
		return station.Appointment{}, station.Errorf(station.NotFound, "no letter has that code")
	}
	a, err := scanAppointment(db.QueryRowxContext(ctx, selectAppointment+` WHERE l.code = $1`, code))
	return a, notFound(err, "no letter has that code")
}

// AppointmentsOf are a case's letters, the newest first.
func (db *DB) AppointmentsOf(ctx context.Context, caseID string) ([]station.Appointment, error) {
	var list []station.Appointment
	err := db.each(ctx, func(row scanner) error {
		a, err := scanAppointment(row)
		list = append(list, a)
		return err
	}, selectAppointment+appointmentsOf, caseID)
	return list, err
}

const appointmentsOf = ` WHERE l.case_id = $1 ORDER BY l.ordinal DESC`

// codeLetters are those of Crockford's base 32: none that is taken for another.
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newCode is 60 bits of chance.
func newCode() string {
	code := make([]byte, 12)
	_, _ = rand.Read(code)
	for i, b := range code {
		code[i] = codeLetters[b%32]
	}
	return string(code)
}

func isCode(s string) bool {
	return len(s) == 12 && !slices.ContainsFunc([]byte(s), func(b byte) bool { return !slices.Contains([]byte(codeLetters), b) })
}

// issue issues a letter of appointment, once for each act that brings one about, and
// has the event name it: after an operator's reset, what is done anew brings a new one,
// and what is done again the same. In the term that runs it takes the place of those
// before; if a new term begins by it, they run out.
func (r *recording) issue(ctx context.Context, before officeRow) error {
	m := r.ch.Office
	if m.Letter == 0 {
		return nil
	}
	var number string
	act := nullable(r.ch.IssuedFor())
	err := r.tx.GetContext(ctx, &number, `
		SELECT coalesce((SELECT number FROM letters WHERE case_id = $1 AND (act = $2::uuid OR $2 IS NULL AND ordinal = $3)), '')`, r.ch.Case, act, m.Letter)
	if err != nil {
		return fmt.Errorf("look for letter %d: %w", m.Letter, err)
	}
	if number == "" {
		number, err = r.write(ctx, before, act)
	} else {
		err = r.reissue(ctx, number)
	}
	if err != nil {
		return err
	}
	r.ch.Details = maps.Clone(r.ch.Details)
	if r.ch.Details == nil {
		r.ch.Details = station.Details{}
	}
	r.ch.Details["letter"] = number
	return nil
}

// write writes a letter that is not there yet, and returns its number.
func (r *recording) write(ctx context.Context, before officeRow, act any) (number string, err error) {
	words, err := r.appointmentWords(ctx)
	if err != nil {
		return "", err
	}
	words.From = r.ch.At.UTC().Truncate(time.Microsecond)
	switch {
	case before.Case == "":
	case r.ch.Office.Letter == 1: // after a reset they are appointed anew
		if _, err := r.tx.ExecContext(ctx, `UPDATE offices SET since = $2 WHERE case_id = $1`, r.ch.Case, r.ch.At); err != nil {
			return "", err
		}
	case r.begins(before):
		words.From = before.Until.UTC()
	default:
		if words.From, err = r.replaceLetters(ctx, before.Since.UTC()); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(words)
	if err != nil {
		return "", err
	}
	if number, err = countUp(ctx, r.tx, r.c.Branch, "letter", r.ch.At); err != nil {
		return "", err
	}
	_, err = r.tx.ExecContext(ctx, `
		INSERT INTO letters (code, number, case_id, ordinal, act, words, institution, issued_at, until)
		SELECT $2, $3, case_id, (SELECT count(*) + 1 FROM letters l WHERE l.case_id = $1), $4, $5, institution, $6, until FROM offices WHERE case_id = $1`,
		r.ch.Case, newCode(), number, act, string(raw), r.ch.At)
	if err != nil {
		return "", fmt.Errorf("issue letter %d: %w", r.ch.Office.Letter, err)
	}
	return number, nil
}

// begins reports whether the move begins another term than the office had before.
func (r *recording) begins(before officeRow) bool {
	m := r.ch.Office
	return m.Until != nil && !m.Until.Truncate(time.Microsecond).Equal(before.Until) && m.Transfers == ""
}

// appointmentWords are what a letter that is issued now says, but for when the term
// begins. Without a signature of its own it bears the name on the letter before.
func (r *recording) appointmentWords(ctx context.Context) (station.AppointmentWords, error) {
	var w station.AppointmentWords
	err := r.tx.QueryRowxContext(ctx, `
		SELECT a.name, i.name_zh, i.name_en, b.name_zh, b.name_en, coalesce(
			(SELECT d.name FROM acts s JOIN accounts d ON d.id = CASE WHEN length(s.actor) = 36 THEN s.actor::uuid END WHERE s.id = $2),
			(SELECT l.words->>'director' FROM letters l WHERE l.case_id = o.case_id ORDER BY l.ordinal DESC LIMIT 1), '')
		FROM offices o JOIN accounts a ON a.id = o.account JOIN institutions i ON i.code = o.institution JOIN branches b ON b.code = o.branch
		WHERE o.case_id = $1`, r.ch.Case, nullable(r.ch.Office.Signed)).
		Scan(&w.Name, &w.Institution.Zh, &w.Institution.En, &w.Branch.Zh, &w.Branch.En, &w.Director)
	if err != nil {
		return w, fmt.Errorf("gather what the letter says: %w", err)
	}
	return w, nil
}

// replaceLetters ends the letters in force for one that takes their place, and
// returns since when they were; if none was, since when the office is held.
func (r *recording) replaceLetters(ctx context.Context, held time.Time) (from time.Time, err error) {
	err = r.tx.GetContext(ctx, &from, `
		WITH replaced AS (
			UPDATE letters SET ended_at = $2, ended = 'replaced' WHERE case_id = $1 AND ended = '' AND until > $2
			RETURNING (words->>'from')::timestamptz AS begun)
		SELECT coalesce(min(begun), $3) FROM replaced`, r.ch.Case, r.ch.At, held)
	if err != nil {
		return from, fmt.Errorf("replace the letters before: %w", err)
	}
	return from.UTC(), nil
}

// reissue has a letter that a run before issued take its place again.
func (r *recording) reissue(ctx context.Context, number string) error {
	_, err := r.tx.ExecContext(ctx, `
		WITH again AS (
			UPDATE letters SET ended_at = NULL, ended = '' WHERE number = $2 AND ended = 'replaced'
			AND NOT EXISTS (SELECT FROM letters k WHERE k.case_id = $1 AND k.ended = '' AND k.ordinal > letters.ordinal)
			RETURNING ordinal, (words->>'from')::timestamptz AS begun)
		UPDATE letters l SET ended_at = $3, ended = 'replaced' FROM again a
		WHERE l.case_id = $1 AND l.ended = '' AND l.ordinal < a.ordinal AND l.until > a.begun`, r.ch.Case, number, r.ch.At)
	if err != nil {
		return fmt.Errorf("issue letter %s again: %w", number, err)
	}
	return nil
}

// forgetLetters ends the letters that none of the acts known has brought about, and
// gives their place back to those that they took it from.
func (r *recording) forgetLetters(ctx context.Context, known []string) error {
	_, err := r.tx.ExecContext(ctx, `
		UPDATE letters l SET ended = s.ended, ended_at = CASE WHEN s.ended <> '' THEN coalesce(l.ended_at, $3) END
		FROM (
			SELECT o.code, CASE
				WHEN o.act <> ALL($2::uuid[]) THEN 'replaced'
				WHEN o.ended <> 'replaced' THEN o.ended
				WHEN EXISTS (
					SELECT FROM letters k WHERE k.case_id = $1 AND k.act = ANY($2::uuid[]) AND k.ordinal > o.ordinal AND (k.words->>'from')::timestamptz < o.until)
				THEN 'replaced' ELSE '' END AS ended
			FROM letters o WHERE o.case_id = $1) s
		WHERE l.code = s.code AND l.ended <> s.ended`, r.ch.Case, textArray(known), r.ch.At)
	if err != nil {
		return fmt.Errorf("forget later letters: %w", err)
	}
	return nil
}

// lettersAre has the letters say how the office stands ("": as before).
func (r *recording) lettersAre(ctx context.Context, o station.OfficeStatus) error {
	switch o {
	case station.OfficeActive:
		return r.restoreLetters(ctx)
	case station.OfficeRevoked:
		return r.endLetters(ctx, station.LetterLifted)
	case station.OfficeResigned, station.OfficeEnded:
		return r.endLetters(ctx, station.LetterEnded)
	default:
		return nil
	}
}

// endLetters takes from the letters in force what they are worth. One that has run
// out already stays as it is.
func (r *recording) endLetters(ctx context.Context, how station.AppointmentEnd) error {
	_, err := r.tx.ExecContext(ctx, `
		UPDATE letters SET ended_at = $2, ended = $3 WHERE case_id = $1 AND ended = '' AND until > $2`, r.ch.Case, r.ch.At, how)
	if err != nil {
		return fmt.Errorf("end the letters: %w", err)
	}
	return nil
}

// restoreLetters gives back to letters what they were worth, but to those that
// another took the place of.
func (r *recording) restoreLetters(ctx context.Context) error {
	_, err := r.tx.ExecContext(ctx, `UPDATE letters SET ended_at = NULL, ended = '' WHERE case_id = $1 AND ended IN ('ended', 'revoked')`, r.ch.Case)
	if err != nil {
		return fmt.Errorf("restore the letters: %w", err)
	}
	return nil
}
