package codec

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// Options gives what client.Options needs so that everything the client and its workers write is sealed:
//
//	options.DataConverter, options.FailureConverter = codec.Options(keys)
func Options(keys Keyring) (converter.DataConverter, converter.FailureConverter) {
	c := New(keys)
	return newDataConverter(c, false), newFailureConverter(c)
}

// dataConverter seals with the codec, and makes workflow code wait for a missing key instead of failing over it.
type dataConverter struct {
	converter.DataConverter

	codec      *Codec
	inWorkflow bool
}

var (
	_ converter.DataConverterWithSerializationContext = (*dataConverter)(nil)
	_ converter.ContextAware                          = (*dataConverter)(nil)
)

func newDataConverter(c *Codec, inWorkflow bool) *dataConverter {
	return &dataConverter{
		DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c),
		codec:         c,
		inWorkflow:    inWorkflow,
	}
}

// WithSerializationContext binds the converter to the workflow that the context names.
func (d *dataConverter) WithSerializationContext(sc converter.SerializationContext) converter.DataConverter {
	return newDataConverter(d.codec.bound(sc), d.inWorkflow)
}

// WithWorkflowContext is called by the SDK before it converts on behalf of workflow code.
func (d *dataConverter) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return newDataConverter(d.codec, true)
}

// WithContext is called by the SDK before it converts for an activity or a client.
func (d *dataConverter) WithContext(context.Context) converter.DataConverter {
	return newDataConverter(d.codec, false)
}

func (d *dataConverter) FromPayload(payload *commonpb.Payload, valuePtr any) error {
	return d.waitForKey(d.DataConverter.FromPayload(payload, valuePtr))
}

func (d *dataConverter) FromPayloads(payloads *commonpb.Payloads, valuePtrs ...any) error {
	return d.waitForKey(d.DataConverter.FromPayloads(payloads, valuePtrs...))
}

// waitForKey panics over a missing key in workflow code: that fails the workflow task, which the server retries, where an error
// would fail the case.
func (d *dataConverter) waitForKey(err error) error {
	if d.inWorkflow && errors.Is(err, ErrUnknownKey) {
		panic(err)
	}
	return err
}
