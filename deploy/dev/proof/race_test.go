package proof_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/crowd"
)

// together does n things at the same instant.
func together(n int, do func(i int) answer) []answer {
	answers := make([]answer, n)
	gate := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-gate
			answers[i] = do(i)
		})
	}
	close(gate)
	group.Wait()
	return answers
}

func tally(answers []answer) map[int]int {
	m := map[int]int{}
	for _, a := range answers {
		m[a.Status]++
	}
	return m
}

func TestStation_SettlesEachActOnceInARace(t *testing.T) {
	h := openHouse(t, nil)

	t.Run("one key sent fifty times at once starts one case", func(t *testing.T) {
		form := map[string]any{
			"programme": usual, "channel": "alumni", "name": "Once Only", "email": "once@example.com", "institution": "school once",
			"field": "AI", "evidence": []string{"https://example.com/p"}, "why": "Because.",
		}
		answers := together(50, func(int) answer { return h.send("/v1/referrals", h.Referrers[1].ID, "same", form) })
		require.Equal(t, map[int]int{http.StatusCreated: 50}, tally(answers))
		for _, a := range answers {
			require.Equal(t, answers[0].id(), a.id())
		}
		require.Equal(t, 1, h.count(`SELECT count(*) FROM cases`))
		require.Equal(t, http.StatusOK, h.send("/v1/cases/"+answers[0].id()+"/withdrawal", h.Referrers[1].ID, "", nil).Status)
	})

	t.Run("of twenty officers who decide at once one is recorded", func(t *testing.T) {
		id := h.refer(usual, 1)
		h.consent(id, 1)
		h.task(id + ".check.1")
		answers := together(20, func(i int) answer {
			return h.send("/v1/tasks/"+id+".check.1/decision", h.Officers[i].ID, "", map[string]any{"verdict": "accept"})
		})
		h.until("every act is settled", func() bool {
			return h.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, id) == 0
		})
		require.Equal(t, 1, h.count(`SELECT count(*) FROM acts WHERE task = $1 AND status = 'recorded'`, id+".check.1"))
		require.Equal(t, 19, h.count(`SELECT count(*) FROM acts WHERE task = $1 AND status = 'refused' AND reason = 'task_closed'`, id+".check.1"))
		for _, a := range answers {
			require.Contains(t, []int{http.StatusOK, http.StatusConflict, http.StatusAccepted}, a.Status, a.Body)
		}
	})

	t.Run("of twenty reviewers who score at once the quorum is met once", func(t *testing.T) {
		id := h.refer(crowded, 2)
		h.consent(id, 2)
		h.task(id + ".check.1")
		h.decide(id+".check.1", h.Officers[0].ID, "", map[string]any{"verdict": "accept"})
		h.task(fmt.Sprintf("%s.review.20", id))
		who := h.assignees(id)
		require.Len(t, who, 20)
		together(20, func(i int) answer {
			return h.send(fmt.Sprintf("/v1/tasks/%s.review.%d/decision", id, i+1), who[i], "", crowd.Score)
		})
		h.ended(id)
		require.Equal(t, 3, h.count(`SELECT count(*) FROM reviews WHERE case_id = $1`, id))
		require.Equal(t, 3, h.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND kind = 'decide' AND task LIKE '%.review.%' AND status = 'recorded'`, id))
		require.Equal(t, 17, h.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason IN ('quorum_met', 'case_ended')`, id))
		require.Equal(t, 0, h.count(`SELECT count(*) FROM acts WHERE status = 'pending'`))
	})
}

func TestStation_SettlesWhatComesInTheInstantOfTheEnd(t *testing.T) {
	h := openHouse(t, nil)
	const rounds = 15
	for n := range rounds {
		id := h.refer(usual, n)
		h.consent(id, n)
		h.task(id + ".check.1")
		// three withdrawals and five decisions race for one case
		together(8, func(i int) answer {
			if i < 3 {
				return h.send("/v1/cases/"+id+"/withdrawal", h.Referrers[0].ID, "", nil)
			}
			return h.send("/v1/tasks/"+id+".check.1/decision", h.Officers[i].ID, "", map[string]any{"verdict": "accept"})
		})
		h.ended(id)
	}
	require.Equal(t, 0, h.count(`SELECT count(*) FROM acts WHERE status = 'pending'`))
	require.Equal(t, rounds, h.count(`SELECT count(*) FROM cases WHERE status = 'withdrawn'`))
	require.Equal(t, rounds, h.count(`SELECT count(*) FROM acts WHERE kind = 'withdraw' AND status = 'recorded'`), "each case is withdrawn once")
	require.LessOrEqual(t, h.count(`SELECT count(*) FROM acts WHERE kind = 'decide' AND task LIKE '%.check.1' AND status = 'recorded'`), rounds)
	require.Equal(t, h.count(`SELECT count(*) FROM acts`), h.count(`SELECT count(*) FROM acts WHERE settled_at IS NOT NULL`))
}

// assignees are a case's reviewers in the order of their tasks.
func (h *house) assignees(id string) (list []string) {
	h.t.Helper()
	rows, err := h.db.QueryContext(h.t.Context(), `SELECT assignee FROM tasks WHERE case_id = $1 AND kind = 'review' ORDER BY split_part(id, '.', 3)::int`, id)
	require.NoError(h.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var who string
		require.NoError(h.t, rows.Scan(&who))
		list = append(list, who)
	}
	require.NoError(h.t, rows.Err())
	return list
}
