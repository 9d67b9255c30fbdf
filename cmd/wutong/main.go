// Command wutong is the one binary of the station: the API, the workers, and
// the commands that prepare and check its database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

const usage = `wutong runs a city's youth talent station.

  wutong api                       serve HTTP
  wutong worker                    run the workers
  wutong migrate                   bring the database up to date
  wutong seed DIR                  load branches, people and programmes
  wutong token create --account ID [--scope full] [--expires 720h]
                                   print a new bearer token
  wutong calendar load FILE        load working days (CSV: date,kind,name)
  wutong audit verify              check the history of every case

The environment says with what: DATABASE_URL, WUTONG_ADDR, TEMPORAL_ADDRESS and the
rest of Temporal's, WUTONG_CODEC_KEYS, WUTONG_LINK_KEY, SENDGRID_API_KEY, WUTONG_MAIL_FROM.
WUTONG_DOCUMENTS is where documents are kept: file:///FOLDER, or s3://BUCKET with its
parameters; without it none are taken.
WUTONG_RATE is how many requests a second a token may make (or none), WUTONG_MAIL_DOUBT
how long to wait for word of a mail before it is sent again (15m).
`

// errUsage is a mistake in how the command was called.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	err := run(ctx, log, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprint(os.Stderr, usage)
		os.Exit(2) //nolint:gocritic // stop frees nothing that outlives the process
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "wutong:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case "api":
		return runAPI(ctx, log)
	case "worker":
		return runWorker(ctx, log)
	case "migrate":
		return migrate(ctx, out)
	case "seed":
		return seed(ctx, args[1:], out)
	case "token":
		return createToken(ctx, args[1:], out)
	case "calendar":
		return loadCalendar(ctx, args[1:], out)
	case "audit":
		return audit(ctx, args[1:], out)
	default:
		return errUsage
	}
}
