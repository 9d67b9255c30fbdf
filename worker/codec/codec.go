package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// What a sealed payload's metadata holds.
const (
	encoding     = "binary/wutong-aes256gcm-v1"
	metadataKey  = "wutong-key"
	metadataCase = "wutong-case"
)

// The reasons why a payload does not open. They reach logs and the UI, so they say nothing of its content.
var (
	// ErrUnknownKey: the payload names a key that the keyring lacks. It may open once the key is there.
	ErrUnknownKey = errors.New("the payload's encryption key is not known here")
	// ErrOtherCase: the payload belongs to another workflow than the one it was found in.
	ErrOtherCase = errors.New("the payload was sealed for another case")
	// ErrDamaged: the payload, its key ID or its case was altered after sealing.
	ErrDamaged = errors.New("the payload was altered after it was sealed")
)

// Codec seals and opens payloads. It is safe for concurrent use; [Codec.WithSerializationContext] gives a copy bound to a case.
type Codec struct {
	keys   Keyring
	caseID string // the workflow ID of the context; empty when none is known
}

var (
	_ converter.PayloadCodec                         = (*Codec)(nil)
	_ converter.PayloadCodecWithSerializationContext = (*Codec)(nil)
)

// New returns a codec that is bound to no case yet.
func New(keys Keyring) *Codec {
	return &Codec{keys: keys}
}

// WithSerializationContext binds the codec to the workflow that the context names, or to none.
func (c *Codec) WithSerializationContext(sc converter.SerializationContext) converter.PayloadCodec {
	return c.bound(sc)
}

func (c *Codec) bound(sc converter.SerializationContext) *Codec {
	caseID := ""
	switch sc := sc.(type) {
	case converter.WorkflowSerializationContext:
		caseID = sc.WorkflowID
	case converter.ActivitySerializationContext:
		caseID = sc.WorkflowID
	}
	if caseID == c.caseID {
		return c
	}
	return &Codec{keys: c.keys, caseID: caseID}
}

// Encode seals each payload with the first key, for the case the codec is bound to.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, c.seal)
}

// Decode opens the payloads that this codec sealed and passes all others through. It fails with [ErrUnknownKey], [ErrOtherCase] or
// [ErrDamaged].
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, c.open)
}

// each gives back the payloads it was given when one fails, as the SDK's own codecs do; a nil payload stays nil.
func each(payloads []*commonpb.Payload, turn func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	turned := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if p == nil {
			continue
		}
		var err error
		if turned[i], err = turn(p); err != nil {
			return payloads, err
		}
	}
	return turned, nil
}

func (c *Codec) seal(p *commonpb.Payload) (*commonpb.Payload, error) {
	if len(c.keys.keys) == 0 {
		return nil, errors.New("no encryption key is given")
	}
	plain, err := proto.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("serialise payload: %w", err)
	}
	first := c.keys.keys[0]
	sealed := &commonpb.Payload{
		Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(encoding),
			metadataKey:                []byte(first.id),
		},
		Data: first.aead.Seal(nil, nil, plain, bindings(first.id, c.caseID)), //nolint:gosec // NewGCMWithRandomNonce draws its own nonce
	}
	if c.caseID != "" {
		sealed.Metadata[metadataCase] = []byte(c.caseID)
	}
	return sealed, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	if !isSealed(p) {
		return p, nil
	}
	id, caseID := string(p.GetMetadata()[metadataKey]), sealedFor(p)
	if !c.mayOpen(caseID) {
		return nil, ErrOtherCase
	}
	aead := c.keys.find(id)
	if aead == nil {
		return nil, fmt.Errorf("%w: %.64q", ErrUnknownKey, id)
	}
	plain, err := aead.Open(nil, nil, p.GetData(), bindings(id, caseID))
	if err != nil {
		return nil, ErrDamaged
	}
	opened := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, opened); err != nil {
		return nil, ErrDamaged
	}
	return opened, nil
}

// mayOpen says whether a payload sealed for a case may be read where the codec is bound.
func (c *Codec) mayOpen(caseID string) bool {
	return caseID == "" || c.caseID == "" || caseID == c.caseID || withoutTime(caseID) == withoutTime(c.caseID)
}

// withoutTime removes the nominal time that the server appends to the ID of a workflow which a schedule starts
// (temporal: chasm/lib/scheduler/internal.GenerateWorkflowID).
func withoutTime(workflowID string) string {
	at := len(workflowID) - len("-2026-03-01T00:01:00Z")
	if at <= 0 || workflowID[at] != '-' || !strings.HasSuffix(workflowID, "Z") {
		return workflowID
	}
	if _, err := time.Parse(time.RFC3339, workflowID[at+1:]); err != nil {
		return workflowID
	}
	return workflowID[:at]
}

func isSealed(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == encoding
}

func sealedFor(p *commonpb.Payload) string {
	return string(p.GetMetadata()[metadataCase])
}

// bindings is the additional authenticated data. Each part has its length before it, so that no two sets of parts read alike.
func bindings(keyID, caseID string) []byte {
	var aad []byte
	for _, part := range []string{encoding, keyID, caseID} {
		aad = binary.AppendUvarint(aad, uint64(len(part)))
		aad = append(aad, part...)
	}
	return aad
}
