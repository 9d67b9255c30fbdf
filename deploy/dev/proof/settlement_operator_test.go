package proof_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"wutong/deploy/dev/crowd"
)

// TestSettlement_StaysRightWhenAnOperatorResetsIt resets settlements to their beginning and to their middle, with what was said
// since given again, or not. What their services have said is heard in any case.
func TestSettlement_StaysRightWhenAnOperatorResetsIt(t *testing.T) {
	eitherWay(t, func(r *resets, again bool) {
		r.run("a settlement to its beginning", func() {
			s := r.settlesAnew("company", "office", "residence")
			s.performed("company")
			s.provider("office", "asked.1", accept)
			s.task(s.of("office") + ".delivery.1")
			s.resets(s.id, s.beginning(s.id), again)
			s.completes("office-a", s.of("office")+".delivery.1", quietly)
			s.performed("residence")
			s.rated(3, 5)
		})
		r.run("a settlement to before it was withdrawn", func() {
			s := r.settlesAnew("company", "office", "residence")
			s.performed("company", "office")
			before := s.standing(s.operator, s.id)
			s.quits()
			s.undone("office")
			s.resets(s.id, before, again)
			if again {
				s.undone("company")
				s.over("withdrawn")
				return
			}
			s.rated(1, 5) // what is undone by then, and what was called off, stays so
		})
		r.run("a settlement that has ended, to its beginning", func() {
			s := r.settlesAnew("company", "mentor")
			s.performed("company", "mentor")
			s.rates(1, 1, "They have no office.")
			s.manages(s.id+".callback.1", map[string]any{"verdict": "called_back", "reason": "We looked into it."})
			s.rates(2, 5, "")
			s.ended(s.id)
			s.resets(s.id, s.beginning(s.id), again)
			if again {
				s.over("completed")
				return
			}
			s.rated(2, 4)
		})
		r.run("a settlement that has moved, to its beginning", func() {
			s := r.settlesAnew("company", "mentor")
			s.provider("company", "asked.1", accept)
			s.task(s.of("company") + ".delivery.1")
			s.changes(map[string]any{"verdict": "relocate", "branch": crowd.District})
			s.undone("company")
			s.ended(s.id)
			s.resets(s.id, s.beginning(s.id), again)
			s.over(map[bool]string{true: "withdrawn", false: "terminated"}[again])
			require.Equal(r.t, 2, s.count(`SELECT count(*) FROM settlements WHERE account = $1`, s.who), "it goes on once in the district")
		})
	})
}

// TestService_StaysRightWhenAnOperatorResetsIt does the same with services, who hear what their settlement has said.
func TestService_StaysRightWhenAnOperatorResetsIt(t *testing.T) {
	eitherWay(t, func(r *resets, again bool) {
		r.run("a service on its way, to its beginning", func() {
			s := r.settlesAnew("company", "office")
			s.provider("company", "asked.1", accept)
			s.inquired(1)
			s.resets(s.of("company"), s.beginning(s.of("company")), again)
			if !again {
				s.provider("company", "asked.1", accept)
			}
			s.completes("company-a", s.of("company")+".delivery.1", quietly)
			s.performed("office")
			s.rated(2, 5)
		})
		r.run("a service that is done, to its beginning", func() {
			s := r.settlesAnew("company", "office")
			s.performed("company")
			s.provider("office", "asked.1", accept)
			s.resets(s.of("company"), s.beginning(s.of("company")), again)
			if !again {
				s.completes("company-a", s.of("company")+".asked.1", quietly)
			}
			s.stood("company")
			s.completes("office-a", s.of("office")+".delivery.1", quietly)
			s.rated(2, 5)
		})
		r.run("a service that was given to another provider, to its beginning", func() {
			s := r.settlesAnew("company", "mentor")
			s.more = 1
			gives := func() { s.refused("company", 1, map[string]any{"verdict": "reassign", "provider": "company-b"}) }
			gives()
			s.well(s.decide(s.openTask("company", "asked.2"), s.Providers["company-b"][0].ID, "", accept))
			s.resets(s.of("company"), s.beginning(s.of("company")), again)
			done := "delivery.1"
			if !again {
				gives()
				done = "asked.2"
			}
			s.completes("company-b", s.openTask("company", done), quietly)
			s.performed("mentor")
			s.rated(2, 5)
		})
		r.run("a service that is dropped, to before that", func() {
			s := r.settlesAnew("company", "mentor")
			s.performed("company")
			before := s.standing(s.operator, s.of("company"))
			s.drops("company")
			s.undone("company")
			s.resets(s.of("company"), before, again)
			if !again {
				s.undone("company")
			}
			s.ended(s.of("company"))
			s.performed("mentor")
			s.rated(1, 5)
		})
		r.run("a service whose settlement is over, to its beginning", func() {
			s := r.settlesAnew("company")
			s.performed("company")
			s.rated(1, 5)
			s.resets(s.of("company"), s.beginning(s.of("company")), again)
			s.ended(s.of("company"))
			s.over("completed")
			require.Equal(r.t, 1, s.count(`SELECT count(*) FROM requests WHERE service = $1 AND answer = 'completed' AND on_time`, s.of("company")))
		})
	})
}

// resets are the cases that an operator resets.
type resets struct {
	*recorder
	operator client.Client
	how      string
	settled  int // newcomers
}

// eitherWay does something twice: signals are given again after a reset, and are not.
func eitherWay(t *testing.T, do func(r *resets, again bool)) {
	t.Helper()
	r := &resets{recorder: &recorder{openHouse(t, nil)}, how: ", with all given again"}
	r.operator = r.temporal()
	do(r, true)
	r.how = ", with nothing given again"
	do(r, false)
}

func (r *resets) run(name string, goes func()) {
	whole := r.t
	defer func() { r.t = whole }()
	whole.Run(name+r.how, func(t *testing.T) {
		r.t = t
		goes()
	})
}

// settlesAnew has another newcomer settle.
func (r *resets) settlesAnew(services ...string) *resetting {
	r.settled++
	return &resetting{settlement: r.settles(rated, r.settled, true, services...), operator: r.operator}
}

// resetting is a settlement that an operator resets, or a service of.
type resetting struct {
	*settlement
	operator client.Client
	more     int // requests than services
}

// openTask waits for a task of a service.
func (s *resetting) openTask(service, task string) string {
	s.task(s.of(service) + "." + task)
	return s.of(service) + "." + task
}

// beginning is the first finished workflow task of a case.
func (s *resetting) beginning(id string) int64 {
	for _, e := range s.history(s.operator, id, "").GetEvents() {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return e.GetEventId()
		}
	}
	s.t.Error("the case has not begun")
	return 0
}

// resets resets a case, and waits until its new run has written. Signals are given again, or not.
func (s *resetting) resets(id string, to int64, again bool) {
	s.t.Helper()
	var without []enums.ResetReapplyExcludeType
	if !again {
		without = append(without, enums.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL)
	}
	s.reset(s.operator, id, to, without...)
	require.NoError(s.t, s.operator.ScheduleClient().GetHandle(s.t.Context(), "sweep").Trigger(s.t.Context(), client.ScheduleTriggerOptions{}))
	s.until("the new run writes", func() bool {
		return s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'resumed'`, id) == 1
	})
}

// rated has the newcomer rate so many services, and checks how all ended.
func (s *resetting) rated(services, stars int) {
	s.t.Helper()
	for n := range services {
		s.rates(n+1, stars, "")
	}
	s.over("completed")
}

// over checks that the settlement has ended in a way, and that nobody was asked, told or begun twice.
func (s *resetting) over(status string) {
	s.t.Helper()
	s.ended(s.id)
	for _, id := range s.cases {
		s.ended(id)
	}
	require.Equal(s.t, 1, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND status = $2`, s.id, status))
	require.Equal(s.t, len(s.cases), s.count(`SELECT count(*) FROM services x JOIN cases c ON c.id = x.case_id WHERE x.settlement = $1`, s.id))
	const of = `(case_id = $1 OR case_id IN (SELECT case_id FROM services WHERE settlement = $1))`
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM tasks WHERE status = 'open' AND kind <> 'mail' AND `+of, s.id))
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM acts WHERE status <> 'recorded' AND `+of, s.id))
	require.Equal(s.t, len(s.cases)+s.more, s.count(`SELECT count(*) FROM requests WHERE service IN (SELECT case_id FROM services WHERE settlement = $1)`, s.id))
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM requests WHERE answer = '' AND service IN (SELECT case_id FROM services WHERE settlement = $1)`, s.id))
	s.verified()
	s.noSecondMail()
}
