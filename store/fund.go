package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// teller moves money of one fund. It holds the fund's row, so that one at a time
// does; whoever records a change holds its case's row before, and nobody who
// holds a fund waits for a case.
type teller struct {
	tx   *sqlx.Tx
	fund string
	year int // of which money is given now
	at   time.Time
	// asking is the case whose change asks for money: the change's answer tells
	// it what it got, so that it needs no act.
	asking string
	wake   []station.Wake
}

// openFund holds a fund until the end of the transaction. A fund that was not
// loaded is no mistake of who asks: it is asked again until it is there.
func openFund(ctx context.Context, tx *sqlx.Tx, code string, at time.Time) (*teller, error) {
	var there string
	err := tx.GetContext(ctx, &there, `SELECT code FROM funds WHERE code = $1 FOR NO KEY UPDATE`, code)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("fund %s was not loaded", code)
	} else if err != nil {
		return nil, fmt.Errorf("hold fund %s: %w", code, err)
	}
	return &teller{tx: tx, fund: code, year: at.In(station.ChinaTime).Year(), at: at}, nil
}

// moveFund moves an award's money. Each part strives for a state and does
// nothing where that is reached: after an operator's reset the new run sends the
// same moves again, under other sequences. What was released may be other cases'
// by then, so a payment that a new run confirms takes what it lacks from what is
// free.
func (r *recording) moveFund(ctx context.Context) error {
	m := r.ch.Fund
	if m == nil {
		return nil
	}
	t, err := openFund(ctx, r.tx, m.Fund, r.ch.At)
	if err != nil {
		return err
	}
	if m.Reserve != nil {
		t.asking = r.ch.Case
		if err := t.ask(ctx, r.ch.Case, *m.Reserve); err != nil {
			return err
		}
	}
	if m.Pay != nil {
		if err := t.pay(ctx, r.ch, *m.Pay); err != nil {
			return fmt.Errorf("pay tranche %d: %w", m.Pay.Tranche, err)
		}
	}
	if m.Repay != nil {
		if err := t.repay(ctx, r.ch, *m.Repay); err != nil {
			return fmt.Errorf("take back tranche %d: %w", m.Repay.Tranche, err)
		}
	}
	if m.Release {
		if err := t.release(ctx, r.ch.Case, r.ch.Actor); err != nil {
			return err
		}
	}
	if err := t.serve(ctx); err != nil {
		return err
	}
	r.written.Wake = append(r.written.Wake, t.wake...)
	a, err := t.award(ctx, r.ch.Case)
	r.written.Fund = &a.AwardState
	return err
}

// award is how a case stands with the fund. Free is what the fund could still
// give it, of the year in which it has what is reserved or else of this one.
type award struct {
	station.AwardState
	Year int
	Free int64
}

func (t *teller) award(ctx context.Context, caseID string) (award, error) {
	var a award
	err := t.tx.QueryRowxContext(ctx, `
		SELECT coalesce(a.reserved, 0), coalesce(a.paid, 0), coalesce(a.repaid, 0), q.case_id IS NOT NULL, at.year, `+free+`
		FROM (VALUES ($1::uuid)) AS c (id)
		LEFT JOIN awards a ON a.case_id = c.id
		LEFT JOIN fund_queue q ON q.case_id = c.id AND q.left_at IS NULL
		CROSS JOIN LATERAL (SELECT CASE WHEN a.reserved > 0 THEN a.year ELSE $3::int END AS year) at
		LEFT JOIN fund_years y ON y.fund = $2 AND y.year = at.year`, caseID, t.fund, t.year).
		Scan(&a.Reserved, &a.Paid, &a.Repaid, &a.Waiting, &a.Year, &a.Free)
	if err != nil {
		return a, fmt.Errorf("read the award of case %s: %w", caseID, err)
	}
	return a, nil
}

// free is what is free of a year y; nothing of one that has no budget.
const free = `coalesce(y.budget + y.adjusted + y.repaid - y.reserved - y.paid, 0)`

// enter writes a line of the ledger; the database does the sums.
func (t *teller) enter(ctx context.Context, e station.FundEntry) error {
	if e.ID == "" {
		e.ID = station.NewID()
	}
	_, err := t.tx.ExecContext(ctx, `
		INSERT INTO fund_entries (id, fund, year, kind, fen, case_id, tranche, actor, second, reference, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.ID, t.fund, e.Year, e.Kind, e.Fen, nullable(e.Case), e.Tranche, e.Actor, e.Second, e.Reference, t.at)
	if err != nil {
		return fmt.Errorf("enter a %s in the ledger of %s: %w", e.Kind, t.fund, err)
	}
	return nil
}

// pay pays a tranche that was not paid.
func (t *teller) pay(ctx context.Context, ch station.Change, p station.Payment) error {
	if done, err := t.entered(ctx, ch.Case, station.EntryPay, p.Tranche); done || err != nil {
		return err
	}
	a, err := t.award(ctx, ch.Case)
	if err != nil {
		return err
	}
	if lacks := p.Fen - a.Reserved; lacks > a.Free {
		// the money has left the bank: the case waits until people have adjusted
		// the fund
		return fmt.Errorf("fund %s lacks %d fen for what was paid", t.fund, lacks-a.Free)
	} else if lacks > 0 {
		if err := t.enter(ctx, station.FundEntry{Kind: station.EntryReserve, Year: a.Year, Fen: lacks, Case: ch.Case}); err != nil {
			return err
		}
	}
	return t.transfer(ctx, ch, station.EntryPay, a.Year, p)
}

// repay takes in money that was not taken in. It is of the year in which it
// comes, for there it can be given again; or of the award's, if this one has no
// budget.
func (t *teller) repay(ctx context.Context, ch station.Change, p station.Payment) error {
	if done, err := t.entered(ctx, ch.Case, station.EntryRepay, p.Tranche); done || err != nil {
		return err
	}
	var year int
	err := t.tx.GetContext(ctx, &year, `
		SELECT year FROM fund_years WHERE fund = $1 AND (year = $2 OR year = (SELECT year FROM awards WHERE case_id = $3))
		ORDER BY year = $2 DESC LIMIT 1`, t.fund, t.year, ch.Case)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("nothing was paid to case %s", ch.Case)
	} else if err != nil {
		return err
	}
	return t.transfer(ctx, ch, station.EntryRepay, year, p)
}

func (t *teller) entered(ctx context.Context, caseID string, kind station.EntryKind, tranche int) (bool, error) {
	var there bool
	err := t.tx.GetContext(ctx, &there, `
		SELECT EXISTS (SELECT FROM fund_entries WHERE case_id = $1 AND kind = $2 AND tranche = $3)`, caseID, kind, tranche)
	return there, err
}

// transfer enters what went through the bank, with the reference in the act that
// confirmed it.
func (t *teller) transfer(ctx context.Context, ch station.Change, kind station.EntryKind, year int, p station.Payment) error {
	var reference string
	err := t.tx.GetContext(ctx, &reference, `SELECT coalesce(body->>'reference', '') FROM acts WHERE id = $1`, nullable(ch.Act))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the bank's reference in act %s: %w", ch.Act, err)
	}
	return t.enter(ctx, station.FundEntry{
		Kind: kind, Year: year, Fen: p.Fen, Case: ch.Case, Tranche: p.Tranche, Actor: ch.Actor, Reference: bankReference(reference),
	})
}

// release gives back what a case has reserved and was not paid, and takes it
// out of the queue.
func (t *teller) release(ctx context.Context, caseID, actor string) error {
	if err := t.leave(ctx, caseID); err != nil {
		return err
	}
	a, err := t.award(ctx, caseID)
	if err != nil || a.Reserved == 0 {
		return err
	}
	return t.enter(ctx, station.FundEntry{Kind: station.EntryRelease, Year: a.Year, Fen: a.Reserved, Case: caseID, Actor: actor})
}
