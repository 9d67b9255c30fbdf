package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// settled tells a settlement and its services in the procedure's words: each is a
// workflow of its own in one environment, on the real station. Each step happens an
// hour after the one before.
type settled struct {
	*scenario
	storetest.SettlementPeople
	newcomer station.Account
	attempt  map[string]int // of a service; 1 when there is none
}

// settles begins a scenario: a newcomer picks services of the test catalogue.
func settles(t *testing.T, services ...string) *settled {
	t.Helper()
	return settlesBy(t, "{}", station.SettlementForm{Services: services})
}

func settlesBy(t *testing.T, terms string, form station.SettlementForm) *settled {
	t.Helper()
	db := storetest.New(t)
	s := &settled{
		scenario: &scenario{t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.SettlementKind, began: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)},
		attempt:  map[string]int{},
	}
	s.SettlementPeople = storetest.Settlements(t, db, terms)
	s.newcomer = s.Newcomers[0]
	s.environment()
	return s.then(func() { s.id = s.begins(s.newcomer, station.SettlementKind, storetest.SettlementProgramme, form) })
}

func (s *settled) then(step func()) *settled {
	s.scenario.then(step)
	return s
}

func (s *settled) passes(days int) *settled {
	s.scenario.passes(days)
	return s
}

// of is the case of a service.
func (s *settled) of(service string) string {
	return station.ServiceCase(s.id, service, max(s.attempt[service], 1))
}

// task is the one open task of a kind in a case, about a service where tasks of its
// kind are about one.
func (s *settled) task(caseID string, kind station.TaskKind, service string) string {
	s.t.Helper()
	var ids []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &ids, `
		SELECT id FROM tasks WHERE case_id = $1 AND kind = $2 AND status = 'open' AND ($3 = '' OR NOT details ? 'service' OR details->>'service' = $3)`, caseID, kind, service))
	require.Len(s.t, ids, 1, "open tasks of kind %s for %s", kind, service)
	return ids[0]
}

// opened counts open tasks of a kind of the settlement.
func (s *settled) opened(kind station.TaskKind) int {
	return s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = $2 AND status = 'open'`, s.id, kind)
}

// state is how a service stands.
func (s *settled) state(service string) (state station.ServiceState) {
	s.t.Helper()
	require.NoError(s.t, s.db.GetContext(s.t.Context(), &state,
		`SELECT state FROM services WHERE settlement = $1 AND code = $2 ORDER BY attempt DESC LIMIT 1`, s.id, service))
	return state
}

// stands checks how services stand.
func (s *settled) stands(want station.ServiceState, services ...string) *settled {
	return s.then(func() {
		for _, service := range services {
			require.Equal(s.t, want, s.state(service), service)
		}
	})
}

// gives has the newcomer give papers that they are asked for. An identity expires.
func (s *settled) gives(kinds ...string) *settled {
	return s.givesUntil("2036-01-01", kinds...)
}

func (s *settled) givesUntil(until station.Day, kinds ...string) *settled {
	return s.then(func() {
		var papers []station.Paper
		for _, kind := range kinds {
			p := station.Paper{Kind: kind, Document: s.document(s.newcomer)}
			if kind == "identity" {
				p.Until = until
			}
			papers = append(papers, p)
		}
		_, err := s.svc.Confirm(s.t.Context(), s.as(s.newcomer), s.task(s.id, station.TaskPapers, ""), "", station.Body{Papers: papers})
		require.NoError(s.t, err)
	})
}

// provider has a provider's people decide on a service.
func (s *settled) provider(code, service string, kind station.TaskKind, b station.Body) *settled {
	return s.then(func() {
		_, err := s.svc.Decide(s.t.Context(), s.as(s.Providers[code][0]), s.task(s.of(service), kind, ""), "", b)
		require.NoError(s.t, err, "%s of %s", b.Verdict, service)
	})
}

func (s *settled) accepts(code, service string) *settled {
	return s.provider(code, service, station.TaskService, station.Body{Verdict: station.Accept})
}

func (s *settled) refuses(code, service string) *settled {
	return s.provider(code, service, station.TaskService, station.Body{Verdict: station.Decline, Reason: "A canary remark: we have no room."})
}

func (s *settled) confirms(code, service string, kind station.TaskKind) *settled {
	return s.then(func() {
		_, err := s.svc.Confirm(s.t.Context(), s.as(s.Providers[code][1]), s.task(s.of(service), kind, ""), "", station.Body{Answer: "A canary note: done."})
		require.NoError(s.t, err, "%s of %s", kind, service)
	})
}

func (s *settled) completes(code, service string) *settled {
	return s.confirms(code, service, station.TaskDelivery)
}

// performs has a provider accept and complete a service.
func (s *settled) performs(code, service string) *settled {
	return s.accepts(code, service).completes(code, service)
}

func (s *settled) undoes(code, service string) *settled {
	return s.confirms(code, service, station.TaskUndo)
}

// manages has the case manager decide on a service: in its own case or, of one that
// lacks something, in the settlement.
func (s *settled) manages(service string, kind station.TaskKind, b station.Body) *settled {
	return s.then(func() {
		id := s.of(service)
		if kind == station.TaskStalled || kind == station.TaskCallback {
			id = s.id
		}
		if b.Reason == "" && b.Verdict != station.AskAgain {
			b.Reason = "A canary remark of the case manager."
		}
		_, err := s.svc.Decide(s.t.Context(), s.as(s.manager()), s.task(id, kind, service), "", b)
		require.NoError(s.t, err, "%s of %s", b.Verdict, service)
	})
}

// manager is the case manager.
func (s *settled) manager() station.Account {
	s.t.Helper()
	id, err := s.db.Manager(s.t.Context(), s.id)
	require.NoError(s.t, err)
	who, err := s.db.AccountByID(s.t.Context(), id)
	require.NoError(s.t, err)
	return who
}

// changes has the newcomer change the settlement.
func (s *settled) changes(b station.Body) *settled {
	return s.then(func() {
		_, err := s.svc.Decide(s.t.Context(), s.as(s.newcomer), station.SettlingTask(s.id), "", b)
		require.NoError(s.t, err)
	})
}

func (s *settled) adds(services ...string) *settled {
	return s.changes(station.Body{Verdict: station.Add, Services: services})
}

func (s *settled) drops(services ...string) *settled {
	return s.changes(station.Body{Verdict: station.Drop, Services: services})
}

func (s *settled) withdraws() *settled {
	return s.then(func() {
		_, err := s.svc.Withdraw(s.t.Context(), s.as(s.newcomer), s.id, "")
		require.NoError(s.t, err)
	})
}

func (s *settled) rates(service string, stars int) *settled {
	return s.then(func() {
		_, err := s.svc.Decide(s.t.Context(), s.as(s.newcomer), s.task(s.id, station.TaskRating, service), "",
			station.Body{Verdict: station.Rate, Stars: stars, Reason: "A canary remark: so so."})
		require.NoError(s.t, err)
	})
}

// ended checks how the settlement ended, once all has run.
func (s *settled) ended(want station.Status, why station.Reason) *settled {
	s.t.Helper()
	s.runsAll()
	s.endedAs(s.id, want, why)
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM requests WHERE ended_at IS NULL`), "requests are left open")
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM services WHERE state NOT IN ('done', 'waived', 'undone', 'ended')`), "services are left unsettled")
	return s
}

// serviceEnded checks how a service ended.
func (s *settled) serviceEnded(service string, want station.Status, why station.Reason) *settled {
	s.t.Helper()
	s.endedAs(s.of(service), want, why)
	return s
}

func (s *settled) endedAs(id string, want station.Status, why station.Reason) {
	s.t.Helper()
	c, err := s.db.CaseByID(s.t.Context(), id)
	require.NoError(s.t, err)
	require.Equal(s.t, want, c.Status)
	require.Equal(s.t, string(why), c.Reason)
}

// happened checks which events a case has, of some kinds, in their order.
func (s *settled) happened(caseID string, want ...station.EventKind) {
	s.t.Helper()
	kinds := map[station.EventKind]bool{}
	for _, k := range want {
		kinds[k] = true
	}
	events, err := s.db.Events(s.t.Context(), caseID, 0, 1000)
	require.NoError(s.t, err)
	var got []station.EventKind
	for _, e := range events {
		if kinds[e.Kind] {
			got = append(got, e.Kind)
		}
	}
	require.Equal(s.t, want, got)
}
