package codec

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

// failureConverter seals messages, stack traces and details of failures. The SDK's default converter takes no serialization context,
// so this one gives it a data converter that is bound already.
type failureConverter struct {
	converter.FailureConverter

	codec *Codec
}

var _ converter.FailureConverterWithSerializationContext = (*failureConverter)(nil)

func newFailureConverter(c *Codec) *failureConverter {
	return &failureConverter{
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter:          newDataConverter(c, false),
			EncodeCommonAttributes: true,
		}),
		codec: c,
	}
}

// WithSerializationContext binds the converter to the workflow that the context names.
func (f *failureConverter) WithSerializationContext(sc converter.SerializationContext) converter.FailureConverter {
	return newFailureConverter(f.codec.bound(sc))
}

// ErrorToFailure seals the failure for the case at hand. An error that came in a failure keeps that failure's payloads; those
// sealed for another case, a child's, are sealed anew.
func (f *failureConverter) ErrorToFailure(err error) *failurepb.Failure {
	anyCase := New(f.codec.keys)
	return f.rewrite(f.FailureConverter.ErrorToFailure(err), func(p *commonpb.Payload) *commonpb.Payload {
		plain, err := anyCase.open(p)
		if err != nil {
			return p
		}
		sealed, err := f.codec.seal(plain)
		if err != nil {
			return p
		}
		return sealed
	})
}

// FailureToError opens the failure, with every part that was sealed for another case withheld.
func (f *failureConverter) FailureToError(failure *failurepb.Failure) error {
	return f.FailureConverter.FailureToError(f.rewrite(failure, func(*commonpb.Payload) *commonpb.Payload {
		return withheld()
	}))
}

// withheld stands for a failure's message and stack trace, or for one of its details, in the default converter's own shape.
func withheld() *commonpb.Payload {
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)},
		Data:     fmt.Appendf(nil, `{"message":"withheld: %s"}`, ErrOtherCase),
	}
}

// rewrite replaces, in a copy of the failure and of its causes, each payload that was sealed for another case.
func (f *failureConverter) rewrite(failure *failurepb.Failure, replace func(*commonpb.Payload) *commonpb.Payload) *failurepb.Failure {
	if failure == nil || f.codec.caseID == "" {
		return failure
	}
	// The failure may be held by an error that others still read.
	failure = proto.CloneOf(failure)
	visit := func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
		for i, p := range payloads {
			if isSealed(p) && !f.codec.mayOpen(sealedFor(p)) {
				payloads[i] = replace(p)
			}
		}
		return payloads, nil
	}
	err := proxy.VisitPayloads(context.Background(), failure, proxy.VisitPayloadsOptions{Visitor: visit, SkipSearchAttributes: true})
	if err != nil {
		// The visitor never fails; were the walk itself to, half a failure must not pass for a whole one.
		return &failurepb.Failure{Message: "withheld: the failure could not be read", Source: failure.GetSource()}
	}
	return failure
}
