package eligibility_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wutong/station/eligibility"
)

func TestDates_AMonthWithoutTheDayEndsOnItsLast(t *testing.T) {
	for _, c := range []struct {
		from string
		add  func(time.Time, int) time.Time
		n    int
		want string
	}{
		{"2026-01-15", eligibility.AddMonths, 1, "2026-02-15"},
		{"2026-01-31", eligibility.AddMonths, 1, "2026-02-28"},
		{"2024-01-31", eligibility.AddMonths, 1, "2024-02-29"},
		{"2025-11-30", eligibility.AddMonths, 3, "2026-02-28"},
		{"2025-08-31", eligibility.AddMonths, 1, "2025-09-30"},
		{"2025-12-31", eligibility.AddMonths, 2, "2026-02-28"},
		{"2025-10-31", eligibility.AddMonths, 12, "2026-10-31"},
		{"2026-03-31", eligibility.AddMonths, -1, "2026-02-28"},
		{"2026-01-15", eligibility.AddMonths, -13, "2024-12-15"},
		{"2024-02-29", eligibility.AddYears, 1, "2025-02-28"},
		{"2024-02-29", eligibility.AddYears, 4, "2028-02-29"},
		{"2020-02-29", eligibility.AddYears, 5, "2025-02-28"},
		{"2021-03-01", eligibility.AddYears, 5, "2026-03-01"},
		{"1900-02-28", eligibility.AddYears, 0, "1900-02-28"},
		{"2026-02-28", eligibility.AddDays, 1, "2026-03-01"},
		{"2026-03-01", eligibility.AddDays, -1, "2026-02-28"},
	} {
		require.Equal(t, c.want, c.add(day(c.from), c.n).Format(time.DateOnly), "%s and %d", c.from, c.n)
	}
	require.Equal(t, "2026-03-01T00:00:00+08:00", eligibility.AddMonths(time.Date(2026, 1, 31, 16, 0, 0, 0, time.UTC), 1).Format(time.RFC3339),
		"a time in UTC is of China's day")
}

func TestDates_ALaterDayNeverEndsEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := day("1990-01-01").AddDate(0, 0, rapid.IntRange(0, 30000).Draw(t, "day"))
		n := rapid.IntRange(-600, 600).Draw(t, "months")
		to, next := eligibility.AddMonths(from, n), eligibility.AddMonths(from.AddDate(0, 0, 1), n)
		require.False(t, next.Before(to))
		require.LessOrEqual(t, to.Day(), from.Day())
		months := func(t time.Time) int { return t.Year()*12 + int(t.Month()) }
		require.Equal(t, months(from)+n, months(to))
	})
}
