package store_test

import (
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// Whoever has the database and psql can do no more than the ledger allows.
func TestFund_TheDatabaseAloneRefusesWhatMayNotBe(t *testing.T) {
	h := newHouse(t)
	h.endows(1000)
	m, other := h.opens(), h.opens()
	m.asks(600, 70)
	m.pays(1, 300, "R-1")
	require.False(t, other.asks(100, 70))
	h.runs(`INSERT INTO fund_years (fund, year, budget) VALUES ('startup', 2027, 500)`)
	before, entries := h.year(), h.ledger()

	const entry = `INSERT INTO fund_entries (id, fund, year, kind, fen, case_id, tranche, actor, second, reference, at) VALUES (gen_random_uuid(), 'startup', `
	for name, x := range map[string]struct{ sql, constraint string }{
		"reserve more than there is":      {entry + `2026, 'reserve', 301, '` + other.ID + `', 0, '', '', '', now())`, "fund_not_overspent"},
		"pay a tranche twice":             {entry + `2026, 'pay', 100, '` + m.ID + `', 1, 'x', '', 'R-9', now())`, "tranche_paid_once"},
		"pay more than is reserved":       {entry + `2026, 'pay', 301, '` + m.ID + `', 2, 'x', '', 'R-9', now())`, "award_not_overpaid"},
		"pay what was never reserved":     {entry + `2026, 'pay', 1, '` + h.opens().ID + `', 1, 'x', '', 'R-9', now())`, "entry_is_of_an_award"},
		"pay from another year":           {entry + `2027, 'pay', 1, '` + m.ID + `', 2, 'x', '', 'R-9', now())`, "entry_is_of_an_award"},
		"use a reference twice":           {entry + `2026, 'pay', 100, '` + other.ID + `', 1, 'x', '', 'R-1', now())`, "bank_reference_used_once"},
		"release more than is reserved":   {entry + `2026, 'release', 301, '` + m.ID + `', 0, '', '', '', now())`, "award_not_overpaid"},
		"take back more than was paid":    {entry + `2026, 'repay', 301, '` + m.ID + `', 1, 'x', '', 'R-9', now())`, "award_repaid_at_most_what_was_paid"},
		"pay a negative amount":           {entry + `2026, 'pay', -1, '` + m.ID + `', 2, 'x', '', 'R-9', now())`, "entry_moves_money"},
		"reserve for nobody":              {entry + `2026, 'reserve', 1, NULL, 0, '', '', '', now())`, "entry_names_its_case"},
		"an unknown kind":                 {entry + `2026, 'gift', 1, '` + m.ID + `', 0, '', '', '', now())`, "entry_kind"},
		"reserve of a year without money": {entry + `2030, 'reserve', 1, '` + h.opens().ID + `', 0, '', '', '', now())`, "entry_of_a_year"},
		"adjust alone":                    {entry + `2026, 'adjust', 1, NULL, 0, 'x', '', '', now())`, "entry_adjusted_by_two_people"},
		"adjust with oneself":             {entry + `2026, 'adjust', 1, NULL, 0, 'x', 'x', '', now())`, "entry_adjusted_by_two_people"},
		"adjust below what is given":      {entry + `2026, 'adjust', -301, NULL, 0, 'x', 'y', '', now())`, "fund_not_overspent"},
		"approve one's own adjustment": {`INSERT INTO fund_adjustments (id, fund, year, fen, reason, proposed_by, proposed_at, approved_by, approved_at)
			VALUES (gen_random_uuid(), 'startup', 2026, 1, 'x', '` + h.Director.ID + `', now(), '` + h.Director.ID + `', now())`, "adjustment_needs_two_people"},
		"change an entry":            {`UPDATE fund_entries SET fen = 1 WHERE seq = 1`, "fund_entries_are_append_only"},
		"delete an entry":            {`DELETE FROM fund_entries WHERE seq = 1`, "fund_entries_are_append_only"},
		"empty the ledger":           {`TRUNCATE fund_entries`, "fund_entries_are_never_emptied"},
		"empty the years":            {`TRUNCATE fund_years CASCADE`, "awards_are_never_emptied"},
		"change what is reserved":    {`UPDATE fund_years SET reserved = 0`, "fund_balance_is_derived"},
		"change what was paid":       {`UPDATE fund_years SET paid = 0`, "fund_balance_is_derived"},
		"move a year":                {`UPDATE fund_years SET year = 2027`, "fund_balance_is_derived"},
		"begin with what was repaid": {`INSERT INTO fund_years (fund, year, budget, repaid) VALUES ('startup', 2028, 0, 1)`, "fund_begins_with_its_budget"},
		"cut the budget below":       {`UPDATE fund_years SET budget = 699`, "fund_not_overspent"},
		"a negative budget":          {`INSERT INTO fund_years (fund, year, budget) VALUES ('startup', 2028, -1)`, "fund_amounts_not_negative"},
		"change an award":            {`UPDATE awards SET paid = 0`, "awards_are_derived"},
		"make an award":              {`INSERT INTO awards (case_id, fund, year) VALUES ('` + h.opens().ID + `', 'startup', 2026)`, "awards_are_derived"},
		"delete an award":            {`DELETE FROM awards`, "awards_are_derived"},
		"empty the awards":           {`TRUNCATE awards`, "awards_are_never_emptied"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.db.ExecContext(t.Context(), x.sql)
			var e *pq.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, x.constraint, e.Constraint, e.Message)
		})
	}
	require.Equal(t, before, h.year())
	require.Equal(t, entries, h.ledger())
	h.runs(`UPDATE fund_years SET budget = 700`)

	// what ON CONFLICT leaves out has moved nothing
	h.runs(entry + `2026, 'pay', 100, '` + m.ID + `', 1, 'x', '', 'R-9', now()) ON CONFLICT DO NOTHING`)
	before.Budget, before.Free = 700, 0
	require.Equal(t, before, h.year())
}

func TestFund_ACaseThatHasMoneyOfAnotherFundIsRefused(t *testing.T) {
	h := newHouse(t)
	h.endows(100)
	fund, err := h.db.FundByCode(t.Context(), theFund)
	require.NoError(t, err)
	fund.Code = "other"
	require.NoError(t, h.db.Load(t.Context(), store.Seed{Funds: []station.Fund{fund}}))
	m := h.opens()
	m.asks(50, 70)
	_, err = h.db.Record(t.Context(), m.change(station.Change{Fund: &station.FundMove{Fund: "other", Reserve: m.reservation(60, 70)}}))
	require.ErrorContains(t, err, "entry_is_of_an_award")
	m.seq--
	m.releases()
	w := m.records(station.Change{Fund: &station.FundMove{Fund: "other", Reserve: m.reservation(60, 70)}})
	require.Equal(t, station.AwardState{Reserved: 60}, *w.Fund, "one that has nothing can go to another")
}
