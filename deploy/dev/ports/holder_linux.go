package ports

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listening is the state of a listening socket in the kernel's tables.
const listening = "0A"

// holder finds the socket that listens on a port in the kernel's tables, and then the process that has it open. Without
// root it sees only the user's own processes.
func holder(port int) (name string, pid int) {
	sockets := make(map[string]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		addSockets(sockets, table, port)
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && sockets[target] {
			process := strings.Split(link, "/")[2]
			comm, _ := os.ReadFile("/proc/" + process + "/comm") //nolint:gosec // a number, as globbed
			pid, _ := strconv.Atoi(process)
			return strings.TrimSpace(string(comm)), pid
		}
	}
	return "", 0
}

// addSockets adds the sockets of a table that listen on a port, as links to them read: "socket:[12345]".
func addSockets(sockets map[string]bool, table string, port int) {
	f, err := os.Open(table) //nolint:gosec // one of two fixed names
	if err != nil {
		return
	}
	defer f.Close()
	suffix := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && strings.HasSuffix(fields[1], suffix) && fields[3] == listening {
			sockets["socket:["+fields[9]+"]"] = true
		}
	}
}
