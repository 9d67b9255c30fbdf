package store

import (
	"context"
	"time"

	"wutong/station"
)

// selectPublic is a page of public notices, after a due date ($1) and a task ($2).
const selectPublic = `
	SELECT t.id, t.due, t.held_at IS NOT NULL, t.opened_at, c.id, c.number, c.branch, coalesce(c.form->'project'->>'name', ''),
	coalesce(c.form->'company'->>'name', ''), a.reserved, f.currency
	FROM tasks t JOIN cases c ON c.id = t.case_id JOIN awards a ON a.case_id = c.id JOIN funds f ON f.code = a.fund
	WHERE t.kind = 'notice' AND t.status = 'open' AND (t.due, t.id) > ($1::timestamptz, $2)
	ORDER BY t.due, t.id LIMIT $3`

// PublicNoticeList lists the awards on public notice, the earliest to end first.
// The amount is what the fund has reserved.
func (db *DB) PublicNoticeList(ctx context.Context, limit int, cursor string) (station.Page[station.PublicNotice], error) {
	var p station.Page[station.PublicNotice]
	size := pageSize(limit)
	after, err := readCursor(cursor, "public", isTime, isText)
	if err != nil {
		return p, err
	}
	if after == nil {
		after = []string{timeKey(time.Time{}), ""}
	}
	type row struct {
		station.PublicNotice
		due  time.Time
		task string
	}
	var rows []row
	err = db.each(ctx, func(s scanner) error {
		var r row
		var held bool
		err := s.Scan(&r.task, &r.due, &held, &r.Since, &r.Case, &r.Number, &r.Branch, &r.Project, &r.Company, &r.Award.Fen, &r.Award.Currency)
		if !held {
			r.Until = &r.due
		}
		rows = append(rows, r)
		return err
	}, selectPublic, after[0], after[1], size+1)
	if err != nil {
		return p, err
	}
	rows, p.Next = cutPage(rows, size, "public", func(r row) []string { return []string{timeKey(r.due), r.task} })
	for _, r := range rows {
		p.Items = append(p.Items, r.PublicNotice)
	}
	return p, nil
}

// NoticeOnShow returns the task by which a case is on public notice.
func (db *DB) NoticeOnShow(ctx context.Context, caseID string) (string, error) {
	var task string
	err := db.GetContext(ctx, &task, `SELECT id FROM tasks WHERE case_id = $1 AND kind = 'notice' AND status = 'open'`, caseID)
	return task, notFound(err, "case %s is not on public notice", caseID)
}
