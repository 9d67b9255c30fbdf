//go:build !linux

package pgserver

import (
	"context"
	"os/exec"
	"strconv"
)

func commandLine(ctx context.Context, pid int) string {
	ps, err := exec.LookPath("ps")
	if err != nil {
		return ""
	}
	out, err := output(ctx, &exec.Cmd{Path: ps, Args: []string{ps, "-ww", "-o", "command=", "-p", strconv.Itoa(pid)}})
	if err != nil {
		return ""
	}
	return out
}
