package calendar

import "time"

// Calendar counts days. It does not change once built, so it is safe for concurrent use.
type Calendar struct {
	days map[Date]Day
}

// New builds a calendar from days, as [Year] and [ParseFile] give them or as a store kept them. Where a date is given twice, the later
// one counts, so an operator's file goes last.
func New(days []Day) *Calendar {
	c := &Calendar{days: make(map[Date]Day, len(days))}
	for _, day := range days {
		c.days[day.Date] = day
	}
	return c
}

// Day says what is known of a date. A date that the calendar was not built with is answered by the rules of [Year], and is
// provisional, since nobody has confirmed it for this calendar.
func (c *Calendar) Day(d Date) Day {
	if day, ok := c.days[d]; ok {
		return day
	}
	day := known(d)
	day.Provisional = true
	return day
}

// IsWorking says whether a date is worked.
func (c *Calendar) IsWorking(d Date) bool { return c.Day(d).Working }

// AddWorkingDays gives the last second of the n-th working day after the day of from. From's own day never counts, at whatever hour
// and whether or not it is worked. With n = 0 the answer is the last second of from's own day; with n below 0 it is that of the n-th
// working day before, which serves reminders. It takes time in proportion to n.
func (c *Calendar) AddWorkingDays(from time.Time, n int) time.Time {
	step, left := direction(n)
	d := DateOf(from)
	for left > 0 {
		d = d.Add(step)
		if c.IsWorking(d) {
			left--
		}
	}
	return d.End()
}

// AddDays gives the last second of the n-th calendar day after the day of from, worked or not.
func (c *Calendar) AddDays(from time.Time, n int) time.Time { return DateOf(from).Add(n).End() }

// WorkingDaysBetween counts the working days after the day of a up to and including the day of b. It is negative when b's day lies
// before a's: WorkingDaysBetween(a, b) = -WorkingDaysBetween(b, a).
func (c *Calendar) WorkingDaysBetween(a, b time.Time) int {
	from, to := DateOf(a), DateOf(b)
	if to.Before(from) {
		return -c.WorkingDaysBetween(b, a)
	}
	count := 0
	for d := from; d != to; {
		d = d.Add(1)
		if c.IsWorking(d) {
			count++
		}
	}
	return count
}

// Provisional says whether a count from a's day to b's day, in either direction, rests on a day that is a guess.
func (c *Calendar) Provisional(a, b time.Time) bool {
	from, to := DateOf(a), DateOf(b)
	if to.Before(from) {
		from, to = to, from
	}
	for d := from; !to.Before(d); d = d.Add(1) {
		if c.Day(d).Provisional {
			return true
		}
	}
	return false
}

// direction splits a count into its sign and its size.
func direction(n int) (step, size int) {
	if n < 0 {
		return -1, -n
	}
	return 1, n
}
