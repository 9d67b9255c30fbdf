package station

import (
	"fmt"
	"slices"
	"time"
)

// Fund is money set aside for a purpose. What it can spend in a year is its
// budget, adjusted, and what was paid back.
type Fund struct {
	Code     string       `json:"code"`
	Branch   string       `json:"branch"`
	Name     Text         `json:"name"`
	Currency string       `json:"currency"`
	Budgets  []FundBudget `json:"budgets"`
}

// FundBudget is what a fund was given for a calendar year.
type FundBudget struct {
	Year int   `json:"year"`
	Fen  int64 `json:"fen"`
}

// Check reports what is wrong with a fund that is to be loaded.
func (fd Fund) Check() error {
	var f fields
	f.add(fd.Code == "", "code", "required")
	f.add(fd.Branch == "", "branch", "required")
	f.add(fd.Name.Zh == "" || fd.Name.En == "", "name", "both_languages")
	f.add(len(fd.Currency) != 3, "currency", "currency")
	for _, b := range fd.Budgets {
		f.add(b.Year < 2000 || b.Year > 2200, "budgets/year", "between_2000_and_2200")
		f.add(b.Fen < 0, "budgets/fen", "at_least_0")
	}
	return f.err()
}

// FundYear is how a fund stands in a year, in fen.
// Free = Budget + Adjusted + Repaid - Reserved - Paid, and is never negative.
type FundYear struct {
	Year     int
	Budget   int64
	Adjusted int64
	Reserved int64 // claimed by awards and not paid yet
	Paid     int64
	Repaid   int64
	Free     int64
	Waiting  int64 // what cases lack that the fund cannot carry now
}

// EntryKind is what a line of a fund's ledger did.
type EntryKind string

// The kinds of entry.
const (
	EntryReserve EntryKind = "reserve"
	EntryRelease EntryKind = "release"
	EntryPay     EntryKind = "pay"
	EntryRepay   EntryKind = "repay"
	EntryAdjust  EntryKind = "adjust"
)

// FundEntry is a line of a fund's ledger; it is never changed. Fen is positive,
// but for an adjustment downwards.
type FundEntry struct {
	ID        string
	Fund      string
	Year      int
	Seq       int64 // within the fund
	Kind      EntryKind
	Fen       int64
	Case      string // "" for an adjustment
	Number    string // the case's
	Tranche   int    // of a payment or repayment, from 1; 0: of the whole award, or of none
	Actor     string // an account's ID; "" for the station itself
	Second    string // who approved an adjustment
	Reference string // the bank's
	At        time.Time
}

// FundMove moves an award's money, in the transaction that tells of it. Each
// part strives for a state, so that doing it again, or again after an operator's
// reset, moves nothing twice: an award that is reserved is not reserved again, a
// tranche that is paid stays paid, one that was repaid is not repaid again. Of
// several parts, Reserve is done first and Release last.
type FundMove struct {
	Fund    string       `json:"fund"`
	Reserve *Reservation `json:"reserve,omitempty"`
	Pay     *Payment     `json:"pay,omitempty"`
	Repay   *Payment     `json:"repay,omitempty"`
	Release bool         `json:"release,omitempty"` // what is reserved and not paid; the case no longer waits for more
}

// Reservation asks a fund for an award's amount. If the fund cannot carry it now,
// or a better case waits, the case waits: by score, the highest first, then by
// when it asked. As soon as the fund can carry it, the money is reserved and the
// case gets a Found act on Task.
type Reservation struct {
	Fen   int64   `json:"fen"`
	Score float64 `json:"score"`
	Task  string  `json:"task"`
}

// Payment is one payment of an award, or money that came back: once for each
// tranche, of which 0 is the whole award. The bank's reference is in the act that
// brought the change about.
type Payment struct {
	Tranche int   `json:"tranche"`
	Fen     int64 `json:"fen"`
}

// AwardState is how an award stands with its fund, in fen.
type AwardState struct {
	Reserved int64 `json:"reserved"` // and not paid
	Paid     int64 `json:"paid"`
	Repaid   int64 `json:"repaid"`
	Waiting  bool  `json:"waiting,omitempty"`
}

// Adjustment changes what a fund can spend in a year. One person proposes it,
// another approves it.
type Adjustment struct {
	ID         string
	Fund       string
	Year       int
	Fen        int64 // negative: less
	Reason     string
	ProposedBy string
	ProposedAt time.Time
	ApprovedBy string
	ApprovedAt *time.Time
}

// mostAdjusted is the most by which a fund is adjusted at once, in fen: it and
// the sums of many stay far from where numbers end.
const mostAdjusted = 1_000_000_000_000_000

func (a Adjustment) check(fd Fund) error {
	var f fields
	f.add(!slices.ContainsFunc(fd.Budgets, func(b FundBudget) bool { return b.Year == a.Year }), "year", "unknown_year")
	f.add(a.Fen == 0, "fen", "not_zero")
	f.add(a.Fen > mostAdjusted, "fen", fmt.Sprintf("at_most_%d", int64(mostAdjusted)))
	f.add(a.Fen < -mostAdjusted, "fen", fmt.Sprintf("at_least_%d", -int64(mostAdjusted)))
	f.words(a.Reason, "reason", 1, 2000)
	return f.err()
}
