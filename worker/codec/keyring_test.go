package codec

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseKeys_TakesSeveralKeysAndKeepsTheirOrder(t *testing.T) {
	ring, err := ParseKeys(" new:" + secret(2) + " , old:" + secret(1) + "\n")
	require.NoError(t, err)
	assert.Equal(t, []string{"new", "old"}, ring.IDs())
}

func TestParseKeys_RefusesWithoutRepeatingTheSecret(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 31))
	long := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 33))
	cases := map[string]struct{ text, says string }{
		"nothing":        {" ", "no encryption key is given"},
		"only a secret":  {secret(1), "encryption key 1 is not written as id:base64"},
		"no ID":          {":" + secret(1), "encryption key 1 is not written as id:base64"},
		"odd ID":         {"a/b:" + secret(1), "encryption key 1 is not written as id:base64"},
		"long ID":        {strings.Repeat("a", 65) + ":" + secret(1), "encryption key 1 is not written as id:base64"},
		"trailing comma": {"a:" + secret(1) + ",", "encryption key 2 is not written as id:base64"},
		"twice":          {"a:" + secret(1) + ",a:" + secret(2), `encryption key "a" is given twice`},
		"not base64":     {"a:" + secret(1)[:20] + "!", `encryption key "a" is not in base64`},
		"31 bytes":       {"a:" + short, `encryption key "a" has 31 bytes and needs 32`},
		"33 bytes":       {"a:" + long, `encryption key "a" has 33 bytes and needs 32`},
		"no secret":      {"a:", `encryption key "a" has 0 bytes and needs 32`},
		"the second one": {"a:" + secret(1) + ",b:xx", `encryption key "b" is not in base64`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ring, err := ParseKeys(c.text)
			require.ErrorContains(t, err, c.says)
			assert.NotContains(t, err.Error(), secret(1)[:16])
			assert.Empty(t, ring.IDs())
		})
	}
}

func TestKeyring_PrintsOnlyItsIDs(t *testing.T) {
	ring := keys(t, "new", 2, "old", 1)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		assert.Equal(t, "keys new, old", fmt.Sprintf(verb, ring))
		assert.NotContains(t, fmt.Sprintf(verb, struct{ Ring Keyring }{ring}), "[2 2")
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).InfoContext(t.Context(), "starting", "keys", ring)
	assert.Contains(t, log.String(), `"keys":["new","old"]`)
}

// secret is a key of 32 equal bytes, in base64.
func secret(b byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// keys builds a keyring from pairs of an ID and a byte.
func keys(tb testing.TB, pairs ...any) Keyring {
	tb.Helper()
	var entries []string
	for i := 0; i < len(pairs); i += 2 {
		entries = append(entries, fmt.Sprintf("%s:%s", pairs[i], secret(byte(pairs[i+1].(int)))))
	}
	ring, err := ParseKeys(strings.Join(entries, ","))
	require.NoError(tb, err)
	return ring
}
