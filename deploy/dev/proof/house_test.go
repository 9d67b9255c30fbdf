package proof_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev"
	"wutong/deploy/dev/crowd"
	"wutong/deploy/dev/mailbox"
)

// patience is how long anything may take to come right again. The longest way is
// a minute's absence, half a minute until a lost activity is tried again, and a
// minute until the next sweep.
const patience = 3 * time.Minute

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wutong-proof-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "wutong")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "wutong/cmd/wutong")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build the product: %v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// house is a running station with its people.
type house struct {
	*crowd.Crowd
	t     *testing.T
	stack *dev.Stack
	db    *sql.DB
	dir   string
	once  sync.Once // the story of the first that stands still
}

const (
	usual   = "proof-referral"
	crowded = "proof-crowd" // twenty are asked, three are enough
)

// openHouse opens a house whose fund carries every grant.
func openHouse(t *testing.T, settings map[string]any) *house {
	t.Helper()
	return openHouseWith(t, 1000*crowd.Award, settings)
}

// openHouseWith opens a house whose fund has so many fen a year.
func openHouseWith(t *testing.T, budget int64, settings map[string]any) *house {
	t.Helper()
	h := &house{Crowd: crowd.New(), t: t, dir: t.TempDir()}
	sample := t.TempDir()
	require.NoError(t, h.Write(sample, crowd.Programmes{
		Referrals: map[string]string{usual: "{}", crowded: `{"review":{"reviewers":20,"quorum":3}}`},
		Grants:    grants, Angels: angels, Rounds: rounds, Ambassadors: ambassadors, Settlements: settlements, Budget: budget,
	}))
	s, err := dev.Start(t.Context(), dev.Options{
		Dir: h.dir, Ephemeral: true, NoUI: true, Binary: binary, Sample: sample, NoTokens: true, DynamicConfig: settings, Env: []string{"WUTONG_RATE=none", "WUTONG_MAIL_DOUBT=15s"},
	})
	require.NoError(t, err)
	h.stack = s
	t.Cleanup(func() {
		if t.Failed() {
			for _, name := range []string{"worker.log", "api.log"} {
				b, _ := os.ReadFile(filepath.Join(h.dir, name))
				lines := strings.Split(string(b), "\n")
				t.Logf("%s:\n%s", name, strings.Join(lines[max(0, len(lines)-15):], "\n"))
			}
		}
		_ = s.Stop(context.Background())
	})
	h.db, err = sql.Open("postgres", s.DatabaseURL())
	require.NoError(t, err)
	t.Cleanup(func() { _ = h.db.Close() })
	require.NoError(t, h.Admit(t.Context(), h.db))
	return h
}

// answer is what the API said.
type answer struct {
	Status int
	Body   map[string]any
}

func (a answer) id() string { s, _ := a.Body["id"].(string); return s }

// send posts to the API; without an answer the status is 0.
func (h *house) send(path, account, key string, body any) answer {
	b, err := json.Marshal(body)
	require.NoError(h.t, err)
	return h.post(path, account, key, "application/json", bytes.NewReader(b))
}

func (h *house) post(path, account, key, kind string, body io.Reader) answer {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, h.stack.APIURL()+path, body)
	require.NoError(h.t, err)
	r.Header.Set("Content-Type", kind)
	if account != "" {
		r.Header.Set("Authorization", "Bearer "+crowd.Token(account))
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{Status: resp.StatusCode}
	raw, _ := io.ReadAll(resp.Body)
	_ = json.Unmarshal(raw, &a.Body)
	return a
}

// surely asks until the station has taken it: what a person would do who sees
// an error, with the same key.
func (h *house) surely(path, account, key string, body any) answer {
	end := time.Now().Add(patience)
	for {
		a := h.send(path, account, key, body)
		if a.Status != 0 && a.Status < 500 && a.Status != http.StatusTooManyRequests {
			return a
		}
		if time.Now().After(end) {
			h.t.Errorf("%s: no answer but %d %v", path, a.Status, a.Body)
			return a
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// refer starts a referral of a talent of its own and returns the case.
func (h *house) refer(programme string, n int) string {
	a := h.surely("/v1/referrals", h.Referrers[0].ID, fmt.Sprintf("%s-%d", programme, n), crowd.Referral(programme, n))
	if a.Status != http.StatusCreated {
		h.t.Errorf("refer: %d %v", a.Status, a.Body)
	}
	return a.id()
}

// until waits for something to be so; no more once anything has failed.
func (h *house) until(what string, so func() bool) {
	for end := time.Now().Add(patience); time.Now().Before(end) && !h.t.Failed(); time.Sleep(50 * time.Millisecond) {
		if so() {
			return
		}
	}
	h.t.Errorf("it did not come to this: %s", what)
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	_, err := h.db.ExecContext(h.t.Context(), query, args...)
	require.NoError(h.t, err)
}

func (h *house) count(query string, args ...any) int {
	n := -1
	_ = h.db.QueryRowContext(context.Background(), query, args...).Scan(&n) // away: the caller asks again
	return n
}

// task waits for the case's open task of a stage and ordinal.
func (h *house) task(id string) {
	there := false
	h.until("task "+id+" is open", func() bool {
		there = h.count(`SELECT count(*) FROM tasks WHERE id = $1 AND status = 'open'`, id) == 1
		return there
	})
	if !there {
		h.once.Do(func() { h.story(station.CaseOfTask(id)) })
	}
}

// assignee waits for a task and says whose it is.
func (h *house) assignee(task string) (who string) {
	h.until("task "+task+" is somebody's", func() bool {
		return h.db.QueryRowContext(context.Background(), `SELECT assignee FROM tasks WHERE id = $1`, task).Scan(&who) == nil
	})
	return who
}

func (h *house) consent(caseID string, n int) {
	h.consentOf(caseID, fmt.Sprintf("talent%d@example.com", n))
}

// consentOf uses the mailed link.
func (h *house) consentOf(caseID, email string) {
	h.task(caseID + ".consent.1")
	a := h.surely(h.link("consent", email), "", "", map[string]any{"verdict": "consent"})
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted && a.Status != http.StatusGone {
		h.t.Errorf("consent: %d %v", a.Status, a.Body)
	}
}

// link is the path of the link in the newest mail of a template, as it stands in
// the mailbox.
func (h *house) link(template, email string) (link string) {
	h.until("the mail "+template+" arrives", func() bool {
		resp, err := http.Get(h.stack.MailboxURL() + "/api/messages?template=" + template + "&to=" + email) //nolint:noctx // a test's own mailbox
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		var mails []struct {
			Links []string `json:"links"`
		}
		_ = json.NewDecoder(resp.Body).Decode(&mails)
		for _, m := range mails {
			for _, l := range m.Links {
				if i := strings.Index(l, "/v1/links/"); i >= 0 {
					link = l[i:]
					return true
				}
			}
		}
		return false
	})
	return link
}

// decide gives a verdict; an act that is on its way counts as given.
func (h *house) decide(task, account, key string, body map[string]any) answer {
	a := h.surely("/v1/tasks/"+task+"/decision", account, key, body)
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		h.t.Errorf("decide %s: %d %v", task, a.Status, a.Body)
	}
	return a
}

// through takes a case from its consent to its end.
func (h *house) through(caseID string, n int) {
	h.consent(caseID, n)
	h.decided(caseID, n)
}

// decided takes a case from its check to its end.
func (h *house) decided(caseID string, n int) {
	h.task(caseID + ".check.1")
	h.decide(caseID+".check.1", h.Officers[n%len(h.Officers)].ID, "check-"+caseID, map[string]any{"verdict": "accept"})
	for i := 1; i <= 3; i++ {
		id := fmt.Sprintf("%s.review.%d", caseID, i)
		h.decide(id, h.assignee(id), "review-"+id, crowd.Score)
	}
	h.ended(caseID)
}

func (h *house) ended(caseID string) {
	defer func() {
		if h.t.Failed() {
			h.story(caseID)
		}
	}()
	h.until("case "+caseID+" ends", func() bool {
		return h.count(`SELECT count(*) FROM cases WHERE id = $1 AND ended_at IS NOT NULL`, caseID) == 1
	})
}

// story tells where a case stands that should stand elsewhere.
func (h *house) story(caseID string) {
	for _, query := range []string{
		`SELECT row_to_json(x)::text FROM (SELECT stage, status, run FROM cases WHERE id = $1) x`,
		`SELECT row_to_json(x)::text FROM (SELECT seq, kind, stage, at FROM events WHERE case_id = $1 ORDER BY seq) x`,
		`SELECT row_to_json(x)::text FROM (SELECT id, kind, status, closed_at FROM tasks WHERE case_id = $1 ORDER BY opened_at) x`,
		`SELECT row_to_json(x)::text FROM (SELECT task, kind, status, reason, at, settled_at FROM acts WHERE case_id = $1 ORDER BY at) x`,
	} {
		for _, line := range list(h, h.db, query, caseID) {
			h.t.Log(line)
		}
	}
}

// inOrder checks what must hold of a house at rest, whose cases went straight.
func (h *house) inOrder(accepted int) {
	h.t.Helper()
	h.atRest(accepted, 5*accepted)
}

// atRest checks what must hold of a house in which so much was done.
func (h *house) atRest(accepted, acts int) {
	h.t.Helper()
	require.Equal(h.t, accepted, h.count(`SELECT count(*) FROM cases WHERE status = 'accepted'`))
	require.Equal(h.t, accepted, h.count(`SELECT count(*) FROM talents`))
	require.Equal(h.t, 3*accepted, h.count(`SELECT count(*) FROM reviews`))
	require.Equal(h.t, 0, h.count(`SELECT count(*) FROM acts WHERE status = 'pending'`))
	require.Equal(h.t, acts, h.count(`SELECT count(*) FROM acts WHERE status = 'recorded'`), "each act counts once")
	require.Equal(h.t, 0, h.count(`SELECT count(*) FROM tasks WHERE status = 'open' AND kind <> 'mail'`))
	h.verified()
}

// duplicates are the mails that the mailbox got more than once.
func (h *house) duplicates() (list []mailbox.Duplicate) {
	h.t.Helper()
	resp, err := http.Get(h.stack.MailboxURL() + "/api/duplicates") //nolint:noctx // a test's own mailbox
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.NoError(h.t, json.NewDecoder(resp.Body).Decode(&list))
	return list
}
