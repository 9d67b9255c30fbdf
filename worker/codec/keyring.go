package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

// keySize is the length of an AES-256 key in bytes.
const keySize = 32

// keyID is what a key may be called: it is shown in every payload's metadata, in logs and in errors.
var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Keyring holds the keys of the codec: the first seals, all open. Build one with [ParseKeys]. It prints as its key IDs only.
type Keyring struct {
	keys []key
}

type key struct {
	id   string
	aead cipher.AEAD
}

// ParseKeys reads keys written as "id:base64,id:base64,…", each of 32 bytes in standard, padded base64. The first key seals, every
// key opens. An ID is 1 to 64 letters, digits, dots, hyphens or underscores. Errors name a key by its ID or its place, and never
// repeat what stands after the colon.
func ParseKeys(text string) (Keyring, error) {
	if strings.TrimSpace(text) == "" {
		return Keyring{}, errors.New("no encryption key is given")
	}
	var ring Keyring
	for i, entry := range strings.Split(text, ",") {
		id, secret, found := strings.Cut(strings.TrimSpace(entry), ":")
		// An entry without a colon, or with an odd ID, may be a key pasted in the wrong place: it is named by place only.
		if !found || !keyID.MatchString(id) {
			return Keyring{}, fmt.Errorf("encryption key %d is not written as id:base64", i+1)
		}
		if ring.find(id) != nil {
			return Keyring{}, fmt.Errorf("encryption key %q is given twice", id)
		}
		aead, err := parseSecret(id, secret)
		if err != nil {
			return Keyring{}, err
		}
		ring.keys = append(ring.keys, key{id: id, aead: aead})
	}
	return ring, nil
}

func parseSecret(id, secret string) (cipher.AEAD, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(secret)
	if err != nil {
		return nil, fmt.Errorf("encryption key %q is not in base64", id)
	}
	if len(raw) != keySize {
		return nil, fmt.Errorf("encryption key %q has %d bytes and needs %d", id, len(raw), keySize)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("encryption key %q: %w", id, err)
	}
	// This AEAD draws its own random nonce and puts it before the ciphertext, so that no caller can repeat one.
	return cipher.NewGCMWithRandomNonce(block)
}

func (k Keyring) find(id string) cipher.AEAD {
	for _, one := range k.keys {
		if one.id == id {
			return one.aead
		}
	}
	return nil
}

// IDs lists the keys' IDs; the first is the one that seals.
func (k Keyring) IDs() []string {
	ids := make([]string, len(k.keys))
	for i, one := range k.keys {
		ids[i] = one.id
	}
	return ids
}

// Format prints the key IDs for every verb: %#v would otherwise walk into the ciphers and print their round keys.
func (k Keyring) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "keys %s", strings.Join(k.IDs(), ", "))
}

// LogValue logs the key IDs.
func (k Keyring) LogValue() slog.Value {
	return slog.AnyValue(k.IDs())
}
