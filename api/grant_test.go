package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/storetest"
)

// granting is a house with a grant programme.
type granting struct {
	*house
	grant storetest.GrantPeople
}

func openGranting(t *testing.T) *granting {
	t.Helper()
	g := &granting{house: open(t)}
	g.grant = storetest.Grants(t, g.db, 100_000_000, storetest.GrantTerms(""))
	for _, a := range append(g.grant.Treasurers, g.grant.Founder) {
		g.token(a, secret+a.ID, station.ScopeFull)
	}
	return g
}

// apply starts a grant with a change in its form, and returns its ID.
func (g *granting) apply(change ...func(map[string]any)) string {
	g.t.Helper()
	w := g.post("/v1/grants", g.form(change...), g.grant.Founder)
	require.Equal(g.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](g.t, w).ID
}

func (g *granting) form(change ...func(map[string]any)) string {
	g.t.Helper()
	raw, err := json.Marshal(storetest.GrantForm())
	require.NoError(g.t, err)
	var form map[string]any
	require.NoError(g.t, json.Unmarshal(raw, &form))
	form["programme"] = storetest.GrantProgramme
	for _, f := range change {
		f(form)
	}
	raw, err = json.Marshal(form)
	require.NoError(g.t, err)
	return string(raw)
}

// shows puts a case on public notice, with an award of 50,000 yuan.
func (g *granting) shows(id string) string {
	g.t.Helper()
	g.clerk.records(g.t, station.Change{
		Case: id, Standing: station.Standing{Stage: station.StageFunds, Status: station.Open},
		Fund: &station.FundMove{Fund: storetest.Fund, Reserve: &station.Reservation{Fen: 5_000_000, Task: id + ".funds.1"}},
	})
	return g.asks(id, station.StageNotice, station.TaskSpec{Kind: station.TaskNotice, Party: station.Public})
}

func TestGrant_IsTheDistrictsCase(t *testing.T) {
	g := openGranting(t)
	id := g.apply()
	d := read[api.CaseDetail](t, g.get("/v1/cases/"+id, g.people.DistrictOfficer))
	assert.Equal(t, "HZ-BJ", d.Branch)
	assert.Equal(t, "grant", d.Kind)
	assert.Equal(t, http.StatusOK, g.get("/v1/cases/"+id, g.people.Officer).Code, "the city sees all")
	assert.Equal(t, http.StatusNotFound, g.get("/v1/cases/"+id, g.people.Referrer).Code)
}

func TestGrant_NamesEveryWrongField(t *testing.T) {
	g := openGranting(t)
	w := g.post("/v1/grants", g.form(func(f map[string]any) {
		f["district"] = "SH"
		f["company"].(map[string]any)["number"] = "91330108MA2H00001X" // the check character is B
		f["company"].(map[string]any)["registeredOn"] = "2025-02-30"
		f["team"].(map[string]any)["share"] = 101
		f["documents"] = []string{"x"}
	}), g.grant.Founder)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
	w = g.post("/v1/grants", g.form(func(f map[string]any) { f["district"] = "SH" }), g.grant.Founder)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
	assert.Equal(t, []api.Fault{{Path: "district", Code: "unknown_branch", Message: problem(t, w).Errors[0].Message}}, problem(t, w).Errors)
	w = g.post("/v1/grants", g.form(func(f map[string]any) { f["documents"] = []string{station.NewID()} }), g.grant.Founder)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
	assert.Equal(t, "documents/0", problem(t, w).Errors[0].Path)
}

func TestNotices_ShowAnAwardToEverybodyWithoutAnybodysData(t *testing.T) {
	g := openGranting(t)
	id := g.apply()
	assert.Empty(t, read[api.List[api.PublicNotice]](t, g.get("/v1/notices", nobody)).Items)
	g.shows(id)
	w := g.get("/v1/notices", nobody)
	list := read[api.List[api.PublicNotice]](t, w).Items
	require.Len(t, list, 1)
	assert.Equal(t, id, list[0].Case)
	assert.Equal(t, "触感机器人", list[0].Project)
	assert.Equal(t, "杭州触感机器人有限公司", list[0].Company)
	assert.Equal(t, api.Money{Fen: 5_000_000, Currency: "CNY"}, list[0].Award)
	require.NotNil(t, list[0].Until)
	for _, private := range []string{g.grant.Founder.ID, g.grant.Founder.Name, "91330108MA2H00001B", "zju", "Moulds"} {
		assert.NotContains(t, w.Body.String(), private)
	}
	g.clerk.records(t, station.Change{Case: id, Hold: id + ".notice.1", Standing: station.Standing{Stage: station.StageNotice, Status: station.Open}})
	assert.Nil(t, read[api.List[api.PublicNotice]](t, g.get("/v1/notices", nobody)).Items[0].Until, "while the clock stands still")
	assert.Equal(t, http.StatusUnprocessableEntity, g.get("/v1/notices?cursor=x", nobody).Code)
}

func TestObjection_CanBeMadeByAnybodyWhileAnAwardIsOnShow(t *testing.T) {
	g := openGranting(t)
	id := g.apply()
	body := `{"name":"A neighbour","email":"neighbour@example.com","reason":"They have no office."}`
	path := "/v1/cases/" + id + "/objection"
	w := g.post(path, body, nobody)
	assert.Equal(t, http.StatusNotFound, w.Code, "it is not on show")
	assert.Equal(t, "not_on_show", problem(t, w).Code)
	assert.Equal(t, http.StatusNotFound, g.post("/v1/cases/x/objection", body, nobody).Code)
	task := g.shows(id)
	w = g.post(path, body, nobody)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	receipt := read[api.Receipt](t, w)
	assert.Equal(t, task, receipt.Task)
	assert.Equal(t, receipt.ID, read[api.Receipt](t, g.post(path, body, nobody)).ID, "sent twice it is one")
	w = g.post(path, `{"name":"","email":"no address","reason":"Because."}`, nobody)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)

	investigation := g.asks(id, "objection", station.TaskSpec{Kind: station.TaskObjection, Role: station.RoleOfficer, Details: station.Details{"act": receipt.ID}})
	d := read[api.TaskDetail](t, g.get("/v1/tasks/"+investigation, g.people.DistrictOfficer))
	assert.Equal(t, "They have no office.", d.Reason)
	assert.Equal(t, &api.Objector{Name: "A neighbour", Email: "neighbour@example.com"}, d.Objector)
	w = g.post("/v1/tasks/"+investigation+"/decision", `{"verdict":"dismiss"}`, g.people.DistrictOfficer)
	assert.Equal(t, http.StatusUnprocessableEntity, w.Code, "both are told why")
}

func TestAnswer_ChangesTheFormOfAGrant(t *testing.T) {
	g := openGranting(t)
	id := g.apply()
	task := g.asks(id, station.StageCheck, station.TaskSpec{Kind: station.TaskInquiry, Party: station.Applicant})
	path := "/v1/tasks/" + task + "/answer"
	for body, want := range map[string]string{
		`{"answer":"So.","changes":{}}`:                                        "changes no_change",
		`{"answer":"So.","changes":{"team":{"share":60}}}`:                     "changes no_change",
		`{"answer":"So.","changes":{"team":{"share":101}}}`:                    "changes/team/share between",
		`{"answer":"So.","changes":{"district":"HZ-XH"}}`:                      "changes/district cannot_change",
		`{"answer":"So.","changes":{"colour":"blue"}}`:                         "changes format",
		`{"answer":"So.","changes":{"company":null}}`:                          "changes/company/name required",
		`{"answer":"So.","changes":"everything"}`:                              "changes object",
		`{"answer":"","changes":{"team":{"share":61}}}`:                        "answer at_least_characters",
		`{"answer":"So.","changes":{"documents":["` + station.NewID() + `"]}}`: "documents/0 unknown_document",
	} {
		w := g.post(path, body, g.grant.Founder)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", body, w.Body)
		var got []string
		for _, f := range problem(t, w).Errors {
			got = append(got, f.Path+" "+f.Code)
		}
		assert.Contains(t, got, want, body)
	}
	w := g.post(path, `{"answer":"So.","changes":{"team":{"share":61}}}`, g.grant.Founder)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	act := read[api.Receipt](t, w).ID
	g.clerk.records(t, station.Change{Case: id, Act: act, Amend: act, Standing: station.Standing{Stage: station.StageCheck, Status: station.Open}})
	d := read[api.CaseDetail](t, g.get("/v1/cases/"+id, g.grant.Founder))
	assert.Contains(t, string(d.Form), `"share":61`)
}

func TestConfirmation_WantsWhatTheTaskIsAbout(t *testing.T) {
	g := openGranting(t)
	id := g.apply()
	evidence := "/v1/tasks/" + g.asks(id, station.StageTranches, station.TaskSpec{Kind: station.TaskEvidence, Party: station.Applicant}) + "/confirmation"
	assert.Equal(t, http.StatusUnprocessableEntity, g.post(evidence, `{}`, g.grant.Founder).Code, "documents")
	assert.Equal(t, http.StatusUnprocessableEntity, g.post(evidence, `{"documents":["`+station.NewID()+`"]}`, g.grant.Founder).Code, "of their own")
	assert.Equal(t, http.StatusNotFound, g.post(evidence, `{}`, g.people.Referrer).Code)

	g.shows(id)
	payment := "/v1/tasks/" + g.asks(id, "payment", station.TaskSpec{Kind: station.TaskPayment, Role: station.RoleTreasurer, Level: station.CityLevel}) + "/confirmation"
	assert.Equal(t, http.StatusUnprocessableEntity, g.post(payment, `{}`, g.grant.Treasurers[0]).Code, "the bank's reference")
	assert.Equal(t, http.StatusForbidden, g.post(payment, `{"reference":"1"}`, g.people.Officer).Code, "a treasurer's")
	w := g.post(payment, `{"reference":"ICBC-1"}`, g.grant.Treasurers[0])
	require.Equal(t, http.StatusOK, w.Code, w.Body)

	other := g.apply(func(f map[string]any) { f["company"].(map[string]any)["number"] = "91330100799655058B" })
	g.shows(other)
	again := "/v1/tasks/" + g.asks(other, "payment", station.TaskSpec{Kind: station.TaskPayment, Role: station.RoleTreasurer, Level: station.CityLevel}) + "/confirmation"
	w = g.post(again, `{"reference":" ICBC-1 "}`, g.grant.Treasurers[1])
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
	assert.Equal(t, "reference_used", problem(t, w).Errors[0].Code)
}
