package proof_test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

// What is personal stays in the station's database: none of it is found in
// Temporal's, whole or decrypted, nor in a log.
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

	r.open(r.history(h.temporal(), id, ""), canaries...)
	for _, database := range []string{"temporal", "temporal_visibility"} {
		h.lacks(database, canaries)
	}
	logs, err := filepath.Glob(filepath.Join(h.dir, "*.log"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(logs), 2)
	for _, file := range logs {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, c := range canaries {
			require.NotContains(t, string(text), c, file)
		}
	}
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
