package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
	"wutong/station/calendar"
)

// Record writes changes of one case in one transaction, in their order: the
// case's row, its tasks, the events, settled acts and queued notices. Sent twice
// they are written once, and answered the same. Conflict with key "stale_run"
// says that a later run of the case's workflow has begun to write.
func (db *DB) Record(ctx context.Context, changes ...station.Change) ([]station.Written, error) {
	// before the transaction: a second connection, asked for while one is held,
	// may never come
	cal, err := db.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	var all []station.Written
	err = db.transact(ctx, func(tx *sqlx.Tx) error {
		r := &recording{tx: tx, cal: cal, all: changes}
		for _, ch := range changes {
			if err := r.record(ctx, ch); err != nil {
				return fmt.Errorf("record change %d of case %s: %w", ch.Sequence, ch.Case, err)
			}
			all = append(all, r.written)
		}
		return r.updateCase(ctx)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// recording is changes on their way into the database, one after the other.
type recording struct {
	tx      *sqlx.Tx
	cal     *calendar.Calendar
	all     []station.Change
	c       caseRow  // locked by the first change
	round   roundRow // of a project, or that the case is: locked if the changes can move it
	home    homeRow  // the settlement that the case is, or that a service is of: locked if the changes can move it
	fresh   bool     // something was not written before
	settled []string // acts to wake up for

	ch      station.Change
	written station.Written
}

func (r *recording) record(ctx context.Context, ch station.Change) error {
	r.ch, r.written = ch, station.Written{}
	done, err := r.begin(ctx)
	if done || err != nil {
		return err
	}
	r.fresh = true
	for _, part := range []func(context.Context) error{
		r.adoptParty, r.member, r.office, r.declare, r.manage, r.closeTasks, r.openTasks, r.openPanel, r.moveClock, r.assign,
		r.insertReviews, r.ballot, r.amend, r.join, r.appendEvent, r.movePitch, r.moveRound, r.moveFund, r.moveServices, r.moveService,
		r.end, r.settle, r.queueNotices, r.keep,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lockCase holds a case's row until it is written. NO KEY: a row of another
// table that refers to the case can be inserted meanwhile, and need not wait;
// InsertAct, which asks FOR SHARE, waits all the same.
const lockCase = selectCase + ` WHERE c.id = $1 FOR NO KEY UPDATE`

// begin locks the case, finds out whether the change was written before, and
// whether its run may write. The lock leaves the case's key alone, so that a fund
// can book an entry of the case meanwhile: the other way round the two would
// wait for each other.
func (r *recording) begin(ctx context.Context) (done bool, err error) {
	if r.c.ID == "" {
		if err := r.tx.GetContext(ctx, &r.c, lockCase, r.ch.Case); err != nil {
			return false, notFound(err, "no case %s", r.ch.Case)
		}
		if err := r.holdRound(ctx); err != nil {
			return false, err
		}
		if err := r.holdSettlement(ctx); err != nil {
			return false, err
		}
	}
	if r.c.Run.String == r.ch.Run {
		return r.writtenBefore(ctx)
	}
	if r.c.Run.Valid {
		if done, err := r.writtenBefore(ctx); done || err != nil {
			return done, err
		}
		var ordinal int
		err := r.tx.GetContext(ctx, &ordinal, `SELECT ordinal FROM case_runs WHERE case_id = $1 AND run = $2`, r.ch.Case, r.ch.Run)
		if err == nil {
			return false, station.Refuse(station.Conflict, "stale_run", "run %s of case %s was followed by another", r.ch.Run, r.ch.Case)
		} else if !errors.Is(err, sql.ErrNoRows) {
			return false, err
		}
	}
	return false, r.adopt(ctx)
}

func (r *recording) writtenBefore(ctx context.Context) (bool, error) {
	var raw []byte
	err := r.tx.GetContext(ctx, &raw, `SELECT written FROM changes WHERE case_id = $1 AND run = $2 AND sequence = $3`, r.ch.Case, r.ch.Run, r.ch.Sequence)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, json.Unmarshal(raw, &r.written)
}

// adopt lets a new run write. A run that continues the one before takes over
// as it is; after an operator's reset the rows are put back to where the new
// run stands, and the history says so.
func (r *recording) adopt(ctx context.Context) error {
	_, err := r.tx.ExecContext(ctx, `
		INSERT INTO case_runs (case_id, run, ordinal)
		SELECT $1, $2, count(*) + 1 FROM case_runs WHERE case_id = $1`, r.ch.Case, r.ch.Run)
	if err != nil {
		return err
	}
	before := r.c.Run
	r.c.Run = sql.NullString{String: r.ch.Run, Valid: true}
	if !before.Valid || before.String == r.ch.After {
		return nil
	}
	return r.rewind(ctx)
}

func (r *recording) rewind(ctx context.Context) error {
	tasks := textArray(r.ch.Standing.Tasks)
	reviewed := slices.Clone(r.ch.Standing.Reviewed)
	for _, v := range r.ch.Reviews { // this change brings them
		reviewed = slices.DeleteFunc(reviewed, func(id string) bool { return id == v.Task || id == v.Act })
	}
	steps := []struct {
		query string
		args  []any
	}{
		{`DELETE FROM reviews WHERE case_id = $1 AND task <> ALL($2) AND act::text <> ALL($2)`, []any{r.ch.Case, textArray(reviewed)}},
		{`UPDATE pitches SET ended = false WHERE case_id = $1`, []any{r.ch.Case}},
		{`UPDATE tasks SET status = 'superseded', closed_at = $3
		  WHERE case_id = $1 AND status = 'open' AND kind <> 'mail' AND id <> ALL($2)`, []any{r.ch.Case, tasks, r.ch.At}},
		{`UPDATE tasks SET status = 'open', closed_at = NULL
		  WHERE case_id = $1 AND status <> 'open' AND id = ANY($2)`, []any{r.ch.Case, tasks}},
		{`UPDATE links SET used_at = NULL WHERE task = ANY($1)`, []any{tasks}},
		{`DELETE FROM talents WHERE case_id = $1`, []any{r.ch.Case}},
		{`DELETE FROM credits WHERE of_case = $1`, []any{r.ch.Case}},
	}
	for _, s := range steps {
		if _, err := r.tx.ExecContext(ctx, s.query, s.args...); err != nil {
			return fmt.Errorf("go back to where run %s stands: %w", r.ch.Run, err)
		}
	}
	if err := r.settleAgain(ctx); err != nil {
		return err
	}
	r.c.EndedAt = nil
	if err := r.requeue(ctx); err != nil {
		return err
	}
	if err := r.backInOffice(ctx); err != nil {
		return err
	}
	if err := r.unamend(ctx); err != nil {
		return err
	}
	return r.insertEvent(ctx, station.Event{Kind: station.EventResumed})
}

// appendEvent writes what happened, if the change has something to tell.
func (r *recording) appendEvent(ctx context.Context) error {
	if r.ch.Event == "" || r.ch.Event == station.EventResumed { // rewind tells that, where it is true
		return nil
	}
	return r.insertEvent(ctx, station.Event{
		Kind: r.ch.Event, Actor: r.ch.Actor, Act: r.ch.Act, Task: r.ch.Task, Details: r.ch.Details,
	})
}

// insertEvent appends to the case's chain; the case's row is locked.
func (r *recording) insertEvent(ctx context.Context, e station.Event) error {
	return appendEvent(ctx, r.tx, &r.c, e, r.ch.Standing.Stage, r.ch.At)
}

// appendEvent appends an event to the chain of a case whose row tx has locked.
func appendEvent(ctx context.Context, tx *sqlx.Tx, c *caseRow, e station.Event, stage station.Stage, at time.Time) error {
	e.Case, e.Seq, e.At, e.Stage = c.ID, c.EventSeq+1, at.Truncate(time.Microsecond), stage
	if e.Act != "" {
		if err := tx.GetContext(ctx, &e.ActDigest, `SELECT digest FROM acts WHERE id = $1`, e.Act); err != nil {
			return fmt.Errorf("read the digest of act %s: %w", e.Act, err)
		}
	}
	raw, err := normalise(&e.Details)
	if err != nil {
		return err
	}
	e = e.Chained(c.EventHead)
	_, err = tx.ExecContext(ctx, `
		INSERT INTO events (case_id, seq, at, kind, stage, actor, act, act_digest, task, details, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.Case, e.Seq, e.At, e.Kind, e.Stage, e.Actor, e.Act, e.ActDigest, e.Task, raw, e.Prev, e.Hash)
	if err != nil {
		return fmt.Errorf("append event %d: %w", e.Seq, err)
	}
	c.EventSeq, c.EventHead = e.Seq, e.Hash
	return nil
}

// normalise writes details as they will be read, so that their hash stays.
func normalise(d *station.Details) (string, error) {
	if *d == nil {
		*d = station.Details{}
	}
	raw, err := json.Marshal(*d)
	if err != nil {
		return "", fmt.Errorf("write details: %w", err)
	}
	*d = nil
	return string(raw), json.Unmarshal(raw, d)
}

// updateCase writes where the case stands, and tells who waits for it.
func (r *recording) updateCase(ctx context.Context) error {
	if !r.fresh {
		return nil
	}
	s := r.ch.Standing
	_, err := r.tx.ExecContext(ctx, `
		WITH standing AS (
			UPDATE cases SET run = $2, stage = $3, status = $4, reason = $5, updated_at = $6, ended_at = $7,
				event_seq = $8, event_head = $9,
				due = `+fmt.Sprintf(earliestDue, "$1")+`
			WHERE id = $1)
		SELECT pg_notify('acts', a) FROM unnest($10::text[]) AS a
		UNION ALL SELECT pg_notify('cases', $1::text || ' ' || $8::text)`+r.tellRound(),
		r.ch.Case, r.ch.Run, s.Stage, s.Status, s.Reason, r.ch.At, r.c.EndedAt, r.c.EventSeq, r.c.EventHead, textArray(r.settled))
	if err != nil {
		return fmt.Errorf("update the case: %w", err)
	}
	return nil
}

// earliestDue is when the first open task of a case is due, but for those that
// nobody has to do by then.
const earliestDue = `(SELECT min(t.due) FROM tasks t WHERE t.case_id = %s AND t.status = 'open' AND t.held_at IS NULL
	AND t.kind NOT IN ('mail', 'round', 'declaration', 'timetable', 'membership', 'oversight', 'office',
	'services', 'settlement', 'settling', 'management', 'validity', 'waiver'))`

// keep remembers that the change was written, and what it answered.
func (r *recording) keep(ctx context.Context) error {
	raw, err := json.Marshal(r.written)
	if err != nil {
		return err
	}
	_, err = r.tx.ExecContext(ctx, `INSERT INTO changes (case_id, run, sequence, written) VALUES ($1, $2, $3, $4)`,
		r.ch.Case, r.ch.Run, r.ch.Sequence, string(raw))
	return err
}
