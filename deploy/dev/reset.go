package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"wutong/store/pgserver"
)

// Reset removes a stack's folder with all its data. It refuses while the stack runs.
func Reset(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	lock, err := openFolder(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	// PostgreSQL's data may have been placed elsewhere, and its server may have survived a kill.
	if err := pgserver.Remove(ctx, filepath.Join(dir, postgresFolder)); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	return nil
}
