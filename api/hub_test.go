package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store"
)

// The programmes of a hub, and the code of its round.
const (
	admissions = "angels-test"
	rounds     = "rounds-test"
	theRound   = "pitch-test"
)

// hub is a house with an angel hub: its members, a team, and what they may apply to.
type hub struct {
	*house
	angels []station.Account // 5 founding members of HZ's hub
	team   station.Account
	decks  []string // two documents of the team
	round  string   // the round's case, once it is opened
	tasks  int      // opened by opens
}

func openHub(tb testing.TB) *hub {
	tb.Helper()
	h, _ := archive(tb)
	return h.withHub()
}

// withHub loads a hub into a house.
func (h *house) withHub() *hub {
	h.t.Helper()
	b := &hub{house: h}
	account := func(n int, name string) station.Account {
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: name, Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{station.RoleApplicant}, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	b.team = account(200, "Lin Zhiyuan")
	seed := store.Seed{Accounts: []station.Account{b.team}}
	for n := range 5 {
		a := account(201+n, fmt.Sprintf("Angel %d", n))
		b.angels = append(b.angels, a)
		seed.Accounts = append(seed.Accounts, a)
		seed.Founders = append(seed.Founders, station.FoundingMember{
			Account: a.ID, Branch: "HZ", Fields: []string{"robots"}, Public: n == 0, Since: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	for code, kind := range map[string]station.Kind{admissions: station.Angel, rounds: station.Round} {
		seed.Programmes = append(seed.Programmes, station.Programme{
			Code: code, Kind: kind, Branch: "HZ", Name: station.Text{Zh: "天使汇", En: "Hub"}, Terms: []byte("{}"),
			OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
		})
	}
	require.NoError(h.t, h.db.Load(context.Background(), seed))
	for _, a := range seed.Accounts {
		h.token(a, secret+a.ID, station.ScopeFull)
	}
	for i := range 2 {
		id := station.NewID()
		_, err := h.db.InsertDocument(context.Background(), station.Document{
			ID: id, Owner: b.team.ID, Name: "deck.pdf", MediaType: "application/pdf", Size: 1, SHA256: fmt.Appendf(nil, "%032d", i), Key: id, UploadedAt: time.Now(),
		}, "")
		require.NoError(h.t, err)
		b.decks = append(b.decks, id)
	}
	h.clerk.does = b.does
	return b
}

// does is what a case's workflow would do with an act.
func (b *hub) does(ctx context.Context, id string, s station.Signal) (station.Change, error) {
	a, err := b.db.ActByID(ctx, s.Act)
	if err != nil {
		return station.Change{}, err
	}
	c, err := b.db.CaseByID(ctx, id)
	if err != nil {
		return station.Change{}, err
	}
	ch := station.Change{Event: station.EventAnswered, Actor: a.Actor, Task: a.Task, Standing: station.Standing{Stage: c.Stage, Status: c.Status}}
	t, _ := b.db.TaskByID(ctx, a.Task) // not each act is on one that is open
	switch {
	case s.Kind == station.Declare:
		ch.Event, ch.Declare = station.EventDeclared, &station.Declaration{Act: a.ID, Account: a.Actor, Conflict: a.Body.Conflict}
		ch.Details = station.Details{"account": a.Actor, "conflict": string(a.Body.Conflict)}
	case t.Kind == station.TaskScore:
		ch.Event = station.EventReviewed
		ch.Details = station.Details{"reviewer": a.Actor}
		ch.Reviews = []station.Review{{Task: t.ID, Act: a.ID, Reviewer: a.Actor, Verdict: station.Score, Scores: a.Body.Scores, Total: 80}}
	case t.Kind == station.TaskCommitment, t.Kind == station.TaskVote:
		ch.Event = station.EventCommitted
		ch.Details = station.Details{"account": a.Actor, "fen": a.Body.Fen, "verdict": string(a.Body.Verdict)}
		ch.Ballot = &station.Ballot{Task: t.ID, Act: a.ID, Account: a.Actor, Verdict: a.Body.Verdict, Fen: a.Body.Fen}
	}
	return ch, nil
}

// timetable is that of a round whose call is open now.
func timetable() map[string]any {
	times, at := map[string]any{}, time.Now().Add(-time.Hour)
	for _, name := range []string{"callOpens", "callCloses", "screeningCloses", "pitchesAt", "scoresClose", "deliberationCloses"} {
		times[name] = at.UTC().Format(time.RFC3339)
		at = at.Add(24 * time.Hour)
	}
	return times
}

// with is a form with other values: "times.callCloses" is one within.
func with(form map[string]any, changes map[string]any) string {
	form = maps.Clone(form)
	for name, v := range changes {
		if v == nil {
			delete(form, name)
		} else {
			form[name] = v
		}
	}
	raw, err := json.Marshal(form)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func roundForm() map[string]any {
	return map[string]any{
		"programme": rounds, "code": theRound, "name": map[string]any{"zh-CN": "五月路演", "en": "Pitches of May"}, "times": timetable(),
		"capacity": 2, "minimumTicket": 1_000_000, "minimum": 2_000_000,
	}
}

func (b *hub) pitchForm() map[string]any {
	return map[string]any{
		"programme": theRound,
		"project":   map[string]any{"name": "Canary Hands", "field": "robots", "summary": "A canary summary."},
		"company":   map[string]any{"name": "杭州金丝雀科技有限公司"},
		"team":      []any{map[string]any{"name": "林知远", "institution": "zju"}},
		"seeks":     300_000_000, "documents": b.decks[:1],
	}
}

func (b *hub) angelForm(documents ...string) map[string]any {
	return map[string]any{
		"programme": admissions, "statement": "I was a founder myself.", "fields": []string{"robots"},
		"investments": []any{map[string]any{"company": "c", "year": 2023, "fen": 100}}, "documents": documents,
		"vouchers": []string{b.angels[0].Email, b.angels[1].Email},
	}
}

// opensRound opens the round.
func (b *hub) opensRound() *hub {
	b.t.Helper()
	w := b.post("/v1/rounds", with(roundForm(), nil), b.people.Officer)
	require.Equal(b.t, http.StatusCreated, w.Code, w.Body)
	b.round = read[struct{ ID string }](b.t, w).ID
	return b
}

// pitches applies with a project, and returns its case's ID.
func (b *hub) pitches(changes ...map[string]any) string {
	b.t.Helper()
	all := map[string]any{}
	for _, c := range changes {
		maps.Copy(all, c)
	}
	w := b.post("/v1/pitches", with(b.pitchForm(), all), b.team)
	require.Equal(b.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](b.t, w).ID
}

// stands puts a project at a stage, with a confirmed seat and what can be done
// there.
func (b *hub) stands(id string, stage station.Stage, kind station.TaskKind) (task string) {
	b.t.Helper()
	_, err := b.db.ExecContext(context.Background(), `UPDATE pitches SET seat = 'confirmed', attended = true WHERE case_id = $1`, id)
	require.NoError(b.t, err)
	task = station.TaskID(id, stage, 1)
	b.clerk.records(b.t, station.Change{
		Case: id, Event: station.EventAssigned, Task: task, Standing: station.Standing{Stage: stage, Status: station.Open, Tasks: []string{task}},
		Open: []station.TaskSpec{{ID: task, Kind: kind, Role: station.RoleAngel, Untimed: true, Wait: station.Wait{Days: 5}}},
	})
	return task
}

func (b *hub) phase(phase station.Stage) {
	b.t.Helper()
	_, err := b.db.ExecContext(context.Background(), `UPDATE rounds SET phase = $2 WHERE code = $1`, theRound, phase)
	require.NoError(b.t, err)
}

func (b *hub) declares(id string, a station.Account, conflict station.ConflictKind) {
	b.t.Helper()
	w := b.post("/v1/cases/"+id+"/declaration", fmt.Sprintf(`{"conflict":%q}`, conflict), a)
	require.Equal(b.t, http.StatusOK, w.Code, w.Body)
}

// rubric is a score on each criterion of a pitch.
const rubric = `{"verdict":"score","scores":[{"criterion":"team","points":80},{"criterion":"market","points":80},{"criterion":"product","points":80},` +
	`{"criterion":"feasibility","points":80},{"criterion":"fit","points":80}]}`

func faultsOf(p api.Problem) (list []string) {
	for _, f := range p.Errors {
		list = append(list, f.Path+" "+f.Code)
	}
	return list
}

func TestRound_IsOpenedByAnOfficerOfItsBranch(t *testing.T) {
	b := openHub(t)
	for _, who := range []station.Account{b.team, b.angels[0], b.people.Director, b.people.DistrictOfficer} {
		assert.Equal(t, "forbidden", problem(t, b.post("/v1/rounds", with(roundForm(), nil), who)).Code)
	}
	for name, c := range map[string]struct {
		changes map[string]any
		faults  []string
	}{
		"a code that is no address": {map[string]any{"code": "Pitch Test"}, []string{"code format"}},
		"a programme of others":     {map[string]any{"programme": admissions}, []string{"programme unknown_programme"}},
		"a call that is over": {map[string]any{"times": map[string]any{
			"callOpens": "2025-01-01T00:00:00Z", "callCloses": "2025-02-01T00:00:00Z", "screeningCloses": "2025-03-01T00:00:00Z",
			"pitchesAt": "2025-04-01T00:00:00Z", "scoresClose": "2025-05-01T00:00:00Z", "deliberationCloses": "2025-06-01T00:00:00Z",
		}}, []string{"times/callCloses in_the_future"}},
		"times that fall": {map[string]any{"times": map[string]any{
			"callOpens": "2035-01-01T00:00:00Z", "callCloses": "2035-02-01T00:00:00Z", "screeningCloses": "2035-01-01T00:00:00Z",
			"pitchesAt": "2035-04-01T00:00:00Z", "scoresClose": "2035-05-01T00:00:00Z", "deliberationCloses": "2035-06-01T00:00:00Z",
		}}, []string{"times/screeningCloses rising"}},
		"no times":             {map[string]any{"times": nil}, []string{"times required"}},
		"a minimum below one":  {map[string]any{"minimum": 1}, []string{"minimum at_least_minimumTicket"}},
		"a match without fund": {map[string]any{"match": map[string]any{"percent": 20, "cap": 1, "roundCap": 1}}, []string{"fund with_match"}},
	} {
		w := b.post("/v1/rounds", with(roundForm(), c.changes), b.people.Officer)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", name, w.Body)
		assert.Equal(t, c.faults, faultsOf(problem(t, w)), name)
	}
	b.opensRound()
	w := b.post("/v1/rounds", with(roundForm(), nil), b.people.Officer)
	assert.Equal(t, []string{"code taken"}, faultsOf(problem(t, w)))

	list := read[api.List[api.Round]](t, b.get("/v1/rounds", b.team))
	require.Len(t, list.Items, 1)
	assert.Equal(t, "Pitches of May", list.Items[0].Name)
	b.pitches()
	seen := read[api.RoundDetail](t, b.get("/v1/rounds/"+theRound, b.team))
	assert.Nil(t, seen.Counts)
	assert.Empty(t, seen.Case)
	assert.Equal(t, "call", seen.Phase)
	assert.Equal(t, 2, seen.Capacity)
	assert.Len(t, seen.Criteria, 5)
	seen = read[api.RoundDetail](t, b.get("/v1/rounds/"+theRound, b.people.Officer))
	assert.Equal(t, &api.RoundCount{Projects: 1, Open: 1, Matched: api.Money{Currency: "CNY"}}, seen.Counts)
	assert.Equal(t, http.StatusNotFound, b.get("/v1/rounds/other", b.team).Code)
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/v1/rounds?cursor=x", b.team).Code)

	p := read[api.ProgrammeDetail](t, b.get("/v1/programmes/"+theRound, b.team))
	assert.Len(t, p.Criteria, 5)
	assert.Len(t, p.Screening, 1)
	assert.Empty(t, p.Starters)
	p = read[api.ProgrammeDetail](t, b.get("/v1/programmes/"+rounds, b.team))
	assert.Equal(t, "officer", p.Starters[0].Code)
}

func TestPitch_ComesInWhileTheCallIsOpen(t *testing.T) {
	b := openHub(t).opensRound()
	w := b.post("/v1/pitches", with(b.pitchForm(), map[string]any{"documents": []string{}, "team": []any{}, "company": map[string]any{"name": " ", "number": "1"}}), b.team)
	assert.Equal(t, []string{"company/number at_least_characters", "documents at_least_items", "team at_least_items"}, faultsOf(problem(t, w)))
	w = b.post("/v1/pitches", with(b.pitchForm(), map[string]any{"documents": []string{station.NewID()}}), b.team)
	assert.Equal(t, []string{"documents/0 unknown_document"}, faultsOf(problem(t, w)))
	id := b.pitches()
	seen := read[api.CaseDetail](t, b.get("/v1/cases/"+id, b.team))
	assert.Contains(t, string(seen.Form), "A canary summary.")
	assert.Nil(t, seen.Commitments)

	_, err := b.db.ExecContext(t.Context(), `UPDATE programmes SET closes_at = now() - interval '1 minute' WHERE code = $1`, theRound)
	require.NoError(t, err)
	p := problem(t, b.post("/v1/pitches", with(b.pitchForm(), nil), b.team))
	assert.Equal(t, http.StatusConflict, p.Status)
	assert.Equal(t, "programme_closed", p.Code)
	assert.Empty(t, p.Errors, "no call is planned")

	next := time.Now().Add(100 * time.Hour).UTC().Truncate(time.Second)
	times := map[string]any{}
	for i, name := range []string{"callOpens", "callCloses", "screeningCloses", "pitchesAt", "scoresClose", "deliberationCloses"} {
		times[name] = next.Add(time.Duration(i) * time.Hour).Format(time.RFC3339)
	}
	w = b.post("/v1/rounds", with(roundForm(), map[string]any{"code": "pitch-next", "times": times}), b.people.Officer)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	for _, code := range []string{theRound, "pitch-next"} { // too late, and too early
		p = problem(t, b.post("/v1/pitches", with(b.pitchForm(), map[string]any{"programme": code}), b.team))
		require.Len(t, p.Errors, 1)
		assert.Equal(t, "programme next_call "+next.Format(time.RFC3339), p.Errors[0].Path+" "+p.Errors[0].Code+" "+p.Errors[0].Value)
		assert.Contains(t, p.Errors[0].Message, "China time")
	}
	// the round went on before its programme closed
	_, err = b.db.ExecContext(t.Context(), `UPDATE programmes SET closes_at = now() + interval '1 minute' WHERE code = $1`, theRound)
	require.NoError(t, err)
	b.phase(station.StageScreening)
	p = problem(t, b.post("/v1/pitches", with(b.pitchForm(), nil), b.team))
	assert.Equal(t, "programme_closed", p.Code)
	assert.Equal(t, []string{"programme next_call"}, faultsOf(p))
}

func TestAdmission_IsAppliedForOrOfferedByAnOfficer(t *testing.T) {
	b := openHub(t)
	own := b.angelForm(b.decks[0])
	w := b.post("/v1/angels", with(own, map[string]any{"documents": nil, "investments": nil}), b.team)
	assert.Equal(t, []string{"documents required", "investments required"}, faultsOf(problem(t, w)))
	w = b.post("/v1/angels", with(own, map[string]any{"vouchers": []string{"a@example.com", "A@example.com"}, "interests": []any{map[string]any{"kind": "cat", "name": "x"}}}), b.team)
	assert.Equal(t, []string{"interests/0/kind one_of"}, faultsOf(problem(t, w)))
	w = b.post("/v1/angels", with(own, map[string]any{"vouchers": []string{"a@example.com", "A@example.com"}}), b.team)
	assert.Equal(t, []string{"vouchers/1 given_twice"}, faultsOf(problem(t, w)))
	w = b.post("/v1/angels", with(own, nil), b.team)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	p := problem(t, b.post("/v1/angels", with(own, map[string]any{"documents": []string{b.decks[0]}}), b.angels[0]))
	assert.Equal(t, []any{http.StatusConflict, "already_member"}, []any{p.Status, p.Code})

	invitation := with(own, map[string]any{
		"invitee": map[string]any{"name": "周启明", "email": "qiming@example.com"}, "documents": nil, "investments": nil,
	})
	for _, who := range []station.Account{b.team, b.angels[0], b.people.Director, b.people.DistrictOfficer} {
		p = problem(t, b.post("/v1/angels", invitation, who))
		assert.Equal(t, []any{http.StatusForbidden, "officers_invite"}, []any{p.Status, p.Code})
	}
	w = b.post("/v1/angels", invitation, b.people.Officer)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	w = b.post("/v1/angels", with(own, map[string]any{
		"invitee": map[string]any{"name": "周启明", "email": "nobody"}, "public": true, "interests": []any{map[string]any{"kind": "company", "name": "x"}},
	}), b.people.Officer)
	assert.Equal(t, []string{"invitee/email email"}, faultsOf(problem(t, w)))
	w = b.post("/v1/angels", with(own, map[string]any{
		"invitee": map[string]any{"name": "周启明", "email": "qiming@example.com"}, "public": true, "interests": []any{map[string]any{"kind": "company", "name": "x"}},
	}), b.people.Officer)
	assert.Equal(t, []string{"documents not_expected", "interests not_expected", "public not_expected"}, faultsOf(problem(t, w)))
}

func TestAngels_OnTheListAreThoseWhoConsented(t *testing.T) {
	b := openHub(t)
	w := b.get("/v1/angels", nobody)
	require.Equal(t, http.StatusOK, w.Code)
	list := read[api.List[api.Angel]](t, w)
	require.Len(t, list.Items, 1)
	assert.Equal(t, "Angel 0", list.Items[0].Name)
	assert.Equal(t, []string{"robots"}, list.Items[0].Fields)
	for _, secret := range []string{"Angel 1", b.angels[0].ID, b.angels[0].Email, b.angels[0].Institution} {
		assert.NotContains(t, w.Body.String(), secret)
	}
	assert.Equal(t, []string{"branch unknown_branch"}, faultsOf(problem(t, b.get("/v1/angels?branch=SH", nobody))))
	for _, query := range []string{"branch=%00", "branch=%ff", "cursor=%00", "cursor=x", "limit=0", "limit=x", "public=false"} {
		assert.Equal(t, http.StatusUnprocessableEntity, b.get("/v1/angels?"+query, nobody).Code, query)
	}
}

func TestMembers_AreTheHousesToSee(t *testing.T) {
	b := openHub(t)
	list := read[api.List[api.Member]](t, b.get("/v1/members?limit=2", b.people.Officer))
	require.Len(t, list.Items, 2)
	assert.Equal(t, []string{b.angels[0].ID, "Angel 0", "active"}, []string{list.Items[0].Account, list.Items[0].Name, list.Items[0].Status})
	list = read[api.List[api.Member]](t, b.get("/v1/members?cursor="+list.Next, b.people.Director))
	assert.Len(t, list.Items, 3)
	assert.Empty(t, read[api.List[api.Member]](t, b.get("/v1/members", b.people.DistrictOfficer)).Items)
	for _, who := range []station.Account{b.team, b.angels[0], b.people.Treasurer, b.people.Reviewers[0]} {
		assert.Equal(t, http.StatusForbidden, b.get("/v1/members", who).Code)
	}
}

func TestDeck_OpensOnceAnAngelHasDeclared(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	angel := b.angels[0]
	assert.Equal(t, http.StatusNotFound, b.get("/v1/cases/"+id, angel).Code, "it has no seat yet")
	assert.Equal(t, http.StatusNotFound, b.post("/v1/cases/"+id+"/declaration", `{"conflict":"none"}`, angel).Code)
	task := b.stands(id, station.StagePitches, station.TaskScore)

	seen := read[api.CaseDetail](t, b.get("/v1/cases/"+id, angel))
	assert.Empty(t, seen.Form)
	assert.Empty(t, seen.Documents)
	assert.Equal(t, &api.Teaser{
		Project: "Canary Hands", Field: "robots", Company: "杭州金丝雀科技有限公司", Team: []api.TeamMember{{Name: "林知远", Institution: "zju"}},
	}, seen.Teaser)
	assert.Equal(t, http.StatusNotFound, b.get("/v1/documents/"+b.decks[0], angel).Code)
	detail := read[api.TaskDetail](t, b.get("/v1/tasks/"+task, angel))
	assert.Equal(t, []string{"", "Canary Hands"}, []string{detail.Declared, detail.Teaser.Project})
	assert.Len(t, detail.Criteria, 5)
	p := problem(t, b.post("/v1/tasks/"+task+"/decision", rubric, angel))
	assert.Equal(t, []any{http.StatusConflict, "declare_first"}, []any{p.Status, p.Code})

	for who, a := range map[string]station.Account{"the team": b.team, "an officer": b.people.Officer} {
		assert.Equal(t, http.StatusForbidden, b.post("/v1/cases/"+id+"/declaration", `{"conflict":"none"}`, a).Code, who)
	}
	assert.Equal(t, []string{"conflict one_of"}, faultsOf(problem(t, b.post("/v1/cases/"+id+"/declaration", `{"conflict":"interest"}`, angel))))
	b.declares(id, angel, station.ConflictNone)

	seen = read[api.CaseDetail](t, b.get("/v1/cases/"+id, angel))
	assert.Contains(t, string(seen.Form), "A canary summary.")
	assert.Len(t, seen.Documents, 1)
	assert.Nil(t, seen.Teaser)
	assert.Equal(t, http.StatusOK, b.get("/v1/documents/"+b.decks[0], angel).Code)
	assert.Equal(t, http.StatusNotFound, b.get("/v1/documents/"+b.decks[1], angel).Code)
	assert.Equal(t, "none", read[api.TaskDetail](t, b.get("/v1/tasks/"+task, angel)).Declared)
	assert.Equal(t, http.StatusOK, b.post("/v1/tasks/"+task+"/decision", rubric, angel).Code)

	// the pool's task stays everybody's
	assert.Equal(t, http.StatusForbidden, b.post("/v1/tasks/"+task+"/assignment", `{"verdict":"take"}`, angel).Code)
	assert.Equal(t, http.StatusForbidden, b.post("/v1/tasks/"+task+"/assignment", fmt.Sprintf(`{"verdict":"hand_over","account":%q}`, b.angels[1].ID), b.people.Director).Code)
}

func TestDeclaration_SentAgainIsAnsweredAsTheFirstTime(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	b.stands(id, station.StagePitches, station.TaskScore)
	path, key := "/v1/cases/"+id+"/declaration", []string{"Idempotency-Key", "k"}
	first := b.post(path, `{"conflict":"family"}`, b.angels[0], key...)
	require.Equal(t, http.StatusOK, first.Code, first.Body)
	again := b.post(path, `{"conflict":"family"}`, b.angels[0], key...)
	assert.Equal(t, read[api.Receipt](t, first).ID, read[api.Receipt](t, again).ID)
	assert.Equal(t, "key_reused", problem(t, b.post(path, `{"conflict":"none"}`, b.angels[0], key...)).Code)
	assert.Equal(t, http.StatusNotFound, b.post(path, `{"conflict":"none"}`, b.angels[0]).Code)
	assert.Equal(t, http.StatusOK, b.post(path, `{"conflict":"none"}`, b.angels[1], key...).Code, "another's key")
}
