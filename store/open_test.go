package store_test

import (
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wutong/store"
	"wutong/store/storetest"
)

func TestOpen_TakesBothFormsOfAnAddress(t *testing.T) {
	address := storetest.URL(t)
	words, err := pq.ParseURL(address) //nolint:staticcheck // makes the other form
	require.NoError(t, err)
	for _, a := range []string{address, words, address + "&binary_parameters=no"} {
		db, err := store.Open(a)
		require.NoError(t, err)
		var n int
		require.NoError(t, db.GetContext(t.Context(), &n, `SELECT $1::int + 1`, 1), a)
		require.Equal(t, 2, n)
		require.NoError(t, db.Close())
	}
}
