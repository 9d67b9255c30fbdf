package workflows_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/store/storetest"
	"wutong/worker"
	"wutong/workflows"
)

// rounded tells a round and its projects in the procedure's words: each is a
// workflow of its own in one environment, on the real station. Days count from
// the opening of the call; each step happens an hour after the one before.
type rounded struct {
	*scenario
	hub   storetest.HubPeople
	teams map[string]station.Account // by project
	cases map[string]string          // by project
}

const roundCode = "spring-2026"

// The days on which the round's phases end.
const (
	callCloses, screeningCloses, pitchDay, scoresClose, deliberationCloses = 7, 14, 21, 22, 29
)

// startSignal asks the tests' own workflow to start another.
type startSignal struct {
	Kind string
	Case string
}

// fleet runs the workflows that it is told of, and ends with the first of them.
func fleet(ctx workflow.Context) error {
	starts := workflow.GetSignalChannel(ctx, "start")
	running, begun := 0, false
	for !begun || running > 0 {
		var s startSignal
		if err := workflow.Await(ctx, func() bool { return starts.Len() > 0 || begun && running == 0 }); err != nil {
			return err
		}
		if !starts.ReceiveAsync(&s) {
			continue
		}
		begun = true
		running++
		child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: s.Case, ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON, WaitForCancellation: true,
		})
		f := workflow.ExecuteChildWorkflow(child, s.Kind, station.CaseStart{Case: s.Case})
		workflow.Go(ctx, func(ctx workflow.Context) {
			if err := f.Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Error("case failed", "case", s.Case, "error", err)
			}
			running--
		})
	}
	return workflow.Sleep(ctx, time.Hour) // what was said last is heard, by cases that others have begun too
}

// fleetEngine stands in for Temporal's client where several cases run.
type fleetEngine struct{ s *scenario }

func (e fleetEngine) StartCase(_ context.Context, c station.Case) error {
	e.s.env.SignalWorkflow("start", startSignal{Kind: string(c.Kind), Case: c.ID})
	return nil
}

func (e fleetEngine) SignalCase(_ context.Context, caseID string, sig station.Signal) error {
	return e.s.env.SignalWorkflowByID(caseID, station.SignalName, sig)
}

// opensRound begins a scenario: an officer opens a round, with some settings
// changed from those of the test programme.
func opensRound(t *testing.T, change ...func(*station.RoundForm)) *rounded {
	t.Helper()
	db := storetest.New(t)
	r := &rounded{
		scenario: &scenario{t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.Round, began: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
		teams:    map[string]station.Account{}, cases: map[string]string{},
	}
	r.hub = storetest.Hub(t, db, r.people, storetest.RoundTerms(""), "{}")
	r.environment()
	day := func(n int) time.Time { return r.began.AddDate(0, 0, n) }
	form := station.RoundForm{
		Code: roundCode, Name: station.Text{Zh: "春季路演", En: "Spring round"}, Capacity: 2,
		Times: station.Timetable{
			CallOpens: day(0), CallCloses: day(callCloses), ScreeningCloses: day(screeningCloses),
			PitchesAt: day(pitchDay), ScoresClose: day(scoresClose), DeliberationCloses: day(deliberationCloses),
		},
	}
	for _, f := range change {
		f(&form)
	}
	r.then(func() { r.id = r.begins(r.people.Officer, station.Round, storetest.RoundProgramme, form) })
	return r
}

func (r *scenario) environment() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(slog.New(slog.DiscardHandler))
	r.env = suite.NewTestWorkflowEnvironment()
	r.env.SetStartTime(r.began)
	r.env.SetTestTimeout(2 * time.Minute)
	r.env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&worker.Interceptor{}}})
	workflows.Register(r.env)
	r.env.RegisterWorkflow(fleet)
	engine := fleetEngine{r}
	log := slog.New(slog.DiscardHandler)
	r.env.RegisterActivity(&activities.Records{Store: r.db, Engine: engine, Log: log})
	var err error
	r.links, err = station.NewLinkSigner(make([]byte, 32))
	require.NoError(r.t, err)
	r.svc = station.NewService(station.Options{Store: r.db, Engine: engine, Links: r.links, Log: log, Now: r.env.Now, Patience: time.Millisecond})
}

// begins opens a case.
func (r *scenario) begins(who station.Account, kind station.Kind, programme string, form any) string {
	r.t.Helper()
	raw, err := json.Marshal(form)
	require.NoError(r.t, err)
	c, created, err := r.svc.Start(r.t.Context(), r.as(who), kind, programme, "", raw)
	require.NoError(r.t, err)
	require.True(r.t, created)
	return c.ID
}

func (r *scenario) as(who station.Account) station.Actor { return storetest.As(r.t, r.db, who) }

func (r *rounded) then(step func()) *rounded {
	r.scenario.then(step)
	return r
}

// on goes on to the morning after a day of the round.
func (r *rounded) on(day int) *rounded {
	r.at = time.Duration(day)*24*time.Hour + time.Minute
	return r
}

// applies has teams hand in projects, in this order.
func (r *rounded) applies(projects ...string) *rounded {
	for _, name := range projects {
		r.then(func() {
			team := r.hub.Teams[len(r.teams)]
			r.teams[name] = team
			form := storetest.PitchForm(len(r.teams), r.document(team))
			form.Project.Name = name
			r.cases[name] = r.begins(team, station.Pitch, roundCode, form)
		})
	}
	return r
}

func (r *scenario) document(who station.Account) string {
	r.t.Helper()
	sum := sha256.Sum256([]byte(station.NewID()))
	d, err := r.db.InsertDocument(r.t.Context(), station.Document{
		ID: station.NewID(), Owner: who.ID, Name: "deck.pdf", MediaType: "application/pdf", Size: 10, SHA256: sum[:], Key: station.NewID(), UploadedAt: r.env.Now(),
	}, "")
	require.NoError(r.t, err)
	return d.ID
}

// tasks are a project's open tasks of a kind.
func (r *rounded) tasks(project string, kind station.TaskKind) []station.Task {
	s := *r.scenario
	s.id = r.cases[project]
	return s.openTasks(kind)
}

// decide has somebody decide the one open task of a kind; of a kind that several
// have, the one that is theirs.
func (r *rounded) decide(who station.Account, project string, kind station.TaskKind, b station.Body) error {
	r.t.Helper()
	tasks := r.tasks(project, kind)
	if i := slices.IndexFunc(tasks, func(t station.Task) bool { return t.Assignee == who.ID }); i >= 0 {
		tasks = tasks[i : i+1]
	}
	tasks = slices.DeleteFunc(tasks, func(t station.Task) bool { return t.Assignee != "" && t.Assignee != who.ID })
	if len(tasks) > 1 {
		tasks = slices.DeleteFunc(tasks, func(t station.Task) bool { return t.Role != "" && !slices.Contains(who.Roles, t.Role) })
	}
	require.NotEmpty(r.t, tasks, "%s has no open task of kind %s for %s", project, kind, who.Name)
	_, err := r.svc.Decide(r.t.Context(), r.as(who), tasks[0].ID, "", b)
	return err
}

func (r *rounded) decides(who station.Account, project string, kind station.TaskKind, b station.Body) *rounded {
	return r.then(func() { require.NoError(r.t, r.decide(who, project, kind, b), "%s of %s", kind, project) })
}

// declares has angels declare that they have no conflict in projects.
func (r *rounded) declares(project string, conflict station.ConflictKind, angels ...station.Account) *rounded {
	return r.then(func() {
		for _, a := range angels {
			_, err := r.svc.Declare(r.t.Context(), r.as(a), r.cases[project], "", conflict)
			require.NoError(r.t, err)
		}
	})
}

// screened has everybody who is asked to screen a project give it the same points.
func (r *rounded) screened(project string, points int) *rounded {
	return r.then(func() {
		for _, t := range r.tasks(project, station.TaskReview) {
			if t.Assignee != "" {
				who, err := r.db.AccountByID(r.t.Context(), t.Assignee)
				require.NoError(r.t, err)
				_, err = r.svc.Declare(r.t.Context(), r.as(who), r.cases[project], "", station.ConflictNone)
				require.NoError(r.t, err)
			}
		}
	}).then(func() {
		for _, t := range r.tasks(project, station.TaskReview) {
			who := r.people.Officer
			if t.Assignee != "" {
				var err error
				who, err = r.db.AccountByID(r.t.Context(), t.Assignee)
				require.NoError(r.t, err)
			}
			_, err := r.svc.Decide(r.t.Context(), r.as(who), t.ID, "", invite(points))
			require.NoError(r.t, err)
		}
	})
}

func invite(points int) station.Body {
	return station.Body{Verdict: station.Score, Scores: []station.Point{{Criterion: "invite", Points: points}}}
}

// pitchScore gives the same points for everything.
func pitchScore(n int) station.Body {
	b := station.Body{Verdict: station.Score}
	for _, c := range station.DefaultRoundTerms().Rubric.Criteria {
		b.Scores = append(b.Scores, station.Point{Criterion: c.Code, Points: n})
	}
	return b
}

func (r *rounded) confirmsSeat(project string) *rounded {
	return r.then(func() {
		require.NoError(r.t, r.decide(r.teams[project], project, station.TaskSeat, station.Body{Verdict: station.Accept}))
	})
}

func (r *rounded) attends(project string) *rounded {
	return r.decides(r.people.Officer, project, station.TaskAttendance, station.Body{Verdict: station.Attended})
}

// scores has angels, who have declared, score a pitch.
func (r *rounded) scores(project string, points int, angels ...station.Account) *rounded {
	for _, a := range angels {
		r.decides(a, project, station.TaskScore, pitchScore(points))
	}
	return r
}

func (r *rounded) commits(angel station.Account, project string, how station.Verdict, yuan int64) *rounded {
	return r.decides(angel, project, station.TaskCommitment, station.Body{Verdict: how, Fen: yuan * 100, Reason: "A canary remark about feedback."})
}

func (r *rounded) sendsFeedback(project string) *rounded {
	return r.decides(r.people.Officer, project, station.TaskFeedback, station.Body{Verdict: station.Accept, Reason: "The angels liked the team."})
}

// confirmsClosing has the lead or the team confirm with a document.
func (r *rounded) confirmsClosing(project string, who func() station.Account) *rounded {
	return r.then(func() {
		account := who()
		tasks := slices.DeleteFunc(r.tasks(project, station.TaskClosing), func(t station.Task) bool {
			return t.Assignee != account.ID && (t.Party != station.Applicant || r.teams[project].ID != account.ID)
		})
		require.Len(r.t, tasks, 1)
		_, err := r.svc.Confirm(r.t.Context(), r.as(account), tasks[0].ID, "", station.Body{Documents: []string{r.document(account)}})
		require.NoError(r.t, err)
	})
}

func (r *rounded) team(project string) func() station.Account {
	return func() station.Account { return r.teams[project] }
}

func (r *rounded) angel(n int) func() station.Account {
	return func() station.Account { return r.hub.Angels[n] }
}

// paysMatch has the treasurer confirm the payment of a project's match.
func (r *rounded) paysMatch(project string) *rounded {
	return r.then(func() {
		tasks := r.tasks(project, station.TaskPayment)
		require.Len(r.t, tasks, 1)
		_, err := r.svc.Confirm(r.t.Context(), r.as(r.people.Treasurer), tasks[0].ID, "", station.Body{Reference: "M-" + project})
		require.NoError(r.t, err)
	})
}

// runs lets everything happen, until the round and every project have ended.
func (r *rounded) runs() { r.t.Helper(); r.runsAll() }

// runsAll lets everything happen, until every case has ended.
func (r *scenario) runsAll() {
	r.t.Helper()
	r.env.ExecuteWorkflow(fleet)
	require.True(r.t, r.env.IsWorkflowCompleted())
	require.NoError(r.t, r.env.GetWorkflowError())
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM tasks WHERE status = 'open'`), "open tasks are left")
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM acts WHERE status = 'pending'`), "acts are left unsettled")
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM cases WHERE ended_at IS NULL`), "cases are left open")
	_, _, err := r.db.Audit(r.t.Context(), func(f station.Fault) { r.t.Error(f) })
	require.NoError(r.t, err)
}

// ended checks how a project ended.
func (r *rounded) ended(project string, want station.Status, why station.Reason) *rounded {
	r.t.Helper()
	c, err := r.db.CaseByID(r.t.Context(), r.cases[project])
	require.NoError(r.t, err)
	require.Equal(r.t, fmt.Sprint(want, " ", why), fmt.Sprint(c.Status, " ", c.Reason), "project %s", project)
	return r
}
