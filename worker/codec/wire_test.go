package codec

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// wire records what the SDK's client would send; every call succeeds with an empty answer, so that no server is needed.
type wire struct {
	mu   sync.Mutex
	sent []proto.Message
}

func (w *wire) intercept(_ context.Context, _ string, req, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, req.(proto.Message))
	return nil
}

// onWire gives the payloads of the one message of type M that was sent, and fails when its bytes contain the word "secret".
func onWire[M proto.Message](t *testing.T, w *wire) []*commonpb.Payload {
	t.Helper()
	for _, message := range w.sent {
		if _, ok := message.(M); !ok {
			continue
		}
		bytes, err := proto.Marshal(message)
		require.NoError(t, err)
		assert.NotContains(t, string(bytes), "secret")
		var found []*commonpb.Payload
		err = proxy.VisitPayloads(t.Context(), message, proxy.VisitPayloadsOptions{
			SkipSearchAttributes: true,
			Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
				found = append(found, p...)
				return p, nil
			},
		})
		require.NoError(t, err)
		return found
	}
	t.Fatal("no such message was sent")
	return nil
}

func dial(t *testing.T) (client.Client, *wire) {
	t.Helper()
	w := &wire{}
	options := client.Options{HostPort: "passthrough:///nowhere", ConnectionOptions: client.ConnectionOptions{
		DialOptions: []grpc.DialOption{grpc.WithUnaryInterceptor(w.intercept)},
	}}
	options.DataConverter, options.FailureConverter = Options(keys(t, "k", 1))
	c, err := client.NewLazyClient(options)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, w
}

func TestWire_ClientSealsForTheWorkflowItAddresses(t *testing.T) {
	c, w := dial(t)
	ctx := t.Context()
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: caseA, TaskQueue: "q", Memo: map[string]any{"note": "secret"}, StaticSummary: "secret", StaticDetails: "secret",
	}, "Grant", "secret", "secret")
	require.NoError(t, err)
	require.NoError(t, c.SignalWorkflow(ctx, caseB, "", "act", "secret"))
	_, err = c.SignalWithStartWorkflow(ctx, caseA, "act", "secret", client.StartWorkflowOptions{TaskQueue: "q"}, "Grant", "secret")
	require.NoError(t, err)
	_, _ = c.QueryWorkflow(ctx, caseA, "", "state", "secret") // the empty answer is an error, after the question was sent

	all := func(payloads []*commonpb.Payload, n int, id string) {
		t.Helper()
		assert.Len(t, payloads, n)
		for _, p := range payloads {
			assert.True(t, isSealed(p))
			assert.Equal(t, id, sealedFor(p))
		}
	}
	all(onWire[*workflowservice.StartWorkflowExecutionRequest](t, w), 5, caseA)
	all(onWire[*workflowservice.SignalWorkflowExecutionRequest](t, w), 1, caseB)
	all(onWire[*workflowservice.SignalWithStartWorkflowExecutionRequest](t, w), 2, caseA)
	all(onWire[*workflowservice.QueryWorkflowRequest](t, w), 1, caseA)
}

func TestWire_ScheduleSealsForTheIDItsRunsAreNamedAfter(t *testing.T) {
	c, w := dial(t)
	_, err := c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID:     "sweep-schedule",
		Spec:   client.ScheduleSpec{CronExpressions: []string{"* * * * *"}},
		Action: &client.ScheduleWorkflowAction{ID: "sweep", Workflow: "Sweep", TaskQueue: "q", Args: []any{"secret"}},
		Memo:   map[string]any{"note": "secret"},
	})
	require.NoError(t, err)
	of := map[string]int{}
	reader := bind(New(keys(t, "k", 1)), "sweep-2026-03-01T00:01:00Z")
	for _, p := range onWire[*workflowservice.CreateScheduleRequest](t, w) {
		of[sealedFor(p)]++
		_, err := open(reader, p)
		require.NoError(t, err)
	}
	assert.Equal(t, map[string]int{"sweep": 1, "": 1}, of, "the schedule's own memo has no workflow")
}

func TestWire_ActivityCompletedFromOutsideIsSealedForNoCaseUnlessItIsNamed(t *testing.T) {
	c, w := dial(t)
	require.NoError(t, c.CompleteActivity(t.Context(), []byte("token"), "secret", nil))
	completed := onWire[*workflowservice.RespondActivityTaskCompletedRequest](t, w)
	assert.Empty(t, sealedFor(completed[0]))

	words := temporal.NewApplicationError("secret", "Refused", "secret")
	require.NoError(t, c.CompleteActivityByID(t.Context(), "default", caseA, "", "1", nil, words))
	for _, p := range onWire[*workflowservice.RespondActivityTaskFailedByIdRequest](t, w) {
		assert.Equal(t, caseA, sealedFor(p))
	}
}
