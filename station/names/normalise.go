package names

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxRunes is how much of a name counts. Longer ones are cut: no form that people fill in has room for them.
const maxRunes = 128

// letters are those of the Latin script that have no decomposition into a plain letter and a mark.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h")

// joiners stand inside a word and vanish: Yi-Chao is Yichao, Xi'an is Xian, J.R.R. is JRR.
const joiners = "-‐‑‒–—−'’‘ʼʻ`′.．"

// Normalise writes a name, or a part of one, in its plainest form: NFKC (full width becomes half), lower case, without accents and
// punctuation, ü and its substitutes as u, one space between words. [Search] texts are written in it, so what a person types is to
// be normalised before it is looked for.
func Normalise(name string) string {
	found := words(strip(compatible(name)))
	for i, word := range found {
		found[i] = fold(word)
	}
	return strings.Join(found, " ")
}

// compatible cuts a name to what counts, before and after NFKC, which can make one character into eighteen.
func compatible(name string) string {
	name = cut(strings.ToValidUTF8(name, " "))
	// NFKC makes an acute accent that stands alone, typed for an apostrophe, into a space with a mark.
	return cut(norm.NFKC.String(strings.ReplaceAll(name, "´", "'")))
}

func cut(s string) string {
	n := 0
	for i := range s {
		if n == maxRunes {
			return s[:i]
		}
		n++
	}
	return s
}

// strip lowers the case and takes the accents off Latin, Greek and Cyrillic letters. Other scripts keep their marks: in Devanagari or
// kana they are half of the letter.
func strip(s string) string {
	var out []rune
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if r < 0x300 || r > 0x36f || len(out) == 0 {
			out = append(out, r)
			continue
		}
		switch base := out[len(out)-1]; {
		case r == 0x308 && base == 'u':
			out[len(out)-1] = 'ü'
		case unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic):
		default:
			out = append(out, r)
		}
	}
	return letters.Replace(norm.NFC.String(string(out)))
}

// words splits a stripped name at everything that is no letter, mark or digit, and between Han and other scripts.
func words(s string) []string {
	var found []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			found = append(found, withoutTones(string(word)))
		}
		word = nil
	}
	for _, r := range s {
		switch {
		case strings.ContainsRune(joiners, r) || unicode.Is(unicode.Cf, r):
		case !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Nd) && !isHan(r):
			end()
		default:
			if len(word) > 0 && isHan(r) != isHan(word[len(word)-1]) {
				end()
			}
			word = append(word, r)
		}
	}
	end()
	return found
}

// toned is a word in pinyin with numbers for tones: ji4, yi4chao1, lü3.
var toned = regexp.MustCompile(`^(?:[a-zü]{1,6}[1-5])+$`)

func withoutTones(word string) string {
	if !toned.MatchString(word) {
		return word
	}
	return strings.Map(func(r rune) rune {
		if r >= '1' && r <= '5' {
			return -1
		}
		return r
	}, word)
}

// The ways to write ü where pinyin has it. After j, q, x and y it is written u, but some type v.
var (
	asV  = regexp.MustCompile(`([lnjqxy])v`)
	asYu = regexp.MustCompile(`(^n|l)yu`)
)

// fold writes every ü as u, so that Lü, Lv, Lyu and Lu meet. "nyu" is ü only at the start of a word: inside one it is far more
// often an n before yu, as in Jianyu.
func fold(word string) string {
	word = asYu.ReplaceAllString(word, "${1}u")
	word = asV.ReplaceAllString(word, "${1}u")
	return strings.ReplaceAll(word, "ü", "u")
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

var (
	bracketed = regexp.MustCompile(`[(\[【〔〈《「『{<][^)\]】〕〉》」』}>]*[)\]】〕〉》」』}>]?`)
	slashed   = regexp.MustCompile(`[/|;\\]`)
)

// forms takes a name apart into the forms in which it is written side by side: 季逸超 (Yichao Ji), 季逸超 / Yichao Ji, 季逸超 Yichao Ji.
func forms(name string) []form {
	text := strip(compatible(name))
	parts := slashed.Split(bracketed.ReplaceAllString(text, " "), -1)
	parts = append(parts, bracketed.FindAllString(text, -1)...)
	var found []form
	for _, part := range parts {
		found = append(found, whole(words(part))...)
	}
	if len(found) > 0 {
		return found
	}
	// No part is a whole name, so the parts are one: 王 (Wei), or a name of one word.
	if all := words(text); len(all) > 0 {
		return []form{{words: all, han: onlyHan(all)}}
	}
	return nil
}

// whole gives the whole names among some words. A name has two words, or two characters in Han; one word of another script beside a
// Han name, as in Peter 季逸超, is a first name that would match every Peter.
func whole(words []string) []form {
	var han, other []string
	for _, word := range words {
		if isHan([]rune(word)[0]) {
			han = append(han, word)
		} else {
			other = append(other, word)
		}
	}
	characters := len([]rune(strings.Join(han, "")))
	var found []form
	switch {
	case characters == 1 && len(other) > 0: // 王 Wei
		return []form{{words: words}}
	case characters > 1:
		found = append(found, form{words: han, han: true})
	}
	if len(other) > 1 {
		found = append(found, form{words: other})
	}
	return found
}

func onlyHan(words []string) bool {
	for _, word := range words {
		if !isHan([]rune(word)[0]) {
			return false
		}
	}
	return true
}
