package proof_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

func TestGrant_IsPaidOnceWhenAnOperatorResetsIt(t *testing.T) {
	h := openHouse(t, nil)
	c := h.temporal()
	// sent as by somebody who does it once more: not the same act again
	again := func(task, who string, verdict map[string]any) {
		h.task(task)
		h.decide(task, who, station.NewID(), verdict)
	}
	sweep := func() {
		require.NoError(t, c.ScheduleClient().GetHandle(t.Context(), "sweep").Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	}
	// two experts have scored, and then all goes well until the first tranche is paid
	paid := func(n int) (id string, before int64) {
		id = h.apply(granting, n)
		h.checkedTwice(id, n)
		h.recommends(id, 1, 2, crowd.Recommend)
		h.task(id + ".review.3")
		before = h.standing(c, id)
		h.recommends(id, 3, 3, crowd.Recommend)
		h.paid(id, n, 1)
		h.task(tranchesTask(id, 3))
		return id, before
	}
	// what came back is not paid again
	rest := func(id string, n, repaid int) {
		for tranche := 2; tranche <= payments; tranche++ {
			h.orders(id, tranche, n)
			h.pays(id, tranche)
		}
		h.stands(id, "closing")
		require.False(t, t.Failed())
		require.Equal(t, payments, h.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'pay'`, id))
		require.Equal(t, 1, h.count(`SELECT count(*) FROM awards WHERE case_id = $1 AND (reserved, paid, repaid) = (0, $2, $3)`, id, crowd.Award, repaid))
		require.Equal(t, 0, h.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, id))
		h.balances()
		h.verified()
		h.noSecondMail()
	}
	reserved := func(id string) int {
		return h.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'reserve'`, id)
	}
	t.Run("to before its reservation, with all done again", func(t *testing.T) {
		id, before := paid(1)
		h.reset(c, id, before, enums.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL)
		sweep()
		h.stands(id, "review")
		again(id+".review.3", h.assignee(id+".review.3"), crowd.Recommend)
		again(id+".signature.1", h.Directors[0].ID, map[string]any{"verdict": "sign"})
		again(id+".agreement.1", h.Founders[0].ID, accept)
		again(tranchesTask(id, 1), h.Officers[1].ID, accept)
		h.task(tranchesTask(id, 2))
		h.confirms(tranchesTask(id, 2), h.Treasurers[1].ID, station.NewID(), "BANK-"+tranchesTask(id, 2))
		rest(id, 1, 0)
		require.Equal(t, 1, reserved(id))
	})

	t.Run("to before its reservation, with its signals given again", func(t *testing.T) {
		id, before := paid(2)
		run := list(h, h.db, `SELECT run FROM cases WHERE id = $1`, id)
		h.reset(c, id, before)
		h.until("the new run is as far again", func() bool {
			return h.count(`SELECT count(*) FROM cases JOIN tasks t ON t.case_id = cases.id AND t.id = $3 AND t.status = 'open' WHERE cases.id = $1 AND run <> $2`,
				id, run[0], tranchesTask(id, 3)) == 1
		})
		rest(id, 2, 0)
		require.Equal(t, 1, reserved(id))
	})

	// from its withdrawal on, as far as withdrawn goes
	withdrawn := func(t *testing.T, n, repaid int, goes func(id string)) {
		t.Helper()
		id, _ := paid(n)
		before := h.standing(c, id)
		h.withdraws(id)
		goes(id)
		require.Equal(t, 1, h.count(`SELECT count(*) FROM awards WHERE case_id = $1 AND (reserved, repaid) = (0, $2)`, id, repaid), "the rest is released")
		h.reset(c, id, before, enums.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL)
		sweep()
		h.stands(id, "tranches")
		require.Equal(t, 0, h.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'repayment' AND status = 'open'`, id), "nothing is asked back any more")
		rest(id, n, repaid)
		require.Equal(t, payments, reserved(id), "what was released is reserved again, tranche by tranche")
	}
	t.Run("to before its withdrawal, when nothing has come back", func(t *testing.T) {
		withdrawn(t, 3, 0, func(id string) { h.task(id + ".repayment.1") })
	})

	t.Run("to before its withdrawal, when what was paid has come back", func(t *testing.T) {
		withdrawn(t, 4, crowd.Award/2, func(id string) { h.repays(id); h.ended(id) })
	})
}
