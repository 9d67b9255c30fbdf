package dev

import (
	"context"
	"errors"
	"fmt"

	"wutong/deploy/dev/ports"
)

// claim checks the ports that were asked for and picks the others. The UI's server exits the process when its port is
// taken, and everything else says so in its own words: better to look first, and to say which program to stop.
func claim(ctx context.Context, o Options) (Ports, error) {
	type wish struct {
		part, variable string
		port           *int
		wanted         bool
	}
	p := o.Ports
	wishes := []wish{
		{"the API", "WUTONG_ADDR=127.0.0.1:PORT", &p.API, !o.NoProduct},
		{"Temporal", "TEMPORAL_ADDRESS=127.0.0.1:PORT", &p.Temporal, true},
		{"the Temporal UI", "WUTONG_UI_PORT=PORT", &p.UI, !o.NoUI},
		{"the Temporal UI's decryption", "WUTONG_CODEC_PORT=PORT", &p.Codec, !o.NoUI},
		{"the mailbox", "WUTONG_MAILBOX_PORT=PORT", &p.Mailbox, true},
		{"PostgreSQL", "WUTONG_POSTGRES_PORT=PORT", &p.Postgres, true},
	}
	free, err := ports.Free(ctx, len(wishes))
	if err != nil {
		return p, err
	}
	var taken []error
	for i, w := range wishes {
		switch {
		case *w.port == 0:
			*w.port = free[i]
		case w.wanted && ports.Taken(ctx, *w.port):
			taken = append(taken, fmt.Errorf("port %d, for %s, is taken by %s: stop it, or choose another port with %s",
				*w.port, w.part, ports.Holder(*w.port), w.variable))
		}
	}
	return p, errors.Join(taken...)
}
