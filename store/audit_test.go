package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

// told is a case with five events, the third of which is an officer's words.
func told(t *testing.T) *matter {
	t.Helper()
	m := newHouse(t).opens()
	a := m.does(m.Officer, station.Decide, m.task(station.StageCheck, 1), station.Body{Verdict: station.Ask, Question: "Which year?"})
	for i, kind := range []station.EventKind{station.EventOpened, station.EventAsked, station.EventInquired, station.EventAnswered, station.EventChecked} {
		ch := station.Change{Event: kind, Details: station.Details{"round": i, "score": 87.5, "list": []string{"a", "b"}, "<&>": "</ "}}
		if kind == station.EventInquired {
			ch.Act, ch.Actor = a.ID, m.Officer.ID
			ch.Settle = []station.Settlement{{Act: a.ID, Status: station.Recorded}}
		}
		m.records(ch)
	}
	return m
}

func TestAudit_AHistoryThatNobodyTouchedHasNoFaults(t *testing.T) {
	m := told(t)
	m.opens() // a case without a history
	cases, events, err := m.db.Audit(t.Context(), func(f station.Fault) { t.Errorf("unexpected: %s", f) })
	require.NoError(t, err)
	require.Equal(t, 2, cases)
	require.Equal(t, 5, events)
}

func TestAudit_NamesTheRowThatWasTamperedWith(t *testing.T) {
	for name, c := range map[string]struct {
		tamper []string
		seq    int
		what   string
	}{
		"a changed kind":     {[]string{`UPDATE events SET kind = 'accepted' WHERE seq = 2`}, 2, "changed"},
		"a changed time":     {[]string{`UPDATE events SET at = at + interval '1 microsecond' WHERE seq = 4`}, 4, "changed"},
		"changed details":    {[]string{`UPDATE events SET details = replace(details::text, '87.5', '88.5')::json WHERE seq = 1`}, 1, "changed"},
		"a changed actor":    {[]string{`UPDATE events SET actor = 'somebody' WHERE seq = 5`}, 5, "changed"},
		"a changed hash":     {[]string{`UPDATE events SET hash = repeat('0', 64) WHERE seq = 5`}, 5, "changed"},
		"one removed within": {[]string{`DELETE FROM events WHERE seq = 3`}, 3, "removed"},
		"the first removed":  {[]string{`DELETE FROM events WHERE seq = 1`}, 1, "removed"},
		"the last removed":   {[]string{`DELETE FROM events WHERE seq = 5`}, 5, "removed"},
		"all removed":        {[]string{`DELETE FROM events`}, 5, "removed"},
		"two in another order": {[]string{
			`UPDATE events SET seq = 99 WHERE seq = 2`, `UPDATE events SET seq = 2 WHERE seq = 3`, `UPDATE events SET seq = 3 WHERE seq = 99`,
		}, 2, "reordered"},
		"changed words":    {[]string{`UPDATE acts SET body = replace(body::text, 'year', 'city')::json`}, 3, "words"},
		"an exchanged end": {[]string{`UPDATE cases SET event_head = repeat('0', 64)`}, 5, "changed"},
		"an invented event": {[]string{
			`INSERT INTO events SELECT case_id, 6, at, kind, stage, actor, act, act_digest, task, details, hash, hash FROM events WHERE seq = 5`,
		}, 6, "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := told(t)
			m.runs(`ALTER TABLE events DISABLE TRIGGER USER`)
			for _, sql := range c.tamper {
				m.runs(sql)
			}
			faults := m.audit()
			require.NotEmpty(t, faults)
			require.Contains(t, faults[0], fmt.Sprintf("case %s event %d: ", m.ID, c.seq))
			require.Contains(t, faults[0], c.what)
		})
	}
}

func TestEvents_AreNeitherChangedNorDeletedNorEmptied(t *testing.T) {
	m := told(t)
	for _, sql := range []string{
		`UPDATE events SET kind = 'accepted'`, `UPDATE events SET seq = seq`, `DELETE FROM events WHERE seq = 5`, `TRUNCATE events`, `TRUNCATE cases CASCADE`,
	} {
		_, err := m.db.ExecContext(t.Context(), sql)
		require.Error(t, err, sql)
		require.ErrorContains(t, err, "a case's history is never changed", sql)
	}
	require.Len(t, m.history(), 5)
}

func TestEvents_AreReadFromANumberOn(t *testing.T) {
	m := told(t)
	list, err := m.db.Events(t.Context(), m.ID, 1, 2)
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, []int{list[0].Seq, list[1].Seq})
	require.Len(t, list, 2)
	all, err := m.db.Events(t.Context(), m.ID, 0, 0)
	require.NoError(t, err)
	require.Len(t, all, 5)
	require.Equal(t, monday, all[0].At.UTC())
	require.Equal(t, station.StageCheck, all[0].Stage)
	none, err := m.db.Events(t.Context(), m.ID, 5, 0)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestAuditFunds_NamesAFundAndAnAwardThatAreNotWhatTheirLedgerAddsUpTo(t *testing.T) {
	h := newHouse(t)
	h.endows(1000)
	m := h.opens()
	require.False(t, m.asks(600, 80))
	m.pays(1, 200, "ICBC 1")
	faults := func() (list []string) {
		t.Helper()
		entries, err := h.db.AuditFunds(t.Context(), func(f station.Fault) { list = append(list, f.String()) })
		require.NoError(t, err)
		require.Equal(t, 2, entries)
		return list
	}
	require.Empty(t, faults())
	tx, err := h.db.Beginx()
	require.NoError(t, err)
	for _, forged := range []string{
		`SET LOCAL session_replication_role = replica`, // as whoever owns the database could
		`UPDATE fund_years SET paid = 100, reserved = 500`, `UPDATE awards SET paid = 100, reserved = 500`,
	} {
		_, err := tx.ExecContext(t.Context(), forged)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	require.Equal(t, []string{
		"fund " + theFund + " year 2026: changed: it is not what the ledger adds up to",
		"case " + m.ID + ": changed: it is not what the ledger adds up to",
	}, faults())
}
