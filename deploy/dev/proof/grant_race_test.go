package proof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/crowd"
)

var seed = flag.Uint64("seed", 0, "of what happens at random; 0: another one each time")

// sideBySide does something with each of a list, some at once.
func sideBySide[T any](list []T, some int, do func(i int, of T)) {
	var group sync.WaitGroup
	next := make(chan int)
	for range some {
		group.Go(func() {
			for i := range next {
				do(i, list[i])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	group.Wait()
}

const (
	applications = 200
	carried      = 37 // awards by the fund, and a bit
	bit          = crowd.Award * 3 / 10
)

func TestGrant_200RacingForAFundThatCarries37ReserveExactly37(t *testing.T) {
	h := openHouseWith(t, carried*crowd.Award+bit, nil)
	asked := func() int { return h.count(`SELECT count(*) FROM fund_queue`) }
	cases := make([]string, applications)
	sideBySide(cases, 16, func(n int, _ string) {
		cases[n] = h.apply(granting, n)
		h.checkedTwice(cases[n], n)
		h.recommends(cases[n], 1, 2, crowd.Recommend)
	})
	require.False(t, t.Failed())
	require.Equal(t, 0, asked())
	// all at the same instant
	together(applications, func(n int) answer { h.recommends(cases[n], 3, 3, crowd.Recommend); return answer{} })
	h.until("every case has asked the fund", func() bool { return asked() == applications })
	require.Equal(t, carried, h.count(`SELECT count(*) FROM awards WHERE reserved = $1`, crowd.Award))
	require.Equal(t, carried, h.count(`SELECT count(*) FROM fund_entries`))
	require.Equal(t, applications-carried, h.count(`SELECT count(*) FROM fund_queue WHERE left_at IS NULL`))
	require.Equal(t, carried*crowd.Award, h.count(`SELECT sum(reserved) FROM fund_years`))
	h.balances()

	// the last to come, and better than all who wait
	best := h.apply(granting, applications)
	h.checkedTwice(best, applications)
	h.recommends(best, 1, 3, excellent)
	h.until("the best waits too", func() bool { return asked() == applications+1 })
	require.False(t, t.Failed())

	h.paidThroughHarm(best)
}

// excellent scores more than crowd.Recommend does.
var excellent = map[string]any{"verdict": "score", "tier": crowd.Award, "scores": []map[string]any{
	{"criterion": "innovation", "points": 95}, {"criterion": "feasibility", "points": 95}, {"criterion": "team", "points": 95}, {"criterion": "benefit", "points": 95},
}}

// paidThroughHarm has those who got money be paid or withdraw, and those be paid for whom their withdrawals are enough, while
// the station is harmed. First is who waits first.
func (h *house) paidThroughHarm(first string) {
	const early, late = 4, 2    // who withdraw before a payment, or from when half the award is ordered, which is repaid
	const served = early + late // who get instead what is released or comes back
	lucky := list(h, h.db, `SELECT case_id FROM fund_entries ORDER BY seq`)
	waiting := list(h, h.db, `SELECT case_id FROM fund_queue WHERE left_at IS NULL ORDER BY score DESC, asked_at, case_id`)
	next := waiting[:served]
	require.Equal(h.t, first, next[0])

	// the PostgreSQL of a test answers before it has written: quick, but a crash can take back what it has answered
	h.exec(`ALTER ROLE CURRENT_USER SET synchronous_commit = on`)
	require.NoError(h.t, h.stack.Postgres.Restart(h.t.Context()))

	const long = 2 * time.Minute
	begun := time.Now()
	harmed := make(chan struct{})
	go func() {
		defer close(harmed)
		h.harm(begun.Add(long))
	}()
	const steps = 2 + 2*payments
	through := func(i int, id string, some int) {
		for n := range some {
			// all along, somebody is at each step
			time.Sleep(time.Until(begun.Add(long * time.Duration(n*carried+i) / (steps * carried))))
			h.steps(id, n, i)
		}
	}
	var group, withdrawals sync.WaitGroup
	for i, id := range lucky {
		if i >= early+late {
			group.Go(func() { through(i, id, steps) })
			continue
		}
		withdrawals.Go(func() {
			const ordered, halfPaid = 3, 4 // steps
			switch {
			case i < ordered: // before the signature, the agreement, the order
				through(i, id, i)
				h.withdraws(id)
			case i < early: // before the payment, which is rejected for that
				through(i, id, ordered)
				task := tranchesTask(id, 2)
				h.task(task)
				h.withdraws(id)
				h.decide(task, h.Treasurers[0].ID, "reject-"+task, map[string]any{"verdict": "reject", "reason": "It was withdrawn."})
			case i < early+1: // before the payment, which is on its way
				through(i, id, ordered)
				h.task(tranchesTask(id, 2))
				h.withdraws(id)
				h.paysOnce(id, 1)
				h.repays(id)
			default: // after it
				through(i, id, halfPaid)
				h.withdraws(id)
				h.repays(id)
			}
			h.ended(id)
		})
	}
	withdrawals.Wait()
	sideBySide(next, served, func(i int, id string) { h.paid(id, i, payments) })
	group.Wait()
	<-harmed
	paid := slices.Concat(lucky[early+late:], next)
	for _, id := range paid {
		h.stands(id, "closing")
	}
	require.False(h.t, h.t.Failed())

	h.until("everybody has heard", func() bool { return h.count(`SELECT count(*) FROM acts WHERE status = 'pending'`) == 0 })
	h.balances()
	require.Equal(h.t, len(paid), h.count(`SELECT count(*) FROM awards WHERE reserved = 0 AND paid = $1 AND case_id = ANY($2)`, crowd.Award, pq.Array(paid)))
	require.Equal(h.t, len(paid)*payments+late, h.count(`SELECT count(*) FROM fund_entries WHERE kind = 'pay'`), "each tranche once")
	require.Equal(h.t, late, h.count(`SELECT count(*) FROM awards WHERE (reserved, paid, repaid) = (0, $1, $1) AND case_id = ANY($2)`, crowd.Award/2, pq.Array(lucky[early:early+late])))
	require.Equal(h.t, late, h.count(`SELECT count(*) FROM fund_entries WHERE kind = 'repay'`), "each repayment once")
	require.Equal(h.t, len(paid)*payments+2*late, h.count(`SELECT count(*) FROM acts WHERE kind = 'confirm' AND status = 'recorded'`), "each confirmation once")
	require.Equal(h.t, early+late, h.count(`SELECT count(*) FROM cases WHERE status = 'withdrawn'`))
	require.Equal(h.t, early+late, h.count(`SELECT count(*) FROM fund_entries WHERE kind = 'release'`))
	require.Equal(h.t, 0, h.count(`SELECT sum(reserved) FROM awards`), "all is paid or released")
	require.Equal(h.t, bit, h.count(`SELECT budget + repaid - paid FROM fund_years WHERE paid > 0`), "the bit is left")
	require.Equal(h.t, next, list(h, h.db, `SELECT case_id FROM fund_entries WHERE kind = 'reserve' ORDER BY seq`)[carried:], "by score, and then who came first")
	require.Equal(h.t, waiting[served:], list(h, h.db, `SELECT case_id FROM fund_queue WHERE left_at IS NULL ORDER BY score DESC, asked_at, case_id`))
	require.Equal(h.t, carried+served, h.count(`SELECT count(*) FROM events WHERE kind = 'reserved'`))
	require.Equal(h.t, served, h.count(`SELECT count(*) FROM acts WHERE kind = 'found' AND status = 'recorded'`))
	require.Equal(h.t, 0, h.count(`SELECT count(*) FROM cases WHERE status = 'failed'`))
	h.noSecondMail()
	h.verified()
}

// steps does what comes next for an award on notice: signature, agreement, and for each tranche an order and a payment.
func (h *house) steps(id string, n, officer int) {
	switch {
	case n == 0:
		h.signs(id)
	case n == 1:
		h.agrees(id)
	case n%2 == 0:
		h.orders(id, n/2, officer)
	default:
		h.paysOnce(id, n/2)
	}
}

// paysOnce has both treasurers confirm a tranche at once, each with a reference of their own: one of them is recorded.
func (h *house) paysOnce(id string, tranche int) {
	task := tranchesTask(id, 2*tranche)
	h.task(task)
	for _, a := range together(len(h.Treasurers), func(i int) answer {
		return h.confirms(task, h.Treasurers[i].ID, fmt.Sprintf("pay-%d-%s", i, task), fmt.Sprintf("BANK-%d-%s", i, task))
	}) {
		if !slices.Contains([]int{http.StatusOK, http.StatusAccepted, http.StatusConflict}, a.Status) {
			h.t.Errorf("pay %s: %d %v", task, a.Status, a.Body)
		}
	}
}

// harm kills the worker, PostgreSQL and Temporal at random, and starts them again, until it is time to stop. It leaves
// everything running.
func (h *house) harm(end time.Time) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	h.t.Logf("harmed at random by -seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, 0))
	short := func() { time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond) }
	done := map[string]int{}
	for time.Now().Before(end) {
		what := []string{"worker", "PostgreSQL", "Temporal", "worker and PostgreSQL"}[r.IntN(4)]
		done[what]++
		short()
		var err error
		switch what {
		case "worker":
			err = h.stack.Worker.Kill()
			short()
		case "PostgreSQL":
			h.stack.Postgres.Kill()
			short()
			err = h.stack.Postgres.Restart(context.Background())
		case "Temporal":
			err = h.stack.Temporal.Stop()
			short()
			err = errors.Join(err, h.stack.Temporal.Start(context.Background()))
		default:
			err = h.stack.Worker.Kill()
			h.stack.Postgres.Kill()
			short()
			err = errors.Join(err, h.stack.Postgres.Restart(context.Background()))
		}
		// a worker that has ended, by itself too, is started again: so does who keeps services running
		if !h.stack.Worker.Running() {
			err = errors.Join(err, h.stack.Worker.Start())
		}
		if err != nil {
			h.t.Errorf("after the harm to %s: %v", what, err)
			return
		}
		short()
	}
	h.t.Logf("harmed: %v", done)
}
