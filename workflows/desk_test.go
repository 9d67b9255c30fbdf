package workflows_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"wutong/activities"
	"wutong/station"
	"wutong/store/storetest"
)

// What the scenarios of a referral do not reach: acts that come at the wrong
// moment, or from nobody, and what a step does when it is cut short.

// keep puts an act into the database as the service would, but unchecked, and
// tells nobody.
func (s *scenario) keep(a station.Act) station.Act {
	s.t.Helper()
	a.ID, a.Case, a.At, a.Status = station.NewID(), s.id, s.env.Now(), station.Pending
	a, err := s.db.InsertAct(s.t.Context(), a)
	require.NoError(s.t, err)
	return a
}

// signal tells the case of an act.
func (s *scenario) signal(a station.Act) {
	s.env.SignalWorkflow(station.SignalName, station.Signal{Act: a.ID, Kind: a.Kind, Task: a.Task})
}

func (s *scenario) act(id string) station.Act {
	s.t.Helper()
	a, err := s.db.ActByID(s.t.Context(), id)
	require.NoError(s.t, err)
	return a
}

// acts are the acts of a kind, the oldest first.
func (s *scenario) acts(kind station.ActKind) (list []station.Act) {
	s.t.Helper()
	var ids []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &ids, `SELECT id FROM acts WHERE case_id = $1 AND kind = $2 ORDER BY id`, s.id, kind))
	for _, id := range ids {
		list = append(list, s.act(id))
	}
	return list
}

// events are what happened, in order.
func (s *scenario) events() (list []station.EventKind) {
	s.t.Helper()
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT kind FROM events WHERE case_id = $1 ORDER BY seq`, s.id))
	return list
}

// whileRecording has something happen while the n-th change with an event is on
// its way into the database, and holds that change up until the desk has looked
// at so many acts more.
func (s *scenario) whileRecording(event station.EventKind, n, looked int, do func()) {
	s.atRecord(event, n, looked, do, nil)
}

// onceRecorded has something happen when that change is in the database, and
// the case has not heard of it.
func (s *scenario) onceRecorded(event station.EventKind, n, looked int, do func()) {
	s.atRecord(event, n, looked, nil, do)
}

func (s *scenario) atRecord(event station.EventKind, n, looked int, before, after func()) {
	var loads, seen atomic.Int64
	s.env.SetOnLocalActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { loads.Add(1) })
	s.env.OnActivity((*activities.Records)(nil).Record, mock.Anything, mock.Anything).Return(
		func(ctx context.Context, changes []station.Change) ([]station.Written, error) {
			has := slices.ContainsFunc(changes, func(ch station.Change) bool { return ch.Event == event })
			if !has || seen.Add(1) != int64(n) {
				return s.db.Record(ctx, changes...)
			}
			happens := func(do func()) {
				if do == nil {
					return
				}
				already := loads.Load()
				do()
				assert.Eventually(s.t, func() bool { return loads.Load() >= already+int64(looked) }, 10*time.Second, time.Millisecond,
					"the desk does not look at what came in")
			}
			happens(before)
			w, err := s.db.Record(ctx, changes...)
			happens(after)
			return w, err
		})
}

// withdraws has the referrer withdraw at once.
func (s *scenario) withdraws() {
	_, err := s.svc.Withdraw(context.Background(), storetest.As(s.t, s.db, s.people.Referrer), s.id, "")
	assert.NoError(s.t, err)
}

func TestDesk_RefusesAnActForATaskThatIsNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		task string
		why  station.Reason
	}{
		"a task that never was":       {"check.9", station.ReasonTaskClosed},
		"a task that is done":         {"consent.1", station.ReasonTaskClosed},
		"a review that nobody needs":  {"review.9", station.ReasonQuorumMet},
		"an appeal that is not heard": {"appeal.1", station.ReasonQuorumMet},
		"no task at all":              {"", station.ReasonTaskClosed},
	} {
		t.Run(name, func(t *testing.T) {
			s := refer(t).talentConsents()
			task := ""
			if c.task != "" {
				task = s.id + "." + c.task
			}
			var a station.Act
			s.then(func() {
				a = s.keep(station.Act{Task: task, Kind: station.Decide, Actor: s.people.Officer.ID, Body: station.Body{Verdict: station.Accept}})
				s.signal(a)
			})
			s.officerAccepts().reviewersScore(80, 80, 80).ends(station.Accepted, "")
			a = s.act(a.ID)
			assert.Equal(t, station.ActRefused, a.Status)
			assert.Equal(t, c.why, a.Reason)
			assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'act_refused' AND act = $2 AND details->>'reason' = $3`, s.id, a.ID, string(c.why)))
		})
	}
}

func TestDesk_IgnoresASignalThatNoActStandsBehind(t *testing.T) {
	usual := refer(t).talentConsents().officerAccepts().reviewersScore(80, 80, 80)
	usual.ends(station.Accepted, "")
	other := usual.acts(station.Decide)[0]
	for name, forged := range map[string]func(s *scenario) any{
		"an act that nobody made": func(s *scenario) any {
			return station.Signal{Act: station.NewID(), Kind: station.Decide, Task: s.id + ".check.1"}
		},
		"an ID that is none": func(s *scenario) any { return station.Signal{Act: "1", Kind: station.Withdraw} },
		"a withdrawal":       func(*scenario) any { return station.Signal{Kind: station.Withdraw} },
		"nothing":            func(*scenario) any { return station.Signal{} },
		"words":              func(*scenario) any { return "withdraw" },
		"a number":           func(*scenario) any { return 7 },
		"null":               func(*scenario) any { return nil },
		"another case's act": func(s *scenario) any {
			return station.Signal{Act: s.foreign(other), Kind: station.Decide, Task: s.id + ".check.1"}
		},
		"twice what is no act": func(s *scenario) any {
			s.env.SignalWorkflow(station.SignalName, "words")
			return "words"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := refer(t).talentConsents()
			s.then(func() { s.env.SignalWorkflow(station.SignalName, forged(s)) })
			s.officerAccepts()
			s.then(func() { s.env.SignalWorkflow(station.SignalName, forged(s)) })
			s.reviewersScore(80, 80, 80).ends(station.Accepted, "")
			assert.Equal(t, usual.events(), s.events(), "the history tells of a signal that nobody sent")
		})
	}
}

// foreign opens another case, with an act like one of ours, and gives the act's
// ID.
func (s *scenario) foreign(like station.Act) string {
	s.t.Helper()
	form := `{"channel":"alumni","name":"Else","email":"else@example.com","institution":"zju","field":"AI","evidence":["https://example.com"],"why":"x"}`
	c, _, err := s.svc.Start(s.t.Context(), storetest.As(s.t, s.db, s.people.Referrer), station.Referral, storetest.Programme, "else", []byte(form))
	require.NoError(s.t, err)
	a := station.Act{ID: station.NewID(), Case: c.ID, Kind: like.Kind, Actor: like.Actor, Body: like.Body, At: s.env.Now(), Status: station.Pending}
	_, err = s.db.InsertAct(s.t.Context(), a)
	require.NoError(s.t, err)
	return a.ID
}

func TestDesk_SettlesAnActOnceHoweverOftenItIsSignalled(t *testing.T) {
	s := refer(t)
	again := func(n int) {
		for _, kind := range []station.ActKind{station.Decide, station.Assign} {
			for _, a := range s.acts(kind) {
				for range n {
					s.signal(a)
				}
			}
		}
	}
	// at once, while the first is being looked at, and much later
	s.talentConsents().then(func() { again(2) })
	s.then(func() {
		a := s.keep(station.Act{Task: s.id + ".check.1", Kind: station.Decide, Actor: s.people.Officer.ID, Body: station.Body{Verdict: station.Accept}})
		for range 3 {
			s.signal(a)
		}
	})
	s.reviewersScore(80).then(func() { again(2) }).reviewersScore(80, 80)
	s.ends(station.Accepted, "")
	assert.Equal(t, 5, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'recorded'`, s.id))
	assert.NotContains(t, s.events(), station.EventActRefused)
	for _, kind := range []station.EventKind{station.EventConsented, station.EventChecked} {
		assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = $2`, s.id, kind), kind)
	}
	assert.Equal(t, 3, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'reviewed'`, s.id))
}

func TestDesk_SettlesWhatComesWithTheLastRecord(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(80, 80, 80)
	s.whileRecording(station.EventAccepted, 1, 2, func() {
		s.withdraws()
		s.signal(s.keep(station.Act{Task: s.id + ".check.1", Kind: station.Decide, Actor: s.people.Officer.ID}))
	})
	s.ends(station.Accepted, "")
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'case_ended'`, s.id))
	assert.Equal(t, station.EventAccepted, last(1, s.events())[0], "nothing happens after the end")
}

func TestDesk_RecordsAWithdrawalThatComesWhileAnotherActIsRecorded(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(80, 80)
	s.whileRecording(station.EventReviewed, 2, 1, s.withdraws)
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, station.Recorded, s.acts(station.Withdraw)[0].Status, "the case is withdrawn, so whoever withdrew it must be told so")
	assert.Equal(t, []station.EventKind{station.EventReviewed, station.EventWithdrawn, station.EventClosed}, last(3, s.events()))
}

func TestDesk_RefusesWhatComesTooLateWhileAnotherActIsRecorded(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(80, 80, 80)
	var late station.Act
	s.whileRecording(station.EventReviewed, 2, 1, func() {
		late = s.keep(station.Act{Task: s.id + ".check.1", Kind: station.Decide, Actor: s.people.Officer.ID})
		s.signal(late)
	})
	s.ends(station.Accepted, "")
	assert.Equal(t, station.ReasonTaskClosed, s.act(late.ID).Reason, "the act and the history must give the same reason")
	assert.Equal(t, []station.EventKind{station.EventReviewed, station.EventActRefused, station.EventReviewed, station.EventAccepted}, last(4, s.events()))
}

// A task can be acted on as soon as its row is there; an outage can keep the
// case from hearing of it for half a minute.
func TestDesk_KeepsAnActOnATaskThatItsCaseHasNotHeardOf(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts()
	s.onceRecorded(station.EventAssigned, 2, 1, func() {
		for _, task := range s.openTasks(station.TaskReview) {
			who, err := s.db.AccountByID(s.t.Context(), task.Assignee)
			if assert.NoError(t, err) {
				_, err = s.svc.Decide(s.t.Context(), storetest.As(t, s.db, who), task.ID, "", score(80))
				assert.NoError(t, err)
			}
		}
	})
	s.ends(station.Accepted, "")
}

func last[T any](n int, list []T) []T { return list[max(0, len(list)-n):] }
