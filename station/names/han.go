package names

import (
	"slices"
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// The bounds of one Han name's readings. Beyond maxNative characters a name is a foreign one in transcription, and is read once.
const (
	maxNative   = 6
	maxReadings = 16
)

// reading is one way to say a Han name, by syllable, in pinyin without tones, with ü as ü.
type reading struct {
	family, given []string
}

func (r reading) joined() string { return strings.Join(r.family, "") + strings.Join(r.given, "") }

func (r reading) spaced() string {
	return strings.TrimSpace(strings.Join(r.family, "") + " " + strings.Join(r.given, ""))
}

// initials are the first letters of the syllables: 季逸超 is jyc, and 欧阳娜 is oyn.
func (r reading) initials() string {
	var initials []rune
	for _, syllable := range slices.Concat(r.family, r.given) {
		initials = append(initials, []rune(syllable)[0])
	}
	return string(initials)
}

// readHan gives the readings of a name in Han: at least one, the likeliest first.
func readHan(name []rune) []reading {
	if len(name) == 1 {
		return combine(familyReadings(name[0]), nil)
	}
	if len(name) > maxNative {
		return []reading{{family: []string{syllable(name[0])}, given: once(name[1:])}}
	}
	var found []reading
	if said, ok := compounds[string(name[:2])]; ok && len(name) > 2 {
		found = combine([][]string{said}, name[2:])
		if !alsoSingle[name[0]] {
			return found
		}
	}
	found = append(found, combine(familyReadings(name[0]), name[1:])...)
	return found[:min(len(found), maxReadings)]
}

// combine gives every family reading with every given one.
func combine(families [][]string, given []rune) []reading {
	givens := [][]string{nil}
	for _, r := range given {
		var longer [][]string
		for _, said := range givenReadings(r) {
			for _, before := range givens {
				longer = append(longer, append(slices.Clip(before), said))
			}
		}
		givens = longer[:min(len(longer), maxReadings)]
	}
	var found []reading
	for _, said := range givens {
		for _, family := range families {
			found = append(found, reading{family: family, given: said})
		}
	}
	return found[:min(len(found), maxReadings)]
}

// familyReadings are the readings of a family name of one character, each as its one syllable.
func familyReadings(r rune) [][]string {
	said, ok := families[r]
	if !ok {
		said = syllable(r)
	}
	var found [][]string
	for one := range strings.FieldsSeq(said) {
		found = append(found, []string{one})
	}
	return found
}

func givenReadings(r rune) []string {
	if said, ok := givens[r]; ok {
		return strings.Fields(said)
	}
	return []string{syllable(r)}
}

// once reads each character in its most common way.
func once(name []rune) []string {
	said := make([]string, len(name))
	for i, r := range name {
		said[i] = givenReadings(r)[0]
	}
	return said
}

// syllable is go-pinyin's first reading, or the character itself where it knows none.
func syllable(r rune) string {
	said := pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal})
	if len(said) == 0 || said[0] == "" {
		return string(r)
	}
	// go-pinyin writes ü as v, which is no letter of pinyin.
	return strings.ReplaceAll(said[0], "v", "ü")
}
