package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// hubFills are 20 rounds of 500 projects and 60 angels beside what a station is
// filled with: the last round is in its deliberation, in the others all has ended.
// Every project was screened by three, and in a round two have scored each; the last
// round's angels have all declared, scored and committed.
var hubFills = []string{
	`INSERT INTO accounts (id, name, email, roles, institution, language)
	SELECT fake_id('1', n), 'Angel ' || n, 'angel' || n || '@example.com', '{applicant}', 'fund ' || n, 'en' FROM generate_series(1, 60) n`,
	`INSERT INTO angels (account, branch, status, since) SELECT fake_id('1', n), 'HZ', 'active', '2025-01-01' FROM generate_series(1, 60) n`,
	`INSERT INTO interests (account, kind, key, said) SELECT fake_id('1', a), 'company', 'company ' || a || ' ' || n, '' FROM generate_series(1, 60) a, generate_series(1, 100) n`,
	`INSERT INTO programmes (code, kind, branch, name_zh, name_en, opens_at, closes_at, terms)
	SELECT 'r-' || r, 'pitch', 'HZ', 'r', 'r', '2026-01-01', '2026-02-01', '{}' FROM generate_series(1, 20) r`,
	`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, due, form, run, opened_at, updated_at, ended_at)
	SELECT fake_id('2', r * 1000 + n), 'HZ-PITCH-2026-' || r * 1000 + n, CASE n WHEN 0 THEN 'round' ELSE 'pitch' END, 'r-' || r, 'HZ', fake_id('b', 1 + n), 'p' || r * 1000 + n, '',
		CASE r WHEN 20 THEN 'deliberation' ELSE 'ended' END, CASE r WHEN 20 THEN 'open' ELSE 'unfunded' END, CASE r WHEN 20 THEN timestamptz '2026-03-09' END,
		'{"project": {"name": "P"}}', 'r', timestamptz '2026-01-01' + n * interval '1 minute', '2026-01-01', CASE WHEN r < 20 THEN timestamptz '2026-02-01' END
	FROM generate_series(1, 20) r, generate_series(0, 500) n`,
	`INSERT INTO rounds (code, case_id, branch, phase, capacity, times) SELECT 'r-' || r, fake_id('2', r * 1000), 'HZ', CASE r WHEN 20 THEN 'deliberation' ELSE 'ended' END, 400,
		'{"scoresClose": "2026-03-01T00:00:00Z"}' FROM generate_series(1, 20) r`,
	`INSERT INTO pitches (case_id, round, seat, place, running, attended, ended)
	SELECT fake_id('2', r * 1000 + n), 'r-' || r, CASE WHEN n <= 400 THEN 'confirmed' ELSE '' END, n, CASE WHEN n <= 400 THEN n ELSE 0 END, n <= 400, r < 20
	FROM generate_series(1, 20) r, generate_series(1, 500) n`,
	`INSERT INTO tasks (id, case_id, kind, stage, role, branch, status, due, wait, opened_at, closed_at)
	SELECT p.case_id || '.' || k.stage || '.1', p.case_id, k.kind, k.stage, 'angel', 'HZ', CASE WHEN p.ended THEN 'done' ELSE 'open' END,
		timestamptz '2026-03-09' + p.place * interval '1 second', '{}', '2026-01-01', CASE WHEN p.ended THEN timestamptz '2026-02-01' END
	FROM pitches p, (VALUES ('declaration', 'declaration'), ('score', 'pitches'), ('commitment', 'deliberation')) AS k (kind, stage)`,
	`INSERT INTO reviews (case_id, task, act, stage, reviewer, verdict, scores, total, at)
	SELECT p.case_id, p.case_id || '.pitches.1', p.case_id, 'screening', fake_id('1', 1 + (p.place + n) % 60), 'score', '[]', 1 + (p.place + n) % 4, '2026-02-01'
	FROM pitches p, generate_series(1, 3) n`,
	`INSERT INTO reviews (case_id, task, act, stage, reviewer, verdict, scores, total, at)
	SELECT p.case_id, p.case_id || '.pitches.1', p.case_id, 'pitches', fake_id('1', n), 'score', '[]', (p.place * 7 + n * 13) % 100, '2026-02-20'
	FROM pitches p, generate_series(1, 60) n WHERE n <= 2 OR p.round = 'r-20' AND p.place <= 400`,
	`INSERT INTO reviews (case_id, task, act, stage, reviewer, verdict, scores, total, at)
	SELECT c.id, c.id || '.review.1', c.id, 'review', fake_id('a', n), 'score', '[]', 70, '2026-02-01' FROM cases c, generate_series(1, 3) n WHERE c.kind <> 'pitch'`,
	`INSERT INTO declarations (case_id, account, conflict, at)
	SELECT p.case_id, fake_id('1', n), CASE WHEN (p.place + n) % 50 = 0 THEN 'employer' ELSE 'none' END, '2026-02-01'
	FROM pitches p, generate_series(1, 60) n WHERE n <= 2 OR p.round = 'r-20'`,
	`INSERT INTO ballots (case_id, stage, account, verdict, fen, task, act, at)
	SELECT p.case_id, 'deliberation', fake_id('1', n), CASE WHEN (p.place + n) % 9 = 0 THEN 'follow' ELSE 'pass' END, 0, p.case_id || '.deliberation.1', p.case_id, '2026-03-01'
	FROM pitches p, generate_series(1, 60) n WHERE p.round = 'r-20' AND n < 60`,
	`INSERT INTO events (case_id, seq, at, kind, stage, actor, act, act_digest, task, details, prev, hash)
	SELECT p.case_id, n, timestamptz '2026-01-01' + n * interval '1 hour', 'x', (ARRAY['call', 'screening', 'seats', 'pitches', 'deliberation'])[1 + n / 40], '', '', '', '', '{}', '', ''
	FROM pitches p, generate_series(1, 190) n WHERE n <= 20 OR p.round = 'r-20'`,
}

// TestEveryListOfTheHubIsARangeOfAnIndex reads the plans by which rounds are ranked
// and shown, and by which angels find what is theirs.
func TestEveryListOfTheHubIsARangeOfAnIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a station with 100,000 cases and 20 rounds")
	}
	h := filled(t, hubFills...)
	var done, fresh string
	h.reads(`SELECT fake_id('1', 1), fake_id('1', 60)`, nil, &done, &fresh)
	ofRound := float64(500 * 60)
	ranked, args := store.RankedQuery("r-20", station.StageScreening)
	lists := []listed{{"ranking", ranked, args, 501, ofRound}}
	ranked, args = store.RankedQuery("r-20", station.StagePitches)
	lists = append(lists, listed{"ranking of the day", ranked, args, 501, ofRound})
	projects, args := store.ProjectsQuery("r-20", done)
	lists = append(lists, listed{"report", projects, args, ofRound, ofRound})
	days, args := store.StageDaysQuery("r-20")
	lists = append(lists, listed{"stages of the report", days, args, 500 * 190, 500 * 190})
	for name, q := range map[string]station.CaseQuery{"all": {}, "kind": {Kind: station.Pitch}, "status": {Status: station.Open}, "number": {Q: "HZ-PITCH"}} {
		q.Viewer = station.Visibility{Account: fresh, Own: true, InPanel: true, Hub: "HZ"}
		query, args, err := store.CaseListQuery(q)
		require.NoError(t, err)
		lists = append(lists, listed{"cases of a hub by " + name, query, args, 20 * 400, 20 * 500})
	}
	for name, who := range map[string]string{"who has done all": done, "who has still to commit": fresh} {
		for _, kind := range []station.TaskKind{"", station.TaskCommitment} {
			query, args, err := store.TaskListQuery(station.TaskQuery{Account: who, Roles: []station.Role{station.RoleAngel}, Kind: kind})
			require.NoError(t, err)
			lists = append(lists, listed{"inbox of " + name + " " + string(kind), query, args, 1500, 1500})
		}
	}
	for _, l := range lists {
		plan, ms, text := h.explains(l.query, l.args)
		t.Logf("%s: %.1f ms", l.name, ms)
		if f := faults(plan, l.sortable, l.drops); len(f) > 0 {
			t.Errorf("%s (%.1f ms): %s", l.name, ms, strings.Join(f, "; "))
			t.Log(text)
		}
	}
	list, err := h.db.Projects(t.Context(), "r-20", done)
	require.NoError(t, err)
	require.Len(t, list, 490)
}
