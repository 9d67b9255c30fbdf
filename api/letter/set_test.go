package letter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// ems are the lines of a text in a width of so many times its size.
func ems(text string, wide float64) []string {
	var list []string
	for _, l := range breakInto(glyphs(text), wide) {
		var b strings.Builder
		for _, g := range l {
			b.WriteRune(g.rune)
		}
		list = append(list, b.String())
	}
	return list
}

func TestLines_BreakWhereAPersonWouldBreakThem(t *testing.T) {
	for _, c := range []struct {
		text string
		wide float64
		want []string
	}{
		{"聘期自2026年12月1日起", 8, []string{"聘期自", "2026年12月1日起"}},
		{"面向清华大学，联系人才", 6, []string{"面向清华大", "学，联系人才"}},
		{"他说“面向清华”", 4, []string{"他说“面", "向清华”"}},
		{"to find and to refer", 4, []string{"to find", "and to", "refer"}},
		{"Wolfeschlegelstein", 4, []string{"Wolfesc", "hlegelst", "ein"}},
		{"大 学", 1, []string{"大", "学"}},
		{"宽", 0.5, []string{"宽"}}, // there is always one
		{"", 4, nil},
	} {
		assert.Equal(t, c.want, ems(c.text, c.wide), c.text)
	}
}

func TestGlyphs_PunctuationLooksLikeWhatIsBeforeIt(t *testing.T) {
	for text, want := range map[string]string{
		"O’Brien":  "LLLLLLL",
		"他说“是”":    "CCCCC",
		"“梧桐”":     "CCCC",
		"“Wutong”": "LLLLLLLL",
		"阿凡提·Ali":  "CCCCLLL",
		"…":        "L",
	} {
		var got strings.Builder
		for _, g := range glyphs(text) {
			got.WriteByte("LC"[g.face])
		}
		assert.Equal(t, want, got.String(), text)
	}
}

// What shares a glyph could not be told apart when the text is read back.
func TestSettable_LeavesNoTwoCharactersWithOneGlyph(t *testing.T) {
	seen := map[face]map[uint16]rune{latin: {}, chinese: {}}
	for r := rune(' '); r < 0x40000; r++ {
		text := settable(string(r))
		if text != string(r) || r == lacking {
			continue
		}
		for f := range seen {
			if gid := faces()[f].GlyphIndex(r); gid != 0 {
				assert.Zero(t, seen[f][gid], "%U and %U", seen[f][gid], r)
				seen[f][gid] = r
			}
		}
	}
	assert.Greater(t, len(seen[chinese]), 10_500)
	assert.Greater(t, len(seen[latin]), 700)
}
