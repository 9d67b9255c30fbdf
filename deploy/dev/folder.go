package dev

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// openFolder makes the stack's folder and takes its lock, so that two stacks never share data.
func openFolder(dir string) (lock *os.File, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user must pass; what is secret is in files closed to others
		return nil, fmt.Errorf("the folder %s cannot be made (%w): run this where you may write", dir, reason(err))
	}
	lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in our own folder
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be used (%w): make it yours, or remove it", dir, reason(err))
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(lock.Name())
		_ = lock.Close()
		return nil, fmt.Errorf("a stack already runs on %s (process %s): use it, or stop it with Ctrl-C there", dir, strings.TrimSpace(string(holder)))
	}
	// The number is for the message above; the kernel drops the lock itself when its holder dies.
	if err := errors.Join(lock.Truncate(0), writeAt(lock, fmt.Sprintln(os.Getpid()))); err != nil {
		return nil, errors.Join(fmt.Errorf("write in the folder %s: %w", dir, err), lock.Close())
	}
	return lock, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// reason is what the system said, without the operation and the path around it.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
