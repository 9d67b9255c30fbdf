package font_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	folio "github.com/carlos7ags/folio/font"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"wutong/api/letter/font"
)

func TestFonts_AreThoseOfTheirSums(t *testing.T) {
	raw, err := os.ReadFile("SHA256SUMS")
	require.NoError(t, err)
	fonts := map[string][]byte{"NotoSerifSC-Regular.ttf": font.Chinese(), "SourceSerif4-Regular.ttf": font.Latin()}
	for line := range strings.Lines(string(raw)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sum := sha256.Sum256(fonts[name])
		assert.Equal(t, want, hex.EncodeToString(sum[:]), name)
		delete(fonts, name)
	}
	assert.Empty(t, fonts)
}

func TestChinese_HasTheCharactersOfTheStandards(t *testing.T) {
	face, err := folio.ParseTTF(font.Chinese())
	require.NoError(t, err)
	for _, table := range []struct {
		encoding encoding.Encoding
		lead, to byte
		trail    [2]byte
		title    string
	}{
		{simplifiedchinese.GBK, 0xb0, 0xf7, [2]byte{0xa1, 0xfe}, "GB/T 2312, both levels"},
		{traditionalchinese.Big5, 0xa4, 0xc6, [2]byte{0x40, 0xfe}, "Big5, the first level"},
	} {
		lacks := ""
		for lead := table.lead; lead <= table.to; lead++ {
			for trail := table.trail[0]; trail < table.trail[1]; trail++ {
				if lead == 0xc6 && table.encoding == traditionalchinese.Big5 && trail > 0x7e {
					continue // the first level ends before
				}
				said, err := table.encoding.NewDecoder().Bytes([]byte{lead, trail})
				require.NoError(t, err)
				r := []rune(string(said))
				if len(r) == 1 && r[0] >= 0x3400 && r[0] < 0xe000 && face.GlyphIndex(r[0]) == 0 {
					lacks += string(r)
				}
			}
		}
		assert.Empty(t, lacks, table.title)
	}
}

func TestChinese_HasAllThatItsListNames(t *testing.T) {
	face, err := folio.ParseTTF(font.Chinese())
	require.NoError(t, err)
	raw, err := os.ReadFile("han.txt")
	require.NoError(t, err)
	count := 0
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, r := range strings.TrimSpace(line) {
			count++
			assert.NotZero(t, face.GlyphIndex(r), "%c", r)
		}
	}
	assert.Equal(t, 10_241, count)
}
