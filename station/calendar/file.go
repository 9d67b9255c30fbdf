package calendar

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The years an operator's file may speak of: enough for any case, and narrow enough to catch a slip of the finger.
const (
	firstFileYear = 2000
	lastFileYear  = 2100
)

// maxFile bounds the file: an arrangement has some 40 lines a year.
const maxFile = 1 << 20

// exception is one line of the file.
type exception struct {
	Day
	line int
}

// ParseFile reads an operator's copy of published arrangements: UTF-8, comma-separated, with a first line of names. Lines that
// begin with # are notes.
//
//	date,kind,name
//	2027-01-01,holiday,元旦
//	2027-01-10,working,元旦
//
// A holiday is a day off, working is a weekend day that is worked. A year that the file names must be there in full: its days that
// are not listed follow plain weekends, and none of them is provisional any more. To catch a half year, each must list 1 January,
// 1 May and 1 October as holidays. The exception is an arrangement that moves days of the December before it: if a year has
// December days only, and the year after is there in full, those days alone are returned for it.
//
// All faults are reported together, each with its line number.
func ParseFile(r io.Reader) ([]Day, error) {
	exceptions, err := readExceptions(r)
	if err != nil {
		return nil, err
	}
	years := map[int][]exception{}
	for _, e := range exceptions {
		years[e.Date.Year] = append(years[e.Date.Year], e)
	}
	var days []Day
	var faults []error
	for _, y := range sortedYears(years) {
		if onlyDecember(years[y]) && years[y+1] != nil && !onlyDecember(years[y+1]) {
			for _, e := range years[y] {
				days = append(days, e.Day)
			}
			continue
		}
		full, err := fullYear(y, years[y])
		days, faults = append(days, full...), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	slices.SortFunc(days, func(a, b Day) int { return a.Date.Start().Compare(b.Date.Start()) })
	return days, nil
}

func sortedYears(years map[int][]exception) []int {
	sorted := make([]int, 0, len(years))
	for y := range years {
		sorted = append(sorted, y)
	}
	slices.Sort(sorted)
	return sorted
}

func onlyDecember(exceptions []exception) bool {
	return !slices.ContainsFunc(exceptions, func(e exception) bool { return e.Date.Month != time.December })
}

// fullYear lays a year's exceptions over plain weekends.
func fullYear(y int, exceptions []exception) ([]Day, error) {
	listed := map[Date]Day{}
	for _, e := range exceptions {
		listed[e.Date] = e.Day
	}
	for _, must := range []Date{{y, time.January, 1}, {y, time.May, 1}, {y, time.October, 1}} {
		if day, ok := listed[must]; !ok || day.Working {
			return nil, fmt.Errorf("line %d names the year %d, so the whole year must be listed, but %s is no holiday in the file",
				exceptions[0].line, y, must)
		}
	}
	var days []Day
	for d := (Date{y, time.January, 1}); d.Year == y; d = d.Add(1) {
		day, ok := listed[d]
		if !ok {
			day = Day{Date: d, Working: !d.weekend()}
		}
		days = append(days, day)
	}
	return days, nil
}

func readExceptions(r io.Reader) ([]exception, error) {
	rows, err := rowReader(r)
	if err != nil {
		return nil, err
	}
	var exceptions []exception
	var faults []error
	seen := map[Date]int{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // names the line itself; after it the reader may be out of step
			return nil, errors.Join(append(faults, plainCSV(err))...)
		}
		line, _ := rows.FieldPos(0)
		day, err := parseRow(row)
		if err == nil && seen[day.Date] != 0 {
			err = fmt.Errorf("%s was listed on line %d already", day.Date, seen[day.Date])
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		seen[day.Date] = line
		exceptions = append(exceptions, exception{day, line})
	}
	if len(faults) == 0 && len(exceptions) == 0 {
		faults = append(faults, errors.New("the file lists no days"))
	}
	return exceptions, errors.Join(faults...)
}

// rowReader skips the mark that spreadsheets put before UTF-8 and checks the line of names.
func rowReader(r io.Reader) (*csv.Reader, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read calendar file: %w", err)
	}
	if len(text) > maxFile {
		return nil, errors.New("the file is larger than 1 MiB")
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	rows.Comment = '#'
	rows.TrimLeadingSpace = true
	rows.FieldsPerRecord = -1 // counted per line, to say more than "wrong number of fields"
	names, err := rows.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, plainCSV(err)
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	if !slices.Equal(names, []string{"date", "kind", "name"}) {
		return nil, errors.New("the first line must be date,kind,name")
	}
	return rows, nil
}

func parseRow(row []string) (Day, error) {
	if len(row) != 3 {
		return Day{}, fmt.Errorf("expected date,kind,name and found %d fields", len(row))
	}
	date, err := ParseDate(strings.TrimSpace(row[0]))
	if err != nil {
		return Day{}, err
	}
	if date.Year < firstFileYear || date.Year > lastFileYear {
		return Day{}, fmt.Errorf("the year of %s is not between %d and %d", date, firstFileYear, lastFileYear)
	}
	day := Day{Date: date, Name: strings.TrimSpace(row[2])}
	if !utf8.ValidString(day.Name) {
		return Day{}, errors.New("the name is not in UTF-8; save the file as CSV UTF-8")
	}
	switch kind := strings.ToLower(strings.TrimSpace(row[1])); kind {
	case "working":
		day.Working = true
	case "holiday":
	default:
		return Day{}, fmt.Errorf("the kind must be working or holiday, not %q", kind)
	}
	return day, nil
}

// plainCSV words the reader's own errors like the others.
func plainCSV(err error) error {
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
	return err
}
