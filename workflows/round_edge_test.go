package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// seated is a round with one project that has confirmed its seat, on the morning
// after the pitch day; angels have declared.
func seated(t *testing.T, project string, change ...func(*station.RoundForm)) *rounded {
	t.Helper()
	r := opensRound(t, change...)
	a := r.hub.Angels
	return r.applies(project).on(callCloses).screened(project, 4).on(screeningCloses).confirmsSeat(project).
		on(pitchDay).declares(project, station.ConflictNone, a[0], a[1], a[2], a[3])
}

// teamWithdraws has a project's team withdraw.
func (r *rounded) teamWithdraws(project string) *rounded {
	return r.then(func() {
		_, err := r.svc.Withdraw(r.t.Context(), r.as(r.teams[project]), r.cases[project], "")
		require.NoError(r.t, err)
	})
}

// officerWithdraws has the officer withdraw the round.
func (r *rounded) officerWithdraws() *rounded {
	return r.then(func() {
		_, err := r.svc.Withdraw(r.t.Context(), r.as(r.people.Officer), r.id, "")
		require.NoError(r.t, err)
	})
}

// TestPitch_EndsWhereNobodyNotesWhoCame: where the scores say that a team pitched,
// it gets its feedback; where nothing does, it was absent.
func TestPitch_EndsWhereNobodyNotesWhoCame(t *testing.T) {
	for name, c := range map[string]struct {
		scored bool
		how    station.Status
		why    station.Reason
	}{
		"scored":     {true, station.Unfunded, station.ReasonNoSyndicate},
		"not scored": {false, station.Lapsed, station.ReasonAbsent},
	} {
		t.Run(name, func(t *testing.T) {
			r := seated(t, "robot")
			if c.scored {
				r.scores("robot", 70, r.hub.Angels[0])
			}
			r.runs()
			r.ended("robot", c.how, c.why)
		})
	}
}

// TestPitch_WithdrawnWhileItsMatchIsPaidLeavesThePaidInTheRound: what has left the
// bank is no other project's.
func TestPitch_WithdrawnWhileItsMatchIsPaidLeavesThePaidInTheRound(t *testing.T) {
	r := pitched(t)
	r.commits(r.hub.Angels[0], "robot", station.Lead, 100*wan).on(deliberationCloses).sendsFeedback("robot").
		confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot")).teamWithdraws("robot").paysMatch("robot").runs()
	r.ended("robot", station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 30*wan*100, r.count(`SELECT sum(paid) FROM fund_years`))
	assert.Equal(t, 30*wan*100, r.count(`SELECT matched FROM rounds`))
	assert.Equal(t, 30*wan*100, r.count(`SELECT match FROM pitches`))
}

// TestPitch_IsScreenedOnceByAnOfficerWhoIsAnAngel.
func TestPitch_IsScreenedOnceByAnOfficerWhoIsAnAngel(t *testing.T) {
	for _, first := range []station.Verdict{station.Score, station.Abstain, station.Recuse} {
		t.Run(string(first), func(t *testing.T) {
			r := opensRound(t)
			both := r.people.Officer
			require.NoError(t, r.db.Load(t.Context(), store.Seed{Founders: []station.FoundingMember{{Account: both.ID, Branch: "HZ", Since: r.began}}}))
			_, err := r.db.ExecContext(t.Context(), `UPDATE angels SET status = 'left' WHERE account <> $1`, both.ID)
			require.NoError(t, err)
			r.applies("robot").on(callCloses).declares("robot", station.ConflictNone, both)
			say := func(mine bool, b station.Body) {
				r.then(func() {
					for _, task := range r.tasks("robot", station.TaskReview) {
						if (task.Assignee == both.ID) == mine {
							_, err := r.svc.Decide(t.Context(), r.as(both), task.ID, "", b)
							require.NoError(t, err)
							return
						}
					}
				})
			}
			b := station.Body{Verdict: first}
			if first == station.Score {
				b = invite(4)
			}
			say(true, b)
			say(false, invite(3))
			r.then(func() {
				assert.Equal(t, 1, r.count(`SELECT count(*) FROM acts WHERE reason = $1`, station.ReasonNotEligible))
			})
			r.runs()
			r.ended("robot", station.Lapsed, station.ReasonSeatSilent)
		})
	}
}

// TestRound_WithdrawnByItsOfficerEndsForAll, whatever phase it is in.
func TestRound_WithdrawnByItsOfficerEndsForAll(t *testing.T) {
	//nolint:thelper // each is the beginning of a test, and says in its name how far it goes
	for name, until := range map[string]func(t *testing.T) *rounded{
		"call":      func(t *testing.T) *rounded { return opensRound(t).applies("robot") },
		"screening": func(t *testing.T) *rounded { return opensRound(t).applies("robot").on(callCloses).screened("robot", 4) },
		"seats": func(t *testing.T) *rounded {
			return opensRound(t).applies("robot").on(callCloses).screened("robot", 4).on(screeningCloses).confirmsSeat("robot")
		},
		"pitches": func(t *testing.T) *rounded { return seated(t, "robot").attends("robot") },
		"deliberation": func(t *testing.T) *rounded {
			r := pitched(t)
			return r.commits(r.hub.Angels[0], "robot", station.Lead, 60*wan)
		},
		"closing": func(t *testing.T) *rounded {
			r := pitched(t)
			return r.commits(r.hub.Angels[0], "robot", station.Lead, 60*wan).on(deliberationCloses).sendsFeedback("robot")
		},
		"closing without feedback": func(t *testing.T) *rounded {
			r := pitched(t)
			return r.commits(r.hub.Angels[0], "robot", station.Lead, 60*wan).on(deliberationCloses)
		},
		"refill": func(t *testing.T) *rounded {
			r := pitched(t)
			a := r.hub.Angels
			r.commits(a[0], "robot", station.Lead, 30*wan).commits(a[1], "robot", station.Follow, 30*wan)
			r.on(deliberationCloses).sendsFeedback("robot")
			return r.decides(a[1], "robot", station.TaskTicket, station.Body{Verdict: station.StepBack})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := until(t)
			r.officerWithdraws().runs()
			r.ended("robot", station.Lapsed, station.ReasonRoundOff)
			assert.Equal(t, 0, r.count(`SELECT matched FROM rounds`))
			assert.Equal(t, 0, r.count(`SELECT coalesce(sum(reserved + paid), 0) FROM fund_years`))
		})
	}
}

// TestPitch_WithdrawnInAnyStageHoldsNothing.
func TestPitch_WithdrawnInAnyStageHoldsNothing(t *testing.T) {
	//nolint:thelper // each is the beginning of a test, and says in its name how far it goes
	for name, until := range map[string]func(t *testing.T) *rounded{
		"call":      func(t *testing.T) *rounded { return opensRound(t).applies("robot") },
		"screening": func(t *testing.T) *rounded { return opensRound(t).applies("robot").on(callCloses).screened("robot", 4) },
		"seats": func(t *testing.T) *rounded {
			return opensRound(t).applies("robot").on(callCloses).screened("robot", 4).on(screeningCloses)
		},
		"pitches": func(t *testing.T) *rounded { return seated(t, "robot") },
		"deliberation": func(t *testing.T) *rounded {
			r := pitched(t)
			return r.commits(r.hub.Angels[0], "robot", station.Lead, 60*wan)
		},
		"closing": func(t *testing.T) *rounded {
			r := pitched(t)
			return r.commits(r.hub.Angels[0], "robot", station.Lead, 60*wan).on(deliberationCloses).confirmsClosing("robot", r.angel(0))
		},
		"refill": func(t *testing.T) *rounded {
			r := pitched(t)
			a := r.hub.Angels
			r.commits(a[0], "robot", station.Lead, 30*wan).commits(a[1], "robot", station.Follow, 30*wan)
			r.on(deliberationCloses).sendsFeedback("robot")
			return r.decides(a[1], "robot", station.TaskTicket, station.Body{Verdict: station.StepBack})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := until(t)
			r.teamWithdraws("robot").runs()
			r.ended("robot", station.Withdrawn, station.ReasonWithdrawn)
			assert.Equal(t, 0, r.count(`SELECT matched FROM rounds`))
			assert.Equal(t, 0, r.count(`SELECT coalesce(sum(reserved + paid), 0) FROM fund_years`))
		})
	}
}

func TestRound_WithoutProjectsHasItsReport(t *testing.T) {
	r := opensRound(t)
	r.runs()
	c, err := r.db.CaseByID(t.Context(), r.id)
	require.NoError(t, err)
	assert.Equal(t, station.Completed, c.Status)
}

// TestPitch_GoesOnWhenEveryAngelIsInConflict: an officer's score is enough, and
// nobody invests.
func TestPitch_GoesOnWhenEveryAngelIsInConflict(t *testing.T) {
	r := opensRound(t)
	r.applies("robot").on(callCloses)
	r.then(func() {
		for range r.hub.Angels {
			for _, task := range r.tasks("robot", station.TaskReview) {
				if task.Assignee != "" {
					who, err := r.db.AccountByID(t.Context(), task.Assignee)
					require.NoError(t, err)
					_, _ = r.svc.Declare(t.Context(), r.as(who), r.cases["robot"], "", station.ConflictFamily)
				}
			}
		}
	})
	for range 4 {
		r.then(func() {
			for _, task := range r.tasks("robot", station.TaskReview) {
				if task.Assignee != "" {
					who, err := r.db.AccountByID(t.Context(), task.Assignee)
					require.NoError(t, err)
					_, err = r.svc.Declare(t.Context(), r.as(who), r.cases["robot"], "", station.ConflictFamily)
					require.NoError(t, err)
				}
			}
		})
	}
	r.then(func() { assert.Len(t, r.tasks("robot", station.TaskReview), 1) })
	r.screened("robot", 3).on(screeningCloses).confirmsSeat("robot").on(pitchDay).attends("robot").runs()
	r.ended("robot", station.Unfunded, station.ReasonNoSyndicate)
}

// TestPitch_AMemberWhoStepsBackAfterTheLeadConfirmedHasTheTermsAskedForAnew.
func TestPitch_AMemberWhoStepsBackAfterTheLeadConfirmedHasTheTermsAskedForAnew(t *testing.T) {
	r := pitched(t)
	a := r.hub.Angels
	r.commits(a[0], "robot", station.Lead, 60*wan).commits(a[1], "robot", station.Follow, 30*wan).
		on(deliberationCloses).sendsFeedback("robot").confirmsClosing("robot", r.angel(0))
	r.decides(a[1], "robot", station.TaskTicket, station.Body{Verdict: station.StepBack})
	r.confirmsClosing("robot", r.team("robot")).confirmsClosing("robot", r.angel(0)).paysMatch("robot").runs()
	r.ended("robot", station.Completed, "")
	assert.Equal(t, 18*wan*100, r.count(`SELECT matched FROM rounds`))
	assert.Equal(t, 18*wan*100, r.count(`SELECT sum(paid) FROM fund_years`))
	assert.Equal(t, 0, r.count(`SELECT sum(reserved) FROM fund_years`))
}

// TestPitch_NobodyStepsBackOnceLeadAndTeamHaveClosed.
func TestPitch_NobodyStepsBackOnceLeadAndTeamHaveClosed(t *testing.T) {
	r := pitched(t)
	a := r.hub.Angels
	r.commits(a[0], "robot", station.Lead, 60*wan).commits(a[1], "robot", station.Follow, 30*wan).
		on(deliberationCloses).sendsFeedback("robot").confirmsClosing("robot", r.angel(0)).confirmsClosing("robot", r.team("robot"))
	r.then(func() { assert.Empty(t, r.tasks("robot", station.TaskTicket)) })
	r.paysMatch("robot").runs()
	r.ended("robot", station.Completed, "")
}

// TestPitch_IsNotScreenedByWhoIsSuspendedAndHasNotDeclared.
func TestPitch_IsNotScreenedByWhoIsSuspendedAndHasNotDeclared(t *testing.T) {
	r := opensRound(t)
	r.applies("robot").on(callCloses)
	r.then(func() {
		for _, task := range r.tasks("robot", station.TaskReview) {
			if task.Assignee == "" {
				continue
			}
			_, err := r.db.ExecContext(t.Context(), `UPDATE angels SET status = 'suspended' WHERE account = $1`, task.Assignee)
			require.NoError(t, err)
			who, err := r.db.AccountByID(t.Context(), task.Assignee)
			require.NoError(t, err)
			_, err = r.svc.Decide(t.Context(), r.as(who), task.ID, "", invite(4))
			require.Equal(t, station.Forbidden, station.CodeOf(err))
		}
	})
	r.runs()
}
