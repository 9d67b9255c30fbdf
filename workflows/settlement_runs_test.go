package workflows_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/worker"
)

// restless has Temporal suggest a new run to every case, whenever it has written
// something.
type restless struct {
	interceptor.WorkerInterceptorBase
	suggests workflow.Info // as Temporal suggests it
	mu       sync.Mutex
	runs     map[string]int // of a workflow, by its ID
}

// becomeRestless has every case of a scenario continue as new as often as it can.
func (s *scenario) becomeRestless() *restless {
	s.t.Helper()
	r := &restless{runs: map[string]int{}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetContinueAsNewSuggested(true)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		r.suggests = *workflow.GetInfo(ctx)
		return nil
	})
	require.True(s.t, r.suggests.GetContinueAsNewSuggested())
	s.env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&worker.Interceptor{}, r}})
	return r
}

func (r *restless) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs[workflow.GetInfo(ctx).WorkflowExecution.ID]++
	return &restlessInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, r}
}

type restlessInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	*restless
}

func (i *restlessInbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&restlessRun{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: next}, restless: i.restless})
}

// restlessRun is one run of a case.
type restlessRun struct {
	interceptor.WorkflowOutboundInterceptorBase
	*restless
	wrote bool
}

func (o *restlessRun) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.wrote = true
	return o.Next.ExecuteActivity(ctx, name, args...)
}

func (o *restlessRun) GetInfo(ctx workflow.Context) *workflow.Info {
	is := o.Next.GetInfo(ctx)
	if !o.wrote {
		return is
	}
	info := o.suggests
	info.WorkflowExecution, info.WorkflowType, info.TaskQueueName, info.Namespace = is.WorkflowExecution, is.WorkflowType, is.TaskQueueName, is.Namespace
	return &info
}

// account is all that a settlement and its services have put on record: which case,
// what, and how it stands.
func (s *settled) account() (list []string) {
	s.t.Helper()
	// a case is called by its branch, and a service by its attempt, too
	const named = ` JOIN cases c ON c.id = x.case_id LEFT JOIN services s ON s.case_id = c.id
		CROSS JOIN LATERAL (SELECT concat_ws(' ', c.branch, s.code || s.attempt) AS name) n `
	const task = `replace(coalesce(x.task, ''), x.case_id::text, '')`
	for _, query := range []string{
		`SELECT concat_ws(' ', 'event', n.name, x.kind, x.stage, ` + task + `) FROM events x` + named + `ORDER BY n.name, x.seq`,
		`SELECT concat_ws(' ', 'task', n.name, replace(x.id, x.case_id::text, ''), x.kind, x.status, x.provider) FROM tasks x` + named + `ORDER BY n.name, x.id`,
		`SELECT concat_ws(' ', 'act', n.name, x.kind, ` + task + `, x.body->>'verdict', x.status, x.reason) FROM acts x` + named + `ORDER BY 1`,
		`SELECT concat_ws(' ', 'mail', n.name, x.template, x.party, r.roles, ` + task + `) FROM notices x` + named + `LEFT JOIN accounts r ON r.id = x.account ORDER BY 1`,
		`SELECT concat_ws(' ', 'case', n.name, c.kind, c.stage, c.status, c.reason) FROM (SELECT id AS case_id FROM cases) x` + named + `ORDER BY n.name`,
		`SELECT concat_ws(' ', 'service', m.branch, x.code, x.attempt, x.state, x.reason, x.stars) FROM services x JOIN cases m ON m.id = x.settlement ORDER BY 1`,
		`SELECT concat_ws(' ', 'request', n.name, x.ordinal, x.provider, x.answer, x.on_time) FROM (SELECT *, service AS case_id FROM requests) x` + named + `ORDER BY 1`,
	} {
		var rows []string
		require.NoError(s.t, s.db.SelectContext(s.t.Context(), &rows, query))
		list = append(list, rows...)
	}
	return list
}

func TestSettlement_GoesTheSameWayHoweverOftenItContinuesAsNew(t *testing.T) {
	again := station.Body{Verdict: station.AskAgain}
	for name, c := range map[string]struct {
		services []string
		script   func(s *settled)
	}{
		"from papers that do not come to ratings and a call back": {
			[]string{"residence", "company", "school"},
			func(s *settled) {
				s.gives("identity").accepts("market", "company")
				s.provider("market", "company", station.TaskDelivery, station.Body{Verdict: station.Ask, To: station.Applicant, Question: "A canary question?"})
				s.answers("company").completes("market", "company").passes(16)
				s.manages("residence", station.TaskStalled, again)
				s.manages("school", station.TaskStalled, again).gives("degree", "child").refuses("police", "residence")
				s.manages("residence", station.TaskTrouble, again).performs("police", "residence").adds("office")
				s.accepts("education", "school").drops("school").gives("plan").refuses("east", "office")
				s.manages("office", station.TaskTrouble, station.Body{Verdict: station.Reassign, Provider: "west"}).performs("west", "office")
				s.rates("residence", 5).rates("company", 1)
				s.manages("company", station.TaskCallback, station.Body{Verdict: station.CallBack}).rates("office", 3)
				s.ended(station.Completed, "")
			},
		},
		"over services that are dropped and chosen again": {
			[]string{"company", "office", "residence", "school"},
			func(s *settled) {
				s.gives("identity", "plan", "degree", "child").performs("market", "company").accepts("east", "office").accepts("police", "residence")
				s.drops("company").manages("office", station.TaskStalled, again).performs("east", "office")
				s.passes(9).undoes("market", "company").adds("company") // it was asked for twice
				s.then(func() { s.attempt["company"] = 2 }).refuses("market", "company")
				s.manages("company", station.TaskTrouble, station.Body{Verdict: station.Waive}).completes("police", "residence")
				s.passes(6).manages("school", station.TaskTrouble, station.Body{Verdict: station.End}) // it is late
				s.passes(40).ended(station.Completed, "")
			},
		},
		"over services of which what they need is gone": {
			[]string{"company", "office", "residence", "school"},
			func(s *settled) {
				s.gives("identity", "plan", "degree", "child").performs("market", "company").performs("east", "office").drops("company")
				s.undoes("market", "company").manages("office", station.TaskStalled, station.Body{Verdict: station.End}).undoes("east", "office")
				s.refuses("police", "residence").manages("residence", station.TaskTrouble, station.Body{Verdict: station.End})
				s.passes(60).ended(station.Terminated, station.ReasonNothingDone) // nobody decides on the school
			},
		},
		"to a withdrawal that is undone": {
			[]string{"company", "office", "residence", "school"},
			func(s *settled) {
				s.gives("identity", "plan", "degree", "child").performs("market", "company").performs("east", "office").accepts("police", "residence")
				s.withdraws().undoes("police", "residence").passes(20).undoes("east", "office")
				s.manages("company", station.TaskWaiver, station.Body{Verdict: station.Waive})
				s.ended(station.Withdrawn, station.ReasonWithdrawn)
			},
		},
		"to a move, and there to a withdrawal": {
			[]string{"company", "office", "residence", "school"},
			func(s *settled) {
				s.gives("identity", "plan", "degree", "child").performs("police", "residence").performs("education", "school").accepts("market", "company")
				s.changes(station.Body{Verdict: station.Relocate, Branch: "HZ-XH"}).undoes("market", "company").undoes("police", "residence")
				var here, next string
				s.then(func() {
					here = s.id
					require.NoError(s.t, s.db.GetContext(s.t.Context(), &next, `SELECT id FROM cases WHERE kind = 'settlement' AND branch = 'HZ-XH'`))
					s.id = next
				}).performs("market", "company").accepts("east", "office").withdraws().undoes("east", "office").undoes("market", "company")
				s.then(func() { s.id = here })
				s.ended(station.Withdrawn, station.ReasonMoved)
			},
		},
		"until a paper expires": {
			[]string{"residence"},
			func(s *settled) {
				s.givesUntil("2026-03-26", "identity", "degree").accepts("police", "residence").passes(11).gives("identity")
				s.completes("police", "residence").passes(40).ended(station.Completed, "")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, many := settles(t, c.services...), settles(t, c.services...)
			r := many.becomeRestless()
			c.script(one)
			c.script(many)
			require.Equal(t, one.account(), many.account())
			for _, id := range append(many.begun(), many.id) {
				require.Greater(t, r.runs[id], 1, "the case was to continue as new")
			}
		})
	}
}

// begun are the cases of the services that were begun.
func (s *settled) begun() (ids []string) {
	s.t.Helper()
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &ids, `SELECT id FROM cases WHERE kind = 'service'`))
	return ids
}

// answers has the newcomer answer a provider.
func (s *settled) answers(service string) *settled {
	return s.then(func() {
		_, err := s.svc.Answer(s.t.Context(), s.as(s.newcomer), s.task(s.of(service), station.TaskInquiry, ""), "", "A canary answer.", nil)
		require.NoError(s.t, err)
	})
}
