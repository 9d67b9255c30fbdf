package step

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Reserving asks a fund for an award.
type Reserving struct {
	Fund  string
	Fen   int64
	Score float64      // by which cases wait, if they must
	Wait  station.Wait // how long at most
	// Waiting tell that the fund cannot carry it now.
	Waiting []station.NoticeSpec
}

// Reserve has a fund reserve an award. If the fund cannot carry it now, the case
// waits until it can; or until the wait is over, which is false. What is reserved
// is released if the case is declined or does not end well.
func Reserve(ctx workflow.Context, c *Case, q Reserving) (bool, error) {
	c.Enter(station.StageFunds)
	c.undoReservation(q.Fund)
	spec := station.TaskSpec{ID: c.TaskID(station.StageFunds), Kind: station.TaskFunds, Party: station.TheFund, Wait: q.Wait, Details: station.Details{"fen": q.Fen}}
	ask := station.Reservation{Fen: q.Fen, Score: q.Score, Task: spec.ID}
	// the task is opened together with the asking: money can be found for the
	// case from that moment on
	tasks, err := c.Open(ctx, station.Change{
		Event: station.EventFundsAsked, Task: spec.ID, Details: station.Details{"fen": q.Fen}, Fund: &station.FundMove{Fund: q.Fund, Reserve: &ask},
	}, spec)
	if err != nil {
		return false, err
	}
	reserved := station.Change{Event: station.EventReserved, Task: spec.ID, Details: station.Details{"fen": q.Fen}, Close: done(tasks[0])}
	return once(c, "reserve", func() (bool, error) {
		if !c.award.Waiting {
			c.put(ctx, reserved)
			return true, nil
		}
		told := about(q.Waiting, spec.ID, "")
		for i := range told { // each time that it waits
			told[i].Occasion = occasionOf(spec.ID) + told[i].Occasion
		}
		c.put(ctx, station.Change{Notices: told})
		act, err := c.inTime(ctx, tasks[0])
		if act == nil || err != nil {
			return false, err
		}
		c.Settle(ctx, *act, reserved)
		return true, nil
	})
}

// reservation is what is undone, as the history names it.
const reservation = "reservation"

func (c *Case) undoReservation(fund string) {
	c.Undo(reservation, func(ctx workflow.Context) error {
		c.put(ctx, station.Change{Fund: &station.FundMove{Fund: fund, Release: true}}) // undone tells of it
		return nil
	})
}

// Claim has a fund reserve an amount if it can carry it now: the case does not
// wait. It returns what is reserved: the amount or, if the fund cannot carry it, the
// part of it that was reserved before. What is reserved is released if the case does
// not end well.
func Claim(ctx workflow.Context, c *Case, fund string, fen int64) (int64, error) {
	if !slices.ContainsFunc(c.undo, func(u undoing) bool { return u.what == reservation }) {
		c.undoReservation(fund)
	}
	return once(c, "claim", func() (int64, error) {
		had := min(c.award.Reserved, fen)
		details := station.Details{"fen": fen}
		if _, err := c.record(ctx, station.Change{Event: station.EventFundsAsked, Details: details, Fund: &station.FundMove{Fund: fund, Reserve: &station.Reservation{Fen: fen}}}); err != nil {
			return 0, err
		}
		if !c.award.Waiting {
			c.put(ctx, station.Change{Event: station.EventReserved, Details: details})
			return fen, nil
		}
		back := &station.FundMove{Fund: fund, Release: had == 0}
		if had > 0 {
			back.Reserve = &station.Reservation{Fen: had}
		}
		c.put(ctx, station.Change{Event: station.EventNoMatch, Details: station.Details{"fen": fen - had}, Fund: back})
		return had, nil
	})
}

// Release gives back what a fund has reserved for a case and not paid.
func Release(ctx workflow.Context, c *Case, fund string) error {
	return c.Note(ctx, station.Change{Fund: &station.FundMove{Fund: fund, Release: true}})
}

// Paying is a payment that a treasurer makes and confirms, or money that is to
// come back.
type Paying struct {
	Fund    string
	Tranche int
	Fen     int64
	Task    station.TaskSpec // without ID and kind
	Exclude []string         // who must not confirm it: they ordered it
	Notices []station.NoticeSpec
}

// Pay orders a payment and has a treasurer confirm it with the bank's reference,
// or reject it with a reason: then, or if nobody acts, there is no confirmation.
// A withdrawal waits until that is settled: money that has left the bank is in
// the ledger, whatever becomes of the case.
func Pay(ctx workflow.Context, c *Case, q Paying) (Decision, error) {
	if ctx.Err() != nil { // it is not begun any more
		return Decision{}, ctx.Err()
	}
	return withUncut(ctx, c, func(ctx workflow.Context) (Decision, error) {
		return c.transfer(ctx, q, transfer{
			kind: station.TaskPayment, asked: station.EventOrdered, done: station.EventPaid, refused: station.EventRejected,
			move: &station.FundMove{Fund: q.Fund, Pay: &station.Payment{Tranche: q.Tranche, Fen: q.Fen}},
		}, nil)
	})
}

// Repay asks for money back, and has a treasurer confirm that it came. What is
// reserved for the award is released together with the asking. Asked tell of it.
func Repay(ctx workflow.Context, c *Case, q Paying, asked []station.NoticeSpec) (Decision, error) {
	return c.transfer(ctx, q, transfer{
		kind: station.TaskRepayment, asked: station.EventRepayAsked, done: station.EventRepaid, refused: station.EventUnanswered,
		move:  &station.FundMove{Fund: q.Fund, Repay: &station.Payment{Tranche: q.Tranche, Fen: q.Fen}},
		first: &station.FundMove{Fund: q.Fund, Release: true},
	}, asked)
}

// transfer is how money goes, or comes back.
type transfer struct {
	kind                 station.TaskKind
	asked, done, refused station.EventKind
	first, move          *station.FundMove
}

func (c *Case) transfer(ctx workflow.Context, q Paying, how transfer, asked []station.NoticeSpec) (Decision, error) {
	spec := q.Task
	spec.ID, spec.Kind, spec.Role = c.TaskID(c.standing.Stage), how.kind, station.RoleTreasurer
	details := station.Details{"tranche": q.Tranche, "fen": q.Fen}
	spec.Details = details
	tasks, err := c.Open(ctx, station.Change{
		Event: how.asked, Task: spec.ID, Details: details, Fund: how.first, Notices: about(asked, spec.ID, ""),
	}, spec)
	if err != nil {
		return Decision{}, err
	}
	return once(c, "transfer", func() (Decision, error) {
		t := tasks[0]
		act, err := c.inTime(ctx, t, q.Exclude...)
		switch {
		case act == nil || err != nil:
			return Decision{}, err
		case act.Kind != station.Confirm:
			c.Settle(ctx, *act, station.Change{Event: how.refused, Details: details, Close: done(t)})
			return decisionOf(*act), nil
		}
		c.Settle(ctx, *act, station.Change{Event: how.done, Details: details, Fund: how.move, Close: done(t), Notices: about(q.Notices, t.Spec.ID, "")})
		return Decision{Verdict: station.Confirmed, Actor: act.Actor, Act: act.ID}, nil
	})
}
