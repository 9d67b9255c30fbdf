package store

import (
	"context"
	"slices"
	"time"

	"wutong/station"
)

// letterAmbassador adds whose ambassador somebody is, or is to be, and of their
// office the newest letter of appointment, its term, and what they have done. Who
// applied for themself is whom the mail is about.
func (db *DB) letterAmbassador(ctx context.Context, l *station.Letter) error {
	var nominated bool
	err := db.QueryRowxContext(ctx, `
		SELECT coalesce(i.name_zh, ''), coalesce(i.name_en, ''), EXISTS (SELECT FROM parties t WHERE t.case_id = c.id AND t.party = 'talent')
		FROM cases c LEFT JOIN parties p ON p.case_id = c.id AND p.party = $2
		LEFT JOIN institutions i ON lower(i.code) = coalesce(lower(nullif($3, '')), p.institution)
		WHERE c.id = $1 ORDER BY i.code LIMIT 1`, l.Case.ID, station.TheInstitution, l.Words.Institution).
		Scan(&l.Institution.Zh, &l.Institution.En, &nominated)
	if err != nil {
		return domainError(err)
	}
	if !nominated {
		l.Talent = l.Referrer
	}
	letters, err := db.AppointmentsOf(ctx, l.Case.ID)
	if err != nil || len(letters) == 0 {
		return err
	}
	newest := letters[0]
	if i := slices.IndexFunc(letters, func(a station.Appointment) bool { return a.Ended != station.LetterOld }); i > 0 { // later ones are forgotten
		newest = letters[i]
	}
	l.Appointment, l.Since, l.Until = &newest, &newest.From, &newest.Until
	o, err := db.OfficeOf(ctx, l.Case.ID)
	if err != nil {
		return err
	}
	l.Record, err = db.OfficeRecord(ctx, l.Case.ID, o.Since, time.Time{})
	return err
}
