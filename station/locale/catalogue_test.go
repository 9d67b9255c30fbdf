package locale_test

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/station/locale"
)

// families say where the words of each of station's types of constants are.
var families = map[string]string{
	"Kind": "kind", "Stage": "stage", "Status": "status", "EventKind": "event",
	"TaskKind": "task", "TaskStatus": "taskstatus",
	"ActKind": "act", "Verdict": "verdict", "ActStatus": "actstatus", "Reason": "reason",
	"Role": "role", "Party": "party", "NoticeStatus": "notice", "EntryKind": "entry", "Code": "error",
	"ConflictKind": "conflict", "InterestKind": "interest", "MemberStatus": "member", "Seat": "seat",
	"OfficeStatus": "office", "AppointmentStanding": "letter", "AppointmentEnd": "letterend", "ServiceState": "service",
}

// wordless are the types whose constants no person reads.
var wordless = []string{"Doing", "Language", "Level", "Pool", "Scope", "Template"}

// catalogue is one language as its files have it.
func catalogue(t *testing.T, lang station.Language) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(string(lang), "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	all := map[string]string{}
	for _, name := range names {
		for _, pair := range pairs(t, name) {
			assert.NotContains(t, all, pair[0], "%s has words twice, again in %s", pair[0], name)
			all[pair[0]] = pair[1]
		}
	}
	return all
}

// pairs reads a flat JSON object without losing a key that stands twice.
func pairs(t *testing.T, name string) [][2]string {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var list [][2]string
	d := json.NewDecoder(f)
	open, err := d.Token()
	require.NoError(t, err)
	require.Equal(t, json.Delim('{'), open)
	for d.More() {
		key, err := d.Token()
		require.NoError(t, err)
		var words string
		require.NoError(t, d.Decode(&words), "%s of %s", key, name)
		list = append(list, [2]string{key.(string), words})
	}
	_, err = d.Token()
	require.NoError(t, err)
	_, err = d.Token()
	require.ErrorIs(t, err, io.EOF, name)
	return list
}

func TestCatalogues_SayTheSameThings(t *testing.T) {
	zh, en := catalogue(t, station.Chinese), catalogue(t, station.English)
	assert.Equal(t, slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)))
	assert.Equal(t, slices.Sorted(maps.Keys(zh)), locale.Keys())

	placeholder := regexp.MustCompile(`\{\d+\}`)
	wellFormed := regexp.MustCompile(`^[a-z]+(\.[a-zA-Z_-][a-zA-Z0-9_-]*)+$`)
	han, latin := regexp.MustCompile(`\p{Han}`), regexp.MustCompile(`[A-Za-z]`)
	sorted := func(words string) []string {
		found := placeholder.FindAllString(words, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key := range zh {
		assert.Regexp(t, wellFormed, key)
		assert.Equal(t, sorted(zh[key]), sorted(en[key]), "placeholders of %s", key)
		for _, words := range []string{zh[key], en[key]} {
			assert.NotEmpty(t, strings.TrimSpace(words), key)
			assert.Equal(t, strings.TrimSpace(words), words, key)
			assert.NotRegexp(t, `[{}]`, placeholder.ReplaceAllString(words, ""), key)
		}
		assert.Regexp(t, han, zh[key], "%s is not Chinese", key)
		assert.Regexp(t, latin, en[key], "%s is not English", key)
		assert.NotRegexp(t, han, en[key], "%s is not English", key)
	}
}

func TestCatalogues_HaveTheSameFiles(t *testing.T) {
	assert.Equal(t, files(t, station.Chinese), files(t, station.English))
}

// files lists which keys stand in which file.
func files(t *testing.T, lang station.Language) map[string][]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(string(lang), "*.json"))
	require.NoError(t, err)
	all := map[string][]string{}
	for _, name := range names {
		for _, pair := range pairs(t, name) {
			all[filepath.Base(name)] = append(all[filepath.Base(name)], pair[0])
		}
	}
	return all
}

func TestCatalogues_HaveWordsForEveryConstant(t *testing.T) {
	consts := readConstants(t)
	for typ, values := range consts {
		family, spoken := families[typ]
		if !spoken {
			assert.Contains(t, wordless, typ, "say in families where the words of station.%s are, or that it has none", typ)
			continue
		}
		for _, v := range values {
			assert.True(t, locale.Has(family+"."+v), "station.%s %q has no words: add %s.%s", typ, v, family, v)
		}
	}
	for typ := range families {
		assert.NotEmpty(t, consts[typ], "station has no constants of type %s any more", typ)
	}
	for _, typ := range wordless {
		assert.NotEmpty(t, consts[typ], "station has no constants of type %s any more", typ)
	}
}

func TestCatalogues_HaveWordsForAllThatTheSourceSays(t *testing.T) {
	src := readSource(t)
	require.NotEmpty(t, src.errors)
	require.NotEmpty(t, src.rules)
	for key, where := range src.errors {
		assert.True(t, locale.Has("error."+key), "%s refuses with %q, which has no words: add error.%s", where, key, key)
	}
	for rule, where := range src.rules {
		words := locale.Rule(station.English, rule)
		assert.False(t, strings.HasPrefix(words, "rule."), "%s asks for %q, which has no words: add %s", where, rule, words)
		assert.NotRegexp(t, `\{\d\}`, words, "%s gives %q too few words", where, rule)
	}
	for key, where := range src.spoken {
		if family, dynamic := strings.CutSuffix(key, "."); dynamic {
			assert.True(t, slices.ContainsFunc(locale.Keys(), func(k string) bool { return strings.HasPrefix(k, key) }),
				"%s speaks of %s.*, of which there are no words", where, family)
			continue
		}
		assert.True(t, locale.Has(key), "%s speaks of %s, which has no words", where, key)
	}
}

func TestCatalogues_HaveNoWordsThatNobodyUses(t *testing.T) {
	src, consts := readSource(t), readConstants(t)
	used := map[string]bool{}
	for typ, family := range families {
		for _, v := range consts[typ] {
			used[family+"."+v] = true
		}
	}
	for literal := range src.literals {
		used[literal], used["error."+literal] = true, true
		rule, _, _ := strings.Cut(plainRule(literal), "|")
		if regexp.MustCompile(`^[a-zA-Z0-9_]+(:.*)?$`).MatchString(rule) {
			used[locale.RuleKey(rule)] = true
		}
	}
	// "link.title." + a constant or a field's name, or the path of a field
	byParts := func(key string) bool {
		parts := strings.Split(key, ".")
		for i := 2; i < len(parts); i++ {
			unknown := func(part string) bool { return !src.literals[part] && !src.tags[part] }
			if src.literals[strings.Join(parts[:i], ".")+"."] && !slices.ContainsFunc(parts[i:], unknown) {
				return true
			}
		}
		return false
	}
	for _, key := range locale.Keys() {
		assert.True(t, used[key] || byParts(key), "nobody uses %s", key)
	}
}
