// Package storetest gives tests a real database: one private PostgreSQL per
// test process, and a migrated schema per test.
package storetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/pgserver"
)

var (
	mu     sync.Mutex
	server *pgserver.Server
	users  int
)

// New returns a migrated database of the test's own. The server stops with the
// last test that uses it.
func New(tb testing.TB) *store.DB {
	tb.Helper()
	db, err := store.Open(URL(tb))
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	require.NoError(tb, db.Migrate(context.Background()))
	return db
}

// URL returns the address of an empty schema of the test's own.
func URL(tb testing.TB) string {
	tb.Helper()
	s := start(tb)
	schema := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	base, err := store.Open(s.URL("postgres"))
	require.NoError(tb, err)
	defer func() { _ = base.Close() }()
	_, err = base.ExecContext(context.Background(), `CREATE SCHEMA `+schema)
	require.NoError(tb, err)
	u, err := url.Parse(s.URL("postgres"))
	require.NoError(tb, err)
	q := u.Query()
	q.Set("search_path", schema+",public")
	u.RawQuery = q.Encode()
	return u.String()
}

// Main runs a package's tests with one server for all of them, which saves the
// second that each start takes.
func Main(m *testing.M) {
	mu.Lock()
	users++
	mu.Unlock()
	code := m.Run()
	mu.Lock()
	defer mu.Unlock()
	if server != nil {
		ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
		defer stop()
		if err := server.Stop(ctx); err != nil {
			code = 1
		}
	}
	os.Exit(code) //nolint:gocritic // stop is for the context only
}

// start takes part in the one server, and gives it back when the test ends.
func start(tb testing.TB) *pgserver.Server {
	tb.Helper()
	mu.Lock()
	defer mu.Unlock()
	if server == nil {
		s, err := pgserver.Start(context.Background(), pgserver.Config{Ephemeral: true})
		require.NoError(tb, err)
		server = s
	}
	users++
	tb.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		users--
		if users > 0 {
			return
		}
		ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
		defer stop()
		if err := server.Stop(ctx); err != nil {
			tb.Errorf("stop PostgreSQL: %v", err)
		}
		server = nil
	})
	return server
}

// People are the accounts of Sample.
type People struct {
	Referrer, Officer, Officer2, DistrictOfficer, Director, Operator station.Account
	Reviewers                                                        []station.Account
}

// Programme is the code of Sample's referral programme.
const Programme = "referral-test"

// Sample loads a small station: a city branch with two districts, one referral
// programme with the default terms, and its people.
func Sample(tb testing.TB, db *store.DB, terms string) People {
	tb.Helper()
	n := 0
	account := func(role station.Role, branch string) station.Account {
		n++
		return station.Account{
			ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", n), Name: fmt.Sprintf("Person %d", n), Email: fmt.Sprintf("person%d@example.com", n),
			Roles: []station.Role{role}, Branch: branch, Institution: fmt.Sprintf("institution %d", n), Language: station.English,
		}
	}
	p := People{
		Referrer: account(station.RoleReferrer, ""), Officer: account(station.RoleOfficer, "HZ"), Officer2: account(station.RoleOfficer, "HZ"),
		DistrictOfficer: account(station.RoleOfficer, "HZ-BJ"), Director: account(station.RoleDirector, "HZ"), Operator: account(station.RoleOperator, "HZ"),
	}
	for range 8 {
		p.Reviewers = append(p.Reviewers, account(station.RoleReviewer, "HZ"))
	}
	require.NoError(tb, db.Load(context.Background(), store.Seed{
		Branches: []station.Branch{
			{Code: "HZ", Name: station.Text{Zh: "杭州", En: "Hangzhou"}},
			{Code: "HZ-XH", Name: station.Text{Zh: "西湖", En: "Xihu"}, Parent: "HZ"},
			{Code: "HZ-BJ", Name: station.Text{Zh: "滨江", En: "Binjiang"}, Parent: "HZ"},
		},
		Programmes: []station.Programme{{
			Code: Programme, Kind: station.Referral, Branch: "HZ", Name: station.Text{Zh: "测试举荐", En: "Test referral"}, Terms: []byte(terms),
			OpensAt: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), ClosesAt: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
		Accounts: append([]station.Account{p.Referrer, p.Officer, p.Officer2, p.DistrictOfficer, p.Director, p.Operator}, p.Reviewers...),
	}))
	return p
}

// As makes an actor of an account, as a token of full scope would.
func As(tb testing.TB, db *store.DB, a station.Account) station.Actor {
	tb.Helper()
	a, err := db.AccountByID(context.Background(), a.ID)
	require.NoError(tb, err)
	return station.Actor{Account: a, Scope: station.ScopeFull}
}
