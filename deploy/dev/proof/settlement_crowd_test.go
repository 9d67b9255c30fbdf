package proof_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// The programme of settlements. Who does not rate at once does not rate.
const settling = "proof-settlements"

var settlements = map[string]string{settling: `{"rating": {"seconds": 2}, "low": 0}`, rated: `{}`, neglected: neglectedTerms}

// newcomers are the whole crowd; fewer are for trying.
var newcomers = flag.Int("newcomers", 1000, "who settle at once in the proof of settlements, at most 1000")

const (
	leaving   = 10 // of so many newcomers one withdraws on the way
	unwilling = 20 // of so many requests a provider refuses one
	careful   = 4  // of so many requests a provider accepts one before it completes it
)

func TestSettlement_EachServiceOfACrowdEndsOnceWhileWorkersAreKilled(t *testing.T) {
	h := openHouse(t, nil)
	s := &crowdSettling{house: h, cases: make([]string, *newcomers), did: map[string]bool{}}
	sideBySide(s.cases, 16, func(n int, _ string) { s.settles(n) })
	require.False(t, t.Failed())
	stop := h.kills(time.Minute)
	s.everybodyActs()
	stop()
	require.False(t, t.Failed())
	s.endedOnce()
	s.askedOnce()
	s.undoneInReverse()
	h.verified()
	h.mailed()
}

// crowdSettling are settlements on their way. All that their people do is decided by lot, but always the same.
type crowdSettling struct {
	*house
	cases []string
	mu    sync.Mutex
	did   map[string]bool // tasks that were acted on, and settlements that were withdrawn
}

// settles begins the n-th newcomer's settlement.
func (s *crowdSettling) settles(n int) {
	who := s.Newcomers[n].ID
	form := crowd.Settlement(settling, s.uploads(who, "identity and degree"))
	a := s.surely("/v1/settlements", who, fmt.Sprintf("settle-%d", n), form)
	if a.Status != http.StatusCreated {
		s.t.Errorf("settle: %d %v", a.Status, a.Body)
	}
	s.cases[n] = a.id()
}

// everybodyActs has providers, case managers and newcomers do what there is to do, until every case has ended.
func (s *crowdSettling) everybodyActs() {
	seen := 0
	for end := time.Now().Add(patience); !s.t.Failed(); time.Sleep(100 * time.Millisecond) {
		open := s.todo()
		sideBySide(open, 64, func(_ int, t todo) { s.acts(t) })
		left := s.leave()
		if s.count(`SELECT count(*) FROM cases WHERE ended_at IS NULL`) == 0 {
			return
		}
		if events := s.count(`SELECT count(*) FROM events`); events > seen || len(open) > 0 || left {
			seen, end = events, time.Now().Add(patience)
		}
		if time.Now().After(end) {
			s.t.Error("nothing happens any more, and cases go on")
			for _, id := range list(s.house, s.db, `SELECT id FROM cases WHERE ended_at IS NULL ORDER BY id LIMIT 3`) {
				s.story(id)
			}
			return
		}
	}
}

// todo is an open task that somebody can do.
type todo struct {
	ID, Kind, Provider, Assignee, Asked, Providers string
}

// todo lists what nobody has acted on yet.
func (s *crowdSettling) todo() (open []todo) {
	rows, err := s.db.QueryContext(context.Background(), `
		SELECT id, kind, coalesce(provider, ''), coalesce(assignee::text, ''), coalesce(details->>'provider', ''), coalesce(details->'providers'->>1, '')
		FROM tasks WHERE status = 'open' AND kind IN ('service', 'delivery', 'trouble', 'stalled', 'undo')`)
	if err != nil {
		return nil // away: asked again
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t todo
		if rows.Scan(&t.ID, &t.Kind, &t.Provider, &t.Assignee, &t.Asked, &t.Providers) == nil && s.first(t.ID) {
			open = append(open, t)
		}
	}
	if rows.Err() != nil {
		return open
	}
	return open
}

// first reports whether something is done for the first time.
func (s *crowdSettling) first(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := s.did[what]
	s.did[what] = true
	return !done
}

// acts does a task in the way that the lot says.
func (s *crowdSettling) acts(t todo) {
	clerk := func() string { return s.Providers[t.Provider][crowd.Draw(2, "clerk", t.ID, 0)].ID }
	decision := "/v1/tasks/" + t.ID + "/decision"
	switch kind := station.TaskKind(t.Kind); {
	case kind == station.TaskService && crowd.Draw(unwilling, "refuses", t.ID, 0) == 0:
		s.does(decision, clerk(), t.ID, map[string]any{"verdict": "decline", "reason": "We have no room."})
	case kind == station.TaskService && crowd.Draw(careful, "accepts", t.ID, 0) == 0:
		s.does(decision, clerk(), t.ID, map[string]any{"verdict": "accept"})
	case t.Provider != "":
		s.does("/v1/tasks/"+t.ID+"/confirmation", clerk(), t.ID, map[string]any{"note": "Done."})
	case kind == station.TaskStalled:
		s.does(decision, t.Assignee, t.ID, map[string]any{"verdict": "ask_again"})
	case t.Asked == t.Providers: // the second has refused, too
		s.does(decision, t.Assignee, t.ID, map[string]any{"verdict": []string{"waive", "end"}[crowd.Draw(2, "waives", t.ID, 0)], "reason": "They have it already."})
	default:
		s.does(decision, t.Assignee, t.ID, map[string]any{"verdict": "reassign", "provider": t.Providers, "reason": "Their neighbours do it."})
	}
}

// does sends an act; that it is refused is an answer too: its settlement has been withdrawn meanwhile.
func (s *crowdSettling) does(path, account, key string, body map[string]any) {
	a := s.surely(path, account, key, body)
	if !slices.Contains([]int{http.StatusOK, http.StatusAccepted, http.StatusConflict}, a.Status) {
		s.t.Errorf("%s: %d %v", path, a.Status, a.Body)
	}
}

// leave has newcomers withdraw who are to, once some of their services are done.
func (s *crowdSettling) leave() (left bool) {
	var who []int
	for n, id := range s.cases {
		if n%leaving == 0 && s.count(`SELECT count(*) FROM services WHERE settlement = $1 AND state = 'done'`, id) > n/leaving%6 && s.first(id) {
			who = append(who, n)
		}
	}
	sideBySide(who, 8, func(_ int, n int) {
		s.does("/v1/cases/"+s.cases[n]+"/withdrawal", s.Newcomers[n].ID, "leave", nil)
	})
	return len(who) > 0
}

// endedOnce checks that every service and settlement has ended, and once.
func (s *crowdSettling) endedOnce() {
	s.t.Helper()
	require.Equal(s.t, *newcomers, s.count(`SELECT count(*) FROM cases WHERE kind = 'settlement' AND status IN ('completed', 'withdrawn')`))
	require.Equal(s.t, 8**newcomers, s.count(`SELECT count(*) FROM services`))
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM services WHERE state NOT IN ('done', 'waived', 'undone', 'ended')`))
	require.Equal(s.t, s.count(`SELECT count(*) FROM services WHERE case_id IS NOT NULL`), s.count(`SELECT count(*) FROM cases WHERE kind = 'service' AND ended_at IS NOT NULL`))
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM (SELECT case_id FROM events WHERE stage = 'ended' GROUP BY case_id HAVING count(*) <> 1) x`), "each ends once")
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM cases WHERE status = 'failed'`))
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM acts WHERE status = 'pending'`))
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM tasks WHERE status = 'open' AND kind <> 'mail'`))
	withdrawn := s.count(`SELECT count(*) FROM cases WHERE kind = 'settlement' AND status = 'withdrawn'`)
	s.t.Logf("%d withdrawn, %d services undone, %d requests, %d refused", withdrawn, s.count(`SELECT count(*) FROM services WHERE state = 'undone'`),
		s.count(`SELECT count(*) FROM requests`), s.count(`SELECT count(*) FROM requests WHERE answer = 'refused'`))
	require.Greater(s.t, withdrawn, *newcomers/leaving/2)
}

// askedOnce checks that no provider was asked twice for the same service.
func (s *crowdSettling) askedOnce() {
	s.t.Helper()
	require.Equal(s.t, 0, s.count(`SELECT count(*) FROM (SELECT service, provider FROM requests GROUP BY 1, 2 HAVING count(*) > 1) x`))
	require.Equal(s.t, s.count(`SELECT count(*) FROM requests`), s.count(`SELECT count(*) FROM events WHERE kind = 'provider_asked'`))
	require.Equal(s.t, s.count(`SELECT count(*) FROM requests`), s.count(`SELECT count(*) FROM notices WHERE template = 'service_asked'`)/2, "each of a provider's two people was written to once")
}

// undoneInReverse checks that a service was undone before those that it needs were asked for.
func (s *crowdSettling) undoneInReverse() {
	s.t.Helper()
	needs := crowd.Services()
	pairs := 0
	for _, o := range needs.Offers {
		for _, need := range o.Needs {
			n, wrong := 0, 0
			err := s.db.QueryRowContext(s.t.Context(), `
				SELECT count(*), count(*) FILTER (WHERE undone.at > asked.at) FROM services x JOIN services y ON y.settlement = x.settlement AND x.code = $1 AND y.code = $2
				JOIN LATERAL (SELECT max(at) AS at FROM events WHERE case_id = x.case_id AND kind = 'undone') undone ON undone.at IS NOT NULL
				JOIN LATERAL (SELECT min(at) AS at FROM events WHERE case_id = y.case_id AND kind = 'undo_asked') asked ON asked.at IS NOT NULL`,
				o.Code, need).Scan(&n, &wrong)
			require.NoError(s.t, err)
			require.Zero(s.t, wrong, "%s was undone after %s was asked for", o.Code, need)
			pairs += n
		}
	}
	require.Positive(s.t, pairs, "what needs another was undone, too")
	s.t.Logf("%d pairs were undone in their order", pairs)
}
