package mail

import (
	"strings"
	"unicode"
)

// oneLine makes a text one line: runs of white space, line ends of every alphabet among them, become one space, and
// characters without a shape of their own are dropped.
func oneLine(s string) string {
	return strings.Join(strings.Fields(shaped(s)), " ")
}

// lines keeps a text's lines but not its trailing spaces, nor more than one empty line in a row.
func lines(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	var kept []string
	for line := range strings.SplitSeq(shaped(s), "\n") {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" && len(kept) > 0 && kept[len(kept)-1] == "" {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// shaped drops control characters other than white space, and the marks that reorder text: with one of those a name
// can make the words after it read backwards.
func shaped(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\ufeff':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// cut shortens a text to at most limit characters.
func cut(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return strings.TrimRightFunc(string(runes[:limit-1]), unicode.IsSpace) + "…"
}

// wordJoiner has no width and allows no line break.
const wordJoiner = "\u2060"

// defuse keeps mail programs from turning a name into a link. A referrer chooses the name that we then mail to a
// stranger under the station's own name, and "visit evil.example" is a name that somebody will try.
func defuse(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		b.WriteRune(r)
		if i+1 < len(runes) && strings.ContainsRune(".:@/。．", r) && !unicode.IsSpace(runes[i+1]) {
			b.WriteString(wordJoiner)
		}
	}
	return b.String()
}
