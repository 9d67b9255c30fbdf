package store_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wutong/station"
	"wutong/store"
)

// aFund is a fund as simple as it can be thought: what the database must agree
// with, whatever is done to it and in whatever order.
type aFund struct {
	budget, adjusted int64
	awards           map[string]*anAward
	queue            []waiting
	asked            int // how often was asked
}

type anAward struct {
	reserved     int64
	paid, repaid map[int]int64
}

type waiting struct {
	id    string
	fen   int64
	score float64
	asked int
}

func sum(m map[int]int64) (all int64) {
	for _, n := range m {
		all += n
	}
	return all
}

func (a *anAward) has() int64 { return a.reserved + sum(a.paid) }

func (f *aFund) year() station.FundYear {
	y := station.FundYear{Year: 2026, Budget: f.budget, Adjusted: f.adjusted}
	for _, a := range f.awards {
		y.Reserved, y.Paid, y.Repaid = y.Reserved+a.reserved, y.Paid+sum(a.paid), y.Repaid+sum(a.repaid)
	}
	for _, w := range f.queue {
		y.Waiting += w.fen - f.awards[w.id].has()
	}
	y.Free = y.Budget + y.Adjusted + y.Repaid - y.Reserved - y.Paid
	return y
}

// serve gives to the first of the queue while it fits, and says to whom.
func (f *aFund) serve() []string {
	served := []string{}
	slices.SortFunc(f.queue, func(a, b waiting) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.asked, b.asked))
	})
	for len(f.queue) > 0 {
		head := f.queue[0]
		lacks := max(0, head.fen-f.awards[head.id].has())
		if lacks > f.year().Free {
			break
		}
		f.awards[head.id].reserved += lacks
		f.queue, served = f.queue[1:], append(served, head.id)
	}
	return served
}

func (f *aFund) waits(id string) bool {
	return slices.ContainsFunc(f.queue, func(w waiting) bool { return w.id == id })
}

func (f *aFund) leave(id string) {
	f.queue = slices.DeleteFunc(f.queue, func(w waiting) bool { return w.id == id })
}

func (f *aFund) reserve(id string, fen int64, score float64) {
	a := f.awards[id]
	switch i := slices.IndexFunc(f.queue, func(w waiting) bool { return w.id == id }); {
	case a.has() >= fen:
		f.leave(id)
		a.reserved -= min(a.has()-fen, a.reserved)
	case i >= 0:
		f.queue[i].fen, f.queue[i].score = fen, score
	default:
		f.asked++
		f.queue = append(f.queue, waiting{id, fen, score, f.asked})
	}
}

func (f *aFund) release(id string) {
	f.leave(id)
	f.awards[id].reserved = 0
}

// pay says whether it can be.
func (f *aFund) pay(id string, tranche int, fen int64) bool {
	a := f.awards[id]
	if a.paid[tranche] > 0 {
		return true
	}
	if fen > a.reserved+f.year().Free {
		return false
	}
	a.reserved = max(a.reserved-fen, 0)
	a.paid[tranche] = fen
	return true
}

// repay says whether it can be.
func (f *aFund) repay(id string, tranche int, fen int64) bool {
	a := f.awards[id]
	if a.repaid[tranche] > 0 {
		return true
	}
	if sum(a.repaid)+fen > sum(a.paid) {
		return false
	}
	a.repaid[tranche] = fen
	return true
}

func TestFund_AgreesWithASimpleModelWhateverIsDoneToIt(t *testing.T) {
	h := newHouse(t)
	rapid.Check(t, func(rt *rapid.T) {
		// the ledger of the round before stays: each has a fund and cases of its own
		code := station.NewID()
		model := &aFund{budget: rapid.Int64Range(0, 300).Draw(rt, "budget"), awards: map[string]*anAward{}}
		require.NoError(rt, h.db.Load(t.Context(), store.Seed{Funds: []station.Fund{{
			Code: code, Branch: "HZ", Name: station.Text{Zh: "基金", En: "Fund"}, Currency: station.CNY,
			Budgets: []station.FundBudget{{Year: 2026, Fen: model.budget}},
		}}}))
		cases := []*matter{h.opens(), h.opens(), h.opens(), h.opens()}
		for _, m := range cases {
			model.awards[m.ID] = &anAward{paid: map[int]int64{}, repaid: map[int]int64{}}
		}
		for i := range rapid.IntRange(1, 14).Draw(rt, "moves") {
			m := rapid.SampledFrom(cases).Draw(rt, "case")
			m.at = monday.Add(time.Duration(i) * time.Minute)
			fen := rapid.Int64Range(1, 200).Draw(rt, "fen")
			tranche := rapid.IntRange(1, 3).Draw(rt, "tranche")
			move, can := &station.FundMove{Fund: code}, true
			switch rapid.SampledFrom([]string{"reserve", "reserve", "release", "pay", "pay", "repay", "adjust"}).Draw(rt, "move") {
			case "reserve":
				score := float64(rapid.IntRange(0, 3).Draw(rt, "score"))
				move.Reserve = m.reservation(fen, score)
				model.reserve(m.ID, fen, score)
			case "release":
				move.Release = true
				model.release(m.ID)
			case "pay":
				move.Pay = &station.Payment{Tranche: tranche, Fen: fen}
				can = model.pay(m.ID, tranche, fen)
			case "repay":
				move.Repay = &station.Payment{Tranche: tranche, Fen: fen}
				can = model.repay(m.ID, tranche, fen)
			case "adjust":
				h.adjusts(rt, model, code, fen-100)
				continue
			}
			ch := m.change(station.Change{Fund: move})
			w, err := h.db.Record(t.Context(), ch)
			if !can {
				require.Error(rt, err)
				m.seq--
				continue
			}
			require.NoError(rt, err)
			served := model.serve()
			if move.Reserve != nil { // its own case is told by the answer
				served = slices.DeleteFunc(served, func(id string) bool { return id == m.ID })
			}
			a := model.awards[m.ID]
			require.Equal(rt, station.AwardState{
				Reserved: a.reserved, Paid: sum(a.paid), Repaid: sum(a.repaid), Waiting: model.waits(m.ID),
			}, *w[0].Fund)
			require.Equal(rt, served, woken(w[0]))
			h.agrees(rt, model, code)
		}
	})
}

// adjusts has two people adjust a fund; it is refused where the model says so.
func (h *house) adjusts(rt *rapid.T, model *aFund, code string, fen int64) {
	if fen == 0 {
		return
	}
	a := station.Adjustment{ID: station.NewID(), Fund: code, Year: 2026, Fen: fen, Reason: "x", ProposedBy: h.Treasurer.ID, ProposedAt: monday}
	_, err := h.db.ProposeAdjustment(h.t.Context(), a)
	require.NoError(rt, err)
	_, wake, err := h.db.ApproveAdjustment(h.t.Context(), code, a.ID, h.Director.ID, monday)
	if model.year().Free+fen < 0 {
		require.Equal(rt, station.Conflict, station.CodeOf(err))
		return
	}
	require.NoError(rt, err)
	model.adjusted += fen
	require.Equal(rt, model.serve(), woken(station.Written{Wake: wake}))
	h.agrees(rt, model, code)
}

// agrees compares a fund with its model, and the sums with the ledger.
func (h *house) agrees(rt *rapid.T, model *aFund, code string) {
	years, err := h.db.FundYears(h.t.Context(), code, monday)
	require.NoError(rt, err)
	require.Equal(rt, []station.FundYear{model.year()}, years)
	entries, err := h.db.FundLedger(h.t.Context(), code, 0, 1000)
	require.NoError(rt, err)
	sums := map[station.EntryKind]int64{}
	for _, e := range entries {
		sums[e.Kind] += e.Fen
	}
	y := years[0]
	want := map[station.EntryKind]int64{
		station.EntryReserve: sums[station.EntryReserve], station.EntryRelease: sums[station.EntryRelease],
		station.EntryPay: y.Paid, station.EntryRepay: y.Repaid, station.EntryAdjust: y.Adjusted,
	}
	maps.DeleteFunc(want, func(k station.EntryKind, _ int64) bool { _, there := sums[k]; return !there })
	require.Equal(rt, want, sums)
	require.Equal(rt, y.Reserved, sums[station.EntryReserve]-sums[station.EntryRelease]-sums[station.EntryPay])
}
