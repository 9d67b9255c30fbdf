// Package font carries the fonts that letters are set in, so that a letter
// looks the same wherever it is set. README.md says where they come from and
// which characters they have.
package font

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the fonts
	"fmt"
	"io"
	"sync"
)

//go:embed NotoSerifSC-Regular.ttf.gz
var chinese []byte

//go:embed SourceSerif4-Regular.ttf.gz
var latin []byte

// Chinese is Noto Serif SC as a TrueType file: Chinese characters and
// punctuation, kana, full-width letters. It is not to be changed.
var Chinese = sync.OnceValue(func() []byte { return unpack("Noto Serif SC", chinese) })

// Latin is Source Serif 4 as a TrueType file: Latin, Greek and Cyrillic letters.
// It is not to be changed.
var Latin = sync.OnceValue(func() []byte { return unpack("Source Serif 4", latin) })

// unpack fails only if the file was built broken, which the test would have said.
func unpack(name string, packed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("unpack %s: %v", name, err))
	}
	ttf, err := io.ReadAll(r)
	if err != nil {
		panic(fmt.Sprintf("unpack %s: %v", name, err))
	}
	return ttf
}
