package pgserver

import (
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// start starts an ephemeral server for one test.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

// folder is a test's own folder, whose parents the unprivileged user may pass.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return dir
}

func open(t *testing.T, s *Server, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", s.URL(database))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestServer_SpeaksUTF8AndHasItsExtensionsAndGoesWithoutTrace(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Config{Dir: dir, Ephemeral: true})
	require.NoError(t, s.CreateDatabase(t.Context(), "odd name"))
	require.NoError(t, s.CreateDatabase(t.Context(), "odd name"), "creating it again")

	db := open(t, s, "odd name")
	var encoding, word string
	require.NoError(t, db.QueryRowContext(t.Context(), `SHOW server_encoding`).Scan(&encoding))
	require.Equal(t, "UTF8", encoding)
	_, err := db.ExecContext(t.Context(), `CREATE EXTENSION pg_trgm`)
	require.NoError(t, err)
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT left('季逸超', 1)`).Scan(&word))
	require.Equal(t, "季", word)

	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, s.Stop(t.Context()), "stopping it again")
	require.NoDirExists(t, dir)
	require.Error(t, db.PingContext(t.Context()))
}

func TestServer_AsksForItsPassword(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Ephemeral: true})
	stranger := &Server{port: s.port, password: "wrong"}
	require.ErrorContains(t, open(t, stranger, "postgres").PingContext(t.Context()), "password authentication failed")
}

func TestServer_KeepsWhatWasCommittedOverACrashARestartAndANewStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	s := start(t, Config{Dir: dir})
	port := s.Port()
	db := open(t, s, "postgres")
	_, err := db.ExecContext(t.Context(), `CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)`)
	require.NoError(t, err)

	s.Kill()
	<-s.Done()
	require.Error(t, db.PingContext(t.Context()))
	require.NoError(t, s.Restart(t.Context()))
	require.Equal(t, port, s.Port())
	requireKept(t, s)

	_, err = Start(t.Context(), Config{Dir: dir})
	require.ErrorContains(t, err, "is in use by another process: stop that one first")

	require.NoError(t, s.Stop(t.Context()))
	require.ErrorContains(t, s.Restart(t.Context()), "start a new one")
	s = start(t, Config{Dir: dir})
	requireKept(t, s)
}

func requireKept(t *testing.T, s *Server) {
	t.Helper()
	var n int
	require.NoError(t, open(t, s, "postgres").QueryRowContext(t.Context(), `SELECT n FROM kept`).Scan(&n))
	require.Equal(t, 1, n)
}

func TestStart_StopsAServerThatAKilledProcessLeftBehind(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	left := start(t, Config{Dir: dir})
	require.ErrorContains(t, StopLeftover(t.Context(), dir), "in use", "as long as its holder lives")
	left.home.close() // what the kernel does when its holder is killed; the server itself goes on

	s := start(t, Config{Dir: dir})
	require.NoError(t, open(t, s, "postgres").PingContext(t.Context()))
	require.False(t, left.proc.Running())

	// The file of a dead server may name a process that is something else by now: this one.
	require.NoError(t, s.Stop(t.Context()))
	pidfile := filepath.Join(s.home.data(), "postmaster.pid")
	require.NoError(t, os.WriteFile(pidfile, []byte("1\n"), 0o600))
	require.NoError(t, stopOrphan(t.Context(), s.home.data()))
	require.FileExists(t, pidfile, "left to PostgreSQL")
	require.NoError(t, syscall.Kill(os.Getpid(), 0))
	require.NoError(t, os.WriteFile(pidfile, []byte(itoa(os.Getpid())+"\n"), 0o600))
	require.NoError(t, stopOrphan(t.Context(), s.home.data()))
	require.NoFileExists(t, pidfile)
}

func TestStart_SaysThatThePortIsTaken(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port

	_, err = Start(t.Context(), Config{Port: port, Ephemeral: true})
	require.ErrorContains(t, err, "port "+itoa(port)+" is taken by another program")
}

func TestStart_RefusesAFolderThatHoldsSomethingElse(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600))
	_, err := Start(t.Context(), Config{Dir: dir})
	require.ErrorContains(t, err, "holds other files: choose an empty folder")
}

func TestStart_SaysThatAFolderCannotBeMade(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Start(t.Context(), Config{Dir: filepath.Join(file, "pg")})
	require.ErrorContains(t, err, "cannot be made (not a directory): choose one that you may write to")
}

func TestHome_IsFreeAgainWhileAChildStillHasACopyOfItsLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "pg")
	h, err := openHome(dir)
	require.NoError(t, err)
	_, err = openHome(dir)
	require.ErrorContains(t, err, "in use")
	inherited, err := syscall.Dup(int(h.lock.Fd()))
	require.NoError(t, err)
	defer func() { _ = syscall.Close(inherited) }()

	h.close()
	again, err := openHome(dir)
	require.NoError(t, err)
	again.close()
}

func TestStart_AsRootPlacesDataThatTheUnprivilegedUserCannotReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody else")
	}
	closed := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	dir := filepath.Join(closed, "deep", "pg")
	s := start(t, Config{Dir: dir})
	away := s.home.dir
	require.NotEqual(t, dir, away)
	_, err := open(t, s, "postgres").ExecContext(t.Context(), `CREATE TABLE kept AS SELECT 1 AS n`)
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()))

	s = start(t, Config{Dir: dir})
	requireKept(t, s)
	require.ErrorContains(t, Remove(t.Context(), dir), "in use")
	require.NoError(t, s.Stop(t.Context()))
	require.NoError(t, Remove(t.Context(), dir))
	require.NoDirExists(t, away)
	_, err = os.Lstat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, Remove(t.Context(), dir), "removing it again")
}
