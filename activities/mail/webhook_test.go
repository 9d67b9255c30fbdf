package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/activities/mail"
)

// A real signature by SendGrid, from the tests of its own Go library.
const (
	sendGridKey       = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
	sendGridSignature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
	sendGridTimestamp = "1600112502"
	sendGridBody      = `[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]` + "\r\n"
)

func TestVerify_AcceptsWhatSendGridSigned(t *testing.T) {
	v, err := mail.VerifySignature(sendGridKey + "\n")
	require.NoError(t, err)
	signedAt := time.Unix(1600112502, 0)
	for _, now := range []time.Time{signedAt, signedAt.Add(10 * time.Minute), signedAt.Add(-10 * time.Minute)} {
		assert.NoError(t, v.Verify(sendGridSignature, sendGridTimestamp, []byte(sendGridBody), now))
	}
}

func TestVerify_RefusesWhatWasChanged(t *testing.T) {
	v, err := mail.VerifySignature(sendGridKey)
	require.NoError(t, err)
	signedAt := time.Unix(1600112502, 0)
	tests := map[string]struct{ signature, timestamp, body string }{
		"no signature":                {"", sendGridTimestamp, sendGridBody},
		"not base64":                  {"!!", sendGridTimestamp, sendGridBody},
		"not ASN.1":                   {base64.StdEncoding.EncodeToString([]byte("hello")), sendGridTimestamp, sendGridBody},
		"another time":                {sendGridSignature, "1600112503", sendGridBody},
		"no time":                     {sendGridSignature, "", sendGridBody},
		"another body":                {sendGridSignature, sendGridTimestamp, "[]"},
		"the line end lost":           {sendGridSignature, sendGridTimestamp, sendGridBody[:len(sendGridBody)-2]},
		"a digit moved into the body": {sendGridSignature, sendGridTimestamp[:9], "2" + sendGridBody[1:]},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, v.Verify(test.signature, test.timestamp, []byte(test.body), signedAt), mail.ErrSignature)
		})
	}
}

func TestVerify_RefusesWhatWasSignedTooLongAgoOrInTheFuture(t *testing.T) {
	v, err := mail.VerifySignature(sendGridKey)
	require.NoError(t, err)
	signedAt := time.Unix(1600112502, 0)
	for _, now := range []time.Time{signedAt.Add(601 * time.Second), signedAt.Add(-601 * time.Second), noon, {}} {
		require.ErrorIs(t, v.Verify(sendGridSignature, sendGridTimestamp, []byte(sendGridBody), now), mail.ErrStale)
	}
	v.Tolerance = 24 * 365 * 100 * time.Hour
	assert.NoError(t, v.Verify(sendGridSignature, sendGridTimestamp, []byte(sendGridBody), noon))
}

func TestVerify_RefusesATimestampThatIsNoTime(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	v, err := mail.VerifySignature(base64.StdEncoding.EncodeToString(der))
	require.NoError(t, err)
	for _, timestamp := range []string{"", "now", "-1", "9223372036854775807", "99999999999999999999"} {
		hash := sha256.Sum256([]byte(timestamp + "[]"))
		signature, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
		require.NoError(t, err)
		require.ErrorIs(t, v.Verify(base64.StdEncoding.EncodeToString(signature), timestamp, []byte("[]"), noon), mail.ErrStale, timestamp)
	}
	timestamp := strconv.FormatInt(noon.Unix(), 10)
	hash := sha256.Sum256([]byte(timestamp + "[]"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
	require.NoError(t, err)
	assert.NoError(t, v.Verify(base64.StdEncoding.EncodeToString(signature), timestamp, []byte("[]"), noon))
}

func TestVerifySignature_RefusesOtherKeys(t *testing.T) {
	encode := func(public any) string {
		der, err := x509.MarshalPKIXPublicKey(public)
		require.NoError(t, err)
		return base64.StdEncoding.EncodeToString(der)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, key := range map[string]string{
		"empty": "", "not base64": "key", "not DER": "aGVsbG8=", "RSA": encode(&rsaKey.PublicKey), "P-384": encode(&p384.PublicKey),
	} {
		_, err := mail.VerifySignature(key)
		assert.ErrorContains(t, err, "webhook key", name)
	}
}
