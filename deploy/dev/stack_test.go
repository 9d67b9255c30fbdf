package dev_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev"
)

const accounts = `[
  {"id": "1", "name": "沈知夏", "roles": ["referrer"]},
  {"id": "2", "name": "Adrian Kwok", "roles": ["referrer", "applicant"]},
  {"id": "3", "name": "Owen Lindqvist", "roles": ["operator"]}
]`

const programmes = `[
  {"code": "r", "kind": "referral", "terms": {"check": {"days": 5}}},
  {"code": "g", "kind": "grant", "name": {"zh-CN": "资助", "en": "Grant"}, "terms": {"notice": {"days": 5}, "sign": {"days": 5}}},
  {"code": "a", "kind": "angel", "name": {"zh-CN": "入会", "en": "Admission"}, "terms": {"vote": {"days": 10}, "check": {"days": 5}}},
  {"code": "defaults", "kind": "round", "name": {"zh-CN": "路演", "en": "Rounds"}}
]`

const founders = `[{"account": "2", "branch": "HZ"}]`

func TestStack_RunsTheProductAndEndsWithIt(t *testing.T) {
	dir := t.TempDir()
	sample, notes := t.TempDir(), filepath.Join(t.TempDir(), "notes")
	require.NoError(t, os.WriteFile(filepath.Join(sample, "accounts.json"), []byte(accounts), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(sample, "programmes.json"), []byte(programmes), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(sample, "founders.json"), []byte(founders), 0o600))
	options := dev.Options{
		Dir: dir, Ephemeral: true, Binary: os.Args[0], Sample: sample, Env: []string{playProduct, "DEV_TEST_NOTES=" + notes},
	}
	s := start(t, options)
	first := []string{"migrate", "seed " + sample, "seed " + filepath.Join(dir, "tryout"), "token", "token", "token", "token", "token"}
	requireNotes(t, notes, first...)
	tryout, err := os.ReadFile(filepath.Join(dir, "tryout", "programmes.json"))
	require.NoError(t, err)
	var short []station.Programme
	require.NoError(t, json.Unmarshal(tryout, &short))
	require.Len(t, short, 2, "of those that let days pass")
	require.Equal(t, "g-tryout", short[0].Code)
	require.JSONEq(t, `{"notice": {"days": 0, "seconds": 5, "reminders": []}, "sign": {"days": 5}}`, string(short[0].Terms))
	require.Equal(t, "a-tryout", short[1].Code)
	require.JSONEq(t, `{"vote": {"days": 0, "seconds": 20, "reminders": []}, "check": {"days": 5}}`, string(short[1].Terms))
	require.Equal(t, "token-of-1", s.Token("referrer"), "the first account that has the role")
	require.Equal(t, "token-of-2", s.Token("applicant"))
	require.Equal(t, "token-of-2", s.Token("angel"), "a founding member of the hub")
	requireSecret(t, filepath.Join(dir, "tokens.json"))
	requireSecret(t, filepath.Join(dir, "keys.env"))
	keys, err := os.ReadFile(filepath.Join(dir, "keys.env"))
	require.NoError(t, err)

	require.Equal(t, "[]", strings.TrimSpace(body(t, http.MethodGet, s.MailboxURL()+"/api/messages")))
	require.Contains(t, body(t, http.MethodGet, s.UIURL()), "<!doctype html>")
	require.Contains(t, body(t, http.MethodGet, s.UIURL()+"/api/v1/settings"), "127.0.0.1:"+strconv.Itoa(s.Ports.Codec))
	require.Contains(t, body(t, http.MethodGet, s.UIURL()+"/api/v1/namespaces/wutong"), `"name": "wutong"`)
	decoder := "http://127.0.0.1:" + strconv.Itoa(s.Ports.Codec) + "/decode"
	require.Equal(t, "token-of-3", body(t, http.MethodPost, decoder), "the operator's token is added")

	pid := s.Worker.Pid()
	require.NoError(t, s.Worker.Kill())
	require.False(t, s.Worker.Running())
	require.NoError(t, s.Worker.Start())
	require.NotEqual(t, pid, s.Worker.Pid())
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.NoError(t, s.Wait(ctx), "an end that was wanted is no failure")

	_, err = dev.Start(t.Context(), options)
	require.ErrorContains(t, err, "a stack already runs on "+dir+" (process "+strconv.Itoa(os.Getpid())+")")
	require.ErrorContains(t, dev.Reset(t.Context(), dir), "already runs")

	_, _ = http.Get(s.APIURL() + "/stop") //nolint:bodyclose,noctx // it never answers
	require.ErrorContains(t, s.Wait(t.Context()), "the api ended by itself (exit status 3)")
	require.ErrorContains(t, s.Wait(t.Context()), "api was told to end", "the end of its log")
	require.NoError(t, s.Stop(t.Context()))

	t.Run("a second start keeps keys and tokens", func(t *testing.T) {
		s := start(t, options)
		requireNotes(t, notes, append(slices.Clone(first), first[:3]...)...)
		require.Equal(t, "token-of-3", s.Token("operator"))
		again, err := os.ReadFile(filepath.Join(dir, "keys.env"))
		require.NoError(t, err)
		require.Equal(t, keys, again)
		require.NoError(t, s.Stop(t.Context()))
	})
	require.NoError(t, dev.Reset(t.Context(), dir))
	require.NoDirExists(t, dir)
}

func TestStart_SaysWhichPortsAreTakenAndByWhom(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port

	_, err = dev.Start(t.Context(), dev.Options{
		Dir: t.TempDir(), NoProduct: true, Ports: dev.Ports{UI: port, Postgres: port},
	})
	require.ErrorContains(t, err, "port "+strconv.Itoa(port)+", for the Temporal UI, is taken by dev.test (process "+
		strconv.Itoa(os.Getpid())+"): stop it, or choose another port with WUTONG_UI_PORT=PORT")
	require.ErrorContains(t, err, "for PostgreSQL, is taken")
}

func TestStart_SaysThatTheProductIsNotBuilt(t *testing.T) {
	t.Parallel()
	_, err := dev.Start(t.Context(), dev.Options{Dir: t.TempDir(), Binary: "bin/nothing"})
	require.EqualError(t, err, "the program bin/nothing is missing: build it with `make build`")
}

func TestStart_SaysThatItsFolderCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := dev.Start(t.Context(), dev.Options{Dir: filepath.Join(file, ".dev"), NoProduct: true})
	require.ErrorContains(t, err, "cannot be made (not a directory): run this where you may write")
}

func TestStart_OnAFullDiskLeavesNoHalfOfTheKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(dir, "keys.env.partial")); err != nil {
		t.Skip(err)
	}
	_, err := dev.Start(t.Context(), dev.Options{Dir: dir, NoProduct: true})
	require.ErrorContains(t, err, "keep the keys")
	require.ErrorContains(t, err, "no space left on device")
	require.NoFileExists(t, filepath.Join(dir, "keys.env"))
}

func start(t *testing.T, o dev.Options) *dev.Stack {
	t.Helper()
	s, err := dev.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func requireNotes(t *testing.T, file string, want ...string) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, want, strings.Split(strings.TrimSpace(string(b)), "\n"))
}

func requireSecret(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
}

func body(t *testing.T, method, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(b)
}
