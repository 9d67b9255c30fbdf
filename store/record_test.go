package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestRecord_SentTwiceIsWrittenOnceAndAnswersTheSame(t *testing.T) {
	m := newHouse(t).opens()
	ch := m.change(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})

	first, err := m.db.Record(t.Context(), ch)
	require.NoError(t, err)
	again, err := m.db.Record(t.Context(), ch)
	require.NoError(t, err)

	require.Equal(t, marshal(t, first), marshal(t, again))
	require.Len(t, first[0].Tasks, 1)
	require.Equal(t, "2026-03-16T23:59:59+08:00", first[0].Tasks[0].Deadline.Due.Format(time.RFC3339))
	require.Equal(t, []station.EventKind{station.EventAsked}, m.history())
	var tasks, notices, links int
	m.reads(`SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM notices), (SELECT count(*) FROM links)`, nil, &tasks, &notices, &links)
	require.Equal(t, []int{1, 1, 1}, []int{tasks, notices, links})
}

func TestRecord_ACaseThatIsNotThereIsNotFound(t *testing.T) {
	h := newHouse(t)
	_, err := h.db.Record(t.Context(), station.Change{Case: station.NewID(), Run: "run-1", Sequence: 1, At: monday})
	require.Equal(t, station.NotFound, station.CodeOf(err))
}

func TestRecord_ARunThatWasFollowedByAnotherIsRefused(t *testing.T) {
	m := newHouse(t).opens()
	early := m.change(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{officerChecks(m, 1)}})
	before, err := m.db.Record(t.Context(), early)
	require.NoError(t, err)
	late := m.change(station.Change{Event: station.EventChecked})
	m.run, m.seq = "run-2", 0
	m.records(station.Change{Event: station.EventConsented})

	_, err = m.db.Record(t.Context(), late)
	refusedAs(t, err, station.Conflict, "stale_run")
	again, err := m.db.Record(t.Context(), early)
	require.NoError(t, err, "what the earlier run wrote is answered still")
	require.Equal(t, marshal(t, before), marshal(t, again))
	require.NotContains(t, m.history(), station.EventChecked)
}

func TestRecord_ARunThatContinuesTheOneBeforeTakesOverAsItIs(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{officerChecks(m, 1)}})
	m.run, m.seq = "run-2", 7
	m.records(station.Change{Event: station.EventReminded, After: "run-1"}) // its standing names no task: it need not

	require.Equal(t, []station.EventKind{station.EventAsked, station.EventReminded}, m.history())
	require.Equal(t, station.TaskOpen, m.taskNow(m.task(station.StageCheck, 1)).Status)
	_, err := m.db.Record(t.Context(), station.Change{Case: m.ID, Run: "run-1", Sequence: 9, At: m.at})
	refusedAs(t, err, station.Conflict, "stale_run")
}

func TestRecord_OfATaskThatIsClosedTwiceTheFirstWordCounts(t *testing.T) {
	m := newHouse(t).opens()
	m.db.SetMaxOpenConns(1)
	_, err := m.db.ExecContext(t.Context(), `SET enable_nestloop = off; SET enable_mergejoin = off`) // PostgreSQL then takes the last
	require.NoError(t, err)
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{officerChecks(m, 1)}})
	task := m.task(station.StageCheck, 1)
	m.records(station.Change{Event: station.EventChecked, Close: []station.TaskEnd{
		{Task: task, Status: station.TaskDone}, {Task: task, Status: station.TaskCancelled},
	}})
	require.Equal(t, station.TaskDone, m.taskNow(task).Status)
}

// accepted plays a referral to its acceptance; the check is task 1, the reviews
// follow.
func (h *house) accepted() *matter {
	h.t.Helper()
	m := h.opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})
	m.records(station.Change{
		Event: station.EventConsented, Close: []station.TaskEnd{{Task: m.task(station.StageConsent, 1), Status: station.TaskDone}},
		Open: []station.TaskSpec{officerChecks(m, 1)},
	})
	review := station.Standing{Stage: station.StageReview}
	w := m.records(station.Change{
		Event: station.EventChecked, Close: []station.TaskEnd{{Task: m.task(station.StageCheck, 1), Status: station.TaskDone}},
		Standing: review, Panel: &station.PanelSpec{Count: 2, First: 1, Wait: station.Wait{Days: 5}},
	})
	require.Len(h.t, w.Tasks, 2)
	for _, task := range w.Tasks {
		a := m.does(station.Account{ID: task.Assignee}, station.Decide, task.ID, station.Body{Verdict: station.Score})
		m.records(station.Change{
			Event: station.EventReviewed, Actor: task.Assignee, Act: a.ID, Task: task.ID, Standing: review,
			Settle:  []station.Settlement{{Act: a.ID, Status: station.Recorded}},
			Close:   []station.TaskEnd{{Task: task.ID, Status: station.TaskDone}},
			Reviews: []station.Review{{Task: task.ID, Act: a.ID, Reviewer: task.Assignee, Verdict: station.Score, Total: 85}},
		})
	}
	m.records(station.Change{
		Event: station.EventAccepted, Standing: station.Standing{Stage: station.StageEnded, Status: station.Accepted},
		End: &station.Ending{Enter: &station.ReserveEntry{Grade: "B", Score: 85}},
	})
	return m
}

func TestRecord_AnAcceptedTalentEntersTheReserveAndTheReferrerIsCredited(t *testing.T) {
	m := newHouse(t).accepted()
	p, err := m.db.TalentList(t.Context(), station.TalentQuery{Viewer: station.Visibility{All: true}})
	require.NoError(t, err)
	require.Len(t, p.Items, 1)
	e := p.Items[0]
	require.Equal(t, []any{"季逸超", "zju", "HZ", "B", 85.0, m.ID, []string{m.Referrer.ID}},
		[]any{e.Name, e.Institution, e.Branch, e.Grade, e.Score, e.Case, e.Referrers})
	c, err := m.db.CaseByID(t.Context(), m.ID)
	require.NoError(t, err)
	require.True(t, c.Ended())
	require.Nil(t, c.Due)
}

func TestRecord_AnOperatorsResetPutsTheRowsBackToWhereTheNewRunStands(t *testing.T) {
	m := newHouse(t).accepted()
	before := m.history()
	// reset to the point at which the officer checks
	m.run, m.seq = "run-2", 1
	m.records(station.Change{
		Event: station.EventReminded, Task: m.task(station.StageCheck, 1),
		Standing: station.Standing{Stage: station.StageCheck, Tasks: []string{m.task(station.StageCheck, 1)}},
	})

	require.Equal(t, append(before, station.EventResumed, station.EventReminded), m.history())
	require.Equal(t, station.TaskOpen, m.taskNow(m.task(station.StageCheck, 1)).Status)
	require.Equal(t, station.TaskDone, m.taskNow(m.task(station.StageConsent, 1)).Status)
	var reviews, talents, credits, open int
	m.reads(`SELECT (SELECT count(*) FROM reviews), (SELECT count(*) FROM talents), (SELECT count(*) FROM credits),
		(SELECT count(*) FROM tasks WHERE status = 'open')`, nil, &reviews, &talents, &credits, &open)
	require.Equal(t, []int{0, 0, 0, 1}, []int{reviews, talents, credits, open})
	c, err := m.db.CaseByID(t.Context(), m.ID)
	require.NoError(t, err)
	require.False(t, c.Ended())
	require.Equal(t, station.StageCheck, c.Stage)
	require.NotNil(t, c.Due)
	require.Empty(t, m.audit())

	// it goes the same way again: the same tasks open again, nobody is mailed twice
	var mails int
	m.reads(`SELECT count(*) FROM notices`, nil, &mails)
	w := m.records(station.Change{
		Event: station.EventChecked, Close: []station.TaskEnd{{Task: m.task(station.StageCheck, 1), Status: station.TaskDone}},
		Standing: station.Standing{Stage: station.StageReview}, Panel: &station.PanelSpec{Count: 2, First: 1, Wait: station.Wait{Days: 5}},
	})
	require.Len(t, w.Tasks, 2)
	for _, task := range w.Tasks {
		require.Equal(t, station.TaskOpen, m.taskNow(task.ID).Status)
	}
	var now int
	m.reads(`SELECT count(*) FROM notices`, nil, &now)
	require.Equal(t, mails, now)
}

func TestRecord_AResetKeepsTheReviewsThatStillCount(t *testing.T) {
	m := newHouse(t).accepted()
	first := m.task(station.StageReview, 1)
	m.run, m.seq = "run-2", 1
	m.records(station.Change{
		Event:    station.EventResumed,
		Standing: station.Standing{Stage: station.StageReview, Tasks: []string{m.task(station.StageReview, 2)}, Reviewed: []string{first}},
	})
	reviews, err := m.db.Reviews(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, reviews, 1)
	require.Equal(t, first, reviews[0].Task)
	require.InDelta(t, 85, reviews[0].Total, 0)
	last := m.history()
	require.Equal(t, station.EventResumed, last[len(last)-1])
	require.NotEqual(t, station.EventResumed, last[len(last)-2], "said once")
	m.records(station.Change{Event: station.EventResumed, Standing: station.Standing{Stage: station.StageReview, Tasks: []string{m.task(station.StageReview, 2)}, Reviewed: []string{first}}})
	require.Equal(t, last, m.history(), "a forged signal resumes nothing")
}

func TestRecord_AResetTakesTheReviewThatItsFirstChangeBringsOnceMore(t *testing.T) {
	m := newHouse(t).accepted()
	reviews, err := m.db.Reviews(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, reviews, 2)
	// reset to the point at which the first verdict had come, and was not recorded
	first := reviews[0]
	m.run, m.seq = "run-2", 1
	m.records(station.Change{
		Event: station.EventReviewed, Act: first.Act, Task: first.Task, Settle: []station.Settlement{{Act: first.Act, Status: station.Recorded}},
		Standing: station.Standing{Stage: station.StageReview, Tasks: []string{m.task(station.StageReview, 2)}, Reviewed: []string{first.Task}},
		Reviews:  []station.Review{first},
	})
	again, err := m.db.Reviews(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.Equal(t, first.Task, again[0].Task)
}

func TestRecord_AResetSupersedesWhatTheNewRunDoesNotHave(t *testing.T) {
	m := newHouse(t).opens()
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{talentConsents(m)}})
	m.records(station.Change{
		Event: station.EventConsented, Close: []station.TaskEnd{{Task: m.task(station.StageConsent, 1), Status: station.TaskDone}},
		Open: []station.TaskSpec{officerChecks(m, 1)},
	})
	var link string
	m.reads(`SELECT id FROM links`, nil, &link)
	m.run, m.seq = "run-2", 1
	m.records(station.Change{
		Event: station.EventReminded, Standing: station.Standing{Stage: station.StageConsent, Tasks: []string{m.task(station.StageConsent, 1)}},
	})
	require.Equal(t, station.TaskSuperseded, m.taskNow(m.task(station.StageCheck, 1)).Status)
	l, err := m.db.LinkByID(t.Context(), link)
	require.NoError(t, err)
	require.Nil(t, l.UsedAt, "the talent can answer again")
}

func TestRecord_TheFirstSettlementOfAnActHolds(t *testing.T) {
	m := newHouse(t).opens()
	a := m.does(m.Officer, station.Withdraw, "", station.Body{})
	m.records(station.Change{Settle: []station.Settlement{{Act: a.ID, Status: station.ActRefused, Reason: station.ReasonTaskClosed}}})
	m.at = m.at.Add(time.Hour)
	m.records(station.Change{Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}}})
	got, err := m.db.ActByID(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, station.ActRefused, got.Status)
	require.Equal(t, station.ReasonTaskClosed, got.Reason)
	require.Equal(t, monday, got.SettledAt.UTC())
}

func TestRecord_AnActOfAnotherCaseIsNotSettled(t *testing.T) {
	h := newHouse(t)
	m, other := h.opens(), h.opens()
	a := other.does(h.Referrer, station.Withdraw, "", station.Body{})
	m.records(station.Change{Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}}})
	got, err := h.db.ActByID(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, station.Pending, got.Status)
}

func TestRecord_OneReviewerGivesOneVerdictInAStage(t *testing.T) {
	m := newHouse(t).opens()
	w := m.records(station.Change{Standing: station.Standing{Stage: station.StageReview}, Panel: &station.PanelSpec{Count: 1, First: 1, Wait: station.Wait{Days: 5}}})
	task := w.Tasks[0]
	a := m.does(station.Account{ID: task.Assignee}, station.Decide, task.ID, station.Body{})
	review := station.Review{Task: task.ID, Act: a.ID, Reviewer: task.Assignee, Verdict: station.Abstain}
	ch := station.Change{Standing: station.Standing{Stage: station.StageReview}, Reviews: []station.Review{review}}
	m.records(ch)
	_, err := m.db.Record(t.Context(), m.change(ch))
	refusedAs(t, err, station.Conflict, "already_reviewed")
}

func TestRecord_ManyAtOnceDoNotWaitForEachOthersConnections(t *testing.T) {
	h := newHouse(t)
	h.db.SetMaxOpenConns(4)
	var changes []station.Change
	for range 30 {
		m := h.opens()
		changes = append(changes, m.change(station.Change{Open: []station.TaskSpec{officerChecks(m, 1)}}))
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	var wg sync.WaitGroup
	for _, ch := range changes {
		wg.Go(func() {
			_, err := h.db.Record(ctx, ch)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
}

func TestRecord_WaitsForAnActThatIsBeingKeptButNotForARowThatRefersToTheCase(t *testing.T) {
	h := newHouse(t)
	m, other := h.opens(), h.opens()
	for query, waits := range map[string]bool{
		`SELECT FROM cases WHERE id = $1 AND id <> $2 FOR SHARE`:                                                           true, // as InsertAct does
		`INSERT INTO credits (case_id, account, role, of_case) SELECT $1, applicant, 'co_referrer', $2 FROM cases LIMIT 1`: false,
	} {
		tx, err := h.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), query, m.ID, other.ID)
		require.NoError(t, err)
		ch := m.change(station.Change{Event: station.EventReminded})
		if waits {
			ctx, stop := contextOf(t, 300*time.Millisecond)
			_, err = h.db.Record(ctx, ch)
			stop()
			require.Error(t, err, "it waits")
			require.NoError(t, tx.Rollback())
		}
		ctx, stop := contextOf(t, 10*time.Second)
		_, err = h.db.Record(ctx, ch)
		stop()
		require.NoError(t, err)
		_ = tx.Rollback()
	}
}

func TestRecord_WritesWhatComesTogetherWhollyOrNotAtAll(t *testing.T) {
	m := newHouse(t).opens()
	asked := m.change(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{officerChecks(m, 1)}})
	checked := m.change(station.Change{Event: station.EventChecked, Close: []station.TaskEnd{{Task: m.task(station.StageCheck, 1), Status: station.TaskDone}}})
	broken := m.change(station.Change{Event: station.EventReviewed, Act: station.NewID()}) // no such act

	_, err := m.db.Record(t.Context(), asked, checked, broken)
	require.Error(t, err)
	require.Empty(t, m.history())

	first, err := m.db.Record(t.Context(), asked, checked)
	require.NoError(t, err)
	again, err := m.db.Record(t.Context(), asked, checked)
	require.NoError(t, err)
	require.Equal(t, marshal(t, first), marshal(t, again))
	require.Len(t, first[0].Tasks, 1)
	require.Empty(t, first[1].Tasks)
	require.Equal(t, []station.EventKind{station.EventAsked, station.EventChecked}, m.history())
	require.Equal(t, station.TaskDone, m.taskNow(m.task(station.StageCheck, 1)).Status)
}
