package api_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// opens opens a task of a case for anybody who can do it.
func (b *hub) opens(id string, stage station.Stage, spec station.TaskSpec) string {
	b.t.Helper()
	b.tasks++
	spec.ID, spec.Wait = station.TaskID(id, stage, 10+b.tasks), station.Wait{Days: 5}
	b.clerk.records(b.t, station.Change{
		Case: id, Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec},
		Standing: station.Standing{Stage: stage, Status: station.Open, Tasks: []string{spec.ID}},
	})
	return "/v1/tasks/" + spec.ID
}

func (b *hub) applies() string {
	b.t.Helper()
	w := b.post("/v1/angels", with(b.angelForm(b.decks[1]), nil), b.team)
	require.Equal(b.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](b.t, w).ID
}

func TestHubTasks_TakeWhatTheyAreFor(t *testing.T) {
	b := openHub(t).opensRound()
	project, admission := b.pitches(), b.applies()
	b.stands(project, station.StageDeliberation, station.TaskCommitment)
	b.declares(project, b.angels[0], station.ConflictNone)
	officer, director, angel, team := b.people.Officer2, b.people.Director, b.angels[3], b.team
	long := strings.Repeat("x", 5001)
	for _, c := range []struct {
		name   string
		id     string
		stage  station.Stage
		spec   station.TaskSpec
		who    station.Account
		faults map[string][]string // of bodies; none is good
	}{
		{"a vote", admission, station.StageVote, station.TaskSpec{Kind: station.TaskVote, Role: station.RoleAngel}, angel, map[string][]string{
			`{"verdict":"approve"}`: nil, `{"verdict":"reject","reason":"No."}`: nil, `{"verdict":"abstain"}`: nil,
			`{"verdict":"recuse"}`: {"verdict one_of"}, `{"verdict":"approve","fen":1}`: {"fen not_expected"},
			`{"verdict":"approve","interests":[]}`: {"interests not_expected"}, `{"verdict":"approve","public":true}`: {"public not_expected"},
			`{"verdict":"approve","scores":[{"criterion":"x","points":1}]}`: {"scores not_expected"},
		}},
		{"a membership", admission, "membership", station.TaskSpec{Kind: station.TaskMembership, Party: station.Applicant}, team, map[string][]string{
			`{"verdict":"leave"}`: nil, `{"verdict":"amend","public":false}`: nil, `{"verdict":"amend","interests":[]}`: nil,
			`{"verdict":"amend","interests":[{"kind":"person","name":"Li"}],"public":true}`: nil,
			`{"verdict":"amend"}`: {"interests required"}, `{"verdict":"leave","public":true}`: {"public not_expected"},
			`{"verdict":"amend","interests":[{"kind":"person","name":" "}]}`: {"interests/0/name required"},
		}},
		{"oversight", admission, "oversight", station.TaskSpec{Kind: station.TaskOversight, Role: station.RoleDirector}, director, map[string][]string{
			`{"verdict":"suspend","reason":"Why."}`: nil, `{"verdict":"reinstate"}`: nil, `{"verdict":"revoke","reason":"Why."}`: nil,
			`{"verdict":"suspend"}`: {"reason required"}, `{"verdict":"revoke"}`: {"reason required"},
		}},
		{"a renewal", admission, station.StageRenewal, station.TaskSpec{Kind: station.TaskRenewal, Role: station.RoleOfficer}, officer, map[string][]string{
			`{"verdict":"renew"}`: nil, `{"verdict":"thank"}`: nil, `{"verdict":"accept"}`: {"verdict one_of"},
		}},
		{"a seat", project, station.StageSeats, station.TaskSpec{Kind: station.TaskSeat, Party: station.Applicant}, team, map[string][]string{
			`{"verdict":"accept"}`: nil, `{"verdict":"decline"}`: nil, `{"verdict":"absent"}`: {"verdict one_of"},
		}},
		{"attendance", project, station.StagePitches, station.TaskSpec{Kind: station.TaskAttendance, Role: station.RoleOfficer}, officer, map[string][]string{
			`{"verdict":"attended"}`: nil, `{"verdict":"absent"}`: nil,
		}},
		{"a commitment", project, station.StageDeliberation, station.TaskSpec{Kind: station.TaskCommitment, Role: station.RoleAngel}, b.angels[0], map[string][]string{
			`{"verdict":"pass","reason":"Too early."}`: nil, `{"verdict":"follow","fen":1000000}`: nil, `{"verdict":"lead","fen":2000000,"reason":"Good."}`: nil,
			`{"verdict":"follow"}`: {"fen at_least"}, `{"verdict":"lead","fen":999999}`: {"fen at_least"}, `{"verdict":"pass","fen":1}`: {"fen not_expected"},
			`{"verdict":"lead","fen":9223372036854775807}`: {"fen amount"}, `{"verdict":"lead","fen":-1}`: {"fen at_least"},
			`{"verdict":"lead","fen":1e30}`: {" format"}, `{"verdict":"pass","reason":"` + long + `"}`: {"reason at_most_characters"},
		}},
		{"feedback", project, station.StageDeliberation, station.TaskSpec{Kind: station.TaskFeedback, Role: station.RoleOfficer}, officer, map[string][]string{
			`{"verdict":"accept","reason":"What they say."}`: nil, `{"verdict":"accept"}`: {"reason required"},
		}},
		{"a closing", project, station.StageClosing, station.TaskSpec{Kind: station.TaskClosing, Party: station.Applicant}, team, map[string][]string{
			`{"verdict":"extend"}`: nil, `{"verdict":"decline","reason":"No."}`: nil, `{"verdict":"decline"}`: {"reason required"},
		}},
		{"a ticket", project, station.StageClosing, station.TaskSpec{Kind: station.TaskTicket, Assignee: b.angels[0].ID}, b.angels[0], map[string][]string{
			`{"verdict":"step_back"}`: nil, `{"verdict":"leave"}`: {"verdict one_of"},
		}},
		{"a timetable", b.round, station.StageCall, station.TaskSpec{Kind: station.TaskTimetable, Role: station.RoleOfficer}, b.people.Officer, map[string][]string{
			`{"verdict":"cancel","reason":"Why."}`: nil, `{"verdict":"cancel"}`: {"reason required"}, `{"verdict":"reschedule"}`: {"times required"},
		}},
	} {
		task := b.opens(c.id, c.stage, c.spec)
		detail := b.get(task, c.who)
		require.Equal(t, http.StatusOK, detail.Code, "%s: %s", c.name, detail.Body)
		assert.NotEmpty(t, read[api.TaskDetail](t, detail).Verdicts, c.name)
		for body, faults := range c.faults {
			w := b.post(task+"/decision", body, c.who)
			if faults == nil {
				assert.Equal(t, http.StatusOK, w.Code, "%s: %s: %s", c.name, body, w.Body)
				continue
			}
			assert.Equal(t, faults, faultsOf(problem(t, w)), "%s: %s", c.name, body)
		}
	}
}

func TestClosing_IsConfirmedWithDocuments(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	task := b.opens(id, station.StageClosing, station.TaskSpec{Kind: station.TaskClosing, Party: station.Applicant})
	assert.True(t, read[api.TaskDetail](t, b.get(task, b.team)).Confirm)
	for body, faults := range map[string][]string{
		`{}`: {"documents required"},
		fmt.Sprintf(`{"documents":[%q],"reference":"r"}`, b.decks[0]): {"reference not_expected"},
		`{"documents":["x"]}`: {"documents/0 document"},
	} {
		assert.Equal(t, faults, faultsOf(problem(t, b.post(task+"/confirmation", body, b.team))), body)
	}
	w := b.post(task+"/confirmation", fmt.Sprintf(`{"documents":[%q]}`, b.decks[1]), b.team)
	assert.Equal(t, http.StatusOK, w.Code, w.Body)
}

func TestVote_IsNotTheVouchersAlone(t *testing.T) {
	b := openHub(t)
	task := b.opens(b.applies(), station.StageVote, station.TaskSpec{Kind: station.TaskVote, Role: station.RoleAngel})
	for i, a := range b.angels { // two of them vouched
		w := b.post(task+"/decision", `{"verdict":"approve"}`, a)
		assert.Equal(t, http.StatusOK, w.Code, "angel %d: %s", i, w.Body)
	}
	assert.Equal(t, http.StatusNotFound, b.get(task, b.people.Reviewers[0]).Code)
	assert.Equal(t, http.StatusForbidden, b.post(task+"/decision", `{"verdict":"approve"}`, b.people.Officer).Code)
}

func TestTimetable_IsMovedByWhoLeadsTheRound(t *testing.T) {
	b := openHub(t).opensRound()
	body := func(changes map[string]any) string {
		raw, err := json.Marshal(map[string]any{"times": json.RawMessage(with(timetable(), changes))})
		require.NoError(t, err)
		return string(raw)
	}
	path := "/v1/rounds/" + theRound + "/timetable"
	kept := read[api.RoundDetail](t, b.get("/v1/rounds/"+theRound, b.team)).Times
	same := map[string]any{"callOpens": kept.CallOpens}
	for name, c := range map[string]struct {
		changes map[string]any
		faults  []string
	}{
		"it has opened":  {map[string]any{"callOpens": time.Now().Add(-30 * time.Minute)}, []string{"times/callOpens cannot_change"}},
		"a past close":   {map[string]any{"callCloses": time.Now().Add(-time.Minute)}, []string{"times/callCloses in_the_future"}},
		"falling":        {map[string]any{"pitchesAt": time.Now().Add(30 * time.Hour)}, []string{"times/pitchesAt rising"}},
		"one is missing": {map[string]any{"pitchesAt": nil}, []string{"times/pitchesAt required"}},
		"no time":        {map[string]any{"pitchesAt": "tomorrow"}, []string{"times/pitchesAt date_time"}},
	} {
		changes := map[string]any{"callOpens": kept.CallOpens}
		maps.Copy(changes, c.changes)
		assert.Equal(t, c.faults, faultsOf(problem(t, b.post(path, body(changes), b.people.Officer))), name)
	}
	for _, who := range []station.Account{b.team, b.angels[0], b.people.Treasurer, b.people.DistrictOfficer} {
		assert.Equal(t, http.StatusForbidden, b.post(path, body(same), who).Code)
		assert.Equal(t, http.StatusForbidden, b.post("/v1/rounds/"+theRound+"/cancellation", `{"reason":"No."}`, who).Code)
	}
	assert.Equal(t, http.StatusNotFound, b.post("/v1/rounds/other/timetable", body(same), b.people.Officer).Code)
	for _, who := range []station.Account{b.people.Officer, b.people.Officer2, b.people.Director} {
		w := b.post(path, body(same), who)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Equal(t, station.TimetableTask(b.round), read[api.Receipt](t, w).Task)
	}
	b.phase(station.StageScreening)
	p := problem(t, b.post(path, body(map[string]any{"callOpens": kept.CallOpens, "callCloses": time.Now().Add(time.Hour)}), b.people.Officer))
	assert.Equal(t, []string{"times/callCloses cannot_change"}, faultsOf(p))
	assert.Equal(t, []string{"reason required"}, faultsOf(problem(t, b.post("/v1/rounds/"+theRound+"/cancellation", `{"reason":" "}`, b.people.Officer))))
	assert.Equal(t, http.StatusOK, b.post("/v1/rounds/"+theRound+"/cancellation", `{"reason":"The hall burnt."}`, b.people.Officer).Code)
}

func TestCommitments_AreTotalsUntilTheLeadIsChosen(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	task := b.stands(id, station.StageDeliberation, station.TaskCommitment)
	for i, said := range []string{`{"verdict":"lead","fen":3000000,"reason":"Strong team."}`, `{"verdict":"follow","fen":1000000}`, `{"verdict":"pass","reason":"A narrow market."}`} {
		b.declares(id, b.angels[i], station.ConflictNone)
		require.Equal(t, http.StatusOK, b.post("/v1/tasks/"+task+"/decision", said, b.angels[i]).Code)
	}
	assert.Equal(t, int64(1_000_000), read[api.TaskDetail](t, b.get("/v1/tasks/"+task, b.angels[1])).Ticket.Fen)
	of := func(who station.Account) *api.Commitments {
		return read[api.CaseDetail](t, b.get("/v1/cases/"+id, who)).Commitments
	}
	seen := of(b.angels[1])
	assert.Equal(t, []any{int64(4_000_000), 1, 1, 1}, []any{seen.Total.Fen, seen.Leads, seen.Follows, seen.Passes})
	assert.Equal(t, []any{b.angels[1].ID, "follow", int64(1_000_000)}, []any{seen.Mine.Account, seen.Mine.Verdict, seen.Mine.Amount.Fen})
	assert.Empty(t, seen.Members)
	assert.Nil(t, of(b.team), "the team hears when there is a syndicate")
	assert.Len(t, of(b.people.Officer).Members, 3)
	events := b.get("/v1/cases/"+id+"/events", b.angels[2])
	assert.NotContains(t, events.Body.String(), "3000000")
	assert.NotContains(t, events.Body.String(), b.angels[0].ID)
	assert.Contains(t, events.Body.String(), `"actor":"member"`)
	assert.Contains(t, b.get("/v1/cases/"+id+"/events", b.people.Officer).Body.String(), "3000000")

	b.clerk.records(t, station.Change{
		Case: id, Event: station.EventSyndicate, Standing: station.Standing{Stage: station.StageClosing, Status: station.Open},
		Pitch: &station.PitchMove{Lead: b.angels[0].ID, Members: []string{b.angels[0].ID, b.angels[1].ID}, Committed: new(int64(4_000_000))},
	})
	for _, who := range []station.Account{b.angels[2], b.team} {
		seen = of(who)
		require.Len(t, seen.Members, 2)
		assert.Equal(t, b.angels[0].ID, seen.Members[0].Account)
	}
	assert.Len(t, of(b.people.Officer).Members, 3)

	moderates := b.opens(id, station.StageDeliberation, station.TaskSpec{Kind: station.TaskFeedback, Role: station.RoleOfficer})
	assert.Equal(t, []string{"A narrow market.", "Strong team."}, read[api.TaskDetail](t, b.get(moderates, b.people.Officer)).Feedback)
}

func TestScores_OfOthersAreUnseenWhileAnAngelMayStillScore(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	task := b.stands(id, station.StagePitches, station.TaskScore)
	for _, a := range b.angels[:3] {
		b.declares(id, a, station.ConflictNone)
	}
	for _, a := range b.angels[:2] {
		require.Equal(t, http.StatusOK, b.post("/v1/tasks/"+task+"/decision", rubric, a).Code)
	}
	of := func(who station.Account) []api.Review {
		return read[api.CaseDetail](t, b.get("/v1/cases/"+id, who)).Reviews
	}
	assert.Len(t, of(b.angels[0]), 1)
	assert.Empty(t, of(b.angels[2]))
	assert.Empty(t, of(b.team))
	assert.Len(t, of(b.people.Officer), 2)
	b.stands(id, station.StageDeliberation, station.TaskCommitment)
	require.Len(t, of(b.angels[0]), 2)
	for _, r := range of(b.angels[0]) {
		assert.NotEqual(t, b.angels[1].ID, r.Reviewer)
	}
	assert.Empty(t, of(b.angels[2]), "who can still score, late, is not told what others say")
}

func TestDraft_IsKeptUntilTheCallCloses(t *testing.T) {
	b := openHub(t).opensRound()
	path := "/v1/drafts/" + theRound
	put := func(body string, who station.Account) (int, string) {
		w := b.send(http.MethodPut, path, body, who)
		return w.Code, w.Body.String()
	}
	assert.Equal(t, http.StatusNotFound, b.get(path, b.team).Code)
	status, said := put(`{"project":{"name":"half"},"seeks":12345678901234}`, b.team)
	require.Equal(t, http.StatusOK, status, said)
	status, _ = put(`{"project":{"name":"more"}, "seeks":12345678901234}`, b.team)
	require.Equal(t, http.StatusOK, status)
	d := read[api.Draft](t, b.get(path, b.team))
	assert.JSONEq(t, `{"project":{"name":"more"},"seeks":12345678901234}`, string(d.Form))
	assert.Len(t, read[api.List[api.Draft]](t, b.get("/v1/drafts", b.team)).Items, 1)
	assert.Empty(t, read[api.List[api.Draft]](t, b.get("/v1/drafts", b.angels[0])).Items, "nobody else sees it")
	assert.Equal(t, http.StatusNotFound, b.get(path, b.people.Officer).Code)

	for body, fault := range map[string]string{
		`[]`: " object", `null`: " object", `{"a":"\u0000"}`: "a plain_text", `{"a":1,"a":2}`: "a given_twice",
		`{"a":"` + strings.Repeat("x", 100_000) + `"}`: " at_most_bytes",
	} {
		p := problem(t, b.send(http.MethodPut, path, body, b.team))
		assert.Equal(t, []string{fault}, faultsOf(p), "%.40s", body)
	}
	for _, code := range []string{"other", rounds, admissions, "referral-test"} {
		assert.Equal(t, http.StatusNotFound, b.send(http.MethodPut, "/v1/drafts/"+code, `{}`, b.team).Code, code)
	}
	assert.Equal(t, http.StatusNoContent, b.send(http.MethodDelete, path, "", b.team).Code)
	assert.Equal(t, http.StatusNoContent, b.send(http.MethodDelete, path, "", b.team).Code, "it is gone already")
	assert.Equal(t, http.StatusNotFound, b.get(path, b.team).Code)

	status, _ = put(`{}`, b.team)
	require.Equal(t, http.StatusOK, status)
	b.pitches()
	assert.Equal(t, http.StatusNotFound, b.get(path, b.team).Code, "handed in, it is no draft")
	_, err := b.db.ExecContext(t.Context(), `UPDATE programmes SET closes_at = now() - interval '1 minute' WHERE code = $1`, theRound)
	require.NoError(t, err)
	assert.Equal(t, "programme_closed", problem(t, b.send(http.MethodPut, path, `{}`, b.team)).Code)
	b.token(b.team, "wt_reader", station.ScopeRead)
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		assert.Equal(t, "token_reads_only", problem(t, b.send(method, path, `{}`, nobody, "Authorization", "Bearer wt_reader")).Code)
	}
}

func TestReport_IsThereAsJSONAsAFileAndAsAPage(t *testing.T) {
	b := openHub(t).opensRound()
	evil := `=HYPERLINK("http://evil","x")`
	id := b.pitches(map[string]any{"project": map[string]any{"name": evil + "<script>", "field": "f", "summary": "s"}})
	b.pitches()
	task := b.stands(id, station.StagePitches, station.TaskScore)
	b.phase(station.StagePitches)
	b.declares(id, b.angels[0], station.ConflictNone)
	require.Equal(t, http.StatusOK, b.post("/v1/tasks/"+task+"/decision", rubric, b.angels[0]).Code)

	path := "/v1/rounds/" + theRound + "/report"
	r := read[api.RoundReport](t, b.get(path, b.people.Officer))
	require.Len(t, r.Projects, 2)
	assert.Equal(t, []any{id, 1, 80.0, []float64{80}}, []any{r.Projects[0].Case, r.Projects[0].Scores.Count, r.Projects[0].Scores.Mean, r.Projects[0].Scores.PerReviewer})
	assert.Equal(t, 1, r.Projects[0].Declared)
	assert.Equal(t, 2, r.Round.Counts.Projects)
	r = read[api.RoundReport](t, b.get(path, b.angels[1]))
	require.Len(t, r.Projects, 2)
	for _, p := range r.Projects { // who scores does not read what others say
		assert.Zero(t, p.Scores.Count)
		assert.Zero(t, p.Declared)
	}
	b.phase(station.StageDeliberation)
	assert.Equal(t, 1, read[api.RoundReport](t, b.get(path, b.angels[1])).Projects[0].Scores.Count)

	w := b.get(path+".csv", b.people.Officer)
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Header().Get("Content-Disposition"), "round-"+theRound+".csv")
	body, marked := bytes.CutPrefix(w.Body.Bytes(), []byte("\uFEFF"))
	assert.True(t, marked)
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	assert.Contains(t, rows[0], "Pitch, mean")
	assert.Contains(t, rows[0], "Pitches (days)")
	assert.Contains(t, rows[1], "'"+evil+"<script>")
	assert.Contains(t, rows[1], "'80")

	w = b.get("/rounds/"+theRound+"/report", b.people.Officer, "Accept", browser)
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	page := w.Body.String()
	assert.Contains(t, page, "Pitches of May: report")
	assert.Contains(t, page, "&lt;script&gt;")
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")
	_, err = b.db.ExecContext(t.Context(), `UPDATE accounts SET language = 'zh-CN' WHERE id = $1`, b.people.Officer.ID)
	require.NoError(t, err)
	assert.Contains(t, b.get("/rounds/"+theRound+"/report", b.people.Officer).Body.String(), "五月路演：路演报告")

	for _, where := range []string{path, path + ".csv", "/rounds/" + theRound + "/report"} {
		for who, status := range map[string]int{b.team.ID: 403, b.people.Reviewers[0].ID: 403, b.people.DistrictOfficer.ID: 403, b.people.Treasurer.ID: 200, b.people.Operator.ID: 200} {
			assert.Equal(t, status, b.get(where, station.Account{ID: who}).Code, where)
		}
		assert.Equal(t, http.StatusNotFound, b.get(strings.Replace(where, theRound, "other", 1), b.people.Officer).Code)
	}
}

func TestBoard_ShowsEachChangeToWhoLeadsTheRound(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	task := b.stands(id, station.StagePitches, station.TaskScore)
	b.declares(id, b.angels[0], station.ConflictNone)
	for _, who := range []station.Account{b.team, b.angels[0], b.people.Treasurer, b.people.DistrictOfficer} {
		assert.Equal(t, http.StatusForbidden, b.get("/v1/rounds/"+theRound+"/board", who).Code)
	}
	assert.Equal(t, http.StatusNotFound, b.get("/v1/rounds/other/board", b.people.Officer).Code)

	w, said := b.listen(t.Context(), b.serve(), "/v1/rounds/"+theRound+"/board", b.people.Officer)
	require.Equal(t, http.StatusOK, w.StatusCode)
	board := func() (v api.Board) {
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(hears(t, said, "data: "), "data: ")), &v))
		return v
	}
	first := board()
	require.Len(t, first.Projects, 1)
	assert.Equal(t, []any{id, 0}, []any{first.Projects[0].Case, first.Projects[0].Scores})
	require.Equal(t, http.StatusOK, b.post("/v1/tasks/"+task+"/decision", rubric, b.angels[0]).Code)
	second := board()
	assert.Equal(t, []any{1, 80.0}, []any{second.Projects[0].Scores, second.Projects[0].Mean})

	// who is no officer any more hears no more
	_, err := b.db.ExecContext(context.Background(), `UPDATE accounts SET roles = '{applicant}' WHERE id = $1`, b.people.Officer.ID)
	require.NoError(t, err)
	b.stands(id, station.StageDeliberation, station.TaskCommitment)
	assert.Empty(t, hears(t, said, "data: "))
}
