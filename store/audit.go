package store

import (
	"context"
	"fmt"

	"wutong/station"
)

// Audit walks the history of every case, in the order of their IDs, and calls
// found for each fault. It reads a case at a time: any number of cases fits in
// memory. It returns how many cases and events it walked.
func (db *DB) Audit(ctx context.Context, found func(station.Fault)) (cases, events int, err error) {
	last := "00000000-0000-0000-0000-000000000000"
	for {
		var heads []caseRow
		if err := db.SelectContext(ctx, &heads, selectCase+` WHERE c.id > $1 ORDER BY c.id LIMIT 500`, last); err != nil {
			return cases, events, fmt.Errorf("read the cases after %s: %w", last, domainError(err))
		}
		if len(heads) == 0 {
			return cases, events, nil
		}
		for _, h := range heads {
			list, err := db.Events(ctx, h.ID, 0, 0)
			if err != nil {
				return cases, events, err
			}
			for _, f := range station.Verify(h.ID, list, h.EventSeq, h.EventHead) {
				found(f)
			}
			if err := db.auditActs(ctx, h.ID, list, found); err != nil {
				return cases, events, err
			}
			cases, events, last = cases+1, events+len(list), h.ID
		}
	}
}

// auditActs checks that the words that are kept are those that were said.
func (db *DB) auditActs(ctx context.Context, caseID string, events []station.Event, found func(station.Fault)) error {
	var acts []struct {
		ID   string
		Body string
		Salt []byte
	}
	err := db.SelectContext(ctx, &acts, `SELECT id, body, salt FROM acts WHERE case_id = $1 AND salt IS NOT NULL`, caseID)
	if err != nil {
		return fmt.Errorf("read the acts of case %s: %w", caseID, domainError(err))
	}
	said := map[string]string{}
	for _, a := range acts {
		said[a.ID] = station.ActDigest(a.Salt, []byte(a.Body))
	}
	for _, e := range events {
		if digest, kept := said[e.Act]; kept && digest != e.ActDigest {
			found(station.Fault{Case: caseID, Seq: e.Seq, What: "changed: the words of its act are not those that were said"})
		}
	}
	return nil
}
