package letter

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	folio "github.com/carlos7ags/folio/font"
	"golang.org/x/text/unicode/norm"

	"wutong/api/letter/font"
)

// face is one of the two fonts of a letter.
type face int

const (
	latin face = iota
	chinese
)

// faces are the fonts, read once; they do not change afterwards.
var faces = sync.OnceValue(func() [2]folio.Face {
	var read [2]folio.Face
	for f, ttf := range map[face][]byte{latin: font.Latin(), chinese: font.Chinese()} {
		parsed, err := folio.ParseTTF(ttf)
		if err != nil {
			panic(fmt.Sprintf("read the font of letters: %v", err)) // it was built broken, which the test would have said
		}
		read[f] = parsed
	}
	return read
})

func (f face) has(r rune) bool { return faces()[f].GlyphIndex(r) != 0 }

// glyph is a character as it is set.
type glyph struct {
	rune
	face
	advance float64 // of the size
}

// lacking stands where a character cannot be set, as printers have always marked
// one that they did not have (the geta, 〓): a reader sees that something is
// missing.
const lacking = '〓'

// twins are characters that look alike and share a glyph, which could be read back
// as only one of them.
var twins = map[rune]rune{
	'\u00a0': ' ', '\u2010': '-', '\u2011': '-', '\u2012': '–', '\u2027': '•', '\u00b5': 'μ', '\u301c': '～',
}

// settable is a text as a letter can say it: composed, in one line, and without
// characters that neither font has.
func settable(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.Join(strings.Fields(text), " ")) {
		if twin, ok := twins[r]; ok {
			r = twin
		}
		switch {
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r): // nothing to see
		case latin.has(r), chinese.has(r):
			b.WriteRune(r)
		default:
			b.WriteRune(lacking)
		}
	}
	return b.String()
}

// glyphs chooses a font for each character of a text. Punctuation that both have
// looks like what is before it: a quotation mark is as wide as a character in
// Chinese, and narrow in English.
func glyphs(text string) []glyph {
	runes := []rune(text)
	set := make([]glyph, len(runes))
	const undecided face = -1
	last := undecided
	for i, r := range runes {
		set[i] = glyph{rune: r, face: last}
		switch inLatin, inChinese := latin.has(r), chinese.has(r); {
		case inLatin && inChinese && r > unicode.MaxASCII: // the marks that both scripts use
		case inLatin:
			set[i].face = latin
		default:
			set[i].face = chinese
		}
		if r != ' ' {
			last = set[i].face
		}
	}
	next := latin
	for i := len(set) - 1; i >= 0; i-- {
		if set[i].face == undecided {
			set[i].face = next
		}
		next = set[i].face
	}
	for i, g := range set {
		f := faces()[g.face]
		set[i].advance = float64(f.GlyphAdvance(f.GlyphIndex(g.rune))) / float64(f.UnitsPerEm())
	}
	return set
}
