package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

// seat is how a project stands in its round.
func (m *matter) seat() (seat station.Seat, place int) {
	m.t.Helper()
	m.reads(`SELECT seat, place FROM pitches WHERE case_id = $1`, []any{m.ID}, &seat, &place)
	return seat, place
}

// confirms confirms a project's seat.
func (m *matter) confirms() station.Written {
	m.t.Helper()
	return m.records(station.Change{Event: station.EventSeat, Standing: station.Standing{Stage: station.StageSeats}, Pitch: &station.PitchMove{Seat: station.SeatConfirmed}})
}

func TestRound_RanksByTheMeanOfScoresThatCountAndThenByArrival(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 2)
	none, late, first, second, best := h.applies("r-1"), h.applies("r-1"), h.applies("r-1"), h.applies("r-1"), h.applies("r-1")
	r.begins(station.StageScreening)
	h.scored(late, station.StageScreening, 1, 2)
	h.scored(first, station.StageScreening, 2, 3, 4)
	h.scored(second, station.StageScreening, 3, 3)
	h.scored(best, station.StageScreening, 1, 4)
	best.declares(h.Angels[0], station.ConflictInvested) // strikes the 1
	w := r.begins(station.StageSeats)
	require.Equal(t, &station.RoundMoved{Told: 5, Open: 5}, w.Round)
	for i, m := range []*matter{best, first, second, late, none} {
		seat, place := m.seat()
		require.Equal(t, i+1, place)
		require.Equal(t, i < 2, seat == station.SeatInvited)
	}
	require.Equal(t, []string{"screen ", "invite 2"}, first.heard())
	require.Equal(t, []string{"screen ", "waitlist 5"}, none.heard())
	var at string
	h.reads(`SELECT body->>'at' FROM acts WHERE case_id = $1 AND body->>'verdict' = 'invite'`, []any{first.ID}, &at)
	end, err := time.Parse(time.RFC3339, at)
	require.NoError(t, err)
	require.True(t, end.Equal(monday.AddDate(0, 0, 28)))
}

func TestRound_AStruckScoreChangesMeanAndPlaceAndTheEventSaysSo(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	invited, a, b := h.applies("r-1"), h.applies("r-1"), h.applies("r-1")
	h.scored(invited, station.StageScreening, 4, 4)
	h.scored(a, station.StageScreening, 4, 2)
	h.scored(b, station.StageScreening, 2, 3)
	r.begins(station.StageSeats)
	e := a.declares(h.Angels[2], station.ConflictFamily)
	require.NotContains(t, e.Details, "before", "they had not scored")
	e = a.declares(h.Angels[0], station.ConflictFamily)
	require.JSONEq(t, `{"conflict": "family", "struck": "screening", "before": {"mean": 3, "place": 2}, "after": {"mean": 2, "place": 3}}`, marshal(t, e.Details))
	for m, want := range map[*matter]int{invited: 1, b: 2, a: 3} {
		_, place := m.seat()
		require.Equal(t, want, place)
	}
	e = a.declares(h.Angels[1], station.ConflictOther)
	require.JSONEq(t, `{"conflict": "other", "struck": "screening", "before": {"mean": 2, "place": 3}, "after": {"place": 3}}`, marshal(t, e.Details))
}

func TestRound_AnInterestThatStrikesAScoreIsToldByTheMove(t *testing.T) {
	h := newHub(t)
	h.opensRound("r-1", 1)
	m := h.applies("r-1", func(f *station.PitchForm) { f.Company.Name = "Mine Ltd" })
	member := h.candidate(func(f *station.AngelForm) {
		f.Interests = []station.Interest{{Kind: station.InCompany, Name: "Mine Ltd"}}
	})
	h.scored(m, station.StageScreening, 2)
	h.scores(m, station.StageScreening, h.Candidate, 4)
	member.belongs(station.MemberActive)
	var act string
	h.reads(`SELECT id FROM acts WHERE case_id = $1 AND kind = 'move'`, []any{m.ID}, &act)
	m.records(station.Change{Event: station.EventDeclared, Act: act, Details: station.Details{"conflict": "interest"}})
	events, err := h.db.Events(t.Context(), m.ID, 0, 0)
	require.NoError(t, err)
	require.JSONEq(t, `{"conflict": "interest", "struck": "screening", "before": {"mean": 3, "place": 1}, "after": {"mean": 2, "place": 1}}`,
		marshal(t, events[len(events)-1].Details))
	require.Empty(t, h.audit())
}

func TestRound_SeatsPassOnToTheEndOfTheWaitingList(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 2)
	var all []*matter
	for i := range 6 {
		m := h.applies("r-1")
		h.scored(m, station.StageScreening, float64(4)-float64(i)/2)
		all = append(all, m)
	}
	r.begins(station.StageSeats)
	all[1].confirms()
	require.Equal(t, []string{all[2].ID}, woken(all[0].ends(station.Refused)))
	require.Equal(t, []string{all[3].ID}, woken(all[1].ends(station.Withdrawn)), "a seat that was confirmed")
	require.Empty(t, woken(all[5].ends(station.Withdrawn)), "who waits has none to pass on")
	require.Equal(t, []string{all[4].ID}, woken(all[2].ends(station.Lapsed)))
	require.Empty(t, woken(all[3].ends(station.Lapsed)))
	require.Empty(t, woken(all[4].ends(station.Lapsed)))
	require.Empty(t, all[4].heard(), "its end has settled what was said to it")
}

func TestRound_TwoSeatsThatAreGivenUpAtOnceGoToTheNextTwo(t *testing.T) {
	for range 5 {
		h := newHub(t)
		r := h.opensRound("r-1", 4)
		var all []*matter
		for range 8 {
			all = append(all, h.applies("r-1"))
		}
		r.begins(station.StageSeats)
		var wg sync.WaitGroup
		for _, m := range all[:4] {
			end := m.change(station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Lapsed}, End: &station.Ending{}})
			wg.Go(func() {
				_, err := h.db.Record(t.Context(), end)
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		for _, m := range all[4:] {
			seat, _ := m.seat()
			require.Equal(t, station.SeatInvited, seat)
		}
		var invites int
		h.reads(`SELECT count(*) FROM acts WHERE body->>'verdict' = 'invite'`, nil, &invites)
		require.Equal(t, 8, invites)
	}
}

func TestRound_TheRunningOrderHasThoseWhoConfirmedByTheirPlace(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 4)
	a, b, c, d, e := h.applies("r-1"), h.applies("r-1"), h.applies("r-1"), h.applies("r-1"), h.applies("r-1")
	r.begins(station.StageSeats)
	c.confirms()
	a.confirms()
	w := r.begins(station.StagePitches)
	require.Equal(t, &station.RoundMoved{Told: 5, Open: 5}, w.Round)
	require.Equal(t, []string{"invite 1", "present 1"}, a.heard())
	require.Equal(t, []string{"invite 3", "present 2"}, c.heard())
	require.Equal(t, []string{"waitlist 5", "unplace "}, e.heard())
	require.Equal(t, []string{"invite 2", "unplace "}, b.heard())
	// in the moment in which the order was made
	require.Equal(t, []string{d.ID}, woken(d.confirms()))
	require.Equal(t, []string{"invite 4", "present 3"}, d.heard(), "that it has no place is not true any more")
}

func TestRound_AProjectThatIsResetAfterItsEndPassesNoSecondSeatOn(t *testing.T) {
	h := newHub(t)
	r := h.opensRound("r-1", 1)
	a, b, c := h.applies("r-1"), h.applies("r-1"), h.applies("r-1")
	r.begins(station.StageSeats)
	require.Equal(t, []string{b.ID}, woken(a.ends(station.Lapsed)))
	a.run, a.seq = "run-2", 0
	a.records(station.Change{})
	v, err := h.db.RoundByCode(t.Context(), "r-1")
	require.NoError(t, err)
	require.Equal(t, 3, v.Open)
	require.Empty(t, woken(a.ends(station.Lapsed)))
	require.Equal(t, []string{c.ID}, woken(b.ends(station.Lapsed)))
}
