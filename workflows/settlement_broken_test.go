package workflows_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"wutong/activities"
	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

// stopped has an operator stop the workflow of a service: it writes that it failed.
// (A child that is cancelled in the test environment writes nothing more itself.)
func (s *settled) stopped(service string) *settled {
	return s.then(func() {
		var run string
		require.NoError(s.t, s.db.GetContext(s.t.Context(), &run, `SELECT run FROM cases WHERE id = $1`, s.of(service)))
		records := activities.Records{Store: s.db, Engine: fleetEngine{s.scenario}, Log: slog.New(slog.DiscardHandler)}
		_, err := records.Record(s.t.Context(), []station.Change{{
			Case: s.of(service), Run: "the end of " + run, After: run, Sequence: 1, At: s.env.Now(), Event: station.EventFailed, End: &station.Ending{},
			Standing: station.Standing{Stage: station.StageEnded, Status: station.Failed, Reason: station.ReasonStopped},
		}})
		require.NoError(s.t, err)
		s.env.CancelWorkflowByID(s.of(service), "")
	})
}

// withdrawsFrom has the newcomer withdraw the service's own case.
func (s *settled) withdrawsFrom(service string) *settled {
	return s.then(func() {
		_, err := s.svc.Withdraw(s.t.Context(), s.as(s.newcomer), s.of(service), "")
		require.NoError(s.t, err)
	})
}

func TestSettlement_WithdrawnWhileItAsksForPapersLeavesWhatHasNotBegun(t *testing.T) {
	s := settlesBy(t, "{}", station.SettlementForm{Services: []string{"office", "school"}, Has: []string{"company", "residence"}})
	records := activities.Records{Store: s.db, Engine: fleetEngine{s.scenario}, Log: slog.New(slog.DiscardHandler)}
	asked := 0
	withdraws := func() {
		_, err := s.svc.Withdraw(t.Context(), s.as(s.newcomer), s.id, "")
		require.NoError(t, err)
		time.Sleep(300 * time.Millisecond) // the desk looks at it
	}
	s.env.OnActivity((*activities.Records)(nil).Record, mock.Anything, mock.Anything).Return(
		func(ctx context.Context, changes []station.Change) ([]station.Written, error) {
			if changes[len(changes)-1].Event == station.EventPapersAsked {
				if asked++; asked == 2 {
					withdraws()
				}
			}
			return records.Record(ctx, changes)
		})
	s.gives("plan") // the office could begin
	s.ended(station.Withdrawn, station.ReasonWithdrawn)
	require.Equal(t, 0, s.count(`SELECT count(*) FROM cases WHERE kind = 'service'`))
}

func TestSettlement_GoesOnWhenAnOperatorStopsAService(t *testing.T) {
	t.Run("on its way", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").accepts("police", "residence")
		s.stopped("residence").stands(station.ServiceEnded, "residence").rates("company", 5)
		s.ended(station.Completed, "").serviceEnded("residence", station.Failed, station.ReasonStopped)
	})
	t.Run("done, and dropped afterwards", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").stopped("company")
		s.drops("company").performs("police", "residence").rates("residence", 5)
		s.ended(station.Completed, "").serviceEnded("company", station.Failed, station.ReasonStopped)
	})
	t.Run("done, and the settlement withdrawn afterwards", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").stopped("company")
		s.withdraws().ended(station.Withdrawn, station.ReasonWithdrawn)
	})
	t.Run("done, and asked again without what it needs", func(t *testing.T) {
		s := settles(t, "company", "office", "residence").gives("identity", "plan", "degree").performs("market", "company").performs("east", "office")
		s.stopped("office").drops("company").undoes("market", "company")
		s.manages("office", station.TaskStalled, station.Body{Verdict: station.AskAgain})
		s.performs("police", "residence").passes(40).ended(station.Completed, "")
	})
	t.Run("while it is undone", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").drops("company").stopped("company")
		s.performs("police", "residence").rates("residence", 5).ended(station.Completed, "")
	})
}

func TestSettlement_HearsThatTheTalentWithdrewAService(t *testing.T) {
	t.Run("on its way", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").accepts("police", "residence")
		s.withdrawsFrom("residence").undoes("police", "residence").stands(station.ServiceUndone, "residence").rates("company", 5)
		s.ended(station.Completed, "").serviceEnded("residence", station.Withdrawn, station.ReasonWithdrawn)
	})
	t.Run("done", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company")
		s.withdrawsFrom("company").undoes("market", "company").performs("police", "residence").rates("residence", 5)
		s.ended(station.Completed, "")
	})
	t.Run("while it is undone", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").drops("company")
		s.withdrawsFrom("company").undoes("market", "company").performs("police", "residence").rates("residence", 5)
		s.ended(station.Completed, "")
	})
	t.Run("before it is rated", func(t *testing.T) {
		s := settles(t, "residence", "company").gives("identity", "degree").performs("police", "residence").performs("market", "company")
		s.withdrawsFrom("residence").undoes("police", "residence").then(func() { require.Equal(t, 1, s.opened(station.TaskRating)) })
		s.rates("company", 5).ended(station.Completed, "")
		require.Equal(t, 0, s.count(`SELECT count(*) FROM services WHERE code = 'residence' AND stars IS NOT NULL`))
	})
	t.Run("when it is rated", func(t *testing.T) {
		s := settles(t, "residence").gives("identity", "degree").performs("police", "residence").withdrawsFrom("residence").rates("residence", 5)
		s.undoes("police", "residence").ended(station.Completed, "")
	})
}

func TestSettlement_EndsWhateverItsServicesDoWhenAnOperatorStopsIt(t *testing.T) {
	s := settles(t, "residence", "company", "office").gives("identity", "degree", "plan").performs("market", "company").accepts("police", "residence")
	s.then(func() { s.env.CancelWorkflowByID(s.id, "") })
	s.undoes("market", "company").undoes("police", "residence").ended(station.Failed, station.ReasonStopped)
}

func TestSettlement_StoppedByAnOperatorUndoesAServiceBeforeWhatItNeeds(t *testing.T) {
	s := settles(t, "company", "office", "residence", "school").gives("identity", "plan", "degree", "child")
	s.performs("market", "company").performs("east", "office").performs("police", "residence").performs("education", "school")
	s.then(func() { s.env.CancelWorkflowByID(s.id, "") })
	s.stands(station.ServiceUndoing, "office", "residence").stands(station.ServiceDone, "company", "school") // a school place cannot be undone
	s.passes(20).stands(station.ServiceDone, "company").undoes("east", "office").stands(station.ServiceUndoing, "company")
	s.undoes("market", "company").undoes("police", "residence").ended(station.Failed, station.ReasonStopped)
	for _, service := range []string{"company", "office", "residence"} {
		s.serviceEnded(service, station.Withdrawn, station.ReasonStopped)
	}
	s.serviceEnded("school", station.Completed, "")
}

func TestSettlement_StoppedByAnOperatorWaitsForNoServiceThatIsStoppedToo(t *testing.T) {
	s := settles(t, "company", "office").gives("identity", "plan").performs("market", "company").performs("east", "office")
	s.then(func() { s.env.CancelWorkflowByID(s.id, "") }).stopped("office").stands(station.ServiceUndoing, "company")
	s.undoes("market", "company").ended(station.Failed, station.ReasonStopped)
}

func TestSettlement_GoesOnByItselfWhenWhatAServiceLackedIsThereAfterAll(t *testing.T) {
	t.Run("what it needs is added again", func(t *testing.T) {
		s := settles(t, "residence", "school").gives("identity", "degree", "child").drops("residence").adds("residence")
		s.then(func() { s.attempt["residence"] = 2 })
		s.then(func() { require.Equal(t, 0, s.opened(station.TaskStalled)) })
		s.performs("police", "residence").performs("education", "school").passes(40).ended(station.Completed, "")
		require.Equal(t, 0, s.count(`SELECT count(*) FROM services WHERE code = 'school' AND cardinality(without) > 0`))
	})
}

func TestSettlement_DoesNotBeginAServiceWithAPaperThatHasExpired(t *testing.T) {
	s := settlesBy(t, `{"papers": {"days": 3, "reminders": []}, "renew": 30}`, station.SettlementForm{Services: []string{"company", "office"}})
	c := storetest.Catalogue()
	for i := range c.Offers {
		if c.Offers[i].Code == "office" {
			c.Offers[i].Papers = append(c.Offers[i].Papers, "identity")
		}
	}
	require.NoError(t, s.db.Load(t.Context(), store.Seed{Catalogue: &c}))
	s.givesUntil("2026-03-12", "identity", "plan").accepts("market", "company") // a new one is asked for at once, and does not come
	s.passes(11).completes("market", "company").stands(station.ServiceChosen, "office")
	s.manages("office", station.TaskStalled, station.Body{Verdict: station.AskAgain}).gives("identity").performs("east", "office")
	s.passes(40).ended(station.Completed, "")
}
