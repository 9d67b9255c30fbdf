package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestErrors_EveryConstraintThatHasWordsIsInTheSchema(t *testing.T) {
	db := storetest.New(t)
	for _, name := range store.BrokenConstraints() {
		var there bool
		require.NoError(t, db.GetContext(t.Context(), &there, `
			SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = $1 AND connamespace = current_schema()::regnamespace)
			    OR EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relkind = 'i' AND relnamespace = current_schema()::regnamespace)
			    OR EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE tgname = $1 AND relnamespace = current_schema()::regnamespace)`, name))
		require.True(t, there, name)
	}
}

func TestErrors_ABrokenConstraintIsTheDomainsError(t *testing.T) {
	m := told(t)
	for name, c := range map[string]struct {
		sql  string
		args []any
		code station.Code
		key  string
	}{
		"events_are_append_only": {`DELETE FROM events`, nil, station.Conflict, "history_is_fixed"},
		"one_account_per_email": {
			`UPDATE accounts SET email = upper($1) WHERE id = $2`,
			[]any{m.Officer2.Email, m.Officer.ID},
			station.Invalid, "email_taken",
		},
		"a wrong ID":    {`SELECT * FROM cases WHERE id = $1`, []any{"x"}, station.Invalid, "invalid"},
		"a zero byte":   {`SELECT * FROM cases WHERE number = $1`, []any{"\x00"}, station.Invalid, "invalid"},
		"a huge number": {`SELECT * FROM events WHERE seq = $1`, []any{int64(1) << 40}, station.Invalid, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.db.ExecContext(t.Context(), c.sql, c.args...)
			refusedAs(t, store.DomainError(err), c.code, c.key)
		})
	}
}

func TestErrors_WhatPassesWithTheDatabasesTroubleIsUnavailable(t *testing.T) {
	h := newHouse(t)
	for code, name := range map[string]string{
		"53100": "the disk is full", "53200": "out of memory", "53300": "too many connections",
		"57P01": "it is being stopped", "57P02": "another of its processes crashed", "57P03": "it is starting", "08006": "the connection broke",
	} {
		_, err := h.db.ExecContext(t.Context(), `DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '`+code+`'; END $$`)
		require.Equal(t, station.Unavailable, station.CodeOf(store.DomainError(err)), name)
	}
}

func TestErrors_WhatPostgreSQLSaysOfValuesIsNotRepeated(t *testing.T) {
	h := newHouse(t)
	_, err := h.db.ExecContext(t.Context(), `INSERT INTO accounts (id, name, email, roles, language) VALUES ($1, 'A secret name', 'x@example.com', '{}', 'de')`, station.NewID())
	require.Error(t, err)
	err = store.DomainError(err)
	require.Empty(t, station.CodeOf(err), "it is nobody's mistake but ours")
	require.ErrorContains(t, err, "account_language")
	require.NotContains(t, err.Error(), "secret")
}

func TestErrors_ARequestThatWasGivenUpIsNoOutage(t *testing.T) {
	h := newHouse(t)
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	_, err := h.db.CaseByID(ctx, station.NewID())
	require.ErrorIs(t, err, context.Canceled)

	ctx, stop := contextOf(t, 50_000_000)
	defer stop()
	_, err = h.db.ExecContext(ctx, `SELECT pg_sleep(5)`)
	require.ErrorIs(t, store.DomainError(err), context.Canceled)
}
