package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

type actRow struct {
	ID          string
	CaseID      string `db:"case_id"`
	Task        string
	Kind        station.ActKind
	Actor       string
	Link        sql.NullString
	Body        []byte
	At          time.Time
	Status      station.ActStatus
	Reason      station.Reason
	SettledAt   *time.Time `db:"settled_at"`
	RequestHash string     `db:"request_hash"`
}

const selectAct = `SELECT id, case_id, task, kind, actor, link, body, at, status, reason, settled_at, request_hash FROM acts`

func (r actRow) station() (station.Act, error) {
	a := station.Act{
		ID: r.ID, Case: r.CaseID, Task: r.Task, Kind: r.Kind, Actor: r.Actor, Link: r.Link.String,
		At: r.At, Status: r.Status, Reason: r.Reason, SettledAt: r.SettledAt,
	}
	if r.Body == nil {
		return a, nil
	}
	if err := json.Unmarshal(r.Body, &a.Body); err != nil {
		return a, fmt.Errorf("read act %s: %w", r.ID, err)
	}
	return a, nil
}

// InsertAct keeps an act once per ID. The case's row is held meanwhile, so that
// an act is either there before the case ends, and is settled by its end, or
// sees that it has ended. A bank's reference that another payment has is Invalid.
func (db *DB) InsertAct(ctx context.Context, a station.Act) (station.Act, error) {
	a.Body.Reference = bankReference(a.Body.Reference)
	err := db.transact(ctx, func(tx *sqlx.Tx) error {
		var ended bool
		err := tx.GetContext(ctx, &ended, `SELECT ended_at IS NOT NULL FROM cases WHERE id = $1 FOR SHARE`, a.Case)
		if err != nil {
			return notFound(err, "no case %s", a.Case)
		}
		if err := namesInstitution(ctx, tx, a); err != nil {
			return err
		}
		if ended {
			a.Status, a.Reason, a.SettledAt = station.ActRefused, station.ReasonCaseEnded, &a.At
		} else if err := mayConsent(ctx, tx, a); err != nil {
			return err
		}
		if a, err = insertAct(ctx, tx, a); err != nil || a.Status != station.Pending {
			return err
		}
		return claimReference(ctx, tx, a)
	})
	return a, err
}

// insertAct keeps an act and what was handed in with it, or returns the act
// that is there.
func insertAct(ctx context.Context, tx *sqlx.Tx, a station.Act) (station.Act, error) {
	body, err := json.Marshal(a.Body)
	if err != nil {
		return a, err
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	hash := requestHash(a.Kind, a.Task, a.Case, body)
	res, err := tx.ExecContext(ctx, `
		INSERT INTO acts (id, case_id, task, kind, actor, link, body, salt, digest, request_hash, at, status, reason, settled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING`,
		a.ID, a.Case, a.Task, a.Kind, a.Actor, nullable(a.Link), string(body), salt, station.ActDigest(salt, body), hash,
		a.At, a.Status, a.Reason, a.SettledAt)
	if err != nil {
		return a, fmt.Errorf("keep the act: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 1 && a.Status == station.ActRefused {
		return a, err
	}
	if n == 1 {
		if err := attachDocuments(ctx, tx, a.Case, a.Actor, a.Body.Documents, a.At); err != nil {
			return a, err
		}
		return a, attachPapers(ctx, tx, a.Case, a.Actor, a.Body.Papers, a.At)
	}
	var row actRow
	if err := tx.GetContext(ctx, &row, selectAct+` WHERE id = $1`, a.ID); err != nil {
		return a, err
	}
	if row.RequestHash != hash && row.RequestHash != "" { // "": erased
		return a, station.Refuse(station.Invalid, "key_reused", "the key was used for another act")
	}
	return row.station()
}

// requestHash tells whether an act sent again is the same.
func requestHash(kind station.ActKind, task, caseID string, body []byte) string {
	return fmt.Sprintf("%s %s %s", kind, task, station.ActDigest([]byte(caseID), body))
}

// ActByID returns an act.
func (db *DB) ActByID(ctx context.Context, id string) (station.Act, error) {
	var row actRow
	if err := db.GetContext(ctx, &row, selectAct+` WHERE id = $1`, id); err != nil {
		return station.Act{}, notFound(err, "no act %s", id)
	}
	return row.station()
}

// Words returns what was said in an act; empty once erased.
func (db *DB) Words(ctx context.Context, id string) (station.Body, error) {
	a, err := db.ActByID(ctx, id)
	return a.Body, err
}

// AwaitAct returns the act as soon as it is settled, or as it is when ctx ends.
func (db *DB) AwaitAct(ctx context.Context, id string) (station.Act, error) {
	woken, stop := db.wake.on("acts", id)
	defer stop()
	// what is asked after ctx ended must still be answered
	read := context.WithoutCancel(ctx)
	for {
		a, err := db.ActByID(read, id)
		if err != nil || a.Status != station.Pending {
			return a, err
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return db.ActByID(read, id)
		}
	}
}

// PendingAct is an act that its case has not settled.
type PendingAct struct {
	Signal station.Signal
	Case   string
	At     time.Time
}

// Unsettled returns acts that were done before a time and are not settled, the oldest
// first, from after one of them on; none ({}) begins.
func (db *DB) Unsettled(ctx context.Context, last PendingAct, before time.Time, limit int) ([]PendingAct, error) {
	var rows []actRow
	err := db.SelectContext(ctx, &rows, selectAct+` WHERE status = 'pending' AND at < $1 AND (at, id) > ($2, $3) ORDER BY at, id LIMIT $4`,
		before, last.At, cmp.Or(last.Signal.Act, noID), limit)
	if err != nil {
		return nil, domainError(err)
	}
	acts := make([]PendingAct, len(rows))
	for i, r := range rows {
		acts[i] = PendingAct{Case: r.CaseID, Signal: station.Signal{Act: r.ID, Kind: r.Kind, Task: r.Task}, At: r.At}
	}
	return acts, nil
}

// taskRow is a task as it is kept.
type taskRow struct {
	ID       string
	CaseID   string `db:"case_id"`
	Kind     station.TaskKind
	Stage    station.Stage
	Role     station.Role
	Branch   string
	Party    station.Party
	Assignee sql.NullString
	Status   station.TaskStatus
	Due      *time.Time
	Wait     string
	HeldAt   sql.NullTime `db:"held_at"`
	OpenedAt time.Time    `db:"opened_at"`
	ClosedAt *time.Time   `db:"closed_at"`
	Details  []byte
	Provider sql.NullString
}

const selectTask = `
	SELECT t.id, t.case_id, t.kind, t.stage, t.role, t.branch, t.party, t.assignee, t.status, t.due, t.wait, t.held_at, t.opened_at, t.closed_at, t.details, t.provider
	FROM tasks t`

func (r taskRow) station() (station.Task, error) {
	t := station.Task{
		ID: r.ID, Case: r.CaseID, Kind: r.Kind, Stage: r.Stage, Role: r.Role, Branch: r.Branch, Party: r.Party,
		Assignee: r.Assignee.String, Provider: r.Provider.String, Status: r.Status, Due: r.Due, OpenedAt: r.OpenedAt, ClosedAt: r.ClosedAt,
	}
	var w station.Wait
	if err := json.Unmarshal([]byte(r.Wait), &w); err != nil {
		return t, fmt.Errorf("read the wait of task %s: %w", r.ID, err)
	}
	if r.HeldAt.Valid || w.IsForGood() {
		t.Due = nil
	}
	if err := json.Unmarshal(r.Details, &t.Details); err != nil {
		return t, fmt.Errorf("read task %s: %w", r.ID, err)
	}
	return t, nil
}

func taskByID(ctx context.Context, q sqlx.QueryerContext, id string) (taskRow, error) {
	var row taskRow
	err := sqlx.GetContext(ctx, q, &row, selectTask+` WHERE t.id = $1`, id)
	return row, notFound(err, "no task %s", id)
}

// TaskByID returns a task.
func (db *DB) TaskByID(ctx context.Context, id string) (station.Task, error) {
	row, err := taskByID(ctx, db.DB, id)
	if err != nil {
		return station.Task{}, err
	}
	return row.station()
}

// LinkByID returns a mailed link.
func (db *DB) LinkByID(ctx context.Context, id string) (station.Link, error) {
	var l station.Link
	err := db.QueryRowxContext(ctx, `SELECT id, task, party, expires_at, used_at FROM links WHERE id = $1`, id).
		Scan(&l.ID, &l.Task, &l.Party, &l.ExpiresAt, &l.UsedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return l, station.Refuse(station.NotFound, "link_unknown", "no link %s", id)
	}
	return l, domainError(err)
}
