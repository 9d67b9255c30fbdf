package proof_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/ports"
)

// walk finds the commands of the README that take a case of each process through.
var walk = regexp.MustCompile("(?s)<!-- walk -->\n```sh\n(.*?)```")

// TestREADME_TakesACaseOfEachProcessThrough does what a newcomer does: start the station, walk through the README, press Ctrl-C,
// and find everything again the next day.
func TestREADME_TakesACaseOfEachProcessThrough(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	var script strings.Builder
	script.WriteString("set -eu\n")
	for _, block := range walk.FindAllStringSubmatch(string(readme), -1) {
		script.WriteString(block[1])
	}
	checkout := built(t)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(checkout, "bin", "wutong-dev"), "wutong/deploy/dev/cmd/wutong-dev")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	free, err := ports.Free(t.Context(), 6)
	require.NoError(t, err)
	var port []string
	for _, n := range free {
		port = append(port, strconv.Itoa(n))
	}
	env := append(os.Environ(), "WUTONG_ADDR=127.0.0.1:"+port[0], "TEMPORAL_ADDRESS=127.0.0.1:"+port[1], "WUTONG_UI_PORT="+port[2],
		"WUTONG_CODEC_PORT="+port[3], "WUTONG_MAILBOX_PORT="+port[4], "WUTONG_POSTGRES_PORT="+port[5])
	commands := strings.NewReplacer(":8080", ":"+port[0], ":8025", ":"+port[4]).Replace(script.String())

	ctrlC := run(t, checkout, env)
	shell := exec.CommandContext(t.Context(), "bash", "-c", commands)
	shell.Dir = checkout
	out, err = shell.CombinedOutput()
	require.NoError(t, err, string(out))
	require.NotContains(t, string(out), "curl:", "a request that could not be made")
	tookEachThrough(t, string(out))
	letter, err := os.ReadFile(filepath.Join(checkout, ".dev", "letter.pdf"))
	require.NoError(t, err)
	require.Equal(t, "%PDF-", string(letter[:5]))
	ctrlC()

	ctrlC = run(t, checkout, env)
	shell = exec.CommandContext(t.Context(), "bash", "-c", "curl -sS -H \"Authorization: Bearer $(bin/wutong-dev tokens officer | head -1)\" http://127.0.0.1:"+port[0]+"/v1/talents")
	shell.Dir = checkout
	out, err = shell.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "林见川", "the next day")
	ctrlC()
}

// tookEachThrough checks what the commands of the README have printed.
func tookEachThrough(t *testing.T, out string) {
	t.Helper()
	require.Equal(t, 5+10+40+13+4, strings.Count(out, `"status":"recorded"`),
		"a consent, a check, three scores; two checks, three scores, no defence, a signature, an agreement, an order, a payment; "+
			"five phases, ten acts of screening, two seats, two check-ins, twelve acts of scoring, four commitments, twice feedback, two confirmations, a payment; "+
			"a company, papers, four acts for a mentor, three for an office, three ratings, a call; a check, two scores, a signature:\n%s", out)
	for said, of := range map[string]string{
		`"status":"accepted"`: "the referral", `"kind":"accepted"`: "its history", `"name":"林见川"`: "the reserve",
		`"award":{"fen":10000000,"currency":"CNY"}`: "the public notice",
		`"paid":{"fen":5000000,"currency":"CNY"}`:   "the fund", `"reference":"ICBC-0001"`: "its ledger",
		`"committed":{"fen":80000000,"currency":"CNY"},"match":{"fen":16000000,"currency":"CNY"}`: "the round's report",
		`"status":"unfunded"`: "and the other project in it", "800000.00,160000.00": "the same for a spreadsheet",
		`"for":[{"code":"office",`: "the one list of papers", `"kind":"provider_changed"`: "the timeline", `"kind":"called_back"`: "its end",
		"合计,1,1,1,0,0,0,": "the provider's report", `"status":"valid"`: "the letter", "<title>聘书 HZ-LETTER-": "its page", "C9高校,9,1,0,8": "what is covered",
	} {
		require.Contains(t, out, said, of)
	}
}

// built is a folder like a checkout after `make build`, as far as the README's commands see it.
func built(t *testing.T) string {
	t.Helper()
	checkout := t.TempDir()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(checkout, "bin"), 0o750))
	require.NoError(t, os.Symlink(binary, filepath.Join(checkout, "bin", "wutong")))
	require.NoError(t, os.Symlink(filepath.Join(root, "deploy"), filepath.Join(checkout, "deploy")))
	return checkout
}

// run starts the station and waits until its screen is there; ctrlC ends it and checks that nothing of it is left.
func run(t *testing.T, checkout string, env []string) (ctrlC func()) {
	t.Helper()
	station := exec.CommandContext(t.Context(), filepath.Join(checkout, "bin", "wutong-dev"), "run")
	station.Dir, station.Env = checkout, env
	screen := &said{}
	station.Stdout, station.Stderr = screen, screen
	require.NoError(t, station.Start())
	ended := make(chan error, 1)
	go func() { ended <- station.Wait() }()
	for begun := time.Now(); !strings.Contains(screen.String(), "\nTry\n"); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-ended:
			require.FailNow(t, "the station ended", "%v\n%s", err, screen)
		default:
			require.Less(t, time.Since(begun), patience, screen.String())
		}
	}
	return func() {
		require.NoError(t, station.Process.Signal(syscall.SIGINT))
		require.NoError(t, <-ended, screen.String())
		for _, v := range env[len(env)-6:] {
			n, err := strconv.Atoi(v[strings.LastIndexAny(v, "=:")+1:])
			require.NoError(t, err)
			require.False(t, ports.Taken(t.Context(), n), "%s: somebody still listens", v)
		}
	}
}

// said is what a process has said so far.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
