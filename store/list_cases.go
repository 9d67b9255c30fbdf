package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"wutong/station"
)

// lastID is after every ID: where the list that begins with the newest begins.
const lastID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// CaseList lists the cases that the viewer may see: the newest first; with
// DueBefore, the earliest due first; with Q, the highest number first.
func (db *DB) CaseList(ctx context.Context, q station.CaseQuery) (station.Page[station.Case], error) {
	l := newCaseListing(q)
	if err := l.write(); err != nil || len(l.arms) == 0 {
		return station.Page[station.Case]{}, err
	}
	var rows []caseRow
	if err := db.SelectContext(ctx, &rows, l.text, l.args...); err != nil {
		return station.Page[station.Case]{}, domainError(err)
	}
	var p station.Page[station.Case]
	rows, p.Next = cutPage(rows, l.size, l.name, l.order.keysOf)
	for _, r := range rows {
		p.Items = append(p.Items, r.station())
	}
	return p, nil
}

// caseOrder is one way to sort cases, each served by indexes that begin with
// the branch. NULLS LAST is how those are sorted, and the primary key is not:
// see the migration.
type caseOrder struct {
	name   string
	keys   []string // columns, beside the ID, that arms hand up
	by     string
	checks []keyCheck
	keysOf func(caseRow) []string
}

var (
	newestFirst = caseOrder{
		name: "newest", by: "id DESC NULLS LAST", checks: []keyCheck{isUUID},
		keysOf: func(r caseRow) []string { return []string{r.ID} },
	}
	dueFirst = caseOrder{
		name: "due", keys: []string{"due"}, by: "due, id", checks: []keyCheck{isTime, isUUID},
		keysOf: func(r caseRow) []string { return []string{timeKey(*r.Due), r.ID} },
	}
	highestNumberFirst = caseOrder{
		name: "number", keys: []string{"number"}, by: "number DESC NULLS LAST", checks: []keyCheck{isText},
		keysOf: func(r caseRow) []string { return []string{r.Number} },
	}
)

// caseListing composes the query of a list of cases. What a viewer may see is
// the union of reaches (their own, their panels', their hub's, their provider's,
// their branches').
// Each reach is an arm that reads one page from an index, a branch at a time; only
// those few rows are sorted together. A case in which the viewer has a conflict is
// in none of them.
type caseListing struct {
	statement
	q       station.CaseQuery
	name    string
	size    int
	order   caseOrder
	filters []string // on c, the same in every arm
	clear   string   // the viewer has no conflict in c
	arms    []string
	limit   string // placeholder
}

func newCaseListing(q station.CaseQuery) *caseListing {
	q.Q = strings.ToUpper(strings.TrimSpace(q.Q))
	l := &caseListing{q: q, size: pageSize(q.Limit), order: newestFirst}
	switch {
	case q.Q != "":
		l.order = highestNumberFirst
	case q.DueBefore != nil:
		l.order = dueFirst
	}
	l.name = listName("cases/"+l.order.name, string(q.Kind), q.Programme, string(q.Stage), string(q.Status), q.Branch, q.Q)
	return l
}

func (l *caseListing) write() error {
	after, err := readCursor(l.q.Cursor, l.name, l.order.checks...)
	if err != nil {
		return err
	}
	l.limit = l.arg(l.size + 1)
	l.clear = "NOT " + fmt.Sprintf(inConflict, "c.id", l.arg(nullable(l.q.Viewer.Account))+"::uuid")
	l.filter()
	l.begin(after)
	l.ownArm()
	l.panelArm()
	l.hubArms()
	l.providerArm()
	l.branchArm()
	columns := strings.Join(append([]string{"id"}, l.order.keys...), ", ")
	l.text = selectCase + ` JOIN (
		SELECT ` + columns + ` FROM (` + strings.Join(l.arms, "\n\t\tUNION\n") + `) reach ORDER BY ` + l.order.by + ` LIMIT ` + l.limit + `
	) page ON page.id = c.id ORDER BY ` + prefixed("page.", l.order.by)
	return nil
}

// prefixed qualifies the columns of an ORDER BY.
func prefixed(table, by string) string {
	return table + strings.ReplaceAll(by, ", ", ", "+table)
}

func (l *caseListing) filter() {
	for _, f := range []struct{ column, value string }{
		{"programme", l.q.Programme},
		{"stage", string(l.q.Stage)},
		{"status", string(l.q.Status)},
	} {
		if f.value != "" {
			l.filters = append(l.filters, "c."+f.column+" = "+l.arg(f.value))
		}
	}
	if l.q.DueBefore != nil {
		l.filters = append(l.filters, "c.due < "+l.arg(*l.q.DueBefore))
	}
	if l.q.Q != "" {
		// a range and not LIKE: an index serves it whatever the plan knows of
		// the value. U+10FFFF sorts after every character in collation C.
		l.filters = append(l.filters, "c.number >= "+l.arg(l.q.Q), "c.number < "+l.arg(l.q.Q+"\U0010FFFF"))
	}
}

// begin lets every arm begin after the cursor.
func (l *caseListing) begin(after []string) {
	switch {
	case l.order.name == newestFirst.name && after == nil:
		l.filters = append(l.filters, "c.id < "+l.arg(lastID))
	case l.order.name == newestFirst.name:
		l.filters = append(l.filters, "c.id < "+l.arg(after[0]))
	case after == nil:
	case l.order.name == dueFirst.name:
		l.filters = append(l.filters, "(c.due, c.id) > ("+l.arg(after[0])+"::timestamptz, "+l.arg(after[1])+"::uuid)")
	default:
		l.filters = append(l.filters, "c.number < "+l.arg(after[0]))
	}
}

// unfiltered tells a list of everything, from the cursor on.
func (l *caseListing) unfiltered() bool {
	return l.order.name == newestFirst.name && l.q.Kind == "" && len(l.filters) == 1
}

// read is the first rows of from that pass where and the filters.
func (l *caseListing) read(from string, where ...string) string {
	columns := append([]string{"id"}, l.order.keys...)
	return "SELECT c." + strings.Join(columns, ", c.") + " FROM " + from +
		" WHERE " + strings.Join(append(append(where, l.filters...), l.clear), " AND ") +
		" ORDER BY " + prefixed("c.", l.order.by) + " LIMIT " + l.limit
}

// narrowed are the filters on branch and kind, where the arm itself does not
// go by them.
func (l *caseListing) narrowed() []string {
	var where []string
	if l.q.Branch != "" {
		where = append(where, "c.branch = "+l.arg(l.q.Branch))
	}
	if l.q.Kind != "" {
		where = append(where, "c.kind = "+l.arg(string(l.q.Kind)))
	}
	return where
}

func (l *caseListing) ownArm() {
	if l.q.Viewer.Own && !l.q.Viewer.All {
		l.arms = append(l.arms, "\t\t("+l.read("cases c", append(l.narrowed(), "c.applicant = "+l.arg(l.q.Viewer.Account))...)+")")
	}
}

func (l *caseListing) panelArm() {
	if l.q.Viewer.InPanel && !l.q.Viewer.All {
		// someone can be asked twice in a case: DISTINCT before LIMIT
		arm := l.read("tasks t JOIN cases c ON c.id = t.case_id", append(l.narrowed(), "t.assignee = "+l.arg(l.q.Viewer.Account),
			"t.kind = 'review'", "t.status IN ('open', 'done')")...)
		l.arms = append(l.arms, "\t\t("+strings.Replace(arm, "SELECT", "SELECT DISTINCT", 1)+")")
	}
}

// hubArms read what a hub is shown: admissions that it votes on, or did, projects
// with a seat, and those that the viewer screens. They are few.
func (l *caseListing) hubArms() {
	if l.q.Viewer.Hub == "" || l.q.Viewer.All {
		return
	}
	hub, account := l.arg(l.q.Viewer.Hub), l.arg(l.q.Viewer.Account)
	for _, reach := range []struct{ from, where string }{
		{"tasks t JOIN cases c ON c.id = t.case_id", "t.branch = " + hub + " AND t.kind = 'vote'"},
		{"tasks t JOIN cases c ON c.id = t.case_id", "t.assignee = " + account + " AND t.kind = 'review' AND t.status IN ('open', 'done') AND c.kind = 'pitch'"},
	} {
		arm := l.read(reach.from, append(l.narrowed(), reach.where)...)
		l.arms = append(l.arms, "\t\t("+strings.Replace(arm, "SELECT", "SELECT DISTINCT", 1)+")")
	}
	l.arms = append(l.arms, "\t\t("+l.read("pitches p JOIN cases c ON c.id = p.case_id", append(l.narrowed(), "p.seat = 'confirmed'",
		"c.branch IN (SELECT code FROM branches WHERE code = "+hub+" OR parent = "+hub+")")...)+")")
}

// providerArm reads what a provider is asked to perform: services, and nothing else.
func (l *caseListing) providerArm() {
	if l.q.Viewer.Provider == "" || l.q.Viewer.All || l.q.Kind != "" && l.q.Kind != station.ServiceKind {
		return
	}
	where := []string{"c.provider = " + l.arg(l.q.Viewer.Provider)}
	if l.q.Branch != "" {
		where = append(where, "c.branch = "+l.arg(l.q.Branch))
	}
	l.arms = append(l.arms, "\t\t("+l.read("cases c", where...)+")")
}

// branchArm reads a page of each branch that is seen, and of each kind in it
// where an index goes by the kind.
func (l *caseListing) branchArm() {
	seen := l.q.Viewer.Branches
	switch {
	case l.q.Branch != "" && (l.q.Viewer.All || slices.Contains(seen, l.q.Branch)):
		seen = []string{l.q.Branch}
	case l.q.Branch != "":
		return
	case l.q.Viewer.All && l.unfiltered():
		// all there is: this one the primary key serves
		l.arms = append(l.arms, "\t\t(SELECT c.id FROM cases c WHERE "+l.filters[0]+" AND "+l.clear+" ORDER BY c.id DESC LIMIT "+l.limit+")")
		return
	case !l.q.Viewer.All && len(seen) == 0:
		return
	}
	from, where := "(SELECT code AS branch FROM branches) b", []string{"c.branch = b.branch"}
	if !l.q.Viewer.All || l.q.Branch != "" {
		from = "unnest(" + l.arg(textArray(seen)) + "::text[]) AS b (branch)"
	}
	switch {
	case l.q.Kind != "":
		where = append(where, "c.kind = "+l.arg(string(l.q.Kind)))
	case l.order.name == newestFirst.name && (l.q.Stage != "" || l.q.Status != "") && l.q.Programme == "":
		from += " CROSS JOIN (SELECT DISTINCT kind FROM programmes) k"
		where = append(where, "c.kind = k.kind")
	}
	columns := strings.Join(append([]string{"id"}, l.order.keys...), ", ")
	l.arms = append(l.arms, "\t\t(SELECT "+columns+" FROM "+from+" CROSS JOIN LATERAL ("+l.read("cases c", where...)+") s)")
}
