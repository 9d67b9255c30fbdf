package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const arrangement2027 = "\ufeffdate,kind,name\r\n" + `# an invented arrangement
2027-01-01,holiday,元旦
2027-02-05, Holiday ,"春节, 除夕"
2027-02-14,working,春节
2027-05-01,holiday,劳动节
2027-10-01,holiday,国庆节
`

func TestParseFile_GivesTheWholeYearAndConfirmsIt(t *testing.T) {
	days, err := ParseFile(strings.NewReader(arrangement2027))
	require.NoError(t, err)
	require.Len(t, days, 365)
	c := New(days)
	assert.Equal(t, Day{Date: Date{2027, time.February, 5}, Name: "春节, 除夕"}, c.Day(Date{2027, time.February, 5}))
	assert.Equal(t, Day{Date: Date{2027, time.February, 14}, Working: true, Name: "春节"}, c.Day(Date{2027, time.February, 14}))
	assert.Equal(t, Day{Date: Date{2027, time.April, 5}, Working: true}, c.Day(Date{2027, time.April, 5}), "not listed: an ordinary Monday")
	assert.False(t, c.IsWorking(Date{2027, time.April, 4}))
	assert.False(t, c.Provisional(Date{2027, time.January, 1}.Start(), Date{2027, time.December, 31}.Start()))
	assert.True(t, c.Day(Date{2028, time.January, 1}).Provisional)
}

func TestParseFile_GivesBackWhatWasWrittenFromAYear(t *testing.T) {
	var file bytes.Buffer
	fmt.Fprintln(&file, "date,kind,name")
	want := slices.Concat(Year(2025), Year(2026))
	for _, day := range want {
		if day.Name != "" {
			fmt.Fprintf(&file, "%s,%s,%s\n", day.Date, map[bool]string{true: "working", false: "holiday"}[day.Working], day.Name)
		}
	}
	days, err := ParseFile(&file)
	require.NoError(t, err)
	assert.Equal(t, want, days)
}

func TestParseFile_MayMoveTheLastDaysOfTheYearBefore(t *testing.T) {
	days, err := ParseFile(strings.NewReader(arrangement2027 + "2026-12-27,working,元旦\n2026-12-31,holiday,元旦\n"))
	require.NoError(t, err)
	require.Len(t, days, 2+365)
	c := New(append(Year(2026), days...))
	assert.True(t, c.IsWorking(Date{2026, time.December, 27}))
	assert.False(t, c.IsWorking(Date{2026, time.December, 31}))
	assert.False(t, c.IsWorking(Date{2026, time.October, 1}), "the rest of 2026 stays as it was")
}

func TestParseFile_NamesEveryFaultByItsLine(t *testing.T) {
	const head = "date,kind,name\n"
	cases := map[string]struct {
		file string
		says []string
	}{
		"empty":             {"", []string{"the first line must be date,kind,name"}},
		"no names":          {"2027-01-01,holiday,元旦\n", []string{"the first line must be date,kind,name"}},
		"no days":           {head, []string{"the file lists no days"}},
		"several at once":   {head + "2027-01-32,holiday,x\n# note\n2027-01-01,free,x\n", []string{`line 2: "2027-01-32" is not a date`, `line 4: the kind must be working or holiday, not "free"`}},
		"too few fields":    {head + "2027-01-01,holiday\n", []string{"line 2: expected date,kind,name and found 2 fields"}},
		"a slip in a year":  {head + "2207-01-01,holiday,x\n", []string{"line 2: the year of 2207-01-01 is not between 2000 and 2100"}},
		"a day twice":       {head + "2027-01-01,holiday,x\n2027-01-01,working,x\n", []string{"line 3: 2027-01-01 was listed on line 2 already"}},
		"a quote left open": {head + "2027-01-01,holiday,\"x\n", []string{"line 2: "}},
		"GBK":               {head + "2027-01-01,holiday,\xd4\xaa\xb5\xa9\n", []string{"line 2: the name is not in UTF-8"}},
		"half a year":       {head + "2027-01-01,holiday,x\n2027-05-01,holiday,x\n", []string{"line 2 names the year 2027, so the whole year must be listed, but 2027-10-01 is no holiday"}},
		"only December":     {head + "2026-12-31,holiday,x\n", []string{"line 2 names the year 2026", "2026-01-01 is no holiday"}},
		"too large":         {head + strings.Repeat("# note\n", maxFile/7), []string{"the file is larger than 1 MiB"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			days, err := ParseFile(strings.NewReader(c.file))
			assert.Empty(t, days)
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
	_, err := ParseFile(iotest.ErrReader(errors.New("cut off")))
	require.ErrorContains(t, err, "read calendar file: cut off")
}

func FuzzParseFile_GivesWholeYearsOrAnError(f *testing.F) {
	f.Add(arrangement2027)
	f.Add("date,kind,name\n2026-12-31,holiday,\n")
	f.Fuzz(func(t *testing.T, file string) {
		days, err := ParseFile(strings.NewReader(file))
		if (err == nil) == (len(days) == 0) {
			t.Fatalf("%d days and error %v", len(days), err)
		}
		for i := 1; i < len(days); i++ {
			if !days[i-1].Date.Before(days[i].Date) {
				t.Fatalf("%s does not come before %s", days[i-1].Date, days[i].Date)
			}
		}
	})
}
