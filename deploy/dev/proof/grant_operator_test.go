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
	rest := func(id string, n int) {
		for tranche := 2; tranche <= payments; tranche++ {
			h.orders(id, tranche, n)
			h.pays(id, tranche)
		}
		h.stands(id, "closing")
		require.False(t, t.Failed())
		require.Equal(t, payments, h.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'pay'`, id))
		require.Equal(t, 1, h.count(`SELECT count(*) FROM awards WHERE case_id = $1 AND (reserved, paid, repaid) = (0, $2, 0)`, id, crowd.Award))
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
		rest(id, 1)
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
		rest(id, 2)
		require.Equal(t, 1, reserved(id))
	})

	t.Run("to before its withdrawal", func(t *testing.T) {
		id, _ := paid(3)
		before := h.standing(c, id)
		h.withdraws(id)
		h.ended(id)
		require.Equal(t, 1, h.count(`SELECT count(*) FROM awards WHERE case_id = $1 AND reserved = 0`, id), "the rest is released")
		h.reset(c, id, before, enums.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL)
		sweep()
		h.stands(id, "tranches")
		rest(id, 3)
		require.Equal(t, payments, reserved(id), "what was released is reserved again, tranche by tranche")
	})
}
