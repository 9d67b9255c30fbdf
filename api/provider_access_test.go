package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/storetest"
)

// newcomer is a settlement of three services, of which two have begun, and what its
// talent has given.
type newcomer struct {
	*house
	storetest.SettlementPeople
	talent          station.Account
	settlement      string
	office, company string            // services: an office needs the plan, a company the identity
	papers          map[string]string // kind → document
}

func settles(t *testing.T) *newcomer {
	t.Helper()
	n := &newcomer{house: open(t), papers: map[string]string{}}
	n.SettlementPeople = storetest.Settlements(t, n.db, "{}")
	n.talent = n.Newcomers[0]
	form := station.SettlementForm{Services: []string{"office", "company", "residence"}}
	for kind, until := range map[string]station.Day{"plan": "", "identity": "2039-01-01", "degree": ""} {
		n.papers[kind] = storetest.Document(t, n.db, n.talent, kind)
		form.Papers = append(form.Papers, station.Paper{Kind: kind, Document: n.papers[kind], Until: until})
	}
	n.settlement = storetest.Settling(t, n.db, n.talent, form, time.Now()).ID
	n.clerk.records(t, station.Change{
		Case: n.settlement, Standing: station.Standing{Stage: station.StageServices, Status: station.Open},
		Services: &station.SettlementMove{Begin: []station.ServiceBegin{{Code: "office", Attempt: 1}, {Code: "company", Attempt: 1}}},
	})
	n.office, n.company = station.ServiceCase(n.settlement, "office", 1), station.ServiceCase(n.settlement, "company", 1)
	for _, a := range append(n.Providers["east"], n.Providers["west"]...) {
		n.token(a, secret+a.ID, station.ScopeFull)
	}
	n.token(n.talent, secret+n.talent.ID, station.ScopeFull)
	n.asked(n.office, 1, "east")
	n.asked(n.company, 1, "market")
	return n
}

// asked asks a provider for the n-th time.
func (n *newcomer) asked(service string, ordinal int, provider string) {
	n.t.Helper()
	n.clerk.records(n.t, station.Change{
		Case: service, Event: station.EventProviderAsked, Standing: station.Standing{Stage: station.StageAsked, Status: station.Open},
		Service: &station.ServiceMove{State: station.ServiceAsked, Asks: ordinal, Asked: provider},
		Open: []station.TaskSpec{{
			ID: station.TaskID(service, station.StageAsked, ordinal), Kind: station.TaskService, Role: station.RoleProvider, Provider: provider, Wait: station.Wait{Days: 3},
		}},
	})
}

// sees are the documents of a case or a task as somebody sees it.
func (n *newcomer) sees(path string, who station.Account) (names []string) {
	n.t.Helper()
	w := n.get(path, who)
	require.Equal(n.t, http.StatusOK, w.Code, w.Body)
	for _, d := range read[struct{ Documents []api.Document }](n.t, w).Documents {
		names = append(names, d.Name)
	}
	require.NotContains(n.t, w.Body.String(), `"form"`)
	return names
}

// opens reports whether somebody may open a paper.
func (n *newcomer) opens(kind string, who station.Account) bool {
	n.t.Helper()
	_, err := n.svc.Document(n.t.Context(), storetest.As(n.t, n.db, who), n.papers[kind])
	if err != nil {
		require.Equal(n.t, station.NotFound, station.CodeOf(err))
	}
	return err == nil
}

// attaches has a provider's person hand in a document when they are done.
func (n *newcomer) attaches(name string, who station.Account) {
	n.t.Helper()
	n.papers[name] = storetest.Document(n.t, n.db, who, name)
	_, err := n.db.InsertAct(n.t.Context(), station.Act{
		ID: station.NewID(), Case: n.office, Task: station.TaskID(n.office, station.StageAsked, 1), Kind: station.Confirm, Actor: who.ID,
		Body: station.Body{Documents: []string{n.papers[name]}}, At: time.Now(), Status: station.Pending,
	})
	require.NoError(n.t, err)
}

// lists are the IDs of a list.
func (n *newcomer) lists(path string, who station.Account) []string {
	n.t.Helper()
	ids := []string{}
	for _, x := range read[api.List[struct{ ID string }]](n.t, n.get(path, who)).Items {
		ids = append(ids, x.ID)
	}
	return ids
}

func TestProvider_SeesTheServiceTheyAreAskedForAndNothingElse(t *testing.T) {
	n := settles(t)
	task := station.TaskID(n.office, station.StageAsked, 1)
	for _, east := range n.Providers["east"] {
		require.Equal(t, []string{n.office}, n.lists("/v1/cases", east))
		require.Equal(t, []string{task}, n.lists("/v1/tasks", east))
		require.Equal(t, []string{"plan"}, n.sees("/v1/cases/"+n.office, east))
		require.Equal(t, []string{"plan"}, n.sees("/v1/tasks/"+task, east))
		require.True(t, n.opens("plan", east))
		for _, kind := range []string{"identity", "degree"} {
			require.False(t, n.opens(kind, east), kind)
		}
		require.Equal(t, http.StatusOK, n.get("/v1/cases/"+n.office+"/events", east).Code)
		for _, other := range []string{
			"/v1/cases/" + n.settlement, "/v1/cases/" + n.settlement + "/events", "/v1/cases/" + n.company, "/v1/cases/" + n.company + "/events",
			"/v1/tasks/" + station.TaskID(n.company, station.StageAsked, 1),
		} {
			require.Equal(t, http.StatusNotFound, n.get(other, east).Code, other)
		}
		require.Equal(t, http.StatusForbidden, n.post("/v1/tasks/"+task+"/assignment", `{"verdict": "take"}`, east).Code, "all of them do it")
		require.Equal(t, http.StatusForbidden, n.post("/v1/cases/"+n.office+"/withdrawal", "", east).Code)
	}
	require.ElementsMatch(t, []string{n.settlement, n.office, n.company}, n.lists("/v1/cases", n.talent), "the talent's own")
	require.Equal(t, []string{"plan"}, n.sees("/v1/cases/"+n.office, n.talent))
	require.Equal(t, http.StatusNotFound, n.get("/v1/tasks/"+task, n.talent).Code)
	require.Equal(t, []string{"plan"}, n.sees("/v1/cases/"+n.office, n.people.Officer))
}

func TestProvider_SeesNothingMoreOfAServiceThatAnotherTookOver(t *testing.T) {
	n := settles(t)
	east, west := n.Providers["east"][0], n.Providers["west"][0]
	task := station.TaskID(n.office, station.StageAsked, 1)
	n.clerk.records(t, station.Change{
		Case: n.office, Event: station.EventProviderNo, Actor: east.ID, Standing: station.Standing{Stage: station.StageTrouble, Status: station.Open},
		Service: &station.ServiceMove{State: station.ServiceTrouble, Reason: station.ReasonRefused, Answers: station.AnswerRefused},
		Close:   []station.TaskEnd{{Task: task, Status: station.TaskDone}},
	})
	require.Equal(t, []string{n.office}, n.lists("/v1/cases", east), "until it is given to another")
	n.asked(n.office, 2, "west")

	require.Empty(t, n.lists("/v1/cases", east))
	require.Empty(t, n.lists("/v1/tasks", east))
	for _, gone := range []string{"/v1/cases/" + n.office, "/v1/cases/" + n.office + "/events", "/v1/tasks/" + station.TaskID(n.office, station.StageAsked, 2)} {
		require.Equal(t, http.StatusNotFound, n.get(gone, east).Code, gone)
	}
	require.False(t, n.opens("plan", east))
	require.Empty(t, n.sees("/v1/tasks/"+task, east), "their own task, without what was theirs to read")

	require.Equal(t, []string{"plan"}, n.sees("/v1/cases/"+n.office, west))
	require.Equal(t, http.StatusNotFound, n.get("/v1/tasks/"+task, west).Code)
	kinds := []string{}
	for _, e := range read[api.List[api.Event]](t, n.get("/v1/cases/"+n.office+"/events", west)).Items {
		kinds = append(kinds, e.Kind)
	}
	require.Equal(t, []string{string(station.EventProviderAsked)}, kinds, "not how it was with the other")
}

func TestProvider_SeesNothingThatAnotherAttachedWhoHadTheServiceBefore(t *testing.T) {
	n := settles(t)
	east, west := n.Providers["east"], n.Providers["west"]
	path := "/v1/cases/" + n.office
	n.attaches("lease", east[0])
	for _, who := range []station.Account{east[0], east[1], n.talent, n.people.Officer} {
		require.Equal(t, []string{"plan", "lease"}, n.sees(path, who), who.Name)
		require.True(t, n.opens("lease", who), who.Name)
	}
	require.Equal(t, []string{"plan", "lease"}, n.sees("/v1/tasks/"+station.TaskID(n.office, station.StageAsked, 1), east[1]))
	n.asked(n.office, 2, "west")
	n.attaches("key", west[0])

	for _, who := range west {
		require.Equal(t, []string{"plan", "key"}, n.sees(path, who))
		require.Equal(t, []string{"plan", "key"}, n.sees("/v1/tasks/"+station.TaskID(n.office, station.StageAsked, 2), who))
		require.False(t, n.opens("lease", who))
	}
	require.True(t, n.opens("lease", east[0]), "it is their own")
	require.False(t, n.opens("key", east[0]))
	for _, who := range []station.Account{n.talent, n.people.Officer} {
		require.Equal(t, []string{"plan", "lease", "key"}, n.sees(path, who), who.Name)
		require.True(t, n.opens("lease", who) && n.opens("key", who), who.Name)
	}
}
