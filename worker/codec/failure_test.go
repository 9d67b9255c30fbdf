package codec

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

func TestFailures_ShowNeitherMessageNorStackNorDetailsOnTheWire(t *testing.T) {
	_, failures := Options(keys(t, "k", 1))
	bound := inCase(failures, caseA)
	cause := errors.New("季逸超's identity card")
	failure := bound.ErrorToFailure(temporal.NewApplicationErrorWithOptions("phone 13800000000", "Unreachable", temporal.ApplicationErrorOptions{
		Cause: cause, Details: []any{"lives in Yuhang"}, NonRetryable: true,
	}))

	wire, err := proto.Marshal(failure)
	require.NoError(t, err)
	for _, words := range []string{"13800000000", "季逸超", "Yuhang", "stack"} {
		assert.NotContains(t, string(wire), words)
	}
	assert.Equal(t, "Unreachable", failure.GetApplicationFailureInfo().GetType(), "the type is what code decides by")
	assert.Empty(t, failure.GetStackTrace())

	var back *temporal.ApplicationError
	require.ErrorAs(t, bound.FailureToError(failure), &back)
	assert.Equal(t, "phone 13800000000", back.Message())
	assert.True(t, back.NonRetryable())
	var details string
	require.NoError(t, back.Details(&details))
	assert.Equal(t, "lives in Yuhang", details)
	require.ErrorContains(t, back.Unwrap(), "季逸超's identity card")
}

func TestFailures_KeepAPanicsStackSealed(t *testing.T) {
	_, failures := Options(keys(t, "k", 1))
	failure := inCase(failures, caseA).FailureToError(&failurepb.Failure{
		Message: "boom", StackTrace: "goroutine 1: secret.go",
		FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "PanicError"}},
	})
	var panicked *temporal.PanicError
	require.ErrorAs(t, failure, &panicked)

	sealed := inCase(failures, caseA).ErrorToFailure(&rewrapped{panicked})
	wire, err := proto.Marshal(sealed)
	require.NoError(t, err)
	assert.NotContains(t, string(wire), "boom")
}

// rewrapped keeps the SDK from handing back the failure that an error came in.
type rewrapped struct{ error }

func TestFailures_OfAChildAreSealedAnewForTheParentThatPassesThemOn(t *testing.T) {
	_, failures := Options(keys(t, "k", 1))
	child, parent := inCase(failures, "child"), inCase(failures, "parent")

	fromChild := child.ErrorToFailure(temporal.NewApplicationError("the child's words", "Refused", "detail"))
	before := proto.CloneOf(fromChild)
	passedOn := parent.ErrorToFailure(child.FailureToError(fromChild))

	assert.Equal(t, "parent", string(passedOn.GetEncodedAttributes().GetMetadata()["wutong-case"]))
	var back *temporal.ApplicationError
	require.ErrorAs(t, parent.FailureToError(passedOn), &back)
	assert.Equal(t, "the child's words", back.Message())
	var detail string
	require.NoError(t, back.Details(&detail))
	assert.Equal(t, "detail", detail)
	assert.Equal(t, "child", string(before.GetEncodedAttributes().GetMetadata()["wutong-case"]))
}

func TestFailures_CopiedFromAnotherCaseAreWithheldAndNeverSealedAnew(t *testing.T) {
	_, failures := Options(keys(t, "k", 1))
	a, b := inCase(failures, caseA), inCase(failures, caseB)
	copied := a.ErrorToFailure(temporal.NewApplicationErrorWithOptions("A's words", "Refused", temporal.ApplicationErrorOptions{
		Details: []any{"A's detail"}, Cause: errors.New("A's cause"),
	}))

	read := b.FailureToError(copied)
	require.ErrorContains(t, read, "withheld: the payload was sealed for another case")
	var application *temporal.ApplicationError
	require.ErrorAs(t, read, &application)
	assert.Equal(t, "Refused", application.Type())
	var detail string
	require.Error(t, application.Details(&detail))

	passedOn := b.FailureToError(b.ErrorToFailure(read))
	assert.NotContains(t, passedOn.Error(), "A's words")
	require.ErrorAs(t, passedOn, &application)
	require.Error(t, application.Details(&detail))
	assert.NotContains(t, application.Unwrap().Error(), "A's cause")
}

func TestFailures_FromTheServerAreReadAsTheyAre(t *testing.T) {
	_, failures := Options(keys(t, "k", 1))
	timeout := &failurepb.Failure{
		Message: "activity timeout",
		FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{
			LastHeartbeatDetails: nil,
		}},
	}
	require.ErrorContains(t, inCase(failures, caseA).FailureToError(timeout), "activity timeout")
	require.NoError(t, inCase(failures, caseA).FailureToError(nil))
	assert.Nil(t, inCase(failures, caseA).ErrorToFailure(nil))
}

func TestFailures_WithoutTheirKeyKeepTheirType(t *testing.T) {
	_, writer := Options(keys(t, "gone", 1))
	_, reader := Options(keys(t, "k", 2))
	failure := inCase(writer, caseA).ErrorToFailure(temporal.NewApplicationError("words", "Refused"))
	var application *temporal.ApplicationError
	require.ErrorAs(t, inCase(reader, caseA).FailureToError(failure), &application)
	assert.Equal(t, "Refused", application.Type())
	assert.Equal(t, "Encoded failure", application.Message())
}

func inCase(f converter.FailureConverter, workflowID string) converter.FailureConverter {
	return converter.WithFailureConverterSerializationContext(f, converter.WorkflowSerializationContext{WorkflowID: workflowID})
}
