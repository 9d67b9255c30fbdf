package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"wutong/station"
)

//go:embed zh-CN/*.json en/*.json
var files embed.FS

// Languages are the languages the station speaks, the default first.
var Languages = []station.Language{station.Chinese, station.English}

// T returns the words of a key, with {0}, {1} … replaced by args. An unknown
// language is the default one; an unknown key is returned as it is.
func T(lang station.Language, key string, args ...string) string {
	words, ok := catalogue(lang)[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return words
	}
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", a)
	}
	return strings.NewReplacer(pairs...).Replace(words)
}

// Has reports whether a key has words.
func Has(key string) bool {
	_, ok := catalogue(station.Chinese)[key]
	return ok
}

// Keys returns all keys, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(catalogue(station.Chinese))) }

// Rule returns what a rule of station.Field asks for, in words: "required",
// "at_most_5000_characters", "between_1_and_20", "one_of:talent,applicant".
func Rule(lang station.Language, rule string) string {
	comma := "、"
	if lang == station.English {
		comma = ", "
	}
	key, args := splitRule(rule)
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, ",", comma)
	}
	return T(lang, key, args...)
}

// number is what a rule can count by.
var number = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// splitRule takes a rule's numbers, and what stands behind its colon, out of
// its name: what is left is the key.
func splitRule(rule string) (key string, args []string) {
	name, list, listed := strings.Cut(rule, ":")
	var parts []string
	for part := range strings.SplitSeq(name, "_") {
		if number.MatchString(part) {
			args = append(args, part)
		} else {
			parts = append(parts, part)
		}
	}
	if len(args) == 2 { // between_1_and_20
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "and" })
	}
	if listed {
		args = append(args, list)
	}
	return "rule." + strings.Join(parts, "_"), args
}

// Date writes the day on which t falls in China: "2026年12月3日", "3 Dec 2026".
func Date(lang station.Language, t time.Time) string {
	t = t.In(station.ChinaTime)
	if lang == station.English {
		return t.Format("2 Jan 2006")
	}
	return t.Format("2006年1月2日")
}

// Moment writes a day and time in China: "2026年12月3日（星期四）14:30", "Thu 3 Dec
// 2026, 14:30 (China time)".
func Moment(lang station.Language, t time.Time) string {
	t = t.In(station.ChinaTime)
	if lang == station.English {
		return t.Format("Mon 2 Jan 2006, 15:04 (China time)")
	}
	return Date(lang, t) + "（" + weekdays[t.Weekday()] + "）" + t.Format("15:04")
}

var weekdays = [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}

// Money writes an amount: "200,000.00 元", "CNY 200,000.00".
func Money(lang station.Language, m station.Money) string {
	sign, digits := "", strconv.FormatInt(m.Fen, 10)
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	digits = strings.Repeat("0", max(0, 3-len(digits))) + digits
	yuan, fen := digits[:len(digits)-2], digits[len(digits)-2:]
	for i := len(yuan) - 3; i > 0; i -= 3 {
		yuan = yuan[:i] + "," + yuan[i:]
	}
	amount := sign + yuan + "." + fen
	switch {
	case lang == station.English:
		return m.Currency + " " + amount
	case m.Currency == station.CNY:
		return amount + " 元"
	default:
		return amount + " " + m.Currency
	}
}

var matcher = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})

// Match returns the language that suits an Accept-Language header best, the
// default one if none does.
func Match(acceptLanguage string) station.Language {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Languages[0]
	}
	_, i, sure := matcher.Match(wanted...)
	if sure == language.No { // it would still guess by script: English for French
		return Languages[0]
	}
	return Languages[i]
}

// catalogues are read when the first word is asked for. They can fail only if
// they were built broken, which the test would have said.
var catalogues = sync.OnceValue(func() map[station.Language]map[string]string {
	all := map[station.Language]map[string]string{}
	for _, lang := range Languages {
		words, err := read(string(lang))
		if err != nil {
			panic(fmt.Sprintf("read the words of %s: %v", lang, err))
		}
		all[lang] = words
	}
	return all
})

func catalogue(lang station.Language) map[string]string {
	if words, ok := catalogues()[lang]; ok {
		return words
	}
	return catalogues()[Languages[0]]
}

// read puts a language's files together; no two may have the same key.
func read(lang string) (map[string]string, error) {
	names, err := fs.Glob(files, path.Join(lang, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list the files: %w", err)
	}
	all := map[string]string{}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var words map[string]string
		if err := json.Unmarshal(raw, &words); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for key, text := range words {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("read %s: %s stands in another file too", name, key)
			}
			all[key] = text
		}
	}
	return all, nil
}
