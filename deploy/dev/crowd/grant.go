package crowd

import (
	"fmt"
	"strings"
)

// GrantTerms are the terms of a grant programme out of the fund of the crowd, with two rules, one tier of 10,000 yuan, and
// awards on public notice for so many seconds; more is added to them, as JSON.
func GrantTerms(notice int, more string) string {
	return fmt.Sprintf(`{"fund": %q, "rules": [
		{"code": "representative", "when": "applicant.legalRepresentative", "says": {"zh-CN": "法定代表人", "en": "Legal representative"},
		 "source": {"zh-CN": "试", "en": "Trial"}},
		{"code": "share", "when": "team.share >= 30.0", "says": {"zh-CN": "团队持股", "en": "Share of the team"}, "source": {"zh-CN": "试", "en": "Trial"}}],
		"review": {"tiers": [%d]}, "notice": {"seconds": %d}%s}`, Fund, Award, notice, more)
}

// Award is what every grant of the crowd's programmes is awarded, in fen.
const Award = 1_000_000

// Grant is the form of the n-th company.
func Grant(programme string, n int) map[string]any {
	return map[string]any{
		"programme": programme, "district": Branch,
		"project":   map[string]any{"name": fmt.Sprintf("Project %d", n), "summary": "A thing.", "plan": "To build it."},
		"company":   map[string]any{"name": fmt.Sprintf("Company %d", n), "number": creditCode(n), "registeredOn": "2025-01-01", "earlierGrants": 0, "bank": "Bank", "account": "33010401600001"},
		"applicant": map[string]any{"legalRepresentative": true, "graduatedOn": "2024-06-30", "institution": "school of none"},
		"team":      map[string]any{"members": 3, "share": 60}, "documents": []string{},
	}
}

// Recommend is a reviewer's verdict that lets a grant pass.
var Recommend = map[string]any{"verdict": "score", "tier": Award, "scores": []map[string]any{
	{"criterion": "innovation", "points": 85}, {"criterion": "feasibility", "points": 80}, {"criterion": "team", "points": 90}, {"criterion": "benefit", "points": 75},
}}

// creditCode is the n-th unified social credit code, with its check character (GB 32100-2015).
func creditCode(n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	s := fmt.Sprintf("91330108MA%07d", n)
	sum, weight := 0, 1
	for i := range s {
		sum += strings.IndexByte(alphabet, s[i]) * weight
		weight = weight * 3 % 31
	}
	return s + string(alphabet[(31-sum%31)%31])
}
