package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

func TestHub_AProjectThatComesInMeetsTheInterestsOfMembers(t *testing.T) {
	h := newHub(t)
	form := func(f *station.PitchForm) {
		f.Company = station.PitchCompany{Name: "杭州 灵巧手 科技有限公司", Number: "91330108MA2H00001B"}
		f.Team = []station.TeamMember{{Name: "季逸超", Institution: "Zhejiang University"}, {Name: "Wang Fang", Institution: "a small lab"}}
	}
	interests := []station.Interest{
		{Kind: station.InCompany, Name: " 杭州  灵巧手 科技有限公司 "},
		{Kind: station.InCompany, Name: "91330108ma2h00001b"},
		{Kind: station.InInstitution, Name: "浙江大学"},
		{Kind: station.InInstitution, Name: "A Small  Lab"},
		{Kind: station.InPerson, Name: "Yichao Ji"},
		{Kind: station.InPerson, Name: "Wang Fan"},
		{Kind: station.InCompany, Name: "Zhejiang University"},
	}
	h.opensRound("r-1", 1)
	before := h.applies("r-1", form)
	for i, n := range interests {
		tx := h.db.MustBegin()
		require.NoError(t, store.PutInterests(t.Context(), tx, h.Angels[i].ID, n))
		require.NoError(t, tx.Commit())
	}
	after := h.applies("r-1", form)
	for i := range interests {
		require.Empty(t, before.declared(h.Angels[i]))
		want := station.ConflictInterest
		if i >= 5 {
			want = ""
		}
		require.Equal(t, want, after.declared(h.Angels[i]), interests[i].Name)
	}
}

func TestHub_AnInterestThatIsDeclaredMeetsTheProjectsThatRun(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 3)
	mine := func(f *station.PitchForm) { f.Company.Name = "Mine Ltd" }
	cleared, ended, open, other := h.applies("r-1", mine), h.applies("r-1", mine), h.applies("r-1", mine), h.applies("r-1")
	ended.ends(station.Withdrawn)
	member := h.candidate()
	member.belongs(station.MemberActive)
	cleared.declares(h.Candidate, station.ConflictNone)

	a := member.does(h.Candidate, station.Decide, station.MembershipTask(member.ID), station.Body{
		Verdict: station.Amended, Interests: []station.Interest{{Kind: station.InCompany, Name: "MINE  ltd"}}, Public: new(true),
	})
	ch := member.change(station.Change{Act: a.ID, Member: &station.MemberMove{Status: station.MemberActive, Declares: a.ID}})
	var told [][]string
	for range 2 {
		w, err := h.db.Record(t.Context(), ch)
		require.NoError(t, err)
		told = append(told, woken(w[0]))
	}
	require.ElementsMatch(t, []string{cleared.ID, open.ID}, told[0])
	require.Equal(t, told[0], told[1])
	require.Equal(t, []station.ConflictKind{"interest", "", "interest", ""},
		[]station.ConflictKind{cleared.declared(h.Candidate), ended.declared(h.Candidate), open.declared(h.Candidate), other.declared(h.Candidate)})
	var acts int
	h.reads(`SELECT count(*) FROM acts WHERE kind = 'move' AND body->>'verdict' = 'conflicting' AND body->>'account' = $1`, []any{h.Candidate.ID}, &acts)
	require.Equal(t, 2, acts)
	var public bool
	h.reads(`SELECT public FROM angels WHERE account = $1`, []any{h.Candidate.ID}, &public)
	require.True(t, public)
	w := member.records(station.Change{Member: &station.MemberMove{Status: station.MemberActive, Declares: a.ID}})
	require.Empty(t, w.Wake, "known already")
}

func TestHub_AMembersOwnInstitutionIsAnInterest(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	m := h.applies("r-1", func(f *station.PitchForm) {
		f.Company.Name = h.Angels[0].Institution
		f.Team = append(f.Team, station.TeamMember{Name: "B", Institution: h.Angels[1].Institution})
	})
	require.Equal(t, []station.ConflictKind{"interest", "interest", ""},
		[]station.ConflictKind{m.declared(h.Angels[0]), m.declared(h.Angels[1]), m.declared(h.Angels[2])})
}
