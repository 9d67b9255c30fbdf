package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"wutong/station"
)

// TaskList lists an inbox, due first: the account's own tasks, those that wait
// for it as the applicant of a case, those of its provider, and those that are open
// to its pools. A
// task whose clock stands still keeps its place by the date it had. What somebody
// may do at any time, and need not, is in the list only if it is asked for by kind.
// A case in which the account has a conflict is not there.
func (db *DB) TaskList(ctx context.Context, q station.TaskQuery) (station.Page[station.Task], error) {
	l := newTaskListing(q)
	if err := l.write(); err != nil {
		return station.Page[station.Task]{}, err
	}
	var rows []taskRow
	if err := db.SelectContext(ctx, &rows, l.text, l.args...); err != nil {
		return station.Page[station.Task]{}, domainError(err)
	}
	var p station.Page[station.Task]
	rows, p.Next = cutPage(rows, l.size, l.name, func(r taskRow) []string { return []string{timeKey(*r.Due), r.ID} })
	for _, r := range rows {
		t, err := r.station()
		if err != nil {
			return p, err
		}
		p.Items = append(p.Items, t)
	}
	return p, nil
}

// taskListing composes the query of an inbox: arms as in caseListing.
type taskListing struct {
	statement
	q       station.TaskQuery
	name    string
	size    int
	account string // placeholder
	filters []string
	limit   string // placeholder
}

func newTaskListing(q station.TaskQuery) *taskListing {
	return &taskListing{q: q, size: pageSize(q.Limit), name: listName("tasks", string(q.Kind))}
}

func (l *taskListing) write() error {
	after, err := readCursor(l.q.Cursor, l.name, isTime, isText)
	if err != nil {
		return err
	}
	if after == nil {
		after = []string{timeKey(time.Time{}), ""}
	}
	l.limit = l.arg(l.size + 1)
	l.filters = []string{"t.status = 'open'", "(t.due, t.id) > (" + l.arg(after[0]) + "::timestamptz, " + l.arg(after[1]) + ")"}
	if l.q.Kind != "" {
		l.filters = append(l.filters, "t.kind = "+l.arg(string(l.q.Kind)))
	} else {
		l.filters = append(l.filters, "t.kind NOT IN ('membership', 'oversight', 'office', 'timetable', 'settling', 'management')")
	}
	account := l.arg(l.q.Account)
	l.account = account + "::uuid"
	l.filters = append(l.filters, "NOT "+fmt.Sprintf(inConflict, "t.case_id", l.account))
	arms := []string{
		"\t\t(" + l.read("tasks t", "t.assignee = "+account) + ")",
		// few: the open cases of one person, and what is asked of them in those
		"\t\t(" + l.read("cases c JOIN tasks t ON t.case_id = c.id", "c.applicant = "+account, "c.ended_at IS NULL", "t.party = 'applicant'") + ")",
	}
	if pool := l.poolArm(); pool != "" {
		arms = append(arms, pool)
	}
	if l.q.Provider != "" {
		arms = append(arms, "\t\t("+l.read("tasks t", "t.provider = "+l.arg(l.q.Provider))+")")
	}
	if slices.Contains(l.q.Roles, station.RoleAngel) {
		arms = append(arms, l.hubArm())
	}
	l.text = selectTask + ` JOIN (
		SELECT due, id FROM (` + strings.Join(arms, "\n\t\tUNION\n") + `) inbox ORDER BY due, id LIMIT ` + l.limit + `
	) page ON page.id = t.id ORDER BY page.due, page.id`
	return nil
}

func (l *taskListing) read(from string, where ...string) string {
	return "SELECT t.due, t.id FROM " + from + " WHERE " + strings.Join(append(where, l.filters...), " AND ") +
		" ORDER BY t.due, t.id LIMIT " + l.limit
}

// poolArm reads a page of each pool: a role at a branch.
func (l *taskListing) poolArm() string {
	var roles []string
	for _, r := range l.q.Roles {
		if r != station.RoleAngel { // see hubArm
			roles = append(roles, string(r))
		}
	}
	if len(roles) == 0 || !l.q.All && len(l.q.Branches) == 0 {
		return ""
	}
	branches := "(SELECT code AS branch FROM branches) b"
	if !l.q.All {
		branches = "unnest(" + l.arg(textArray(l.q.Branches)) + "::text[]) AS b (branch)"
	}
	return "\t\t(SELECT due, id FROM " + branches + " CROSS JOIN unnest(" + l.arg(textArray(roles)) + "::text[]) AS r (role) CROSS JOIN LATERAL (" +
		l.read("tasks t", "t.branch = b.branch", "t.role = r.role", "t.role <> ''", "t.assignee IS NULL") + ") s)"
}

// hubArm reads what the account's hub is asked, as long as the account has not
// said it. Of a project they are asked first whether they have a conflict in it,
// and nothing of their own.
func (l *taskListing) hubArm() string {
	said := func(table, where string) string {
		return "EXISTS (SELECT FROM " + table + " x WHERE x.case_id = t.case_id AND " + where + ")"
	}
	declared := said("declarations", "x.account = "+l.account)
	balloted := said("ballots", "x.stage = t.stage AND x.account = "+l.account)
	return "\t\t(" + l.read("angels g JOIN tasks t ON t.branch = g.branch",
		"g.account = "+l.account, "g.status = 'active'", "t.role = 'angel'", "t.role <> ''", "t.assignee IS NULL",
		"NOT EXISTS (SELECT FROM cases x WHERE x.id = t.case_id AND x.applicant = "+l.account+")",
		"CASE t.kind WHEN 'declaration' THEN NOT "+declared+
			" WHEN 'score' THEN "+declared+" AND NOT "+said("reviews", "x.stage = t.stage AND x.reviewer = "+l.account)+
			" WHEN 'commitment' THEN "+declared+" AND NOT "+balloted+
			" ELSE NOT "+balloted+" END") + ")"
}
