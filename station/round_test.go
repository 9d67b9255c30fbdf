package station_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

// TestOpenRound_KeepsWhatTheProgrammeSays: what a programme has left empty on
// purpose is not filled with defaults when its round is opened.
func TestOpenRound_KeepsWhatTheProgrammeSays(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 9, 0, 0, 0, station.ChinaTime) }
	form, err := json.Marshal(station.RoundForm{
		Code: "spring", Name: station.Text{Zh: "春季", En: "Spring"}, Capacity: 3,
		Times: station.Timetable{
			CallOpens: day(1), CallCloses: day(2), ScreeningCloses: day(3), PitchesAt: day(4), ScoresClose: day(5), DeliberationCloses: day(6),
		},
	})
	require.NoError(t, err)
	for name, terms := range map[string]string{
		"without a reminder": `{"seat": {"days": 2, "reminders": []}}`,
		"tried out":          `{"seat": {"days": 0, "seconds": 60, "reminders": []}}`,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := station.OpenRound(station.Programme{Kind: station.Round, Branch: "HZ", Terms: []byte(terms)}, "case", form)
			require.NoError(t, err)
			require.NoError(t, p.Check())
			want, err := station.ReadRoundTerms([]byte(terms))
			require.NoError(t, err)
			got, err := station.ReadRoundTerms(p.Terms)
			require.NoError(t, err)
			assert.Empty(t, got.Seat.Reminders)
			assert.Equal(t, want.Seat.Seconds, got.Seat.Seconds)
			assert.Equal(t, 3, got.Capacity)
			assert.Equal(t, "case", got.Round.Case)
		})
	}
}

func TestSyndicate_IsALeadAndEnoughMoney(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ballot := func(account string, v station.Verdict, fen int64, minute int) station.Ballot {
		return station.Ballot{Account: account, Verdict: v, Fen: fen, At: at.Add(time.Duration(minute) * time.Minute)}
	}
	for name, c := range map[string]struct {
		ballots []station.Ballot
		members []string
		formed  bool
	}{
		"nobody":                         {nil, []string{}, false},
		"no lead":                        {[]station.Ballot{ballot("a", station.Follow, 900, 0)}, []string{"a"}, false},
		"too little":                     {[]station.Ballot{ballot("a", station.Lead, 499, 0)}, []string{"a"}, false},
		"a lead alone":                   {[]station.Ballot{ballot("a", station.Lead, 500, 0)}, []string{"a"}, true},
		"who passes is not in it":        {[]station.Ballot{ballot("a", station.Pass, 0, 0), ballot("b", station.Lead, 500, 1)}, []string{"b"}, true},
		"the larger ticket leads":        {[]station.Ballot{ballot("a", station.Lead, 300, 0), ballot("b", station.Lead, 400, 1)}, []string{"b", "a"}, true},
		"of equal tickets the earlier":   {[]station.Ballot{ballot("b", station.Lead, 300, 2), ballot("a", station.Lead, 300, 1)}, []string{"a", "b"}, true},
		"followers come as they came in": {[]station.Ballot{ballot("c", station.Follow, 100, 0), ballot("a", station.Lead, 400, 1), ballot("b", station.Follow, 100, 2)}, []string{"a", "c", "b"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := station.SyndicateOf(c.ballots)
			assert.Equal(t, c.members, s.Accounts())
			assert.Equal(t, c.formed, s.Formed(500))
		})
	}
}

func TestVote_IsCarriedByMostOfThoseWhoDoNotAbstain(t *testing.T) {
	terms := station.DefaultAngelTerms()
	for name, c := range map[string]struct {
		approve, reject, abstain int
		quorum, carried          bool
	}{
		"too few":                         {4, 0, 0, false, false},
		"abstentions count to the quorum": {1, 0, 4, true, true},
		"and to nothing else":             {2, 2, 9, true, false},
		"a majority":                      {3, 2, 0, true, true},
		"everybody abstains":              {0, 0, 5, true, false},
		"most are against":                {2, 3, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var votes []station.Ballot
			for v, n := range map[station.Verdict]int{station.Approve: c.approve, station.Reject: c.reject, station.Abstain: c.abstain} {
				for range n {
					votes = append(votes, station.Ballot{Verdict: v})
				}
			}
			quorum, carried := terms.Carried(votes)
			assert.Equal(t, c.quorum, quorum)
			assert.Equal(t, c.carried, carried)
		})
	}
}

func TestRoundMatch_IsAShareUpToTheCapOfAProject(t *testing.T) {
	m := station.RoundMatch{Percent: 30, Cap: 1000}
	assert.Equal(t, int64(300), m.Of(1000))
	assert.Equal(t, int64(1000), m.Of(1_000_000))
	assert.Equal(t, int64(0), station.RoundMatch{}.Of(1000))
}
