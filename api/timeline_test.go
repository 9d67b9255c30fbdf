package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

func TestSettlement_ShowsHowEachServiceStands(t *testing.T) {
	d := openDoor(t)
	id := d.settles(map[string]any{"papers": []any{d.paper("identity", day(100))}})
	path := "/v1/settlements/" + id
	first := read[api.Settlement](t, d.get(path, d.talent))
	assert.Nil(t, first.Manager)
	manager := d.manages(id)
	service := d.begins(id, "residence")
	d.asks(service, "residence", "police", 1)
	for _, who := range []station.Account{d.talent, manager, d.people.Director} {
		w := d.get(path, who)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		s := read[api.Settlement](t, w)
		assert.Equal(t, id, s.ID)
		assert.Equal(t, &api.Manager{Account: manager.ID, Name: manager.Name, Email: manager.Email}, s.Manager)
		require.Len(t, s.Services, 2)
		assert.NotNil(t, s.Services[0].Due)
		s.Services[0].Due = nil
		assert.Equal(t, []api.SettlementService{
			{
				Named: api.Named{Code: "residence", Name: "residence"}, Case: service, State: "asked", StateText: "A provider is asked",
				Provider: &api.Named{Code: "police", Name: "police"}, Needs: []string{},
			},
			{Named: api.Named{Code: "school", Name: "school"}, State: "chosen", StateText: "Chosen, not begun yet", Needs: []string{"residence"}},
		}, s.Services)
		require.Len(t, s.Papers, 1)
		assert.Equal(t, d.papers["identity"], s.Papers[0].Document)
		var lacking []string
		for _, k := range s.Lacking {
			lacking = append(lacking, k.Code)
		}
		assert.Equal(t, []string{"degree", "child"}, lacking)
	}
	inquiry := d.opens(service, station.StageAsked, station.TaskSpec{Kind: station.TaskInquiry, Party: station.Applicant})
	asks := read[api.Settlement](t, d.get(path, d.talent)).Services
	assert.Equal(t, []any{true, false, "asked"}, []any{asks[0].Asks, asks[1].Asks, asks[0].State})
	assert.Equal(t, "Its provider has asked something; the clock stands still until the talent answers", asks[0].StateText)
	d.records(service, station.StageAsked, station.Change{Event: station.EventAnswered, Close: []station.TaskEnd{{Task: strings.TrimPrefix(inquiry, "/v1/tasks/"), Status: station.TaskDone}}})
	assert.False(t, read[api.Settlement](t, d.get(path, d.talent)).Services[0].Asks)

	s := read[api.Settlement](t, d.get(path, d.people.Operator))
	assert.Empty(t, s.Papers, "no operator's")
	assert.Len(t, s.Services, 2)
	for who, a := range map[string]station.Account{
		"another talent": d.Newcomers[1], "another district": d.people.DistrictOfficer, "a provider": d.Providers["police"][0], "a reviewer": d.people.Reviewers[0],
	} {
		assert.Equal(t, http.StatusNotFound, d.get(path, a).Code, who)
	}
	for _, other := range []string{service, d.refer(), station.NewID(), "x"} {
		assert.Equal(t, http.StatusNotFound, d.get("/v1/settlements/"+other, d.people.Officer).Code, other)
	}
}

// lives is a settlement to which much has happened; its case and its manager.
func (d *door) lives() (id string, manager station.Account) {
	d.t.Helper()
	id = d.settles(nil)
	d.records(id, station.StageSubmitted, station.Change{Event: station.EventOpened})
	manager = d.manages(id)
	service := d.begins(id, "residence")
	d.asks(service, "residence", "police", 1)
	for _, e := range []struct {
		id    string
		stage station.Stage
		kind  station.EventKind
		actor string
		station.Details
	}{
		{service, station.StageAsked, station.EventEscalated, "", station.Details{"role": "director"}},
		{service, station.StageAsked, station.EventMailFailed, "", nil},
		{service, station.StageDelivery, station.EventProviderTakes, d.Providers["police"][0].ID, station.Details{"provider": "police", "secret": "x"}},
		{id, station.StageServices, station.EventHandedOver, manager.ID, station.Details{"account": d.people.Director.ID}},
		{id, station.StageServices, station.EventActRefused, manager.ID, station.Details{"reason": "not_expected"}},
		{id, station.StageServices, station.EventActRefused, d.talent.ID, station.Details{"act": "decide", "reason": "not_chosen"}},
		{id, station.StageServices, station.EventStalled, "", station.Details{"service": "school", "why": "need_gone", "lacks": []string{"residence"}}},
		{id, station.StageServices, station.EventServiceEnded, manager.ID, station.Details{"service": "school", "why": "papers_silent", "lacks": []string{"child"}}},
		{service, station.StageTrouble, station.EventProviderLate, "", station.Details{"provider": "police", "reason": "late"}},
		{id, station.StageRating, station.EventRated, d.talent.ID, station.Details{"service": "residence", "stars": 4}},
	} {
		d.records(e.id, e.stage, station.Change{Event: e.kind, Actor: e.actor, Details: e.Details})
	}
	return id, manager
}

// told are the lines of a timeline of lives that its talent reads.
var told = []string{
	"opened", "manager_assigned", "services_begun", "provider_asked residence", "provider_accepted residence", "act_refused", "service_stalled school",
	"service_ended school", "provider_late residence", "rated residence",
}

// timeline is a page of a settlement's timeline, what each line says, and the cursor
// of the next one.
func (d *door) timeline(id string, who station.Account, query string) (list []string, events []api.TimelineEvent, next string) {
	d.t.Helper()
	w := d.get("/v1/settlements/"+id+"/timeline?"+query, who)
	require.Equal(d.t, http.StatusOK, w.Code, w.Body)
	page := read[api.List[api.TimelineEvent]](d.t, w)
	for _, e := range page.Items {
		said := e.Kind
		if e.Service != nil {
			said += " " + e.Service.Name
		}
		list = append(list, said)
	}
	return list, page.Items, page.Next
}

func TestTimeline_TellsTheTalentWhatConcernsThem(t *testing.T) {
	d := openDoor(t)
	id, manager := d.lives()
	got, events, _ := d.timeline(id, d.talent, "limit=100")
	assert.Equal(t, told, got)
	for i := 1; i < len(events); i++ {
		assert.False(t, events[i].At.Before(events[i-1].At))
	}
	assert.Equal(t, []string{"provider", "police", "A provider works on it"}, []string{events[4].Actor, events[4].Provider.Name, events[4].StageText})
	assert.Equal(t, station.Details{"provider": "police"}, events[4].Details)
	assert.Equal(t, "residence", events[2].Services[0].Name)
	assert.Equal(t, []any{"need_gone", "residence"}, []any{events[6].Reason, events[6].Services[0].Name})
	assert.NotEmpty(t, events[6].ReasonText)
	assert.Equal(t, []any{"papers_silent", "child"}, []any{events[7].Reason, events[7].Papers[0].Name})
	assert.Equal(t, "staff", events[7].Actor)
	assert.Empty(t, events[8].Reason, "what the staff make of it is theirs")
	assert.Equal(t, 4, events[9].Stars)
	w := d.get("/v1/settlements/"+id+"/timeline", d.talent)
	for _, secret := range []string{manager.ID, d.people.Director.ID, d.Providers["police"][0].ID, "not_expected", "secret"} {
		assert.NotContains(t, w.Body.String(), secret)
	}
	_, err := d.db.ExecContext(t.Context(), `UPDATE accounts SET language = 'zh-CN' WHERE id = $1`, d.talent.ID)
	require.NoError(t, err)
	_, events, _ = d.timeline(id, d.talent, "limit=100")
	assert.Equal(t, []string{"服务单位已受理", "residence（测试）", "police（测试）"}, []string{events[4].KindText, events[4].Service.Name, events[4].Provider.Name})
}

func TestTimeline_TellsTheHouseAll(t *testing.T) {
	d := openDoor(t)
	id, _ := d.lives()
	got, events, _ := d.timeline(id, d.people.Director, "limit=100")
	assert.Len(t, got, len(told)+4)
	assert.Contains(t, got, "escalated residence")
	assert.Contains(t, got, "handed_over")
	assert.Equal(t, d.Providers["police"][0].ID, events[6].Actor)
	assert.Equal(t, "x", events[6].Details["secret"])
	got, events, _ = d.timeline(id, d.people.Operator, "limit=100")
	assert.Len(t, got, len(told)+4)
	assert.Equal(t, "provider", events[6].Actor, "names are for who leads the house")
	for who, a := range map[string]station.Account{"another talent": d.Newcomers[1], "another district": d.people.DistrictOfficer} {
		assert.Equal(t, http.StatusNotFound, d.get("/v1/settlements/"+id+"/timeline", a).Code, who)
	}
}

func TestTimeline_IsReadPageByPage(t *testing.T) {
	d := openDoor(t)
	id, _ := d.lives()
	for range 110 { // nothing of the talent's, for longer than is read at once
		d.records(id, station.StageRating, station.Change{Event: station.EventReminded})
	}
	d.records(id, station.StageRating, station.Change{Event: station.EventCalledBack})
	var paged []string
	for cursor, more := "", true; more; more = cursor != "" {
		var page []string
		page, _, cursor = d.timeline(id, d.talent, "limit=2&cursor="+cursor)
		assert.LessOrEqual(t, len(page), 2)
		paged = append(paged, page...)
	}
	assert.Equal(t, append(append([]string{}, told...), "called_back"), paged)
	for _, cursor := range []string{"x", "e30", "eyJBdCI6IjIwMjYtMDEtMDFUMDA6MDA6MDBaIiwiQ2FzZSI6IngiLCJTZXEiOjF9"} {
		assert.Equal(t, "cursor_invalid", problem(t, d.get("/v1/settlements/"+id+"/timeline?cursor="+cursor, d.talent)).Code, cursor)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, d.get("/v1/settlements/"+id+"/timeline?limit=0", d.talent).Code)
}

func TestManagement_GoesToAnotherOfficerWithTheSettlement(t *testing.T) {
	d := openDoor(t)
	id := d.settles(nil)
	manager := d.manages(id)
	other := d.people.Officer
	if manager.ID == other.ID {
		other = d.people.Officer2
	}
	task := "/v1/tasks/" + station.ManagementTask(id)
	d.clerk.does = func(ctx context.Context, _ string, s station.Signal) (station.Change, error) {
		a, err := d.db.ActByID(ctx, s.Act)
		return station.Change{
			Event: station.EventHandedOver, Assign: &station.Assignment{Task: a.Task, Account: a.Body.Account},
			Standing: station.Standing{Stage: station.StageServices, Status: station.Open, Tasks: []string{a.Task}},
		}, err
	}
	assert.Equal(t, http.StatusForbidden, d.post(task+"/assignment", fmt.Sprintf(`{"verdict":"hand_over","account":%q}`, other.ID), other).Code)
	for _, a := range []station.Account{d.people.Director, d.people.DistrictOfficer, d.talent, d.Providers["police"][0]} {
		w := d.post(task+"/assignment", fmt.Sprintf(`{"verdict":"hand_over","account":%q}`, a.ID), manager)
		assert.Equal(t, []string{"account cannot_take_task"}, faultsOf(problem(t, w)))
	}
	w := d.post(task+"/assignment", fmt.Sprintf(`{"verdict":"hand_over","account":%q}`, other.ID), manager)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, other.ID, read[api.Settlement](t, d.get("/v1/settlements/"+id, d.talent)).Manager.Account)
	assert.WithinDuration(t, time.Now(), read[api.Receipt](t, w).At, time.Minute)
}
