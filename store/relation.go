package store

import (
	"context"
	"fmt"

	"wutong/station"
)

// selectRelation is how an account ($2) stands to a case ($1): whether it opened
// it; has a review to give in it, or gave one; is a member of its hub; what it has
// declared of it; whether the hub is shown the case: it votes on it, or the
// project has a seat; whether it is a service that their provider is asked to
// perform; and the last event before it was, if another was asked before (an event's
// time is cut to microseconds, and a request's is rounded to them).
var selectRelation = `
	SELECT c.kind, c.applicant = $2,
	       EXISTS (SELECT FROM tasks t WHERE t.case_id = c.id AND t.kind = 'review' AND t.assignee = $2 AND t.status IN ('open', 'done')),
	       EXISTS (SELECT FROM angels g WHERE g.account = $2 AND g.status = 'active' AND g.branch = ` + fmt.Sprintf(hubOf, "c.branch") + `),
	       coalesce((SELECT d.conflict FROM declarations d WHERE d.case_id = c.id AND d.account = $2), ''),
	       c.kind = 'angel' AND EXISTS (SELECT FROM tasks t WHERE t.case_id = c.id AND t.kind = 'vote')
	       OR EXISTS (SELECT FROM pitches p WHERE p.case_id = c.id AND p.seat = 'confirmed'),
	       EXISTS (SELECT FROM accounts a WHERE a.id = $2 AND a.provider = c.provider),
	       CASE WHEN c.provider IS NULL THEN 0 ELSE coalesce((SELECT max(e.seq) FROM events e WHERE e.case_id = c.id AND e.at <
	           (SELECT min(q.asked_at) - interval '1 microsecond' FROM requests q WHERE q.service = c.id AND q.ordinal >
	               (SELECT max(o.ordinal) FROM requests o WHERE o.service = c.id AND o.provider <> c.provider))), 0) END
	FROM cases c WHERE c.id = $1`

// Relation says how an account stands to a case. A project is an angel's to judge
// once they have declared that they have no conflict in it.
func (db *DB) Relation(ctx context.Context, caseID, account string) (station.Relation, error) {
	var r station.Relation
	var kind station.Kind
	var review, member, shown bool
	var said station.ConflictKind
	err := db.QueryRowxContext(ctx, selectRelation, caseID, account).Scan(
		&kind, &r.Applicant, &review, &member, &said, &shown, &r.Provider, &r.After)
	if err != nil {
		return r, notFound(err, "no case %s", caseID)
	}
	cleared := kind != station.Pitch || said == station.ConflictNone
	r.Panel = review && cleared
	r.Hub = member && (shown || review && kind == station.Pitch)
	r.Cleared = r.Hub && cleared
	if !r.Provider {
		r.After = 0
	}
	r.Conflict = said != "" && said != station.ConflictNone && !r.Applicant
	return r, nil
}
