package ports

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// dialLimit bounds the question whether anybody answers on a port.
const dialLimit = 200 * time.Millisecond

// Loopback is the address of a port on this machine only.
func Loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Free returns n different free ports. Another program can take one before it is used; nothing prevents that.
func Free(ctx context.Context, n int) ([]int, error) {
	found := make([]int, 0, n)
	for range n {
		l, err := listen(ctx, 0)
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // only at the end: so they differ
		found = append(found, l.Addr().(*net.TCPAddr).Port)
	}
	return found, nil
}

// Taken reports whether a port on loopback is in use.
func Taken(ctx context.Context, port int) bool {
	l, err := listen(ctx, port)
	if err != nil {
		return true
	}
	_ = l.Close()
	// Some systems let one program listen on all addresses and another on this one.
	dialer := net.Dialer{Timeout: dialLimit}
	conn, err := dialer.DialContext(ctx, "tcp", Loopback(port))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// Holder describes the program that listens on a port, such as "postgres (process 4711)", or "another program".
func Holder(port int) string {
	if name, pid := holder(port); pid != 0 {
		return fmt.Sprintf("%s (process %d)", name, pid)
	}
	return "another program"
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", Loopback(port))
}
