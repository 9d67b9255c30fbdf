package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/store/storetest"
	"wutong/workflows/step"
)

// follows runs the case by a procedure of the test's own and returns the
// workflow's error.
func (s *scenario) follows(p step.Procedure) error {
	return s.runs(func(ctx workflow.Context, in station.CaseStart) error { return step.Run(ctx, in, p) }, station.CaseStart{Case: s.id})
}

func (s *scenario) runs(process func(workflow.Context, station.CaseStart) error, in station.CaseStart) error {
	s.t.Helper()
	s.env.RegisterWorkflowWithOptions(process, workflow.RegisterOptions{Name: "errand"})
	s.env.SetStartWorkflowOptions(startOptions(s.id))
	s.env.ExecuteWorkflow("errand", in)
	require.True(s.t, s.env.IsWorkflowCompleted())
	return s.env.GetWorkflowError()
}

// check is a question to the officers.
func check() step.Question {
	return step.Question{
		Stage: station.StageCheck, Event: station.EventAssigned,
		Task:   station.TaskSpec{Kind: station.TaskCheck, Role: station.RoleOfficer, Wait: station.Wait{Days: 5, Reminders: []int{3}}},
		Events: map[station.Verdict]station.EventKind{station.Accept: station.EventChecked, station.Decline: station.EventChecked},
	}
}

// booking reserves three things, one after the other, and asks an officer.
func booking(undone *[]string) step.Procedure {
	return func(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
		for _, what := range []string{"seat", "room", "fund"} {
			c.Undo(what, func(ctx workflow.Context) error {
				if err := workflow.Sleep(ctx, time.Minute); err != nil { // as a cancelled context would say at once
					return err
				}
				*undone = append(*undone, what)
				if what == "room" {
					return errors.New("the room is let")
				}
				return nil
			})
		}
		d, err := step.Decide(ctx, c, check())
		if err != nil {
			return step.Outcome{}, err
		}
		if d.Verdict == station.Accept {
			return step.Outcome{Status: station.Accepted, Event: station.EventAccepted}, nil
		}
		return step.Outcome{Status: station.Declined, Reason: station.ReasonByOfficer}, nil
	}
}

func TestUndo_TakesBackTheNewestFirst(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*scenario)
		status  station.Status
		undone  []string
	}{
		"accepted, nothing is": {func(s *scenario) { s.officerAccepts() }, station.Accepted, nil},
		"declined":             {func(s *scenario) { s.officerDeclines() }, station.Declined, []string{"fund", "room", "seat"}},
		"not decided":          {func(*scenario) {}, station.Declined, []string{"fund", "room", "seat"}},
		"withdrawn":            {func(s *scenario) { s.referrerWithdraws() }, station.Withdrawn, []string{"fund", "room", "seat"}},
		"cancelled by an operator": {
			func(s *scenario) { s.then(s.env.CancelWorkflow) }, station.Failed, []string{"fund", "room", "seat"},
		},
		"cancelled in the middle of undoing": {
			func(s *scenario) {
				s.referrerWithdraws()
				s.env.RegisterDelayedCallback(s.env.CancelWorkflow, s.at+90*time.Second)
			}, station.Withdrawn, []string{"fund", "room", "seat"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := refer(t)
			c.happens(s)
			var undone []string
			require.NoError(t, s.follows(booking(&undone)))
			assert.Equal(t, c.undone, undone)
			got, err := s.db.CaseByID(t.Context(), s.id)
			require.NoError(t, err)
			assert.Equal(t, c.status, got.Status)
			assert.True(t, got.Ended())
			var told []string
			require.NoError(t, s.db.SelectContext(t.Context(), &told,
				`SELECT details->>'what' FROM events WHERE case_id = $1 AND kind = 'undone' ORDER BY seq`, s.id))
			assert.Equal(t, c.undone, told)
			assert.Equal(t, len(c.undone)/3, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'undone' AND details->>'done' = 'false'`, s.id))
		})
	}
}

func TestUndo_FollowsAProcedureThatFails(t *testing.T) {
	s := refer(t)
	var undone []string
	err := s.follows(func(_ workflow.Context, c *step.Case) (step.Outcome, error) {
		for _, what := range []string{"seat", "room"} {
			c.Undo(what, func(workflow.Context) error { undone = append(undone, what); return nil })
		}
		return step.Outcome{}, temporal.NewNonRetryableApplicationError("a defect", "Defect", nil)
	})
	require.ErrorContains(t, err, "a defect")
	assert.Equal(t, []string{"room", "seat"}, undone)
	c, err := s.db.CaseByID(t.Context(), s.id)
	require.NoError(t, err)
	assert.Equal(t, station.Failed, c.Status)
}

// times are when a case's events of a kind happened.
func (s *scenario) times(kind station.EventKind, task string) (list []time.Time) {
	s.t.Helper()
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT at FROM events WHERE case_id = $1 AND kind = $2 AND task = $3 ORDER BY seq`, s.id, kind, task))
	return list
}

func TestAwait_RemindsAndEscalatesBeforeItGivesUp(t *testing.T) {
	s := refer(t)
	q := check()
	q.Task.Wait.Escalate = station.RoleDirector
	require.NoError(t, s.follows(func(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
		d, err := step.Decide(ctx, c, q)
		assert.False(t, d.Made())
		return step.Outcome{Status: station.Declined, Reason: station.ReasonNotDecided}, err
	}))
	assert.Equal(t, []station.EventKind{
		station.EventAssigned, station.EventReminded, station.EventEscalated, station.EventReminded,
		station.EventUnanswered, station.EventClosed,
	}, s.events())
	// opened on Monday: reminded on Thursday morning, escalated at the end of the
	// next Monday, and the same again for the director
	task := s.id + ".check.1"
	day := func(list []time.Time) (days []string) {
		for _, at := range list {
			days = append(days, at.In(time.FixedZone("CST", 8*60*60)).Format("Mon 2 Jan 15"))
		}
		return days
	}
	assert.Equal(t, []string{"Thu 5 Mar 09", "Thu 12 Mar 09"}, day(s.times(station.EventReminded, task)))
	assert.Equal(t, []string{"Mon 9 Mar 23"}, day(s.times(station.EventEscalated, task)))
	assert.Equal(t, []string{"Mon 16 Mar 23"}, day(s.times(station.EventUnanswered, task)))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE id = $1 AND role = 'director' AND status = 'expired'`, task))
}

func TestAwait_StopsTheClockWhileAnInquiryIsOpen(t *testing.T) {
	s := refer(t).talentConsents().officerAsks(station.Talent)
	s.ends(station.Declined, station.ReasonNotDecided)
	task := s.id + ".check.1"
	var asked, over time.Time
	require.NoError(t, s.db.GetContext(t.Context(), &asked, `SELECT at FROM events WHERE case_id = $1 AND kind = 'inquired'`, s.id))
	require.NoError(t, s.db.GetContext(t.Context(), &over, `SELECT at FROM events WHERE case_id = $1 AND kind = 'unanswered' AND task = $2`, s.id, s.id+".inquiry.1"))
	assert.Greater(t, over.Sub(asked), 10*24*time.Hour)
	for _, at := range append(s.times(station.EventReminded, task), s.times(station.EventEscalated, task)...) {
		assert.True(t, at.After(over), "the clock of the check ran while its question was open: %s", at)
	}
	assert.Len(t, s.times(station.EventReminded, task), 2)
	assert.Len(t, s.times(station.EventEscalated, task), 1)
	assert.Greater(t, s.times(station.EventEscalated, task)[0].Sub(over), 4*24*time.Hour, "what was left of the five days runs on")
}

func TestAwait_LetsATaskBeTakenReleasedAndHandedOver(t *testing.T) {
	s := refer(t).talentConsents()
	assigns := func(who station.Account, v station.Verdict, to string) {
		s.then(func() {
			_, err := s.svc.Assign(t.Context(), storetest.As(t, s.db, who), s.id+".check.1", "", v, to)
			require.NoError(t, err)
		})
	}
	assigns(s.people.Officer, station.Take, "")
	assigns(s.people.Officer, station.Release, "")
	assigns(s.people.Director, station.HandOver, s.people.Officer2.ID)
	s.decides(func() station.Account { return s.people.Officer2 }, station.TaskCheck, station.Body{Verdict: station.Accept})
	s.reviewersScore(80, 80, 80).ends(station.Accepted, "")
	assert.Equal(t, 3, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'handed_over'`, s.id))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE id = $1 AND assignee = $2`, s.id+".check.1", s.people.Officer2.ID))
	assert.Equal(t, []string{"task"}, s.mails(s.people.Officer2.ID), "who was handed a task is told")
}

func TestAwait_RefusesToHandOverWhatIsNoPools(t *testing.T) {
	s := refer(t)
	var a station.Act
	s.then(func() {
		a = s.keep(station.Act{Task: s.id + ".consent.1", Kind: station.Assign, Actor: s.people.Officer.ID, Body: station.Body{Verdict: station.Take}})
		s.signal(a)
	})
	s.talentDeclines().ends(station.Refused, station.ReasonConsentRefused)
	assert.Equal(t, station.ReasonNotExpected, s.act(a.ID).Reason)
}

// carried is what a run that continues as new hands to the next one.
func carried(t *testing.T, err error) station.CaseStart {
	t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &again)
	var in station.CaseStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in))
	require.NotNil(t, in.Carried)
	return in
}

// suggestsANewRun has Temporal find the history long enough.
func (s *scenario) suggestsANewRun() *scenario {
	return s.then(func() { s.env.SetContinueAsNewSuggested(true) })
}

// continues is the next run of the case, from where the last one stood.
func (s *scenario) continues() *scenario {
	s.began = s.env.Now()
	id := s.id
	s.open(func(f *station.ReferralForm) { f.Name, f.Email = "Somebody Else", "else@example.com" })
	s.id = id
	return s
}

func TestRenew_SettlesAnActOnceOverTwoRuns(t *testing.T) {
	s := refer(t).suggestsANewRun().talentConsents()
	s.env.SetStartWorkflowOptions(startOptions(s.id))
	s.env.ExecuteWorkflow(string(station.Referral), station.CaseStart{Case: s.id})
	in := carried(t, s.env.GetWorkflowError())
	consent := s.acts(station.Decide)[0]
	assert.Equal(t, station.Recorded, consent.Status)
	assert.Contains(t, in.Carried.Settled, consent.ID)
	assert.Len(t, in.Carried.Tasks, 1)

	// the officer decides between the runs: the act is kept, its signal comes twice
	s.continues()
	decision := s.keep(station.Act{Task: s.id + ".check.1", Kind: station.Decide, Actor: s.people.Officer.ID, Body: station.Body{Verdict: station.Accept}})
	in.Carried.Signals = append(in.Carried.Signals, station.Signal{Act: decision.ID, Kind: decision.Kind, Task: decision.Task})
	s.then(func() { s.signal(consent); s.signal(decision) }).reviewersScore(80, 80, 80)
	s.env.SetStartWorkflowOptions(startOptions(s.id))
	s.env.ExecuteWorkflow(string(station.Referral), in)
	require.NoError(t, s.env.GetWorkflowError())
	assert.Equal(t, []station.EventKind{
		station.EventAsked, station.EventConsented, station.EventAssigned, station.EventChecked, station.EventAssigned,
		station.EventReviewed, station.EventReviewed, station.EventReviewed, station.EventAccepted,
	}, s.events())
	assert.Zero(t, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status <> 'recorded'`, s.id))
}

// abreast has two tasks of the officers wait side by side.
func abreast(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	one, two := check(), check()
	two.Stage, two.Task.Kind = station.StageDuplicates, station.TaskDuplicate
	two.Events = map[station.Verdict]station.EventKind{station.KeepApart: station.EventKeptApart}
	tasks := make([]workflow.Future, 0, 2)
	for _, q := range []step.Question{one, two} {
		f, done := workflow.NewFuture(ctx)
		tasks = append(tasks, f)
		workflow.Go(ctx, func(ctx workflow.Context) {
			d, err := step.Decide(ctx, c, q)
			done.Set(d, err)
		})
	}
	var errs []error
	for _, f := range tasks {
		errs = append(errs, f.Get(ctx, nil))
	}
	return step.Outcome{Status: station.Accepted, Event: station.EventAccepted}, errors.Join(errs...)
}

func TestRenew_LeavesWhatComesMeanwhileToTheNextRun(t *testing.T) {
	s := refer(t).suggestsANewRun()
	decides := func(kind station.TaskKind, v station.Verdict) {
		tasks := s.openTasks(kind)
		require.Len(t, tasks, 1)
		_, err := s.svc.Decide(t.Context(), storetest.As(t, s.db, s.people.Officer), tasks[0].ID, "", station.Body{Verdict: v})
		require.NoError(t, err)
	}
	// both tasks remind at the same hour: the first to have done so starts to
	// continue as new, while the second still writes
	s.whileRecording(station.EventReminded, 2, 0, func() { decides(station.TaskCheck, station.Accept) })
	in := carried(t, s.follows(abreast))
	assert.Len(t, in.Carried.Signals, 1)
	assert.Len(t, in.Carried.Tasks, 2)

	s.continues().then(func() { decides(station.TaskDuplicate, station.KeepApart) })
	require.NoError(t, s.runs(func(ctx workflow.Context, in station.CaseStart) error { return step.Run(ctx, in, abreast) }, in))
	assert.Equal(t, []station.EventKind{station.EventChecked, station.EventKeptApart, station.EventAccepted}, last(3, s.events()))
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'recorded'`, s.id))
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'reminded'`, s.id), "nobody is reminded twice")
}

func TestRenew_ForgetsNobodyWhoWasAskedToReview(t *testing.T) {
	panel := func(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
		found, err := step.Review(ctx, c, step.Reviewing{
			Stage: station.StageReview, Panel: station.DefaultReferralTerms().Review, Appoint: station.Wait{Days: 5},
		})
		if err == nil {
			assert.Len(t, found.Reviewers, 5)
			assert.NotContains(t, found.Reviewers, "")
		}
		return step.Outcome{Status: station.Accepted, Event: station.EventAccepted}, err
	}
	recuses := station.Body{Verdict: station.Recuse}
	s := refer(t).reviewer(recuses).suggestsANewRun()
	in := carried(t, s.follows(panel))
	s.continues().reviewer(recuses).reviewersScore(80, 80, 80)
	require.NoError(t, s.runs(func(ctx workflow.Context, in station.CaseStart) error { return step.Run(ctx, in, panel) }, in))
	assert.Equal(t, 5, s.count(`SELECT count(DISTINCT assignee) FROM tasks WHERE case_id = $1 AND kind = 'review'`, s.id), "nobody is asked twice")
}
