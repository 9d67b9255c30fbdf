package store

import (
	"context"
	"strings"

	"github.com/lib/pq"

	"wutong/station"
	"wutong/station/names"
)

// TalentList searches the reserve, newest first: by name in either script and
// either order, by field, grade, institution and branch.
func (db *DB) TalentList(ctx context.Context, q station.TalentQuery) (station.Page[station.TalentEntry], error) {
	var p station.Page[station.TalentEntry]
	s, list, err := talentStatement(q)
	if err != nil {
		return p, err
	}
	rows, err := db.QueryxContext(ctx, s.text, s.args...)
	if err != nil {
		return p, domainError(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e station.TalentEntry
		var referrers pq.StringArray
		err := rows.Scan(&e.ID, &e.Name, &e.Email, &e.Phone, &e.Institution, &e.Field, &e.Branch, &e.Grade, &e.Score, &e.Case, &e.EnteredAt, &referrers)
		if err != nil {
			return p, err
		}
		e.Referrers = referrers
		p.Items = append(p.Items, e)
	}
	p.Items, p.Next = cutPage(p.Items, pageSize(q.Limit), list, func(e station.TalentEntry) []string { return []string{e.ID} })
	return p, domainError(rows.Err())
}

// talentStatement writes the search and names its list.
func talentStatement(q station.TalentQuery) (statement, string, error) {
	list := listName("talents", q.Name, q.Field, q.Grade, q.Institution, q.Branch)
	after, err := readCursor(q.Cursor, list, isUUID)
	if err != nil {
		return statement{}, "", err
	}
	var s statement
	where := []string{"true"}
	if !q.Viewer.All {
		where = append(where, "t.branch = ANY("+s.arg(textArray(q.Viewer.Branches))+")")
	}
	if after != nil {
		where = append(where, "t.id < "+s.arg(after[0])+"::uuid")
	}
	if q.Name != "" {
		like := "%" + likeEscape(names.Search(q.Name)) + "%"
		where = append(where, "(t.name_keys && "+s.arg(textArray(names.Keys(q.Name)))+" OR t.name_search LIKE "+s.arg(like)+")")
	}
	for _, f := range [][2]string{{"lower(t.field)", strings.ToLower(q.Field)}, {"t.grade", q.Grade}, {"t.institution", institutionKey(q.Institution)}, {"t.branch", q.Branch}} {
		if f[1] != "" {
			where = append(where, f[0]+" = "+s.arg(f[1]))
		}
	}
	s.text = `
		SELECT t.id, t.name, t.email, t.phone, t.institution, t.field, t.branch, t.grade, t.score, t.case_id, t.entered_at,
		       ARRAY(SELECT c.account::text FROM credits c WHERE c.case_id = t.case_id ORDER BY c.role DESC, c.of_case)
		FROM talents t WHERE ` + strings.Join(where, " AND ") + ` ORDER BY t.id DESC LIMIT ` + s.arg(pageSize(q.Limit)+1)
	return s, list, nil
}

// likeEscape takes from a text what LIKE would read as a pattern.
func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
