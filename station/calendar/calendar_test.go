package calendar

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func recent() *Calendar { return New(slices.Concat(Year(2024), Year(2025), Year(2026))) }

func TestAddWorkingDays_CountsByTheArrangement(t *testing.T) {
	cases := []struct {
		name, from string
		n          int
		due        string
	}{
		{"an ordinary week", "2026-03-02T09:00:00+08:00", 5, "2026-03-09"},
		{"a weekend is skipped", "2026-03-06T17:00:00+08:00", 1, "2026-03-09"},
		{"begun on a Saturday", "2026-03-07T10:00:00+08:00", 1, "2026-03-09"},
		{"over Spring Festival, with its make-up Saturdays", "2026-02-13T10:00:00+08:00", 1, "2026-02-14"},
		{"over Spring Festival, five days", "2026-02-13T10:00:00+08:00", 5, "2026-02-27"},
		{"over Spring Festival, to the make-up Saturday after", "2026-02-13T10:00:00+08:00", 6, "2026-02-28"},
		{"begun during Spring Festival", "2026-02-18T10:00:00+08:00", 1, "2026-02-24"},
		{"to a make-up Sunday", "2025-01-24T10:00:00+08:00", 1, "2025-01-26"},
		{"National Day and Mid-Autumn 2025", "2025-09-30T10:00:00+08:00", 1, "2025-10-09"},
		{"National Day and Mid-Autumn 2025, to the make-up Saturday", "2025-09-30T10:00:00+08:00", 3, "2025-10-11"},
		{"the make-up Sunday before National Day 2025", "2025-09-26T10:00:00+08:00", 2, "2025-09-29"},
		{"over the year's end", "2025-12-31T10:00:00+08:00", 1, "2026-01-04"},
		{"over the year's end, to Monday", "2025-12-31T10:00:00+08:00", 2, "2026-01-05"},
		{"no days", "2026-02-18T10:00:00+08:00", 0, "2026-02-18"},
		{"backwards", "2026-02-24T10:00:00+08:00", -1, "2026-02-14"},
		{"backwards over a weekend", "2026-03-09T10:00:00+08:00", -5, "2026-03-02"},
		{"the day begins in Shanghai, not in UTC", "2026-03-05T17:00:00Z", 1, "2026-03-09"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, c.from)
			require.NoError(t, err)
			due := recent().AddWorkingDays(from, c.n)
			assert.Equal(t, c.due+"T23:59:59+08:00", due.Format(time.RFC3339))
		})
	}
}

func TestAddDays_CountsEveryDay(t *testing.T) {
	from := time.Date(2026, time.February, 13, 18, 0, 0, 0, Shanghai)
	assert.Equal(t, "2026-02-20T23:59:59+08:00", recent().AddDays(from, 7).Format(time.RFC3339))
	assert.Equal(t, "2026-02-13T23:59:59+08:00", recent().AddDays(from, 0).Format(time.RFC3339))
	assert.Equal(t, "2027-02-13T23:59:59+08:00", recent().AddDays(from, 365).Format(time.RFC3339))
}

func TestWorkingDaysBetween_CountsTheDaysOfAYear(t *testing.T) {
	lastDay := func(y int) time.Time { return time.Date(y, time.December, 31, 9, 0, 0, 0, Shanghai) }
	assert.Equal(t, 248, recent().WorkingDaysBetween(lastDay(2024), lastDay(2025))) // 365 less 104 weekend days and 13 by law
	assert.Equal(t, -248, recent().WorkingDaysBetween(lastDay(2025), lastDay(2024)))
	assert.Equal(t, 0, recent().WorkingDaysBetween(lastDay(2025), lastDay(2025)))
}

func TestCalendar_SaysWhenACountRestsOnAGuess(t *testing.T) {
	c := New(Year(2026))
	from := time.Date(2026, time.December, 25, 9, 0, 0, 0, Shanghai)
	assert.False(t, c.Provisional(from, c.AddWorkingDays(from, 4)))
	assert.True(t, c.Provisional(from, c.AddWorkingDays(from, 5)))
	assert.True(t, c.Provisional(c.AddWorkingDays(from, 5), from))
	assert.Equal(t, "2027-01-04", DateOf(c.AddWorkingDays(from, 5)).String(), "New Year's Day is off by the law")

	// A year that was not loaded is answered as well as it can be, and marked.
	day := New(nil).Day(Date{2026, time.February, 14})
	assert.Equal(t, Day{Date: Date{2026, time.February, 14}, Working: true, Name: "春节", Provisional: true}, day)
}

func TestCalendar_TakesTheLaterWordForADay(t *testing.T) {
	typhoon := Date{2026, time.July, 7}
	c := New(append(Year(2026), Day{Date: typhoon, Name: "台风"}))
	assert.False(t, c.IsWorking(typhoon))
	assert.True(t, c.IsWorking(typhoon.Add(1)))
}

func TestCalendar_CountsConsistently(t *testing.T) {
	c := New(slices.Concat(Year(2025), Year(2026))) // the years around them come from the rules
	rapid.Check(t, func(t *rapid.T) {
		second := rapid.Int64Range(
			time.Date(2024, time.June, 1, 0, 0, 0, 0, Shanghai).Unix(), time.Date(2028, time.June, 1, 0, 0, 0, 0, Shanghai).Unix(),
		)
		a, b := time.Unix(second.Draw(t, "a"), 0), time.Unix(second.Draw(t, "b"), 0)
		n, m := rapid.IntRange(1, 300).Draw(t, "n"), rapid.IntRange(0, 100).Draw(t, "m")

		due := c.AddWorkingDays(a, n)
		require.True(t, c.IsWorking(DateOf(due)), "a due date is a working day")
		require.True(t, due.After(a))
		require.Equal(t, 59, due.Second())
		require.Equal(t, n, c.WorkingDaysBetween(a, due))
		require.Equal(t, due, c.AddWorkingDays(DateOf(a).Start(), n), "the hour does not count")
		require.Equal(t, due, c.AddWorkingDays(a.UTC(), n), "nor does the zone")
		require.Equal(t, c.AddWorkingDays(a, n+m), c.AddWorkingDays(due, m), "n days and m days are n+m days")
		require.True(t, c.AddWorkingDays(a, n).Before(c.AddWorkingDays(a, n+1)))
		require.False(t, due.Before(c.AddDays(a, n)), "working days are never more than days")

		back := c.AddWorkingDays(due, -n)
		require.True(t, c.IsWorking(DateOf(back)))
		require.Equal(t, due, c.AddWorkingDays(back, n))

		require.Equal(t, c.WorkingDaysBetween(a, b), -c.WorkingDaysBetween(b, a))
		require.Equal(t, c.Provisional(a, b), c.Provisional(b, a))
		mid := DateOf(a).Add(m).Start()
		require.Equal(t, c.WorkingDaysBetween(a, b), c.WorkingDaysBetween(a, mid)+c.WorkingDaysBetween(mid, b))
	})
}
