package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"wutong/station"
	"wutong/store"

	"wutong/deploy/dev/crowd"
)

const (
	// contenders are how many cases move money at once.
	contenders = 64
	// ledgers is a database of its own: nobody starts these cases' workflows.
	ledgers = "bench_ledgers"
	// perTake is what a take writes: a reservation and its release.
	perTake = 2
)

// fund measures how fast a fund's ledger takes entries when every case wants the same fund, beside the same changes of cases
// that have a fund each, and beside a row that is only inserted. Those that have a fund each wait for each other as any
// changes do: PostgreSQL commits one at a time of the transactions that notify.
func (b *bench) fund(ctx context.Context) error {
	db, err := b.openLedgers(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	same, err := b.claim(ctx, db, 0, func(int) string { return fundOf(0) })
	if err != nil {
		return err
	}
	own, err := b.claim(ctx, db, contenders, func(n int) string { return fundOf(1 + n) })
	if err != nil {
		return err
	}
	table := plainRows{db.DB.DB}
	if err := table.prepare(ctx); err != nil {
		return err
	}
	ways := []*way{
		{name: "one fund", take: same.take},
		{name: "a fund each", take: own.take},
		{name: "bare INSERT", take: table.take},
	}
	for _, w := range ways {
		if _, err := w.round(ctx, contenders, b.load/10, &sample{}); err != nil {
			return err
		}
	}
	if err := inTurns(b.rounds, ways, func(w *way) error { return w.underLoad(ctx, contenders, b.load/2) }); err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("The fund's ledger: %d rounds in turns, %d cases at once that reserve and release", b.rounds, contenders),
		what:  "entries", each: perTake, part: "an entry",
	}.print(ways...)
	return nil
}

func fundOf(n int) string { return fmt.Sprintf("bench-fund-%d", n) }

// openLedgers makes a station without workers, which has a programme, a fund for all and one for each case.
func (b *bench) openLedgers(ctx context.Context) (*store.DB, error) {
	if err := b.stack.Postgres.CreateDatabase(ctx, ledgers); err != nil {
		return nil, err
	}
	db, err := store.Open(b.stack.Postgres.URL(ledgers))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(contenders) // they are to wait for the fund, not for a connection
	db.SetMaxIdleConns(contenders)
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	name, now := station.Text{Zh: "试", En: "Trial"}, time.Now()
	seed := store.Seed{
		Branches: []station.Branch{{Code: crowd.Branch, Name: name}},
		Accounts: b.people.Founders,
		Programmes: []station.Programme{{
			Code: granting, Kind: station.Grant, Branch: crowd.Branch, Name: name, Terms: []byte(programmes().Grants[granting]),
			OpensAt: now.AddDate(-1, 0, 0), ClosesAt: now.AddDate(1, 0, 0),
		}},
	}
	for n := range 1 + contenders {
		seed.Funds = append(seed.Funds, station.Fund{
			Code: fundOf(n), Branch: crowd.Branch, Name: name, Currency: station.CNY,
			Budgets: []station.FundBudget{{Year: now.Year(), Fen: budget}, {Year: now.Year() + 1, Fen: budget}},
		})
	}
	return db, db.Load(ctx, seed)
}

// claims are open cases that ask a fund for money. Each one's changes are recorded one after the other.
type claims struct {
	db   *store.DB
	free chan *awarded
}

// awarded is a case with its fund, and the number of its last change.
type awarded struct {
	id, fund string
	sequence int
}

// claim takes in one case for each contender, of the companies from first on.
func (b *bench) claim(ctx context.Context, db *store.DB, first int, fund func(n int) string) (*claims, error) {
	programme, err := db.Programme(ctx, granting)
	if err != nil {
		return nil, err
	}
	c := &claims{db: db, free: make(chan *awarded, contenders)}
	for n := range contenders {
		form, err := application(first + n)
		if err != nil {
			return nil, err
		}
		made, _, err := db.InsertCase(ctx, station.NewCase{
			ID: station.NewID(), Kind: station.Grant, Programme: programme, Applicant: b.people.Founders[0].ID, Key: strconv.Itoa(first + n), Application: form, At: time.Now(),
		})
		if err != nil {
			return nil, err
		}
		c.free <- &awarded{id: made.ID, fund: fund(n)}
	}
	return c, nil
}

func (c *claims) take(ctx context.Context, _ int, entries *sample) error {
	a := <-c.free
	defer func() { c.free <- a }()
	reservation := &station.Reservation{Fen: crowd.Award, Score: 80, Task: station.TaskID(a.id, station.StageFunds, 1)}
	for _, move := range [perTake]station.FundMove{{Fund: a.fund, Reserve: reservation}, {Fund: a.fund, Release: true}} {
		a.sequence++
		began := time.Now()
		written, err := c.db.Record(ctx, station.Change{
			Case: a.id, Run: "bench", Sequence: a.sequence, At: began, Fund: &move,
			Standing: station.Standing{Stage: station.StageFunds, Status: station.Open},
		})
		if err != nil {
			return err
		}
		entries.add(time.Since(began))
		if got := written[0].Fund.Reserved; got != crowd.Award && !move.Release {
			return fmt.Errorf("the fund has reserved %d fen, not %d", got, crowd.Award)
		}
	}
	return nil
}

// take writes as many rows as a take of a case writes entries.
func (r plainRows) take(ctx context.Context, n int, entries *sample) error {
	for seq := range perTake {
		began := time.Now()
		if err := r.insert(ctx, strconv.Itoa(n), seq, "entry"); err != nil {
			return err
		}
		entries.add(time.Since(began))
	}
	return nil
}
