package proof_test

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/crowd"
)

// What is personal stays in the station's database: none of it is found in
// Temporal's, whole or decrypted, nor in a log, nor in an address in a mail.
func TestStation_KeepsWhatIsPersonalToItself(t *testing.T) {
	canaries := []string{"Wilhelmina Canary", "canary@birds.example", "+86 571 5550 1234", "essay about yellow feathers", "because of her nest"}
	h := openHouse(t, nil)
	a := h.surely("/v1/referrals", h.Referrers[0].ID, "canary", map[string]any{
		"programme": usual, "channel": "alumni", "name": canaries[0], "email": canaries[1], "phone": canaries[2],
		"institution": "school", "field": "AI", "evidence": []string{"https://example.com/p"}, "why": canaries[3],
	})
	require.Equal(t, http.StatusCreated, a.Status, a.Body)
	id := a.id()
	r := &recorder{h}
	r.consentOf(id, canaries[1])
	h.task(id + ".check.1")
	h.decide(id+".check.1", h.Officers[0].ID, "check", map[string]any{"verdict": "decline", "reason": canaries[4]})
	h.task(id + ".declined.1")
	require.Equal(t, 1, h.count(`SELECT count(*) FROM parties WHERE case_id = $1 AND name = $2 AND email = $3`, id, canaries[0], canaries[1]))

	r.alone(canaries, id)
}

func TestGrant_KeepsWhatIsPersonalToItself(t *testing.T) {
	canaries := []string{
		"Aviary for canaries", "a summary of feathers", "seeds for a year", "Canary and Finch", // the project's and the company's
		"Wilhelmina Finch", "finch@birds.example", "they have no aviary", "the aviary is there", // of an objection and its end
		"which of the aviaries", "the yellow one", "aviary room", // asked, answered, called to
		"there are canaries enough", "the account is a nest", "BIRD-BANK-0001", // a decline, a rejection, the bank's reference
		"Finch Savings Bank", "6228480402564890018", "what the birds did", // where to pay to, and a report
	}
	h := openHouse(t, nil)
	r := &recorder{h}
	company, _ := crowd.Grant(granting, 1)["company"].(map[string]any)
	company["name"], company["bank"], company["account"] = canaries[3], canaries[14], canaries[15]
	form := map[string]any{"project": map[string]any{"name": canaries[0], "summary": canaries[1], "plan": canaries[2]}, "company": company}
	objected, paid, declined, reported := h.apply(exhibited, 1, form), h.apply(defended, 2, form), h.apply(granting, 3, form), h.apply(reporting, 4, form)

	h.reserved(objected, 1)
	h.stands(objected, "notice")
	r.well(h.surely("/v1/cases/"+objected+"/objection", "", "", map[string]any{"name": canaries[4], "email": canaries[5], "reason": canaries[6]}))
	h.task(objected + ".objection.1")
	r.well(h.decide(objected+".objection.1", h.Officers[10].ID, "", map[string]any{"verdict": "dismiss", "reason": canaries[7]}))

	h.accepts(paid+".completeness.1", h.Officers[0].ID)
	r.asks(paid+".check.1", h.Officers[1].ID, "applicant", canaries[8])
	r.answers(paid+".inquiry.1", h.Founders[0].ID, map[string]any{
		"answer": canaries[9], "changes": map[string]any{"project": map[string]any{"plan": canaries[2] + "."}},
	})
	r.well(h.decide(paid+".check.1", h.Officers[1].ID, "", accept))
	h.recommends(paid, 1, 3, crowd.Recommend)
	h.task(paid + ".hearing.1")
	r.well(h.decide(paid+".hearing.1", h.Officers[0].ID, "", map[string]any{
		"verdict": "call", "at": time.Now().Add(time.Hour).Format(time.RFC3339), "place": canaries[10],
	}))
	h.task(paid + ".hearing.2")
	r.well(h.decide(paid+".hearing.2", h.Officers[0].ID, "", map[string]any{"verdict": "absent"}))
	h.signs(paid)
	h.agrees(paid)
	h.orders(paid, 1, 0)
	h.task(tranchesTask(paid, 2))
	r.well(h.decide(tranchesTask(paid, 2), h.Treasurers[0].ID, "", map[string]any{"verdict": "reject", "reason": canaries[12]}))
	h.accepts(tranchesTask(paid, 3), h.Officers[0].ID)
	h.task(tranchesTask(paid, 4))
	r.well(h.confirms(tranchesTask(paid, 4), h.Treasurers[0].ID, "", canaries[13]))
	h.task(tranchesTask(paid, 5))

	h.accepts(declined+".completeness.1", h.Officers[0].ID)
	h.task(declined + ".check.1")
	r.well(h.decide(declined+".check.1", h.Officers[1].ID, "", map[string]any{"verdict": "decline", "reason": canaries[11]}))
	h.task(declined + ".declined.1")

	h.reserved(reported, 4)
	h.paid(reported, 4, 1)
	h.handsIn(reported+".suspended.1", canaries[16])
	h.task(tranchesTask(reported, 4))

	require.Equal(t, 1, h.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND reference = $2`, paid, canaries[13]))
	require.Equal(t, 1, h.count(`SELECT count(*) FROM parties WHERE case_id = $1 AND name = $2 AND email = $3`, objected, canaries[4], canaries[5]))
	h.mailed()
	r.alone(canaries, objected, paid, declined, reported)
}

// alone looks for canaries in Temporal, in the cases' histories when they are decrypted, in the logs, and in the addresses that
// were mailed.
func (r *recorder) alone(canaries []string, cases ...string) {
	for _, id := range cases {
		r.open(r.history(r.temporal(), id, ""), canaries...)
	}
	for _, database := range []string{"temporal", "temporal_visibility"} {
		r.lacks(database, canaries)
	}
	logs, err := filepath.Glob(filepath.Join(r.dir, "*.log"))
	require.NoError(r.t, err)
	require.GreaterOrEqual(r.t, len(logs), 2)
	for _, file := range logs {
		text, err := os.ReadFile(file)
		require.NoError(r.t, err)
		for _, c := range canaries {
			require.NotContains(r.t, string(text), c, file)
		}
	}
	for _, link := range r.links() {
		for _, c := range canaries {
			require.NotContains(r.t, link, c)
			require.NotContains(r.t, link, url.QueryEscape(c))
		}
	}
}

// links are all addresses in mails so far.
func (h *house) links() (all []string) {
	resp, err := http.Get(h.stack.MailboxURL() + "/api/messages") //nolint:noctx // a test's own mailbox
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	var mails []struct {
		Links []string `json:"links"`
	}
	require.NoError(h.t, json.NewDecoder(resp.Body).Decode(&mails))
	require.NotEmpty(h.t, mails)
	for _, m := range mails {
		all = append(all, m.Links...)
	}
	return all
}

// lacks looks through every row of a database, binary columns too.
func (h *house) lacks(database string, canaries []string) {
	db, err := sql.Open("postgres", h.stack.Postgres.URL(database))
	require.NoError(h.t, err)
	defer func() { _ = db.Close() }()
	tables := list(h, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`)
	require.Greater(h.t, len(tables), 2)
	var patterns []string
	for _, c := range canaries {
		patterns = append(patterns, "%"+c+"%", "%"+hex.EncodeToString([]byte(c))+"%")
	}
	for _, table := range tables {
		found := list(h, db, fmt.Sprintf(`SELECT left(t::text, 200) FROM %s t WHERE t::text LIKE ANY($1)`, pq.QuoteIdentifier(table)), pq.Array(patterns))
		require.Empty(h.t, found, "%s.%s", database, table)
	}
}

func list(h *house, db *sql.DB, query string, args ...any) (found []string) {
	rows, err := db.QueryContext(h.t.Context(), query, args...)
	require.NoError(h.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		require.NoError(h.t, rows.Scan(&s))
		found = append(found, strings.TrimSpace(s))
	}
	require.NoError(h.t, rows.Err())
	return found
}
