package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

// keptAtMost bounds how many statements a connection keeps. Lists are put together as
// they are asked for; everything else has a few hundred texts.
const keptAtMost = 400

// open opens a pool whose connections keep what they have prepared: PostgreSQL takes
// longer to plan most of the station's queries than to run them.
func open(address string) (*sql.DB, error) {
	c, err := pq.NewConnector(address)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return sql.OpenDB(preparing{c}), nil
}

// preparing makes connections that prepare.
type preparing struct{ driver.Connector }

// Connect opens a connection.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	plain, ok := c.(plainConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of the driver cannot do what is asked of it: %T", c), c.Close())
	}
	return &conn{plainConn: plain, kept: map[string]keptStmt{}}, nil
}

// plainConn is what lib/pq's connections can do.
type plainConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// keptStmt is what lib/pq's statements can do.
type keptStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn prepares a statement when it meets it first, and keeps it.
type conn struct {
	plainConn
	kept  map[string]keptStmt // by their text
	asker context.Context     //nolint:containedctx // of the last statement, only to ask whether they have gone
	spent bool                // it is not to be used again
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.prepared(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.plainConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	return rows, c.judge(err)
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.prepared(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.plainConn.ExecContext(ctx, query, args)
	}
	result, err := s.ExecContext(ctx, args)
	return result, c.judge(err)
}

// prepared returns a query's statement; nil for one that is sent as it is: it has no
// arguments and may be several, or there is no room for more.
func (c *conn) prepared(ctx context.Context, query string, args []driver.NamedValue) (keptStmt, error) {
	c.look()
	if len(args) == 0 {
		return nil, nil
	}
	s, known := c.kept[query]
	if !known && len(c.kept) >= keptAtMost {
		return nil, nil
	}
	if !known {
		made, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		s, _ = made.(keptStmt)
		c.kept[query] = s
	}
	c.asker = ctx
	return s, nil
}

// judge gives the connection up if what it keeps cannot be used any more: a migration
// changed what a query returns, or something between here and the database forgot the
// statements. Nothing was run: outside a transaction another connection runs it.
func (c *conn) judge(err error) error {
	e, ok := errors.AsType[*pq.Error](err)
	if ok && (e.Routine == "RevalidateCachedQuery" || e.Code == "26000") {
		c.spent = true
		return driver.ErrBadConn
	}
	return err
}

// look gives the connection up if the last asker has gone: the word to stop that query
// may come late, and stop the next one. lib/pq sees to that itself for what is not
// prepared.
func (c *conn) look() {
	if c.asker != nil && c.asker.Err() != nil {
		c.spent = true
	}
	c.asker = nil
}

// IsValid implements [driver.Validator].
func (c *conn) IsValid() bool {
	c.look()
	return !c.spent && c.plainConn.IsValid()
}
