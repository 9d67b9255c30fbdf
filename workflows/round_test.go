package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

const wan = 10_000 // yuan

// TestRound_RunsFromCallToReport is the whole round of the procedure: three
// projects, two seats, one investment with its match.
func TestRound_RunsFromCallToReport(t *testing.T) {
	r := opensRound(t)
	a := r.hub.Angels
	r.applies("tactile robot", "silk battery", "tea drone").
		on(callCloses).
		screened("tactile robot", 4).screened("silk battery", 3).screened("tea drone", 2).
		on(screeningCloses).
		confirmsSeat("tactile robot").confirmsSeat("silk battery").
		on(pitchDay).
		declares("tactile robot", station.ConflictNone, a[0], a[1], a[2]).
		declares("silk battery", station.ConflictNone, a[0], a[1], a[2]).
		attends("tactile robot").attends("silk battery").
		scores("tactile robot", 90, a[0], a[1]).scores("silk battery", 60, a[0], a[1]).
		on(scoresClose).
		commits(a[0], "tactile robot", station.Lead, 100*wan).commits(a[1], "tactile robot", station.Follow, 20*wan).
		commits(a[2], "silk battery", station.Follow, 80*wan).
		on(deliberationCloses).
		sendsFeedback("tactile robot").sendsFeedback("silk battery").
		confirmsClosing("tactile robot", r.angel(0)).confirmsClosing("tactile robot", r.team("tactile robot")).
		paysMatch("tactile robot").
		runs()
	r.ended("tactile robot", station.Completed, "").ended("silk battery", station.Unfunded, station.ReasonNoSyndicate).
		ended("tea drone", station.Unplaced, station.ReasonNoSeat)

	c, err := r.db.CaseByID(t.Context(), r.id)
	require.NoError(t, err)
	assert.Equal(t, station.Completed, c.Status)
	projects, err := r.db.Projects(t.Context(), roundCode, "")
	require.NoError(t, err)
	require.Len(t, projects, 3)
	best := projects[0]
	assert.Equal(t, "tactile robot", best.Name)
	assert.Equal(t, int64(120*wan*100), best.Committed)
	assert.Equal(t, int64(36*wan*100), best.Match, "30 percent")
	assert.InDelta(t, 90, best.Scores.Mean, 0.01)
	assert.Equal(t, 36*wan*100, r.count(`SELECT matched FROM rounds`))
	assert.Equal(t, 36*wan*100, r.count(`SELECT sum(fen) FROM fund_entries WHERE kind = 'pay'`))
}

// TestRound_AWaitingListIsUsedToItsEnd: every seat that is given up goes to the
// next, until nobody waits.
func TestRound_AWaitingListIsUsedToItsEnd(t *testing.T) {
	r := opensRound(t, func(f *station.RoundForm) { f.Capacity = 1 })
	r.applies("first", "second", "third").
		on(callCloses).screened("first", 4).screened("second", 3).screened("third", 2).
		on(screeningCloses)
	r.decides(r.hub.Teams[0], "first", station.TaskSeat, station.Body{Verdict: station.Decline})
	r.on(screeningCloses + 6) // the second has not confirmed within three working days
	r.confirmsSeat("third").
		on(pitchDay)
	r.decides(r.people.Officer, "third", station.TaskAttendance, station.Body{Verdict: station.Absent})
	r.runs()
	r.ended("first", station.Refused, station.ReasonSeatRefused).ended("second", station.Lapsed, station.ReasonSeatSilent).
		ended("third", station.Lapsed, station.ReasonAbsent)
}

// TestRound_TwoLeads: both are told; one steps back, or the larger ticket leads.
func TestRound_TwoLeadsAreToldAndTheLargerTicketLeads(t *testing.T) {
	r := pitched(t)
	a := r.hub.Angels
	r.commits(a[0], "robot", station.Lead, 60*wan).commits(a[1], "robot", station.Lead, 70*wan)
	r.then(func() {
		assert.Len(t, r.told("robot", a[0], station.MailPitchTwoLeads), 1)
		assert.Len(t, r.told("robot", a[1], station.MailPitchTwoLeads), 1)
	})
	r.on(deliberationCloses).sendsFeedback("robot")
	r.then(func() {
		chosen, err := r.db.Chosen(t.Context(), r.cases["robot"])
		require.NoError(t, err)
		assert.Equal(t, []string{a[1].ID, a[0].ID}, chosen)
	})
	r.confirmsClosing("robot", r.angel(1)).confirmsClosing("robot", r.team("robot")).paysMatch("robot").runs()
	r.ended("robot", station.Completed, "")
}

func TestRound_ALeadStepsBackForAnother(t *testing.T) {
	r := pitched(t)
	a := r.hub.Angels
	r.commits(a[0], "robot", station.Lead, 60*wan).commits(a[1], "robot", station.Lead, 70*wan).commits(a[1], "robot", station.Follow, 70*wan)
	r.on(deliberationCloses).sendsFeedback("robot").
		confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot")).paysMatch("robot").runs()
	r.ended("robot", station.Completed, "")
}

// TestRound_ASyndicateThatLosesMembersIsRefilled: within five working days it
// finds another, or the match is released.
func TestRound_ASyndicateThatLosesMembersIsRefilled(t *testing.T) {
	for name, refilled := range map[string]bool{"by another": true, "by nobody": false} {
		t.Run(name, func(t *testing.T) {
			r := pitched(t)
			a := r.hub.Angels
			r.commits(a[0], "robot", station.Lead, 30*wan).commits(a[1], "robot", station.Follow, 30*wan)
			r.on(deliberationCloses).sendsFeedback("robot")
			r.decides(a[1], "robot", station.TaskTicket, station.Body{Verdict: station.StepBack})
			if !refilled {
				r.runs()
				r.ended("robot", station.Unfunded, station.ReasonNoSyndicate)
				assert.Equal(t, 0, r.count(`SELECT matched FROM rounds`))
				assert.Equal(t, 0, r.count(`SELECT sum(reserved) FROM fund_years`))
				return
			}
			r.commits(a[2], "robot", station.Follow, 40*wan)
			r.on(deliberationCloses+9).confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot")).paysMatch("robot").runs()
			r.ended("robot", station.Completed, "")
			assert.Equal(t, 21*wan*100, r.count(`SELECT matched FROM rounds`))
		})
	}
}

// TestRound_AClosingIsExtendedOnceByBoth.
func TestRound_AClosingIsExtendedOnceByBoth(t *testing.T) {
	r := pitched(t)
	a := r.hub.Angels
	r.commits(a[0], "robot", station.Lead, 60*wan).on(deliberationCloses).sendsFeedback("robot")
	r.passes(20)
	r.extends("robot", r.angel(0)).extends("robot", r.team("robot"))
	r.passes(20)
	r.extends("robot", r.angel(0)) // refused
	r.then(func() {
		assert.Equal(t, 1, r.count(`SELECT count(*) FROM acts WHERE reason = $1`, station.ReasonExtended))
	})
	r.runs()
	r.ended("robot", station.Unfunded, station.ReasonClosingLate)
	assert.Equal(t, 0, r.count(`SELECT sum(reserved) FROM fund_years`), "the match is released")
}

// TestRound_AConflictThatIsDeclaredLateStrikesTheScores: the ranking is computed
// again, and the history says what it did.
func TestRound_AConflictThatIsDeclaredLateStrikesTheScores(t *testing.T) {
	r := pitched(t)
	a := r.hub.Angels
	r.scores("robot", 20, a[0]).scores("robot", 80, a[1])
	r.commits(a[0], "robot", station.Lead, 60*wan)
	r.declares("robot", station.ConflictInvested, a[0])
	r.then(func() {
		projects, err := r.db.Projects(t.Context(), roundCode, "")
		require.NoError(t, err)
		assert.InDelta(t, 80, projects[0].Scores.Mean, 0.01)
		assert.Equal(t, 1, r.count(`SELECT count(*) FROM events WHERE kind = 'declared' AND details::jsonb ? 'before' AND details::jsonb ? 'after'`))
		_, err = r.svc.Case(t.Context(), r.as(a[0]), r.cases["robot"])
		assert.Equal(t, station.NotFound, station.CodeOf(err))
	})
	r.on(deliberationCloses).sendsFeedback("robot").runs()
	r.ended("robot", station.Unfunded, station.ReasonNoSyndicate)
}

// TestRound_AnAngelWhoRecusesFromTheScreeningIsReplaced.
func TestRound_AnAngelInConflictIsReplacedInTheScreening(t *testing.T) {
	r := opensRound(t)
	r.applies("robot").on(callCloses)
	r.then(func() {
		asked := r.tasks("robot", station.TaskReview)
		require.Len(t, asked, 3, "an officer and two angels")
		for _, task := range asked {
			if task.Assignee == "" {
				continue
			}
			who, err := r.db.AccountByID(t.Context(), task.Assignee)
			require.NoError(t, err)
			_, err = r.svc.Declare(t.Context(), r.as(who), r.cases["robot"], "", station.ConflictFamily)
			require.NoError(t, err)
			break
		}
	})
	r.then(func() { assert.Len(t, r.tasks("robot", station.TaskReview), 3) })
	r.screened("robot", 3).runs()
	assert.Equal(t, 3, r.count(`SELECT count(*) FROM reviews WHERE stage = 'screening'`))
	r.ended("robot", station.Lapsed, station.ReasonSeatSilent)
}

// TestRound_ItsTimetableMovesWithEveryoneTold.
func TestRound_ItsTimetableMovesWithEveryoneTold(t *testing.T) {
	r := opensRound(t)
	r.applies("robot").on(3)
	r.then(func() {
		c, err := r.db.RoundByCode(t.Context(), roundCode)
		require.NoError(t, err)
		times := c.Times
		times.CallCloses = times.CallCloses.AddDate(0, 0, 2)
		_, err = r.svc.Decide(t.Context(), r.as(r.people.Officer), station.TimetableTask(r.id), "", station.Body{Verdict: station.Reschedule, Times: &times})
		require.NoError(t, err)
	})
	r.on(callCloses + 1).applies("late, but in time")
	r.then(func() {
		s := *r.scenario
		assert.Len(t, s.mails(r.teams["robot"].ID), 1)
		assert.Len(t, s.mails(r.hub.Angels[0].ID), 1)
	})
	r.runs()
	r.ended("robot", station.Lapsed, station.ReasonSeatSilent)
}

func TestRound_IsCalledOff(t *testing.T) {
	r := opensRound(t)
	r.applies("robot").on(callCloses).screened("robot", 4)
	r.then(func() {
		_, err := r.svc.Decide(t.Context(), r.as(r.people.Officer), station.TimetableTask(r.id), "", station.Body{Verdict: station.Cancel, Reason: "The hall is flooded."})
		require.NoError(t, err)
	})
	r.runs()
	r.ended("robot", station.Lapsed, station.ReasonRoundOff)
}

func TestPitch_IsWithdrawnAndItsSeatGoesToTheNext(t *testing.T) {
	r := opensRound(t, func(f *station.RoundForm) { f.Capacity = 1 })
	r.applies("first", "second").on(callCloses).screened("first", 4).screened("second", 3).
		on(screeningCloses).confirmsSeat("first")
	r.then(func() {
		_, err := r.svc.Withdraw(t.Context(), r.as(r.teams["first"]), r.cases["first"], "")
		require.NoError(t, err)
	})
	r.confirmsSeat("second").on(pitchDay).attends("second").runs()
	r.ended("first", station.Withdrawn, station.ReasonWithdrawn).ended("second", station.Unfunded, station.ReasonNoSyndicate)
}

func TestPitch_ALateScoreIsKeptAndMarked(t *testing.T) {
	r := pitched(t)
	r.scores("robot", 70, r.hub.Angels[2]).on(deliberationCloses).runs()
	projects, err := r.db.Projects(t.Context(), roundCode, "")
	require.NoError(t, err)
	assert.Equal(t, 1, projects[0].Late)
	assert.Equal(t, 1, projects[0].Scores.Count)
}

func TestPitch_TheMatchKeepsToTheCapOfTheRound(t *testing.T) {
	r := opensRound(t, func(f *station.RoundForm) {
		f.Match = &station.RoundMatch{Percent: 20, Cap: 10 * wan * 100, RoundCap: 15 * wan * 100}
	})
	a := r.hub.Angels
	r.applies("first", "second").on(callCloses).screened("first", 4).screened("second", 3).
		on(screeningCloses).confirmsSeat("first").confirmsSeat("second").
		on(pitchDay).attends("first").attends("second").
		declares("first", station.ConflictNone, a[0]).declares("second", station.ConflictNone, a[0]).
		on(scoresClose).commits(a[0], "first", station.Lead, 100*wan).commits(a[0], "second", station.Lead, 100*wan).
		on(deliberationCloses).sendsFeedback("first").sendsFeedback("second")
	for _, p := range []string{"first", "second"} {
		r.confirmsClosing(p, r.angel(0)).confirmsClosing(p, r.team(p)).paysMatch(p)
	}
	r.runs()
	assert.Equal(t, 15*wan*100, r.count(`SELECT matched FROM rounds`))
}

// TestPitch_ClosesWithoutAMatchThatTheFundCannotCarry: the angels' money does not
// wait for the fund's.
func TestPitch_ClosesWithoutAMatchThatTheFundCannotCarry(t *testing.T) {
	r := pitched(t, func(f *station.RoundForm) {
		f.Match = &station.RoundMatch{Percent: 100, Cap: 2_000_000_000, RoundCap: 2_000_000_000}
	})
	r.commits(r.hub.Angels[0], "robot", station.Lead, 1200*wan).on(deliberationCloses).sendsFeedback("robot").
		confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot")).runs()
	r.ended("robot", station.Completed, "")
	assert.Equal(t, 0, r.count(`SELECT matched FROM rounds`))
	assert.Equal(t, 0, r.count(`SELECT sum(reserved + paid) FROM fund_years`))
	assert.Equal(t, 1, r.count(`SELECT count(*) FROM events WHERE kind = 'match_not_reserved'`))
}

// TestPitch_KeepsTheMatchThatItHasWhereTheFundCannotCarryALargerOne: a syndicate
// that was refilled with more money loses nothing by it.
func TestPitch_KeepsTheMatchThatItHasWhereTheFundCannotCarryALargerOne(t *testing.T) {
	r := pitched(t, func(f *station.RoundForm) {
		f.Match = &station.RoundMatch{Percent: 100, Cap: 2_000_000_000, RoundCap: 2_000_000_000}
		f.Minimum = 90_000_000
	})
	a := r.hub.Angels
	r.commits(a[0], "robot", station.Lead, 80*wan).commits(a[1], "robot", station.Follow, 20*wan).on(deliberationCloses).sendsFeedback("robot")
	r.decides(a[1], "robot", station.TaskTicket, station.Body{Verdict: station.StepBack})
	r.commits(a[2], "robot", station.Follow, 1200*wan).on(deliberationCloses+9).
		confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot")).paysMatch("robot").runs()
	r.ended("robot", station.Completed, "")
	assert.Equal(t, 100*wan*100, r.count(`SELECT matched FROM rounds`))
	assert.Equal(t, 100*wan*100, r.count(`SELECT sum(fen) FROM fund_entries WHERE kind = 'pay'`))
}

// TestPitch_AMatchThatATreasurerRejectsIsLookedAtAndOrderedAgain.
func TestPitch_AMatchThatATreasurerRejectsIsLookedAtAndOrderedAgain(t *testing.T) {
	r := pitched(t)
	r.commits(r.hub.Angels[0], "robot", station.Lead, 100*wan).on(deliberationCloses).sendsFeedback("robot").
		confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot"))
	r.decides(r.people.Treasurer, "robot", station.TaskPayment, station.Body{Verdict: station.Reject, Reason: "The account number is of another bank."})
	r.decides(r.people.Officer, "robot", station.TaskAcceptance, station.Body{Verdict: station.Accept})
	r.paysMatch("robot").runs()
	r.ended("robot", station.Completed, "")
	assert.Equal(t, 1, r.count(`SELECT count(*) FROM fund_entries WHERE kind = 'pay'`))
}

// pitched is a round with one project that has pitched, in deliberation; four
// angels have declared.
func pitched(t *testing.T, change ...func(*station.RoundForm)) *rounded {
	t.Helper()
	r := opensRound(t, change...)
	a := r.hub.Angels
	return r.applies("robot").on(callCloses).screened("robot", 4).on(screeningCloses).confirmsSeat("robot").
		on(pitchDay).attends("robot").declares("robot", station.ConflictNone, a[0], a[1], a[2], a[3]).on(scoresClose)
}

// extends has the lead or the team ask for more time.
func (r *rounded) extends(project string, who func() station.Account) *rounded {
	return r.then(func() {
		account := who()
		for _, task := range r.tasks(project, station.TaskClosing) {
			if task.Assignee == account.ID || task.Assignee == "" && r.teams[project].ID == account.ID {
				_, err := r.svc.Decide(r.t.Context(), r.as(account), task.ID, "", station.Body{Verdict: station.Extend})
				require.NoError(r.t, err)
			}
		}
	})
}

// told are the mails of a project to an account by a template.
func (r *rounded) told(project string, who station.Account, template station.Template) []string {
	r.t.Helper()
	var keys []string
	require.NoError(r.t, r.db.SelectContext(r.t.Context(), &keys, `SELECT key FROM notices WHERE case_id = $1 AND account::text = $2 AND template = $3`,
		r.cases[project], who.ID, template))
	return keys
}
