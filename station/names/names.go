package names

import (
	"maps"
	"slices"
	"strings"
)

// maxKeys bounds what one name can become. An ordinary name has two to six keys.
const maxKeys = 64

// maxTokens is the number of words up to which a family name is looked for at both ends.
const maxTokens = 8

// keySet collects keys up to maxKeys.
type keySet map[string]struct{}

func (s keySet) add(key string) {
	if key != "" && len(s) < maxKeys {
		s[key] = struct{}{}
	}
}

// Keys gives the keys of a name, sorted and without repeats: lower-case, without spaces or accents. There are at most 64, and only
// the first 128 characters of a name count. A name without any letter has none.
func Keys(name string) []string {
	keys := keySet{}
	for _, form := range forms(name) {
		form.addKeys(keys)
	}
	return slices.Sorted(maps.Keys(keys))
}

// Same says whether two spellings may be of one name: whether their keys meet. See the package's words on what a match means.
func Same(a, b string) bool {
	of := Keys(a)
	for _, key := range Keys(b) {
		if _, found := slices.BinarySearch(of, key); found {
			return true
		}
	}
	return false
}

// Search gives the text to index for finding a name by a part of it: the name as [Normalise] writes it, its pinyin in both orders,
// with ü also as v, and its initials. Look in it for what [Normalise] makes of a person's words, not for their Search text.
func Search(name string) string {
	words := []string{Normalise(name)}
	add := func(more ...string) {
		for _, word := range more {
			if word != "" && !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	add(Keys(name)...)
	for _, form := range forms(name) {
		for _, reading := range form.readings() {
			add(fold(reading.spaced()), strings.ReplaceAll(reading.joined(), "ü", "v"), reading.initials())
		}
	}
	return strings.Join(words, " ")
}

// form is one written form of a name: either all Han, or words of any other script with lone Han characters among them.
type form struct {
	words []string
	han   bool
}

// readings gives the pinyin of a form in Han, and nothing for any other.
func (f form) readings() []reading {
	if !f.han {
		return nil
	}
	return readHan([]rune(strings.Join(f.words, "")))
}

func (f form) addKeys(keys keySet) {
	keys.add(fold(strings.Join(f.words, "")))
	for _, r := range f.readings() {
		family, given := fold(strings.Join(r.family, "")), fold(strings.Join(r.given, ""))
		keys.add(family + given)
		keys.add(given + family)
	}
	// Words of Han that somebody put apart (古丽·买买提) may stand in either order too.
	if !f.han || len(f.words) > 1 {
		for _, order := range orders(f.tokens()) {
			keys.add(order)
		}
	}
}

// tokens writes each word in Latin letters as far as it can be.
func (f form) tokens() []string {
	tokens := make([]string, len(f.words))
	for i, word := range f.words {
		if isHan([]rune(word)[0]) {
			word = readHan([]rune(word))[0].joined()
		}
		tokens[i] = fold(word)
	}
	return tokens
}

// orders joins the words of a name as they stand, with the first one moved to the end, and with the last one moved to the front:
// whichever of the two is the family name, one of these is the other way of writing it.
func orders(tokens []string) []string {
	joined := []string{strings.Join(tokens, "")}
	if n := len(tokens); n > 1 && n <= maxTokens {
		joined = append(joined,
			strings.Join(tokens[1:], "")+tokens[0],
			tokens[n-1]+strings.Join(tokens[:n-1], ""))
	}
	return joined
}
