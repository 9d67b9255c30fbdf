package api_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/storetest"
)

// door is a house with a catalogue of services, its providers, and a talent who
// settles.
type door struct {
	*house
	storetest.SettlementPeople
	talent station.Account
	papers map[string]string // the talent's documents, by their kind of paper
	tasks  int               // opened by opens
}

func openDoor(tb testing.TB) *door {
	tb.Helper()
	h, _ := archive(tb)
	d := &door{house: h, SettlementPeople: storetest.Settlements(tb, h.db, "{}"), papers: map[string]string{}}
	for _, a := range d.Newcomers[:2] {
		h.token(a, secret+a.ID, station.ScopeFull)
	}
	for _, people := range d.Providers {
		for _, a := range people {
			h.token(a, secret+a.ID, station.ScopeFull)
		}
	}
	d.talent = d.Newcomers[0]
	for _, kind := range []string{"identity", "degree", "plan", "child"} {
		d.papers[kind] = h.uploaded(d.talent, kind+".pdf", pdf+kind).ID
	}
	h.clerk.does = d.does
	return d
}

// does is what a case's workflow would do with an act.
func (d *door) does(ctx context.Context, id string, s station.Signal) (station.Change, error) {
	a, err := d.db.ActByID(ctx, s.Act)
	if err != nil {
		return station.Change{}, err
	}
	c, err := d.db.CaseByID(ctx, id)
	if err != nil {
		return station.Change{}, err
	}
	ch := station.Change{Event: station.EventAnswered, Actor: a.Actor, Task: a.Task, Standing: station.Standing{Stage: c.Stage, Status: c.Status}}
	if len(a.Body.Papers) > 0 {
		ch.Event, ch.Services = station.EventPapersGiven, &station.SettlementMove{Papers: a.ID}
	}
	return ch, nil
}

// day is a day in China, so many days from today.
func day(n int) string {
	return time.Now().In(station.ChinaTime).AddDate(0, 0, n).Format(time.DateOnly)
}

func (d *door) paper(kind string, until any) map[string]any {
	p := map[string]any{"kind": kind, "document": d.papers[kind]}
	if until != nil {
		p["until"] = until
	}
	return p
}

func (d *door) settlementForm() map[string]any {
	return map[string]any{
		"programme": storetest.SettlementProgramme, "services": []string{"residence", "school"}, "phone": "+86 571 5550 0177", "note": "A canary note.",
		"papers": []any{d.paper("identity", day(100))},
	}
}

// settles starts a settlement of the talent, and returns its case's ID.
func (d *door) settles(changes map[string]any) string {
	d.t.Helper()
	w := d.post("/v1/settlements", with(d.settlementForm(), changes), d.talent)
	require.Equal(d.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](d.t, w).ID
}

func TestCatalogue_IsForEverybody(t *testing.T) {
	d := openDoor(t)
	codes := func(path string) (list []string) {
		w := d.get(path, nobody)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		for _, s := range read[api.List[api.Service]](t, w).Items {
			list = append(list, s.Code)
		}
		return list
	}
	assert.Equal(t, []string{"residence", "company", "office", "school", "housing", "bank"}, codes("/v1/services"))
	assert.Equal(t, []string{"residence", "company", "office", "school"}, codes("/v1/services?branch=HZ"))
	assert.Equal(t, []string{"residence", "company", "office", "school", "bank"}, codes("/v1/services?branch=HZ-XH"))
	assert.Equal(t, []string{"residence", "company", "office", "school", "housing"}, codes("/v1/services?branch=HZ-BJ"))

	office := read[api.List[api.Service]](t, d.get("/v1/services?branch=HZ", nobody)).Items[2]
	assert.Equal(t, api.Service{
		Code: "office", Name: api.BothLanguages{Zh: "office（测试）", En: "office"}, About: api.BothLanguages{Zh: "about office（测试）", En: "about office"},
		Papers: []api.ServicePaper{{Code: "plan", Name: api.BothLanguages{Zh: "plan（测试）", En: "plan"}}}, Needs: []string{"company"}, Days: 10, Undoable: true,
		Providers: []api.ProviderName{
			{Code: "east", Name: api.BothLanguages{Zh: "east（测试）", En: "east"}, Branch: "HZ"},
			{Code: "west", Name: api.BothLanguages{Zh: "west（测试）", En: "west"}, Branch: "HZ"},
		},
	}, office)

	assert.Equal(t, []string{"branch unknown_branch"}, faultsOf(problem(t, d.get("/v1/services?branch=SH", nobody))))
	for _, query := range []string{"branch=%00", "branch=%ff", "branch=a,b", "x=1"} {
		assert.Equal(t, http.StatusUnprocessableEntity, d.get("/v1/services?"+query, nobody).Code, query)
	}
}

func TestPapers_AreOneListForAllServicesWithoutWhatWasGiven(t *testing.T) {
	d := openDoor(t)
	needed := func(query string) (list []string) {
		w := d.get("/v1/services/papers?"+query, d.talent)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		for _, p := range read[api.List[api.NeededPaper]](t, w).Items {
			said := p.Code
			for _, s := range p.For {
				said += " " + s.Code
			}
			list = append(list, said)
		}
		return list
	}
	assert.Equal(t, []string{"identity residence company", "degree residence", "child school"}, needed("services=residence,school,company"))
	gives := func(kind string, until any) {
		_, err := d.db.ExecContext(t.Context(), `INSERT INTO papers (account, kind, document, until, given_at) VALUES ($1, $2, $3, $4, now())
			ON CONFLICT (account, kind) DO UPDATE SET until = EXCLUDED.until`, d.talent.ID, kind, d.papers[kind], until)
		require.NoError(t, err)
	}
	gives("degree", nil)
	gives("identity", day(13))
	assert.Equal(t, []string{"identity residence company", "child school"}, needed("services=residence,school,company"), "it expires within 14 days")
	gives("identity", day(14))
	assert.Equal(t, []string{"child school"}, needed("services=residence,school,company&programme="+storetest.SettlementProgramme))
	assert.Empty(t, needed("services=residence"))

	mine := read[api.List[api.Paper]](t, d.get("/v1/papers", d.talent)).Items
	require.Len(t, mine, 2)
	assert.Equal(t, api.Paper{
		PaperKind: api.PaperKind{Named: api.Named{Code: "identity", Name: "identity"}, Expires: true}, Document: d.papers["identity"], Until: station.Day(day(14)),
	}, mine[0])
	assert.Empty(t, read[api.List[api.Paper]](t, d.get("/v1/papers", d.Newcomers[1])).Items)

	for query, faults := range map[string][]string{
		"":                         {"services required"},
		"services=":                {"services required"},
		"services=residence,x":     {"services/1 unknown_service"},
		"services=company,company": {"services/1 given_twice"},
		"services=residence&programme=" + storetest.Programme: {"programme unknown_programme"},
		"services=residence&programme=x":                      {"programme unknown_programme"},
	} {
		w := d.get("/v1/services/papers?"+query, d.talent)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", query, w.Body)
		assert.Equal(t, faults, faultsOf(problem(t, w)), query)
	}
}

func TestSettlement_IsTakenInWithServicesThatSomebodyBrings(t *testing.T) {
	d := openDoor(t)
	other := d.uploaded(d.Newcomers[1], "identity.pdf", pdf+"other").ID
	for name, c := range map[string]struct {
		changes map[string]any
		faults  []string
	}{
		"no services":                {map[string]any{"services": []string{}}, []string{"services at_least_items"}},
		"a service that is none":     {map[string]any{"services": []string{"residence", "heaven"}}, []string{"services/1 unknown_service"}},
		"one of another district":    {map[string]any{"services": []string{"bank"}}, []string{"services/0 unknown_service"}},
		"one that nobody performs":   {map[string]any{"services": []string{"housing"}}, []string{"services/0 no_provider"}},
		"one that needs another":     {map[string]any{"services": []string{"school"}}, []string{"services/0 needs"}},
		"one twice":                  {map[string]any{"services": []string{"company", "company"}}, []string{"services/1 given_twice"}},
		"one that is done, too":      {map[string]any{"has": []string{"residence"}}, []string{"has/0 chosen"}},
		"done, and none":             {map[string]any{"has": []string{"heaven"}}, []string{"has/0 unknown_service"}},
		"a telephone that is none":   {map[string]any{"phone": "call me maybe"}, []string{"phone phone"}},
		"another city":               {map[string]any{"district": "SH"}, []string{"district unknown_branch"}},
		"a paper that is none":       {map[string]any{"papers": []any{map[string]any{"kind": "x", "document": d.papers["plan"]}}}, []string{"papers/0/kind unknown_paper"}},
		"a paper without its end":    {map[string]any{"papers": []any{d.paper("identity", nil)}}, []string{"papers/0/until required"}},
		"a paper that is over":       {map[string]any{"papers": []any{d.paper("identity", day(0))}}, []string{"papers/0/until in_the_future"}},
		"an end that is no day":      {map[string]any{"papers": []any{d.paper("identity", "2030-02-30")}}, []string{"papers/0/until date"}},
		"a paper that never expires": {map[string]any{"papers": []any{d.paper("degree", day(9))}}, []string{"papers/0/until not_expected"}},
		"two papers of a kind":       {map[string]any{"papers": []any{d.paper("degree", nil), d.paper("degree", nil)}}, []string{"papers/1/kind given_twice"}},
		"a document of another":      {map[string]any{"papers": []any{map[string]any{"kind": "degree", "document": other}}}, []string{"papers/0/document unknown_document"}},
		"a document that is none":    {map[string]any{"papers": []any{map[string]any{"kind": "degree", "document": station.NewID()}}}, []string{"papers/0/document unknown_document"}},
		"a programme of others":      {map[string]any{"programme": storetest.Programme}, []string{"programme unknown_programme"}},
	} {
		w := d.post("/v1/settlements", with(d.settlementForm(), c.changes), d.talent)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", name, w.Body)
		assert.Equal(t, c.faults, faultsOf(problem(t, w)), name)
	}
	_, err := d.db.ExecContext(t.Context(), `UPDATE offers SET offer = jsonb_set(offer, '{name,en}', '"Residence registration"') WHERE code = 'residence'`)
	require.NoError(t, err)
	p := problem(t, d.post("/v1/settlements", with(d.settlementForm(), map[string]any{"services": []string{"school"}}), d.talent))
	assert.Equal(t, "needs Residence registration: please choose that too, or say that it is done already", p.Errors[0].Message)
	assert.Equal(t, "residence", p.Errors[0].Value)
	for _, who := range []station.Account{d.Providers["police"][0], d.people.Treasurer, d.people.Operator} {
		assert.Equal(t, http.StatusForbidden, d.post("/v1/settlements", with(d.settlementForm(), nil), who).Code)
	}

	w := d.post("/v1/settlements", with(d.settlementForm(), map[string]any{"district": "HZ-XH", "services": []string{"bank", "school"}, "has": []string{"residence"}}), d.talent)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	started := read[struct{ ID, Kind, Branch string }](t, w)
	assert.Equal(t, []string{"settlement", "HZ-XH"}, []string{started.Kind, started.Branch})
	seen := read[api.CaseDetail](t, d.get("/v1/cases/"+started.ID, d.people.Officer))
	assert.Contains(t, string(seen.Form), "A canary note.")
	assert.Len(t, seen.Documents, 1)
	assert.Equal(t, http.StatusNotFound, d.get("/v1/cases/"+started.ID, d.Newcomers[1]).Code)
	assert.Equal(t, http.StatusNotFound, d.get("/v1/settlements/"+started.ID, d.people.DistrictOfficer).Code)

	programme := read[api.ProgrammeDetail](t, d.get("/v1/programmes/"+storetest.SettlementProgramme, d.talent))
	assert.Len(t, programme.Stages, 5)
	assert.Equal(t, http.StatusNotFound, d.send(http.MethodPut, "/v1/drafts/"+storetest.SettlementProgramme, `{}`, d.talent).Code, "there are no drafts of it")
	_, _, err = d.svc.Start(t.Context(), storetest.As(t, d.db, d.talent), station.ServiceKind, storetest.SettlementProgramme, "", []byte(`{}`))
	assert.Equal(t, station.NotFound, station.CodeOf(err), "a service is begun by its settlement alone")
}

func TestProviders_AreListedByTheBranchThatTheyServe(t *testing.T) {
	d := openDoor(t)
	codes := func(query string) (list []string) {
		for _, p := range read[api.List[api.Provider]](t, d.get("/v1/providers"+query, d.talent)).Items {
			list = append(list, p.Code)
		}
		return list
	}
	assert.Len(t, codes(""), 7)
	assert.Equal(t, []string{"police", "market", "east", "west", "education", "estate", "bank"}, codes("?branch=HZ-BJ"))
	assert.NotContains(t, codes("?branch=HZ"), "estate")
	assert.Equal(t, []string{"branch unknown_branch"}, faultsOf(problem(t, d.get("/v1/providers?branch=SH", d.talent))))
}

// asked puts requests to a provider into the books: so many of each answer, asked on a
// day.
func (d *door) asked(provider string, at time.Time, answers ...string) {
	d.t.Helper()
	for _, answer := range answers {
		c := storetest.Settling(d.t, d.db, d.Newcomers[2+d.tasks], station.SettlementForm{Services: []string{"residence"}}, at)
		d.tasks++
		run := func(query string, args ...any) {
			_, err := d.db.ExecContext(d.t.Context(), query, args...)
			require.NoError(d.t, err)
		}
		id := station.ServiceCase(c.ID, "residence", 1)
		run(`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, opened_at, updated_at)
			SELECT $2, $3, 'service', programme, branch, applicant, $2::uuid::text, '', 'submitted', 'open', opened_at, opened_at FROM cases WHERE id = $1`,
			c.ID, id, fmt.Sprintf("HZ-SERVICE-%06d", d.tasks))
		run(`UPDATE services SET case_id = $2, provider = $3, state = 'done', stars = 3 + $4 WHERE settlement = $1`, c.ID, id, provider, d.tasks%2)
		run(`INSERT INTO requests (service, ordinal, provider, asked_at, ended_at, answer, on_time) VALUES ($1, 1, $2, $3::timestamptz, CASE WHEN $4::text <> '' THEN $3::timestamptz + interval '4 days' END, $4::text,
			CASE WHEN $4::text = 'completed' THEN true END)`, id, provider, at, answer)
	}
}

func TestProviderReport_CountsByMonth(t *testing.T) {
	d := openDoor(t)
	d.asked("police", time.Date(2026, 1, 31, 15, 59, 0, 0, time.UTC), "completed", "completed", "refused")
	d.asked("police", time.Date(2026, 1, 31, 16, 0, 0, 0, time.UTC), "late", "") // in February, in China
	path := "/v1/providers/police/report?from=2025-12&to=2026-02"
	w := d.get(path, d.people.Officer)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	r := read[api.ProviderReport](t, w)
	assert.Equal(t, "police", r.Provider.Name)
	assert.Equal(t, []api.ProviderMonth{
		{Month: "2025-12"},
		{Month: "2026-01", ProviderCount: api.ProviderCount{Asked: 3, Completed: 2, OnTime: 2, Refused: 1, Days: 4, Rated: 2, Stars: 3.5}},
		{Month: "2026-02", ProviderCount: api.ProviderCount{Asked: 2, Late: 1, Open: 1}},
	}, r.Months)
	assert.Equal(t, api.ProviderCount{Asked: 5, Completed: 2, OnTime: 2, Refused: 1, Late: 1, Open: 1, Days: 4, Rated: 2, Stars: 3.5}, r.Total)

	w = d.get(path+"&format=csv", d.people.Officer)
	assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Header().Get("Content-Disposition"), "provider-police.csv")
	assert.Equal(t, "\uFEFFProvider,Month,Asked,Completed,\"Of these, on time\",Declined,Late,Open,\"Days until completion, mean\",Rated,\"Stars, mean\"\r\n"+
		"police,2025-12,0,0,0,0,0,0,,0,\r\npolice,2026-01,3,2,2,1,0,0,4,2,3.5\r\npolice,2026-02,2,0,0,0,1,1,,0,\r\npolice,All,5,2,2,1,1,1,4,2,3.5\r\n", w.Body.String())
	_, err := d.db.ExecContext(t.Context(), `UPDATE providers SET provider = jsonb_set(provider, '{name,en}', '"=HYPERLINK(1)"') WHERE code = 'police'`)
	require.NoError(t, err)
	assert.Contains(t, d.get(path+"&format=csv", d.people.Officer).Body.String(), "\r\n'=HYPERLINK(1),2026-01,")

	w = d.get(path, d.people.Officer, "Accept", "text/csv")
	assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	w = d.get(path+"&format=json", d.people.Officer, "Accept", "text/csv")
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	w = d.get(path+"&format=svg", d.people.Officer)
	assert.Equal(t, "image/svg+xml", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Body.String(), "<svg")
	assert.NotContains(t, w.Header().Get("Content-Security-Policy"), "script")

	r = read[api.ProviderReport](t, d.get("/v1/providers/police/report", d.people.Officer))
	require.Len(t, r.Months, 12)
	assert.Equal(t, time.Now().In(station.ChinaTime).Format("2006-01"), r.Months[11].Month)
	for query, faults := range map[string][]string{
		"from=2026-13":            {"from month"},
		"to=2026-00":              {"to month"},
		"from=x":                  {"from format"},
		"from=2026-02&to=2026-01": {"from not_after_to"},
		"from=2016-01&to=2026-01": {"from at_most_months"},
		"from=0001-01":            {"from month_between"},
		"to=9999-12":              {"to month_between"},
		"format=pdf":              {"format one_of"},
	} {
		assert.Equal(t, faults, faultsOf(problem(t, d.get("/v1/providers/police/report?"+query, d.people.Officer))), query)
	}
}

func TestProviderReport_IsForTheHouseAndTheProvidersOwnPeople(t *testing.T) {
	d := openDoor(t)
	for provider, people := range map[string]struct{ sees, sees403 []station.Account }{
		"police": {
			[]station.Account{d.people.Officer, d.people.Director, d.people.Treasurer, d.people.Operator, d.Providers["police"][1]},
			[]station.Account{d.talent, d.people.Referrer, d.people.Reviewers[0], d.people.DistrictOfficer, d.Providers["market"][0]},
		},
		"estate": { // of the district HZ-BJ
			[]station.Account{d.people.Officer, d.people.DistrictOfficer, d.people.Operator, d.Providers["estate"][0]},
			[]station.Account{d.talent, d.Providers["police"][0]},
		},
	} {
		for _, a := range people.sees {
			assert.Equal(t, http.StatusOK, d.get("/v1/providers/"+provider+"/report", a).Code, "%s: %v", provider, a.Roles)
		}
		for _, a := range people.sees403 {
			assert.Equal(t, http.StatusForbidden, d.get("/v1/providers/"+provider+"/report", a).Code, "%s: %v", provider, a.Roles)
		}
	}
	assert.Equal(t, http.StatusNotFound, d.get("/v1/providers/nobody/report", d.people.Officer).Code)
}
