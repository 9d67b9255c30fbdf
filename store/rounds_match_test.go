package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

// commits notes a syndicate, and says what the fund may add.
func (m *matter) commits(fen int64) int64 {
	m.t.Helper()
	return m.records(station.Change{Event: station.EventSyndicate, Standing: station.Standing{Stage: station.StageClosing}, Pitch: &station.PitchMove{Committed: &fen}}).Match
}

func (h *hub) matched() int64 {
	h.t.Helper()
	v, err := h.db.RoundByCode(h.t.Context(), "r-1")
	require.NoError(h.t, err)
	return v.Matched
}

func TestRound_MatchesUpToTheCapsAndTakesBackWhatFails(t *testing.T) {
	h := newHub(t) // 30 %, 500,000 yuan each, 1,000,000 in all
	h.opensRound("r-1", 5)
	a, b, c, d := h.applies("r-1"), h.applies("r-1"), h.applies("r-1"), h.applies("r-1")
	require.EqualValues(t, 30_000_000, a.commits(100_000_000))
	require.EqualValues(t, 30_000_000, a.commits(100_000_000), "noted again")
	require.EqualValues(t, 50_000_000, b.commits(900_000_000))
	require.EqualValues(t, 20_000_000, c.commits(100_000_000), "what the round's cap leaves")
	require.EqualValues(t, 0, d.commits(100_000_000))
	require.EqualValues(t, 100_000_000, h.matched())
	nothing := int64(0)
	w := c.records(station.Change{Pitch: &station.PitchMove{Committed: new(int64(100_000_000)), Match: &nothing}})
	require.Zero(t, w.Match, "the fund could not reserve it")
	require.EqualValues(t, 80_000_000, h.matched())
	b.ends(station.Unfunded)
	require.EqualValues(t, 30_000_000, h.matched())
	a.ends(station.Completed)
	require.EqualValues(t, 30_000_000, h.matched())
	require.EqualValues(t, 30_000_000, d.commits(100_000_000))
	lead, members := h.Angels[1].ID, []string{h.Angels[1].ID, h.Angels[0].ID}
	d.records(station.Change{Pitch: &station.PitchMove{Lead: lead, Members: members}})
	chosen, err := h.db.Chosen(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, members, chosen)
}

func TestRound_MatchesStayWithinTheCapHoweverManyFormAtOnce(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 20)
	var wg sync.WaitGroup
	for range 20 {
		m := h.applies("r-1")
		wg.Go(func() {
			for i := range 4 {
				fen := int64(20_000_000 * (1 + i%2))
				ch := m.change(station.Change{Standing: station.Standing{Stage: station.StageClosing}, Pitch: &station.PitchMove{Committed: &fen}})
				w, err := h.db.Record(t.Context(), ch)
				if assert.NoError(t, err) {
					assert.LessOrEqual(t, w[0].Match, int64(12_000_000))
				}
			}
			if m.Number[len(m.Number)-1]%2 == 0 {
				_, err := h.db.Record(t.Context(), m.change(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Unfunded}, End: &station.Ending{}}))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	var sum int64
	h.reads(`SELECT sum(match)::bigint FROM pitches WHERE round = 'r-1'`, nil, &sum)
	require.Equal(t, sum, h.matched())
	require.LessOrEqual(t, sum, int64(100_000_000))
}

func TestRound_ItsOfficersTeamsAndAngelsNeverWaitForEachOther(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 10)
	member := h.candidate()
	var all []*matter
	for range 20 {
		m := h.applies("r-1", func(f *station.PitchForm) { f.Company.Name = "Mine Ltd" })
		m.poses(station.StageCall, station.TaskDeclaration)
		all = append(all, m)
	}
	r.begins(station.StageSeats)
	member.belongs(station.MemberActive)
	tx := h.db.MustBegin()
	require.NoError(t, store.PutInterests(t.Context(), tx, h.Candidate.ID, station.Interest{Kind: station.InCompany, Name: "Mine Ltd"}))
	require.NoError(t, tx.Commit())
	var wg sync.WaitGroup
	records := func(m *matter, changes ...station.Change) {
		for i := range changes {
			changes[i] = m.change(changes[i])
		}
		wg.Go(func() {
			_, err := h.db.Record(t.Context(), changes...)
			assert.NoError(t, err)
		})
	}
	fen := int64(10_000_000)
	for i, m := range all {
		reserve := &station.FundMove{Fund: storetest.MatchFund, Reserve: &station.Reservation{Fen: 1000, Task: m.task(station.StageClosing, 1)}}
		release := &station.FundMove{Fund: storetest.MatchFund, Release: true}
		end := station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Lapsed}, End: &station.Ending{}}
		switch i % 4 {
		case 0:
			records(m, end)
		case 1:
			records(m, station.Change{Fund: reserve}, station.Change{Pitch: &station.PitchMove{Committed: &fen}})
		case 2:
			records(m, station.Change{Pitch: &station.PitchMove{Committed: &fen}}, station.Change{Fund: reserve}, station.Change{Fund: release}, end)
		case 3:
			records(m, station.Change{Event: station.EventDeclared, Declare: &station.Declaration{Account: h.Angels[0].ID, Conflict: station.ConflictOther}}, end)
		}
		if i%5 == 0 {
			times := storetest.RoundForm("r-1", monday.AddDate(0, 0, i)).Times
			records(r, station.Change{Round: &station.RoundMove{Times: &times}})
			records(member, station.Change{Member: &station.MemberMove{Status: station.MemberActive}})
		}
	}
	wg.Wait()
	require.Empty(t, h.audit())
}
