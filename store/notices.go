package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"wutong/station"
	"wutong/station/calendar"
)

// ClaimNotices takes mails that are due to be sent, for a while: nobody else
// gets them until then, and whoever dies with them has sent none of them yet.
func (db *DB) ClaimNotices(ctx context.Context, now, until time.Time, limit int) ([]string, error) {
	var ids []string
	err := db.SelectContext(ctx, &ids, `
		UPDATE notices SET next_at = $2
		WHERE id IN (SELECT id FROM notices WHERE status = 'queued' AND next_at <= $1 ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING id::text`, now, until, limit)
	return ids, domainError(err)
}

// NoticeSending marks a claimed mail as being sent, before the mail service
// hears of it: who dies after this leaves "sending" behind, never a mail that is
// sent twice unknowingly. It reports whether the mail is still the caller's.
func (db *DB) NoticeSending(ctx context.Context, id string, until, now time.Time) (bool, error) {
	res, err := db.ExecContext(ctx, `
		UPDATE notices SET status = 'sending', claimed_at = $3, attempts = attempts + 1
		WHERE id = $1 AND status = 'queued' AND next_at = $2`, id, until, now)
	if err != nil {
		return false, domainError(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// NoticeDropped lets a mail go that has no reader any more.
func (db *DB) NoticeDropped(ctx context.Context, id string) error {
	_, err := db.ExecContext(ctx, `UPDATE notices SET status = 'dropped' WHERE id = $1 AND status = 'queued'`, id)
	return domainError(err)
}

// AwaitNotices returns when a mail was queued, or when ctx ends.
func (db *DB) AwaitNotices(ctx context.Context) {
	woken, stop := db.wake.on("notices", "")
	defer stop()
	select {
	case <-woken:
	case <-ctx.Done():
	}
}

// NoticeSent notes the mail service's ID of a mail.
func (db *DB) NoticeSent(ctx context.Context, id, messageID string, at time.Time) error {
	_, err := db.ExecContext(ctx, `
		UPDATE notices SET status = 'sent', message_id = $2, sent_at = $3, problem = '' WHERE id = $1 AND status = 'sending'`, id, messageID, at)
	return domainError(err)
}

// NoticeLater queues a mail again, to be sent from a time on.
func (db *DB) NoticeLater(ctx context.Context, id, problem string, next time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE notices SET status = 'queued', problem = $2, next_at = $3 WHERE id = $1 AND status = 'sending'`, id, problem, next)
	return domainError(err)
}

// NoticesInDoubt queues mails again of which nothing was heard since a time:
// neither from the worker that had them nor from the mail service.
func (db *DB) NoticesInDoubt(ctx context.Context, since, now time.Time) (int64, error) {
	res, err := db.ExecContext(ctx, `
		UPDATE notices SET status = 'queued', next_at = $2, problem = 'in_doubt' WHERE status = 'sending' AND claimed_at < $1`, since, now)
	if err != nil {
		return 0, domainError(err)
	}
	n, err := res.RowsAffected()
	return n, err
}

// NoticeFailed gives a mail up: it becomes a line in its case's history and an
// operator's task.
func (db *DB) NoticeFailed(ctx context.Context, id, problem string, at time.Time) error {
	cal, err := db.Calendar(ctx) // before the transaction, as in Record
	if err != nil {
		return err
	}
	return db.transact(ctx, func(tx *sqlx.Tx) error {
		var caseID string
		err := tx.GetContext(ctx, &caseID, `UPDATE notices SET status = 'failed', problem = $2 WHERE id = $1 AND status = 'sending' RETURNING case_id`, id, problem)
		if err != nil {
			return notFound(err, "no notice %s on its way", id)
		}
		return raiseMail(ctx, tx, cal, caseID, id, problem, at)
	})
}

// raiseMail tells the case's history and an operator of a mail that does not
// reach its reader. It works on ended cases too: their last mails go out after
// their end, which is why it is not the workflow's to do.
func raiseMail(ctx context.Context, tx *sqlx.Tx, cal *calendar.Calendar, caseID, notice, problem string, at time.Time) error {
	var c caseRow
	if err := tx.GetContext(ctx, &c, lockCase, caseID); err != nil {
		return err
	}
	details := station.Details{"notice": notice, "problem": problem}
	if err := appendEvent(ctx, tx, &c, station.Event{Kind: station.EventMailFailed, Details: details}, c.Stage, at); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		WITH standing AS (UPDATE cases SET event_seq = $2, event_head = $3, updated_at = $4 WHERE id = $1)
		SELECT pg_notify('cases', $1::text || ' ' || $2::text)`, c.ID, c.EventSeq, c.EventHead, at)
	if err != nil {
		return err
	}
	d := deadline(cal, at, station.Wait{Days: 2})
	raw, err := json.Marshal(details)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO tasks (id, case_id, kind, stage, role, branch, status, due, wait, opened_at, details)
		VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET status = 'open', closed_at = NULL, due = EXCLUDED.due, details = EXCLUDED.details`,
		caseID+".mail."+notice, caseID, station.TaskMail, c.Stage, station.RoleOperator, c.Branch, d.Due, `{"days":2}`, at, string(raw))
	return err
}

// ResendNotice does an operator's mail task: the mail is queued again.
func (db *DB) ResendNotice(ctx context.Context, a station.Act) (station.Act, error) {
	err := db.transact(ctx, func(tx *sqlx.Tx) error {
		t, err := taskByID(ctx, tx, a.Task)
		if err != nil {
			return err
		}
		a.Status, a.SettledAt = station.Recorded, &a.At
		if t.Status != station.TaskOpen {
			a.Status, a.Reason = station.ActRefused, station.ReasonTaskClosed
		}
		if a, err = insertAct(ctx, tx, a); err != nil || a.Status != station.Recorded {
			return err
		}
		var details struct{ Notice string }
		if err := json.Unmarshal(t.Details, &details); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE notices SET status = 'queued', next_at = $2 WHERE id = $1 AND status IN ('failed', 'bounced')`, details.Notice, a.At); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE tasks SET status = 'done', closed_at = $2 WHERE id = $1 AND status = 'open'`, t.ID, a.At)
		return err
	})
	return a, err
}

// Delivery is what the mail service reports of a mail.
type Delivery struct {
	ID     string // the report's own ID: each counts once
	Notice string
	Kind   string // processed, delivered, bounce, dropped, …
	At     time.Time
}

// RecordDelivery notes a report. It also settles a mail in doubt: the service
// has it, so it is not sent again.
func (db *DB) RecordDelivery(ctx context.Context, d Delivery) error {
	if uuid.Validate(d.Notice) != nil {
		return nil //nolint:nilerr // an ID that is none is not ours
	}
	cal, err := db.Calendar(ctx)
	if err != nil {
		return err
	}
	return db.transact(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, `
			INSERT INTO deliveries (id, notice, kind, at) SELECT $1, id, $3, $4 FROM notices WHERE id = $2
			ON CONFLICT (id) DO NOTHING`, d.ID, d.Notice, d.Kind, d.At)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err // reported before, or not ours
		}
		switch d.Kind {
		case "processed", "deferred":
			_, err = tx.ExecContext(ctx, `UPDATE notices SET status = 'sent', sent_at = $2 WHERE id = $1 AND status IN ('sending', 'queued') AND attempts > 0`, d.Notice, d.At)
		case "delivered":
			_, err = tx.ExecContext(ctx, `UPDATE notices SET status = 'delivered' WHERE id = $1`, d.Notice)
		case "bounce", "dropped":
			var caseID string
			if err := tx.GetContext(ctx, &caseID, `UPDATE notices SET status = 'bounced', problem = $2 WHERE id = $1 RETURNING case_id`, d.Notice, d.Kind); err != nil {
				return err
			}
			return raiseMail(ctx, tx, cal, caseID, d.Notice, d.Kind, d.At)
		}
		return err
	})
}
