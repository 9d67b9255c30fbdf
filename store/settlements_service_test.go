package store_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

// ofProvider opens a task of a provider.
func (m *matter) ofProvider(kind station.TaskKind, stage station.Stage, n int, provider string) station.TaskSpec {
	return station.TaskSpec{
		ID: m.task(stage, n), Kind: kind, Role: station.RoleProvider, Provider: provider, Wait: station.Wait{Days: 3}, Notice: station.MailTask,
	}
}

// turnsTo asks a provider for the n-th time.
func (m *matter) turnsTo(n int, provider string) {
	m.t.Helper()
	m.records(station.Change{
		Event: station.EventProviderAsked, Standing: station.Standing{Stage: station.StageAsked, Tasks: []string{m.task(station.StageAsked, n)}},
		Service: &station.ServiceMove{State: station.ServiceAsked, Asks: n, Asked: provider},
		Open:    []station.TaskSpec{m.ofProvider(station.TaskService, station.StageAsked, n, provider)},
	})
}

// requests are what was asked of providers, and how it stands.
func (m *matter) requests() []string {
	m.t.Helper()
	var list []string
	require.NoError(m.t, m.db.SelectContext(m.t.Context(), &list, `
		SELECT concat(ordinal, ' ', provider, ' ', answer, CASE WHEN accepted_at IS NOT NULL THEN ' accepted' END, CASE on_time WHEN true THEN ' in time' WHEN false THEN ' late' END)
		FROM requests WHERE service = $1 ORDER BY ordinal`, m.ID))
	return list
}

// completes has a provider complete a service, so long after monday.
func (m *matter) completes(who station.Account, task string, after time.Duration) {
	m.t.Helper()
	m.at = monday.Add(after)
	a := m.does(who, station.Confirm, task, station.Body{Verdict: station.Confirmed})
	m.at = m.at.Add(time.Hour) // the case gets to it later
	m.records(station.Change{
		Act: a.ID, Task: task, Standing: station.Standing{Stage: station.StageAsked}, Close: []station.TaskEnd{{Task: task, Status: station.TaskDone}},
		Settle:  []station.Settlement{{Act: a.ID, Status: station.Recorded}},
		Service: &station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Say: station.Done},
	})
}

func TestService_IsItsProvidersTaskOfWhichEachOfItsPeopleIsTold(t *testing.T) {
	h := newSettling(t)
	h.runs(`UPDATE accounts SET disabled = true WHERE id = $1`, h.Providers["east"][1].ID)
	s := h.chooses("company", "office").starts("office")
	s.turnsTo(1, "east")
	require.Equal(t, []string{h.Providers["east"][0].ID}, h.writtenTo(s.ID))
	s.turnsTo(2, "west")
	require.Equal(t, "west", h.taskNow(s.task(station.StageAsked, 2)).Provider)
	require.Equal(t, []string{h.Providers["east"][0].ID, h.Providers["west"][0].ID, h.Providers["west"][1].ID}, h.writtenTo(s.ID))
}

func TestService_KnowsWhomItAskedAndHowThatEnded(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company", "office")
	s := m.starts("office")
	s.turnsTo(1, "east")
	s.is(station.ServiceMove{State: station.ServiceTrouble, Reason: station.ReasonRefused, Answers: station.AnswerRefused})
	require.Equal(t, []string{"company 1 chosen ", "office 1 trouble refused"}, m.services())
	s.turnsTo(2, "west")
	s.is(station.ServiceMove{State: station.ServiceTrouble, Reason: station.ReasonLate, Answers: station.AnswerLate})
	s.turnsTo(3, "") // the same again
	s.is(station.ServiceMove{State: station.ServiceAccepted, Answers: station.AnswerAccepted})
	require.Equal(t, []string{"company 1 chosen ", "office 1 accepted "}, m.services())
	require.Equal(t, []string{"1 east refused", "2 west late", "3 west  accepted"}, s.requests())
	s.completes(h.Providers["west"][0], s.task(station.StageAsked, 3), time.Hour)
	require.Equal(t, []string{"1 east refused", "2 west late", "3 west completed accepted in time"}, s.requests())
	require.Equal(t, []string{"done " + s.ID}, m.hears())
}

func TestService_IsInTimeIfItsProviderSaidSoBeforeItWasDue(t *testing.T) {
	day := 24 * time.Hour
	for name, x := range map[string]struct {
		after time.Duration
		held  bool
		want  string
	}{
		"before":                      {3*day + 14*time.Hour, false, "1 market completed in time"}, // an hour before midnight
		"after":                       {3*day + 15*time.Hour, false, "1 market completed late"},
		"while its clock stood still": {9 * day, true, "1 market completed in time"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newSettling(t)
			s := h.chooses("company").starts("company")
			s.turnsTo(1, "market")
			task := s.task(station.StageAsked, 1)
			if x.held {
				s.records(station.Change{Hold: task})
			}
			s.completes(h.Providers["market"][0], task, x.after)
			require.Equal(t, []string{x.want}, s.requests())
		})
	}
}

func TestService_ARunThatWasResetAsksNobodyTwice(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company", "office")
	s := m.starts("office")
	s.turnsTo(1, "east")
	refuses := station.ServiceMove{State: station.ServiceTrouble, Reason: station.ReasonRefused, Answers: station.AnswerRefused, Request: 1}
	s.is(refuses)
	s.turnsTo(2, "west")
	s.is(station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Request: 2, Say: station.Done})
	before, told := s.requests(), h.writtenTo(s.ID)

	s.run, s.seq, s.at = "run-2", 0, monday.Add(time.Hour)
	s.records(station.Change{Event: station.EventResumed, Standing: station.Standing{Stage: station.StageAsked, Tasks: []string{s.task(station.StageAsked, 1)}}})
	require.Equal(t, "asked", lastState(m))
	require.Equal(t, "east", h.taskNow(s.task(station.StageAsked, 1)).Provider)
	s.is(refuses)
	require.Equal(t, before, s.requests())
	s.turnsTo(2, "west")
	require.Equal(t, []string{"1 east refused", "2 west "}, s.requests())
	w := s.is(station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Request: 2, Say: station.Done})
	require.Empty(t, w.Wake)
	require.Equal(t, before, s.requests())
	require.Equal(t, told, h.writtenTo(s.ID))
	require.Equal(t, []string{"done " + s.ID}, m.hears())

	s.run, s.seq = "run-3", 0 // and this time the first provider accepts
	s.is(station.ServiceMove{State: station.ServiceAccepted, Answers: station.AnswerAccepted, Request: 1})
	require.Equal(t, "1 east  accepted", s.requests()[0])
	s.turnsTo(2, "east")
	require.Equal(t, []string{"1 east cancelled accepted", "2 east "}, s.requests())
	require.Empty(t, h.audit())
}

func TestService_ThatEndsLeavesNothingOpenAndItsSettlementHears(t *testing.T) {
	for status, x := range map[station.Status]struct{ state, said string }{
		station.Completed:  {"done", "done"},
		station.Withdrawn:  {"undone", "undone"},
		station.Terminated: {"ended", "ended"},
		station.Failed:     {"ended", "ended"},
	} {
		t.Run(string(status), func(t *testing.T) {
			h := newSettling(t)
			m := h.chooses("company")
			s := m.starts("company")
			s.turnsTo(1, "market")
			w := s.ends(status)
			require.Len(t, w.Wake, 1)
			require.Equal(t, station.ServicesTask(m.ID), w.Wake[0].Signal.Task)
			require.Equal(t, x.state, lastState(m))
			require.Equal(t, []string{"1 market cancelled"}, s.requests())
			require.Equal(t, []string{x.said + " " + s.ID}, m.hears())
		})
	}
	h := newSettling(t)
	m := h.chooses("company")
	s := m.starts("company")
	s.is(station.ServiceMove{State: station.ServiceWaived, Reason: station.ReasonWaived, Say: station.Waive})
	require.Empty(t, s.ends(station.Terminated).Wake, "it has heard")
	require.Equal(t, "waived", lastState(m))
	m.ends(station.Completed)
	require.Equal(t, []string{"waive " + s.ID}, m.hears())
}

func TestService_ThatWasStoppedWhenItWasDoneIsAnsweredFor(t *testing.T) {
	for name, x := range map[string]struct {
		said  station.Verdict
		state string
		hears station.Verdict
	}{
		"called off":  {station.Cancel, "ended", station.Ended},
		"ended":       {station.End, "ended", station.Ended},
		"asked again": {station.AskAgain, "done", station.Done},
		"over":        {station.Over, "done", ""},
	} {
		for _, before := range []bool{true, false} {
			t.Run(name+map[bool]string{true: " before it heard", false: " afterwards"}[before], func(t *testing.T) {
				h := newSettling(t)
				m := h.chooses("company")
				s := m.starts("company")
				s.turnsTo(1, "market")
				s.is(station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Say: station.Done})
				says := func() {
					m.records(station.Change{Services: &station.SettlementMove{Say: []station.ServiceSaid{{Case: s.ID, Verdict: x.said, Occasion: "1"}}}})
				}
				if before {
					says()
				}
				s.ends(station.Failed)
				if !before {
					says()
				}
				require.Equal(t, x.state, lastState(m))
				want := []string{"done " + s.ID}
				if x.hears != "" {
					want = append(want, string(x.hears)+" "+s.ID)
				}
				require.ElementsMatch(t, want, m.hears())
				require.Empty(t, h.audit())
			})
		}
	}
}

func TestService_ManyOfASettlementMoveAtOnceAndNoneWaitsForEver(t *testing.T) {
	h := newSettling(t)
	m := h.chooses("company", "residence", "office", "school")
	m.isManaged()
	var wg sync.WaitGroup
	records := func(changes ...station.Change) {
		wg.Go(func() {
			for _, ch := range changes {
				if _, err := h.db.Record(context.Background(), ch); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var of []*matter
	for _, code := range []string{"company", "residence", "office", "school"} {
		of = append(of, m.starts(code))
	}
	var own []station.Change
	for n := range 10 {
		for _, s := range of {
			own = append(own, m.change(station.Change{
				Assign:   &station.Assignment{Task: station.ManagementTask(m.ID), Account: []string{h.Officer.ID, h.Officer2.ID}[n%2]},
				Services: &station.SettlementMove{Say: []station.ServiceSaid{{Case: s.ID, Verdict: station.AskAgain, Occasion: strconv.Itoa(n)}}},
			}))
		}
	}
	records(own...)
	for _, s := range of {
		var list []station.Change
		task := s.managed(station.TaskTrouble)
		for n := range 10 {
			list = append(list,
				s.change(station.Change{Open: []station.TaskSpec{task}, Service: &station.ServiceMove{State: station.ServiceAsked, Asks: n + 1, Asked: "east"}}),
				s.change(station.Change{Close: []station.TaskEnd{{Task: task.ID, Status: station.TaskDone}}}),
				s.change(station.Change{Service: &station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Say: station.Done}}),
			)
		}
		records(append(list, s.change(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Completed}, End: &station.Ending{}}))...)
	}
	wg.Wait()
	var heard int
	m.reads(`SELECT count(*) FROM acts WHERE kind = 'move' AND body->>'verdict' = 'ask_again'`, nil, &heard)
	require.Len(t, m.hears(), 40+40-heard, "for a service that has ended it is answered that it is done")
	var lost int
	m.reads(`SELECT count(*) FROM acts a JOIN cases c ON c.id = a.case_id AND c.ended_at IS NOT NULL WHERE a.status = 'pending'`, nil, &lost)
	require.Zero(t, lost, "what a service hears it hears before its end, or never")
}
