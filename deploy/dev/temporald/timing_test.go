package temporald_test

import (
	"testing"
	"time"
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"wutong/deploy/dev/temporald"
	"wutong/store/pgserver"
)

func TestTiming(t *testing.T) {
	for _, parts := range []int{4, 1, 4, 1} {
	t0 := time.Now()
	lap := func(s string) { t.Log(parts, s, time.Since(t0)); t0 = time.Now() }
	pg, err := pgserver.Start(t.Context(), pgserver.Config{Ephemeral: true})
	require.NoError(t, err)
	s, err := temporald.New(temporald.Config{Postgres: pg, Namespace: "wutong", LogFile: "/tmp/temporal.log", DynamicConfig: map[string]any{
		"matching.numTaskqueueWritePartitions": parts,
		"matching.numTaskqueueReadPartitions": parts,
	}})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	c := dial(t, s)
	w := startWorker(t, c)
	run := func(id string) {
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: queue}, twoSignals)
		require.NoError(t, err)
		require.NoError(t, c.SignalWorkflow(t.Context(), run.GetID(), "", "say", "a"))
		require.NoError(t, c.SignalWorkflow(t.Context(), run.GetID(), "", "say", "a"))
		require.NoError(t, run.Get(t.Context(), nil))
	}
	run("warm")
	lap("up")
	for i := range 100 { run(fmt.Sprint("a", i)) }
	lap("100 serial")
	var wg sync.WaitGroup
	for i := range 16 { wg.Go(func() { for j := range 25 { run(fmt.Sprint("b", i, "-", j)) } }) }
	wg.Wait()
	lap("400 by 16")
	w.Stop()
	require.NoError(t, s.Stop())
	pg.Stop(context.Background())
	}
}
