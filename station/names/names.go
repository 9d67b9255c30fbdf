package names

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// longest bounds what is looked at, in characters: names are short, and
// whatever is longer is no name.
const longest = 60

// surnames are readings that differ from the characters' usual ones.
var surnames = map[rune]string{
	'单': "shan", '解': "xie", '仇': "qiu", '曾': "zeng", '查': "zha", '任': "ren", '区': "ou", '朴': "piao",
	'盖': "ge", '尉': "yu", '翟': "zhai", '乐': "yue", '召': "shao", '员': "yun", '种': "chong", '秘': "bi",
}

// compound are the surnames of two characters.
var compound = []string{"欧阳", "司马", "诸葛", "上官", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "端木", "东方", "独孤", "南宫"}

// Keys returns the forms under which a name is compared, sorted. Two names are
// the same if they share one.
func Keys(name string) []string {
	words := split(name)
	if len(words) == 0 {
		return nil
	}
	keys := []string{strings.Join(words, "")}
	if family, given, ok := han(strings.Join(words, "")); ok {
		keys = append(keys, family+given, given+family)
	} else if len(words) > 1 {
		last := len(words) - 1
		keys = append(keys, strings.Join(words[1:], "")+words[0], words[last]+strings.Join(words[:last], ""))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Same reports whether two names can be one person's.
func Same(a, b string) bool {
	other := Keys(b)
	return slices.ContainsFunc(Keys(a), func(k string) bool { return slices.Contains(other, k) })
}

// Search returns the text by which a name is searched: itself, and its pinyin
// in both orders.
func Search(name string) string {
	words := split(name)
	text := strings.Join(words, " ")
	if family, given, ok := han(strings.Join(words, "")); ok {
		text += " " + family + " " + given + " " + family
	}
	return text
}

// split normalises a name: full-width forms, case, accents and punctuation do
// not count.
func split(name string) []string {
	var b strings.Builder
	n := 0
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(name, "")) {
		if n++; n > longest {
			break
		}
		switch {
		case r == 0x308: // ü is written v where there are no dots
			s := b.String()
			if strings.HasSuffix(s, "u") {
				b.Reset()
				b.WriteString(strings.TrimSuffix(s, "u") + "v")
			}
		case unicode.IsLetter(r):
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsSpace(r) || r == ',' || r == '·' || r == '・':
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// han returns the pinyin of a name in Chinese characters.
func han(name string) (family, given string, ok bool) {
	runes := []rune(name)
	if len(runes) < 2 {
		return "", "", false
	}
	for _, r := range runes {
		if !unicode.Is(unicode.Han, r) {
			return "", "", false
		}
	}
	cut := 1
	if len(runes) > 2 && slices.Contains(compound, string(runes[:2])) {
		cut = 2
	}
	for i, r := range runes {
		p := reading(r)
		if reading, rare := surnames[r]; rare && i == 0 {
			p = reading
		}
		if i < cut {
			family += p
		} else {
			given += p
		}
	}
	return family, given, true
}

func reading(r rune) string {
	list := pinyin.SinglePinyin(r, pinyin.NewArgs())
	if len(list) == 0 {
		return string(r)
	}
	return list[0]
}
