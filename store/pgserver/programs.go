package pgserver

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the oldest major version that is taken: older ones are past the end of their support.
const oldest = 14

// usualFolders are where systems put PostgreSQL's programs when they are not on PATH.
var usualFolders = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // Red Hat, from PostgreSQL's own packages
	"/usr/lib/postgresql*/bin",          // SUSE
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
	"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/opt/local/lib/postgresql*/bin", // MacPorts
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin", // built by hand
	"/usr/local/bin",
	"/usr/bin",
}

// programs is a folder that holds initdb and postgres.
type programs struct {
	dir   string
	major int
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// findPrograms finds PostgreSQL, or fetches it. Data made by one major version opens with that version only: major, if
// not 0, is the one wanted.
func findPrograms(ctx context.Context, major int, acct *account) (programs, error) {
	fits := func(p programs) bool {
		return p.major >= oldest && (major == 0 || p.major == major) && acct.canEnter(p.dir)
	}
	var wrapped []programs
	for _, dir := range candidates(ctx) {
		p, binary := inspect(ctx, dir)
		if !fits(p) {
			continue
		}
		if binary {
			return p, nil
		}
		wrapped = append(wrapped, p)
	}
	// Version managers put scripts on PATH that may work for one user and one environment only: a last resort.
	if len(wrapped) > 0 {
		return wrapped[0], nil
	}
	p, err := fetchPrograms(ctx, major, acct)
	if err != nil {
		return programs{}, notFound(major, err)
	}
	return p, nil
}

func notFound(major int, fetch error) error {
	if major != 0 {
		return fmt.Errorf("the data was made by PostgreSQL %d, which is not installed and could not be fetched (%w): "+
			"install that version, or remove the data", major, fetch)
	}
	return fmt.Errorf("PostgreSQL is not installed and could not be fetched (%w): "+
		"install it (Debian: apt-get install postgresql; macOS: brew install postgresql)", fetch)
}

// candidates lists folders to look into, the likeliest first.
func candidates(ctx context.Context) []string {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	if config, err := exec.LookPath("pg_config"); err == nil {
		cmd := &exec.Cmd{Path: config, Args: []string{config, "--bindir"}}
		if out, err := output(ctx, cmd); err == nil {
			dirs = append(dirs, strings.TrimSpace(out))
		}
	}
	for _, pattern := range usualFolders {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, newestFirst)
		dirs = append(dirs, found...)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// newestFirst compares folder names by the number in them: 9 comes after 16.
func newestFirst(a, b string) int {
	number := func(s string) int {
		n, _ := strconv.Atoi(digits.FindString(s))
		return n
	}
	return cmp.Compare(number(b), number(a))
}

var versionWords = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// inspect reports which PostgreSQL lives in a folder, if any, and whether its programs are real or wrapper scripts.
func inspect(ctx context.Context, dir string) (p programs, binary bool) {
	p = programs{dir: dir}
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(p.path(name)); err != nil {
			return programs{}, false
		}
	}
	postgres := p.path("postgres")
	out, err := output(ctx, &exec.Cmd{Path: postgres, Args: []string{postgres, "--version"}})
	if err != nil {
		return programs{}, false
	}
	version := versionWords.FindStringSubmatch(out)
	if version == nil {
		return programs{}, false
	}
	p.major, _ = strconv.Atoi(version[1])
	return p, !isScript(postgres) && !isScript(p.path("initdb"))
}

func isScript(path string) bool {
	f, err := os.Open(path) //nolint:gosec // a program found by its name
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 2)
	_, err = io.ReadFull(f, start)
	return err == nil && bytes.Equal(start, []byte("#!"))
}
