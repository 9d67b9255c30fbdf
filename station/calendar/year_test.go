package calendar

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestYear_FollowsThePublishedArrangements(t *testing.T) {
	// From 国办发明电〔2024〕12号 for 2025, and the notice of 4 November 2025 for 2026.
	arrangements := map[int]struct{ off, madeUp []string }{
		2025: {
			off: []string{
				"01-01..01-01", "01-28..02-04", "04-04..04-06", "05-01..05-05", "05-31..06-02", "10-01..10-08",
			},
			madeUp: []string{"01-26", "02-08", "04-27", "09-28", "10-11"},
		},
		2026: {
			off: []string{
				"01-01..01-03", "02-15..02-23", "04-04..04-06", "05-01..05-05", "06-19..06-21", "09-25..09-27", "10-01..10-07",
			},
			madeUp: []string{"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"},
		},
	}
	for y, a := range arrangements {
		off, madeUp := map[Date]bool{}, map[Date]bool{}
		for _, span := range a.off {
			for d := on(t, y, span[:5]); !on(t, y, span[7:]).Before(d); d = d.Add(1) {
				off[d] = true
			}
		}
		for _, day := range a.madeUp {
			madeUp[on(t, y, day)] = true
		}
		days := Year(y)
		require.Len(t, days, 365)
		for _, day := range days {
			assert.Equal(t, !off[day.Date] && (madeUp[day.Date] || !day.Date.weekend()), day.Working, day.Date)
			assert.False(t, day.Provisional, day.Date)
			assert.Equal(t, off[day.Date] || madeUp[day.Date], day.Name != "", day.Date)
		}
	}
}

func TestYear_IsCarriedFrom2002To2026AndProvisionalElsewhere(t *testing.T) {
	for y := 2000; y <= 2028; y++ {
		want := y < 2002 || y > 2026
		for _, day := range Year(y) {
			if y == 2001 && day.Date.Month == time.December && day.Date.Day >= 29 {
				continue // two days of the arrangement for 2002
			}
			require.Equal(t, want, day.Provisional, day.Date)
		}
	}
}

func TestYear_FallsBackToTheThirteenDaysOfTheLaw(t *testing.T) {
	for y, want := range map[int][]string{
		2027: {
			"01-01 元旦节", "02-05 春节", "02-06 春节", "02-07 春节", "02-08 春节", "04-05 清明节", "05-01 劳动节", "05-02 劳动节",
			"06-09 端午节", "09-15 中秋节", "10-01 国庆节", "10-02 国庆节", "10-03 国庆节",
		},
		2028: { // Mid-Autumn falls into National Day
			"01-01 元旦节", "01-25 春节", "01-26 春节", "01-27 春节", "01-28 春节", "04-04 清明节", "05-01 劳动节", "05-02 劳动节",
			"05-28 端午节", "10-01 国庆节", "10-02 国庆节", "10-03 国庆节、中秋节",
		},
	} {
		var got []string
		for _, day := range Year(y) {
			assert.True(t, day.Provisional)
			if day.Name != "" {
				assert.False(t, day.Working, day.Date)
				got = append(got, day.Date.String()[5:]+" "+day.Name)
			} else {
				assert.Equal(t, !day.Date.weekend(), day.Working, day.Date)
			}
		}
		assert.Equal(t, want, got)
	}
}

func TestYear_AgreesWithThePublishedYearsOnTheLegalDays(t *testing.T) {
	// The 13 days are days off in every arrangement made under the present law.
	for _, y := range []int{2025, 2026} {
		c := New(Year(y))
		for d := range statutory(y) {
			assert.False(t, c.IsWorking(d), d)
		}
	}
}

func TestYear_GivesEachDayOnceAndInOrder(t *testing.T) {
	for _, y := range []int{-5, 0, 1, 1899, 1900, 1988, 2024, 2033, 2100, 2101, 9999, 10000, 20021, 100000} {
		days := Year(y)
		leap := time.Date(y, time.March, 0, 0, 0, 0, 0, time.UTC).Day() == 29
		assert.Len(t, days, map[bool]int{false: 365, true: 366}[leap], y)
		for i, day := range days {
			assert.Equal(t, y, day.Date.Year)
			assert.Equal(t, i+1, day.Date.Start().YearDay())
		}
	}
}

func TestYear_MayBeAskedFromManyPlacesAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for y := 2027; y < 2033; y++ {
				_ = Year(y + i)
			}
		})
	}
	wg.Wait()
}

func TestDate_IsADayInShanghai(t *testing.T) {
	evening := time.Date(2026, time.February, 16, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	assert.Equal(t, Date{2026, time.February, 17}, DateOf(evening))
	assert.Equal(t, Date{2026, time.February, 16}, DateOf(evening.Add(-time.Second)))
	assert.Equal(t, "2026-02-17T23:59:59+08:00", DateOf(evening).End().Format(time.RFC3339))
	assert.Equal(t, Date{2028, time.February, 29}, Date{2028, time.March, 1}.Add(-1))
	for _, bad := range []string{"", "2026-2-17", "2026-02-30", "17.02.2026", "2026-02-17T00:00:00Z"} {
		_, err := ParseDate(bad)
		require.ErrorContains(t, err, "is not a date like 2026-02-17")
	}
}

// on reads a month and a day, "02-17", in a year.
func on(tb testing.TB, y int, monthDay string) Date {
	tb.Helper()
	d, err := ParseDate(Date{Year: y}.String()[:5] + monthDay)
	require.NoError(tb, err)
	return d
}
