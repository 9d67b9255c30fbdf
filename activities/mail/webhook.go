package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers in which SendGrid sends what Verify needs.
const (
	SignatureHeader = "X-Twilio-Email-Event-Webhook-Signature"
	TimestampHeader = "X-Twilio-Email-Event-Webhook-Timestamp"
)

var (
	// ErrSignature means that SendGrid did not sign this body.
	ErrSignature = errors.New("the webhook's signature does not match")
	// ErrStale means that the body was signed too long ago, or in the future: perhaps somebody plays it again.
	ErrStale = errors.New("the webhook's timestamp is too far from now")
)

// A Verifier checks that event webhooks come from SendGrid; it is safe for concurrent use.
type Verifier struct {
	// Tolerance is how far a timestamp may lie from now; VerifySignature sets ten minutes. SendGrid documents no bound;
	// it signs each delivery when it makes it.
	Tolerance time.Duration

	key *ecdsa.PublicKey
}

// VerifySignature returns a verifier for the public key that SendGrid shows in its settings: base64 of DER, on the
// curve P-256.
func VerifySignature(publicKey string) (*Verifier, error) {
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(publicKey))
	if err != nil {
		return nil, fmt.Errorf("webhook key: %w", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("webhook key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("webhook key: not an ECDSA key on P-256")
	}
	return &Verifier{Tolerance: 10 * time.Minute, key: key}, nil
}

// Verify checks the signature, base64 of an ASN.1 ECDSA signature, over the timestamp's text followed by the body.
//
// The body must be the bytes as they came: SendGrid's end with a line end that decoding and encoding again would lose.
func (v *Verifier) Verify(signature, timestamp string, rawBody []byte, now time.Time) error {
	der, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return ErrSignature
	}
	hash := sha256.New()
	hash.Write([]byte(timestamp))
	hash.Write(rawBody)
	if !ecdsa.VerifyASN1(v.key, hash.Sum(nil), der) {
		return ErrSignature
	}
	// The timestamp means something only now that the signature vouches for it.
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		return ErrStale
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > v.Tolerance || age < -v.Tolerance {
		return ErrStale
	}
	return nil
}
