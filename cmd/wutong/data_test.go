package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestSeed_LoadsTheSampleAsOftenAsItIsAsked(t *testing.T) {
	t.Setenv("DATABASE_URL", storetest.URL(t))
	var out strings.Builder
	require.NoError(t, migrate(t.Context(), &out))
	for range 2 {
		out.Reset()
		require.NoError(t, seed(t.Context(), []string{filepath.Join("..", "..", "deploy", "sample")}, &out))
		assert.Contains(t, out.String(), "6 founding members of an angel hub")
		assert.Contains(t, out.String(), "10 services")
	}
	db, err := openStore()
	require.NoError(t, err)
	defer func() { _ = db.Close() }()
	members, err := db.Members(t.Context(), station.MemberQuery{Branch: "HZ", Limit: 10})
	require.NoError(t, err)
	require.Len(t, members.Items, 6)
	first, err := db.AccountByID(t.Context(), members.Items[0].Account)
	require.NoError(t, err)
	assert.True(t, first.Has(station.RoleAngel), "by the membership")
	assert.Equal(t, "HZ", first.Hub)
	catalogue, err := db.Catalogue(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "residence", catalogue.Offers[0].Code)
	police, err := db.AccountByID(t.Context(), "019b7523-3400-7000-8000-000000000012")
	require.NoError(t, err)
	assert.Equal(t, "hz-police", police.Provider)
}

func TestSeed_LoadsAStationWithoutFundsAndHub(t *testing.T) {
	t.Setenv("DATABASE_URL", storetest.URL(t))
	var out strings.Builder
	require.NoError(t, migrate(t.Context(), &out))
	dir := t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	for _, name := range []string{"branches.json", "institutions.json", "channels.json", "programmes.json", "accounts.json"} {
		write(name, "[]")
	}
	require.NoError(t, seed(t.Context(), []string{dir}, &out))

	for catalogue, want := range map[string]string{
		`{"services": [{"code": "a", "needs": ["b"]}, {"code": "b", "needs": ["a"]}]}`:            "catalogue.json: ",
		`{"services": [{"code": "c", "needs": ["d"]}]}`:                                           "c names d, which is not in the catalogue",
		`{"services": [{"code": "e", "needs": ["e"]}]}`:                                           "these wait for each other: e > e",
		`{"providers": [{"code": "bank", "name": {"zh-CN": "行", "en": "Bank"}, "branch": "SH"}]}`: "catalogue.json: bank: there is no branch SH; put it into branches.json",
	} {
		write("catalogue.json", catalogue)
		require.ErrorContains(t, seed(t.Context(), []string{dir}, &out), want)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "catalogue.json")))
	write("accounts.json", `[{"id": "019b7523-3400-7000-8000-0000000000fe", "name": "A", "email": "a@example.com", "roles": ["provider"], "language": "en", "provider": "bank"}]`)
	require.ErrorContains(t, seed(t.Context(), []string{dir}, &out), "account 019b7523-3400-7000-8000-0000000000fe is of provider bank, which is not there")
	write("accounts.json", "[]")

	write("founders.json", `[{"account": "019b7523-3400-7000-8000-0000000000ff", "branch": "HZ", "fields": ["AI"], "since": "2026-01-01T00:00:00+08:00"}]`)
	require.ErrorContains(t, seed(t.Context(), []string{dir}, &out), "founders.json: there is no account 019b7523-3400-7000-8000-0000000000ff")
}
