package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// fetched maps the major versions that can be fetched; the first is taken when any will do.
var fetched = []struct {
	major   int
	version embeddedpostgres.PostgresVersion
}{
	{17, embeddedpostgres.V17},
	{18, embeddedpostgres.V18},
	{16, embeddedpostgres.V16},
	{15, embeddedpostgres.V15},
	{14, embeddedpostgres.V14},
}

// repository is where programs are fetched from. Empty: the library's own choice. Tests set it.
var repository = ""

// fetchPrograms returns programs that were fetched earlier, or fetches them.
func fetchPrograms(ctx context.Context, major int, acct *account) (programs, error) {
	for _, f := range fetched {
		if major != 0 && f.major != major {
			continue
		}
		base, err := fetchFolder(acct)
		if err != nil {
			return programs{}, err
		}
		p := programs{dir: filepath.Join(base, string(f.version), "bin"), major: f.major}
		if _, err := os.Stat(p.path("postgres")); err == nil {
			return p, nil
		}
		return p, fetch(ctx, f.version, filepath.Dir(p.dir))
	}
	return programs{}, fmt.Errorf("version %d cannot be fetched", major)
}

// fetchFolder is a folder for fetched programs that the account can enter: the user's cache, or as root one that is
// neither under /root nor writable by others.
func fetchFolder(acct *account) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil || !acct.canEnter(filepath.Dir(base)) {
		base = "/var/cache"
	}
	dir := filepath.Join(base, "wutong-postgresql")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the unprivileged user runs what is in it
		return "", cannotMake(dir, err)
	}
	return dir, nil
}

// fetch puts the programs of one version into dir. The library has no call that only fetches: it is told to start a
// server, and when it has got past unpacking, what follows does not matter (as root it cannot succeed).
func fetch(ctx context.Context, version embeddedpostgres.PostgresVersion, dir string) error {
	work, err := os.MkdirTemp(filepath.Dir(dir), "fetching-")
	if err != nil {
		return cannotMake(dir, err)
	}
	defer os.RemoveAll(work)
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	unpacked := filepath.Join(work, "unpacked")
	cfg := embeddedpostgres.DefaultConfig().
		Version(version).
		Port(uint32(port)). //nolint:gosec // a port fits
		CachePath(filepath.Join(work, "cache")).
		RuntimePath(filepath.Join(work, "runtime")).
		DataPath(filepath.Join(work, "data")).
		BinariesPath(unpacked).
		StartTimeout(30 * time.Second).
		Logger(io.Discard)
	if repository != "" {
		cfg = cfg.BinaryRepositoryURL(repository)
	}
	failure, err := startBriefly(ctx, embeddedpostgres.NewDatabase(cfg))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(unpacked, "bin", "postgres")); err != nil {
		return errors.Join(failure, errors.New("check the network"))
	}
	if err := os.Chmod(unpacked, 0o755); err != nil { //nolint:gosec // the unprivileged user runs what is in it
		return fmt.Errorf("open %s: %w", unpacked, err)
	}
	if err := os.Rename(unpacked, dir); err != nil {
		return fmt.Errorf("put PostgreSQL's programs in place: %w", err)
	}
	return nil
}

// startBriefly returns how the library's start went. The library takes no context: at the end of ours it is left behind.
func startBriefly(ctx context.Context, db *embeddedpostgres.EmbeddedPostgres) (failure, err error) {
	ended := make(chan error, 1)
	go func() {
		err := db.Start()
		if err == nil {
			err = db.Stop()
		}
		ended <- err
	}()
	select {
	case failure = <-ended:
		return failure, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("fetch PostgreSQL: %w", ctx.Err())
	}
}
