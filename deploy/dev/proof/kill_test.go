package proof_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// killedIn starts the worker, waits until one of its activities is in the middle
// of a query, which a lock on the table keeps it in, and kills it there.
func (h *house) killedIn(activity, table, query string) {
	h.t.Helper()
	tx, err := h.db.BeginTx(h.t.Context(), nil)
	require.NoError(h.t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(h.t.Context(), `LOCK TABLE `+table+` IN ACCESS EXCLUSIVE MODE`)
	require.NoError(h.t, err)
	require.NoError(h.t, h.stack.Worker.Start())
	h.until(activity+" is in the middle of it", func() bool {
		return h.count(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1`, "%"+query+"%") > 0
	})
	require.False(h.t, h.t.Failed())
	require.NoError(h.t, h.stack.Worker.Kill())
	h.t.Logf("killed in the middle of %s", activity)
}

// Two things are left out: MayAppoint, which only reads, and the moment between the mail service's answer and our note,
// the crash window, which TestPost_InTheCrashWindow… in activities tests.
func TestStation_LosesNothingWhenAWorkerIsKilledInTheMiddleOfEachActivity(t *testing.T) {
	h := openHouse(t, nil)
	require.NoError(t, h.stack.Worker.Kill())
	id := h.refer(usual, 1)
	h.killedIn("OpenCase", "programmes", "p.terms")
	h.killedIn("Record", "changes", "INSERT INTO changes")
	h.killedIn("Deliver", "notices", "claimed_at <")
	require.Equal(t, 0, h.count(`SELECT count(*) FROM changes`), "nothing of what was cut short is there")

	require.NoError(t, h.stack.Worker.Start())
	h.task(id + ".consent.1")
	link := h.link("consent", "talent1@example.com")
	require.NoError(t, h.stack.Worker.Kill())
	a := h.surely(link, "", "", map[string]any{"verdict": "consent"})
	require.Equal(t, http.StatusAccepted, a.Status, a.Body)
	h.killedIn("LoadAct", "acts", "FROM acts WHERE id =")
	h.killedIn("Duplicates", "talents", "WITH me AS")
	schedule := h.temporal().ScheduleClient().GetHandle(t.Context(), "sweep")
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	h.killedIn("Sweep", "acts", "FROM acts WHERE status = 'pending'")

	require.NoError(t, h.stack.Worker.Start())
	h.decided(id, 1)
	h.inOrder(1)
	h.noSecondMail()
}
