package eligibility_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station/eligibility"
)

// sampleRules are the conditions of the sample's grant, in their order.
func sampleRules(tb testing.TB) []*eligibility.Condition {
	tb.Helper()
	raw, err := os.ReadFile("../../deploy/sample/programmes.json")
	require.NoError(tb, err)
	var programmes []struct {
		Code  string
		Terms struct{ Rules []struct{ When string } }
	}
	require.NoError(tb, json.Unmarshal(raw, &programmes))
	var all []*eligibility.Condition
	for _, p := range programmes {
		for _, r := range p.Terms.Rules {
			c, err := eligibility.Compile(r.When)
			require.NoError(tb, err, r.When)
			all = append(all, c)
		}
	}
	require.Len(tb, all, 7)
	return all
}

// byHand is what the sample's rules say, without CEL and without showing why.
func byHand(f *eligibility.Facts) [7]bool {
	return [7]bool{
		f.Applicant.LegalRepresentative,
		!f.Applicant.GraduatedOn.After(f.Today) && !eligibility.AddYears(f.Applicant.GraduatedOn, 5).Before(f.Today),
		!eligibility.AddMonths(f.Company.RegisteredOn, 3).After(f.Today),
		f.Team.Share >= 30,
		f.Company.EarlierGrants == 0 && f.Known.Awarded == 0,
		f.Known.Projects < 2,
		f.Team.Members >= 2,
	}
}

// BenchmarkEvaluate asks all rules of the sample's grant about one application.
// By hand is the baseline.
func BenchmarkEvaluate(b *testing.B) {
	rules, facts := sampleRules(b), applicant()
	for i, met := range byHand(facts) {
		require.Equal(b, met, rules[i].Evaluate(facts).Passed)
	}
	b.Run("rules", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, r := range rules {
				if !r.Evaluate(facts).Passed {
					b.Fatal("not met")
				}
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evaluations/s")
	})
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if byHand(facts) != [7]bool{true, true, true, true, true, true, true} {
				b.Fatal("not met")
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evaluations/s")
	})
}
