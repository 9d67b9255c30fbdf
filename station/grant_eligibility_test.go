package station_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

// founder is somebody whom every rule of the sample's grant lets through on
// 2 March 2026.
func founder() station.GrantForm {
	return station.GrantForm{
		District:  "HZ-XH",
		Project:   station.GrantProject{Name: "灵巧手", Summary: "A hand.", Plan: "Buy motors."},
		Company:   station.GrantCompany{Name: "杭州样例科技有限公司", Number: "91330106MA00000016", RegisteredOn: "2025-06-01"},
		Applicant: station.GrantApplicant{LegalRepresentative: true, GraduatedOn: "2023-06-30", Institution: "zju"},
		Team:      station.GrantTeam{Members: 3, Share: 60},
		Documents: []string{},
	}
}

func sampleGrant(t *testing.T) station.GrantTerms {
	t.Helper()
	terms, err := station.ReadGrantTerms(readSample(t).programme(t, "grant-startup-2026").Terms)
	require.NoError(t, err)
	return terms
}

// inChina is a time of a day in China's time.
func inChina(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, time.FixedZone("", 8*60*60))
	require.NoError(t, err)
	return at
}

// The verdicts are in the order of the sample's rules: legal representative,
// recent graduate, registered, founders' share, first grant, two projects, and,
// as advice, the team. y: met, n: not met.
func TestGrant_TheSampleRulesDecideAsTheProgrammeSays(t *testing.T) {
	type form = station.GrantForm
	graduated := func(d station.Day) func(*form) { return func(f *form) { f.Applicant.GraduatedOn = d } }
	registered := func(d station.Day) func(*form) { return func(f *form) { f.Company.RegisteredOn = d } }
	share := func(s float64) func(*form) { return func(f *form) { f.Team.Share = s } }
	members := func(n int) func(*form) { return func(f *form) { f.Team.Members = n } }
	earlier := func(n int) func(*form) { return func(f *form) { f.Company.EarlierGrants = n } }
	same := func(*form) {}
	const march = "2026-03-02 10:00"
	terms := sampleGrant(t)
	table := []struct {
		name     string
		today    string
		change   func(*form)
		known    station.Known
		verdicts string
		eligible bool
	}{
		{"meets all", march, same, station.Known{}, "yyyyyyy", true},
		{"is not the legal representative", march, func(f *form) { f.Applicant.LegalRepresentative = false }, station.Known{}, "nyyyyyy", false},

		{"graduated 5 years ago to the day", "2026-06-30 10:00", graduated("2021-06-30"), station.Known{}, "yyyyyyy", true},
		{"graduated 5 years ago, late in the evening", "2026-06-30 23:59", graduated("2021-06-30"), station.Known{}, "yyyyyyy", true},
		{"graduated 5 years and a minute ago", "2026-07-01 00:01", graduated("2021-06-30"), station.Known{}, "ynyyyyy", false},
		{"graduated 5 years and a day ago", "2026-07-01 10:00", graduated("2021-06-30"), station.Known{}, "ynyyyyy", false},
		{"graduated 5 years ago less a day", "2026-06-29 10:00", graduated("2021-06-30"), station.Known{}, "yyyyyyy", true},
		{"graduated long ago", march, graduated("2009-06-30"), station.Known{}, "ynyyyyy", false},
		{"graduated today", march, graduated("2026-03-02"), station.Known{}, "yyyyyyy", true},
		{"graduates tomorrow", march, graduated("2026-03-03"), station.Known{}, "ynyyyyy", false},
		{"graduated on a leap day, on 28 February", "2025-02-28 10:00", graduated("2020-02-29"), station.Known{}, "yynyyyy", false},
		{"graduated on a leap day, on 1 March", "2025-03-01 10:00", graduated("2020-02-29"), station.Known{}, "ynnyyyy", false},
		{"graduated on 28 February before a leap year", "2028-02-28 10:00", graduated("2023-02-28"), station.Known{}, "yyyyyyy", true},
		{"graduated on 28 February, applies on the leap day", "2028-02-29 10:00", graduated("2023-02-28"), station.Known{}, "ynyyyyy", false},

		{"registered 3 months ago to the day", march, registered("2025-12-02"), station.Known{}, "yyyyyyy", true},
		{"registered 3 months ago, just after midnight", "2026-03-02 00:00", registered("2025-12-02"), station.Known{}, "yyyyyyy", true},
		{"registered 3 months ago less a minute", "2026-03-01 23:59", registered("2025-12-02"), station.Known{}, "yynyyyy", false},
		{"registered 3 months ago less a day", march, registered("2025-12-03"), station.Known{}, "yynyyyy", false},
		{"registered today", march, registered("2026-03-02"), station.Known{}, "yynyyyy", false},
		{"to be registered", march, registered("2026-12-31"), station.Known{}, "yynyyyy", false},
		{"registered on 30 November, on 28 February", "2026-02-28 10:00", registered("2025-11-30"), station.Known{}, "yyyyyyy", true},
		{"registered on 30 November, on 27 February", "2026-02-27 10:00", registered("2025-11-30"), station.Known{}, "yynyyyy", false},
		{"registered on 29 November, on 28 February", "2026-02-28 10:00", registered("2025-11-29"), station.Known{}, "yyyyyyy", true},
		{"registered on 29 November, in a leap year on 28 February", "2028-02-28 10:00", registered("2027-11-29"), station.Known{}, "yynyyyy", false},
		{"registered on 29 November, in a leap year on 29 February", "2028-02-29 10:00", registered("2027-11-29"), station.Known{}, "yyyyyyy", true},
		{"registered on 31 August, on 30 November", "2025-11-30 10:00", registered("2025-08-31"), station.Known{}, "yyyyyyy", true},
		{"registered over the turn of the year", "2026-01-15 10:00", registered("2025-10-15"), station.Known{}, "yyyyyyy", true},

		{"holds exactly 30 %", march, share(30), station.Known{}, "yyyyyyy", true},
		{"holds 29.99 %", march, share(29.99), station.Known{}, "yyynyyy", false},
		{"holds a hair less than 30 %", march, share(29.999999999), station.Known{}, "yyynyyy", false},
		{"holds all", march, share(100), station.Known{}, "yyyyyyy", true},
		{"holds nothing", march, share(0), station.Known{}, "yyynyyy", false},

		{"says it had a grant", march, earlier(1), station.Known{}, "yyyynyy", false},
		{"says it had none, but was awarded one here", march, same, station.Known{Projects: 1, Awarded: 1}, "yyyynyy", false},
		{"had one, and says so", march, earlier(1), station.Known{Projects: 1, Awarded: 1}, "yyyynyy", false},
		{"applies with a second project", march, same, station.Known{Projects: 1}, "yyyyyyy", true},
		{"applies with a third project", march, same, station.Known{Projects: 2}, "yyyyyny", false},
		{"was awarded two", march, same, station.Known{Projects: 2, Awarded: 2}, "yyyynny", false},

		{"founded alone", march, members(1), station.Known{}, "yyyyyyn", true},
		{"founded by two", march, members(2), station.Known{}, "yyyyyyy", true},
		{"founded alone, with too small a share", march, func(f *form) { f.Team = station.GrantTeam{Members: 1, Share: 10} }, station.Known{}, "yyynyyn", false},
		{"fails in everything", march, func(f *form) {
			f.Applicant = station.GrantApplicant{GraduatedOn: "2001-01-01", Institution: "x"}
			f.Company.RegisteredOn, f.Company.EarlierGrants, f.Team = "2026-03-01", 3, station.GrantTeam{Members: 1}
		}, station.Known{Projects: 5, Awarded: 5}, "nnnnnnn", false},
	}
	require.GreaterOrEqual(t, len(table), 30)
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			f := founder()
			c.change(&f)
			results, err := terms.Assess(f, c.known, inChina(t, c.today))
			require.NoError(t, err)
			got := ""
			for i, r := range results {
				got += map[bool]string{true: "y", false: "n"}[r.Passed]
				assert.Equal(t, terms.Rules[i].Code, r.Code)
				assert.Equal(t, r.Code == "team", r.Advisory)
				assert.NotEmpty(t, r.Saw, r.Code)
				assert.NotContains(t, r.Saw, "error")
			}
			assert.Equal(t, c.verdicts, got)
			assert.Equal(t, c.eligible, station.Eligible(results))
		})
	}
}

func TestGrant_ARuleShowsTheValuesThatItLookedAt(t *testing.T) {
	f := founder()
	f.Team.Share, f.Company.RegisteredOn = 29.5, "2025-12-31"
	results, err := sampleGrant(t).Assess(f, station.Known{Projects: 1, Awarded: 1}, inChina(t, "2026-03-02 00:30"))
	require.NoError(t, err)
	raw, err := json.Marshal(results)
	require.NoError(t, err)
	assert.JSONEq(t, `[
		{"code": "legal_representative", "passed": true, "saw": {"applicant.legalRepresentative": true}},
		{"code": "recent_graduate", "passed": true, "saw": {"applicant.graduatedOn": "2023-06-30", "today": "2026-03-02"}},
		{"code": "registered", "passed": false, "saw": {"company.registeredOn": "2025-12-31", "today": "2026-03-02"}},
		{"code": "founders_share", "passed": false, "saw": {"team.share": 29.5}},
		{"code": "first_grant", "passed": false, "saw": {"company.earlierGrants": 0, "known.awarded": 1}},
		{"code": "two_projects", "passed": true, "saw": {"known.projects": 1}},
		{"code": "team", "passed": true, "advisory": true, "saw": {"team.members": 3}}
	]`, string(raw))
}

func TestGrant_ARuleThatCannotBeWorkedOutIsNotMetAndSaysSo(t *testing.T) {
	terms := station.GrantTerms{Rules: []station.Rule{{Code: "ratio", When: "100 / known.projects > 1"}, {Code: "share", When: "team.share > 1"}}}
	results, err := terms.Assess(founder(), station.Known{}, inChina(t, "2026-03-02 10:00"))
	require.NoError(t, err)
	assert.Equal(t, station.Assessed{Code: "ratio", Saw: map[string]any{"known.projects": 0, "error": "division by zero"}}, results[0])
	assert.True(t, results[1].Passed, "the others are asked all the same")
	assert.False(t, station.Eligible(results))
}

// grantWith is the sample's grant with other rules.
func grantWith(t *testing.T, rules string) station.Programme {
	t.Helper()
	p := readSample(t).programme(t, "grant-startup-2026")
	var terms map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(p.Terms, &terms))
	terms["rules"] = json.RawMessage(rules)
	raw, err := json.Marshal(terms)
	require.NoError(t, err)
	p.Terms = raw
	return p
}

func TestGrant_AProgrammeWithABrokenRuleIsRefused(t *testing.T) {
	rule := func(code, when string) string {
		said, err := json.Marshal(when)
		require.NoError(t, err)
		return fmt.Sprintf(`{"code": %q, "says": {"zh-CN": "说明", "en": "Says"}, "source": {"zh-CN": "来源", "en": "Source"}, "when": %s}`, code, said)
	}
	good := rule("share", "team.share >= 30")
	for name, c := range map[string]struct{ rules, path, rule, says string }{
		"unknown field":    {good + "," + rule("age", "team.share > 1 &&\n company.age > 1"), "terms/rules/1/when", "unreadable_at_line_2_column_9", "2:9: undefined field 'age'"},
		"unknown name":     {rule("x", "founder == 1"), "terms/rules/0/when", "unreadable_at_line_1_column_1", "1:1: undeclared reference to 'founder'"},
		"unfinished":       {rule("x", "team.share >="), "terms/rules/0/when", "unreadable_at_line_1_column_14", "1:14: Syntax error"},
		"no condition":     {rule("x", ""), "terms/rules/0/when", "unreadable_at_line_1_column_1", "1:1: Syntax error"},
		"not boolean":      {good + "," + good + "," + rule("x", "team.members + 1"), "terms/rules/2/when", "unreadable_at_line_1_column_14", "1:14: is of type int"},
		"wrong type":       {rule("x", "company.name >= 3"), "terms/rules/0/when", "unreadable_at_line_1_column_14", "applied to '(string, int)'"},
		"given twice":      {good + "," + good, "terms/rules/1/code", "required_and_unique", ""},
		"no code":          {rule("", "true"), "terms/rules/0/code", "required_and_unique", ""},
		"no English words": {strings.Replace(good, "Says", "", 1), "terms/rules/0/says", "both_languages", ""},
		"no Chinese words": {strings.Replace(good, "来源", "", 1), "terms/rules/0/source", "both_languages", ""},
		"no rules":         {"", "terms/rules", "required", ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := grantWith(t, "["+c.rules+"]").Check()
			var e *station.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, station.Invalid, e.Code)
			last := e.Fields[len(e.Fields)-1]
			assert.Equal(t, c.path, last.Path)
			assert.Equal(t, c.rule, last.Rule)
			assert.Contains(t, last.Detail, c.says)
			assert.Contains(t, e.Message, c.says, "whoever loads the programme reads what the compiler says")
		})
	}
	require.NoError(t, grantWith(t, "["+good+"]").Check())
	refused := grantWith(t, `[{"code": "x", "wenn": "true"}]`).Check()
	require.ErrorContains(t, refused, `unknown field "wenn"`)
}
