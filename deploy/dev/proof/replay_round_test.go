package proof_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// recordRounds takes projects through a round in all the ways in which one goes, and the round with them.
func recordRounds(t *testing.T) {
	r := &recordedRound{recorder: recorder{openHouseWith(t, 100*crowd.MatchCap, nil)}}
	r.begin("first", 8, 10)
	r.ends(station.StageCall, "screening")
	r.screening()
	r.ends(station.StageScreening, "seats")
	r.seating()
	r.ends(station.StageSeats, "pitches")
	r.presenting()
	r.ends(station.StagePitches, "deliberation")
	r.deliberating()
	r.ends(station.StageDeliberation, "closing")
	for n, c := range []struct {
		name  string
		close func(id string, n int)
	}{
		{"closed-after-a-rejected-payment", r.paidAtLast},
		{"no-syndicate-after-a-late-conflict", func(id string, _ int) { r.feedback(id, r.Officers[0].ID) }},
		{"lead-stepped-back", r.ledByAnother},
		{"refilled", r.refilled},
		{"extended-and-not-closed", r.notClosed},
		{"absent", nil},
		{"seat-declined", nil},
		{"withdrawn-with-reservation", r.withdrawnFormed},
		{"moved-up-from-the-waiting-list", func(id string, _ int) { r.feedback(id, r.Officers[0].ID) }},
		{"unplaced", nil},
	} {
		id := r.cases[n]
		if c.close != nil {
			c.close(id, n)
		}
		r.ended(id)
		r.recorder.write("pitch/"+c.name, id, "")
		require.False(t, t.Failed(), c.name)
	}
	r.ended(r.id)
	r.recorder.write("round/reported", r.id, "")

	r.begin("second", 2, 1)
	r.ends(station.StageCall, "screening")
	r.task(r.cases[0] + ".screening.2")
	r.well(r.surely("/v1/rounds/second/cancellation", r.Officers[0].ID, "", map[string]any{"reason": "The hall is closed."}))
	for name, id := range map[string]string{"pitch/called-off": r.cases[0], "round/called-off": r.id} {
		r.ended(id)
		r.recorder.write(name, id, "")
	}

	renewing := &recordedRound{recorder: recorder{openHouseWith(t, 100*crowd.MatchCap, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}}
	renewing.straight("third")
	renewing.recorder.write("pitch/closed-and-continued-as-new", renewing.cases[0], "")
	renewing.recorder.write("round/reported-and-continued-as-new", renewing.id, "")
}

// recordedRound is a round whose cases are written down.
type recordedRound struct {
	*opened
	recorder recorder
}

func (r *recordedRound) well(a answer) { r.t.Helper(); r.recorder.well(a) }

func (r *recordedRound) begin(code string, capacity, projects int) {
	r.opened = r.recorder.opens(code, capacity)
	r.apply(projects)
	require.False(r.t, r.t.Failed())
}

// straight takes a round of one project from its call to its report.
func (r *recordedRound) straight(code string) {
	r.begin(code, 1, 1)
	id := r.cases[0]
	r.ends(station.StageCall, "screening")
	r.screens(id, r.Officers[0].ID, 4, 4, 4)
	r.ends(station.StageScreening, "seats")
	r.seats(0)
	r.ends(station.StageSeats, "pitches")
	r.attends(id, r.Officers[0].ID, station.Attended)
	for i := range 4 {
		r.scores(id, i, 0)
	}
	r.ends(station.StagePitches, "deliberation")
	r.task(id + ".deliberation.1")
	r.syndicate(id, 0, 1, 2)
	r.ends(station.StageDeliberation, "closing")
	r.feedback(id, r.Officers[0].ID)
	r.closes(id+".closing.1", r.angel(id, 0))
	r.closes(id+".closing.2", r.team(0))
	r.adds(id + ".closing.3")
	r.ended(id)
	r.ended(r.id)
}

// angel is one of those who were not asked to screen a project: none of them has a conflict in it yet.
func (r *recordedRound) angel(id string, i int) string {
	asked := list(r.house, r.db, `SELECT assignee FROM tasks WHERE case_id = $1 AND kind = 'review' AND assignee IS NOT NULL`, id)
	for _, a := range r.Angels {
		if slices.Contains(asked, a.ID) {
			continue
		}
		if i--; i < 0 {
			return a.ID
		}
	}
	return ""
}

// screening has the first eight score 4, the ninth 3 and the tenth 1. Of the first project an angel turns out to have a
// conflict, of the second one recuses, each after the other has scored.
func (r *recordedRound) screening() {
	officer := r.Officers[0].ID
	for n, id := range r.cases {
		points := map[int]int{8: 3, 9: 1}[n]
		if points == 0 {
			points = 4
		}
		last := 2
		if n < 2 {
			last = 1
		}
		r.screens(id, officer, []int{points, points, points}[:1+last]...)
	}
	first, second := r.cases[0], r.cases[1]
	r.well(r.declares(first, r.assignee(first+".screening.2"), station.ConflictFamily))
	angel := r.assignee(second + ".screening.2")
	r.well(r.declares(second, angel, station.ConflictNone))
	r.well(r.decide(second+".screening.2", angel, "", map[string]any{"verdict": "recuse"}))
	for _, id := range []string{first, second} {
		task := id + ".screening.3"
		r.task(task)
		r.well(r.declares(id, r.assignee(task), station.ConflictNone))
		r.well(r.decide(task, r.assignee(task), "", crowd.Screening(4)))
	}
}

// seating has all teams confirm that were invited, but for the seventh, whose seat goes to the ninth.
func (r *recordedRound) seating() {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7} {
		r.seats(n)
	}
	r.task(r.cases[6] + ".seats.1")
	r.well(r.decide(r.cases[6]+".seats.1", r.team(6), "", map[string]any{"verdict": "decline"}))
	r.seats(8)
}

// presenting has angels declare and score, and all teams come but for the sixth. Of the second project an angel finds a
// conflict after scoring, which strikes the score.
func (r *recordedRound) presenting() {
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8} {
		r.attends(r.cases[n], r.Officers[0].ID, station.Attended)
		for i := range 6 {
			r.scores(r.cases[n], i, n)
		}
	}
	r.well(r.declares(r.cases[1], r.angel(r.cases[1], 5), station.ConflictInvested))
	r.attends(r.cases[5], r.Officers[0].ID, station.Absent)
}

func (r *recordedRound) scores(id string, angel, n int) {
	task, who := id+".pitches.1", r.angel(id, angel)
	r.task(task)
	r.well(r.declares(id, who, station.ConflictNone))
	r.well(r.decide(task, who, fmt.Sprintf("score-%s-%d", task, angel), crowd.Scored(crowd.Pitches(who, n))))
}

// syndicate has the first of some angels lead, and the others follow, each with half of what makes a syndicate.
func (r *recordedRound) syndicate(id string, angels ...int) {
	for i, a := range angels {
		v := station.Follow
		if i == 0 {
			v = station.Lead
		}
		r.commits(id, r.angel(id, a), v, crowd.Minimum/2+int64(a))
	}
}

func (r *recordedRound) deliberating() {
	for _, n := range []int{0, 1, 2, 3, 4, 7, 8} {
		r.task(r.cases[n] + ".deliberation.1")
	}
	r.syndicate(r.cases[0], 0, 1)
	r.commits(r.cases[0], r.angel(r.cases[0], 2), station.Pass, 0)
	r.scores(r.cases[0], 10, 0) // late
	for i := range 3 {
		r.commits(r.cases[1], r.angel(r.cases[1], i), station.Pass, 0)
	}
	r.syndicate(r.cases[2], 0, 1, 2)
	r.commits(r.cases[2], r.angel(r.cases[2], 3), station.Lead, crowd.Minimum/2) // the smaller ticket
	r.syndicate(r.cases[3], 0, 1)
	r.syndicate(r.cases[4], 0, 1)
	r.syndicate(r.cases[7], 0, 1)
	r.commits(r.cases[8], r.angel(r.cases[8], 0), station.Follow, crowd.Minimum)
}

// paidAtLast is paid the second time that it is ordered.
func (r *recordedRound) paidAtLast(id string, n int) {
	r.feedback(id, r.Officers[0].ID)
	r.closes(id+".closing.1", r.angel(id, 0))
	r.closes(id+".closing.2", r.team(n))
	r.task(id + ".closing.3")
	r.well(r.decide(id+".closing.3", r.Treasurers[0].ID, "", map[string]any{"verdict": "reject", "reason": "The account is closed."}))
	r.accepts(id+".closing.4", r.Officers[0].ID)
	r.adds(id + ".closing.5")
}

// ledByAnother goes on with the other one who would have led. What the team had confirmed is asked anew.
func (r *recordedRound) ledByAnother(id string, n int) {
	r.feedback(id, r.Officers[0].ID)
	r.closes(id+".closing.2", r.team(n))
	r.well(r.decide(id+".closing.1", r.angel(id, 0), "", map[string]any{"verdict": "decline", "reason": "You have enough."}))
	r.closes(id+".closing.3", r.angel(id, 3))
	r.closes(id+".closing.4", r.team(n))
	r.adds(id + ".closing.5")
}

// refilled loses a member, and finds another.
func (r *recordedRound) refilled(id string, n int) {
	r.feedback(id, r.Officers[0].ID)
	r.task(id + ".ticket.1")
	r.well(r.decide(id+".ticket.1", r.angel(id, 1), "", map[string]any{"verdict": "step_back"}))
	task := id + ".refill.1"
	r.task(task)
	r.well(r.decide(task, r.angel(id, 4), "", crowd.Commitment(station.Follow, crowd.Minimum/2)))
	r.closes(id+".closing.3", r.angel(id, 0))
	r.closes(id+".closing.4", r.team(n))
	r.adds(id + ".closing.5")
}

// notClosed is given more time, for which both ask, and then the team declines.
func (r *recordedRound) notClosed(id string, n int) {
	for task, who := range map[string]string{id + ".closing.1": r.angel(id, 0), id + ".closing.2": r.team(n)} {
		r.task(task)
		r.well(r.decide(task, who, "", map[string]any{"verdict": "extend"}))
	}
	task := id + ".closing.4"
	r.task(task)
	r.well(r.decide(task, r.team(n), "", map[string]any{"verdict": "decline", "reason": "You have enough."}))
	r.feedback(id, r.Officers[0].ID)
}

func (r *recordedRound) withdrawnFormed(id string, n int) {
	r.task(id + ".closing.2")
	r.well(r.surely("/v1/cases/"+id+"/withdrawal", r.team(n), "", nil))
}
