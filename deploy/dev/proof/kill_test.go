package proof_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"wutong/deploy/dev/mailbox"
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

func TestStation_LosesNothingWhenAWorkerIsKilledWhileItLooksWhetherADirectorsChoiceMayReview(t *testing.T) {
	h := openHouse(t, nil)
	// two reviewers are there, and three are asked for
	chosen := h.Reviewers[2].ID
	h.exec(`UPDATE accounts SET disabled = true WHERE 'reviewer' = ANY (roles) AND id NOT IN ($1, $2)`, h.Reviewers[0].ID, h.Reviewers[1].ID)
	id := h.refer(usual, 1)
	h.consent(id, 1)
	h.task(id + ".check.1")
	h.decide(id+".check.1", h.Officers[0].ID, "check", map[string]any{"verdict": "accept"})
	h.task(id + ".appoint.1")
	h.exec(`UPDATE accounts SET disabled = false WHERE id = $1`, chosen)
	require.NoError(t, h.stack.Worker.Kill())
	a := h.decide(id+".appoint.1", h.Directors[0].ID, "appoint", map[string]any{"verdict": "appoint", "account": chosen})
	require.Equal(t, http.StatusAccepted, a.Status, a.Body)
	h.killedIn("MayAppoint", "parties", "lower(a.institution)")
	require.Equal(t, 2, h.count(`SELECT count(*) FROM tasks WHERE kind = 'review'`), "nobody is appointed yet")

	require.NoError(t, h.stack.Worker.Start())
	h.reviewed(id)
	require.Equal(t, 1, h.count(`SELECT count(*) FROM events WHERE kind = 'appointed'`))
	require.Equal(t, 1, h.count(`SELECT count(*) FROM reviews WHERE reviewer = $1`, chosen))
	h.atRest(1, 6)
	h.noSecondMail()
}

// killedBeforeTheAnswer starts the worker, and kills it when the mail service has
// taken a mail but has not said so yet: the crash window.
func (h *house) killedBeforeTheAnswer(template, email string) {
	h.t.Helper()
	resp, err := http.Post(h.stack.MailboxURL()+"/api/fail", "application/json", strings.NewReader(`{"count": 1, "hold_ms": 15000}`)) //nolint:noctx // a test's own mailbox
	require.NoError(h.t, err)
	require.NoError(h.t, resp.Body.Close())
	require.Equal(h.t, http.StatusNoContent, resp.StatusCode)
	require.NoError(h.t, h.stack.Worker.Start())
	h.link(template, email)
	require.NoError(h.t, h.stack.Worker.Kill())
}

func TestStation_InTheCrashWindowSettlesAMailByItsReportOrSendsItAgain(t *testing.T) {
	h := openHouse(t, nil)
	require.NoError(t, h.stack.Worker.Kill())
	status := func(id string) (s string) {
		_ = h.db.QueryRowContext(t.Context(), `SELECT status FROM notices WHERE case_id = $1 AND template = 'consent'`, id).Scan(&s)
		return s
	}
	reported := h.refer(usual, 1)
	h.killedBeforeTheAnswer("consent", "talent1@example.com")
	h.until("the report settles the mail", func() bool { return status(reported) == "delivered" })

	silent := h.refer(usual, 2)
	require.NoError(t, h.stack.API.Kill()) // nobody hears the report
	h.killedBeforeTheAnswer("consent", "talent2@example.com")
	require.Equal(t, "sending", status(silent), "in doubt")
	require.NoError(t, h.stack.Worker.Start())
	h.until("the mail is sent again", func() bool { return status(silent) == "sent" })

	require.NoError(t, h.stack.API.Start())
	require.NoError(t, h.stack.AwaitAPI(t.Context()))
	h.through(reported, 1)
	h.through(silent, 2)
	h.inOrder(2)
	h.mailed()
	var notice string
	require.NoError(t, h.db.QueryRowContext(t.Context(), `SELECT id FROM notices WHERE case_id = $1 AND template = 'consent'`, silent).Scan(&notice))
	require.Equal(t, []mailbox.Duplicate{{Notice: notice, Count: 2}}, h.duplicates(), "nothing else is mailed twice")
}
