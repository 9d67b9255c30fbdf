package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"wutong/migrations"
	"wutong/station"
	"wutong/station/calendar"
)

// DB is the station's database. It is safe for concurrent use.
type DB struct {
	*sqlx.DB
	url  string
	wake *wakeups

	calendarMu sync.Mutex
	calendar   *calendar.Calendar
	calendarAt time.Time
}

var _ station.Store = (*DB)(nil)

// Open connects to a database by its address: a URL, or name=value words. It does not ask whether the database
// is there: a station whose database is away waits for it.
func Open(address string) (*DB, error) {
	pool, err := open(inOneTrip(address))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := sqlx.NewDb(pool, "postgres")
	db.SetMaxOpenConns(40)
	db.SetMaxIdleConns(40)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &DB{DB: db, url: address, wake: newWakeups(address)}, nil
}

// inOneTrip has lib/pq send a query and its arguments together. By default it
// prepares each query first, and waits for that.
func inOneTrip(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return address + " binary_parameters=yes" // written as name=value
	}
	q := u.Query()
	if q.Has("binary_parameters") {
		return address
	}
	q.Set("binary_parameters", "yes")
	u.RawQuery = q.Encode()
	return u.String()
}

// Close ends all connections.
func (db *DB) Close() error {
	db.wake.close()
	return db.DB.Close()
}

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return domainError(db.PingContext(ctx)) }

// Migrate brings the schema up to date.
func (db *DB) Migrate(ctx context.Context) error {
	one, err := lock.NewPostgresSessionLocker() // of many that start at once, one migrates
	if err != nil {
		return fmt.Errorf("prepare to migrate: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db.DB.DB, migrations.FS, goose.WithSessionLocker(one))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", domainError(err))
	}
	return nil
}

// transact runs f in one transaction.
func (db *DB) transact(ctx context.Context, f func(*sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return domainError(err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback()
		return domainError(err)
	}
	return domainError(tx.Commit())
}

// broken are the words for the constraints that a caller can break.
var broken = map[string]*station.Error{
	"one_verdict_per_reviewer": station.Refuse(station.Conflict, "already_reviewed", "the reviewer has reviewed this case"),
	"events_are_append_only":   station.Refuse(station.Conflict, "history_is_fixed", "a case's history is never changed"),
	"one_account_per_email":    station.Refuse(station.Invalid, "email_taken", "another account has this e-mail address"),
	"one_settlement_at_a_time": station.Refuse(station.Conflict, "settling", "the account has a settlement in this programme that goes on"),
	// when a fund is adjusted or a budget is loaded: what cases ask for is
	// compared with what is free before it is entered
	"fund_not_overspent":          station.Refuse(station.Conflict, "fund_overspent", "the fund has reserved and paid more than that"),
	"adjustment_needs_two_people": station.Refuse(station.Forbidden, "needs_second_person", "whoever proposed an adjustment cannot approve it"),
}

// domainError turns a database's error into one of the domain, where there is
// a word for it.
func domainError(err error) error {
	if err == nil || station.CodeOf(err) != "" {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return station.Errorf(station.NotFound, "no such row")
	}
	if e, ok := errors.AsType[*pq.Error](err); ok {
		if known, ok := broken[e.Constraint]; ok {
			return known
		}
		switch {
		case e.Code == "22P02" || e.Code == "22021" || e.Code == "22003":
			return station.Errorf(station.Invalid, "a value has the wrong form")
		case e.Code == "57014": // whoever asked has gone: no outage
			return fmt.Errorf("database: %w", context.Canceled)
		case e.Code.Class() == "57" || e.Code.Class() == "08" || e.Code.Class() == "53":
			return away(err)
		}
		// pq's text can repeat a row's values: keep them out of logs
		return fmt.Errorf("database: %s (%s, constraint %q)", e.Code.Name(), e.Code, e.Constraint)
	}
	if _, ok := errors.AsType[net.Error](err); ok && !errors.Is(err, context.DeadlineExceeded) {
		return away(err)
	}
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "driver: bad connection") ||
		strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "unexpected EOF") || err.Error() == "EOF" {
		return away(err)
	}
	return err
}

func away(err error) error {
	return station.Refuse(station.Unavailable, "unavailable", "the database is away: %v", err)
}

// notFound names what was not there.
func notFound(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return station.Errorf(station.NotFound, format, args...)
	}
	return domainError(err)
}
