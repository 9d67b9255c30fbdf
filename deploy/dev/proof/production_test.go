package proof_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"wutong/store/pgserver"

	"wutong/deploy/dev/ports"
	"wutong/deploy/dev/temporald"
)

var production = regexp.MustCompile("(?s)<!-- production -->\n```sh\nmake build\n(.*?)```")

// What an operator checks first: the API is up, and a case that it takes in is taken up by the worker.
const firstCase = `
until curl -sf $WUTONG_PUBLIC_URL/readyz; do sleep 0.2; done
referral=$(curl -sS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' $WUTONG_PUBLIC_URL/v1/referrals -d '{
  "programme": "referral-2026", "channel": "alumni", "name": "林见川", "email": "jianchuan@example.com", "institution": "tsinghua",
  "field": "robotics", "evidence": ["https://example.com/paper"], "why": "Built the first of its kind."}')
case=$(echo "$referral" | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
until curl -sS -H "Authorization: Bearer $token" $WUTONG_PUBLIC_URL/v1/cases/$case | grep '"stage":"consent"'; do sleep 0.2; done
bin/wutong audit verify
`

// TestREADME_RunsInProduction does what the README says of production, with a PostgreSQL and a Temporal that are there
// already, and no mail service that answers.
func TestREADME_RunsInProduction(t *testing.T) {
	pg, err := pgserver.Start(t.Context(), pgserver.Config{Ephemeral: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pg.Stop(context.Background()) })
	require.NoError(t, pg.CreateDatabase(t.Context(), "wutong"))
	temporal, err := temporald.New(t.Context(), temporald.Config{Postgres: pg, Namespace: "wutong"})
	require.NoError(t, err)
	require.NoError(t, temporal.Start(t.Context()))
	t.Cleanup(func() { _ = temporal.Stop() })
	free, err := ports.Free(t.Context(), 2)
	require.NoError(t, err)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(free[0]))

	readme, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	block := production.FindSubmatch(readme)
	require.NotNil(t, block)
	commands := strings.NewReplacer(
		"postgres://wutong@127.0.0.1:5432/wutong?sslmode=disable", "'"+pg.URL("wutong")+"'",
		"127.0.0.1:7233", temporal.Address(), "127.0.0.1:8080", address,
		"/var/lib/wutong/documents", t.TempDir(),
		"bin/wutong token create --account ID ", "token=$(bin/wutong token create --account 019b7523-3400-7000-8000-000000000001) ",
	).Replace(string(block[1]))
	require.Contains(t, commands, "token=$(")

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", "set -eu\ntrap 'kill $(jobs -p); wait' EXIT\n"+commands+firstCase)
	shell.Cancel = func() error { return shell.Process.Signal(syscall.SIGTERM) } // its trap stops the others
	shell.WaitDelay = 20 * time.Second
	shell.Dir = built(t)
	shell.Env = append(os.Environ(), "WUTONG_ADDR="+address, "SENDGRID_HOST=http://"+net.JoinHostPort("127.0.0.1", strconv.Itoa(free[1])))
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "every history is as it was written")
	require.NotContains(t, string(out), `"level":"ERROR"`)
}
