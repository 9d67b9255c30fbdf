package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the unprivileged user that PostgreSQL runs as when we are root. A nil account is ourselves.
type account struct {
	name     string
	uid, gid uint32
}

// pickAccount returns nil unless we are root. As root it is the owner of data made earlier, or PostgreSQL's own user if
// the system has one, or nobody.
func pickAccount(data string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // a nil account means ourselves, as its comment says
	}
	if info, err := os.Stat(data); err == nil {
		if uid, gid := owner(info); uid != 0 {
			return &account{name: "user " + strconv.Itoa(int(uid)), uid: uid, gid: gid}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseInt(u.Uid, 10, 64)
		gid, errGID := strconv.ParseInt(u.Gid, 10, 64)
		if errors.Join(errUID, errGID) == nil && uid != 0 {
			// Some systems number nobody -2: as unsigned, that is what the kernel means.
			return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil //nolint:gosec // wraps on purpose
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root and this system has no user postgres or nobody: " +
		"run this as an ordinary user")
}

// command is a command that runs as the account, with an environment that holds nothing of ours.
func (a *account) command(path string, args ...string) *exec.Cmd {
	cmd := &exec.Cmd{Path: path, Args: append([]string{path}, args...), Env: []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}}
	if a != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
	return cmd
}

// canEnter reports whether the account may pass through every folder of a path, by their mode bits.
func (a *account) canEnter(dir string) bool {
	if a == nil {
		return true
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || !a.may(info, 0o1) {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

func (a *account) may(info fs.FileInfo, bit fs.FileMode) bool {
	uid, gid := owner(info)
	switch {
	case uid == a.uid:
		bit <<= 6
	case gid == a.gid:
		bit <<= 3
	}
	return info.Mode().Perm()&bit != 0
}

// own gives a file or folder to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	if err := os.Lchown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("give %s to user %s: %w", path, a.name, err)
	}
	return nil
}

func owner(info fs.FileInfo) (uid, gid uint32) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return stat.Uid, stat.Gid
}
