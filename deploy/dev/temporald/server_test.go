package temporald_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"wutong/store/pgserver"

	"wutong/deploy/dev/temporald"
)

const queue = "temporald-test"

// twoSignals ends when it has been told so twice.
func twoSignals(ctx workflow.Context) (string, error) {
	var first, second string
	workflow.GetSignalChannel(ctx, "say").Receive(ctx, &first)
	workflow.GetSignalChannel(ctx, "say").Receive(ctx, &second)
	return first + " " + second, nil
}

// suggested reports whether the server wants a workflow to continue as new.
func suggested(ctx workflow.Context) (bool, error) {
	for range 5 {
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
			return false, err
		}
	}
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested(), nil
}

func TestServer_GoesOnWithOpenWorkflowsAfterAnOutage(t *testing.T) {
	pg, err := pgserver.Start(t.Context(), pgserver.Config{Ephemeral: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pg.Stop(context.Background()) })
	s, err := temporald.New(t.Context(), temporald.Config{
		Postgres: pg, Namespace: "wutong",
		DynamicConfig: map[string]any{"limit.historyCount.suggestContinueAsNew": 5},
	})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(func() { _ = s.Stop() })
	require.ErrorContains(t, s.Start(t.Context()), "runs already")

	c := dial(t, s)
	startWorker(t, c)
	run, err := c.ExecuteWorkflow(t.Context(), options("one"), twoSignals)
	require.NoError(t, err)
	require.NoError(t, c.SignalWorkflow(t.Context(), run.GetID(), "", "say", "before"))

	address := s.Address()
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop(), "stopping it again")
	require.NoError(t, s.Start(t.Context()))
	require.Equal(t, address, s.Address())

	require.NoError(t, c.SignalWorkflow(t.Context(), run.GetID(), "", "say", "after"))
	var said string
	require.NoError(t, run.Get(t.Context(), &said))
	require.Equal(t, "before after", said)

	t.Run("its settings can be changed", func(t *testing.T) {
		run, err := c.ExecuteWorkflow(t.Context(), options("two"), suggested)
		require.NoError(t, err)
		var yes bool
		require.NoError(t, run.Get(t.Context(), &yes))
		require.True(t, yes)
	})
	t.Run("workflows are found by their search attributes", func(t *testing.T) { requireFound(t, c) })
}

func requireFound(t *testing.T, c client.Client) {
	t.Helper()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		found, err := c.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: `Kind = "grant" AND Stage = "review" AND Due > "2026-01-01T00:00:00Z"`,
		})
		require.NoError(t, err)
		require.Len(t, found.GetExecutions(), 2)
	}, 10*time.Second, 50*time.Millisecond)
}

func options(id string) client.StartWorkflowOptions {
	text := temporal.NewSearchAttributeKeyKeyword
	return client.StartWorkflowOptions{
		ID: id, TaskQueue: queue, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			text("Kind").ValueSet("grant"), text("Programme").ValueSet("start-up-2026"), text("Branch").ValueSet("HZ"),
			text("Stage").ValueSet("review"), text("CaseStatus").ValueSet("open"), text("CaseNumber").ValueSet("HZ-GRANT-2026-000001"),
			temporal.NewSearchAttributeKeyTime("Due").ValueSet(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)),
		),
	}
}

func dial(t *testing.T, s *temporald.Server) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.Address(), Namespace: s.Namespace(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func startWorker(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(twoSignals)
	w.RegisterWorkflow(suggested)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}
