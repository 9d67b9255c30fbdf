package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wutong/store"
	"wutong/store/storetest"
)

// single is the station's database with one connection.
func single(t *testing.T) *store.DB {
	t.Helper()
	db := storetest.New(t)
	db.SetMaxOpenConns(1)
	return db
}

// one reads one value.
func one[T any](t *testing.T, q sqlx.QueryerContext, query string, args ...any) (v T) {
	t.Helper()
	require.NoError(t, sqlx.GetContext(t.Context(), q, &v, query, args...))
	return v
}

const (
	ownPID       = `SELECT pg_backend_pid()`
	ownPrepared  = `SELECT count(*) FROM pg_prepared_statements`
	timesPlanned = `SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = 'SELECT $1::int + 1'`
)

func TestPrepared_AConnectionPreparesAStatementOnce(t *testing.T) {
	db := single(t)
	before := one[int](t, db, ownPrepared)
	for n := range 7 {
		require.Equal(t, n+1, one[int](t, db, `SELECT $1::int + 1`, n))
		_, err := db.ExecContext(t.Context(), `UPDATE cases SET number = number WHERE number = $1`, fmt.Sprint(n))
		require.NoError(t, err)
	}
	require.Equal(t, before+2, one[int](t, db, ownPrepared))
	require.Equal(t, 7, one[int](t, db, timesPlanned), "each time by the same statement")
}

func TestPrepared_AConnectionKeepsNoMoreThanItsBound(t *testing.T) {
	db := single(t)
	for n := range 500 {
		require.Equal(t, n, one[int](t, db, fmt.Sprintf(`SELECT $1::int + %d`, n), 0))
	}
	require.Equal(t, 400, one[int](t, db, ownPrepared))
}

func TestPrepared_AMigrationMeanwhileIsNobodysTrouble(t *testing.T) {
	db := single(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE shelf (n int); INSERT INTO shelf VALUES (7)`)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = db.ExecContext(context.WithoutCancel(t.Context()), `DROP TABLE shelf`) })
	const query = `SELECT * FROM shelf WHERE n::int > $1`
	require.Equal(t, 7, one[int](t, db, query, 1))
	was := one[int](t, db, ownPID)
	_, err = db.ExecContext(t.Context(), `ALTER TABLE shelf ALTER n TYPE text`)
	require.NoError(t, err)
	require.Equal(t, "7", one[string](t, db, query, 1), "on a new connection")
	require.NotEqual(t, was, one[int](t, db, ownPID))

	_, err = db.ExecContext(t.Context(), `DEALLOCATE ALL`)
	require.NoError(t, err)
	require.Equal(t, "7", one[string](t, db, query, 1))
}

func TestPrepared_AConnectionWhoseAskerHasGoneIsNotUsedAgain(t *testing.T) {
	db := single(t)
	was := one[int](t, db, ownPID)
	ctx, stop := contextOf(t, 50_000_000)
	defer stop()
	_, err := db.ExecContext(ctx, `SELECT pg_sleep($1)`, 60)
	require.ErrorIs(t, store.DomainError(err), context.Canceled)
	require.NotEqual(t, was, one[int](t, db, ownPID))
}
