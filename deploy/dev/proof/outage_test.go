package proof_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// load takes so many referrals through, some side by side, while something is
// done to the house. It is told how many are through, so that it is done in the
// midst of them on a fast machine as on a slow one.
func (h *house) load(cases, side int, disturb func(through func() int)) {
	var next, finished atomic.Int64
	var group sync.WaitGroup
	for range side {
		group.Go(func() {
			for n := int(next.Add(1)); n <= cases; n = int(next.Add(1)) {
				if id := h.refer(usual, n); id != "" {
					h.through(id, n)
				}
				finished.Add(1)
			}
		})
	}
	disturb(func() int { return int(finished.Load()) })
	group.Wait()
}

func TestStation_LosesNothingWhenWorkersAreKilled(t *testing.T) {
	h := openHouse(t, nil)
	h.load(24, 6, func(through func() int) {
		for n := 0; n < 24; n += 4 {
			h.until("some more are through", func() bool { return through() >= n })
			time.Sleep(200 * time.Millisecond) // the next are on their way
			require.NoError(t, h.stack.Worker.Kill())
			require.NoError(t, h.stack.Worker.Start())
		}
	})
	h.inOrder(24)
	h.noSecondMail()
}

// noSecondMail checks that each mail came once: one that a worker had given
// away, but could not note before it died, waits for the mail service's report.
func (h *house) noSecondMail() {
	h.t.Helper()
	h.mailed()
	require.Empty(h.t, h.duplicates())
}

// mailed waits until nothing is left to be sent.
func (h *house) mailed() {
	h.t.Helper()
	h.until("every mail is out", func() bool {
		return h.count(`SELECT count(*) FROM notices WHERE status NOT IN ('sent', 'delivered', 'dropped')`) == 0
	})
	if h.t.Failed() {
		h.storyOfMail()
	}
}

// storyOfMail logs the mails that are left, and what the activity is doing that sends them.
func (h *house) storyOfMail() {
	h.t.Logf("it is %s", time.Now().Format(time.RFC3339))
	for _, line := range list(h, h.db, `SELECT row_to_json(x)::text FROM (
		SELECT id, template, status, problem, attempts, next_at, claimed_at FROM notices WHERE status NOT IN ('sent', 'delivered', 'dropped') LIMIT 20) x`) {
		h.t.Log(line)
	}
	d, err := h.temporal().DescribeWorkflowExecution(context.Background(), "mail", "")
	if err != nil {
		h.t.Log(err)
		return
	}
	h.t.Log(d.GetWorkflowExecutionInfo().GetStatus(), d.GetPendingActivities(), d.GetPendingWorkflowTask())
}

func TestStation_LosesNothingWhenPostgreSQLRestarts(t *testing.T) {
	h := openHouse(t, nil)
	h.load(20, 5, func(through func() int) {
		for n := 0; n < 20; n += 4 {
			h.until("some more are through", func() bool { return through() >= n })
			time.Sleep(200 * time.Millisecond) // the next are on their way
			require.NoError(t, h.stack.Postgres.Restart(t.Context()))
		}
	})
	h.inOrder(20)
	h.noSecondMail()
}

func TestStation_LosesNothingWhenTemporalIsAwayForAMinute(t *testing.T) {
	h := openHouse(t, nil)
	h.load(16, 4, func(func() int) {
		time.Sleep(3 * time.Second)
		require.NoError(t, h.stack.Temporal.Stop())
		away := time.Now()
		// a case is taken in, and an act is kept, though nobody can hear of it
		id := h.refer(usual, 1000)
		require.NotEmpty(t, id)
		a := h.send("/v1/cases/"+id+"/withdrawal", h.Referrers[0].ID, "", nil)
		require.Equal(t, http.StatusAccepted, a.Status, a.Body)
		time.Sleep(time.Until(away.Add(time.Minute)))
		require.NoError(t, h.stack.Temporal.Start(t.Context()))
		h.ended(id)
		require.Equal(t, 1, h.count(`SELECT count(*) FROM cases WHERE id = $1 AND status = 'withdrawn'`, id))
	})
	require.Equal(t, 0, h.count(`SELECT count(*) FROM acts WHERE status = 'pending'`))
	require.Equal(t, 16, h.count(`SELECT count(*) FROM cases WHERE status = 'accepted'`))
	h.verified()
	h.noSecondMail()
}
