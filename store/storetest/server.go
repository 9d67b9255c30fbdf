package storetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/store/pgserver"
)

// shared is the one server of this process.
var shared struct {
	sync.Mutex
	server *pgserver.Server
	owner  *sqlx.DB
	err    error // why there is none: every test says so, none tries again
}

// Main runs a package's tests and leaves nothing behind when it returns:
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
//
// Without it the same happens a moment after the process has ended.
func Main(m *testing.M) {
	code := m.Run()
	if err := stop(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func start() (*pgserver.Server, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = startReaped()
		if shared.err == nil {
			shared.owner, shared.err = sqlx.Open("postgres", shared.server.URL("postgres"))
		}
	}
	return shared.server, shared.err
}

func stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return nil
	}
	_ = shared.owner.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return shared.server.Stop(ctx)
}

// startReaped starts a server whose folder goes when this process does.
func startReaped() (*pgserver.Server, error) {
	// the name is one that pgserver sweeps, should the reaper be killed too
	dir, err := os.MkdirTemp("", "wutong-pg-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the tests' PostgreSQL: %w", err)
	}
	if err := reap(dir); err != nil {
		return nil, fmt.Errorf("watch over %s: %w", dir, err)
	}
	return pgserver.Start(context.Background(), pgserver.Config{Dir: dir, Ephemeral: true})
}

// reaper waits until its input closes, which the kernel does when this process
// ends, then stops the server (where the kernel has not) and removes its folder.
const reaper = `cat >/dev/null
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -e "$0" ] || exit 0
	pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null)
	[ -n "$pid" ] && ps -o args= -p "$pid" 2>/dev/null | grep -qF "$0" && kill -QUIT "$pid" 2>/dev/null
	rm -rf "$0" 2>/dev/null
	sleep 0.2
done`

func reap(dir string) error {
	cmd := exec.CommandContext(context.Background(), "sh", "-c", reaper, dir) //nolint:gosec // a constant script; dir is its $0
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}                     // Ctrl-C is for the tests only
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	held = in
	return cmd.Start()
}

// held is the reaper's input: referred to, so that it stays open.
var held any //nolint:unused // see above
