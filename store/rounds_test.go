package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// begins begins a phase of a round.
func (m *matter) begins(phase station.Stage) station.Written {
	m.t.Helper()
	return m.records(station.Change{
		Event: station.EventPhase, Standing: station.Standing{Stage: phase}, Round: &station.RoundMove{Phase: phase},
	})
}

// ends ends a case.
func (m *matter) ends(how station.Status) station.Written {
	m.t.Helper()
	return m.records(station.Change{Event: station.EventClosed, Standing: station.Standing{Stage: station.StageEnded, Status: how}, End: &station.Ending{}})
}

// scored has angels score a project in a stage.
func (h *hub) scored(m *matter, stage station.Stage, totals ...float64) {
	h.t.Helper()
	for i, total := range totals {
		h.scores(m, stage, h.Angels[i], total)
	}
}

func (h *hub) scores(m *matter, stage station.Stage, who station.Account, total float64) {
	h.t.Helper()
	task := station.TaskSpec{ID: station.TaskID(m.ID, stage, 1), Kind: station.TaskScore, Role: station.RoleAngel, Wait: station.Wait{Days: 1}}
	standing := station.Standing{Stage: stage}
	m.records(station.Change{Standing: standing, Open: []station.TaskSpec{task}})
	a := m.does(who, station.Decide, task.ID, station.Body{Verdict: station.Score})
	m.records(station.Change{Event: station.EventReviewed, Standing: standing, Reviews: []station.Review{
		{Task: task.ID, Act: a.ID, Reviewer: who.ID, Verdict: station.Score, Total: total},
	}})
}

// heard is what a round has said to a project, in order.
func (m *matter) heard() []string {
	m.t.Helper()
	var said []string
	err := m.db.SelectContext(m.t.Context(), &said, `
		SELECT concat(body->>'verdict', ' ', body->>'rank') FROM acts WHERE case_id = $1 AND kind = 'move' AND status = 'pending'
		ORDER BY array_position('{screen,waitlist,invite,unplace,present,deliberate,gather,cancel,over}', body->>'verdict')`, m.ID)
	require.NoError(m.t, err)
	return said
}

func TestRound_ItsProjectsApplyByAProgrammeOfItsOwn(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 7)
	p, err := h.db.Programme(t.Context(), "r-1")
	require.NoError(t, err)
	require.Equal(t, station.Pitch, p.Kind)
	m := h.applies("r-1")
	for _, c := range []station.Case{r.Case, m.Case} {
		o, err := h.db.OpenCase(t.Context(), c.ID)
		require.NoError(t, err)
		terms, err := station.ReadRoundTerms(o.Terms)
		require.NoError(t, err)
		require.Equal(t, 7, terms.Capacity)
		require.Equal(t, r.ID, terms.Round.Case)
		require.True(t, terms.Round.Times.CallCloses.Equal(monday.AddDate(0, 0, 7)))
		require.Equal(t, c.Programme, o.Programme)
	}
	v, err := h.db.RoundByCode(t.Context(), "r-1")
	require.NoError(t, err)
	require.Equal(t, []any{"r-1", r.ID, "HZ", station.StageCall, station.Open, 1, 1, 0}, []any{v.Code, v.Case, v.Branch, v.Phase, v.Status, v.Projects, v.Open, v.Confirmed})
	_, err = h.db.RoundByCode(t.Context(), "r-2")
	require.Equal(t, station.NotFound, station.CodeOf(err))

	_, err = storetest.Take(t, h.db, station.Round, storetest.RoundProgramme, h.Officer, storetest.RoundForm("r-1", monday), monday)
	refusedAs(t, err, station.Invalid, "invalid")
	_, err = storetest.Take(t, h.db, station.Round, storetest.RoundProgramme, h.Officer, storetest.RoundForm(storetest.Programme, monday), monday)
	var e *station.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []station.Field{{Path: "code", Rule: "taken"}}, e.Fields)
}

func TestRound_ListsAreNewestFirstAndSayWhenTheNextCallOpens(t *testing.T) {
	h := newHub(t)
	for i := range 5 {
		form := storetest.RoundForm(fmt.Sprintf("r-%d", i), monday.AddDate(0, i, 0))
		h.opens(station.Round, storetest.RoundProgramme, h.Officer, form)
	}
	var codes []string
	for cursor := ""; ; {
		page, err := h.db.RoundList(t.Context(), 2, cursor)
		require.NoError(t, err)
		for _, r := range page.Items {
			codes = append(codes, r.Code)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"r-4", "r-3", "r-2", "r-1", "r-0"}, codes)
	next, err := h.db.NextCall(t.Context(), "HZ", monday)
	require.NoError(t, err)
	require.True(t, next.Equal(monday.AddDate(0, 1, 0)))
	next, err = h.db.NextCall(t.Context(), "HZ", monday.AddDate(1, 0, 0))
	require.NoError(t, err)
	require.Nil(t, next)
}

func TestRound_NobodyAppliesAfterTheCall(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	h.applies("r-1")
	team := h.Teams[5]
	require.NoError(t, h.db.PutDraft(t.Context(), team.ID, station.Draft{Programme: "r-1", Form: []byte(`{"seeks": 1}`), UpdatedAt: monday}))
	r.begins(station.StageScreening)
	_, err := storetest.Take(t, h.db, station.Pitch, "r-1", team, storetest.PitchForm(9, storetest.Document(t, h.db, team, "deck")), monday)
	refusedAs(t, err, station.Conflict, "programme_closed")
	drafts, err := h.db.Drafts(t.Context(), team.ID, "")
	require.NoError(t, err)
	require.Empty(t, drafts, "kept until the call closes")
}

func TestRound_OfManyWhoApplyAsTheCallClosesEachIsInOrRefused(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	var wg sync.WaitGroup
	in := make([]string, 20)
	for i, team := range h.Teams {
		form := storetest.PitchForm(i, storetest.Document(t, h.db, team, "deck"))
		wg.Go(func() {
			c, err := storetest.Take(t, h.db, station.Pitch, "r-1", team, form, monday)
			if err == nil {
				in[i] = c.ID
			} else {
				assert.Equal(t, station.Conflict, station.CodeOf(err))
			}
		})
	}
	w := r.begins(station.StageScreening)
	wg.Wait()
	var told []string
	for _, id := range in {
		if id != "" {
			told = append(told, id)
		}
	}
	require.ElementsMatch(t, told, woken(w))
}

func TestRound_ADraftIsKeptUntilItIsHandedIn(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	team := h.Teams[0]
	for _, form := range []string{`{"seeks": 1}`, `{"seeks": 2}`} {
		require.NoError(t, h.db.PutDraft(t.Context(), team.ID, station.Draft{Programme: "r-1", Form: []byte(form), UpdatedAt: monday}))
	}
	drafts, err := h.db.Drafts(t.Context(), team.ID, "r-1")
	require.NoError(t, err)
	require.Len(t, drafts, 1)
	require.JSONEq(t, `{"seeks": 2}`, string(drafts[0].Form))
	require.NoError(t, h.db.DropDraft(t.Context(), h.Teams[1].ID, "r-1"))
	h.applies("r-1")
	drafts, err = h.db.Drafts(t.Context(), team.ID, "")
	require.NoError(t, err)
	require.Empty(t, drafts)
	err = h.db.PutDraft(t.Context(), team.ID, station.Draft{Programme: "no such", Form: []byte(`{}`), UpdatedAt: monday})
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestRound_WhatIsSentTwiceIsSaidOnce(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	m, other := h.applies("r-1"), h.applies("r-1")
	for _, phase := range []station.Stage{station.StageScreening, station.StageSeats, station.StagePitches, station.StageDeliberation, station.StageClosing} {
		ch := r.change(station.Change{Event: station.EventPhase, Standing: station.Standing{Stage: phase}, Round: &station.RoundMove{Phase: phase}})
		first, err := h.db.Record(t.Context(), ch)
		require.NoError(t, err)
		again, err := h.db.Record(t.Context(), ch)
		require.NoError(t, err)
		require.Equal(t, first, again)
		if phase == station.StageSeats {
			m.confirms()
		}
		if phase == station.StagePitches {
			m.records(station.Change{Pitch: &station.PitchMove{Attended: new(true)}})
		}
	}
	want := []string{"screen ", "invite 1", "present 1", "deliberate ", "gather "}
	require.Equal(t, want, m.heard())
	require.Equal(t, []string{"screen ", "waitlist 2", "unplace ", "gather "}, other.heard())

	// an operator resets the round to its beginning
	r.run = "run-2"
	for _, phase := range station.Phases[:6] {
		require.Empty(t, woken(r.begins(phase)))
	}
	require.Equal(t, want, m.heard())
	v, err := h.db.RoundByCode(t.Context(), "r-1")
	require.NoError(t, err)
	require.Equal(t, station.StageClosing, v.Phase)
}

func TestRound_WhoPitchedDeliberatesHoweverLateItIsNoted(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 3)
	noted, later, absent := h.applies("r-1"), h.applies("r-1"), h.applies("r-1")
	r.begins(station.StageSeats)
	for _, m := range []*matter{noted, later, absent} {
		m.confirms()
	}
	r.begins(station.StagePitches)
	noted.records(station.Change{Pitch: &station.PitchMove{Attended: new(true)}})
	require.Equal(t, []string{noted.ID}, woken(r.begins(station.StageDeliberation)))
	require.Equal(t, []string{later.ID}, woken(later.records(station.Change{Pitch: &station.PitchMove{Attended: new(true)}})))
	require.Empty(t, woken(absent.records(station.Change{Pitch: &station.PitchMove{Attended: new(false)}})))
	require.Empty(t, woken(later.records(station.Change{Pitch: &station.PitchMove{Attended: new(true)}})))
}

func TestRound_HearsOfItsLastProjectOnce(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 3)
	a, b := h.applies("r-1"), h.applies("r-1")
	require.Empty(t, woken(h.applies("r-1").ends(station.Withdrawn)), "the call is open")
	require.Equal(t, 2, r.begins(station.StageClosing).Round.Open)
	require.Empty(t, woken(a.ends(station.Unfunded)))
	require.Equal(t, []string{r.ID}, woken(b.ends(station.Completed)))
	require.Equal(t, []string{"over "}, r.heard())
	r.records(station.Change{Round: &station.RoundMove{Phase: station.StageEnded}})
	r.ends(station.Completed)
	require.Empty(t, r.heard())
}

func TestRound_ThatIsCalledOffEndsForAll(t *testing.T) {
	for name, off := range map[string]func(*matter) station.Written{
		"by an officer": func(r *matter) station.Written {
			return r.records(station.Change{Event: station.EventCancelled, Round: &station.RoundMove{Cancel: true}})
		},
		"stopped half-way": func(r *matter) station.Written { return r.ends(station.Failed) },
	} {
		h := newHub(t)
		r := h.opensRound("r-1", 1)
		a, gone := h.applies("r-1"), h.applies("r-1")
		gone.ends(station.Withdrawn)
		r.at = monday.AddDate(0, 0, 2)
		w := off(r)
		require.Equal(t, []string{a.ID}, woken(w), name)
		require.Equal(t, []string{"cancel "}, a.heard())
		_, err := storetest.Take(t, h.db, station.Pitch, "r-1", h.Teams[9], storetest.PitchForm(9, storetest.Document(t, h.db, h.Teams[9], "deck")), r.at)
		refusedAs(t, err, station.Conflict, "programme_closed")
		p, err := h.db.Programme(t.Context(), "r-1")
		require.NoError(t, err)
		require.True(t, p.ClosesAt.Equal(r.at))
	}
}

func TestRound_ATimetableThatMovesMovesWhatIsDue(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	m := h.applies("r-1")
	until := func(days int) station.Wait {
		at := monday.AddDate(0, 0, days)
		return station.Wait{Until: &at}
	}
	opens := func(stage station.Stage, id string, kind station.TaskKind, role station.Role, w station.Wait, untimed bool) {
		m.records(station.Change{Standing: station.Standing{Stage: stage}, Open: []station.TaskSpec{{ID: id, Kind: kind, Role: role, Wait: w, Untimed: untimed}}})
	}
	opens(station.StageCall, station.DeclarationTask(m.ID), station.TaskDeclaration, station.RoleAngel, until(36), true)
	require.Nil(t, h.due(m), "nobody has to declare by then")
	opens(station.StageScreening, m.task("screener", 1), station.TaskReview, station.RoleOfficer, until(21), true)
	require.True(t, h.due(m).Equal(monday.AddDate(0, 0, 21)))
	opens(station.StagePitches, m.task(station.StagePitches, 1), station.TaskScore, station.RoleAngel, until(29), true)
	opens(station.StageDeliberation, m.task(station.StageDeliberation, 1), station.TaskCommitment, station.RoleAngel, until(36), true)
	opens(station.StageRefill, m.task(station.StageRefill, 1), station.TaskCommitment, station.RoleAngel, until(50), false)

	times := storetest.RoundForm("r-1", monday.AddDate(0, 0, 1)).Times
	r.records(station.Change{Event: station.EventRescheduled, Round: &station.RoundMove{Times: &times}})
	for id, days := range map[string]int{
		station.DeclarationTask(m.ID): 37, m.task("screener", 1): 22, m.task(station.StagePitches, 1): 30,
		m.task(station.StageDeliberation, 1): 37, m.task(station.StageRefill, 1): 50,
	} {
		require.True(t, h.taskNow(id).Due.Equal(monday.AddDate(0, 0, days)), id)
	}
	require.True(t, h.due(m).Equal(monday.AddDate(0, 0, 22)))
	p, err := h.db.Programme(t.Context(), "r-1")
	require.NoError(t, err)
	require.True(t, p.ClosesAt.Equal(times.CallCloses))
	v, err := h.db.RoundByCode(t.Context(), "r-1")
	require.NoError(t, err)
	require.True(t, v.Times.PitchesAt.Equal(times.PitchesAt))
	require.True(t, v.Terms.Round.Times.PitchesAt.Equal(times.PitchesAt))
	r.begins(station.StageScreening)
	var at time.Time
	h.reads(`SELECT (body->>'at')::timestamptz FROM acts WHERE kind = 'move'`, nil, &at)
	require.True(t, at.Equal(times.ScreeningCloses))
}

func (h *hub) due(m *matter) *time.Time {
	h.t.Helper()
	c, err := h.db.CaseByID(h.t.Context(), m.ID)
	require.NoError(h.t, err)
	return c.Due
}

func TestRound_ItsReportSaysEverythingOfAProjectButNotToWhoIsInConflict(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 2)
	a, b := h.applies("r-1"), h.applies("r-1")
	a.records(station.Change{Standing: station.Standing{Stage: station.StageCall}})
	a.at = monday.AddDate(0, 0, 7)
	h.scored(a, station.StageScreening, 4, 3)
	h.scored(b, station.StageScreening, 3, 3)
	r.begins(station.StageSeats)
	a.at = monday.AddDate(0, 0, 21)
	a.confirms()
	r.begins(station.StagePitches)
	a.at = monday.AddDate(0, 0, 28)
	h.scored(a, station.StagePitches, 90, 70.5, 20)
	a.at = monday.AddDate(0, 0, 30) // after the scores closed
	h.scores(a, station.StagePitches, h.Angels[3], 80)
	for _, x := range h.Angels[:2] {
		a.declares(x, station.ConflictNone)
	}
	a.declares(h.Angels[2], station.ConflictCompetitor)
	a.records(station.Change{Pitch: &station.PitchMove{Attended: new(true)}})
	task := station.TaskSpec{ID: a.task(station.StageDeliberation, 1), Kind: station.TaskCommitment, Role: station.RoleAngel, Wait: station.Wait{Days: 5}}
	a.records(station.Change{Standing: station.Standing{Stage: station.StageDeliberation}, Open: []station.TaskSpec{task}})
	for i, v := range []station.Verdict{station.Lead, station.Follow, station.Lead, station.Pass} {
		fen := int64(10 * (i + 1))
		if v == station.Pass {
			fen = 0
		}
		act := a.does(h.Angels[i], station.Decide, task.ID, station.Body{Verdict: v, Fen: fen})
		a.records(station.Change{Standing: station.Standing{Stage: station.StageDeliberation}, Ballot: &station.Ballot{Task: task.ID, Act: act.ID, Account: h.Angels[i].ID, Verdict: v, Fen: fen}})
	}
	a.at = monday.AddDate(0, 0, 36)
	a.ends(station.Unfunded)

	list, err := h.db.Projects(t.Context(), "r-1", "")
	require.NoError(t, err)
	require.Len(t, list, 2)
	p := list[0]
	require.Equal(t, station.Project{
		Case: a.ID, Number: a.Number, Name: "触感机器人 1", Status: station.Unfunded, Stage: station.StageEnded, Seat: station.SeatConfirmed,
		Place: 1, Running: 1, Attended: true,
		Screening: station.Spread{Count: 2, Mean: 3.5, Least: 3, Most: 4, PerReviewer: []float64{3, 4}},
		Scores:    station.Spread{Count: 3, Mean: (90 + 70.5 + 80) / 3, Least: 70.5, Most: 90, PerReviewer: []float64{70.5, 80, 90}},
		Late:      1, Declared: 2, Conflicts: 1, Leads: 1, Follows: 1, Passes: 1, Committed: 30,
		Stages: p.Stages, OpenedAt: p.OpenedAt,
	}, p)
	require.Equal(t, b.ID, list[1].Case)
	days := map[station.Stage]float64{}
	for _, s := range p.Stages {
		days[s.Stage] = s.Days
	}
	require.InDelta(t, 14, days[station.StageScreening], 0.01)
	list, err = h.db.Projects(t.Context(), "r-1", h.Angels[2].ID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, b.ID, list[0].Case)
	reviews, err := h.db.Reviews(t.Context(), a.ID)
	require.NoError(t, err)
	for _, v := range reviews {
		require.NotEqual(t, h.Angels[2].ID, v.Reviewer)
	}
}

func TestRound_IsWatched(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	h.opensRound("r-2", 1)
	ctx, stop := contextOf(t, 10*time.Second)
	defer stop()
	news, err := h.db.WatchRound(ctx, "r-1")
	require.NoError(t, err)
	_, err = h.db.WatchRound(ctx, "no such")
	require.Equal(t, station.NotFound, station.CodeOf(err))
	<-news
	time.Sleep(300 * time.Millisecond) // the listener has connected
	for len(news) > 0 {
		<-news
	}
	m := h.applies("r-1")
	for _, happens := range []func(){
		func() {},
		func() { m.declares(h.Angels[0], station.ConflictNone) },
		func() { r.begins(station.StageScreening) },
	} {
		happens()
		select {
		case <-news:
		case <-ctx.Done():
			t.Fatal("nothing was heard")
		}
	}
	h.applies("r-2")
	time.Sleep(50 * time.Millisecond)
	require.Empty(t, news, "of another round")
}
