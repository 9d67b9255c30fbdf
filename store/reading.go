package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wutong/station"
)

const selectProgramme = `
	SELECT code, kind, branch, name_zh, name_en, about_zh, about_en, opens_at, closes_at, terms FROM programmes`

func scanProgramme(row interface{ Scan(...any) error }) (station.Programme, error) {
	var p station.Programme
	var terms []byte
	err := row.Scan(&p.Code, &p.Kind, &p.Branch, &p.Name.Zh, &p.Name.En, &p.About.Zh, &p.About.En, &p.OpensAt, &p.ClosesAt, &terms)
	p.Terms = terms
	return p, err
}

// Programme returns a programme, open or not.
func (db *DB) Programme(ctx context.Context, code string) (station.Programme, error) {
	p, err := scanProgramme(db.QueryRowxContext(ctx, selectProgramme+` WHERE code = $1`, code))
	return p, notFound(err, "no programme %s", code)
}

// Programmes returns the programmes that are open at a time.
func (db *DB) Programmes(ctx context.Context, open time.Time) ([]station.Programme, error) {
	var list []station.Programme
	err := db.each(ctx, func(row scanner) error {
		p, err := scanProgramme(row)
		list = append(list, p)
		return err
	}, selectProgramme+` WHERE opens_at <= $1 AND $1 < closes_at ORDER BY code`, open)
	return list, err
}

// Branches returns the station's branches.
func (db *DB) Branches(ctx context.Context) ([]station.Branch, error) {
	var list []station.Branch
	err := db.each(ctx, func(row scanner) error {
		var b station.Branch
		err := row.Scan(&b.Code, &b.Name.Zh, &b.Name.En, &b.Parent)
		list = append(list, b)
		return err
	}, `SELECT code, name_zh, name_en, coalesce(parent, '') FROM branches ORDER BY code`)
	return list, err
}

// Institutions returns the known institutions, by group.
func (db *DB) Institutions(ctx context.Context) ([]station.Institution, error) {
	var list []station.Institution
	err := db.each(ctx, func(row scanner) error {
		var i station.Institution
		err := row.Scan(institutionInto(&i)...)
		list = append(list, i)
		return err
	}, `SELECT `+institutionColumns+` FROM institutions i ORDER BY i."group", i.code`)
	return list, err
}

// institutionColumns are an institution i as institutionInto reads it.
const institutionColumns = `i.code, i.name_zh, i.name_en, i."group", i.place_zh, i.place_en, i.land`

func institutionInto(i *station.Institution) []any {
	return []any{&i.Code, &i.Name.Zh, &i.Name.En, &i.Group, &i.Place.Zh, &i.Place.En, &i.Land}
}

// Channels returns the ways by which talents are referred.
func (db *DB) Channels(ctx context.Context) ([]station.Channel, error) {
	var list []station.Channel
	err := db.each(ctx, func(row scanner) error {
		var c station.Channel
		err := row.Scan(&c.Code, &c.Name.Zh, &c.Name.En)
		list = append(list, c)
		return err
	}, `SELECT code, name_zh, name_en FROM channels ORDER BY code`)
	return list, err
}

// eventColumns are those of events e.
const eventColumns = `e.case_id, e.seq, e.at, e.kind, e.stage, e.actor, e.act, e.act_digest, e.task, e.details, e.prev, e.hash`

// scanEvent reads eventColumns, and what comes after them.
func scanEvent(row scanner, e *station.Event, more ...any) error {
	var details []byte
	into := []any{&e.Case, &e.Seq, &e.At, &e.Kind, &e.Stage, &e.Actor, &e.Act, &e.ActDigest, &e.Task, &details, &e.Prev, &e.Hash}
	if err := row.Scan(append(into, more...)...); err != nil {
		return err
	}
	if err := json.Unmarshal(details, &e.Details); err != nil {
		return fmt.Errorf("read event %d of case %s: %w", e.Seq, e.Case, err)
	}
	return nil
}

// Events returns a case's history after a number; limit 0 is all of it.
func (db *DB) Events(ctx context.Context, caseID string, after, limit int) ([]station.Event, error) {
	var list []station.Event
	err := db.each(ctx, func(row scanner) error {
		var e station.Event
		err := scanEvent(row, &e)
		list = append(list, e)
		return err
	}, `SELECT `+eventColumns+` FROM events e WHERE e.case_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT nullif($3, 0)`, caseID, after, limit)
	return list, err
}

// Form returns what was handed in; nil once it was erased.
func (db *DB) Form(ctx context.Context, caseID string) (json.RawMessage, error) {
	var form []byte
	if err := db.GetContext(ctx, &form, `SELECT form FROM cases WHERE id = $1`, caseID); err != nil {
		return nil, notFound(err, "no case %s", caseID)
	}
	return form, nil
}

// Reviews returns the judgements on a case, in the order in which they were
// given, without those of who has a conflict in it.
func (db *DB) Reviews(ctx context.Context, caseID string) ([]station.Review, error) {
	var list []station.Review
	err := db.each(ctx, func(row scanner) error {
		var r station.Review
		var scores []byte
		if err := row.Scan(&r.Task, &r.Act, &r.Reviewer, &r.Verdict, &scores, &r.Total, &r.Tier, &r.Stage); err != nil {
			return err
		}
		if err := json.Unmarshal(scores, &r.Scores); err != nil {
			return fmt.Errorf("read the review on %s: %w", r.Task, err)
		}
		list = append(list, r)
		return nil
	}, `SELECT task, act, reviewer, verdict, scores, total, tier, stage FROM reviews v
		WHERE v.case_id = $1 AND NOT `+fmt.Sprintf(inConflict, "v.case_id", "v.reviewer")+` ORDER BY at, task`, caseID)
	return list, err
}

// scanner is a row.
type scanner interface{ Scan(...any) error }

// each calls scan for each row of a query.
func (db *DB) each(ctx context.Context, scan func(scanner) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return domainError(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return domainError(err)
		}
	}
	return domainError(rows.Err())
}
