package dev

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"
)

func TestShorten_MakesProgrammesThatCanRunOfTheSample(t *testing.T) {
	var programmes []station.Programme
	require.NoError(t, readSample(filepath.Join("..", "sample"), "programmes.json", &programmes))
	var codes []string
	for _, p := range programmes {
		shorter, err := shorten(&p)
		require.NoError(t, err, p.Code)
		if shorter {
			codes = append(codes, p.Code)
			require.NoError(t, p.Check(), p.Code)
		}
	}
	require.Equal(t, []string{"grant-startup-2026-tryout", "angel-hub-tryout", "pitch-rounds-tryout", "ambassador-2026-tryout"}, codes)
}
