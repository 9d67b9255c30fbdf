package station

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// LinkSigner makes the tokens of mailed links, and knows its own again. A
// token is the link's opaque ID and a signature; what it is for, until when,
// and whether it was used stands in the link's row.
type LinkSigner struct{ key []byte }

// NewLinkSigner takes a key of at least 32 bytes.
func NewLinkSigner(key []byte) (*LinkSigner, error) {
	if len(key) < 32 {
		return nil, Errorf(Invalid, "the key for links has %d bytes, it needs at least 32", len(key))
	}
	return &LinkSigner{key: key}, nil
}

// Token signs a link's ID.
func (s *LinkSigner) Token(link string) string {
	return link + "." + s.mac(link)
}

// Link returns the ID in a token, or NotFound if the token is not ours.
func (s *LinkSigner) Link(token string) (string, error) {
	id, mac, ok := strings.Cut(token, ".")
	if !ok || !hmac.Equal([]byte(mac), []byte(s.mac(id))) {
		return "", Refuse(NotFound, "link_unknown", "no such link")
	}
	return id, nil
}

func (s *LinkSigner) mac(link string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("wutong link v1\x00" + link))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
