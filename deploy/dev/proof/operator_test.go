package proof_test

import (
	"context"
	"net/http"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// temporal is an operator's client; it reads no payload.
func (h *house) temporal() client.Client {
	c, err := client.Dial(client.Options{HostPort: h.stack.Temporal.Address(), Namespace: h.stack.Temporal.Namespace()})
	require.NoError(h.t, err)
	h.t.Cleanup(c.Close)
	return c
}

// standing is the last finished workflow task of a case: what a reset can go
// back to.
func (h *house) standing(c client.Client, id string) (last int64) {
	events := c.GetWorkflowHistory(h.t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(h.t, err)
		if e.EventType == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			last = e.EventId
		}
	}
	return last
}

func (h *house) reset(c client.Client, id string, to int64, without ...enums.ResetReapplyExcludeType) {
	_, err := c.ResetWorkflowExecution(h.t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: h.stack.Temporal.Namespace(), WorkflowExecution: &common.WorkflowExecution{WorkflowId: id}, Reason: "a test",
		WorkflowTaskFinishEventId: to, RequestId: station.NewID(), ResetReapplyExcludeTypes: without,
	})
	require.NoError(h.t, err)
}

func TestStation_StaysRightWhenAnOperatorResetsACase(t *testing.T) {
	h := openHouse(t, nil)
	c := h.temporal()
	checked := func(id string, n int, key string) {
		h.task(id + ".check.1")
		h.decide(id+".check.1", h.Officers[n].ID, key+id, map[string]any{"verdict": "accept"})
		h.task(id + ".review.1")
	}
	open := func(id string) int {
		return h.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND status = 'open'`, id)
	}

	t.Run("to before the check, with nothing done again", func(t *testing.T) {
		id := h.refer(usual, 1)
		h.consent(id, 1)
		h.task(id + ".check.1")
		before := h.standing(c, id)
		checked(id, 1, "first-")
		h.reset(c, id, before, enums.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL)
		// the sweep asks the new run to show where it stands
		h.until("the check is open, and no review", func() bool {
			return open(id) == 1 && h.count(`SELECT count(*) FROM tasks WHERE id = $1 AND status = 'open'`, id+".check.1") == 1
		})
		require.Equal(t, 1, h.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'resumed'`, id))
		require.Equal(t, 1, h.count(`SELECT count(*) FROM cases WHERE id = $1 AND stage = 'check'`, id))
		checked(id, 2, "second-")
		h.reviewed(id)
		h.inOrderAfterReset(id)
	})

	t.Run("of an ended case, with its signals given again", func(t *testing.T) {
		id := h.refer(usual, 2)
		h.consent(id, 2)
		h.task(id + ".check.1")
		before := h.standing(c, id)
		checked(id, 1, "only-")
		h.reviewed(id)
		h.reset(c, id, before)
		h.until("it resumes", func() bool {
			return h.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'resumed'`, id) == 1
		})
		h.ended(id)
		h.inOrderAfterReset(id)
	})

	t.Run("that was terminated, to where it stood", func(t *testing.T) {
		id := h.refer(usual, 3)
		h.consent(id, 3)
		h.task(id + ".check.1")
		require.NoError(t, c.TerminateWorkflow(t.Context(), id, "", "a test"))
		a := h.send("/v1/tasks/"+id+".check.1/decision", h.Officers[0].ID, "meanwhile", map[string]any{"verdict": "accept"})
		require.Equal(t, http.StatusAccepted, a.Status, a.Body)
		h.reset(c, id, h.standing(c, id))
		h.reviewed(id) // the sweep tells it of the act
		h.inOrderAfterReset(id)
	})
}

// reviewed has the three reviewers of a case score, and the case end.
func (h *house) reviewed(id string) {
	for _, n := range []string{"1", "2", "3"} {
		task := id + ".review." + n
		h.task(task)
		var who string
		require.NoError(h.t, h.db.QueryRowContext(h.t.Context(), `SELECT assignee FROM tasks WHERE id = $1`, task).Scan(&who))
		h.decide(task, who, station.NewID(), crowd.Score)
	}
	h.ended(id)
}

func (h *house) inOrderAfterReset(id string) {
	require.Equal(h.t, 1, h.count(`SELECT count(*) FROM cases WHERE id = $1 AND status = 'accepted'`, id))
	require.Equal(h.t, 1, h.count(`SELECT count(*) FROM talents WHERE case_id = $1`, id))
	require.Equal(h.t, 3, h.count(`SELECT count(*) FROM reviews WHERE case_id = $1`, id))
	require.Equal(h.t, 0, h.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, id))
	require.Equal(h.t, 0, h.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND status = 'open'`, id))
	h.verified()
	require.Empty(h.t, h.duplicates(), "a reset mails nobody again")
}

func TestStation_ANewBuildTakesOverOpenCases(t *testing.T) {
	h := openHouse(t, nil)
	id := h.refer(usual, 1)
	h.consent(id, 1)
	h.task(id + ".check.1")
	require.NoError(t, h.stack.Worker.Stop(t.Context()))

	ctx, stop := context.WithCancel(t.Context())
	next := exec.CommandContext(ctx, binary, "worker")
	next.Env = append(h.stack.Env(), "WUTONG_BUILD_ID=next")
	require.NoError(t, next.Start())
	defer func() { stop(); _ = next.Wait() }()
	h.decide(id+".check.1", h.Officers[0].ID, "check", map[string]any{"verdict": "accept"})
	h.reviewed(id)
	h.inOrder(1)
	w, err := h.temporal().DescribeWorkflowExecution(t.Context(), id, "")
	require.NoError(t, err)
	require.Equal(t, "next", w.WorkflowExecutionInfo.VersioningInfo.GetDeploymentVersion().GetBuildId())
}
