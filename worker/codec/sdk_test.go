package codec

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// environment is the SDK's workflow test environment, with its default Temporal converters replaced by ours.
func environment(t *testing.T, ring Keyring) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	data, failures := Options(ring)
	env.SetDataConverter(data)
	env.SetFailureConverter(failures)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: caseA, TaskQueue: "q"})
	env.RegisterActivity(greet)
	env.RegisterActivity(refuse)
	return env
}

func greet(ctx context.Context, name string) (string, error) {
	activity.RecordHeartbeat(ctx, "greeting "+name)
	return "hello " + name, nil
}

func refuse(context.Context, string) error {
	return temporal.NewNonRetryableApplicationError("the activity's words", "Refused", nil, "detail")
}

func options(ctx workflow.Context) workflow.Context {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, Summary: "greets"})
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
}

func TestSDK_CarriesInputsResultsAndSignalsThroughTheSeal(t *testing.T) {
	env := environment(t, keys(t, "k", 1))
	env.RegisterDelayedCallback(func() { env.SignalWorkflow("act", "act-1") }, time.Minute)
	env.ExecuteWorkflow(func(ctx workflow.Context, in string) (string, error) {
		ctx = options(ctx)
		var said, local, act, effect string
		if err := workflow.ExecuteActivity(ctx, greet, in).Get(ctx, &said); err != nil {
			return "", err
		}
		if err := workflow.ExecuteLocalActivity(ctx, localGreet, said).Get(ctx, &local); err != nil {
			return "", err
		}
		workflow.GetSignalChannel(ctx, "act").Receive(ctx, &act)
		err := workflow.SideEffect(ctx, func(workflow.Context) any { return "effect" }).Get(&effect)
		_ = workflow.GetVersion(ctx, "change", workflow.DefaultVersion, 1)
		return strings.Join([]string{local, act, effect}, ", "), err
	}, "Wei")
	require.NoError(t, env.GetWorkflowError())
	var result string
	require.NoError(t, env.GetWorkflowResult(&result))
	assert.Equal(t, "local hello Wei, act-1, effect", result)
}

func localGreet(_ context.Context, said string) (string, error) { return "local " + said, nil }

func TestSDK_CarriesFailuresThroughTheSeal(t *testing.T) {
	env := environment(t, keys(t, "k", 1))
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = options(ctx)
		return workflow.ExecuteActivity(ctx, refuse, "x").Get(ctx, nil)
	})
	var application *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &application)
	assert.Equal(t, "the activity's words", application.Message())
	var detail string
	require.NoError(t, application.Details(&detail))
	assert.Equal(t, "detail", detail)
}

func TestSDK_CarriesAChildsResultAndFailureToItsParent(t *testing.T) {
	env := environment(t, keys(t, "k", 1))
	env.RegisterWorkflow(child)
	env.ExecuteWorkflow(func(ctx workflow.Context) (string, error) {
		ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: caseB})
		var result string
		if err := workflow.ExecuteChildWorkflow(ctx, child, "go on").Get(ctx, &result); err != nil {
			return "", err
		}
		return result, workflow.ExecuteChildWorkflow(ctx, child, "fail").Get(ctx, nil)
	})
	var application *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &application)
	assert.Equal(t, "the child's words", application.Message())
}

func child(ctx workflow.Context, do string) (string, error) {
	ctx = options(ctx)
	var said string
	if err := workflow.ExecuteActivity(ctx, greet, do).Get(ctx, &said); err != nil {
		return "", err
	}
	if do == "fail" {
		return "", temporal.NewApplicationError("the child's words", "Refused")
	}
	return said, nil
}

func TestSDK_ContinuesAsNewUnderTheSameCase(t *testing.T) {
	ring := keys(t, "k", 1)
	env := environment(t, ring)
	env.RegisterWorkflow(again)
	env.ExecuteWorkflow(again, "once")
	var continued *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &continued)
	assert.Equal(t, caseA, sealedFor(continued.Input.GetPayloads()[0]))
	opened, err := open(bind(New(ring), caseA), continued.Input.GetPayloads()[0])
	require.NoError(t, err)
	assert.JSONEq(t, `"once again"`, string(opened.GetData()))
}

func again(ctx workflow.Context, in string) error {
	return workflow.NewContinueAsNewError(ctx, again, in+" again")
}

func TestSDK_DropsASignalCopiedFromAnotherCase(t *testing.T) {
	ring := keys(t, "k", 1)
	env := environment(t, ring)
	copied := seal(t, bind(New(ring), caseB), plain(`"copied"`))
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow("act", copied)
		env.SignalWorkflow("act", "own")
	}, time.Minute)
	env.SetDataConverter(rawConverter{data(ring)})
	env.ExecuteWorkflow(func(ctx workflow.Context) (string, error) {
		var act string
		workflow.GetSignalChannel(ctx, "act").Receive(ctx, &act)
		return act, nil
	})
	require.NoError(t, env.GetWorkflowError())
	var result string
	require.NoError(t, env.GetWorkflowResult(&result))
	assert.Equal(t, "own", result)
}

// rawConverter lets a test put a payload on the wire as it is, as a person with Temporal's command line can.
type rawConverter struct{ *dataConverter }

func (r rawConverter) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	if i := slices.IndexFunc(values, func(v any) bool { _, ok := v.(*commonpb.Payload); return ok }); i >= 0 {
		return &commonpb.Payloads{Payloads: []*commonpb.Payload{values[i].(*commonpb.Payload)}}, nil
	}
	return r.dataConverter.ToPayloads(values...)
}

func (r rawConverter) WithSerializationContext(sc converter.SerializationContext) converter.DataConverter {
	return rawConverter{newDataConverter(r.codec.bound(sc), r.inWorkflow)}
}

func data(ring Keyring) *dataConverter { return newDataConverter(New(ring), false) }

func TestSDK_WaitsInWorkflowCodeForAMissingKey(t *testing.T) {
	sealed := converter.WithDataConverterSerializationContext(data(keys(t, "gone", 1)), converter.WorkflowSerializationContext{WorkflowID: caseA})
	payloads, err := sealed.ToPayloads("words")
	require.NoError(t, err)
	var got string

	here := data(keys(t, "k", 2))
	require.ErrorIs(t, here.FromPayloads(payloads, &got), ErrUnknownKey, "a client or an activity gets an error")
	require.ErrorIs(t, here.WithContext(t.Context()).FromPayload(payloads.GetPayloads()[0], &got), ErrUnknownKey)

	inWorkflow := here.WithWorkflowContext(nil)
	assert.Panics(t, func() { _ = inWorkflow.FromPayloads(payloads, &got) })
	assert.Panics(t, func() { _ = inWorkflow.FromPayload(payloads.GetPayloads()[0], &got) })
	bound := converter.WithDataConverterSerializationContext(inWorkflow, converter.WorkflowSerializationContext{WorkflowID: caseB})
	require.ErrorIs(t, bound.FromPayloads(payloads, &got), ErrOtherCase, "only a missing key is worth waiting for")
}

func TestSDK_FailsTheTaskAndNotTheCaseOverAMissingKey(t *testing.T) {
	env := environment(t, keys(t, "k", 1))
	env.SetDataConverter(rawConverter{data(keys(t, "k", 1))})
	foreign := seal(t, bind(New(keys(t, "gone", 2)), caseA), plain(`"words"`))
	env.RegisterDelayedCallback(func() { env.SignalWorkflow("act", foreign) }, time.Minute)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		var act string
		workflow.GetSignalChannel(ctx, "act").Receive(ctx, &act)
		return errors.New("the workflow went on without the signal")
	})
	// The test environment has no server that would retry a workflow task: it reports the panic as the workflow's error.
	var panicked *temporal.PanicError
	require.ErrorAs(t, env.GetWorkflowError(), &panicked)
	assert.Contains(t, panicked.Error(), ErrUnknownKey.Error())
}

func TestSDK_OpensHeartbeatDetailsOnTheNextAttempt(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetDataConverter(data(keys(t, "k", 1)))
	env.SetHeartbeatDetails("row 7")
	resume := func(ctx context.Context) (string, error) {
		var at string
		err := activity.GetHeartbeatDetails(ctx, &at)
		return at, err
	}
	env.RegisterActivity(resume)
	value, err := env.ExecuteActivity(resume)
	require.NoError(t, err)
	var at string
	require.NoError(t, value.Get(&at))
	assert.Equal(t, "row 7", at)
}
