package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wutong/deploy/dev/crowd"
)

// statsSettle is how long PostgreSQL's connections may keep their counts to themselves (PGSTAT_IDLE_INTERVAL, and one).
const statsSettle = 11 * time.Second

// list is a page that people look at all day; path makes the n-th request of it.
type list struct {
	name string
	path func(n int) (path, account string)
	took map[int]*sample // by the number of cases
	uses map[int]string
}

func pages(people *crowd.Crowd, size *int) []*list {
	officer := func(n int) string { return people.Officers[n%len(people.Officers)].ID }
	some := func(n int) string { return fmt.Sprintf("01910000-0000-7000-800c-%012d", 1+n*7919%*size) }
	turns := func(queries ...string) func(int) string { return func(n int) string { return queries[n%len(queries)] } }
	cases := turns("", "?stage=review", "?status=open", "?status=declined", "?q=HZ-X-2026-00001", "?due_before=2026-03-03T00:00:00Z")
	talents := turns("?name="+url.QueryEscape("LiAb"), "?field="+url.QueryEscape("field 42"), "?institution="+url.QueryEscape("institute 77"), "?grade=B", "")
	return []*list{
		{name: "inbox of an officer", path: func(n int) (string, string) { return "/v1/tasks", officer(n) }},
		{name: "inbox of a reviewer", path: func(n int) (string, string) { return "/v1/tasks", people.Reviewers[n%len(people.Reviewers)].ID }},
		{name: "cases, six filters in turn", path: func(n int) (string, string) { return "/v1/cases" + cases(n), officer(n) }},
		{name: "one case", path: func(n int) (string, string) { return "/v1/cases/" + some(n), officer(n) }},
		{name: "its events", path: func(n int) (string, string) { return "/v1/cases/" + some(n) + "/events", officer(n) }},
		{name: "reserve, five searches in turn", path: func(n int) (string, string) { return "/v1/talents" + talents(n), officer(n) }},
		{name: "reserve, a name in full", path: func(n int) (string, string) {
			return fmt.Sprintf("/v1/talents?name=%s", url.QueryEscape(fullName(1+n*7919%*size))), officer(n)
		}},
	}
}

func (b *bench) lists(ctx context.Context) error {
	size := 0
	all := pages(b.people, &size)
	station, err := newProduct(b.stack, b.db, b.people)
	if err != nil {
		return err
	}
	defer station.lis.Close()
	for _, l := range all {
		l.took, l.uses = map[int]*sample{}, map[int]string{}
	}
	for _, next := range []int{b.small, b.large} {
		fmt.Printf("\nfilling the station with %d cases …\n", next)
		if err := fill(ctx, b.db, b.people, size, next); err != nil {
			return err
		}
		size = next
		for _, l := range all {
			if err := l.measure(ctx, b.requests, station, size); err != nil {
				return err
			}
		}
	}
	t := newTable("Lists over HTTP, 20 a page", "", fmt.Sprintf("%d cases: p50", b.small), "p99", fmt.Sprintf("%d cases: p50", b.large), "p99", "ratio of p50", "indexes that were read")
	for _, l := range all {
		few, many := l.took[b.small], l.took[b.large]
		t.row(l.name, ms(few.at(50)), ms(few.at(99)), ms(many.at(50)), ms(many.at(99)), ratio(float64(many.at(50)), float64(few.at(50))), l.uses[b.large])
	}
	t.end()
	return nil
}

func (l *list) measure(ctx context.Context, requests int, station *product, size int) error {
	took := &sample{}
	before, err := scans(ctx, station.db)
	if err != nil {
		return err
	}
	for n := range requests + requests/10 { // the first tenth warms up
		path, account := l.path(n)
		began := time.Now()
		if _, err := station.call(ctx, http.MethodGet, path, account, nil); err != nil {
			return err
		}
		if n >= requests/10 {
			took.add(time.Since(began))
		}
	}
	l.took[size] = took
	select {
	case <-time.After(statsSettle):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := scans(ctx, station.db)
	if err != nil {
		return err
	}
	var used []string
	for _, name := range after.names {
		if n := after.count[name] - before.count[name]; n > 0 {
			used = append(used, name)
		}
	}
	l.uses[size] = strings.Join(used, ", ")
	return nil
}

// scanned is how often each index of the big tables was read, and, as "table WHOLE", each of those tables.
type scanned struct {
	names []string
	count map[string]int
}

func scans(ctx context.Context, db *sql.DB) (scanned, error) {
	s := scanned{count: map[string]int{}}
	rows, err := db.QueryContext(ctx, `SELECT relname || ' WHOLE', seq_scan FROM pg_stat_user_tables WHERE relname IN ('cases', 'tasks', 'talents', 'parties', 'events', 'reviews')
		UNION ALL SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE relname IN ('cases', 'tasks', 'talents', 'parties', 'events', 'reviews') ORDER BY 1`)
	if err != nil {
		return s, fmt.Errorf("read PostgreSQL's counts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return s, fmt.Errorf("read PostgreSQL's counts: %w", err)
		}
		s.names, s.count[name] = append(s.names, name), n
	}
	return s, rows.Err()
}
