package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/store"
)

// officeFills are an office, with two letters, of each of 20,000 graduates, a tenth of
// them not held any more and some with a term that is over, of 500 institutions, beside what a station is filled with;
// and of the referrals, those that name one of 200 of them.
var officeFills = []string{
	`INSERT INTO institutions (code, name_zh, name_en, "group")
	SELECT 'i' || lpad(n::text, 3, '0'), 'i', 'i', (ARRAY['c9', 'overseas', 'university'])[1 + n % 3] FROM generate_series(1, 500) n`,
	`INSERT INTO offices (case_id, account, branch, institution, status, since, until)
	SELECT fake_id('c', n), fake_id('b', n), CASE WHEN n % 10 = 0 THEN 'HZ-XH' WHEN n % 1000 = 1 THEN 'HZ-BJ' ELSE 'HZ' END, 'i' || lpad((1 + n / 7 % 500)::text, 3, '0'),
		CASE WHEN n % 10 = 3 THEN 'ended' ELSE 'active' END, '2026-01-01', timestamptz '2028-01-01' + n * interval '1 minute' - CASE WHEN n % 50 = 7 THEN interval '2 years' ELSE '0' END FROM generate_series(1, 20000) n`,
	`INSERT INTO letters (code, number, case_id, ordinal, words, institution, issued_at, until)
	SELECT 'C' || o.case_id || k, 'HZ-LETTER-' || o.case_id || k, o.case_id, k, '{}', o.institution, '2026-01-01', o.until FROM offices o, generate_series(1, 2) k`,
	`INSERT INTO ambassador_referrals (case_id, office) SELECT fake_id('c', n), fake_id('c', 1 + n % 200) FROM generate_series(1, $many) n WHERE n % 3 = 0`,
}

// TestEveryListOfAmbassadorsIsARangeOfAnIndex reads the plans by which offices are
// listed, covered and looked for.
func TestEveryListOfAmbassadorsIsARangeOfAnIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a station with 100,000 cases and 20,000 offices")
	}
	h := filled(t, officeFills...)
	var account, office string
	h.reads(`SELECT fake_id('b', 13), fake_id('c', 8)`, nil, &account, &office)
	today := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, q := range store.OfficeQueries("HZ", "i250", account, office, today) {
		query, args := q.Read()
		plan, ms, text := h.explains(query, args)
		t.Logf("%s: %.1f ms", name, ms)
		if f := faults(plan, 1000, 100); len(f) > 0 {
			t.Errorf("%s (%.1f ms): %s", name, ms, strings.Join(f, "; "))
			t.Log(text)
		}
	}
	page, err := h.db.OfficeList(t.Context(), "HZ", today, 100, "")
	require.NoError(t, err)
	require.Len(t, page.Items, 100)
}
