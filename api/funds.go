package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Money is an amount of a currency.
type Money struct {
	Fen      int64  `json:"fen" doc:"A whole number of fen (1/100 yuan)." example:"1000000"`
	Currency string `json:"currency" doc:"By ISO 4217." example:"CNY"`
}

// Fund is money set aside for a purpose.
type Fund struct {
	Code     string `json:"code" example:"hz-startup"`
	Branch   string `json:"branch" doc:"Whose fund it is." example:"HZ"`
	Name     string `json:"name" example:"Student start-up fund"`
	Currency string `json:"currency" example:"CNY"`
}

// FundDetail is a fund, how it stands, and a page of its ledger.
type FundDetail struct {
	Fund
	Years       []FundYear      `json:"years" doc:"How it stands in each year that has a budget."`
	Adjustments []Adjustment    `json:"adjustments" doc:"What was proposed and waits for a second person."`
	Entries     List[FundEntry] `json:"entries" doc:"A page of its ledger, the newest first."`
}

// FundYear is how a fund stands in a year.
type FundYear struct {
	Year     int   `json:"year" example:"2026"`
	Budget   Money `json:"budget"`
	Adjusted Money `json:"adjusted" doc:"Added to the budget by two people, or taken from it."`
	Reserved Money `json:"reserved" doc:"Claimed by awards, and not paid yet."`
	Paid     Money `json:"paid"`
	Repaid   Money `json:"repaid" doc:"Came back in this year."`
	Free     Money `json:"free" doc:"Budget, adjusted and repaid, less reserved and paid."`
	Waiting  Money `json:"waiting" doc:"What cases lack that the fund cannot carry now."`
}

// FundEntry is a line of a fund's ledger; it is never changed.
type FundEntry struct {
	ID        string    `json:"id"`
	Seq       int64     `json:"seq" doc:"Its place in the ledger, from 1." example:"42"`
	Year      int       `json:"year" doc:"Of which year's money." example:"2026"`
	Kind      string    `json:"kind" doc:"What it did: reserve, release, pay, repay or adjust." example:"pay"`
	KindText  string    `json:"kindText" example:"Paid"`
	Amount    Money     `json:"amount" doc:"Negative only for an adjustment downwards."`
	Case      string    `json:"case,omitempty" doc:"Whose award it is about; of an adjustment nobody's."`
	Number    string    `json:"number,omitempty" doc:"The case's number." example:"HZ-GRANT-2026-000123"`
	Tranche   int       `json:"tranche,omitempty" doc:"Of a payment or repayment." example:"1"`
	Actor     string    `json:"actor,omitempty" doc:"The account that did it; absent: the station itself."`
	Second    string    `json:"second,omitempty" doc:"Of an adjustment: the account that approved it."`
	Reference string    `json:"reference,omitempty" doc:"The bank's."`
	At        time.Time `json:"at"`
}

// Adjustment changes what a fund can spend in a year, once a second person has
// approved it.
type Adjustment struct {
	ID         string     `json:"id"`
	Fund       string     `json:"fund" example:"hz-startup"`
	Year       int        `json:"year" example:"2026"`
	Amount     Money      `json:"amount" doc:"Negative: less."`
	Reason     string     `json:"reason"`
	ProposedBy string     `json:"proposedBy" doc:"An account."`
	ProposedAt time.Time  `json:"proposedAt"`
	ApprovedBy string     `json:"approvedBy,omitempty" doc:"Another account; absent: nobody yet."`
	ApprovedAt *time.Time `json:"approvedAt,omitempty"`
}

// OnFund is a request about one fund.
type OnFund struct {
	Code string `path:"code" doc:"The fund's code." example:"hz-startup"`
}

type fundInput struct {
	OnFund
	Paging
}

type adjustmentInput struct {
	OnFund
	Keyed
	Body struct {
		Year   int    `json:"year" doc:"A year for which the fund has a budget." example:"2026"`
		Fen    int64  `json:"fen" doc:"By how much, in fen of the fund's currency; negative: less." example:"50000000"`
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why; both people answer for it."`
	}
}

type approvalInput struct {
	OnFund
	ID string `path:"id" doc:"The adjustment's ID."`
}

func (e *edge) registerFunds(api huma.API) {
	huma.Register(api, read("list-funds", "/v1/funds", tagFunds, "List funds",
		"The funds that the reader may see: those of their branch, and of its districts if it is a city's. For officers, directors and treasurers.",
		http.StatusForbidden), e.listFunds)
	huma.Register(api, read("get-fund", "/v1/funds/{code}", tagFunds, "Look at a fund",
		"How a fund stands in each year, and its ledger by pages: entries.next is the cursor of the next.", http.StatusNotFound), e.getFund)
	e.registerFundExport(api)
	propose := withBody(read("propose-adjustment", "/v1/funds/{code}/adjustments", tagFunds, "Propose an adjustment",
		"Proposes to change what a fund can spend in a year. Nothing changes until a second person approves it. For directors and treasurers.",
		http.StatusForbidden, http.StatusNotFound))
	propose.Method, propose.DefaultStatus = http.MethodPost, http.StatusCreated
	huma.Register(api, propose, e.proposeAdjustment)
	approve := read("approve-adjustment", "/v1/funds/{code}/adjustments/{id}/approval", tagFunds, "Approve an adjustment",
		"Does what another person proposed; approving twice is once. Cases that wait for money are served at once.",
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
	approve.Method = http.MethodPost
	huma.Register(api, approve, e.approveAdjustment)
}

func (e *edge) listFunds(ctx context.Context, _ *struct{}) (*answer[List[Fund]], error) {
	all, err := e.svc.Funds(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(station.Page[station.Fund]{Items: all}, func(f station.Fund) Fund { return fundOf(l, f) }), nil
}

func (e *edge) getFund(ctx context.Context, in *fundInput) (*answer[FundDetail], error) {
	who, l := actorOf(ctx), languageOf(ctx)
	v, err := e.svc.Fund(ctx, who, in.Code)
	if err != nil {
		return nil, err
	}
	entries, err := e.svc.FundEntries(ctx, who, in.Code, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	currency := v.Fund.Currency
	d := FundDetail{
		Fund: fundOf(l, v.Fund), Years: make([]FundYear, len(v.Years)), Adjustments: make([]Adjustment, len(v.Proposed)),
		Entries: page(entries, func(x station.FundEntry) FundEntry { return entryOf(l, currency, x) }).Body,
	}
	for i, y := range v.Years {
		d.Years[i] = yearOf(currency, y)
	}
	for i, a := range v.Proposed {
		d.Adjustments[i] = adjustmentOf(currency, a)
	}
	return answered(d), nil
}

func (e *edge) proposeAdjustment(ctx context.Context, in *adjustmentInput) (*answer[Adjustment], error) {
	a, err := e.svc.ProposeAdjustment(ctx, actorOf(ctx), in.Code, in.Key, station.Adjustment{
		Year: in.Body.Year, Fen: in.Body.Fen, Reason: in.Body.Reason,
	})
	return e.adjusted(ctx, a, err)
}

func (e *edge) approveAdjustment(ctx context.Context, in *approvalInput) (*answer[Adjustment], error) {
	a, err := e.svc.ApproveAdjustment(ctx, actorOf(ctx), in.Code, in.ID)
	return e.adjusted(ctx, a, err)
}

// adjusted answers with an adjustment in its fund's currency.
func (e *edge) adjusted(ctx context.Context, a station.Adjustment, err error) (*answer[Adjustment], error) {
	if err != nil {
		return nil, err
	}
	v, err := e.svc.Fund(ctx, actorOf(ctx), a.Fund)
	if err != nil {
		return nil, err
	}
	return answered(adjustmentOf(v.Fund.Currency, a)), nil
}

func fundOf(l station.Language, f station.Fund) Fund {
	return Fund{Code: f.Code, Branch: f.Branch, Name: f.Name.In(l), Currency: f.Currency}
}

func yearOf(currency string, y station.FundYear) FundYear {
	of := func(fen int64) Money { return Money{Fen: fen, Currency: currency} }
	return FundYear{
		Year: y.Year, Budget: of(y.Budget), Adjusted: of(y.Adjusted), Reserved: of(y.Reserved),
		Paid: of(y.Paid), Repaid: of(y.Repaid), Free: of(y.Free), Waiting: of(y.Waiting),
	}
}

func entryOf(l station.Language, currency string, e station.FundEntry) FundEntry {
	return FundEntry{
		ID: e.ID, Seq: e.Seq, Year: e.Year, Kind: string(e.Kind), KindText: locale.T(l, "entry."+string(e.Kind)), Amount: Money{e.Fen, currency},
		Case: e.Case, Number: e.Number, Tranche: e.Tranche, Actor: e.Actor, Second: e.Second, Reference: e.Reference, At: e.At.UTC(),
	}
}

func adjustmentOf(currency string, a station.Adjustment) Adjustment {
	return Adjustment{
		ID: a.ID, Fund: a.Fund, Year: a.Year, Amount: Money{a.Fen, currency}, Reason: a.Reason,
		ProposedBy: a.ProposedBy, ProposedAt: a.ProposedAt.UTC(), ApprovedBy: a.ApprovedBy, ApprovedAt: utc(a.ApprovedAt),
	}
}
