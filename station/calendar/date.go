package calendar

import (
	"fmt"
	"time"
)

// Shanghai is the zone in which days begin and end.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a day in Shanghai, without a time. It is comparable, so it serves as a map's key.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the day in Shanghai on which t falls.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Shanghai).Date()
	return Date{Year: y, Month: m, Day: d}
}

// ParseDate reads a date written as 2026-02-17.
func ParseDate(text string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, Shanghai)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date like 2026-02-17", text)
	}
	return DateOf(t), nil
}

// String writes the date as 2026-02-17.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Start is the first second of the day.
func (d Date) Start() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, Shanghai) }

// End is the last second of the day, 23:59:59.
func (d Date) End() time.Time { return time.Date(d.Year, d.Month, d.Day, 23, 59, 59, 0, Shanghai) }

// Add gives the date n days later, or earlier when n is negative.
func (d Date) Add(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 12, 0, 0, 0, Shanghai))
}

// Before says whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Start().Before(other.Start()) }

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.Start().Weekday() }

func (d Date) weekend() bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}
