package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"wutong/station"
)

// officeColumns are an office o, of an account a and an institution i, as officeInto
// reads it.
const officeColumns = `o.case_id, o.branch, a.name, o.status, o.since, o.until, ` + institutionColumns

func officeInto(o *station.Office) []any {
	return append([]any{&o.Case, &o.Branch, &o.Name, &o.Status, &o.Since, &o.Until}, institutionInto(&o.Institution)...)
}

// selectOffices is a page of the offices whose term is not over at a time ($5), after
// an institution ($2) and a case ($3), of a branch with its districts ($1) or of all
// (NULL): a page of each branch, and of those the first. A term that is over while its
// renewal is still decided on is not shown until then.
const selectOffices = `
	SELECT ` + officeColumns + `
	FROM (
		SELECT p.* FROM branches b CROSS JOIN LATERAL (
			SELECT * FROM offices o
			WHERE o.branch = b.code AND o.status = 'active' AND o.until > $5 AND (o.institution, o.case_id) > ($2, $3::uuid)
			ORDER BY o.institution, o.case_id LIMIT $4) p
		WHERE $1::text IS NULL OR $1 IN (b.code, b.parent)
		ORDER BY p.institution, p.case_id LIMIT $4
	) o JOIN accounts a ON a.id = o.account JOIN institutions i ON i.code = o.institution
	ORDER BY o.institution, o.case_id`

// OfficeList lists ambassadors in office at a time.
func (db *DB) OfficeList(ctx context.Context, branch string, at time.Time, limit int, cursor string) (station.Page[station.Office], error) {
	var p station.Page[station.Office]
	list, size := listName("offices", branch), pageSize(limit)
	after, err := readCursor(cursor, list, isText, isUUID)
	if err != nil {
		return p, err
	}
	if after == nil {
		after = []string{"", uuid.Nil.String()}
	}
	var offices []station.Office
	err = db.each(ctx, func(row scanner) error {
		var o station.Office
		err := row.Scan(officeInto(&o)...)
		offices = append(offices, o)
		return err
	}, selectOffices, nullable(branch), after[0], after[1], size+1, at)
	if err != nil {
		return p, err
	}
	p.Items, p.Next = cutPage(offices, size, list, func(o station.Office) []string { return []string{o.Institution.Code, o.Case} })
	return p, nil
}

// OfficeOf returns the office that a case gave.
func (db *DB) OfficeOf(ctx context.Context, caseID string) (station.Office, error) {
	var o station.Office
	err := db.QueryRowxContext(ctx, `
		SELECT `+officeColumns+` FROM offices o JOIN accounts a ON a.id = o.account JOIN institutions i ON i.code = o.institution
		WHERE o.case_id = $1`, caseID).Scan(officeInto(&o)...)
	return o, notFound(err, "case %s gave no office", caseID)
}

// selectRecord counts the referrals that name the ambassador of a case ($1) and came
// since a time ($2), and before another ($3; NULL: to this day), and those of them
// that were accepted.
const selectRecord = `
	SELECT count(*), count(*) FILTER (WHERE c.status = 'accepted')
	FROM ambassador_referrals r JOIN cases c ON c.id = r.case_id
	WHERE r.office = $1 AND c.opened_at >= $2 AND ($3::timestamptz IS NULL OR c.opened_at < $3)`

// OfficeRecord is what an ambassador has done since a time, and before another.
func (db *DB) OfficeRecord(ctx context.Context, caseID string, since, until time.Time) (station.OfficeRecord, error) {
	var r station.OfficeRecord
	err := db.QueryRowxContext(ctx, selectRecord, caseID, since, whenever(until)).Scan(&r.Made, &r.Accepted)
	return r, domainError(err)
}

// selectCovered is every institution, with how many ambassadors in some branches
// ($1), or in all (none), are of it, and until when. A term that is over at a time ($2)
// covers nothing, though its renewal is still decided on.
const selectCovered = `
	SELECT ` + institutionColumns + `, held.ambassadors, held.until
	FROM institutions i CROSS JOIN LATERAL (
		SELECT count(*) AS ambassadors, max(o.until) AS until FROM offices o
		WHERE o.institution = i.code AND o.status = 'active' AND o.until > $2 AND (cardinality($1::text[]) = 0 OR o.branch = ANY($1::text[]))) held
	ORDER BY i."group", i.code`

// Covered lists all institutions, with who covers them at a time.
func (db *DB) Covered(ctx context.Context, branches []string, at time.Time) ([]station.Covered, error) {
	var list []station.Covered
	err := db.each(ctx, func(row scanner) error {
		var c station.Covered
		err := row.Scan(append(institutionInto(&c.Institution), &c.Ambassadors, &c.Until)...)
		list = append(list, c)
		return err
	}, selectCovered, textArray(branches), at)
	return list, err
}
