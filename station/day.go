package station

import "time"

// Day is a date, 2026-03-01, in the station's time; "" is none. Days compare as texts
// do.
type Day string

// DayOf is the day of a time.
func DayOf(at time.Time) Day { return Day(at.In(ChinaTime).Format(time.DateOnly)) }

// Time is the beginning of the day.
func (d Day) Time() (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, string(d), ChinaTime)
}

// Plus is so many days later, or earlier; none stays none.
func (d Day) Plus(days int) Day {
	at, err := d.Time()
	if err != nil {
		return d
	}
	return DayOf(at.AddDate(0, 0, days))
}
