package proof_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

const (
	projects = 500
	capacity = 12
	leadless = 4 // of so many projects that pitch, one has nobody who would lead
	declined = 3 // seats, which the next on the waiting list get
	unclosed = 2 // syndicates whose team does not close
	// lastingBudget is a bit less than the fund may add to the round.
	lastingBudget = roundCap - crowd.MatchCap/4
)

func TestRound_LosesNothingWhen60AngelsActAtOnceOn500ProjectsAndWorkersAreKilled(t *testing.T) {
	h := openHouseWith(t, lastingBudget, nil)
	require.Len(t, h.Angels, 60)
	r := &crowded500{opened: h.opens("crowd", capacity), said: map[judged]int{}, cleared: map[judged]bool{}, conflicts: map[judged]bool{}, leadless: map[int]bool{}}
	r.apply(projects)
	require.False(t, t.Failed())
	stop := h.kills(20 * time.Second)
	r.ends(station.StageCall, "screening")
	r.screened()
	require.False(t, t.Failed())
	r.ends(station.StageScreening, "seats")
	best := r.byScreening()
	require.Equal(t, best, list(h, h.db, `SELECT case_id FROM pitches ORDER BY place`), "the ranking at the screening")
	seated := r.seated(best)
	r.ends(station.StageSeats, "pitches")
	r.stand("pitches", capacity)
	r.pitched(seated)
	require.False(t, t.Failed())
	r.ends(station.StagePitches, "deliberation")
	r.stand("deliberation", capacity-1) // one was absent
	seated = seated[1:]
	for i, n := range seated {
		r.leadless[n] = i%leadless == 0
	}
	r.ranked(seated)
	r.deliberated(seated)
	require.False(t, t.Failed())
	r.ends(station.StageDeliberation, "closing")
	r.closed(seated)
	for _, id := range append(r.cases, r.id) {
		h.ended(id)
	}
	stop()
	require.False(t, t.Failed())
	r.settledOnce()
	r.histories()
	h.balances()
	h.verified()
	h.mailed()
}

// judged is who judges which project.
type judged struct {
	n       int
	account string
}

// crowded500 is a round in which a crowd acts at once. What they send is noted, so that the test knows by itself what must
// come of it.
type crowded500 struct {
	*opened
	mu        sync.Mutex
	sent      int            // acts
	said      map[judged]int // points at the screening
	cleared   map[judged]bool
	conflicts map[judged]bool
	leadless  map[int]bool
}

// kills kills the worker again and again, wherever it is, until stop is called, which leaves it running.
func (h *house) kills(every time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		killed := 0
		for ; ctx.Err() == nil; killed++ {
			select {
			case <-time.After(every):
			case <-ctx.Done():
			}
			if err := h.stack.Worker.Kill(); err != nil { //nolint:contextcheck // it is killed whatever becomes of the test
				h.t.Errorf("kill the worker: %v", err)
			}
			time.Sleep(500 * time.Millisecond)
			if err := h.stack.Worker.Start(); err != nil {
				h.t.Errorf("start the worker: %v", err)
			}
		}
		h.t.Logf("killed the worker %d times", killed)
	}()
	return func() { cancel(); <-done }
}

// does sends an act of its own; that it is refused, with a reason, is an answer too.
func (r *crowded500) does(path, account, key string, body map[string]any) answer {
	a := r.surely(path, account, key, body)
	if a.Body["code"] == "declare_first" { // not an act: it was not let in
		return a
	}
	if !slices.Contains([]int{http.StatusOK, http.StatusAccepted, http.StatusConflict}, a.Status) {
		r.t.Errorf("%s: %d %v", path, a.Status, a.Body)
	}
	r.mu.Lock()
	r.sent++
	r.mu.Unlock()
	return a
}

func (r *crowded500) decides(task, account, key string, body map[string]any) answer {
	return r.does("/v1/tasks/"+task+"/decision", account, key+task, body)
}

// objects has an angel declare a conflict.
func (r *crowded500) objects(n int, angel string) {
	r.does("/v1/cases/"+r.cases[n]+"/declaration", angel, "conflict-"+r.cases[n], map[string]any{"conflict": station.ConflictFamily})
	r.mu.Lock()
	r.conflicts[judged{n, angel}] = true
	r.mu.Unlock()
}

// clears has an angel declare, once, that there is none.
func (r *crowded500) clears(n int, angel string) {
	r.mu.Lock()
	_, done := r.cleared[judged{n, angel}]
	r.cleared[judged{n, angel}] = true
	r.mu.Unlock()
	if done {
		return
	}
	r.does("/v1/cases/"+r.cases[n]+"/declaration", angel, "none-"+r.cases[n], map[string]any{"conflict": station.ConflictNone})
}

// judges has an angel score projects, each on its task: they declare first that there is no conflict. A declaration that is
// on its way, because a worker was killed with it, is waited for by doing the others meanwhile.
func (r *crowded500) judges(angel string, tasks map[int]string, order []int, score func(n int) map[string]any, then func(n int)) {
	for _, n := range order {
		r.clears(n, angel)
	}
	for len(order) > 0 && !r.t.Failed() {
		var again []int
		for _, n := range order {
			if r.decides(tasks[n], angel, "score-", score(n)).Body["code"] == "declare_first" {
				again = append(again, n)
				continue
			}
			then(n)
		}
		if order = again; len(order) > 0 {
			time.Sleep(time.Second)
		}
	}
}

func (r *crowded500) says(n int, account string, points int) {
	r.mu.Lock()
	r.said[judged{n, account}] = points
	r.mu.Unlock()
}

func (r *crowded500) conflicted(n int, angel string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conflicts[judged{n, angel}]
}

// sometimes is true of one in so many, by chance.
func sometimes(one int, what, account string, n int) bool {
	return crowd.Draw(one, what, account, n) == 0
}

// number is a case's project.
func (r *crowded500) number(id string) int { return slices.Index(r.cases, id) }

// screened has every project screened by an officer and two angels, all at once. Of every tenth two officers score at the
// same moment. One score in fifteen is followed by a conflict that strikes it, and has another angel asked.
func (r *crowded500) screened() {
	const reviews = `SELECT count(*) FROM tasks t JOIN cases c ON c.id = t.case_id WHERE c.programme = $1 AND t.kind = 'review' AND t.status = 'open'`
	r.until("every project is to be screened", func() bool { return r.count(reviews, r.code) == 3*projects })
	var group sync.WaitGroup
	for i, o := range r.Officers {
		group.Go(func() {
			for n := i; n < projects; n += len(r.Officers) {
				task := r.cases[n] + ".screener.1"
				both := []string{o.ID}
				if n%10 == 0 {
					both = append(both, r.Officers[(i+1)%len(r.Officers)].ID)
				}
				together(len(both), func(k int) answer {
					return r.decides(task, both[k], "screen-", crowd.Screening(crowd.Screens("officers", n)))
				})
				r.says(n, "officers", crowd.Screens("officers", n))
			}
		})
	}
	for _, a := range r.Angels {
		group.Go(func() {
			done := map[string]bool{} // an act can be on its way, and its task still open
			for ; r.count(reviews, r.code) > 0 && !r.t.Failed(); time.Sleep(3 * time.Second) {
				tasks, order := map[int]string{}, []int(nil)
				for _, task := range r.inbox(a.ID, "review") {
					if n := r.number(station.CaseOfTask(task)); !done[task] {
						done[task], tasks[n], order = true, task, append(order, n)
					}
				}
				r.judges(a.ID, tasks, order, func(n int) map[string]any { return crowd.Screening(crowd.Screens(a.ID, n)) }, func(n int) {
					r.says(n, a.ID, crowd.Screens(a.ID, n))
					if sometimes(15, "struck", a.ID, n) {
						r.objects(n, a.ID)
					}
				})
			}
		})
	}
	group.Wait()
}

// byScreening ranks the projects by what was sent: the mean of the scores that no conflict has struck, and of equals who
// applied earlier.
func (r *crowded500) byScreening() []string {
	r.until("everything is settled", func() bool { return r.count(`SELECT count(*) FROM acts WHERE status = 'pending'`) == 0 })
	sums, counts := make([]int, projects), make([]int, projects)
	for j, points := range r.said {
		if !r.conflicts[j] {
			sums[j.n] += points
			counts[j.n]++
		}
	}
	earlier := list(r.house, r.db, `SELECT id FROM cases WHERE kind = 'pitch' ORDER BY opened_at, id`)
	slices.SortStableFunc(earlier, func(x, y string) int {
		a, b := r.number(x), r.number(y)
		return cmp.Compare(sums[b]*counts[a], sums[a]*counts[b])
	})
	return earlier
}

// seated has the invited confirm their seats. Some decline, and those who wait move up. It returns the projects that pitch.
func (r *crowded500) seated(best []string) []int {
	var all []int
	for _, id := range best[:capacity+declined] {
		all = append(all, r.number(id))
	}
	sideBySide(all, 16, func(i, n int) {
		task, verdict := r.cases[n]+".seats.1", "accept"
		if i < declined {
			verdict = "decline"
		}
		r.task(task)
		r.decides(task, r.team(n), "seat-", map[string]any{"verdict": verdict})
	})
	seated := all[declined:]
	r.until("the seats are taken", func() bool {
		return r.count(`SELECT count(*) FROM pitches WHERE seat = 'confirmed' AND NOT ended`) == capacity
	})
	return seated
}

// pitched has all angels declare and score at once, each beginning with another project. Some have a conflict, some find out
// late; some score twice. The first team does not come.
func (r *crowded500) pitched(seated []int) {
	r.until("scores are asked for", func() bool {
		return r.count(`SELECT count(*) FROM tasks WHERE kind = 'score' AND status = 'open'`) == capacity
	})
	var group sync.WaitGroup
	came := func(n int, v station.Verdict) {
		r.decides(r.cases[n]+".attendance.1", r.Officers[0].ID, "came-", map[string]any{"verdict": v})
	}
	group.Go(func() {
		for _, n := range seated[1:] {
			came(n, station.Attended)
		}
	})
	for i, a := range r.Angels {
		group.Go(func() {
			tasks, order := map[int]string{}, []int(nil)
			for _, n := range rotated(seated, i) {
				switch {
				case r.conflicted(n, a.ID):
					if got := r.reads("/v1/cases/"+r.cases[n], a.ID); got.Status != http.StatusNotFound {
						r.t.Errorf("a project is there for an angel in conflict: %d", got.Status)
					}
				case sometimes(20, "conflict", a.ID, n):
					r.objects(n, a.ID)
				default:
					tasks[n], order = r.cases[n]+".pitches.1", append(order, n)
				}
			}
			r.judges(a.ID, tasks, order, func(n int) map[string]any { return crowd.Scored(crowd.Pitches(a.ID, n)) }, func(n int) {
				if sometimes(10, "twice", a.ID, n) {
					r.decides(tasks[n], a.ID, "again-", crowd.Scored(crowd.Pitches(a.ID, n)))
				}
				if sometimes(25, "late", a.ID, n) {
					r.objects(n, a.ID)
				}
			})
		})
	}
	group.Wait()
	came(seated[0], station.Absent)
	r.until("everything is settled", func() bool { return r.count(`SELECT count(*) FROM acts WHERE status = 'pending'`) == 0 })
}

func rotated(list []int, by int) []int {
	by %= len(list)
	return slices.Concat(list[by:], list[:by])
}

// ranked compares the report's order of those who pitched with that of the scores that were sent.
func (r *crowded500) ranked(seated []int) {
	panel := station.DefaultRoundTerms().Rubric
	mean := map[int]float64{}
	for _, n := range seated {
		sum, count := 0.0, 0.0
		for _, a := range r.Angels {
			if !r.conflicted(n, a.ID) {
				sum += panel.Rounded(crowd.Pitches(a.ID, n))
				count++
			}
		}
		mean[n] = sum / count
	}
	best := slices.SortedFunc(slices.Values(seated), func(a, b int) int { return cmp.Compare(mean[b], mean[a]) })
	report := r.reads("/v1/rounds/"+r.code+"/report", r.Officers[0].ID)
	require.Equal(r.t, http.StatusOK, report.Status, report.Body)
	var got []int
	rows, _ := report.Body["projects"].([]any)
	require.Len(r.t, rows, projects)
	for _, row := range rows {
		p, _ := row.(map[string]any)
		id, _ := p["case"].(string)
		if n := r.number(id); slices.Contains(seated, n) {
			got = append(got, n)
		}
	}
	require.Equal(r.t, best, got, "the ranking by the pitches")
}

// deliberated has all angels say at once what they would invest; some say something else first.
func (r *crowded500) deliberated(seated []int) {
	r.until("commitments are asked for", func() bool {
		return r.count(`SELECT count(*) FROM tasks WHERE kind = 'commitment' AND status = 'open'`) == len(seated)
	})
	var group sync.WaitGroup
	for i, a := range r.Angels {
		group.Go(func() {
			for _, n := range rotated(seated, i) {
				if r.conflicted(n, a.ID) {
					continue
				}
				task := r.cases[n] + ".deliberation.1"
				if sometimes(6, "mind", a.ID, n) {
					r.decides(task, a.ID, "first-", crowd.Commitment(station.Lead, 2*crowd.Minimum))
				}
				v, fen := r.invests(i, n)
				r.decides(task, a.ID, "commit-", crowd.Commitment(v, fen))
			}
		})
	}
	group.Wait()
	r.until("everything is settled", func() bool { return r.count(`SELECT count(*) FROM acts WHERE status = 'pending'`) == 0 })
}

// invests is what the i-th angel says in the end.
func (r *crowded500) invests(i, n int) (station.Verdict, int64) {
	v, fen := crowd.Invests(r.Angels[i].ID, i, n)
	if v == station.Lead && r.leadless[n] {
		v = station.Follow
	}
	return v, fen
}

// commitments are what the angels have said in the end, as they are kept.
func (r *crowded500) commitments(n int) (all []string) {
	for i, a := range r.Angels {
		if v, fen := r.invests(i, n); !r.conflicted(n, a.ID) {
			all = append(all, fmt.Sprint(a.ID, " ", v, " ", fen))
		}
	}
	return all
}

// syndicate is what must come of a project's commitments.
func (r *crowded500) syndicate(n int) station.Syndicate {
	var ballots []station.Ballot
	for i, a := range r.Angels {
		if !r.conflicted(n, a.ID) {
			v, fen := r.invests(i, n)
			ballots = append(ballots, station.Ballot{Account: a.ID, Verdict: v, Fen: fen})
		}
	}
	return station.SyndicateOf(ballots)
}

// closed brings every syndicate to its closing, but for some whose team does not want to. What the fund adds is within the
// caps all along, and as much as it can.
func (r *crowded500) closed(seated []int) {
	var formed []int
	for _, n := range seated {
		if r.syndicate(n).Formed(crowd.Minimum) {
			formed = append(formed, n)
		}
	}
	require.Greater(r.t, int64(len(formed)), int64(roundCap/crowd.MatchCap+1), "more than the fund can carry")
	r.until("every syndicate is formed", func() bool {
		return r.count(`SELECT count(*) FROM tasks WHERE kind = 'closing' AND status = 'open'`) == 2*len(formed)
	})
	for _, n := range seated {
		require.Equal(r.t, r.commitments(n), list(r.house, r.db, `
			SELECT concat_ws(' ', b.account, b.verdict, b.fen) FROM ballots b WHERE b.case_id = $1 AND NOT EXISTS (
				SELECT FROM declarations d WHERE d.case_id = b.case_id AND d.account = b.account AND d.conflict <> 'none')
			ORDER BY b.account`, r.cases[n]), "the commitments to project %d", n)
	}
	for _, n := range formed {
		s := r.syndicate(n)
		require.Equal(r.t, 1, r.count(`SELECT count(*) FROM pitches WHERE case_id = $1 AND lead = $2 AND committed = $3 AND cardinality(members) = $4`,
			r.cases[n], s.Lead, s.Fen, len(s.Members)), "the syndicate of project %d", n)
		require.LessOrEqual(r.t, r.count(`SELECT match FROM pitches WHERE case_id = $1`, r.cases[n]),
			int(station.RoundMatch{Percent: crowd.MatchPercent, Cap: crowd.MatchCap}.Of(s.Fen)))
	}
	reserved := r.count(`SELECT sum(match) FROM pitches`)
	require.Equal(r.t, reserved, r.count(`SELECT matched FROM rounds`))
	require.Equal(r.t, reserved, r.count(`SELECT sum(reserved) FROM awards`))
	require.LessOrEqual(r.t, reserved, lastingBudget)
	require.Greater(r.t, reserved, lastingBudget-crowd.MatchCap, "it adds what it can")

	sideBySide(seated, 16, func(i, n int) {
		r.task(r.cases[n] + ".feedback.1")
		r.decides(r.cases[n]+".feedback.1", r.Officers[i%len(r.Officers)].ID, "feedback-", map[string]any{"verdict": "accept", "reason": "You know your market."})
	})
	sideBySide(formed, 16, func(i, n int) {
		lead, team := r.syndicate(n).Lead, r.team(n)
		if i < unclosed {
			r.decides(r.cases[n]+".closing.2", team, "decline-", map[string]any{"verdict": "decline", "reason": "We found others."})
			return
		}
		for ordinal, side := range []string{lead, team} {
			task := fmt.Sprintf("%s.closing.%d", r.cases[n], ordinal+1)
			r.does("/v1/tasks/"+task+"/confirmation", side, "close-"+task, map[string]any{"documents": []string{r.uploads(side, "term sheet")}})
		}
		if r.count(`SELECT match FROM pitches WHERE case_id = $1`, r.cases[n]) > 0 {
			task := r.cases[n] + ".closing.3"
			r.task(task)
			r.does("/v1/tasks/"+task+"/confirmation", r.Treasurers[0].ID, "pay-"+task, map[string]any{"reference": "BANK-" + task})
		}
	})
	for _, id := range r.cases {
		r.ended(id)
	}
	require.Equal(r.t, len(formed)-unclosed, r.count(`SELECT count(*) FROM cases WHERE kind = 'pitch' AND status = 'completed'`))
	require.Equal(r.t, len(seated)-len(formed)+unclosed, r.count(`SELECT count(*) FROM cases WHERE status = 'unfunded'`))
	require.Equal(r.t, projects-capacity-declined, r.count(`SELECT count(*) FROM cases WHERE status = 'unplaced'`))
	require.Equal(r.t, declined, r.count(`SELECT count(*) FROM cases WHERE status = 'refused'`))
	paid := r.count(`SELECT coalesce(sum(fen), 0) FROM fund_entries WHERE kind = 'pay'`)
	require.Equal(r.t, paid, r.count(`SELECT sum(match) FROM pitches`), "what was not paid has gone back")
	require.Equal(r.t, paid, r.count(`SELECT matched FROM rounds`))
	require.Equal(r.t, 0, r.count(`SELECT sum(reserved) FROM awards`))
}

// settledOnce checks that every act that was sent is there, and was settled once: recorded, with one event, or refused with a
// reason.
func (r *crowded500) settledOnce() {
	const moved = 5 // the timetable
	r.t.Logf("%d acts", r.sent+moved)
	require.Equal(r.t, r.sent+moved, r.count(`SELECT count(*) FROM acts WHERE kind <> 'move'`))
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM acts WHERE status = 'pending' OR settled_at IS NULL`))
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM acts WHERE status = 'refused' AND reason = ''`))
	require.Equal(r.t, 0, r.count(`
		SELECT count(*) FROM acts a WHERE a.status = 'recorded' AND (
			SELECT count(*) FROM events e WHERE e.case_id = a.case_id AND e.act = a.id::text AND e.kind <> 'act_refused') <> 1`), "each act counts once")
	require.Equal(r.t, r.count(`SELECT count(*) FROM acts WHERE body->>'verdict' = 'score' AND status = 'recorded'`), r.count(`SELECT count(*) FROM reviews`))
	require.Equal(r.t, len(r.conflicts), r.count(`SELECT count(*) FROM declarations WHERE conflict <> 'none'`))
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM tasks WHERE status = 'open' AND kind <> 'mail'`))
	require.Equal(r.t, 0, r.count(`SELECT count(*) FROM cases WHERE status = 'failed'`))
}

// histories checks that Temporal suggests of no case to continue as new, and prints how long they are.
func (r *crowded500) histories() {
	c := &recorder{r.house}
	temporal := r.temporal()
	length := func(id string) int {
		events := c.history(temporal, id, "").GetEvents()
		for _, e := range events {
			if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
				require.False(r.t, e.GetWorkflowTaskStartedEventAttributes().GetSuggestContinueAsNew(), "case %s is too long, with %d events", id, len(events))
			}
		}
		require.Empty(r.t, events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId())
		return len(events)
	}
	most, sum := 0, 0
	for _, id := range r.cases {
		n := length(id)
		most, sum = max(most, n), sum+n
	}
	r.t.Logf("events in a history: %d of the round, %d of a project on average, %d at most", length(r.id), sum/projects, most)
}
