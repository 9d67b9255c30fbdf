package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// services are how a settlement's services stand: code, attempt, state and reason.
func (m *matter) services() []string {
	m.t.Helper()
	var list []string
	require.NoError(m.t, m.db.SelectContext(m.t.Context(), &list, `
		SELECT concat(code, ' ', attempt, ' ', state, ' ', reason) FROM services WHERE settlement = $1 ORDER BY position, attempt`, m.ID))
	return list
}

// guides records what a settlement does with its services.
func (m *matter) guides(s station.SettlementMove) station.Written {
	m.t.Helper()
	return m.records(station.Change{Standing: station.Standing{Stage: station.StageServices}, Services: &s})
}

// starts begins a service of a settlement, for the first time.
func (m *matter) starts(code string, without ...string) *matter {
	m.t.Helper()
	w := m.guides(station.SettlementMove{Begin: []station.ServiceBegin{{Code: code, Attempt: 1, Without: without}}})
	require.Len(m.t, w.Begun, 1)
	return &matter{house: m.house, Case: w.Begun[0], run: "run-1", at: m.at}
}

// is records how a service stands.
func (m *matter) is(s station.ServiceMove) station.Written {
	m.t.Helper()
	return m.records(station.Change{Standing: station.Standing{Stage: station.StageAsked}, Service: &s})
}

// hears are the verdicts that other cases have said to a case, in their order.
func (m *matter) hears() []string {
	m.t.Helper()
	var said []string
	require.NoError(m.t, m.db.SelectContext(m.t.Context(), &said, `
		SELECT concat(body->>'verdict', ' ', body->>'service') FROM acts WHERE case_id = $1 AND kind = 'move' ORDER BY at, id`, m.ID))
	return said
}

// managed opens a settlement's task for its case manager.
func (m *matter) managed(kind station.TaskKind) station.TaskSpec {
	return station.TaskSpec{ID: m.task(station.Stage(kind), 1), Kind: kind, Role: station.RoleOfficer, Managed: true, Wait: station.Wait{Days: 3}, Notice: station.MailTask}
}

// isManaged gives a settlement its case manager.
func (m *matter) isManaged() string {
	m.t.Helper()
	task := m.managed(station.TaskManagement)
	require.Equal(m.t, station.ManagementTask(m.ID), task.ID)
	w := m.records(station.Change{
		Event: station.EventManaged, Standing: station.Standing{Stage: station.StageServices},
		Services: &station.SettlementMove{Manage: true}, Open: []station.TaskSpec{task},
	})
	return w.Tasks[0].Assignee
}

func (m *matter) manager() string {
	m.t.Helper()
	var account string
	m.reads(`SELECT coalesce(manager::text, '') FROM settlements WHERE case_id = $1`, []any{m.ID}, &account)
	return account
}

func TestLoad_KeepsACatalogueAndWhosePeopleProvidersAre(t *testing.T) {
	h := newSettling(t)
	storetest.Settlements(t, h.db, "{}") // over what is there
	a, err := h.db.AccountByID(t.Context(), h.Providers["west"][1].ID)
	require.NoError(t, err)
	require.Equal(t, "west", a.Provider)
	offers, err := h.db.OffersOf(t.Context(), []string{"bank", "spa", "company"})
	require.NoError(t, err)
	require.Equal(t, []string{"bank", "company"}, []string{offers[0].Code, offers[1].Code})
}

func TestSettlement_GoesToTheOfficerWhoHasTheFewest(t *testing.T) {
	h := newSettling(t)
	officer := h.Newcomers[0] // who settles, too
	officer.Roles = append(officer.Roles, station.RoleOfficer)
	h.runs(`UPDATE accounts SET roles = '{applicant,officer}', branch = 'HZ' WHERE id = $1`, officer.ID)
	h.runs(`UPDATE accounts SET disabled = true WHERE id = $1`, h.Officer2.ID)
	managers := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 6 {
		m, err := h.takes(h.Newcomers[i], station.SettlementForm{Services: []string{"company"}})
		require.NoError(t, err)
		wg.Go(func() {
			w, err := h.db.Record(context.Background(), m.change(station.Change{
				Event: station.EventManaged, Services: &station.SettlementMove{Manage: true}, Open: []station.TaskSpec{m.managed(station.TaskManagement)},
			}))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				managers[w[0].Tasks[0].Assignee]++
			}
			if i == 0 && w[0].Tasks[0].Assignee == officer.ID {
				t.Error("an officer manages their own settlement")
			}
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int{h.Officer.ID: 3, officer.ID: 3}, managers)
}

func TestSettlement_SaysWhoManagesIt(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company")
	manager := m.isManaged()
	require.Equal(t, manager, m.manager())
	events, err := h.db.Events(t.Context(), m.ID, 0, 0)
	require.NoError(t, err)
	require.Equal(t, manager, events[0].Details["account"])
	require.Equal(t, []string{manager}, h.writtenTo(m.ID))
}

// writtenTo are the accounts to which mails of a case were queued.
func (h *house) writtenTo(caseID string) []string {
	h.t.Helper()
	var list []string
	require.NoError(h.t, h.db.SelectContext(h.t.Context(), &list, `SELECT account::text FROM notices WHERE case_id = $1 ORDER BY account`, caseID))
	return list
}

func TestSettlement_WhoeverTakesTheManagementTakesWhatGoesWithIt(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company")
	before := m.isManaged()
	after := h.Officer.ID
	if before == after {
		after = h.Officer2.ID
	}
	s := m.starts("company")
	own, lent := s.managed(station.TaskTrouble), m.managed(station.TaskStalled)
	require.Equal(t, before, s.records(station.Change{Open: []station.TaskSpec{own}}).Tasks[0].Assignee)
	m.records(station.Change{Open: []station.TaskSpec{lent}})
	m.records(station.Change{Assign: &station.Assignment{Task: lent.ID, Account: h.Director.ID}})

	m.records(station.Change{Assign: &station.Assignment{Task: station.ManagementTask(m.ID), Account: after}})
	require.Equal(t, after, m.manager())
	require.Equal(t, []string{after, after, h.Director.ID}, []string{
		h.taskNow(station.ManagementTask(m.ID)).Assignee, h.taskNow(own.ID).Assignee, h.taskNow(lent.ID).Assignee,
	})
	waiver := s.managed(station.TaskWaiver)
	require.Equal(t, after, s.records(station.Change{Open: []station.TaskSpec{waiver}}).Tasks[0].Assignee)

	s.records(station.Change{Assign: &station.Assignment{Task: own.ID, Role: station.RoleDirector, Wait: &station.Wait{Days: 3}}})
	m.records(station.Change{Assign: &station.Assignment{Task: station.ManagementTask(m.ID)}})
	require.Empty(t, m.manager(), "released")
	require.Empty(t, h.taskNow(waiver.ID).Assignee, "so it is the pool's")
	m.records(station.Change{Assign: &station.Assignment{Task: station.ManagementTask(m.ID), Account: before}})
	require.Equal(t, before, h.taskNow(waiver.ID).Assignee)
	require.Empty(t, h.taskNow(own.ID).Assignee, "it is a director's now")
}

func TestSettlement_ManagementAndItsServicesTasksAgreeWhateverRaces(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company")
	m.isManaged()
	s := m.starts("company")
	for n := range 10 {
		to := []string{h.Officer.ID, h.Officer2.ID}[n%2]
		spec := s.managed(station.TaskTrouble)
		spec.ID = s.task(station.StageTrouble, n+1)
		hand := m.change(station.Change{Assign: &station.Assignment{Task: station.ManagementTask(m.ID), Account: to}})
		open := s.change(station.Change{Open: []station.TaskSpec{spec}})
		var wg sync.WaitGroup
		errs := make([]error, 2)
		wg.Go(func() { _, errs[0] = h.db.Record(context.Background(), hand) })
		wg.Go(func() { _, errs[1] = h.db.Record(context.Background(), open) })
		wg.Wait()
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.Equal(t, to, h.taskNow(spec.ID).Assignee)
	}
}

func TestSettlement_BeginsAServiceAsACaseOfItsOwn(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company", "office")
	s := m.starts("office", "company")
	require.Equal(t, station.ServiceCase(m.ID, "office", 1), s.ID)
	require.Equal(t, []any{"HZ-SERVICE-2026-000001", station.ServiceKind, m.Programme, m.Branch, m.Applicant, station.Open},
		[]any{s.Number, s.Kind, s.Programme, s.Branch, s.Applicant, s.Status})
	require.Equal(t, []string{"company 1 chosen ", "office 1 asked "}, m.services())
	o, err := h.db.OpenService(t.Context(), s.ID)
	require.NoError(t, err)
	require.Equal(t, []any{m.ID, "office", "", []string{"east", "west"}, []string{"company"}}, []any{o.Settlement, o.Offer.Code, o.Offer.Name.Zh, o.Providers, o.Without})

	m.run, m.seq = "run-2", 0 // an operator's reset
	require.Equal(t, s.ID, m.starts("office", "company").ID)
	var cases int
	m.reads(`SELECT count(*) FROM cases WHERE kind = 'service'`, nil, &cases)
	require.Equal(t, 1, cases)
	opened, err := h.db.OpenCase(t.Context(), s.ID)
	require.NoError(t, err)
	require.Equal(t, m.Applicant, opened.Applicant)
	unstarted, err := h.db.Unstarted(t.Context(), station.Case{}, monday.AddDate(0, 0, 1), 10)
	require.NoError(t, err)
	require.Equal(t, []string{s.ID}, []string{unstarted[0].ID}, "the sweep starts what its settlement did not")
}

func TestSettlement_AServiceThatHadEndedCanBeChosenForAnotherTime(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company", "residence")
	m.guides(station.SettlementMove{End: []station.ServiceEnd{{Code: "company", Reason: station.ReasonDropped}}})
	a := m.does(h.Newcomers[0], station.Decide, station.SettlingTask(m.ID), station.Body{Verdict: station.Add, Services: []string{"company", "school"}})
	adds := func() {
		m.records(station.Change{Act: a.ID, Services: &station.SettlementMove{Add: []string{"company", "school", "residence", "spa"}}})
	}
	adds()
	want := []string{"company 1 ended dropped", "residence 1 chosen ", "company 2 chosen ", "school 1 chosen "}
	require.Equal(t, want, m.services())
	m.guides(station.SettlementMove{End: []station.ServiceEnd{{Code: "company", Reason: station.ReasonNeedGone}}})
	m.run, m.seq = "run-2", 0
	adds()
	want[2] = "company 2 ended need_gone"
	require.Equal(t, want, m.services(), "by one act, once")
	w := m.guides(station.SettlementMove{Begin: []station.ServiceBegin{{Code: "company", Attempt: 2}}})
	require.Equal(t, station.ServiceCase(m.ID, "company", 2), w.Begun[0].ID)
	want[2] = "company 2 asked "
	require.Equal(t, want, m.services())
}

func TestSettlement_TakesPapersTheNewestOfEachKind(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	m := h.chooses("company")
	gives := func(minutes int, until station.Day) station.Act {
		m.at = monday.AddDate(0, 0, minutes)
		return m.does(who, station.Confirm, m.task("papers", 1), station.Body{Papers: []station.Paper{h.paper(who, "identity", until)}})
	}
	first, second := gives(1, "2027-01-01"), gives(2, "2028-01-01")
	for _, a := range []station.Act{second, first} { // a reset can bring the first again
		m.guides(station.SettlementMove{Papers: a.ID})
	}
	held, err := h.db.PapersHeld(t.Context(), m.ID, monday)
	require.NoError(t, err)
	require.Equal(t, []station.Paper{{Kind: "identity", Until: "2028-01-01"}}, held.Papers)
	documents, err := h.db.DocumentsOfCase(t.Context(), m.ID)
	require.NoError(t, err)
	require.Len(t, documents, 2)
	_, err = h.db.InsertAct(t.Context(), station.Act{
		ID: station.NewID(), Case: m.ID, Task: m.task("papers", 1), Kind: station.Confirm, Actor: who.ID, At: m.at, Status: station.Pending,
		Body: station.Body{Papers: []station.Paper{h.paper(h.Newcomers[1], "identity", "2028-01-01")}},
	})
	require.Equal(t, []station.Field{{Path: "papers/0/document", Rule: "unknown_document"}}, complaints(t, err))
}

func TestSettlement_SaysToAServiceOnceHowItGoesOn(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company")
	s := m.starts("company")
	say := station.SettlementMove{Say: []station.ServiceSaid{{Case: s.ID, Verdict: station.AskAgain, Occasion: "need.1"}}}
	w := m.guides(say)
	require.Len(t, w.Wake, 1)
	require.Equal(t, []any{s.ID, station.Move, station.SettlementTask(s.ID)}, []any{w.Wake[0].Case, w.Wake[0].Signal.Kind, w.Wake[0].Signal.Task})
	m.run, m.seq = "run-2", 0
	require.Empty(t, m.guides(say).Wake)
	say.Say[0].Occasion = "need.2"
	require.Len(t, m.guides(say).Wake, 1)
	require.Equal(t, []string{"ask_again ", "ask_again "}, s.hears())
	s.ends(station.Terminated)
	say.Say[0].Occasion = "need.3"
	require.Empty(t, m.guides(say).Wake, "it hears nothing any more")
	require.Equal(t, "ended", lastState(m))
}

func lastState(m *matter) (state string) {
	m.reads(`SELECT state FROM services WHERE settlement = $1 ORDER BY position DESC, attempt DESC LIMIT 1`, []any{m.ID}, &state)
	return state
}

func TestSettlement_KeepsHowAServiceWasRated(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company")
	s := m.starts("company")
	m.guides(station.SettlementMove{Rating: &station.Rating{Service: s.ID, Stars: 2}})
	var stars int
	m.reads(`SELECT stars FROM services WHERE case_id = $1`, []any{s.ID}, &stars)
	require.Equal(t, 2, stars)
}

func TestSettlement_ThatIsStoppedHalfWayLetsItsServicesGo(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company", "residence", "office", "school")
	done, asked, told := m.starts("company"), m.starts("residence"), m.starts("office")
	done.is(station.ServiceMove{State: station.ServiceDone})
	m.guides(station.SettlementMove{Say: []station.ServiceSaid{{Case: told.ID, Verdict: station.Cancel, Occasion: "withdrawn"}}})
	m.ends(station.Failed)
	require.Equal(t, []string{"cancel ", "cancel "}, append(asked.hears(), told.hears()...))
	require.Empty(t, done.hears(), "the office needs the company")
	asked.ends(station.Withdrawn)
	require.Empty(t, done.hears())
	told.ends(station.Withdrawn)
	require.Equal(t, []string{"cancel "}, done.hears())
	require.Equal(t, "ended", lastState(m))
	var ended bool
	m.reads(`SELECT ended FROM settlements WHERE case_id = $1`, []any{m.ID}, &ended)
	require.True(t, ended)

	m.run, m.seq = "run-2", 0
	m.records(station.Change{Event: station.EventResumed})
	m.reads(`SELECT ended FROM settlements WHERE case_id = $1`, []any{m.ID}, &ended)
	require.False(t, ended)
	require.Equal(t, "chosen", lastState(m))
	require.Empty(t, h.audit())
}

func TestSettlement_ThatIsStoppedLetsStandWhatCannotBeUndone(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("residence", "school")
	residence, school := m.starts("residence"), m.starts("school")
	residence.is(station.ServiceMove{State: station.ServiceDone})
	school.is(station.ServiceMove{State: station.ServiceDone})
	m.ends(station.Failed)
	require.Equal(t, []string{"cancel ", "over "}, append(residence.hears(), school.hears()...))
}

func TestSettlement_MovesToAnotherBranchWithWhatWasNotDone(t *testing.T) {
	h := newSettling(t)
	who := h.Newcomers[0]
	m, err := h.takes(who, station.SettlementForm{
		Services: []string{"company", "residence", "bank", "office", "school"}, Phone: "13800000000", District: "HZ-XH", Papers: []station.Paper{h.paper(who, "plan", "")},
	})
	require.NoError(t, err)
	m.starts("company").is(station.ServiceMove{State: station.ServiceDone})
	m.starts("residence").is(station.ServiceMove{State: station.ServiceUndone, Reason: station.ReasonDropped})
	drop := m.does(who, station.Decide, station.SettlingTask(m.ID), station.Body{Verdict: station.Drop, Services: []string{"school"}})
	m.records(station.Change{Act: drop.ID, Settle: []station.Settlement{{Act: drop.ID, Status: station.Recorded}}})
	a := m.does(who, station.Decide, station.SettlingTask(m.ID), station.Body{Verdict: station.Relocate, Branch: "HZ-BJ"})
	rest := []station.ServiceEnd{{Code: "bank", Reason: station.ReasonMoved}, {Code: "office", Reason: station.ReasonMoved}}
	m.guides(station.SettlementMove{End: rest})
	move := station.Change{
		Event: station.EventMoving, Act: a.ID, Services: &station.SettlementMove{Moves: a.ID}, End: &station.Ending{},
		Standing: station.Standing{Stage: station.StageEnded, Status: station.Withdrawn, Reason: station.ReasonMoved},
	}
	w := m.records(move)
	require.Len(t, w.Begun, 1)
	next := w.Begun[0]
	require.Equal(t, []any{station.SettlementKind, "HZ-BJ", who.ID}, []any{next.Kind, next.Branch, next.Applicant})
	raw, err := h.db.Form(t.Context(), next.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"district": "HZ-BJ", "services": ["residence", "office"], "has": ["company"], "phone": "13800000000"}`, string(raw))
	o, err := h.db.OpenSettlement(t.Context(), next.ID)
	require.NoError(t, err)
	require.Equal(t, []any{[]string{"residence", "office"}, []string{"company"}}, []any{o.Services, o.Has})
	require.Equal(t, []string{"company 1 done ", "residence 1 undone dropped", "bank 1 ended no_provider", "office 1 ended moved", "school 1 ended moved"}, m.services())

	m.run, m.seq = "run-2", 0
	require.Equal(t, next.ID, m.records(move).Begun[0].ID)
	var cases int
	m.reads(`SELECT count(*) FROM settlements`, nil, &cases)
	require.Equal(t, 2, cases)
}
