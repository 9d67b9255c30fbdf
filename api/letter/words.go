package letter

import (
	"strings"

	"wutong/station"
	"wutong/station/locale"
)

// sheet is what a letter says, in reading order, by where it stands on the page.
type sheet struct {
	head      []part // who writes, what it is
	body      []part // who is appointed, to what
	signature []part
	foot      []part // beside the QR code: how to verify it
}

// part is a paragraph of a sheet, most of them a line.
type part struct {
	text string
	size float64 // in points, where there is room for it
	gap  float64 // above it, in points
	ink  ink
	bold bool
	// shrinks says that it is made smaller, to two thirds, before it is broken into
	// lines.
	shrinks bool
}

// Text is what the PDF of a letter says, line by line, in reading order. What the
// letter cannot be set in is marked in it as it is in the PDF.
func Text(a station.Appointment, address string) []string {
	var lines []string
	for _, parts := range sheetOf(a, address).blocks() {
		for _, p := range parts {
			lines = append(lines, p.text)
		}
	}
	return lines
}

func (s sheet) blocks() [][]part { return [][]part{s.head, s.body, s.signature, s.foot} }

func sheetOf(a station.Appointment, address string) sheet {
	zh, en := station.Chinese, station.English
	both := func(key string) string { return locale.T(zh, key) + " " + locale.T(en, key) }
	words := func(l station.Language) string {
		return locale.T(l, "letter.words", a.Branch.In(l), a.Institution.In(l))
	}
	runs := func(l station.Language) string {
		return locale.T(l, "letter.runs", locale.Date(l, a.From), locale.Date(l, a.Until))
	}
	s := sheet{
		head: []part{
			{text: a.Branch.In(zh), size: 17, ink: red, shrinks: true},
			{text: a.Branch.In(en), size: 11.5, gap: 3, ink: red, shrinks: true},
			{text: locale.T(zh, "letter.title"), size: 58, gap: 18, ink: red, bold: true},
			{text: locale.T(en, "letter.title"), size: 21, gap: 2, ink: red},
			{text: both("letter.number") + " " + a.Number, size: 10.5, gap: 30, ink: grey},
		},
		body: []part{
			{text: locale.T(zh, "letter.appoint"), size: 15},
			{text: locale.T(en, "letter.appoint"), size: 12, gap: 2},
			{text: a.Name, size: 34, gap: 12, shrinks: true, bold: true},
			{text: words(zh), size: 15, gap: 18},
			{text: runs(zh), size: 15},
			{text: words(en), size: 12.5, gap: 12},
			{text: runs(en), size: 12.5},
		},
		signature: []part{
			{text: both("letter.director") + ": " + a.Director, size: 13, shrinks: true},
			{text: both("letter.issued") + ": " + locale.Date(zh, a.IssuedAt) + " · " + locale.Date(en, a.IssuedAt), size: 11, gap: 8, shrinks: true},
		},
		foot: []part{
			{text: locale.T(zh, "letter.verify"), size: 9.5, ink: grey},
			{text: locale.T(en, "letter.verify"), size: 9, gap: 1, ink: grey},
			{text: both("letter.code") + ": " + grouped(a.Code), size: 14, gap: 6},
			{text: address, size: 9, gap: 6, ink: grey, shrinks: true},
		},
	}
	for _, parts := range s.blocks() {
		for i := range parts {
			parts[i].text = settable(parts[i].text)
		}
	}
	return s
}

// grouped writes a code in groups of four, which people can read to each other.
func grouped(code string) string {
	var groups []string
	for len(code) > 4 {
		groups, code = append(groups, code[:4]), code[4:]
	}
	return strings.Join(append(groups, code), " ")
}
