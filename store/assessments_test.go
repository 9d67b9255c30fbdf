package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// conditions is a grant programme with a rule of each kind of value.
var conditions = station.Programme{
	Code: "grant-conditions", Kind: station.Grant, Branch: "HZ", Name: station.Text{Zh: "资助", En: "Grant"}, About: station.Text{Zh: "关于", En: "About"},
	OpensAt: monday, ClosesAt: monday.AddDate(10, 0, 0),
	Terms: []byte(`{"fund": "hz-startup", "review": {"tiers": [2000000]}, "rules": [
		{"code": "registered", "says": {"zh-CN": "登记", "en": "Registered"}, "source": {"zh-CN": "来源", "en": "Source"}, "when": "company.registeredOn.addMonths(3) <= today"},
		{"code": "first", "says": {"zh-CN": "首次", "en": "First"}, "source": {"zh-CN": "来源", "en": "Source"}, "when": "known.awarded == 0"},
		{"code": "two", "says": {"zh-CN": "两个", "en": "Two"}, "source": {"zh-CN": "来源", "en": "Source"}, "when": "known.projects < 2"},
		{"code": "team", "says": {"zh-CN": "团队", "en": "Team"}, "source": {"zh-CN": "来源", "en": "Source"}, "when": "team.members > 1 && team.share > 29.5", "advisory": true}]}`),
}

// companies apply for grants of conditions.
type companies struct{ *house }

func newCompanies(t *testing.T) companies {
	t.Helper()
	h := newHouse(t)
	require.NoError(t, conditions.Check())
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Programmes: []station.Programme{conditions}}))
	return companies{h}
}

// The numbers of two companies.
const (
	oneCompany     = "91330106MA00000016"
	anotherCompany = "91330108MA00000039"
)

// applies takes in a grant of a company.
func (h companies) applies(number string, at time.Time) *matter {
	h.t.Helper()
	h.keys++
	form := station.GrantForm{
		District: "HZ-XH", Project: station.GrantProject{Name: "灵巧手", Summary: "A hand.", Plan: "Buy motors."},
		Company:   station.GrantCompany{Name: "杭州样例科技有限公司", Number: number, RegisteredOn: "2025-12-02", Bank: "杭州银行", Account: "33010401600001"},
		Applicant: station.GrantApplicant{LegalRepresentative: true, GraduatedOn: "2023-06-30", Institution: "zju"},
		Team:      station.GrantTeam{Members: 3, Share: 60.5}, Documents: []string{},
	}
	raw, err := json.Marshal(form)
	require.NoError(h.t, err)
	n := station.NewCase{
		ID: station.NewID(), Kind: station.Grant, Programme: conditions, Applicant: h.Applicant.ID, Key: station.NewID(), RequestHash: "hash", At: at,
	}
	n.Application, err = station.Processes[station.Grant].CheckForm(raw)
	require.NoError(h.t, err)
	c, _, err := h.db.InsertCase(h.t.Context(), n)
	require.NoError(h.t, err)
	return &matter{house: h.house, Case: c, run: "run-1", at: at}
}

// knows are the company's grants that an assessment of a case counts.
func (m *matter) knows() station.Known {
	m.t.Helper()
	results, err := m.db.Assess(m.t.Context(), m.ID, 1, monday)
	require.NoError(m.t, err)
	var k station.Known
	for _, r := range results {
		switch r.Code {
		case "first":
			k.Awarded = r.Saw["known.awarded"].(int)
		case "two":
			k.Projects = r.Saw["known.projects"].(int)
		default:
		}
	}
	return k
}

// stands puts a case where a test needs it.
func (m *matter) stands(status station.Status, stage station.Stage) {
	m.t.Helper()
	m.runs(`UPDATE cases SET status = $2, stage = $3 WHERE id = $1`, m.ID, status, stage)
}

func TestAssess_KeepsEveryAnswerWithWhatTheRuleSaw(t *testing.T) {
	h := newCompanies(t)
	m := h.applies(oneCompany, monday)
	none, err := h.db.Assessments(t.Context(), m.ID)
	require.NoError(t, err)
	require.Empty(t, none)

	results, err := h.db.Assess(t.Context(), m.ID, 1, monday)
	require.NoError(t, err)
	require.Equal(t, []string{"registered", "first", "two", "team"}, codesOf(results), "in the order of the rules")
	require.True(t, station.Eligible(results))
	kept, err := h.db.Assessments(t.Context(), m.ID)
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"code": "first", "passed": true, "saw": {"known.awarded": 0}},
		{"code": "registered", "passed": true, "saw": {"company.registeredOn": "2025-12-02", "today": "2026-03-02"}},
		{"code": "team", "passed": true, "advisory": true, "saw": {"team.members": 3, "team.share": 60.5}},
		{"code": "two", "passed": true, "saw": {"known.projects": 0}}
	]`, marshal(t, kept))
}

func codesOf(results []station.Assessed) []string {
	var all []string
	for _, r := range results {
		all = append(all, r.Code)
	}
	return all
}

func TestAssess_TwiceIsOneRoundAndALaterRoundIsShown(t *testing.T) {
	h := newCompanies(t)
	m := h.applies(oneCompany, monday)
	for range 2 {
		_, err := h.db.Assess(t.Context(), m.ID, 1, monday)
		require.NoError(t, err)
	}
	var rows int
	h.reads(`SELECT count(*) FROM assessments`, nil, &rows)
	require.Equal(t, 4, rows)

	h.runs(`UPDATE cases SET form = jsonb_set(form, '{team,members}', '1') WHERE id = $1`, m.ID)
	_, err := h.db.Assess(t.Context(), m.ID, 2, monday.AddDate(0, 0, 9))
	require.NoError(t, err)
	h.reads(`SELECT count(*) FROM assessments`, nil, &rows)
	require.Equal(t, 8, rows, "the first round stays as it was")
	kept, err := h.db.Assessments(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, kept, 4)
	require.False(t, kept[2].Passed)
	require.True(t, station.Eligible(kept), "advice stops nobody")
	require.Equal(t, "2026-03-02", kept[1].Saw["today"], "the day of application, not of the assessment")
}

func TestAssess_CountsTheGrantsOfTheCompany(t *testing.T) {
	h := newCompanies(t)
	first := h.applies(oneCompany, monday)
	h.applies(anotherCompany, monday)
	require.Equal(t, station.Known{}, first.knows(), "another company is another company")
	second := h.applies("91330106ma00000016", monday.Add(time.Hour)) // as somebody may write it
	third := h.applies(oneCompany, monday.Add(2*time.Hour))
	require.Equal(t, station.Known{}, first.knows(), "a later one stands in nobody's way")
	require.Equal(t, station.Known{Projects: 1}, second.knows())
	require.Equal(t, station.Known{Projects: 2}, third.knows())

	for _, c := range []struct {
		status station.Status
		stage  station.Stage
		want   station.Known
	}{
		{station.Open, station.StageReview, station.Known{Projects: 2}},
		{station.Open, station.StageAgreement, station.Known{Projects: 2}},
		{station.Open, station.StageTranches, station.Known{Projects: 2, Awarded: 1}},
		{station.Open, station.StageSuspended, station.Known{Projects: 2, Awarded: 1}},
		{station.Open, station.StageClosing, station.Known{Projects: 2, Awarded: 1}},
		{station.Completed, station.StageEnded, station.Known{Projects: 2, Awarded: 1}},
		{station.Terminated, station.StageRepayment, station.Known{Projects: 2, Awarded: 1}},
		{station.Terminated, station.StageEnded, station.Known{Projects: 2, Awarded: 1}},
		{station.Declined, station.StageDeclined, station.Known{Projects: 1}},
		{station.Withdrawn, station.StageEnded, station.Known{Projects: 1}},
		{station.Failed, station.StageEnded, station.Known{Projects: 1}},
	} {
		second.stands(c.status, c.stage)
		require.Equal(t, c.want, third.knows(), "%s in %s", c.status, c.stage)
	}
	third.stands(station.Completed, station.StageEnded)
	require.Equal(t, station.Known{Projects: 1, Awarded: 1}, first.knows(), "an award counts whenever it was applied for")
}

func TestAssess_OfThreeAtTheSameMomentTwoAreTwoProjects(t *testing.T) {
	h := newCompanies(t)
	passed := 0
	all := []*matter{h.applies(oneCompany, monday), h.applies(oneCompany, monday), h.applies(oneCompany, monday)}
	for _, m := range all {
		if m.knows().Projects < 2 {
			passed++
		}
	}
	require.Equal(t, 2, passed)
}

func TestAssess_IsForGrantsThatHaveAForm(t *testing.T) {
	h := newCompanies(t)
	for _, id := range []string{station.NewID(), h.opens().ID} {
		_, err := h.db.Assess(t.Context(), id, 1, monday)
		require.Equal(t, station.NotFound, station.CodeOf(err))
	}
	m := h.applies(oneCompany, monday)
	_, err := h.db.Assess(t.Context(), m.ID, 1, monday)
	require.NoError(t, err)
	m.records(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn}, End: &station.Ending{Erase: true}})
	_, err = h.db.Assess(t.Context(), m.ID, 2, monday)
	require.Equal(t, station.Conflict, station.CodeOf(err))
	kept, err := h.db.Assessments(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, kept, 4)
	for _, a := range kept {
		require.Empty(t, a.Saw, "what the rules saw is erased with the form")
	}
}

func TestAssess_CountsAGrantThatWasWithdrawnAfterAPayment(t *testing.T) {
	h := newCompanies(t)
	h.endows(1000)
	paid, m := h.applies(oneCompany, monday), h.applies(oneCompany, monday.Add(time.Hour))
	paid.asks(100, 70)
	paid.stands(station.Withdrawn, station.StageEnded)
	require.Equal(t, station.Known{}, m.knows())
	paid.pays(1, 50, "R-1")
	paid.stands(station.Withdrawn, station.StageEnded)
	require.Equal(t, station.Known{Projects: 1, Awarded: 1}, m.knows())
}
