package main

import (
	"context"
	"crypto/md5" //nolint:gosec // makes names, not secrets
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"wutong/deploy/dev/crowd"
)

// fills add the cases from $from to $to, each with a talent who is in the reserve, a task and three events; every
// eighth has ended.
var fills = []string{
	`INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, due, form, run, opened_at, updated_at, ended_at)
	SELECT bench_id('c', n), 'HZ-X-2026-' || lpad(n::text, 7, '0'), 'referral', '$programme', 'HZ', '$referrer', 'bench' || n, '',
		CASE WHEN n % 8 = 0 THEN 'ended' ELSE (ARRAY['consent', 'check', 'review'])[1 + n / 7 % 3] END,
		CASE WHEN n % 8 = 0 THEN (ARRAY['accepted', 'declined', 'lapsed'])[1 + n / 8 % 3] ELSE 'open' END,
		CASE WHEN n % 8 <> 0 THEN timestamptz '2026-03-01' + n * interval '1 minute' END, '{}', 'r', '2026-01-01', '2026-01-01',
		CASE WHEN n % 8 = 0 THEN timestamptz '2026-02-01' END FROM generate_series($from, $to) n`,
	`INSERT INTO parties (case_id, party, name, email, institution, field, language, name_keys, name_search)
	SELECT bench_id('c', n), 'talent', 'Talent ' || n, 'bench' || n || '@example.com', 'institute ' || n % 997, 'AI', 'en',
		ARRAY['talent' || n], 'talent ' || n FROM generate_series($from, $to) n`,
	`INSERT INTO tasks (id, case_id, kind, stage, role, branch, party, assignee, status, due, wait, opened_at, closed_at)
	SELECT bench_id('c', n) || '.check.1', bench_id('c', n), CASE WHEN n % 4 = 1 THEN 'review' ELSE 'check' END, 'check',
		CASE WHEN n % 4 = 1 THEN '' ELSE 'officer' END, 'HZ', '', CASE WHEN n % 4 = 1 THEN ('01900000-0000-7000-8000-' || lpad((23 + n / 4 % 24)::text, 12, '0'))::uuid END,
		CASE WHEN n % 8 = 0 THEN 'done' ELSE 'open' END, timestamptz '2026-03-01' + n * interval '1 minute', '{}', '2026-01-01',
		CASE WHEN n % 8 = 0 THEN timestamptz '2026-02-01' END FROM generate_series($from, $to) n`,
	`INSERT INTO events (case_id, seq, at, kind, stage, actor, act, act_digest, task, details, prev, hash)
	SELECT bench_id('c', n), s, '2026-01-01', 'consented', 'consent', 'system', '', '', '', '{}', '', '' FROM generate_series($from, $to) n, generate_series(1, 3) s`,
	`INSERT INTO talents (id, case_id, name, name_keys, name_search, email, phone, institution, field, branch, grade, score, entered_at)
	SELECT bench_id('d', n), bench_id('c', n), s || ' ' || g, ARRAY[lower(s || g), lower(g || s)], lower(s || ' ' || g || ' ' || s || g || ' ' || g || s),
		'bench' || n || '@example.com', '', 'institute ' || n % 997, 'field ' || n % 211, 'HZ', (ARRAY['A', 'B', 'C'])[1 + n % 3], 80, '2026-01-01'
	FROM (SELECT n, 'Li' || chr(97 + n % 26) || chr(97 + n / 26 % 26) AS s, 'Gu' || substr(translate(md5(n::text), '0123456789', 'ghijklmnop'), 1, 6) AS g
		FROM generate_series($from, $to) n) names`,
}

// fullName is the name of the n-th talent that fills make.
func fullName(n int) string {
	sum := md5.Sum([]byte(strconv.Itoa(n))) //nolint:gosec // as above
	given := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'g' + r - '0'
		}
		return r
	}, hex.EncodeToString(sum[:]))[:6]
	return fmt.Sprintf("Li%c%c Gu%s", 'a'+rune(n%26), 'a'+rune(n/26%26), given)
}

// fill adds the cases after have, up to want. It goes round the station: a million referrals would take days.
func fill(ctx context.Context, db *sql.DB, people *crowd.Crowd, have, want int) error {
	words := strings.NewReplacer("$from", strconv.Itoa(have+1), "$to", strconv.Itoa(want), "$programme", referring, "$referrer", people.Referrers[1].ID)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("fill the station: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, q := range append([]string{
		`SET LOCAL session_replication_role = replica`, // foreign keys are not asked
		`CREATE OR REPLACE FUNCTION bench_id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
			$$ SELECT ('01910000-0000-7000-800' || kind || '-' || lpad(n::text, 12, '0'))::uuid $$`,
	}, fills...) {
		if _, err := tx.ExecContext(ctx, words.Replace(q)); err != nil {
			return fmt.Errorf("fill the station: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("fill the station: %w", err)
	}
	if _, err := db.ExecContext(ctx, `VACUUM ANALYZE`); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	return nil
}
