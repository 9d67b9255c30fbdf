package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

const (
	caseA = "0199a5b1-0000-7000-8000-00000000000a"
	caseB = "0199a5b1-0000-7000-8000-00000000000b"
)

func TestCodec_OpensWhatItSealed(t *testing.T) {
	payloads := map[string]*commonpb.Payload{
		"words":    plain(`"季逸超"`),
		"empty":    {},
		"no data":  {Metadata: map[string][]byte{"encoding": []byte("binary/null")}},
		"metadata": {Metadata: map[string][]byte{"encoding": []byte("json/protobuf"), "messageType": []byte("x.Y")}, Data: []byte("{}")},
		"large":    {Data: make([]byte, 2<<20)},
	}
	c := New(keys(t, "k", 1))
	for name, p := range payloads {
		t.Run(name, func(t *testing.T) {
			sealed := seal(t, bind(c, caseA), p)
			assert.Equal(t, "binary/wutong-aes256gcm-v1", string(sealed.GetMetadata()["encoding"]))
			assert.Equal(t, "k", string(sealed.GetMetadata()["wutong-key"]))
			assert.Equal(t, caseA, string(sealed.GetMetadata()["wutong-case"]))
			if len(p.GetData()) > 4 {
				assert.NotContains(t, string(sealed.GetData()), string(p.GetData()))
			}
			for _, reader := range []*Codec{bind(c, caseA), c} {
				opened, err := open(reader, sealed)
				require.NoError(t, err)
				assert.True(t, proto.Equal(p, opened))
			}
		})
	}
}

func TestCodec_SealsTheSameWordsDifferentlyEachTime(t *testing.T) {
	c := New(keys(t, "k", 1))
	once, again := seal(t, c, plain("1")), seal(t, c, plain("1"))
	assert.NotEqual(t, once.GetData(), again.GetData())
}

func TestCodec_KeepsNilPayloadsAndDoesNotChangeItsInput(t *testing.T) {
	c := New(keys(t, "k", 1))
	before := plain("1")
	sealed, err := c.Encode([]*commonpb.Payload{nil, before})
	require.NoError(t, err)
	assert.Nil(t, sealed[0])
	assert.True(t, proto.Equal(plain("1"), before))

	opened, err := c.Decode(sealed)
	require.NoError(t, err)
	assert.Nil(t, opened[0])
	assert.True(t, isSealed(sealed[1]))

	none, err := c.Encode(nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestCodec_PassesThroughWhatItDidNotSeal(t *testing.T) {
	c := bind(New(keys(t, "k", 1)), caseA)
	for _, p := range []*commonpb.Payload{
		plain("1"),
		{},
		{Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "wutong-case": []byte(caseB)}, Data: []byte("another codec's")},
	} {
		opened, err := open(c, p)
		require.NoError(t, err)
		assert.True(t, proto.Equal(p, opened))
	}
}

func TestCodec_RotatesKeys(t *testing.T) {
	old, both, swapped, later := keys(t, "a", 1), keys(t, "a", 1, "b", 2), keys(t, "b", 2, "a", 1), keys(t, "b", 2)
	sealedByOld := seal(t, New(old), plain("1"))
	sealedByNew := seal(t, New(swapped), plain("2"))
	assert.Equal(t, "a", string(seal(t, New(both), plain("1")).GetMetadata()["wutong-key"]))
	assert.Equal(t, "b", string(sealedByNew.GetMetadata()["wutong-key"]))

	for _, ring := range []Keyring{both, swapped} {
		for _, p := range []*commonpb.Payload{sealedByOld, sealedByNew} {
			_, err := open(New(ring), p)
			require.NoError(t, err)
		}
	}
	_, err := open(New(later), sealedByOld)
	require.ErrorIs(t, err, ErrUnknownKey)
	require.ErrorContains(t, err, `"a"`)

	_, err = open(New(keys(t, "a", 7)), sealedByOld) // the same name for another key
	require.ErrorIs(t, err, ErrDamaged)
}

func TestCodec_RefusesAPayloadThatWasAltered(t *testing.T) {
	c := New(keys(t, "k", 1, "other", 2))
	flip := func(at func(n int) int) func(*commonpb.Payload) {
		return func(p *commonpb.Payload) { p.Data[at(len(p.GetData()))] ^= 1 }
	}
	alterations := map[string]func(*commonpb.Payload){
		"nonce":          flip(func(int) int { return 0 }),
		"ciphertext":     flip(func(n int) int { return n / 2 }),
		"tag":            flip(func(n int) int { return n - 1 }),
		"cut short":      func(p *commonpb.Payload) { p.Data = p.GetData()[:len(p.GetData())-1] },
		"made longer":    func(p *commonpb.Payload) { p.Data = append(p.GetData(), 0) },
		"emptied":        func(p *commonpb.Payload) { p.Data = nil },
		"only a nonce":   func(p *commonpb.Payload) { p.Data = p.GetData()[:12] },
		"key renamed":    func(p *commonpb.Payload) { p.Metadata["wutong-key"] = []byte("other") },
		"case relabeled": func(p *commonpb.Payload) { p.Metadata["wutong-case"] = []byte(caseB) },
		"case removed":   func(p *commonpb.Payload) { delete(p.GetMetadata(), "wutong-case") },
		"case given an end": func(p *commonpb.Payload) {
			p.Metadata["wutong-case"] = []byte(caseA + "-2026-03-01T00:01:00Z")
		},
	}
	for name, alter := range alterations {
		t.Run(name, func(t *testing.T) {
			sealed := seal(t, bind(c, caseA), plain(`"yes"`))
			alter(sealed)
			_, err := open(c, sealed)
			require.ErrorIs(t, err, ErrDamaged)
		})
	}

	sealed := seal(t, bind(c, caseA), plain(`"yes"`))
	delete(sealed.GetMetadata(), "wutong-key")
	_, err := open(c, sealed)
	require.ErrorIs(t, err, ErrUnknownKey)
}

func TestCodec_RefusesAPayloadCopiedFromAnotherCase(t *testing.T) {
	c := New(keys(t, "k", 1))
	activity := func(id string) *Codec {
		return c.bound(converter.ActivitySerializationContext{WorkflowID: id, IsLocal: true})
	}
	sealed := seal(t, bind(c, caseA), plain("1"))
	for _, reader := range []*Codec{bind(c, caseB), activity(caseB), bind(c, caseA+"-2")} {
		_, err := open(reader, sealed)
		require.ErrorIs(t, err, ErrOtherCase)
	}
	_, err := open(activity(caseA), sealed) // a case's activities are the case
	require.NoError(t, err)
}

func TestCodec_SealsForNoCaseWhenNoneIsKnown(t *testing.T) {
	c := New(keys(t, "k", 1))
	for _, writer := range []*Codec{
		c,
		c.bound(converter.NexusSerializationContext{Endpoint: "e"}),
		c.bound(converter.ActivitySerializationContext{ActivityType: "standalone"}),
		bind(c, caseB).bound(nil),
	} {
		sealed := seal(t, writer, plain("1"))
		assert.NotContains(t, sealed.GetMetadata(), "wutong-case")
		_, err := open(bind(c, caseA), sealed)
		require.NoError(t, err)
	}
}

func TestCodec_TakesTheRunsOfOneScheduleForOne(t *testing.T) {
	c := New(keys(t, "k", 1))
	opens := func(writer, reader string) error {
		_, err := open(bind(c, reader), seal(t, bind(c, writer), plain("1")))
		return err
	}
	require.NoError(t, opens("sweep", "sweep-2026-03-01T00:01:00Z"))
	require.NoError(t, opens("sweep-2026-03-01T00:01:00Z", "sweep-2026-03-01T00:02:00Z"))
	for _, reader := range []string{
		"sweep-", "sweep-2026", "sweep-2026-13-01T00:01:00Z", "sweep2-2026-03-01T00:01:00Z", "-2026-03-01T00:01:00Z",
		"sweepx2026-03-01T00:01:00Z", "sweep-2026-03-01T00:01:00Z-2026-03-01T00:01:00Z",
	} {
		require.ErrorIs(t, opens("sweep", reader), ErrOtherCase, reader)
	}
}

func TestCodec_WithoutKeysSealsNothing(t *testing.T) {
	_, err := New(Keyring{}).Encode([]*commonpb.Payload{plain("1")})
	require.ErrorContains(t, err, "no encryption key is given")
}

// FuzzCodec_NeverPanicsAndNeverAcceptsAForgery gives the codec payloads that nobody sealed.
func FuzzCodec_NeverPanicsAndNeverAcceptsAForgery(f *testing.F) {
	c := New(keys(f, "k", 1))
	f.Add([]byte("k"), []byte(caseA), make([]byte, 64))
	f.Add([]byte("k"), []byte(""), []byte{})
	f.Add([]byte("\xff"), []byte("-2026-03-01T00:01:00Z"), make([]byte, 28))
	f.Fuzz(func(t *testing.T, keyID, caseID, data []byte) {
		forged := &commonpb.Payload{
			Metadata: map[string][]byte{"encoding": []byte(encoding), "wutong-key": keyID, "wutong-case": caseID},
			Data:     data,
		}
		for _, reader := range []*Codec{c, bind(c, caseA), bind(c, string(caseID))} {
			_, err := open(reader, forged)
			require.Error(t, err)
		}
		wrapped := &commonpb.Payload{Metadata: map[string][]byte{"encoding": keyID}, Data: data}
		opened, err := open(c, seal(t, bind(c, string(caseID)), wrapped))
		require.NoError(t, err)
		require.True(t, proto.Equal(wrapped, opened))
	})
}

func plain(json string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(json)}
}

func bind(c *Codec, workflowID string) *Codec {
	return c.bound(converter.WorkflowSerializationContext{Namespace: "default", WorkflowID: workflowID})
}

func seal(tb testing.TB, c *Codec, p *commonpb.Payload) *commonpb.Payload {
	tb.Helper()
	sealed, err := c.Encode([]*commonpb.Payload{p})
	require.NoError(tb, err)
	require.Len(tb, sealed, 1)
	return sealed[0]
}

func open(c *Codec, p *commonpb.Payload) (*commonpb.Payload, error) {
	opened, err := c.Decode([]*commonpb.Payload{p})
	if err != nil {
		return nil, err
	}
	return opened[0], nil
}
