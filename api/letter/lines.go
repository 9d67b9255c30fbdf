package letter

import (
	"strings"
	"unicode"
)

// line is a line of a part as it is set.
type line struct {
	glyphs []glyph
	size   float64
	gap    float64 // above it
	ink    ink
	bold   bool
}

func (l line) width() float64 { return width(l.glyphs) * l.size }

// leading is from one line to the next, of the size.
const leading = 1.45

func (l line) height() float64 { return l.gap + leading*l.size }

func width(set []glyph) float64 {
	var sum float64
	for _, g := range set {
		sum += g.advance
	}
	return sum
}

// smallest is how far a block is scaled down at most: nobody reads it, but it is
// all there.
const smallest = 0.2

// fit breaks parts into lines that find room in a block, all of them smaller if
// they must be; false: there is no room however small they are.
func fit(parts []part, wide, high float64) (list []line, ok bool) {
	for scale := 1.0; scale >= smallest; scale *= 0.96 {
		list = nil
		var sum float64
		for _, p := range parts {
			for _, l := range p.lines(scale, wide) {
				list = append(list, l)
				sum += l.height()
			}
		}
		if sum <= high {
			return list, true
		}
	}
	return nil, false
}

// lines breaks a part into lines of about the same width.
func (p part) lines(scale, wide float64) []line {
	set, size := glyphs(p.text), p.size*scale
	if full := width(set) * size; p.shrinks && full > wide {
		size *= max(wide/full, 2.0/3)
	}
	wide = wide/size + 1e-6
	broken := breakInto(set, wide)
	for narrow, step := wide, wide/64; len(broken) > 1; {
		narrow -= step
		if again := breakInto(set, narrow); len(again) > len(broken) {
			broken = breakInto(set, narrow+step)
			break
		}
	}
	list := make([]line, len(broken))
	for i, glyphs := range broken {
		list[i] = line{glyphs: glyphs, size: size, ink: p.ink, bold: p.bold}
	}
	if len(list) > 0 {
		list[0].gap = p.gap * scale
	}
	return list
}

// breakInto breaks a text into lines: where a word ends, or between Chinese
// characters; within a word only if it is longer than a line.
func breakInto(set []glyph, wide float64) [][]glyph {
	var list [][]glyph
	for len(set) > 0 {
		n, last := 0, 0 // how many fit, and where one may break before that
		var sum float64
		for ; n < len(set) && (sum+set[n].advance <= wide || set[n].rune == ' '); n++ {
			if n > 0 && mayBreak(set[n-1].rune, set[n].rune) {
				last = n
			}
			sum += set[n].advance
		}
		if n < len(set) && last > 0 && !mayBreak(set[n-1].rune, set[n].rune) {
			n = last
		}
		n = max(n, 1)
		list = append(list, trim(set[:n]))
		set = trim(set[n:])
	}
	return list
}

// trim takes spaces from both ends.
func trim(set []glyph) []glyph {
	for len(set) > 0 && set[0].rune == ' ' {
		set = set[1:]
	}
	for len(set) > 0 && set[len(set)-1].rune == ' ' {
		set = set[:len(set)-1]
	}
	return set
}

// Marks that do not begin a line, and that do not end one, as GB/T 15834 has it.
const (
	neverFirst = "，。、；：！？）》」』〉】〕’”…—～·,.;:!?)]}%"
	neverLast  = "（《「『〈【〔‘“([{"
)

func mayBreak(before, after rune) bool {
	switch {
	case unicode.IsDigit(before) && strings.ContainsRune("年月日", after), strings.ContainsRune("年月", before) && unicode.IsDigit(after):
		return false // a date stays whole
	case strings.ContainsRune(neverFirst, after), strings.ContainsRune(neverLast, before):
		return false
	case before == ' ', before == '/', before == '-':
		return true
	default:
		return ideographic(before) || ideographic(after)
	}
}

// ideographic reports whether a line can be broken on either side of a character.
func ideographic(r rune) bool {
	return unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r) ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xff60
}
