package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store"
)

// grants loads the sample's grant.
func (h *house) grants() station.Programme {
	h.t.Helper()
	raw, err := os.ReadFile("../deploy/sample/programmes.json")
	require.NoError(h.t, err)
	var all []station.Programme
	require.NoError(h.t, json.Unmarshal(raw, &all))
	p := all[slices.IndexFunc(all, func(p station.Programme) bool { return p.Kind == station.Grant })]
	require.NoError(h.t, h.db.Load(context.Background(), store.Seed{Programmes: []station.Programme{p}}))
	return p
}

// assesses takes in a grant on 2 March 2026 for a company that is too young, and
// has it assessed.
func (h *house) assesses(p station.Programme) string {
	h.t.Helper()
	raw, err := json.Marshal(station.GrantForm{
		District: "HZ-XH", Project: station.GrantProject{Name: "灵巧手", Summary: "A hand.", Plan: "Buy motors."},
		Company:   station.GrantCompany{Name: "杭州样例科技有限公司", Number: "91330106MA00000016", RegisteredOn: "2026-02-01", Bank: "杭州银行", Account: "33010401600001"},
		Applicant: station.GrantApplicant{LegalRepresentative: true, GraduatedOn: "2023-06-30", Institution: "zju"},
		Team:      station.GrantTeam{Members: 1, Share: 60}, Documents: []string{},
	})
	require.NoError(h.t, err)
	form, err := station.Processes[station.Grant].CheckForm(raw)
	require.NoError(h.t, err)
	c, _, err := h.db.InsertCase(context.Background(), station.NewCase{
		ID: station.NewID(), Kind: station.Grant, Programme: p, Applicant: h.people.Applicant.ID, Key: station.NewID(), RequestHash: "hash",
		Application: form, At: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC),
	})
	require.NoError(h.t, err)
	return c.ID
}

func TestCase_ShowsWhatEveryRuleSaidAndSaw(t *testing.T) {
	h := open(t)
	id := h.assesses(h.grants())
	assert.NotContains(t, h.get("/v1/cases/"+id, h.people.Applicant).Body.String(), "eligibility", "it was not assessed yet")
	_, err := h.db.Assess(t.Context(), id, 1, time.Now())
	require.NoError(t, err)

	w := h.get("/v1/cases/"+id, h.people.Applicant)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	answers := read[api.CaseDetail](t, w).Eligibility
	codes := []string{}
	for _, a := range answers {
		codes = append(codes, a.Code)
		assert.NotEmpty(t, a.Source, a.Code)
	}
	assert.Equal(t, []string{"legal_representative", "recent_graduate", "registered", "founders_share", "first_grant", "two_projects", "team"}, codes)
	assert.Equal(t, "The company has been registered for at least 3 months", answers[2].Says)
	assert.False(t, answers[2].Passed)
	assert.Equal(t, map[string]any{"company.registeredOn": "2026-02-01", "today": "2026-03-02"}, answers[2].Saw)
	assert.True(t, answers[6].Advisory)
	assert.False(t, answers[6].Passed)

	_, err = h.db.ExecContext(t.Context(), `UPDATE accounts SET language = 'zh-CN' WHERE id = $1`, h.people.Officer.ID)
	require.NoError(t, err)
	zh := read[api.CaseDetail](t, h.get("/v1/cases/"+id, h.people.Officer))
	assert.Equal(t, "企业注册登记满3个月", zh.Eligibility[2].Says)

	// the operator sees the case, and nothing of the person
	assert.NotContains(t, h.get("/v1/cases/"+id, h.people.Operator).Body.String(), "eligibility")
}

func TestCase_ShowsARuleThatTheProgrammeNoLongerHas(t *testing.T) {
	h := open(t)
	p := h.grants()
	id := h.assesses(p)
	_, err := h.db.Assess(t.Context(), id, 1, time.Now())
	require.NoError(t, err)
	var terms map[string]any
	require.NoError(t, json.Unmarshal(p.Terms, &terms))
	terms["rules"] = terms["rules"].([]any)[1:]
	p.Terms, err = json.Marshal(terms)
	require.NoError(t, err)
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Programmes: []station.Programme{p}}))

	answers := read[api.CaseDetail](t, h.get("/v1/cases/"+id, h.people.Applicant)).Eligibility
	require.Len(t, answers, 7)
	assert.Equal(t, "recent_graduate", answers[0].Code)
	assert.Equal(t, "legal_representative", answers[6].Code, "after those that it has")
	assert.Empty(t, answers[6].Says)
	assert.True(t, answers[6].Passed)
}

func TestProgramme_OfAGrantShowsItsConditionsAndTiers(t *testing.T) {
	h := open(t)
	h.grants()
	w := h.get("/v1/programmes/grant-startup-2026", h.people.Applicant)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	d := read[api.ProgrammeDetail](t, w)
	require.Len(t, d.Rules, 7)
	assert.Equal(t, "founders_share", d.Rules[3].Code)
	assert.Equal(t, "The founding team holds at least 30% of the company's capital", d.Rules[3].Says)
	assert.Equal(t, "Conditions of the student start-up grant: the founding team", d.Rules[3].Source)
	assert.False(t, d.Rules[3].Advisory)
	assert.True(t, d.Rules[6].Advisory)
	require.Len(t, d.Tiers, 6)
	assert.Equal(t, api.Money{Fen: 2_000_000, Currency: "CNY"}, d.Tiers[0])
	assert.NotContains(t, w.Body.String(), "graduatedOn.addYears", "the expression is the station's")

	referral := h.get("/v1/programmes/referral-test", h.people.Applicant).Body.String()
	assert.NotContains(t, referral, `"rules"`)
	assert.NotContains(t, referral, `"tiers"`)
}
