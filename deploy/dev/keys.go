package dev

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// keyBytes is the length of every key: AES-256 for the codec, HMAC-SHA-256 for links.
const keyBytes = 32

// keys returns the product's secret keys as environment variables. They are made once and kept: data encrypted with a
// key is lost without it.
func keys(file string) ([]string, error) {
	b, err := os.ReadFile(file) //nolint:gosec // in the stack's own folder
	if err == nil {
		return strings.Fields(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the keys in %s: %w", file, err)
	}
	made := []string{
		"WUTONG_CODEC_KEYS=dev:" + newKey(), // key ID, then the key
		"WUTONG_LINK_KEY=" + newKey(),
	}
	// beside it first: on a full disk an empty file would stay, and pass for keys ever after
	partial := file + ".partial"
	if err := os.WriteFile(partial, []byte(strings.Join(made, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the keys in %s: %w", file, err)
	}
	if err := os.Rename(partial, file); err != nil {
		return nil, fmt.Errorf("keep the keys in %s: %w", file, err)
	}
	return made, nil
}

func newKey() string {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(key)
}
