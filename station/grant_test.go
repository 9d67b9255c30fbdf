package station

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTranches_AddUpToTheAward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		award := rapid.Int64Range(0, 1_000_000_000_000).Draw(t, "award")
		terms := GrantTerms{}
		for left := 100; left > 0; {
			n := rapid.IntRange(1, left).Draw(t, "percent")
			terms.Tranches, left = append(terms.Tranches, Tranche{Percent: n}), left-n
		}
		var sum int64
		for i := range terms.Tranches {
			fen := terms.TrancheFen(award, i)
			if fen < 0 {
				t.Fatalf("tranche %d is %d", i, fen)
			}
			sum += fen
		}
		if sum != award {
			t.Fatalf("%d of %d", sum, award)
		}
	})
}

func TestTier_IsTheMedianAndTheLowerOfTwo(t *testing.T) {
	for want, tiers := range map[int64][]int64{5: {20, 5, 2}, 2: {5, 2}, 8: {8}, 3: {3, 3, 20, 20}} {
		var reviews []Review
		for _, tier := range tiers {
			reviews = append(reviews, Review{Verdict: Score, Tier: tier, Total: 80})
		}
		reviews = append(reviews, Review{Verdict: Abstain})
		assert.Equal(t, want, Count(reviews).Tier, tiers)
	}
}

func TestCreditCode_IsCheckedByItsLastCharacter(t *testing.T) {
	for code, valid := range map[string]bool{
		"91330100799655058B": true, "91330108MA2H00001B": true,
		"91330108MA2H000018": false, "91330108MA2H0000IB": false, "91330108": false, "": false, "91330108ma2h00001b": false,
	} {
		assert.Equal(t, valid, isCreditCode(code), code)
	}
}

func TestAmend_SaysWhichFieldsDiffer(t *testing.T) {
	form := json.RawMessage(`{"district":"HZ","project":{"name":"P","summary":"S","plan":"N"},
		"company":{"name":"C","number":"91330108MA2H00001B","registeredOn":"2025-06-01","earlierGrants":0,"bank":"B","account":"33010401600001"},
		"applicant":{"legalRepresentative":true,"graduatedOn":"2024-06-30","institution":"zju"},"team":{"members":3,"share":60},"documents":[]}`)
	for patch, want := range map[string][]string{
		`{"team":{"share":61}}`:                                      {"team.share"},
		`{"team":{"share":60}}`:                                      nil,
		`{"project":{"plan":"M"},"company":{"name":"D"}}`:            {"company.name", "project.plan"},
		`{"documents":["01900000-0000-7000-8000-000000000001"]}`:     {"documents"},
		`{"company":{"number":"91330100799655058b"},"district":"X"}`: {"company.number", "district"},
	} {
		_, changed, err := grant.Amend(form, json.RawMessage(patch))
		require.NoError(t, err, patch)
		assert.Equal(t, want, changed, patch)
	}
	for _, patch := range []string{`[]`, `"x"`, `{"team":null}`, `{"team":{"share":"much"}}`, `{"x":1}`, `{`} {
		_, _, err := grant.Amend(form, json.RawMessage(patch))
		assert.Equal(t, Invalid, CodeOf(err), patch)
	}
	_, _, err := referral.Amend(form, json.RawMessage(`{"why":"x"}`))
	assert.Equal(t, Invalid, CodeOf(err), "a referral's form is not changed")
}

func TestCheck_IsTouchedByWhatItLooksAt(t *testing.T) {
	c := GrantCheck{Fields: []string{"company", "team.share"}}
	assert.True(t, c.Touches([]string{"project.plan", "company.name"}))
	assert.True(t, c.Touches([]string{"team.share"}))
	assert.False(t, c.Touches([]string{"team.members", "companyx", "project.plan"}))
}

func TestGrantTerms_AreRefusedWithTheFieldThatIsWrong(t *testing.T) {
	good := `{"fund":"f","rules":[{"code":"a","when":"true","says":{"zh-CN":"a","en":"a"},"source":{"zh-CN":"a","en":"a"}}],"review":{"tiers":[1,2]}`
	_, err := ReadGrantTerms(json.RawMessage(good + `}`))
	require.NoError(t, err)
	for more, path := range map[string]string{
		`,"fund":""}`:                "terms/fund",
		`,"rules":[]}`:               "terms/rules",
		`,"review":{"tiers":[]}}`:    "terms/review/tiers",
		`,"notice":{"days":0}}`:      "terms/notice/days",
		`,"inquiryRounds":10}`:       "terms/inquiryRounds",
		`,"review":{"tiers":[2,1]}}`: "terms/review/tiers/1",
		`,"tranches":[{"name":{"zh-CN":"a","en":"a"},"percent":99}]}`: "terms/tranches",
	} {
		_, err := ReadGrantTerms(json.RawMessage(good + more))
		e, ok := err.(*Error) //nolint:errorlint // as it was made
		require.True(t, ok, more)
		require.NotEmpty(t, e.Fields, more)
		assert.Equal(t, path, e.Fields[0].Path, more)
	}
}
