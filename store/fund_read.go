package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wutong/station"
)

// loadFund writes a fund over what there was of the same code. What its cases
// have reserved and been paid stays, and so does the currency.
func loadFund(ctx context.Context, tx *sqlx.Tx, f station.Fund) error {
	var currency string
	err := tx.GetContext(ctx, &currency, `
		INSERT INTO funds (code, branch, name_zh, name_en, currency) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (code) DO UPDATE SET branch = EXCLUDED.branch, name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en
		RETURNING currency`, f.Code, f.Branch, f.Name.Zh, f.Name.En, f.Currency)
	if err != nil {
		return err
	}
	if currency != f.Currency {
		return station.Errorf(station.Conflict, "fund %s is in %s and stays so", f.Code, currency)
	}
	for _, b := range f.Budgets {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO fund_years (fund, year, budget) VALUES ($1, $2, $3)
			ON CONFLICT (fund, year) DO UPDATE SET budget = EXCLUDED.budget`, f.Code, b.Year, b.Fen)
		if err != nil {
			return fmt.Errorf("budget of %d: %w", b.Year, err)
		}
	}
	return nil
}

const selectFund = `
	SELECT f.code, f.branch, f.name_zh, f.name_en, f.currency,
	       ARRAY(SELECT y.year FROM fund_years y WHERE y.fund = f.code ORDER BY y.year),
	       ARRAY(SELECT y.budget FROM fund_years y WHERE y.fund = f.code ORDER BY y.year)
	FROM funds f`

func scanFund(row scanner) (station.Fund, error) {
	var f station.Fund
	var years, budgets pq.Int64Array
	err := row.Scan(&f.Code, &f.Branch, &f.Name.Zh, &f.Name.En, &f.Currency, &years, &budgets)
	for i, y := range years {
		f.Budgets = append(f.Budgets, station.FundBudget{Year: int(y), Fen: budgets[i]})
	}
	return f, err
}

// FundByCode returns a fund with its budgets.
func (db *DB) FundByCode(ctx context.Context, code string) (station.Fund, error) {
	f, err := scanFund(db.QueryRowxContext(ctx, selectFund+` WHERE f.code = $1`, code))
	return f, notFound(err, "no fund %s", code)
}

// FundList lists the funds of the branches that a viewer sees.
func (db *DB) FundList(ctx context.Context, viewer station.Visibility) ([]station.Fund, error) {
	var list []station.Fund
	err := db.each(ctx, func(row scanner) error {
		f, err := scanFund(row)
		list = append(list, f)
		return err
	}, selectFund+` WHERE $1 OR f.branch = ANY($2) ORDER BY f.code`, viewer.All, textArray(viewer.Branches))
	return list, err
}

// FundYears says how a fund stands in each of its years. What cases wait for is
// of the year in which it would be reserved now.
func (db *DB) FundYears(ctx context.Context, code string, now time.Time) ([]station.FundYear, error) {
	var list []station.FundYear
	err := db.each(ctx, func(row scanner) error {
		var y station.FundYear
		err := row.Scan(&y.Year, &y.Budget, &y.Adjusted, &y.Reserved, &y.Paid, &y.Repaid, &y.Free, &y.Waiting)
		list = append(list, y)
		return err
	}, `SELECT y.year, y.budget, y.adjusted, y.reserved, y.paid, y.repaid, `+free+`, coalesce(w.fen, 0)
		FROM fund_years y LEFT JOIN (
			SELECT CASE WHEN a.reserved > 0 THEN a.year ELSE $2::int END AS year, sum(q.fen - coalesce(a.reserved + a.paid, 0))::bigint AS fen
			FROM fund_queue q LEFT JOIN awards a ON a.case_id = q.case_id WHERE q.fund = $1 AND q.left_at IS NULL GROUP BY 1
		) w ON w.year = y.year
		WHERE y.fund = $1 ORDER BY y.year`, code, now.In(station.ChinaTime).Year())
	return list, err
}

const selectEntry = `
	SELECT e.id, e.fund, e.year, e.seq, e.kind, e.fen, coalesce(e.case_id::text, ''), coalesce(c.number, ''), e.tranche, e.actor, e.second, e.reference, e.at
	FROM fund_entries e LEFT JOIN cases c ON c.id = e.case_id`

func (db *DB) entries(ctx context.Context, query string, args ...any) ([]station.FundEntry, error) {
	var list []station.FundEntry
	err := db.each(ctx, func(row scanner) error {
		var e station.FundEntry
		err := row.Scan(&e.ID, &e.Fund, &e.Year, &e.Seq, &e.Kind, &e.Fen, &e.Case, &e.Number, &e.Tranche, &e.Actor, &e.Second, &e.Reference, &e.At)
		list = append(list, e)
		return err
	}, query, args...)
	return list, err
}

// FundEntries returns a page of a fund's ledger, the newest first.
func (db *DB) FundEntries(ctx context.Context, code string, limit int, cursor string) (station.Page[station.FundEntry], error) {
	l := newEntryListing(code, limit)
	var p station.Page[station.FundEntry]
	if err := l.write(cursor); err != nil {
		return p, err
	}
	list, err := db.entries(ctx, l.text, l.args...)
	if err != nil {
		return p, err
	}
	p.Items, p.Next = cutPage(list, l.size, l.name, func(e station.FundEntry) []string { return []string{strconv.FormatInt(e.Seq, 10)} })
	return p, nil
}

// entryListing composes the query of a page of a ledger.
type entryListing struct {
	statement
	code string
	name string
	size int
}

func newEntryListing(code string, limit int) *entryListing {
	return &entryListing{code: code, name: listName("fund entries", code), size: pageSize(limit)}
}

func (l *entryListing) write(cursor string) error {
	after, err := readCursor(cursor, l.name, isPlace)
	if err != nil {
		return err
	}
	where := ` WHERE e.fund = ` + l.arg(l.code)
	if after != nil {
		where += ` AND e.seq < ` + l.arg(after[0])
	}
	l.text = selectEntry + where + ` ORDER BY e.seq DESC LIMIT ` + l.arg(l.size+1)
	return nil
}

func isPlace(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// FundLedger returns the entries of a fund that come after a place, in their
// order.
func (db *DB) FundLedger(ctx context.Context, code string, after int64, limit int) ([]station.FundEntry, error) {
	return db.entries(ctx, selectEntry+` WHERE e.fund = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`, code, after, limit)
}
