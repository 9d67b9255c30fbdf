package storetest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wutong/store"
	"wutong/store/pgserver"
)

// spare are migrated schemas that earlier tests gave back empty: to make one
// takes 100 to 300 ms, to empty one 10.
var spare struct {
	sync.Mutex
	schemas []string
	shape   string // what a schema looks like that no test has altered
}

// New returns a migrated, empty database of the test's own.
func New(tb testing.TB) *store.DB {
	tb.Helper()
	schema := takeSpare()
	migrated := schema != ""
	if !migrated {
		schema = create(tb)
	}
	db, err := store.Open(address(tb, schema))
	require.NoError(tb, err)
	tb.Cleanup(func() {
		_ = db.Close()
		giveBack(tb, schema)
	})
	if !migrated {
		require.NoError(tb, db.Migrate(context.Background()))
		noteShape(tb, schema)
	}
	return db
}

// URL returns the address of an empty schema of the test's own: not migrated.
func URL(tb testing.TB) string {
	tb.Helper()
	schema := create(tb)
	tb.Cleanup(func() { drop(tb, schema) })
	return address(tb, schema)
}

func running(tb testing.TB) *pgserver.Server {
	tb.Helper()
	s, err := start()
	require.NoError(tb, err, "the tests' PostgreSQL")
	return s
}

func address(tb testing.TB, schema string) string {
	tb.Helper()
	u, err := url.Parse(running(tb).URL("postgres"))
	require.NoError(tb, err)
	q := u.Query()
	q.Set("search_path", schema+",public")
	q.Set("application_name", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// asOwner runs f with connections that see public only.
func asOwner(tb testing.TB, f func(context.Context, *sqlx.DB) error) {
	tb.Helper()
	running(tb)
	require.NoError(tb, f(context.Background(), shared.owner))
}

var makeExtension sync.Once

func create(tb testing.TB) string {
	tb.Helper()
	schema := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	asOwner(tb, func(ctx context.Context, db *sqlx.DB) (err error) {
		makeExtension.Do(func() { // two tests at once would both make it, and one fail
			_, err = db.ExecContext(ctx, `CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public`)
		})
		if err == nil {
			_, err = db.ExecContext(ctx, `CREATE SCHEMA `+schema)
		}
		return err
	})
	return schema
}

func drop(tb testing.TB, schema string) {
	tb.Helper()
	asOwner(tb, func(ctx context.Context, db *sqlx.DB) error {
		if err := disconnect(ctx, db, schema); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, `DROP SCHEMA `+schema+` CASCADE`)
		return err
	})
}

// disconnect ends what connections a test left behind.
func disconnect(ctx context.Context, db *sqlx.DB, schema string) error {
	_, err := db.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, schema)
	return err
}

func takeSpare() string {
	spare.Lock()
	defer spare.Unlock()
	n := len(spare.schemas)
	if n == 0 {
		return ""
	}
	schema := spare.schemas[n-1]
	spare.schemas = spare.schemas[:n-1]
	return schema
}

// most is how much a schema may hold to be worth emptying; a migrated and empty
// one holds about 1 MB.
const most = 10 << 20

// giveBack empties a schema for the next test, or drops it if the test has
// altered it or filled it.
func giveBack(tb testing.TB, schema string) {
	tb.Helper()
	var size int64
	var shape string
	asOwner(tb, func(ctx context.Context, db *sqlx.DB) error {
		if err := disconnect(ctx, db, schema); err != nil {
			return err
		}
		return db.QueryRowxContext(ctx, `SELECT coalesce(sum(pg_total_relation_size(oid)), 0), `+shapeOf+`
			FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'`, schema).Scan(&size, &shape)
	})
	spare.Lock()
	fit := shape == spare.shape
	spare.Unlock()
	if !fit || size > most {
		drop(tb, schema)
		return
	}
	empty(tb, schema)
	spare.Lock()
	defer spare.Unlock()
	spare.schemas = append(spare.schemas, schema)
}

// shapeOf describes the tables, constraints and triggers of the schema $1.
const shapeOf = `md5(
	coalesce((SELECT string_agg(concat(c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), ',' ORDER BY c.relname, a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = $1::regnamespace AND a.attnum > 0), '') ||
	coalesce((SELECT string_agg(concat(conname, convalidated), ',' ORDER BY conname) FROM pg_constraint WHERE connamespace = $1::regnamespace), '') ||
	coalesce((SELECT string_agg(concat(t.tgname, t.tgenabled), ',' ORDER BY c.relname, t.tgname)
		FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = $1::regnamespace AND NOT t.tgisinternal), ''))`

func noteShape(tb testing.TB, schema string) {
	tb.Helper()
	var shape string
	asOwner(tb, func(ctx context.Context, db *sqlx.DB) error {
		return db.GetContext(ctx, &shape, `SELECT `+shapeOf, schema)
	})
	spare.Lock()
	defer spare.Unlock()
	spare.shape = shape
}

// empty deletes every row; of the migrations' table it keeps what was applied.
func empty(tb testing.TB, schema string) {
	tb.Helper()
	asOwner(tb, func(ctx context.Context, db *sqlx.DB) error {
		var tables []string
		err := db.SelectContext(ctx, &tables, `SELECT relname FROM pg_class
			WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version'`, schema)
		if err != nil {
			return err
		}
		// as a replica: neither foreign keys nor the history's triggers ask
		text := []string{`BEGIN; SET LOCAL session_replication_role = replica`}
		for _, t := range tables {
			text = append(text, fmt.Sprintf(`DELETE FROM %s.%s`, schema, t))
		}
		_, err = db.ExecContext(ctx, strings.Join(append(text, `COMMIT`), "; "))
		return err
	})
}
