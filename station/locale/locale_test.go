package locale_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"wutong/station"
	"wutong/station/locale"
)

func TestT_AnswersInTheLanguageAsked(t *testing.T) {
	assert.Equal(t, "人才举荐", locale.T(station.Chinese, "kind.referral"))
	assert.Equal(t, "Talent referral", locale.T(station.English, "kind.referral"))
	assert.Equal(t, "人才举荐", locale.T("fr", "kind.referral"), "an unknown language is the default one")
}

func TestT_ReturnsAnUnknownKeyAsItIs(t *testing.T) {
	assert.Equal(t, "kind.no_such", locale.T(station.English, "kind.no_such"))
	assert.False(t, locale.Has("kind.no_such"))
}

func TestT_PutsWordsWhereTheyBelong(t *testing.T) {
	assert.Equal(t, "must be between 1 and 20", locale.T(station.English, "rule.between", "1", "20"))
	assert.Equal(t, "must be between {1} and 20", locale.T(station.English, "rule.between", "{1}", "20"),
		"a word that looks like a placeholder stays as it is")
}

func TestRule_SaysWhatIsAskedFor(t *testing.T) {
	for rule, want := range map[string][2]string{
		"required":                {"必填", "is required"},
		"at_most_5000_characters": {"不得超过5000个字符", "may have at most 5000 characters"},
		"at_least_1":              {"不得小于1", "must be at least 1"},
		"at_least_quorum":         {"不得少于会签人数", "may not be less than the quorum"},
		"between_1_and_20":        {"应在1至20之间", "must be between 1 and 20"},
		"one_of:talent,applicant": {"应为下列之一：talent、applicant", "must be one of: talent, applicant"},
		"missing_criterion:fit":   {"缺少评分项：fit", "has no score for: fit"},
	} {
		assert.Equal(t, want[0], locale.Rule(station.Chinese, rule), rule)
		assert.Equal(t, want[1], locale.Rule(station.English, rule), rule)
	}
}

func TestDate_IsTheDayInChina(t *testing.T) {
	evening := time.Date(2026, time.December, 2, 16, 0, 0, 0, time.UTC) // midnight in Hangzhou
	assert.Equal(t, "2026年12月3日", locale.Date(station.Chinese, evening))
	assert.Equal(t, "3 Dec 2026", locale.Date(station.English, evening))
	assert.Equal(t, "2 Dec 2026", locale.Date(station.English, evening.Add(-time.Second)))
}

func TestMoment_IsTheTimeInChina(t *testing.T) {
	at := time.Date(2026, time.December, 2, 16, 5, 0, 0, time.UTC)
	assert.Equal(t, "2026年12月3日（星期四）00:05", locale.Moment(station.Chinese, at))
	assert.Equal(t, "Thu 3 Dec 2026, 00:05 (China time)", locale.Moment(station.English, at))
	assert.Equal(t, "2026年12月6日（星期日）14:05", locale.Moment(station.Chinese, at.Add(86*time.Hour)))
}

func TestMoney_IsWrittenWithItsCurrency(t *testing.T) {
	for fen, want := range map[int64][2]string{
		20_000_000:    {"200,000.00 元", "CNY 200,000.00"},
		123_456_789:   {"1,234,567.89 元", "CNY 1,234,567.89"},
		100_000:       {"1,000.00 元", "CNY 1,000.00"},
		99_999:        {"999.99 元", "CNY 999.99"},
		5:             {"0.05 元", "CNY 0.05"},
		0:             {"0.00 元", "CNY 0.00"},
		-123_456:      {"-1,234.56 元", "CNY -1,234.56"},
		math.MinInt64: {"-92,233,720,368,547,758.08 元", "CNY -92,233,720,368,547,758.08"},
	} {
		m := station.Money{Fen: fen, Currency: station.CNY}
		assert.Equal(t, want[0], locale.Money(station.Chinese, m))
		assert.Equal(t, want[1], locale.Money(station.English, m))
	}
	assert.Equal(t, "1.50 USD", locale.Money(station.Chinese, station.Money{Fen: 150, Currency: "USD"}))
}

func TestMatch_TakesTheBestOfWhatIsAskedFor(t *testing.T) {
	for header, want := range map[string]station.Language{
		"":                           station.Chinese,
		"*":                          station.Chinese,
		"not a header; q=x":          station.Chinese,
		"fr-FR":                      station.Chinese,
		"zh-CN,zh;q=0.9,en;q=0.8":    station.Chinese,
		"zh-Hant-TW":                 station.Chinese,
		"en":                         station.English,
		"en-GB,en;q=0.9":             station.English,
		"fr-FR,fr;q=0.9,en;q=0.8":    station.English,
		"en;q=0.3, zh;q=0.7":         station.Chinese,
		"zh;q=0, en":                 station.English,
		"de-DE, en-US;q=0.7, *;q=.1": station.English,
	} {
		assert.Equal(t, want, locale.Match(header), header)
	}
}

func TestT_CallsOversightNothingThatIsNotDoneToEveryTerm(t *testing.T) {
	for _, l := range []station.Language{station.Chinese, station.English} {
		for _, v := range station.TaskOversight.Verdicts(station.Angel) {
			if !slices.Contains(station.TaskOversight.Verdicts(station.Ambassador), v) {
				assert.NotContains(t, strings.ToLower(locale.T(l, "task.oversight")), strings.ToLower(locale.T(l, "verdict."+string(v))), "an ambassador's office is not suspended")
			}
		}
	}
}
