package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
)

// settlementFills are 12,500 settlements of 8 services each, beside what a station
// is filled with, of 8 providers, and of one that is asked a few times only. Seven of
// ten services are over.
var settlementFills = []string{
	`INSERT INTO paper_kinds (code, position, kind) SELECT 'k' || n, n, '{}' FROM generate_series(0, 9) n`,
	`INSERT INTO providers (code, position, branch, provider) SELECT 'v' || n, n, 'HZ', '{}' FROM generate_series(0, 8) n`,
	`INSERT INTO offers (code, position, offer) SELECT 's' || n, n, jsonb_build_object('papers', jsonb_build_array('k' || n, 'k9')) FROM generate_series(0, 7) n`,
	`INSERT INTO accounts (id, name, email, roles, institution, language, provider)
	SELECT fake_id('1', n), 'Provider ' || n, 'provider' || n || '@example.com', '{provider}', '', 'en', 'v' || n FROM generate_series(0, 8) n`,
	`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, run, opened_at, updated_at)
	SELECT fake_id('3', n), 'HZ-SETTLEMENT-2026-' || n, 'settlement', 'p2', 'HZ', fake_id('b', 1 + n % 20000), 's' || n, '', 'services', 'open', 'r', '2026-01-01', '2026-01-01'
	FROM generate_series(1, 12500) n`,
	`INSERT INTO settlements (case_id, account, programme, branch, ended) SELECT fake_id('3', n), fake_id('b', 1 + n % 20000), 'p2', 'HZ', n % 2 = 0 FROM generate_series(1, 12500) n`,
	`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, due, provider, run, opened_at, updated_at, ended_at)
	SELECT fake_id('4', n), 'HZ-SERVICE-2026-' || lpad(n::text, 7, '0'), 'service', 'p2', CASE WHEN n / 8 % 10 = 0 THEN 'HZ-XH' WHEN n / 8 % 1000 = 1 THEN 'HZ-BJ' ELSE 'HZ' END,
		fake_id('b', 2 + (n - 1) / 8 % 20000), 'v' || n, '', CASE WHEN n / 8 % 500 = 3 THEN 'undoing' ELSE (ARRAY['asked', 'delivery', 'trouble', 'ended'])[least(4, 1 + n / 8 % 10)] END,
		CASE WHEN n / 8 % 10 < 3 OR n / 8 % 500 = 3 THEN 'open' ELSE 'completed' END, CASE WHEN n / 8 % 10 < 3 THEN timestamptz '2026-03-01' + n * interval '1 minute' END,
		CASE WHEN n % 5000 = 0 THEN 'v8' ELSE 'v' || n % 8 END, 'r', '2026-01-01', '2026-01-01', CASE WHEN n / 8 % 10 >= 3 AND n / 8 % 500 <> 3 THEN timestamptz '2026-02-01' END
	FROM generate_series(1, $many) n`,
	`INSERT INTO services (settlement, code, position, case_id, state, provider, stars)
	SELECT fake_id('3', 1 + (n - 1) / 8), 's' || n % 8, n % 8, c.id, CASE WHEN ended_at IS NULL THEN 'accepted' ELSE 'done' END, provider, CASE WHEN ended_at IS NULL THEN NULL ELSE 1 + n % 5 END
	FROM (SELECT *, substr(number, 17)::int AS n FROM cases WHERE kind = 'service') c`,
	`INSERT INTO requests (service, ordinal, provider, asked_at, ended_at, answer, on_time)
	SELECT case_id, 1, provider, timestamptz '2024-04-01' + n * interval '10 minutes', CASE WHEN stars IS NOT NULL THEN timestamptz '2026-02-01' END,
		CASE WHEN stars IS NULL THEN '' ELSE 'completed' END, stars > 2
	FROM (SELECT s.*, substr(c.number, 17)::int AS n FROM services s JOIN cases c ON c.id = s.case_id) s`,
	`INSERT INTO tasks (id, case_id, kind, stage, role, branch, provider, status, due, wait, opened_at, closed_at)
	SELECT id || '.' || stage || '.1', id, CASE stage WHEN 'asked' THEN 'service' WHEN 'undoing' THEN 'undo' ELSE 'delivery' END, stage, 'provider', branch, provider,
		CASE WHEN ended_at IS NULL THEN 'open' ELSE 'done' END, coalesce(due, '2026-03-01'), '{}', '2026-01-01', ended_at FROM cases WHERE kind = 'service'`,
	`INSERT INTO documents (id, owner, name, media_type, size, sha256, key, uploaded_at)
	SELECT fake_id('5', n), fake_id('b', 1 + n / 10), 'd', 'application/pdf', 1, decode(md5(n::text) || md5(n::text), 'hex'), n::text, '2026-01-01' FROM generate_series(0, $many - 1) n`,
	`INSERT INTO papers (account, kind, document, given_at) SELECT owner, 'k' || key::int % 10, id, '2026-01-01' FROM documents`,
	`INSERT INTO events (case_id, seq, at, kind, stage, actor, act, act_digest, task, details, prev, hash)
	SELECT c.id, n, timestamptz '2026-01-01' + n * interval '1 hour', 'x', '', '', '', '', '', '{}', '', ''
	FROM cases c, generate_series(1, 6) n WHERE c.kind = 'service' OR c.kind = 'settlement' AND c.run = 'r'`,
}

// TestEveryListOfSettlementsIsARangeOfAnIndex reads the plans by which providers find
// what is theirs, and talents how it stands.
func TestEveryListOfSettlementsIsARangeOfAnIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a station with 100,000 services beside 100,000 cases")
	}
	h := filled(t, settlementFills...)
	var settlement, service, paper, busy, idle string
	h.reads(`SELECT fake_id('3', 777), fake_id('4', 4242), fake_id('1', 1), fake_id('1', 8),
		(SELECT p.document FROM papers p JOIN cases c ON c.applicant = p.account WHERE c.id = fake_id('4', 4242) AND p.kind = 'k2')`, nil, &settlement, &service, &busy, &idle, &paper)
	var lists []listed
	for who, v := range map[string]station.Visibility{
		"a busy provider": {Account: busy, Own: true, Provider: "v1"}, "an idle one": {Account: idle, Own: true, Provider: "v8"},
	} {
		lists = append(lists, h.providerLists(who, v)...)
	}
	timeline, args := store.TimelineQuery(settlement, station.TimelineMark{}, 21)
	lists = append(lists, listed{"timeline", timeline, args, 9 * 6, 9 * 6})
	timeline, args = store.TimelineQuery(settlement, station.TimelineMark{At: time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC), Case: service, Seq: 3}, 21)
	lists = append(lists, listed{"timeline, later", timeline, args, 9 * 6, 9 * 6})
	documents, args := store.DocumentsOfCaseQuery(service)
	lists = append(lists, listed{"papers of a service", documents, args, pages, pages})
	cases, args := store.CasesOfDocumentQuery(paper)
	lists = append(lists, listed{"services of a paper", cases, args, pages, pages})
	for _, l := range lists {
		plan, ms, text := h.explains(l.query, l.args)
		t.Logf("%s: %.1f ms", l.name, ms)
		if f := faults(plan, l.sortable, l.drops); len(f) > 0 {
			t.Errorf("%s (%.1f ms): %s", l.name, ms, strings.Join(f, "; "))
			t.Log(text)
		}
	}
}

// providerLists are a provider's cases, their inbox, and their report.
func (h *house) providerLists(who string, v station.Visibility) []listed {
	h.t.Helper()
	soon := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	var lists []listed
	for name, q := range map[string]station.CaseQuery{
		"all": {}, "kind": {Kind: station.ServiceKind}, "another kind": {Kind: station.Grant}, "stage": {Stage: station.StageDelivery},
		"rare stage": {Stage: station.StageUndoing}, "no such stage": {Stage: station.StageReview}, "open": {Status: station.Open},
		"completed": {Status: station.Completed}, "declined": {Status: station.Declined}, "due": {DueBefore: &soon}, "branch": {Branch: "HZ-XH"},
		"number": {Q: "HZ-SERVICE"}, "whole number": {Q: "HZ-SERVICE-2026-0012345"},
	} {
		q.Viewer = v
		for _, l := range h.caseLists("cases of "+who+" by "+name, q) {
			if q.Branch != "" { // one provider's, or one branch's: whichever are fewer
				l.drops = many / 8
			}
			lists = append(lists, l)
		}
	}
	for _, kind := range []station.TaskKind{"", station.TaskService, station.TaskDelivery, station.TaskUndo, station.TaskRating} {
		q := station.TaskQuery{Account: v.Account, Provider: v.Provider, Kind: kind}
		for _, page := range []string{"first", "second"} {
			query, args, err := store.TaskListQuery(q)
			require.NoError(h.t, err)
			lists = append(lists, listed{"inbox of " + who + " by " + string(kind) + ", " + page + " page", query, args, pages, pages})
			p, err := h.db.TaskList(h.t.Context(), q)
			require.NoError(h.t, err)
			q.Cursor = p.Next
		}
	}
	for name, from := range map[string]time.Time{"a month": soon.AddDate(0, -1, 0), "two years": soon.AddDate(-2, 0, 0)} {
		query, args := store.ProviderMonthsQuery(v.Provider, from, soon)
		lists = append(lists, listed{"report of " + who + " for " + name, query, args, many / 8, pages})
	}
	return lists
}
