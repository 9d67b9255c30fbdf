package store

import (
	"context"
	"database/sql"
	"errors"
)

// Inviter returns the account that invited a case's talent into the hub; "" if
// nobody was invited.
func (db *DB) Inviter(ctx context.Context, caseID string) (account string, err error) {
	err = db.GetContext(ctx, &account, `
		SELECT coalesce(i.opened_by, c.applicant)::text
		FROM cases c JOIN parties p ON p.case_id = c.id AND p.party = 'talent' LEFT JOIN invitations i ON i.case_id = c.id
		WHERE c.id = $1`, caseID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, domainError(err)
}
