package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// projected tells one project in the procedure's words; its round has no workflow:
// the scenario speaks for it.
type projected struct {
	*scenario
	hub   storetest.HubPeople
	round string
	said  int
}

func projects(t *testing.T) *projected {
	t.Helper()
	db := storetest.New(t)
	s := &projected{scenario: &scenario{
		t: t, db: db, people: storetest.Sample(t, db, "{}"), kind: station.Pitch, began: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}}
	s.hub = storetest.Hub(t, db, s.people, storetest.RoundTerms(""), "{}")
	c, err := storetest.Take(t, db, station.Round, storetest.RoundProgramme, s.people.Officer, storetest.RoundForm(roundCode, s.began.Add(-time.Hour)), s.began)
	require.NoError(t, err)
	s.round = c.ID
	s.start(s.hub.Teams[0], roundCode, storetest.PitchForm(1, storetest.Document(t, db, s.hub.Teams[0], "deck.pdf")))
	return s
}

// begins has the round begin a phase.
func (s *projected) begins(phase station.Stage) {
	s.then(func() {
		s.said++
		written, err := s.db.Record(s.t.Context(), station.Change{
			Case: s.round, Run: "round", Sequence: s.said, At: s.env.Now(), Round: &station.RoundMove{Phase: phase},
			Standing: station.Standing{Stage: phase, Status: station.Open},
		})
		require.NoError(s.t, err)
		for _, w := range written[0].Wake {
			s.env.SignalWorkflow(station.SignalName, w.Signal)
		}
	})
}

// does has an account decide a task of a kind: the one that is theirs, or their pool's.
func (s *projected) does(who station.Account, kind station.TaskKind, b station.Body) {
	s.then(func() {
		for _, task := range s.openTasks(kind) {
			if task.Assignee == who.ID || task.Assignee == "" && (task.Party == station.Applicant) == (who.ID == s.hub.Teams[0].ID) {
				as := storetest.As(s.t, s.db, who)
				var err error
				if b.Verdict == station.Confirmed {
					if kind == station.TaskClosing {
						b.Documents = []string{storetest.Document(s.t, s.db, who, station.NewID())}
					}
					_, err = s.svc.Confirm(s.t.Context(), as, task.ID, "", b)
				} else {
					_, err = s.svc.Decide(s.t.Context(), as, task.ID, "", b)
				}
				require.NoError(s.t, err)
				return
			}
		}
		require.Fail(s.t, "no task", "%s for %s", kind, who.Name)
	})
}

// asked has the first angel who is asked to screen say something.
func (s *projected) asked(conflict station.ConflictKind, b station.Body) {
	s.then(func() {
		for _, task := range s.openTasks(station.TaskReview) {
			if task.Assignee == "" {
				continue
			}
			who, err := s.db.AccountByID(s.t.Context(), task.Assignee)
			require.NoError(s.t, err)
			if conflict != "" {
				_, err = s.svc.Declare(s.t.Context(), storetest.As(s.t, s.db, who), s.id, "", conflict)
			} else {
				_, err = s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, who), task.ID, "", b)
			}
			require.NoError(s.t, err)
			return
		}
	})
}

func (s *projected) happened() []string {
	s.t.Helper()
	var list []string
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT kind FROM events WHERE case_id = $1 ORDER BY seq`, s.id))
	return list
}

func TestPitch_GoesTheSameWayHoweverOftenItContinuesAsNew(t *testing.T) {
	script := func(s *projected) []func() {
		h, officer, team := s.hub, s.people.Officer, s.hub.Teams[0]
		a := h.Angels
		ticket := func(v station.Verdict, yuan int64) station.Body {
			return station.Body{Verdict: v, Fen: yuan * 100, Reason: "Good."}
		}
		says := func(v station.Verdict) station.Body { return station.Body{Verdict: v, Reason: "So it is."} }
		return []func(){
			func() { s.begins(station.StageScreening) },
			func() { s.asked(station.ConflictFamily, station.Body{}) }, // another is asked
			func() { s.asked(station.ConflictNone, station.Body{}) },
			func() { s.asked("", invite(4)) },
			func() { s.does(officer, station.TaskReview, invite(3)) },
			func() { s.begins(station.StageSeats) },
			func() { s.does(team, station.TaskSeat, says(station.Accept)) },
			func() { s.begins(station.StagePitches) },
			func() { s.does(officer, station.TaskAttendance, says(station.Attended)) },
			func() {
				s.then(func() {
					for _, who := range a {
						_, _ = s.svc.Declare(s.t.Context(), storetest.As(s.t, s.db, who), s.id, "", station.ConflictNone) // one is in conflict
					}
				})
			},
			func() { s.free(0, station.TaskScore, pitchScore(80)) },
			func() { s.begins(station.StageDeliberation) },
			func() { s.free(1, station.TaskScore, pitchScore(60)) },
			func() { s.free(0, station.TaskCommitment, ticket(station.Lead, 30*wan)) },
			func() { s.free(1, station.TaskCommitment, ticket(station.Lead, 40*wan)) },
			func() { s.free(2, station.TaskCommitment, ticket(station.Follow, 30*wan)) },
			func() { s.begins(station.StageClosing) },
			func() { s.free(1, station.TaskClosing, station.Body{Verdict: station.Confirmed}) },
			func() { s.free(2, station.TaskTicket, says(station.StepBack)) }, // the lead confirms anew
			func() { s.does(officer, station.TaskFeedback, says(station.Accept)) },
			func() { s.free(0, station.TaskTicket, says(station.StepBack)) }, // too few
			func() { s.free(3, station.TaskCommitment, ticket(station.Follow, 20*wan)) },
			func() {
				s.passes(9)
				s.free(1, station.TaskClosing, says(station.Extend))
			},
			func() { s.does(team, station.TaskClosing, says(station.Extend)) },
			func() { s.free(1, station.TaskClosing, station.Body{Verdict: station.Confirmed}) },
			func() { s.does(team, station.TaskClosing, station.Body{Verdict: station.Confirmed}) },
			func() { s.does(s.people.Treasurer, station.TaskPayment, says(station.Reject)) },
			func() { s.does(officer, station.TaskAcceptance, says(station.Accept)) },
			func() {
				s.does(s.people.Treasurer, station.TaskPayment, station.Body{Verdict: station.Confirmed, Reference: "M-1"})
			},
		}
	}
	many, one := projects(t), projects(t)
	many.overManyRuns(script(many))
	for _, step := range script(one) {
		step()
	}
	one.env.SetStartWorkflowOptions(startOptions(one.id))
	one.env.ExecuteWorkflow(string(one.kind), station.CaseStart{Case: one.id})
	require.NoError(t, one.env.GetWorkflowError())
	require.Equal(t, one.happened(), many.happened())
	for _, table := range []string{"notices", "tasks", "ballots", "reviews", "fund_entries", "declarations"} {
		query := `SELECT count(*) FROM ` + table + ` WHERE case_id = $1`
		require.Equal(t, one.count(query, one.id), many.count(query, many.id), table)
	}
	for _, s := range []*projected{one, many} {
		require.Equal(t, 18*wan*100, s.count(`SELECT sum(paid) FROM fund_years`))
		require.Equal(t, 18*wan*100, s.count(`SELECT matched FROM rounds`))
		require.Zero(t, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, s.id))
	}
}

// free has the n-th of the angels who have no conflict do something.
func (s *projected) free(n int, kind station.TaskKind, b station.Body) {
	s.then(func() {
		var who []string
		require.NoError(s.t, s.db.SelectContext(s.t.Context(), &who, `SELECT account::text FROM declarations WHERE case_id = $1 AND conflict = 'none' ORDER BY account`, s.id))
		a, err := s.db.AccountByID(s.t.Context(), who[n])
		require.NoError(s.t, err)
		for _, task := range s.openTasks(kind) {
			if task.Assignee != a.ID && task.Assignee != "" || task.Party != "" {
				continue
			}
			as := storetest.As(s.t, s.db, a)
			if b.Verdict == station.Confirmed {
				b.Documents = []string{storetest.Document(s.t, s.db, a, station.NewID())}
				_, err = s.svc.Confirm(s.t.Context(), as, task.ID, "", b)
			} else {
				_, err = s.svc.Decide(s.t.Context(), as, task.ID, "", b)
			}
			require.NoError(s.t, err)
			return
		}
		require.Fail(s.t, "no task", "%s for angel %d", kind, n)
	})
}
