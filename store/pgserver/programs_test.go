package pgserver

import (
	"archive/zip"
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func itoa(n int) string { return strconv.Itoa(n) }

// install writes programs that are scripts: all that inspect looks at is there.
func install(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"initdb", "postgres"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	return dir
}

func TestInspect_TellsVersionsAndWrappersApart(t *testing.T) {
	t.Parallel()
	p, binary := inspect(t.Context(), install(t, "17.2 (Debian 17.2-1)"))
	require.Equal(t, 17, p.major)
	require.False(t, binary, "a script is a wrapper")

	alone := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(alone, "initdb"), []byte("#!/bin/sh\n"), 0o755))
	p, _ = inspect(t.Context(), alone)
	require.Zero(t, p.major, "a lone initdb is no installation")
}

func TestFindPrograms_PrefersRealProgramsToWrappersOnPath(t *testing.T) {
	real, err := findPrograms(t.Context(), 0, nil)
	require.NoError(t, err)

	t.Setenv("PATH", install(t, strconv.Itoa(real.major)+".0"))
	found, err := findPrograms(t.Context(), 0, nil)
	require.NoError(t, err)
	require.False(t, isScript(found.path("initdb")), "found %s", found.dir)
}

func TestLastLine_SaysWhatWentWrongInAProgram(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]string{
		"initdb: error: invalid locale name \"C.UTF-8\"\n": `invalid locale name "C.UTF-8"`,
		"running bootstrap script ... 2026-11-25 02:44:27.521 UTC [19982] FATAL:  could not extend file \"base/1/2691\": No space left on device\n" +
			"child process exited with exit code 134\ninitdb: removing data directory \"data.new\"\n": `could not extend file "base/1/2691": No space left on device`,
		"Segmentation fault\n": "Segmentation fault",
		"":                     "exit status 1",
	} {
		require.Equal(t, want, lastLine(out, errors.New("exit status 1")))
	}
}

func TestCandidates_ListTheNewestFirst(t *testing.T) {
	t.Parallel()
	require.Negative(t, newestFirst("/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/9/bin"))
}

func TestFetchPrograms_KeepsWhatItFetched(t *testing.T) {
	archive, err := os.ReadFile("testdata/programs.txz")
	require.NoError(t, err)
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres.txz")
	require.NoError(t, err)
	_, err = w.Write(archive)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		requests++
		_, _ = w.Write(jar.Bytes())
	}))
	defer server.Close()
	repository = server.URL
	defer func() { repository = "" }()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())

	p, err := fetchPrograms(t.Context(), 16, nil)
	require.NoError(t, err)
	require.FileExists(t, p.path("initdb"))
	again, err := fetchPrograms(t.Context(), 16, nil)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Equal(t, 1, requests)

	left, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(p.dir))), "*", "fetching-*"))
	require.NoError(t, err)
	require.Empty(t, left)

	server.Close()
	_, err = fetchPrograms(t.Context(), 17, nil)
	require.ErrorContains(t, notFound(0, err), "PostgreSQL is not installed and could not be fetched")
	_, err = fetchPrograms(t.Context(), 9, nil)
	require.ErrorContains(t, notFound(9, err), "the data was made by PostgreSQL 9, which is not installed")
}
