package pgserver

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// tempPrefix begins the names of temporary data folders.
	tempPrefix = "wutong-pg-"
	// awayPrefix begins the names of data folders that had to be placed elsewhere.
	awayPrefix = "wutong-postgres-"
	// lockName is the file in a data folder whose lock its user holds.
	lockName = "lock"
	// abandonedAfter is how much older than ours a temporary folder without a process must be before it is swept.
	abandonedAfter = 10 * time.Minute
)

// home is a server's folder: its data, its password, and the lock that its user holds.
type home struct {
	asked   string // the folder the caller named
	dir     string // where it really is
	account *account
	lock    *os.File // nil once closed
}

func (h *home) data() string         { return filepath.Join(h.dir, "data") }
func (h *home) passwordFile() string { return filepath.Join(h.dir, "password") }

// openHome makes the folder if need be, and takes its lock.
func openHome(asked string) (*home, error) {
	acct, err := pickAccount(filepath.Join(asked, "data"))
	if err != nil {
		return nil, err
	}
	h := &home{asked: asked, account: acct}
	if h.dir, err = place(asked, acct); err != nil {
		return nil, err
	}
	if err := h.refuseForeign(); err != nil {
		return nil, err
	}
	if err := acct.own(h.dir); err != nil {
		return nil, err
	}
	if err := os.Chmod(h.dir, 0o700); err != nil { //nolint:gosec // a folder needs its x bit
		return nil, fmt.Errorf("%s belongs to another user: run this as that user, or choose another folder", h.dir)
	}
	return h, h.takeLock()
}

// refuseForeign protects a folder that was named by mistake: it is about to change its owner and to be closed to others.
func (h *home) refuseForeign() error {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return fmt.Errorf("%s belongs to another user: run this as that user, or choose another folder", h.asked)
	}
	if len(entries) == 0 || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == lockName }) {
		return nil
	}
	return fmt.Errorf("%s holds other files: choose an empty folder for PostgreSQL's data", h.asked)
}

// place returns the folder where the account can keep data for the folder asked for. As root, a checkout's parents may
// be closed to the unprivileged user; the data then goes to a folder for temporary files that survives a reboot, and
// asked becomes a link to it.
func place(asked string, acct *account) (string, error) {
	if real, err := filepath.EvalSymlinks(asked); err == nil && acct.canEnter(filepath.Dir(real)) {
		return real, nil
	}
	if err := os.MkdirAll(filepath.Dir(asked), 0o755); err != nil { //nolint:gosec // others may pass; data is in 0700 below
		return "", cannotMake(asked, err)
	}
	if acct.canEnter(filepath.Dir(asked)) {
		return asked, mkdir(asked)
	}
	away, err := elsewhere(asked, acct)
	if err != nil {
		return "", err
	}
	if target, err := os.Readlink(asked); err == nil && target == away {
		return away, mkdir(away)
	}
	if err := os.Remove(asked); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("PostgreSQL runs as user %s, which may not enter %s: move its folder or remove it", acct.name, asked)
	}
	if err := os.Symlink(away, asked); err != nil {
		return "", cannotMake(asked, err)
	}
	return away, mkdir(away)
}

func mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return cannotMake(dir, err)
	}
	return nil
}

func cannotMake(dir string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("the folder %s cannot be made (%w): choose one that you may write to", dir, err)
}

// elsewhere is a folder for data that cannot stay where it was asked for. Its name depends on nothing but that place.
// Others may write beside it, so one that is there already must be ours.
func elsewhere(asked string, acct *account) (string, error) {
	sum := sha256.Sum256([]byte(asked))
	name := awayPrefix + hex.EncodeToString(sum[:6])
	for _, base := range []string{"/var/tmp", os.TempDir()} {
		if !acct.canEnter(base) {
			continue
		}
		dir := filepath.Join(base, name)
		if info, err := os.Lstat(dir); err == nil {
			if uid, _ := owner(info); !info.IsDir() || (uid != 0 && uid != acct.uid) {
				return "", fmt.Errorf("%s belongs to another user: remove it", dir)
			}
		}
		return dir, nil
	}
	return "", fmt.Errorf("PostgreSQL runs as user %s, which may enter neither %s nor a folder for temporary files: "+
		"run this as an ordinary user", acct.name, filepath.Dir(asked))
}

// takeLock makes sure that nobody else uses the folder. The kernel drops the lock when its holder dies, however it dies.
func (h *home) takeLock() error {
	f, err := os.OpenFile(filepath.Join(h.dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return cannotMake(h.dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return fmt.Errorf("the PostgreSQL data in %s is in use by another process: stop that one first", h.asked)
	}
	h.lock = f
	return nil
}

// close gives the lock back. Closing the file would not do: a program that this process starts at that instant, for
// anyone, has a copy of it until it is running.
func (h *home) close() {
	if h.lock != nil {
		_ = syscall.Flock(int(h.lock.Fd()), syscall.LOCK_UN)
		_ = h.lock.Close()
		h.lock = nil
	}
}

func (h *home) remove() error {
	err := os.RemoveAll(h.dir)
	if h.asked != h.dir {
		err = errors.Join(err, os.RemoveAll(h.asked))
	}
	if err != nil {
		return fmt.Errorf("remove PostgreSQL's data: %w", err)
	}
	return nil
}

// major is the major version of PostgreSQL that made the data, 0 if there is none.
func (h *home) major() (int, error) {
	b, err := os.ReadFile(filepath.Join(h.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read PostgreSQL's data in %s: %w", h.dir, err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("%s does not hold PostgreSQL's data: remove it", h.dir)
	}
	return major, nil
}

// password returns the server's password, made at first use.
func (h *home) password() (string, error) {
	b, err := os.ReadFile(h.passwordFile())
	if err == nil && len(b) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read PostgreSQL's password: %w", err)
	}
	if _, err := os.Stat(h.data()); err == nil {
		return "", fmt.Errorf("the file password is missing from %s, so its data cannot be opened: remove that folder", h.asked)
	}
	password := rand.Text()
	if err := os.WriteFile(h.passwordFile(), []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep PostgreSQL's password: %w", err)
	}
	return password, h.account.own(h.passwordFile()) // initdb reads it
}

func (h *home) clear(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("clear %s: %w", path, err)
	}
	return nil
}

func (h *home) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("put PostgreSQL's data in place: %w", err)
	}
	return nil
}

// sweepTemp removes temporary data folders whose process was killed before it could: a test run that was cut short
// leaves some forty megabytes.
func sweepTemp(ours string) {
	now, err := os.Stat(ours)
	if err != nil {
		return
	}
	others, _ := filepath.Glob(filepath.Join(filepath.Dir(ours), tempPrefix+"*"))
	for _, dir := range others {
		info, err := os.Lstat(dir)
		if dir == ours || err != nil || !info.IsDir() || now.ModTime().Sub(info.ModTime()) < abandonedAfter {
			continue
		}
		h := &home{asked: dir, dir: dir}
		if h.takeLock() == nil {
			_ = h.remove()
			h.close()
		}
	}
}
