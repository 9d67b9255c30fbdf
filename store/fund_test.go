package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// theFund is the code of the fund of these tests.
const theFund = "startup"

// endows gives the station a fund with a budget for 2026.
func (h *house) endows(fen int64) {
	h.t.Helper()
	require.NoError(h.t, h.db.Load(h.t.Context(), store.Seed{Funds: []station.Fund{{
		Code: theFund, Branch: "HZ", Name: station.Text{Zh: "创业基金", En: "Start-up fund"}, Currency: station.CNY,
		Budgets: []station.FundBudget{{Year: 2026, Fen: fen}},
	}}}))
}

// year is how the fund stands in 2026.
func (h *house) year() station.FundYear {
	h.t.Helper()
	years, err := h.db.FundYears(h.t.Context(), theFund, monday)
	require.NoError(h.t, err)
	require.Equal(h.t, 2026, years[0].Year)
	return years[0]
}

// ledger are the kinds of the fund's entries, in order.
func (h *house) ledger() []station.EntryKind {
	h.t.Helper()
	entries, err := h.db.FundLedger(h.t.Context(), theFund, 0, 1000)
	require.NoError(h.t, err)
	kinds := []station.EntryKind{}
	for i, e := range entries {
		require.EqualValues(h.t, i+1, e.Seq)
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// moves records a change that moves money.
func (m *matter) moves(move station.FundMove) station.Written {
	m.t.Helper()
	move.Fund = theFund
	return m.records(station.Change{Standing: station.Standing{Stage: station.StageFunds}, Fund: &move})
}

// asks asks for an award, and says whether the case waits.
func (m *matter) asks(fen int64, score float64) bool {
	m.t.Helper()
	return m.moves(station.FundMove{Reserve: m.reservation(fen, score)}).Fund.Waiting
}

func (m *matter) reservation(fen int64, score float64) *station.Reservation {
	return &station.Reservation{Fen: fen, Score: score, Task: m.task(station.StageFunds, 1)}
}

// releases gives the rest of an award back, and says who was woken.
func (m *matter) releases() []string {
	m.t.Helper()
	return woken(m.moves(station.FundMove{Release: true}))
}

func woken(w station.Written) []string {
	cases := []string{}
	for _, x := range w.Wake {
		cases = append(cases, x.Case)
	}
	return cases
}

// pays pays a tranche, confirmed by the treasurer with a reference.
func (m *matter) pays(tranche int, fen int64, reference string) station.AwardState {
	m.t.Helper()
	a := m.does(m.Treasurer, station.Confirm, m.task(station.StageTranches, tranche), station.Body{Verdict: station.Confirmed, Reference: reference})
	w := m.records(station.Change{
		Actor: a.Actor, Act: a.ID, Standing: station.Standing{Stage: station.StageTranches}, Settle: []station.Settlement{{Act: a.ID, Status: station.Recorded}},
		Fund: &station.FundMove{Fund: theFund, Pay: &station.Payment{Tranche: tranche, Fen: fen}},
	})
	return *w.Fund
}

func TestFund_CarriesAnAwardFromItsReservationToItsLastTranche(t *testing.T) {
	h := newHouse(t)
	h.endows(1000)
	m := h.opens()
	require.False(t, m.asks(600, 80))
	require.Equal(t, station.FundYear{Year: 2026, Budget: 1000, Reserved: 600, Free: 400}, h.year())

	require.Equal(t, station.AwardState{Reserved: 300, Paid: 300}, m.pays(1, 300, "ICBC 1"))
	require.Equal(t, station.AwardState{Reserved: 100, Paid: 500}, m.pays(2, 200, "ICBC 2"))
	m.releases()
	w := m.moves(station.FundMove{Repay: &station.Payment{Tranche: 1, Fen: 200}})
	require.Equal(t, station.AwardState{Paid: 500, Repaid: 200}, *w.Fund)
	require.Equal(t, station.FundYear{Year: 2026, Budget: 1000, Paid: 500, Repaid: 200, Free: 700}, h.year())
	require.Equal(t, []station.EntryKind{station.EntryReserve, station.EntryPay, station.EntryPay, station.EntryRelease, station.EntryRepay}, h.ledger())

	page, err := h.db.FundEntries(t.Context(), theFund, 3, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	require.Equal(t, int64(5), page.Items[0].Seq)
	last, err := h.db.FundEntries(t.Context(), theFund, 3, page.Next)
	require.NoError(t, err)
	require.Empty(t, last.Next)
	paid := last.Items[0]
	require.Equal(t, station.FundEntry{
		ID: paid.ID, Fund: theFund, Year: 2026, Seq: 2, Kind: station.EntryPay, Fen: 300, Case: m.ID, Number: m.Number, Tranche: 1,
		Actor: h.Treasurer.ID, Reference: "ICBC 1", At: paid.At,
	}, paid)
}

func TestFund_OffersReleasedMoneyByScoreThenByArrivalAndNobodyOvertakes(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	first, low, best, early, late, small := h.opens(), h.opens(), h.opens(), h.opens(), h.opens(), h.opens()
	require.False(t, first.asks(100, 70))
	for i, m := range []*matter{low, best, early, late} {
		m.at = monday.Add(time.Duration(i) * time.Minute)
	}
	require.True(t, low.asks(50, 60))
	require.True(t, best.asks(60, 95))
	require.True(t, early.asks(30, 80))
	require.True(t, late.asks(30, 80))
	require.EqualValues(t, 170, h.year().Waiting)

	require.Equal(t, []string{best.ID, early.ID}, first.releases(), "the best, then of equals who came first")
	require.True(t, small.asks(10, 50), "it would fit, but others come before it")
	require.Equal(t, []string{late.ID}, best.releases(), "what is left is too little for the next, and nobody overtakes")
	require.Equal(t, []string{low.ID, small.ID}, early.releases())

	// the acts wait for the cases' workflows
	pending, err := h.db.Unsettled(t.Context(), store.PendingAct{}, monday.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, pending, 5)
	for _, p := range pending {
		require.Equal(t, station.Found, p.Signal.Kind)
		require.Equal(t, station.TaskID(p.Case, station.StageFunds, 1), p.Signal.Task)
	}
}

func TestFund_WhoComesWithABetterScoreGoesFirst(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	holder, waits, better := h.opens(), h.opens(), h.opens()
	require.False(t, holder.asks(60, 70))
	require.True(t, waits.asks(50, 70))
	require.False(t, better.asks(40, 90))
	require.Equal(t, []string{waits.ID}, holder.releases())
	require.Equal(t, []string{}, better.releases())
}

func TestFund_AChangeSentAgainMovesNothing(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	a, b := h.opens(), h.opens()
	require.False(t, a.asks(100, 70))
	require.True(t, b.asks(100, 70))
	release := a.change(station.Change{Fund: &station.FundMove{Fund: theFund, Release: true}})
	first, err := h.db.Record(t.Context(), release)
	require.NoError(t, err)
	require.Equal(t, []string{b.ID}, woken(first[0]))
	again, err := h.db.Record(t.Context(), release)
	require.NoError(t, err)
	require.Equal(t, marshal(t, first), marshal(t, again))
	require.Equal(t, []station.EntryKind{station.EntryReserve, station.EntryRelease, station.EntryReserve}, h.ledger())
}

func TestFund_ANewRunThatSendsTheSameMovesMovesNothing(t *testing.T) {
	h := newHouse(t)
	h.endows(1000)
	m := h.opens()
	moves := func() {
		m.asks(1000, 70)
		m.pays(1, 500, "R-1")
		m.moves(station.FundMove{Repay: &station.Payment{Tranche: 1, Fen: 500}})
	}
	moves()
	year, entries := h.year(), h.ledger()
	m.run, m.seq = "run-2", 0
	moves()
	require.Equal(t, year, h.year())
	require.Equal(t, entries, h.ledger())
}

func TestFund_AResetThatGoesBackBehindAReleasePaysWhatIsLeft(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	m, other := h.opens(), h.opens()
	m.asks(100, 70)
	m.pays(1, 50, "R-1")
	m.releases()
	m.run, m.seq = "run-2", 0
	require.Equal(t, station.AwardState{Paid: 80}, m.pays(2, 30, "R-2"), "what it lacks it takes from what is free")

	other.asks(20, 70)
	a := m.does(h.Treasurer, station.Confirm, m.task(station.StageTranches, 3), station.Body{Reference: "R-3"})
	_, err := h.db.Record(t.Context(), m.change(station.Change{Act: a.ID, Fund: &station.FundMove{Fund: theFund, Pay: &station.Payment{Tranche: 3, Fen: 20}}}))
	require.ErrorContains(t, err, "lacks 20 fen")
	require.Empty(t, station.CodeOf(err), "it is tried again until the fund is adjusted")
	require.Equal(t, station.FundYear{Year: 2026, Budget: 100, Reserved: 20, Paid: 80}, h.year())
}

func TestFund_AnAwardThatBecomesSmallerGivesBackAndOneThatGrowsAsksForTheRest(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	m, other := h.opens(), h.opens()
	m.asks(80, 70)
	require.True(t, other.asks(40, 70))
	w := m.moves(station.FundMove{Reserve: m.reservation(60, 70)})
	require.Equal(t, station.AwardState{Reserved: 60}, *w.Fund)
	require.Equal(t, []string{other.ID}, woken(w))
	require.True(t, m.asks(70, 70))
	require.EqualValues(t, 10, h.year().Waiting)
	require.Equal(t, []string{m.ID}, other.releases())
	require.EqualValues(t, 70, h.year().Reserved)
}

func TestFund_ACaseThatEndsNeitherWaitsNorHoldsMoneyBack(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	a, b, c := h.opens(), h.opens(), h.opens()
	a.asks(100, 70)
	require.True(t, b.asks(100, 90))
	require.True(t, c.asks(100, 80))
	ended := station.Change{Standing: station.Standing{Stage: station.StageEnded, Status: station.Declined}, End: &station.Ending{}}
	require.Empty(t, woken(b.records(ended)))
	require.Equal(t, []string{c.ID}, woken(a.records(ended)), "not the one that has ended")
	require.EqualValues(t, 100, h.year().Reserved)
}

func TestFund_AResetCasesPlaceInTheQueueIsWhereItsRunStands(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	a, b := h.opens(), h.opens()
	a.asks(100, 70)
	require.True(t, b.asks(100, 90))
	b.releases()
	b.run, b.seq = "run-2", 0
	at := station.Standing{Stage: station.StageFunds, Tasks: []string{b.task(station.StageFunds, 1)}}
	b.records(station.Change{Event: station.EventResumed, Standing: at})
	require.EqualValues(t, 100, h.year().Waiting, "back at its task it waits again")

	b.run, b.seq = "run-3", 0
	b.records(station.Change{Event: station.EventResumed, Standing: station.Standing{Stage: station.StageReview}})
	require.Zero(t, h.year().Waiting, "back before it, it does not")
	require.Empty(t, a.releases())

	require.False(t, b.asks(100, 90))
	b.run, b.seq = "run-4", 0
	w := b.records(station.Change{Event: station.EventResumed, Standing: at})
	require.Equal(t, []string{b.ID}, woken(w), "it has its money, and is told so again")
	require.EqualValues(t, 100, h.year().Reserved)
}

func TestFund_AResetCaseThatHasItsMoneyWaitsForNobody(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	b, best, a := h.opens(), h.opens(), h.opens()
	require.False(t, a.asks(60, 70))
	require.True(t, b.asks(60, 80))
	require.Equal(t, []string{b.ID}, a.releases())
	require.True(t, best.asks(90, 95))
	b.run, b.seq = "run-2", 0
	at := station.Standing{Stage: station.StageFunds, Tasks: []string{b.task(station.StageFunds, 1)}}
	w := b.records(station.Change{Event: station.EventResumed, Standing: at})
	require.Equal(t, []string{b.ID}, woken(w), "it has its money, whoever waits before it")
}

func TestFund_GivesWhatANewBudgetOrANewYearHolds(t *testing.T) {
	h := newHouse(t)
	h.endows(10)
	a, b := h.opens(), h.opens()
	require.True(t, a.asks(50, 70))
	require.True(t, b.asks(50, 60))
	wake, err := h.db.ServeFunds(t.Context(), monday)
	require.NoError(t, err)
	require.Empty(t, wake)

	h.endows(60)
	wake, err = h.db.ServeFunds(t.Context(), monday)
	require.NoError(t, err)
	require.Len(t, wake, 1)
	require.Equal(t, a.ID, wake[0].Case)

	fund, err := h.db.FundByCode(t.Context(), theFund)
	require.NoError(t, err)
	fund.Budgets = append(fund.Budgets, station.FundBudget{Year: 2027, Fen: 50})
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Funds: []station.Fund{fund}}))
	newYear := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC) // midnight in Hangzhou
	wake, err = h.db.ServeFunds(t.Context(), newYear.Add(-time.Second))
	require.NoError(t, err)
	require.Empty(t, wake)
	wake, err = h.db.ServeFunds(t.Context(), newYear)
	require.NoError(t, err)
	require.Equal(t, b.ID, wake[0].Case)

	b.at = newYear
	require.Equal(t, station.AwardState{Reserved: 20, Paid: 30}, b.pays(1, 30, "R-1"))
	a.at = newYear
	a.pays(1, 50, "R-2")
	a.moves(station.FundMove{Repay: &station.Payment{Tranche: 1, Fen: 40}})
	years, err := h.db.FundYears(t.Context(), theFund, newYear)
	require.NoError(t, err)
	require.Equal(t, []station.FundYear{
		{Year: 2026, Budget: 60, Paid: 50, Free: 10},
		{Year: 2027, Budget: 50, Reserved: 20, Paid: 30, Repaid: 40, Free: 40}, // what comes back can be given again
	}, years)
}

func TestFund_ThatWasNotLoadedIsWaitedFor(t *testing.T) {
	m := newHouse(t).opens()
	ch := m.change(station.Change{Fund: &station.FundMove{Fund: theFund, Reserve: m.reservation(1, 1)}})
	_, err := m.db.Record(t.Context(), ch)
	require.ErrorContains(t, err, "was not loaded")
	require.Empty(t, station.CodeOf(err))
	m.endows(1)
	_, err = m.db.Record(t.Context(), ch)
	require.NoError(t, err)
}

func TestFund_KeepsItsCurrencyAndABudgetThatCoversWhatIsGiven(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	h.opens().asks(60, 70)
	fund, err := h.db.FundByCode(t.Context(), theFund)
	require.NoError(t, err)
	fund.Budgets[0].Fen = 59
	refusedAs(t, h.db.Load(t.Context(), store.Seed{Funds: []station.Fund{fund}}), station.Conflict, "fund_overspent")
	fund.Budgets[0].Fen, fund.Currency = 60, "USD"
	require.Equal(t, station.Conflict, station.CodeOf(h.db.Load(t.Context(), store.Seed{Funds: []station.Fund{fund}})))
	require.Equal(t, station.FundYear{Year: 2026, Budget: 100, Reserved: 60, Free: 40}, h.year())
}

func TestAdjustment_NeedsTwoPeopleAndWakesWhoWaits(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	a := h.opens()
	require.True(t, a.asks(150, 70))
	proposal := station.Adjustment{
		ID: station.NewID(), Fund: theFund, Year: 2026, Fen: 50, Reason: "The city gives more.", ProposedBy: h.Treasurer.ID, ProposedAt: monday,
	}
	for range 2 {
		_, err := h.db.ProposeAdjustment(t.Context(), proposal)
		require.NoError(t, err)
	}
	other := proposal
	other.Fen = 51
	_, err := h.db.ProposeAdjustment(t.Context(), other)
	refusedAs(t, err, station.Invalid, "key_reused")
	open, err := h.db.AdjustmentsToApprove(t.Context(), theFund)
	require.NoError(t, err)
	require.Len(t, open, 1)

	_, _, err = h.db.ApproveAdjustment(t.Context(), theFund, proposal.ID, h.Treasurer.ID, monday)
	refusedAs(t, err, station.Forbidden, "needs_second_person")
	_, _, err = h.db.ApproveAdjustment(t.Context(), theFund, station.NewID(), h.Director.ID, monday)
	require.Equal(t, station.NotFound, station.CodeOf(err))
	_, wake, err := h.db.ApproveAdjustment(t.Context(), theFund, proposal.ID, h.Director.ID, monday)
	require.NoError(t, err)
	require.Equal(t, a.ID, wake[0].Case)
	again, wake, err := h.db.ApproveAdjustment(t.Context(), theFund, proposal.ID, h.Director.ID, monday.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, monday, again.ApprovedAt.UTC())
	require.Empty(t, wake)
	_, _, err = h.db.ApproveAdjustment(t.Context(), theFund, proposal.ID, h.Officer.ID, monday)
	refusedAs(t, err, station.Conflict, "adjustment_approved")
	require.Equal(t, []station.EntryKind{station.EntryAdjust, station.EntryReserve}, h.ledger())

	less := station.Adjustment{ID: station.NewID(), Fund: theFund, Year: 2026, Fen: -1, Reason: "Less.", ProposedBy: h.Treasurer.ID, ProposedAt: monday}
	_, err = h.db.ProposeAdjustment(t.Context(), less)
	require.NoError(t, err)
	_, _, err = h.db.ApproveAdjustment(t.Context(), theFund, less.ID, h.Director.ID, monday)
	refusedAs(t, err, station.Conflict, "fund_overspent")
	require.Equal(t, station.FundYear{Year: 2026, Budget: 100, Adjusted: 50, Reserved: 150}, h.year())
}

func TestReference_IsOfOnePayment(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	a, b, none := h.opens(), h.opens(), h.opens()
	a.asks(50, 70)
	b.asks(50, 70)
	confirms := func(m *matter, task, reference string) (station.Act, error) {
		return h.db.InsertAct(t.Context(), station.Act{
			ID: station.NewID(), Case: m.ID, Task: task, Kind: station.Confirm, Actor: h.Treasurer.ID, Body: station.Body{Reference: reference},
			At: monday, Status: station.Pending,
		})
	}
	first, err := confirms(a, a.task(station.StageTranches, 1), "R  1")
	require.NoError(t, err)
	_, err = confirms(a, a.task(station.StageTranches, 1), "R 1")
	require.NoError(t, err, "the same payment")
	_, err = confirms(b, b.task(station.StageTranches, 1), " R 1 ")
	var e *station.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []station.Field{{Path: "reference", Rule: "reference_used"}}, e.Fields)
	var kept int
	h.reads(`SELECT count(*) FROM acts WHERE case_id = $1`, []any{b.ID}, &kept)
	require.Zero(t, kept, "what is wrong in form is not kept")
	_, err = confirms(none, none.task(station.StageTranches, 1), "R 1")
	require.NoError(t, err, "a case without an award pays nothing")

	h.runs(`UPDATE acts SET status = 'refused', settled_at = now() WHERE case_id = $1`, a.ID)
	require.Equal(t, station.Pending, first.Status)
	_, err = confirms(b, b.task(station.StageTranches, 1), "R 1")
	require.NoError(t, err, "the act that had it was refused")
}

func TestReference_OfAPaymentThatWasToldTwiceIsStillTaken(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	a, b := h.opens(), h.opens()
	a.asks(50, 70)
	b.asks(50, 70)
	first := a.does(a.Treasurer, station.Confirm, a.task(station.StageTranches, 1), station.Body{Verdict: station.Confirmed, Reference: "R-1"})
	twice := a.does(a.Treasurer, station.Confirm, a.task(station.StageTranches, 1), station.Body{Verdict: station.Confirmed, Reference: "R-1"})
	a.records(station.Change{
		Actor: first.Actor, Act: first.ID, Standing: station.Standing{Stage: station.StageTranches}, Settle: []station.Settlement{{Act: first.ID, Status: station.Recorded}},
		Fund: &station.FundMove{Fund: theFund, Pay: &station.Payment{Tranche: 1, Fen: 50}},
	})
	a.records(station.Change{Standing: station.Standing{Stage: station.StageTranches}, Settle: []station.Settlement{{Act: twice.ID, Status: station.ActRefused}}})
	_, err := h.db.InsertAct(t.Context(), station.Act{
		ID: station.NewID(), Case: b.ID, Task: b.task(station.StageTranches, 1), Kind: station.Confirm, Actor: h.Treasurer.ID,
		Body: station.Body{Reference: "R-1"}, At: monday, Status: station.Pending,
	})
	require.Equal(t, station.Invalid, station.CodeOf(err))
}

func TestFund_OfManyAtOnceGivesToAsManyAsItCarries(t *testing.T) {
	h := newHouse(t)
	h.endows(37*100 + 99)
	changes := make([]station.Change, 200)
	for i := range changes {
		m := h.opens()
		changes[i] = m.change(station.Change{Fund: &station.FundMove{Fund: theFund, Reserve: m.reservation(100, float64(i%7))}})
	}
	ctx, stop := contextOf(t, time.Minute)
	defer stop()
	var mu sync.Mutex
	var group sync.WaitGroup
	got := 0
	for _, ch := range changes {
		group.Go(func() {
			written, err := h.db.Record(ctx, ch)
			mu.Lock()
			defer mu.Unlock()
			for _, w := range written {
				if !w.Fund.Waiting {
					got++
				}
				got += len(w.Wake)
			}
			assert.NoError(t, err)
		})
	}
	group.Wait()
	require.Equal(t, 37, got)
	require.Len(t, h.ledger(), 37)
	require.Equal(t, station.FundYear{Year: 2026, Budget: 3799, Reserved: 3700, Free: 99, Waiting: 163 * 100}, h.year())
}

// Cases record, end and act while others' money makes the fund write to them.
func TestFund_ManyCasesAtOnceDoNotWaitForEachOtherInACircle(t *testing.T) {
	h := newHouse(t)
	h.endows(300)
	cases := make([]*matter, 40)
	for i := range cases {
		cases[i] = h.opens()
	}
	ctx, stop := contextOf(t, time.Minute)
	defer stop()
	var group sync.WaitGroup
	for i, m := range cases {
		var script []station.Change
		for round := range 4 {
			script = append(script,
				m.change(station.Change{Event: station.EventAsked, Fund: &station.FundMove{Fund: theFund, Reserve: m.reservation(100, float64((i*7+round)%10))}}),
				m.change(station.Change{Event: station.EventChecked, Open: []station.TaskSpec{officerChecks(m, 1+round)}}),
				m.change(station.Change{Fund: &station.FundMove{Fund: theFund, Release: true}}),
			)
		}
		script = append(script, m.change(station.Change{
			Fund: &station.FundMove{Fund: theFund, Reserve: m.reservation(100, 5)},
			End:  &station.Ending{}, Standing: station.Standing{Stage: station.StageEnded, Status: station.Declined},
		}))
		group.Go(func() {
			for _, ch := range script {
				_, err := h.db.Record(ctx, ch)
				assert.NoError(t, err)
			}
		})
		group.Go(func() {
			for n := range 4 {
				_, err := h.db.InsertAct(ctx, station.Act{
					ID: station.NewID(), Case: m.ID, Task: m.task(station.StageTranches, 1), Kind: station.Confirm, Actor: h.Treasurer.ID,
					Body: station.Body{Reference: string(rune('A' + (i+n)%26))}, At: monday, Status: station.Pending,
				})
				if station.CodeOf(err) != station.Invalid { // the reference of another
					assert.NoError(t, err)
				}
			}
		})
	}
	for range 20 {
		group.Go(func() {
			_, err := h.db.ServeFunds(ctx, monday)
			assert.NoError(t, err)
		})
	}
	group.Wait()
	require.Equal(t, station.FundYear{Year: 2026, Budget: 300, Free: 300}, h.year())
	var pending int
	h.reads(`SELECT count(*) FROM acts WHERE status = 'pending'`, nil, &pending)
	require.Zero(t, pending, "a case that has ended has settled what it was told")
	require.Empty(t, h.audit())
}
