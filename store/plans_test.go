package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/station/names"
	"wutong/store"
)

// many is how many cases, tasks and talents the plans are read on.
const many = 100_000

// filled is a station with many cases: nine of ten in the city, the rest in
// its two districts; three kinds, four stages, an eighth of them ended; and what
// else a test fills in.
func filled(t *testing.T, more ...string) *house {
	t.Helper()
	h := newHouse(t)
	h.runs(`CREATE FUNCTION fake_id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
		$$ SELECT ('01910000-0000-7000-800' || kind || '-' || lpad(n::text, 12, '0'))::uuid $$`)
	tx, err := h.db.Beginx()
	require.NoError(t, err)
	for _, fill := range slices.Concat([]string{`SET LOCAL session_replication_role = replica`}, fills, more) { // foreign keys are not asked
		_, err := tx.ExecContext(t.Context(), strings.ReplaceAll(fill, "$many", strconv.Itoa(many)))
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	h.runs(`VACUUM ANALYZE`)
	return h
}

var fills = []string{
	`INSERT INTO accounts (id, name, email, roles, branch, institution, language)
	SELECT fake_id('a', n), 'Reviewer ' || n, 'reviewer' || n || '@example.com', '{reviewer}', 'HZ', 'firm ' || n, 'en' FROM generate_series(1, 500) n`,
	`INSERT INTO accounts (id, name, email, roles, branch, institution, language)
	SELECT fake_id('b', n), 'Graduate ' || n, 'graduate' || n || '@example.com', '{applicant}', NULL, '', 'en' FROM generate_series(1, 20000) n`,
	`INSERT INTO programmes (code, kind, branch, name_zh, name_en, opens_at, closes_at, terms)
	SELECT 'p' || n, (ARRAY['referral', 'grant', 'settlement'])[1 + n % 3], 'HZ', 'p', 'p', '2020-01-01', '2040-01-01', '{}' FROM generate_series(1, 12) n`,
	`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, due, form, run, opened_at, updated_at, ended_at)
	SELECT fake_id('c', n), 'HZ-X-2026-' || lpad(n::text, 7, '0'), (ARRAY['referral', 'grant', 'settlement'])[1 + n % 3], 'p' || 1 + n % 12,
		CASE WHEN n % 10 = 0 THEN 'HZ-XH' WHEN n % 1000 = 1 THEN 'HZ-BJ' ELSE 'HZ' END, fake_id('b', 1 + n % 20000), n::text, '',
		CASE WHEN n % 8 = 0 THEN 'ended' WHEN n % 500 = 3 THEN 'duplicates' ELSE (ARRAY['consent', 'check', 'review'])[1 + n / 7 % 3] END,
		CASE WHEN n % 8 = 0 THEN (ARRAY['accepted', 'declined', 'lapsed'])[1 + n / 8 % 3] ELSE 'open' END,
		CASE WHEN n % 8 <> 0 THEN timestamptz '2026-03-01' + n * interval '1 minute' END, '{}', 'r', '2026-01-01', '2026-01-01',
		CASE WHEN n % 8 = 0 THEN timestamptz '2026-02-01' END FROM generate_series(1, $many) n`,
	`INSERT INTO parties (case_id, party, name, email, institution, field, language, name_keys, name_search)
	SELECT id, 'talent', 'Talent ' || substr(number, 11), 'talent' || substr(number, 11) || '@example.com', 'institute ' || substr(number, 15), 'AI', 'en',
		ARRAY['talent' || substr(number, 11)], 'talent ' || substr(number, 11) FROM cases`,
	`INSERT INTO tasks (id, case_id, kind, stage, role, branch, party, assignee, status, due, wait, opened_at, closed_at)
	SELECT id || '.' || stage || '.1', id, CASE n % 8 WHEN 0 THEN 'review' WHEN 1 THEN 'review' WHEN 2 THEN 'inquiry' WHEN 3 THEN 'duplicate' ELSE 'check' END, stage,
		CASE WHEN n % 8 <= 2 THEN '' ELSE 'officer' END, branch, CASE WHEN n % 8 = 2 THEN 'applicant' ELSE '' END,
		CASE WHEN n % 8 <= 1 THEN fake_id('a', 1 + n / 8 % 500) END, CASE WHEN ended_at IS NULL THEN 'open' ELSE 'done' END,
		timestamptz '2026-03-01' + n * interval '1 minute', '{}', '2026-01-01', ended_at
	FROM (SELECT *, substr(number, 11)::int AS n FROM cases) c`,
	`INSERT INTO talents (id, case_id, name, name_keys, name_search, email, phone, institution, field, branch, grade, score, entered_at)
	SELECT fake_id('d', n), fake_id('c', n), s || ' ' || g, ARRAY[lower(s || g), lower(g || s)], lower(s || ' ' || g || ' ' || s || g || ' ' || g || s),
		'talent' || n || '@example.com', '', 'institute ' || n % 997, 'field ' || n % 211, CASE WHEN n % 10 = 0 THEN 'HZ-XH' WHEN n % 1000 = 1 THEN 'HZ-BJ' ELSE 'HZ' END,
		(ARRAY['A', 'B', 'C'])[1 + n % 3], 80, '2026-01-01'
	FROM (SELECT n, 'Li' || chr(97 + n % 26) || chr(97 + n / 26 % 26) AS s, 'Gu' || substr(translate(md5(n::text), '0123456789', 'ghijklmnop'), 1, 6) AS g
		FROM generate_series(1, $many) n) names`,
	`INSERT INTO credits (case_id, account, role, of_case) SELECT case_id, fake_id('b', 1), 'referrer', case_id FROM talents`,
	`INSERT INTO funds (code, branch, name_zh, name_en, currency) SELECT 'f' || n, 'HZ', 'f', 'f', 'CNY' FROM generate_series(0, 1) n`,
	`INSERT INTO fund_years (fund, year, budget) SELECT 'f' || n, 2026, 1000000 FROM generate_series(0, 1) n`,
	`INSERT INTO fund_entries (id, fund, year, seq, kind, fen, case_id, at)
	SELECT fake_id('e', n), 'f' || n % 2, 2026, n / 2, 'reserve', 1, fake_id('c', n), '2026-01-01' FROM generate_series(1, $many) n`,
	`INSERT INTO awards (case_id, fund, year, reserved) SELECT case_id, fund, 2026, 1 FROM fund_entries`,
	`INSERT INTO tasks (id, case_id, kind, stage, branch, party, status, due, wait, opened_at)
	SELECT case_id || '.notice.1', case_id, 'notice', 'notice', 'HZ', 'public', 'open', timestamptz '2026-03-01' + row_number() OVER () * interval '1 minute', '{}', '2026-01-01'
	FROM awards`,
	`INSERT INTO fund_queue (case_id, fund, fen, score, task, asked_at, left_at)
	SELECT fake_id('c', n), 'f' || n % 2, 9, n % 101, 't', timestamptz '2026-01-01' + n * interval '1 s', CASE WHEN n % 4 < 2 THEN timestamptz '2026-02-01' END
	FROM generate_series(1, $many) n`,
}

// node is a step of a plan, with what PostgreSQL measured.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []node
}

// explains runs a query and returns its plan.
func (h *house) explains(query string, args []any) (plan node, ms float64, text string) {
	h.t.Helper()
	var raw []byte
	h.reads("EXPLAIN (ANALYZE, FORMAT JSON) "+query, args, &raw)
	var explained []struct {
		Plan node
		Time float64 `json:"Execution Time"`
	}
	require.NoError(h.t, json.Unmarshal(raw, &explained))
	return explained[0].Plan, explained[0].Time, string(raw)
}

// faults are the steps of a plan that grow with the station.
func faults(n node, sortable, drops float64) []string {
	var found []string
	big := map[string]bool{"cases": true, "tasks": true, "talents": true, "parties": true, "fund_entries": true, "fund_queue": true, "awards": true, "reviews": true, "events": true, "pitches": true, "offices": true, "letters": true, "ambassador_referrals": true, "services": true, "requests": true, "settlements": true, "papers": true}
	if n.Type == "Seq Scan" && big[n.Relation] {
		found = append(found, "Seq Scan on "+n.Relation)
	}
	if n.Removed*n.Loops > drops {
		found = append(found, fmt.Sprintf("%s on %s %s drops %.0f rows", n.Type, n.Relation, n.Index, n.Removed*n.Loops))
	}
	for _, below := range n.Plans {
		if strings.HasSuffix(n.Type, "Sort") && below.Rows > sortable {
			found = append(found, fmt.Sprintf("%s of %.0f rows", n.Type, below.Rows))
		}
		found = append(found, faults(below, sortable, drops)...)
	}
	return found
}

// TestEveryListIsARangeOfAnIndex reads the plans that the lists really have.
func TestEveryListIsARangeOfAnIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a station with 100,000 cases")
	}
	h := filled(t)
	all := station.Visibility{Account: h.Operator.ID, All: true}
	officer := station.Visibility{Account: h.Officer.ID, Own: true, Branches: []string{"HZ", "HZ-BJ", "HZ-XH"}}
	district := station.Visibility{Account: h.DistrictOfficer.ID, Own: true, Branches: []string{"HZ-BJ"}}
	var reviewerID, graduateID string
	h.reads(`SELECT fake_id('a', 7), fake_id('b', 7)`, nil, &reviewerID, &graduateID)
	reviewer := station.Visibility{Account: reviewerID, Own: true, InPanel: true}
	both := station.Visibility{Account: reviewerID, Own: true, InPanel: true, Branches: []string{"HZ", "HZ-BJ", "HZ-XH"}}
	graduate := station.Visibility{Account: graduateID, Own: true}
	soon := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

	var cases []listed
	for who, v := range map[string]station.Visibility{"operator": all, "officer": officer, "district": district, "reviewer": reviewer, "both": both, "graduate": graduate} {
		for name, q := range map[string]station.CaseQuery{
			"all":            {},
			"kind":           {Kind: "grant"},
			"stage":          {Stage: "review"},
			"rare stage":     {Stage: "duplicates"},
			"kind and stage": {Kind: "grant", Stage: "duplicates"},
			"open":           {Status: station.Open},
			"declined":       {Status: station.Declined},
			"programme":      {Programme: "p7"},
			"branch":         {Branch: "HZ-BJ"},
			"due":            {DueBefore: &soon},
			"due and stage":  {DueBefore: &soon, Stage: "review"},
			"number":         {Q: "HZ-X-2026-01"},
			"whole number":   {Q: "hz-x-2026-012345"},
			"no such stage":  {Stage: "appeal"},
		} {
			q.Viewer = v
			cases = append(cases, h.caseLists("cases of "+who+" by "+name, q)...)
		}
	}
	lists := append(cases, h.taskLists(reviewerID, graduateID)...)
	lists = append(lists, h.talentLists(all, officer, district)...)
	var anyCase string
	h.reads(`SELECT fake_id('c', 4242)`, nil, &anyCase)
	panel, args := store.PanelQuery(anyCase, "HZ", []string{reviewerID})
	lists = append(lists, listed{"panel", panel, args, 600, 600})
	duplicates, args := store.DuplicatesQuery(anyCase)
	lists = append(lists, listed{"duplicates", duplicates, args, 600, 600})
	lists = append(lists, h.fundLists()...)
	for name, after := range map[string]time.Time{"public notices": {}, "public notices, later": time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)} {
		public, args := store.PublicQuery(after, "", 21)
		lists = append(lists, listed{name, public, args, 21, 21})
	}
	slowest, longest := 0.0, ""
	for _, l := range lists {
		plan, ms, text := h.explains(l.query, l.args)
		if f := faults(plan, l.sortable, l.drops); len(f) > 0 {
			t.Errorf("%s (%.1f ms): %s\n%s\n%v", l.name, ms, strings.Join(f, "; "), l.query, l.args)
			if testing.Verbose() {
				t.Log(text)
			}
		}
		if ms > slowest {
			slowest, longest = ms, l.name
		}
	}
	t.Logf("%d lists; the slowest, %s, takes %.1f ms", len(lists), longest, slowest)
}

// listed is a list to explain. Sortable is how many rows it may sort: a page of
// each branch and kind. Drops is how many it may read in vain.
type listed struct {
	name     string
	query    string
	args     []any
	sortable float64
	drops    float64
}

const pages = 10 * 21

// caseLists is a query, and the same for its second page.
func (h *house) caseLists(name string, q station.CaseQuery) []listed {
	h.t.Helper()
	query, args, err := store.CaseListQuery(q)
	require.NoError(h.t, err)
	lists := []listed{{name, query, args, pages, 20 * pages}}
	page, err := h.db.CaseList(h.t.Context(), q)
	require.NoError(h.t, err)
	if page.Next != "" {
		q.Cursor = page.Next
		query, args, err = store.CaseListQuery(q)
		require.NoError(h.t, err)
		lists = append(lists, listed{name + ", second page", query, args, pages, 20 * pages})
	}
	return lists
}

func (h *house) taskLists(reviewer, graduate string) []listed {
	h.t.Helper()
	var lists []listed
	for name, q := range map[string]station.TaskQuery{
		"officer":      {Account: h.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ", "HZ-BJ", "HZ-XH"}},
		"duplicates":   {Account: h.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ", "HZ-BJ", "HZ-XH"}, Kind: station.TaskDuplicate},
		"no such kind": {Account: h.Officer.ID, Roles: []station.Role{station.RoleOfficer}, Branches: []string{"HZ", "HZ-BJ", "HZ-XH"}, Kind: station.TaskAppoint},
		"district":     {Account: h.DistrictOfficer.ID, Roles: []station.Role{station.RoleOfficer, station.RoleDirector}, Branches: []string{"HZ-BJ"}},
		"operator":     {Account: h.Operator.ID, Roles: []station.Role{station.RoleOperator}, All: true},
		"reviewer":     {Account: reviewer},
		"applicant":    {Account: graduate},
	} {
		query, args, err := store.TaskListQuery(q)
		require.NoError(h.t, err)
		lists = append(lists, listed{"tasks of " + name, query, args, pages, 20 * pages})
	}
	return lists
}

func (h *house) fundLists() []listed {
	h.t.Helper()
	entries, args, err := store.FundEntriesQuery("f1", "")
	require.NoError(h.t, err)
	lists := []listed{{"a fund's ledger", entries, args, pages, pages}}
	page, err := h.db.FundEntries(h.t.Context(), "f1", 0, "")
	require.NoError(h.t, err)
	entries, args, err = store.FundEntriesQuery("f1", page.Next)
	require.NoError(h.t, err)
	lists = append(lists, listed{"a fund's ledger, second page", entries, args, pages, pages})
	head, args := store.FundHeadQuery("f1", 2026)
	return append(lists, listed{"the first in a fund's queue", head, args, 1, 1})
}

func (h *house) talentLists(viewers ...station.Visibility) []listed {
	h.t.Helper()
	var name, words string
	h.reads(`SELECT name, split_part(name, ' ', 2) FROM talents ORDER BY id LIMIT 1 OFFSET 5000`, nil, &name, &words)
	var lists []listed
	for _, v := range viewers {
		for how, q := range map[string]station.TalentQuery{
			"all":              {},
			"grade":            {Grade: "B"},
			"field":            {Field: "Field 7"},
			"institution":      {Institution: "institute 42"},
			"none":             {Institution: "nowhere"},
			"branch":           {Branch: "HZ-BJ"},
			"grade and field":  {Grade: "B", Field: "field 8"},
			"whole name":       {Name: name},
			"reversed":         {Name: words + " " + strings.Fields(name)[0]},
			"part of a name":   {Name: words[:7]},
			"name in Han":      {Name: "季逸超"},
			"part in Han":      {Name: "逸超"},
			"one character":    {Name: "季"},
			"common beginning": {Name: "li"},
			"name and grade":   {Name: words[:7], Grade: "A"},
		} {
			q.Viewer = v
			query, args, err := store.TalentListQuery(q)
			require.NoError(h.t, err)
			sortable, drops := float64(pages), 20.0*pages
			if q.Name != "" { // matches are few, or else the newest are walked
				sortable = many / 100
			}
			if q.Name != "" && len(names.Normalise(q.Name)) < 4 {
				drops = many / 4 // too short for an index: the newest are walked until there is a page
			}
			if query != "" {
				lists = append(lists, listed{"talents by " + how + fmt.Sprint(v.Branches), query, args, sortable, drops})
			}
		}
	}
	return lists
}
