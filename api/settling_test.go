package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// records writes a change of a case that stands at a stage, and goes on.
func (d *door) records(id string, stage station.Stage, ch station.Change) {
	d.t.Helper()
	ch.Case, ch.Standing = id, station.Standing{Stage: stage, Status: station.Open}
	for _, t := range ch.Open {
		ch.Standing.Tasks = append(ch.Standing.Tasks, t.ID)
	}
	d.clerk.records(d.t, ch)
}

// opens opens a task of a case, and returns its path.
func (d *door) opens(id string, stage station.Stage, spec station.TaskSpec) string {
	d.t.Helper()
	d.tasks++
	if spec.ID == "" {
		spec.ID = station.TaskID(id, stage, 10+d.tasks)
	}
	spec.Wait, spec.Untimed = station.Wait{Days: 5}, true
	d.records(id, stage, station.Change{Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec}})
	return "/v1/tasks/" + spec.ID
}

// manages gives a settlement its case manager, who is returned.
func (d *door) manages(settlement string) station.Account {
	d.t.Helper()
	spec := station.TaskSpec{
		ID: station.ManagementTask(settlement), Kind: station.TaskManagement, Role: station.RoleOfficer, Managed: true, Untimed: true, Wait: station.Wait{Days: 100},
	}
	d.records(settlement, station.StageServices, station.Change{
		Event: station.EventManaged, Services: &station.SettlementMove{Manage: true}, Open: []station.TaskSpec{spec},
	})
	var manager string
	require.NoError(d.t, d.db.GetContext(d.t.Context(), &manager, `SELECT manager FROM settlements WHERE case_id = $1`, settlement))
	for _, a := range d.people.All() {
		if a.ID == manager {
			return a
		}
	}
	d.t.Fatalf("nobody manages %s", settlement)
	return nobody
}

// begins begins a service of a settlement, and returns its case.
func (d *door) begins(settlement, code string) string {
	d.t.Helper()
	d.records(settlement, station.StageServices, station.Change{
		Event: station.EventServiceBegun, Details: station.Details{"services": []string{code}},
		Services: &station.SettlementMove{Begin: []station.ServiceBegin{{Code: code, Attempt: 1}}},
	})
	return station.ServiceCase(settlement, code, 1)
}

// asks has a provider asked for the n-th time, and returns the path of its task.
func (d *door) asks(service, code, provider string, n int) string {
	d.t.Helper()
	spec := station.TaskSpec{
		ID: station.TaskID(service, station.StageAsked, n), Kind: station.TaskService, Role: station.RoleProvider, Provider: provider,
		Wait: station.Wait{Days: 3}, Details: station.Details{"service": code},
	}
	d.records(service, station.StageAsked, station.Change{
		Event: station.EventProviderAsked, Task: spec.ID, Details: station.Details{"provider": provider, "service": code},
		Service: &station.ServiceMove{State: station.ServiceAsked, Asks: n, Asked: provider}, Open: []station.TaskSpec{spec},
	})
	return "/v1/tasks/" + spec.ID
}

// given is a body that confirms with papers.
func given(papers ...any) string {
	raw, err := json.Marshal(map[string]any{"papers": papers})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func TestSettlingTasks_TakeWhatTheyAreFor(t *testing.T) {
	d := openDoor(t)
	id := d.settles(nil)
	manager := d.manages(id)
	service := d.begins(id, "residence")
	d.asks(service, "residence", "police", 1)
	police := d.Providers["police"][1]
	provider := station.TaskSpec{Role: station.RoleProvider, Provider: "police", Details: station.Details{"service": "residence"}}
	managed := station.TaskSpec{Role: station.RoleOfficer, Managed: true, Details: station.Details{
		"service": "residence", "why": station.ReasonLate, "providers": []string{"police", "market"},
	}}
	of := func(spec station.TaskSpec, kind station.TaskKind) station.TaskSpec { spec.Kind = kind; return spec }
	mine := station.TaskSpec{Party: station.Applicant, Details: station.Details{"service": "residence", "case": service}}
	long := strings.Repeat("x", 5001)
	for _, c := range []struct {
		name   string
		id     string
		stage  station.Stage
		spec   station.TaskSpec
		who    station.Account
		faults map[string][]string // of bodies; none is good
	}{
		{"the choice of services", id, "settling", of(mine, station.TaskSettling), d.talent, map[string][]string{
			`{"verdict":"add","services":["company","office"]}`: nil, `{"verdict":"drop","services":["school"]}`: nil,
			`{"verdict":"drop","services":["school","residence"],"reason":"We stay."}`: nil, `{"verdict":"relocate","branch":"HZ-BJ"}`: nil,
			`{"verdict":"add"}`:                                             {"services at_least_items"},
			`{"verdict":"add","services":[]}`:                               {"services at_least_items"},
			`{"verdict":"add","services":["company","company"]}`:            {"services/1 given_twice"},
			`{"verdict":"add","services":["heaven"]}`:                       {"services/0 unknown_service"},
			`{"verdict":"add","services":["company","bank"]}`:               {"services/1 unknown_service"},
			`{"verdict":"add","services":["housing"]}`:                      {"services/0 no_provider"},
			`{"verdict":"add","services":["office"]}`:                       {"services/0 needs"},
			`{"verdict":"add","services":["school","company"]}`:             {"services/0 chosen_already"},
			`{"verdict":"drop","services":["company"]}`:                     {"services/0 not_chosen"},
			`{"verdict":"drop","services":["heaven"]}`:                      {"services/0 not_chosen"},
			`{"verdict":"drop"}`:                                            {"services at_least_items"},
			`{"verdict":"relocate"}`:                                        {"branch required"},
			`{"verdict":"relocate","branch":"HZ"}`:                          {"branch there_already"},
			`{"verdict":"relocate","branch":"SH"}`:                          {"branch unknown_branch"},
			`{"verdict":"relocate","branch":"HZ-XH","services":["school"]}`: {"services not_expected"},
			`{"verdict":"add","services":["company"],"branch":"HZ-XH"}`:     {"branch not_expected"},
			`{"verdict":"add","services":["company"],"stars":1}`:            {"stars not_expected"},
			`{"verdict":"accept"}`:                                          {"verdict one_of"},
		}},
		{"a rating", id, station.StageRating, of(mine, station.TaskRating), d.talent, map[string][]string{
			`{"verdict":"rate","stars":1,"reason":"Slow."}`: nil, `{"verdict":"rate","stars":5}`: nil,
			`{"verdict":"rate"}`:                                   {"stars between"},
			`{"verdict":"rate","stars":6}`:                         {"stars at_most"},
			`{"verdict":"rate","stars":3,"reason":"` + long + `"}`: {"reason at_most_characters"},
		}},
		{"a call-back", id, station.StageRating, of(managed, station.TaskCallback), manager, map[string][]string{
			`{"verdict":"called_back","reason":"They will hear from the provider."}`: nil, `{"verdict":"called_back"}`: {"reason required"},
		}},
		{"a stalled service", id, station.StageServices, of(managed, station.TaskStalled), manager, map[string][]string{
			`{"verdict":"ask_again"}`: nil, `{"verdict":"end","reason":"It is too late."}`: nil,
			`{"verdict":"end"}`: {"reason required"}, `{"verdict":"waive","reason":"Why."}`: {"verdict one_of"},
		}},
		{"a service", service, station.StageAsked, of(provider, station.TaskService), police, map[string][]string{
			`{"verdict":"accept"}`: nil, `{"verdict":"ask","to":"applicant","question":"Since when?"}`: nil, `{"verdict":"decline","reason":"Not ours."}`: nil,
			`{"verdict":"decline"}`:                                    {"reason required"},
			`{"verdict":"ask","to":"applicant"}`:                       {"question required"},
			`{"verdict":"ask","to":"talent","question":"Since when?"}`: {"to one_of"},
			`{"verdict":"waive","reason":"Why."}`:                      {"verdict one_of"},
			`{"verdict":"accept","provider":"market"}`:                 {"provider not_expected"},
		}},
		{"a delivery", service, station.StageDelivery, of(provider, station.TaskDelivery), police, map[string][]string{
			`{"verdict":"ask","to":"applicant","question":"Since when?"}`: nil, `{"verdict":"decline","reason":"We cannot."}`: nil,
			`{"verdict":"accept"}`: {"verdict one_of"}, `{"verdict":"decline"}`: {"reason required"},
		}},
		{"trouble", service, station.StageTrouble, of(managed, station.TaskTrouble), manager, map[string][]string{
			`{"verdict":"ask_again"}`: nil, `{"verdict":"ask_again","reason":"Please."}`: nil, `{"verdict":"reassign","provider":"market","reason":"They can."}`: nil,
			`{"verdict":"waive","reason":"We did it."}`: nil, `{"verdict":"end","reason":"Nobody can."}`: nil,
			`{"verdict":"reassign","provider":"market"}`:            {"reason required"},
			`{"verdict":"reassign","reason":"Who?"}`:                {"provider one_of"},
			`{"verdict":"reassign","provider":"east","reason":"r"}`: {"provider one_of"},
			`{"verdict":"waive"}`:                                   {"reason required"},
			`{"verdict":"end"}`:                                     {"reason required"},
			`{"verdict":"end","reason":"r","provider":"market"}`:    {"provider not_expected"},
		}},
		{"the waiver of an undoing", service, station.StageUndoing, of(managed, station.TaskWaiver), manager, map[string][]string{
			`{"verdict":"waive","reason":"Nothing was booked."}`: nil, `{"verdict":"waive"}`: {"reason required"},
		}},
	} {
		task := d.opens(c.id, c.stage, c.spec)
		detail := d.get(task, c.who)
		require.Equal(t, http.StatusOK, detail.Code, "%s: %s", c.name, detail.Body)
		assert.NotEmpty(t, read[api.TaskDetail](t, detail).Verdicts, c.name)
		for body, faults := range c.faults {
			w := d.post(task+"/decision", body, c.who)
			if faults == nil {
				assert.Equal(t, http.StatusOK, w.Code, "%s: %s: %s", c.name, body, w.Body)
				continue
			}
			assert.Equal(t, faults, faultsOf(problem(t, w)), "%s: %s", c.name, body)
		}
	}
}

func TestSettlingTasks_OnWhichNothingIsDecidedSaySo(t *testing.T) {
	d := openDoor(t)
	id := d.settles(nil)
	manager := d.manages(id)
	manages := d.opens(id, station.StageServices, station.TaskSpec{Kind: station.TaskManagement, Role: station.RoleOfficer, Managed: true})
	papers := d.opens(id, station.StageServices, station.TaskSpec{Kind: station.TaskPapers, Party: station.Applicant})
	assert.Equal(t, []string{"verdict nothing_to_decide_but_hand_over"}, faultsOf(problem(t, d.post(manages+"/decision", `{"verdict":"accept"}`, manager))))
	assert.Equal(t, []string{"verdict nothing_to_decide"}, faultsOf(problem(t, d.post(papers+"/decision", `{"verdict":"accept"}`, d.talent))))
}

func TestSettlingAct_SentAgainIsAnsweredAsTheFirstTime(t *testing.T) {
	d := openDoor(t)
	id := d.settles(nil)
	task := d.opens(id, "settling", station.TaskSpec{ID: station.SettlingTask(id), Kind: station.TaskSettling, Party: station.Applicant})
	key := []string{"Idempotency-Key", "k"}
	first := d.post(task+"/decision", `{"verdict":"add","services":["company"]}`, d.talent, key...)
	require.Equal(t, http.StatusOK, first.Code, first.Body)
	_, err := d.db.ExecContext(t.Context(), `INSERT INTO services (settlement, code, position) VALUES ($1, 'company', 9)`, id)
	require.NoError(t, err)
	again := d.post(task+"/decision", `{"verdict":"add","services":["company"]}`, d.talent, key...)
	require.Equal(t, http.StatusOK, again.Code, again.Body)
	assert.Equal(t, read[api.Receipt](t, first), read[api.Receipt](t, again))
	assert.Equal(t, "key_reused", problem(t, d.post(task+"/decision", `{"verdict":"add","services":["school"]}`, d.talent, key...)).Code)
	w := d.post(task+"/decision", `{"verdict":"add","services":["company"]}`, d.talent, "Idempotency-Key", "l")
	assert.Equal(t, []string{"services/0 chosen_already"}, faultsOf(problem(t, w)))
}

func TestPapers_AreGivenWhereTheyAreAskedFor(t *testing.T) {
	d := openDoor(t)
	id := d.settles(map[string]any{"papers": nil})
	task := d.opens(id, station.StageServices, station.TaskSpec{
		Kind: station.TaskPapers, Party: station.Applicant, Details: station.Details{"papers": []string{"identity", "degree"}},
	})
	detail := read[api.TaskDetail](t, d.get(task, d.talent))
	assert.True(t, detail.Confirm)
	assert.Empty(t, detail.Verdicts)
	assert.Equal(t, []api.PaperKind{
		{Named: api.Named{Code: "identity", Name: "identity"}, Expires: true}, {Named: api.Named{Code: "degree", Name: "degree"}},
	}, detail.Settling.Asked)
	assert.Nil(t, detail.Settling.Talent, "they know who they are")

	other := d.uploaded(d.Newcomers[1], "identity.pdf", pdf+"other").ID
	for body, faults := range map[string][]string{
		`{}`:                               {"papers required"},
		`{"papers":[]}`:                    {"papers required"},
		given(d.paper("identity", nil)):    {"papers/0/until required"},
		given(d.paper("identity", day(0))): {"papers/0/until in_the_future"},
		given(d.paper("identity", "soon")): {"papers/0/until date"},
		given(d.paper("degree", day(5))):   {"papers/0/until not_expected"},
		given(d.paper("plan", nil)):        {"papers/0/kind not_expected"},
		given(map[string]any{"kind": "heaven", "document": d.papers["plan"]}):                                                      {"papers/0/kind unknown_paper"},
		given(map[string]any{"kind": "degree", "document": other}):                                                                 {"papers/0/document unknown_document"},
		given(map[string]any{"kind": "degree", "document": "x"}):                                                                   {"papers/0/document format"},
		given(d.paper("degree", nil), d.paper("degree", nil)):                                                                      {"papers/1/kind given_twice"},
		fmt.Sprintf(`{"papers":[%s],"documents":[%q]}`, `{"kind":"degree","document":"`+d.papers["degree"]+`"}`, d.papers["plan"]): {"documents not_expected"},
		fmt.Sprintf(`{"papers":[%s],"reference":"r"}`, `{"kind":"degree","document":"`+d.papers["degree"]+`"}`):                    {"reference not_expected"},
	} {
		w := d.post(task+"/confirmation", body, d.talent)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", body, w.Body)
		assert.Equal(t, faults, faultsOf(problem(t, w)), body)
	}
	assert.Equal(t, http.StatusNotFound, d.post(task+"/confirmation", given(d.paper("degree", nil)), d.Newcomers[1]).Code)
	assert.Equal(t, http.StatusForbidden, d.post(task+"/confirmation", given(d.paper("degree", nil)), d.people.Officer).Code)

	w := d.post(task+"/confirmation", given(d.paper("identity", day(50)), d.paper("child", nil)), d.talent)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	mine := read[api.List[api.Paper]](t, d.get("/v1/papers", d.talent)).Items
	require.Len(t, mine, 2)
	assert.Equal(t, []any{"identity", d.papers["identity"], station.Day(day(50))}, []any{mine[0].Code, mine[0].Document, mine[0].Until})
	assert.Equal(t, http.StatusOK, d.get("/v1/documents/"+d.papers["child"], d.people.Officer).Code, "it was handed in for the settlement")
	assert.Equal(t, http.StatusNotFound, d.get("/v1/documents/"+d.papers["degree"], d.people.Officer).Code)
}

func TestInquiryOfAService_TakesAnAnswerAndNoChanges(t *testing.T) {
	d := openDoor(t)
	service := d.begins(d.settles(nil), "residence")
	d.asks(service, "residence", "police", 1)
	task := d.opens(service, station.StageAsked, station.TaskSpec{Kind: station.TaskInquiry, Party: station.Applicant})
	w := d.post(task+"/answer", `{"answer":"Since May.","changes":{"phone":"1"}}`, d.talent)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body)
	assert.Equal(t, []string{"changes cannot_change"}, faultsOf(problem(t, w)))
	assert.Equal(t, http.StatusOK, d.post(task+"/answer", `{"answer":"Since May."}`, d.talent).Code)
}
