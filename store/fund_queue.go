package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// ask puts a case in the queue for what its award lacks, or gives back what it
// has too much of. Who waits already keeps the time at which it asked.
func (t *teller) ask(ctx context.Context, caseID string, q station.Reservation) error {
	a, err := t.award(ctx, caseID)
	if err != nil {
		return err
	}
	has := a.Reserved + a.Paid
	if has < q.Fen {
		_, err := t.tx.ExecContext(ctx, `
			INSERT INTO fund_queue (case_id, fund, fen, score, task, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (case_id) DO UPDATE SET fund = EXCLUDED.fund, fen = EXCLUDED.fen, score = EXCLUDED.score, task = EXCLUDED.task, left_at = NULL,
				asked_at = CASE WHEN fund_queue.left_at IS NULL THEN fund_queue.asked_at ELSE EXCLUDED.asked_at END`,
			caseID, t.fund, q.Fen, q.Score, q.Task, t.at)
		if err != nil {
			return fmt.Errorf("put case %s in the queue of fund %s: %w", caseID, t.fund, err)
		}
		return nil
	}
	if err := t.leave(ctx, caseID); err != nil {
		return err
	}
	if extra := min(has-q.Fen, a.Reserved); extra > 0 {
		return t.enter(ctx, station.FundEntry{Kind: station.EntryRelease, Year: a.Year, Fen: extra, Case: caseID})
	}
	return nil
}

// leave takes a case out of the queue.
func (t *teller) leave(ctx context.Context, caseID string) error {
	_, err := t.tx.ExecContext(ctx, `UPDATE fund_queue SET left_at = $2 WHERE case_id = $1 AND left_at IS NULL`, caseID, t.at)
	if err != nil {
		return fmt.Errorf("take case %s out of the queue: %w", caseID, err)
	}
	return nil
}

// selectHead is who is first in the queue of a fund ($1), what it lacks, and what
// is free in the year ($2), or in the one in which it has something already.
const selectHead = `
	SELECT q.case_id, q.task, at.year, q.fen - coalesce(a.reserved + a.paid, 0) AS lacks, ` + free + ` AS free
	FROM (SELECT case_id, fund, task, fen FROM fund_queue WHERE fund = $1 AND left_at IS NULL ORDER BY score DESC, asked_at, case_id LIMIT 1) q
	LEFT JOIN awards a ON a.case_id = q.case_id
	CROSS JOIN LATERAL (SELECT CASE WHEN a.reserved > 0 THEN a.year ELSE $2::int END AS year) at
	LEFT JOIN fund_years y ON y.fund = q.fund AND y.year = at.year`

// serve reserves for those who wait, in their order, for as long as the first
// one's award fits into what is free. Nobody overtakes the first, however
// little they ask for.
func (t *teller) serve(ctx context.Context) error {
	for {
		var head struct {
			Case        string `db:"case_id"`
			Task        string
			Year        int
			Lacks, Free int64
		}
		err := t.tx.GetContext(ctx, &head, selectHead, t.fund, t.year)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return fmt.Errorf("look who is first in the queue of fund %s: %w", t.fund, err)
		case head.Lacks > head.Free:
			return nil
		case head.Lacks > 0:
			if err := t.enter(ctx, station.FundEntry{Kind: station.EntryReserve, Year: head.Year, Fen: head.Lacks, Case: head.Case}); err != nil {
				return err
			}
		}
		if err := t.leave(ctx, head.Case); err != nil {
			return err
		}
		if err := t.tell(ctx, head.Case, head.Task); err != nil {
			return err
		}
	}
}

// tell lets a case know by an act that it has its money.
func (t *teller) tell(ctx context.Context, caseID, task string) error {
	if caseID == t.asking {
		return nil
	}
	a, err := insertAct(ctx, t.tx, station.Act{
		ID: station.NewID(), Case: caseID, Task: task, Kind: station.Found, At: t.at, Status: station.Pending,
	})
	if err != nil {
		return fmt.Errorf("tell case %s: %w", caseID, err)
	}
	t.wake = append(t.wake, station.Wake{Case: caseID, Signal: station.Signal{Act: a.ID, Kind: a.Kind, Task: a.Task}})
	return nil
}

// leaveFunds sees to it that a case that ends neither waits for money nor holds
// any back, whatever its procedure has forgotten.
func (r *recording) leaveFunds(ctx context.Context) error {
	var funds []string
	err := r.tx.SelectContext(ctx, &funds, `
		SELECT fund FROM awards WHERE case_id = $1 AND reserved > 0
		UNION SELECT fund FROM fund_queue WHERE case_id = $1 AND left_at IS NULL ORDER BY fund`, r.ch.Case)
	if err != nil {
		return fmt.Errorf("look what the case has of funds: %w", err)
	}
	for _, fund := range funds {
		t, err := openFund(ctx, r.tx, fund, r.ch.At)
		if err != nil {
			return err
		}
		if err := t.release(ctx, r.ch.Case, ""); err != nil {
			return err
		}
		if err := t.serve(ctx); err != nil {
			return err
		}
		r.written.Wake = append(r.written.Wake, t.wake...)
	}
	return nil
}

// requeue puts a case that was reset back in the queue if it stands at the task
// at which it waited, and takes it out if not. What was reserved for it
// meanwhile it keeps, and is told so again.
func (r *recording) requeue(ctx context.Context) error {
	if r.ch.Fund != nil && r.ch.Fund.Reserve != nil {
		return nil // it is about to ask
	}
	var fund string
	err := r.tx.GetContext(ctx, &fund, `SELECT fund FROM fund_queue WHERE case_id = $1`, r.ch.Case)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look whether the case waited for money: %w", err)
	}
	t, err := openFund(ctx, r.tx, fund, r.ch.At)
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `
		UPDATE fund_queue SET left_at = CASE WHEN task <> ALL($2) THEN coalesce(left_at, $3) END WHERE case_id = $1`,
		r.ch.Case, textArray(r.ch.Standing.Tasks), r.ch.At)
	if err != nil {
		return fmt.Errorf("go back to where run %s stands in the queue: %w", r.ch.Run, err)
	}
	if err := t.tellIfServed(ctx, r.ch.Case); err != nil {
		return err
	}
	if err := t.serve(ctx); err != nil {
		return err
	}
	r.written.Wake = append(r.written.Wake, t.wake...)
	return nil
}

// tellIfServed tells a case that stands in the queue though it lacks nothing: it waits
// for nobody, whoever stands before it.
func (t *teller) tellIfServed(ctx context.Context, caseID string) error {
	var task string
	err := t.tx.GetContext(ctx, &task, `
		SELECT q.task FROM fund_queue q JOIN awards a ON a.case_id = q.case_id
		WHERE q.case_id = $1 AND q.left_at IS NULL AND a.reserved + a.paid >= q.fen`, caseID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look whether case %s has its money: %w", caseID, err)
	}
	if err := t.leave(ctx, caseID); err != nil {
		return err
	}
	return t.tell(ctx, caseID, task)
}

// ServeFunds reserves for those who wait in funds that have money again without
// anybody having released it: a new year, a new budget. It returns whom to wake.
func (db *DB) ServeFunds(ctx context.Context, at time.Time) ([]station.Wake, error) {
	var funds []string
	if err := db.SelectContext(ctx, &funds, `SELECT DISTINCT fund FROM fund_queue WHERE left_at IS NULL ORDER BY fund`); err != nil {
		return nil, domainError(err)
	}
	var wake []station.Wake
	for _, fund := range funds {
		err := db.transact(ctx, func(tx *sqlx.Tx) error {
			t, err := openFund(ctx, tx, fund, at)
			if err != nil {
				return err
			}
			if err := t.serve(ctx); err != nil {
				return err
			}
			wake = append(wake, t.wake...)
			return nil
		})
		if err != nil {
			return wake, fmt.Errorf("serve fund %s: %w", fund, err)
		}
	}
	return wake, nil
}

// claimReference makes the bank's reference in an act the one of its task: two
// payments never have the same. A reference is free again when every act of that
// task that gave it was refused: two people, or a second click, may have given it.
func claimReference(ctx context.Context, tx *sqlx.Tx, a station.Act) error {
	reference := a.Body.Reference
	if reference == "" {
		return nil
	}
	var fund string
	err := tx.GetContext(ctx, &fund, `SELECT fund FROM awards WHERE case_id = $1`, a.Case)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // nothing can be paid
	} else if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `
		INSERT INTO bank_references (fund, reference, case_id, task, act) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT ON CONSTRAINT one_payment_per_reference DO UPDATE SET case_id = EXCLUDED.case_id, task = EXCLUDED.task, act = EXCLUDED.act
		WHERE bank_references.task = EXCLUDED.task OR NOT EXISTS (
			SELECT FROM acts a WHERE a.case_id = bank_references.case_id AND a.task = bank_references.task
			AND a.status <> 'refused' AND a.body->>'reference' = bank_references.reference)`,
		fund, reference, a.Case, a.Task, a.ID)
	if err != nil {
		return fmt.Errorf("claim the bank's reference: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return &station.Error{
		Code: station.Invalid, Key: "invalid", Message: "the bank's reference is of another payment",
		Fields: []station.Field{{Path: "reference", Rule: "reference_used"}},
	}
}

// bankReference is a reference as it is compared.
func bankReference(s string) string { return strings.Join(strings.Fields(s), " ") }
