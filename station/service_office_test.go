package station

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLetterCode_IsReadHoweverItWasCopied(t *testing.T) {
	for written, want := range map[string]string{
		"7K2QX9M4BTVD":        "7K2QX9M4BTVD",
		"7k2qx9m4btvd":        "7K2QX9M4BTVD",
		" 7K2Q-X9M4-BTVD\n":   "7K2QX9M4BTVD",
		"7K2Q X9M4\u3000BTVD": "7K2QX9M4BTVD",
		"7K2Q–X9M4—BTVD":      "7K2QX9M4BTVD",
		"７Ｋ２Ｑ－ｘ９ｍ４－ＢＴＶＤ": "7K2QX9M4BTVD",
		"OoIiLl234567":             "001111234567",
		"7K2QX9M4BTV":              "",
		"7K2QX9M4BTVDD":            "",
		"7K2QX9M4BTVU":             "", // no code has a U
		"7K2QX9M4BTV'":             "",
		"7K2QX9M4BTV\x00":          "",
		"7K2QX9M4BTV\xff":          "",
		"7K2QX9M4BTé":              "",
		"":                         "",
		"HZ-LETTER-2026-000012":    "",
		"7K2QX9M4BTVD7K2QX9M4BTVD": "",
	} {
		code, ok := LetterCode(written)
		assert.Equal(t, want != "", ok, "%q", written)
		if ok {
			assert.Equal(t, want, code, "%q", written)
		}
	}
}

func TestOversight_OfAnOfficeRevokesAndNothingElse(t *testing.T) {
	assert.Equal(t, []Verdict{Revoke}, TaskOversight.Verdicts(Ambassador))
	assert.Equal(t, []Verdict{Suspend, Reinstate, Revoke}, TaskOversight.Verdicts(Angel))
	assert.True(t, needsReason(TaskOversight, Revoke))
	assert.True(t, needsReason(TaskOffice, Transfer))
	assert.False(t, needsReason(TaskOffice, Resign))
	assert.True(t, needsReason(TaskTie, Decline))
	assert.False(t, needsReason(TaskTie, Accept))
}

func TestRecord_IsShownForARenewalOnly(t *testing.T) {
	details := Details{"made": json.Number("9"), "accepted": json.Number("4"), "since": "2026-03-01T08:00:00Z"}
	assert.Equal(t, &InOffice{OfficeRecord{Made: 9, Accepted: 4}, time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}, recordIn(Task{Kind: TaskRenewal, Details: details}))
	assert.Nil(t, recordIn(Task{Kind: TaskRenewal}), "of an angel")
	assert.Nil(t, recordIn(Task{Kind: TaskTie, Details: details}))
}

func TestCoverage_CountsEachInstitutionOnce(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	until := func(d time.Duration) *time.Time { return new(now.Add(d)) }
	within := 90*24*time.Hour + 16*time.Hour - time.Second // a term ends with a day
	of := func(code, group string, until *time.Time) Covered {
		return Covered{Institution: Institution{Code: code, Group: group}, Until: until}
	}
	rows := Coverage([]Covered{
		of("a", "c9", nil), of("b", "c9", until(within+time.Second)), of("c", "c9", until(within)), of("d", "c9", until(-time.Hour)),
		of("e", "overseas", nil), of("f", "monastery", until(within)),
	}, now)
	assert.Equal(t, CoverageOf{Group: "c9", Total: 4, Covered: 3, Expiring: 2, Open: 1}, rows[0])
	assert.Equal(t, CoverageOf{Group: "overseas", Total: 1, Open: 1}, rows[1])
	assert.Equal(t, CoverageOf{Group: "university"}, rows[3], "a group without institutions is shown")
	assert.Equal(t, CoverageOf{Group: "monastery", Total: 1, Covered: 1, Expiring: 1}, rows[len(Groups)], "one that nobody knows, too")
}
