package workflows_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"wutong/activities"
	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
	"wutong/worker"
	"wutong/workflows"
)

// scenario tells a referral in the procedure's words. Each step happens an hour
// of the workflow's time after the one before; the time between is skipped. The
// station, its service and its PostgreSQL are the real ones.
type scenario struct {
	t       *testing.T
	env     *testsuite.TestWorkflowEnvironment
	db      *store.DB
	svc     *station.Service
	links   *station.LinkSigner
	people  storetest.People
	kind    station.Kind
	id      string
	at      time.Duration
	began   time.Time
	actions []func()
}

// engine stands in for Temporal's client: the test environment is the server.
type engine struct{ s *scenario }

func (e engine) StartCase(context.Context, station.Case) error { return nil }

func (e engine) SignalCase(_ context.Context, _ string, sig station.Signal) error {
	e.s.env.SignalWorkflow(station.SignalName, sig)
	return nil
}

// refer begins a scenario: somebody refers a talent.
func refer(t *testing.T) *scenario {
	t.Helper()
	db := storetest.New(t)
	s := &scenario{
		t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.Referral, began: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
	s.open()
	return s
}

// open takes a referral in.
func (s *scenario) open(change ...func(*station.ReferralForm)) {
	form := station.ReferralForm{
		Channel: "alumni", Name: "季逸超", Email: "talent@example.com", Institution: "tsinghua", Field: "AI",
		Evidence: []string{"https://example.com/paper"}, Why: "A canary essay about phoenixes.",
	}
	for _, f := range change {
		f(&form)
	}
	s.start(s.people.Referrer, storetest.Programme, form)
}

// start takes an application in, in a new environment.
func (s *scenario) start(who station.Account, programme string, form any) {
	s.t.Helper()
	s.surround()
	raw, err := json.Marshal(form)
	require.NoError(s.t, err)
	c, created, err := s.svc.Start(s.t.Context(), storetest.As(s.t, s.db, who), s.kind, programme, "", raw)
	require.NoError(s.t, err)
	require.True(s.t, created)
	s.id = c.ID
}

// surround gives the scenario a new environment, at the time at which it begins.
func (s *scenario) surround() {
	s.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(slog.New(slog.DiscardHandler))
	s.env, s.at, s.actions = suite.NewTestWorkflowEnvironment(), 0, nil
	s.env.SetStartTime(s.began)
	s.env.SetTestTimeout(time.Minute)
	s.env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&worker.Interceptor{}}})
	workflows.Register(s.env)
	s.env.RegisterActivity(&activities.Records{Store: s.db})
	var err error
	s.links, err = station.NewLinkSigner(make([]byte, 32))
	require.NoError(s.t, err)
	s.svc = station.NewService(station.Options{
		Store: s.db, Engine: engine{s}, Links: s.links, Log: slog.New(slog.DiscardHandler),
		Now: s.env.Now, Patience: time.Millisecond,
	})
}

// overManyRuns does each step in a run of its own: as soon as it is done, the case
// continues as new.
func (s *scenario) overManyRuns(steps []func()) {
	in := station.CaseStart{Case: s.id}
	for i, step := range steps {
		if i > 0 {
			s.began = s.env.Now()
			s.surround()
		}
		step()
		s.env.RegisterDelayedCallback(func() { s.env.SetContinueAsNewSuggested(i < len(steps)-1) }, s.at-time.Minute)
		s.env.SetStartWorkflowOptions(startOptions(s.id))
		s.env.ExecuteWorkflow(string(s.kind), in)
		if i < len(steps)-1 {
			in = carried(s.t, s.env.GetWorkflowError())
		}
	}
	require.NoError(s.t, s.env.GetWorkflowError())
}

// then adds a step.
func (s *scenario) then(step func()) *scenario {
	s.at += time.Hour
	s.env.RegisterDelayedCallback(step, s.at)
	return s
}

// passes lets days go by in which nobody does anything.
func (s *scenario) passes(days int) *scenario {
	s.at += time.Duration(days) * 24 * time.Hour
	return s
}

// ends runs the referral and checks how it ended.
func (s *scenario) ends(want station.Status, why station.Reason) {
	s.t.Helper()
	s.env.SetStartWorkflowOptions(startOptions(s.id))
	s.env.ExecuteWorkflow(string(s.kind), station.CaseStart{Case: s.id})
	require.True(s.t, s.env.IsWorkflowCompleted())
	require.NoError(s.t, s.env.GetWorkflowError())
	c, err := s.db.CaseByID(s.t.Context(), s.id)
	require.NoError(s.t, err)
	require.Equal(s.t, want, c.Status)
	require.Equal(s.t, string(why), c.Reason)
	require.True(s.t, c.Ended())
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND status = 'open'`, s.id), "open tasks are left")
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, s.id), "acts are left unsettled")
	_, _, err = s.db.Audit(s.t.Context(), func(f station.Fault) { s.t.Error(f) })
	require.NoError(s.t, err)
}

func (s *scenario) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	require.NoError(s.t, s.db.GetContext(s.t.Context(), &n, query, args...))
	return n
}

// byLink has the talent use the link of their open task.
func (s *scenario) byLink(kind station.TaskKind, b station.Body) *scenario {
	return s.then(func() {
		var link string
		err := s.db.GetContext(s.t.Context(), &link, `SELECT l.id FROM links l JOIN tasks t ON t.id = l.task WHERE t.case_id = $1 AND t.kind = $2 AND t.status = 'open'`, s.id, kind)
		require.NoError(s.t, err)
		_, err = s.svc.UseLink(s.t.Context(), s.links.Token(link), b)
		require.NoError(s.t, err)
	})
}

func (s *scenario) talentConsents() *scenario {
	return s.byLink(station.TaskConsent, station.Body{Verdict: station.Consent})
}

func (s *scenario) talentDeclines() *scenario {
	return s.byLink(station.TaskConsent, station.Body{Verdict: station.Decline})
}

func (s *scenario) talentAnswers() *scenario {
	return s.byLink(station.TaskInquiry, station.Body{Answer: "Here it is."})
}

func (s *scenario) talentAppeals() *scenario {
	return s.byLink(station.TaskAppeal, station.Body{Reason: "You overlooked my book."})
}

// open tasks of a kind, in the order of their IDs.
func (s *scenario) openTasks(kind station.TaskKind) []station.Task {
	var ids []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &ids, `SELECT id FROM tasks WHERE case_id = $1 AND kind = $2 AND status = 'open' ORDER BY opened_at, id`, s.id, kind))
	var tasks []station.Task
	for _, id := range ids {
		t, err := s.db.TaskByID(s.t.Context(), id)
		require.NoError(s.t, err)
		tasks = append(tasks, t)
	}
	return tasks
}

// decides has an account decide the one open task of a kind.
func (s *scenario) decides(who func() station.Account, kind station.TaskKind, b station.Body) *scenario {
	return s.then(func() {
		tasks := s.openTasks(kind)
		require.Len(s.t, tasks, 1, "open tasks of kind %s", kind)
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, who()), tasks[0].ID, "", b)
		require.NoError(s.t, err)
	})
}

func (s *scenario) officer() station.Account { return s.people.Officer }

func (s *scenario) officerAccepts() *scenario {
	return s.decides(s.officer, station.TaskCheck, station.Body{Verdict: station.Accept})
}

func (s *scenario) officerDeclines() *scenario {
	return s.decides(s.officer, station.TaskCheck, station.Body{Verdict: station.Decline, Reason: "The evidence is of somebody else."})
}

func (s *scenario) officerAsks(whom station.Party) *scenario {
	return s.decides(s.officer, station.TaskCheck, station.Body{Verdict: station.Ask, To: whom, Question: "Which of these is yours?"})
}

func (s *scenario) referrerAnswers() *scenario {
	return s.then(func() {
		tasks := s.openTasks(station.TaskInquiry)
		require.Len(s.t, tasks, 1)
		_, err := s.svc.Answer(s.t.Context(), storetest.As(s.t, s.db, s.people.Referrer), tasks[0].ID, "", "The second.", nil)
		require.NoError(s.t, err)
	})
}

// reviewersScore has the reviewers that are asked score, one after the other.
func (s *scenario) reviewersScore(scores ...int) *scenario {
	for _, n := range scores {
		s.reviewer(score(n))
	}
	return s
}

// score gives the same points for everything.
func score(n int) station.Body {
	return station.Body{Verdict: station.Score, Scores: []station.Point{
		{Criterion: "achievement", Points: n}, {Criterion: "potential", Points: n}, {Criterion: "fit", Points: n},
	}}
}

// reviewer has the next reviewer who is asked do something.
func (s *scenario) reviewer(b station.Body) *scenario {
	return s.then(func() {
		tasks := s.openTasks(station.TaskReview)
		require.NotEmpty(s.t, tasks, "nobody is asked to review")
		who, err := s.db.AccountByID(s.t.Context(), tasks[0].Assignee)
		require.NoError(s.t, err)
		_, err = s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, who), tasks[0].ID, "", b)
		require.NoError(s.t, err)
	})
}

func (s *scenario) referrerWithdraws() *scenario {
	return s.then(func() {
		_, err := s.svc.Withdraw(s.t.Context(), storetest.As(s.t, s.db, s.people.Referrer), s.id, "")
		require.NoError(s.t, err)
	})
}

func (s *scenario) referrerAppeals() *scenario {
	return s.then(func() {
		_, err := s.svc.Appeal(s.t.Context(), storetest.As(s.t, s.db, s.people.Referrer), s.id, "", "Please look again.")
		require.NoError(s.t, err)
	})
}

// mails are the templates of the mails that were queued, to a party or account.
func (s *scenario) mails(to string) []string {
	s.t.Helper()
	var list []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT template FROM notices WHERE case_id = $1 AND (party = $2 OR account::text = $2) ORDER BY created_at, template`, s.id, to))
	return list
}
