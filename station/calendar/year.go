package calendar

import (
	"strings"
	"sync"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
	lunar "github.com/6tail/lunar-go/calendar"
)

// Day says whether a date is worked.
type Day struct {
	Date Date
	// Working is true on ordinary working days and on weekend days that make up for a holiday.
	Working bool
	// Name is the holiday's, in Chinese, on its days off and on the days that make up for it; otherwise empty.
	Name string
	// Provisional marks a guess: the arrangement of the day's year is not known.
	Provisional bool
}

// Year gives every day of a year, in order: by the published arrangement for the years that lunar-go carries, by the fallback rule
// and marked provisional for all others.
func Year(y int) []Day {
	first := Date{Year: y, Month: time.January, Day: 1}
	days := make([]Day, 0, 366)
	for d := first; d.Year == y; d = d.Add(1) {
		days = append(days, known(d))
	}
	return days
}

// known is the best that can be said of a date without an operator's file.
func known(d Date) Day {
	if published := arrangement(d); published != nil {
		return Day{Date: d, Working: published.IsWork(), Name: published.GetName()}
	}
	if arranged(d.Year) {
		return Day{Date: d, Working: !d.weekend()}
	}
	name := statutory(d.Year)[d]
	return Day{Date: d, Working: name == "" && !d.weekend(), Name: name, Provisional: true}
}

// arranged says whether lunar-go carries the year's arrangement. One entry proves nothing, since an arrangement may name days of the
// December before; but every arrangement names National Day.
func arranged(y int) bool {
	return arrangement(Date{y, time.October, 1}) != nil
}

// arrangement is lunar-go's entry for a date, or nil. lunar-go searches by digits, so a year of five could find a date of four.
func arrangement(d Date) *HolidayUtil.Holiday {
	if d.Year < 1000 || d.Year > 9999 {
		return nil
	}
	return HolidayUtil.GetHolidayByYmd(d.Year, int(d.Month), d.Day)
}

// The years for which lunar dates are computed: far more than any case needs. Beyond them only the holidays of the solar calendar are kept.
const (
	firstLunarYear = 1900
	lastLunarYear  = 2100
)

// statutories keeps the fallback holidays of each year that was asked for: they take a millisecond to find.
var statutories sync.Map

// statutory names the 13 days of article 2; two holidays that meet share the day.
func statutory(y int) map[Date]string {
	if cached, ok := statutories.Load(y); ok {
		return cached.(map[Date]string)
	}
	days := map[Date]string{}
	add := func(name string, from Date, n int) {
		for i := range n {
			d := from.Add(i)
			days[d] = strings.TrimPrefix(days[d]+"、"+name, "、")
		}
	}
	add("元旦节", Date{y, time.January, 1}, 1)
	add("劳动节", Date{y, time.May, 1}, 2)
	add("国庆节", Date{y, time.October, 1}, 3)
	if y < firstLunarYear || y > lastLunarYear {
		return days
	}
	newYear := lunarDate(y, 1, 1)
	add("春节", dateOfSolar(newYear.GetSolar()).Add(-1), 4)
	add("清明节", dateOfSolar(newYear.GetJieQiTable()["清明"]), 1)
	add("端午节", dateOfSolar(lunarDate(y, 5, 5).GetSolar()), 1)
	add("中秋节", dateOfSolar(lunarDate(y, 8, 15).GetSolar()), 1)
	statutories.Store(y, days)
	return days
}

func lunarDate(y, month, day int) *lunar.Lunar { return lunar.NewLunarFromYmd(y, month, day) }

func dateOfSolar(s *lunar.Solar) Date {
	return Date{Year: s.GetYear(), Month: time.Month(s.GetMonth()), Day: s.GetDay()}
}
