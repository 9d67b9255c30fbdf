package pgserver

import (
	"context"
	"os"
	"strconv"
	"strings"
)

func commandLine(_ context.Context, pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(b), "\x00", " ")
}
