package storetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/store"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func schemaOf(t *testing.T, db *store.DB) (schema string) {
	t.Helper()
	require.NoError(t, db.GetContext(t.Context(), &schema, `SELECT current_schema()`))
	return schema
}

func TestNew_GivesEachTestAnEmptySchemaOfItsOwn(t *testing.T) {
	var used, altered string
	t.Run("one fills it", func(t *testing.T) {
		a, b := storetest.New(t), storetest.New(t)
		used = schemaOf(t, a)
		require.NotEqual(t, used, schemaOf(t, b))
		storetest.Sample(t, a, "{}")
		var there int
		require.NoError(t, b.GetContext(t.Context(), &there, `SELECT count(*) FROM accounts`))
		require.Zero(t, there)
	})
	t.Run("the next finds it empty", func(t *testing.T) {
		db := storetest.New(t)
		altered = schemaOf(t, db)
		for _, table := range []string{"accounts", "branches", "programmes"} {
			var there int
			require.NoError(t, db.GetContext(t.Context(), &there, `SELECT count(*) FROM `+table))
			require.Zero(t, there)
		}
		require.NoError(t, db.Migrate(t.Context()), "it is migrated")
		_, err := db.ExecContext(t.Context(), `ALTER TABLE events DISABLE TRIGGER USER`)
		require.NoError(t, err)
	})
	t.Run("what was altered is not used again", func(t *testing.T) {
		for range 3 {
			require.NotEqual(t, altered, schemaOf(t, storetest.New(t)))
		}
	})
}

func TestURL_IsOfASchemaThatIsNotMigrated(t *testing.T) {
	db, err := store.Open(storetest.URL(t))
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	var tables int
	require.NoError(t, db.GetContext(t.Context(), &tables, `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()`))
	require.Zero(t, tables)
	require.NoError(t, db.Migrate(t.Context()))
	require.NoError(t, db.Migrate(t.Context()), "again is nothing to do")
}

func TestSample_HasItsPeople(t *testing.T) {
	db := storetest.New(t)
	p := storetest.Sample(t, db, "{}")
	require.Len(t, p.Reviewers, 8)
	require.Len(t, p.All(), 16)
	require.True(t, storetest.As(t, db, p.Officer).Covers("HZ-XH"))
	require.False(t, storetest.As(t, db, p.DistrictOfficer).Covers("HZ"))
}
