package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wutong/station"
	"wutong/station/calendar"
)

// calendarKept is how long the calendar is used before it is read again: an
// operator who loads a year sees it at work within that time.
const calendarKept = time.Minute

// Calendar returns the working days as the database has them; years that it
// does not have follow the fallback rule.
func (db *DB) Calendar(ctx context.Context) (*calendar.Calendar, error) {
	db.calendarMu.Lock()
	defer db.calendarMu.Unlock()
	if db.calendar != nil && time.Since(db.calendarAt) < calendarKept {
		return db.calendar, nil
	}
	var days []struct {
		Day         time.Time
		Working     bool
		Name        string
		Provisional bool
	}
	if err := db.SelectContext(ctx, &days, `SELECT day, working, name, provisional FROM calendar_days ORDER BY day`); err != nil {
		return nil, fmt.Errorf("read the calendar: %w", domainError(err))
	}
	list := make([]calendar.Day, len(days))
	for i, d := range days {
		list[i] = calendar.Day{Date: calendar.DateOf(d.Day), Working: d.Working, Name: d.Name, Provisional: d.Provisional}
	}
	db.calendar, db.calendarAt = calendar.New(list), time.Now() //nolint:forbidigo // the age of a cache, not a date of the domain
	return db.calendar, nil
}

// LoadCalendar keeps days. A day that was announced is never replaced by a
// provisional one.
func (db *DB) LoadCalendar(ctx context.Context, days []calendar.Day) error {
	dates, names := make([]string, len(days)), make([]string, len(days))
	working, provisional := make([]bool, len(days)), make([]bool, len(days))
	for i, d := range days {
		dates[i], names[i], working[i], provisional[i] = d.Date.String(), d.Name, d.Working, d.Provisional
	}
	_, err := db.ExecContext(ctx, `
		INSERT INTO calendar_days (day, working, name, provisional)
		SELECT * FROM unnest($1::date[], $2::boolean[], $3::text[], $4::boolean[])
		ON CONFLICT (day) DO UPDATE SET working = EXCLUDED.working, name = EXCLUDED.name, provisional = EXCLUDED.provisional
		WHERE calendar_days.provisional OR NOT EXCLUDED.provisional`,
		pq.Array(dates), pq.Array(working), pq.Array(names), pq.Array(provisional))
	if err != nil {
		return fmt.Errorf("load the calendar: %w", domainError(err))
	}
	db.calendarMu.Lock()
	db.calendar = nil
	db.calendarMu.Unlock()
	return nil
}

// left is how many days of a wait there were left when its clock was stopped:
// at least one, for who stops it on the last day.
func left(cal *calendar.Calendar, held, due time.Time, w station.Wait) int {
	if w.Calendar {
		days := calendar.DateOf(due).Start().Sub(calendar.DateOf(held).Start()) / (24 * time.Hour)
		return max(1, int(days))
	}
	return max(1, cal.WorkingDaysBetween(held, due))
}
