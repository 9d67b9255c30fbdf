package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

func TestProvider_SeesWhatAServiceNeedsAndNothingElse(t *testing.T) {
	d := openDoor(t)
	id := d.settles(map[string]any{"papers": []any{d.paper("identity", day(100)), d.paper("degree", nil), d.paper("child", nil)}})
	service := d.begins(id, "residence")
	task := d.asks(service, "residence", "police", 1)
	for _, clerk := range d.Providers["police"] {
		inbox := read[api.List[api.Task]](t, d.get("/v1/tasks", clerk)).Items
		require.Len(t, inbox, 1)
		assert.Equal(t, "/v1/tasks/"+inbox[0].ID, task)
		w := d.get(task, clerk)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		detail := read[api.TaskDetail](t, w)
		require.NotNil(t, detail.Settling)
		assert.Equal(t, &api.Named{Code: "residence", Name: "residence"}, detail.Settling.Service)
		assert.Equal(t, &api.Newcomer{Name: d.talent.Name, Email: d.talent.Email, Phone: "+86 571 5550 0177"}, detail.Settling.Talent)
		var kinds []string
		for _, p := range detail.Settling.Papers {
			kinds = append(kinds, p.Code+" "+p.Document)
		}
		assert.Equal(t, []string{"identity " + d.papers["identity"], "degree " + d.papers["degree"]}, kinds)
		assert.True(t, detail.Confirm)
		assert.NotContains(t, w.Body.String(), "canary note", "that is the case manager's")
		assert.Equal(t, http.StatusOK, d.get("/v1/documents/"+d.papers["degree"]+"/content", clerk).Code)
		assert.Equal(t, http.StatusNotFound, d.get("/v1/documents/"+d.papers["child"], clerk).Code, "another service's")
		assert.Equal(t, http.StatusNotFound, d.get("/v1/settlements/"+id, clerk).Code)
		assert.Equal(t, http.StatusNotFound, d.get("/v1/settlements/"+id+"/timeline", clerk).Code)
		assert.Equal(t, http.StatusNotFound, d.get("/v1/cases/"+id, clerk).Code)
	}
	for who, a := range map[string]station.Account{"another provider": d.Providers["market"][0], "the talent": d.talent, "another talent": d.Newcomers[1]} {
		assert.Equal(t, http.StatusNotFound, d.get(task, a).Code, who)
		assert.Equal(t, http.StatusNotFound, d.post(task+"/decision", `{"verdict":"accept"}`, a).Code, who)
		assert.Empty(t, read[api.List[api.Task]](t, d.get("/v1/tasks?kind=service", a)).Items, who)
	}
	assert.Equal(t, http.StatusNotFound, d.get("/v1/documents/"+d.papers["degree"], d.Providers["market"][0]).Code)
	assert.Equal(t, http.StatusOK, d.get(task, d.people.Officer).Code)
	assert.Equal(t, http.StatusForbidden, d.post(task+"/decision", `{"verdict":"accept"}`, d.people.Officer).Code)
	assert.Equal(t, http.StatusForbidden, d.post(task+"/assignment", `{"verdict":"take"}`, d.Providers["police"][0]).Code, "it is nobody's alone")

	proof := d.uploaded(d.Providers["police"][0], "register.pdf", pdf+"register").ID
	for body, faults := range map[string][]string{
		given(d.paper("degree", nil)):                         {"papers not_expected"},
		`{"documents":["x"]}`:                                 {"documents/0 document"},
		fmt.Sprintf(`{"documents":[%q]}`, d.papers["degree"]): {"documents/0 unknown_document"},
		`{"reference":"` + strings.Repeat("x", 101) + `"}`:    {"reference at_most_characters"},
	} {
		assert.Equal(t, faults, faultsOf(problem(t, d.post(task+"/confirmation", body, d.Providers["police"][0]))), body)
	}
	w := d.post(task+"/confirmation", fmt.Sprintf(`{"documents":[%q],"reference":"P-7","note":"Welcome."}`, proof), d.Providers["police"][0])
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, http.StatusOK, d.get("/v1/documents/"+proof, d.talent).Code, "what the provider hands in is the talent's to see")

	d.records(service, station.StageDone, station.Change{
		Event: station.EventProviderDone, Close: []station.TaskEnd{{Task: strings.TrimPrefix(task, "/v1/tasks/"), Status: station.TaskDone}},
		Service: &station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted},
	})
	detail := read[api.TaskDetail](t, d.get(task, d.Providers["police"][0]))
	assert.Nil(t, detail.Settling.Talent, "there is nothing left to do for them")
	assert.Empty(t, detail.Settling.Papers)
	for _, kind := range []station.TaskKind{station.TaskUndo, station.TaskDelivery} {
		task := d.opens(service, station.StageUndoing, station.TaskSpec{Kind: kind, Role: station.RoleProvider, Provider: "police"})
		assert.Equal(t, http.StatusOK, d.post(task+"/confirmation", `{}`, d.Providers["police"][1]).Code, kind)
	}
}

func TestProvider_ReadsItsVerdictsInTheWordsOfItsMails(t *testing.T) {
	d := openDoor(t)
	task := d.asks(d.begins(d.settles(nil), "residence"), "residence", "police", 1)
	clerk := d.Providers["police"][0]
	assert.Contains(t, read[api.TaskDetail](t, d.get(task, clerk)).Verdicts, api.Named{Code: "decline", Name: "Decline"})
	_, err := d.db.ExecContext(t.Context(), `UPDATE accounts SET language = 'zh-CN' WHERE id = $1`, clerk.ID)
	require.NoError(t, err)
	assert.Equal(t, []api.Named{{Code: "accept", Name: "受理"}, {Code: "ask", Name: "要求补正"}, {Code: "decline", Name: "不予办理"}},
		read[api.TaskDetail](t, d.get(task, clerk)).Verdicts)
}

// A clerk who settles is not served by themself.
func TestProvider_DoesNotServeItsOwnCase(t *testing.T) {
	d := openDoor(t)
	clerk := d.Providers["police"][0]
	_, err := d.db.ExecContext(t.Context(), `UPDATE accounts SET roles = '{provider,applicant}', institution = 'police' WHERE id = $1`, clerk.ID)
	require.NoError(t, err)
	_, err = d.db.ExecContext(t.Context(), `UPDATE accounts SET institution = 'police' WHERE id = $1`, d.Providers["police"][1].ID)
	require.NoError(t, err)
	w := d.post("/v1/settlements", with(d.settlementForm(), map[string]any{"papers": nil}), clerk)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	service := d.begins(read[struct{ ID string }](t, w).ID, "residence")
	task := d.asks(service, "residence", "police", 1)
	assert.Equal(t, "conflict_of_interest", problem(t, d.post(task+"/decision", `{"verdict":"accept"}`, clerk)).Code)
	assert.Equal(t, "conflict_of_interest", problem(t, d.post(task+"/confirmation", `{}`, clerk)).Code)
	w = d.post(task+"/decision", `{"verdict":"accept"}`, d.Providers["police"][1])
	assert.Equal(t, http.StatusOK, w.Code, "who works there, too, does: %s", w.Body)
}

// acts keeps an act on a task, and returns its ID.
func (d *door) acts(task, route, body string, who station.Account) string {
	d.t.Helper()
	w := d.post(task+"/"+route, body, who)
	require.Equal(d.t, http.StatusOK, w.Code, w.Body)
	return read[api.Receipt](d.t, w).ID
}

func TestProvider_ReadsWhatItIsAskedForAndWhatWasAnsweredToIt(t *testing.T) {
	d := openDoor(t)
	id := d.settles(map[string]any{"services": []string{"company", "office"}, "papers": nil})
	manager := d.manages(id)
	service := d.begins(id, "office")
	east := d.asks(service, "office", "east", 1)
	does := d.clerk.does
	d.clerk.does = nil // every act is an answer
	answered := func(answer string) {
		inquiry := d.opens(service, station.StageAsked, station.TaskSpec{Kind: station.TaskInquiry, Party: station.Applicant})
		d.acts(inquiry, "answer", `{"answer":"`+answer+`"}`, d.talent)
	}
	answered("To east.")
	assert.Equal(t, []string{"To east."}, read[api.TaskDetail](t, d.get(east, d.Providers["east"][0])).Settling.Answers)
	d.clerk.does = does

	refusal := d.acts(east, "decision", `{"verdict":"decline","reason":"No room is left."}`, d.Providers["east"][0])
	trouble := d.opens(service, station.StageTrouble, station.TaskSpec{
		Kind: station.TaskTrouble, Role: station.RoleOfficer, Managed: true,
		Details: station.Details{"service": "office", "why": station.ReasonRefused, "act": refusal, "providers": []string{"east", "west"}},
	})
	detail := read[api.TaskDetail](t, d.get(trouble, manager))
	assert.Equal(t, "No room is left.", detail.Reason)
	assert.Equal(t, []string{"office", "east", "refused"}, []string{detail.Settling.Service.Code, detail.Settling.Provider.Code, detail.Settling.Why})
	assert.NotEmpty(t, detail.Settling.WhyText)
	assert.Equal(t, []api.Named{{Code: "east", Name: "east"}, {Code: "west", Name: "west"}}, detail.Settling.Providers)
	assert.Equal(t, d.talent.Email, detail.Settling.Talent.Email)
	reassignment := d.acts(trouble, "decision", `{"verdict":"reassign","provider":"west","reason":"East is full; you have room."}`, manager)
	d.records(service, station.StageAsked, station.Change{Event: station.EventReassigned, Act: reassignment, Actor: manager.ID})

	west := d.asks(service, "office", "west", 2)
	w := d.get(west, d.Providers["west"][0])
	seen := read[api.TaskDetail](t, w).Settling
	assert.Equal(t, "East is full; you have room.", seen.Words)
	assert.Empty(t, seen.Answers, "they were another provider's to read")
	assert.NotContains(t, w.Body.String(), "No room is left.")
	d.clerk.does = nil
	answered("To west.")
	assert.Equal(t, []string{"To west."}, read[api.TaskDetail](t, d.get(west, d.Providers["west"][1])).Settling.Answers)
	assert.Nil(t, read[api.TaskDetail](t, d.get(east, d.Providers["east"][0])).Settling.Talent, "it is another's now")
}
