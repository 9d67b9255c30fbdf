package station

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func scored(totals ...float64) (list []Review) {
	for _, total := range totals {
		list = append(list, Review{Verdict: Score, Total: total})
	}
	return list
}

func TestPanel_TotalWeighsEachCriterion(t *testing.T) {
	p := Panel{Criteria: []Criterion{{Code: "a", Weight: 1}, {Code: "b", Weight: 3}}}
	assert.InDelta(t, 75, p.Total([]Point{{Criterion: "b", Points: 100}, {Criterion: "a", Points: 0}}), 1e-9)
	assert.Zero(t, Panel{}.Total(nil), "no criteria")
}

func TestPanel_IsMetByItsQuorumOfMostlyScores(t *testing.T) {
	p := Panel{Quorum: 3}
	abstain, recuse := Review{Verdict: Abstain}, Review{Verdict: Recuse}
	assert.False(t, p.Met(Count(scored(80, 80))))
	assert.True(t, p.Met(Count(scored(80, 80, 80))))
	assert.True(t, p.Met(Count(append(scored(80, 80), abstain))))
	assert.False(t, p.Met(Count(append(scored(80), abstain, abstain))), "most abstained")
	assert.False(t, p.Met(Count(append(scored(80, 80), recuse))), "who recuses is replaced")
}

func TestPanel_IsTornAboveItsLimitOnly(t *testing.T) {
	p := Panel{Disagreement: 30}
	assert.False(t, p.Torn(Count(scored(60, 90))))
	assert.True(t, p.Torn(Count(scored(60, 90.5))))
	assert.False(t, Panel{}.Torn(Count(scored(0, 100))), "0 is never")
	assert.InDelta(t, 75, Count(scored(60, 90)).Mean, 1e-9)
	assert.Equal(t, Tally{}, Count(nil))
}

func TestLink_IsKnownByItsSignature(t *testing.T) {
	_, err := NewLinkSigner(make([]byte, 31))
	require.Equal(t, Invalid, CodeOf(err))
	ours, err := NewLinkSigner(make([]byte, 32))
	require.NoError(t, err)
	theirs, err := NewLinkSigner([]byte("another key, of thirty-two bytes"))
	require.NoError(t, err)
	token := ours.Token("link")
	id, err := ours.Link(token)
	require.NoError(t, err)
	assert.Equal(t, "link", id)
	for name, forged := range map[string]string{
		"of another key": theirs.Token("link"), "cut short": token[:len(token)-1], "of another link": "x" + token, "unsigned": "link", "empty": "",
	} {
		_, err := ours.Link(forged)
		assert.Equal(t, NotFound, CodeOf(err), name)
	}
}
