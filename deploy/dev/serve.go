package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"wutong/deploy/dev/ports"
)

// httpPart is a part of the stack that is a handler in this process.
type httpPart struct{ server *http.Server }

func serve(ctx context.Context, port int, handler http.Handler) (*httpPart, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", ports.Loopback(port))
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	p := &httpPart{server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}}
	go func() { _ = p.server.Serve(l) }() // it ends when stop closes the listener
	return p, nil
}

// stop lets requests end for a moment, then cuts them off: a stream of events has no end of its own.
func (p *httpPart) stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := p.server.Shutdown(short); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving on %s: %w", p.server.Addr, err)
	}
	return p.server.Close()
}
