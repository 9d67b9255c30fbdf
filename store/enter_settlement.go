package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// enterSettlement checks what a talent chooses, and keeps it with the papers that
// they give.
func enterSettlement(ctx context.Context, tx *sqlx.Tx, n station.NewCase) error {
	var form station.SettlementForm
	if err := json.Unmarshal(n.Application.Form, &form); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	branch := n.Application.Branch
	if branch == "" {
		branch = n.Programme.Branch
	}
	chosen := choice{SettlementForm: form, today: station.DayOf(n.At)}
	if err := chosen.look(ctx, tx, n.Applicant, branch, n.At); err != nil {
		return err
	}
	if faults := chosen.faults(); len(faults) > 0 {
		return &station.Error{Code: station.Invalid, Key: "invalid", Message: fmt.Sprintf("%d fault(s) in what is chosen", len(faults)), Fields: faults}
	}
	if err := attachPapers(ctx, tx, n.ID, n.Applicant, form.Papers, n.At); err != nil {
		return err
	}
	if err := putPapers(ctx, tx, n.Applicant, form.Papers, n.At); err != nil {
		return err
	}
	return insertSettlement(ctx, tx, station.Case{
		ID: n.ID, Applicant: n.Applicant, Programme: n.Programme.Code, Branch: branch, OpenedAt: n.At,
	}, form.Services)
}

// choice is what a talent chooses, and what it must fit.
type choice struct {
	station.SettlementForm
	station.Choices
	today station.Day
}

// look reads what a choice must fit.
func (c *choice) look(ctx context.Context, q sqlx.QueryerContext, account, branch string, at time.Time) (err error) {
	c.Branch = branch
	if c.City, err = cityOf(ctx, q, branch); err != nil {
		return err
	}
	all, err := catalogue(ctx, q)
	if err != nil {
		return err
	}
	c.Catalogue = all.Offered()
	c.Done, err = doneBefore(ctx, q, account, at)
	return err
}

// faults are what is wrong with a choice.
func (c *choice) faults() []station.Field {
	done := c.Choices
	done.Done = append(slices.Clone(c.Done), c.Has...)
	return slices.Concat(done.Faults(c.Services), c.UnknownFaults("has", c.Has), c.PaperFaults(c.Papers, c.today))
}

// has reports whether a service is chosen, or needs no choosing.
func (c *choice) has(code string) bool {
	return slices.Contains(c.Services, code) || slices.Contains(c.Has, code) || slices.Contains(c.Done, code)
}

// insertSettlement keeps what was chosen. Papers that the talent gave before serve
// the new case too.
func insertSettlement(ctx context.Context, tx *sqlx.Tx, c station.Case, services []string) error {
	for _, q := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO settlements (case_id, account, programme, branch) VALUES ($1, $2, $3, $4)`, []any{c.ID, c.Applicant, c.Programme, c.Branch}},
		{
			`INSERT INTO services (settlement, code, position) SELECT $1, code, position FROM unnest($2::text[]) WITH ORDINALITY AS s (code, position)`,
			[]any{c.ID, textArray(services)},
		},
		{reusePapers, []any{c.ID, c.OpenedAt}},
	} {
		if _, err := tx.ExecContext(ctx, q.text, q.args...); err != nil {
			return fmt.Errorf("keep what the talent chose: %w", err)
		}
	}
	return nil
}

// reusePapers attaches to a settlement ($1) the papers that its services need and
// that the talent has given.
const reusePapers = `
	INSERT INTO case_documents (case_id, document, at)
	SELECT DISTINCT s.settlement, p.document, $2::timestamptz
	FROM settlements x JOIN services s ON s.settlement = x.case_id JOIN offers o ON o.code = s.code
	JOIN papers p ON p.account = x.account AND o.offer->'papers' ? p.kind
	WHERE x.case_id = $1 ON CONFLICT DO NOTHING`

// attachPapers is attachDocuments for papers.
func attachPapers(ctx context.Context, tx *sqlx.Tx, caseID, owner string, papers []station.Paper, at time.Time) error {
	documents := make([]string, len(papers))
	for i, p := range papers {
		documents[i] = p.Document
	}
	err := attachDocuments(ctx, tx, caseID, owner, documents, at)
	if e, ok := errors.AsType[*station.Error](err); ok {
		for i := range e.Fields {
			e.Fields[i].Path = "papers/" + strings.TrimPrefix(e.Fields[i].Path, "documents/") + "/document"
		}
	}
	return err
}

// putPapers keeps an account's papers: the newest of each kind. Of a kind that the
// catalogue has not, none is kept.
func putPapers(ctx context.Context, tx *sqlx.Tx, account string, papers []station.Paper, at time.Time) error {
	papers = slices.DeleteFunc(slices.Clone(papers), func(p station.Paper) bool {
		_, err := p.Until.Time()
		return p.Until != "" && err != nil
	})
	if len(papers) == 0 {
		return nil
	}
	raw, err := json.Marshal(papers)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO papers (account, kind, document, until, given_at)
		SELECT $1, k.code, p.document, CASE WHEN k.kind->'expires' = 'true' THEN nullif(p.until, '')::date END, $3
		FROM json_to_recordset($2::json) AS p (kind text, document uuid, until text) JOIN paper_kinds k ON k.code = p.kind ORDER BY k.code
		ON CONFLICT (account, kind) DO UPDATE SET document = EXCLUDED.document, until = EXCLUDED.until, given_at = EXCLUDED.given_at
		WHERE papers.given_at <= EXCLUDED.given_at`, account, string(raw), at)
	if err != nil {
		return fmt.Errorf("keep %d papers: %w", len(papers), err)
	}
	return nil
}

// doneBefore are the services that were done for an account in settlements that it
// began before a time.
func doneBefore(ctx context.Context, q sqlx.QueryerContext, account string, before time.Time) ([]string, error) {
	var codes []string
	err := sqlx.SelectContext(ctx, q, &codes, `
		SELECT DISTINCT s.code FROM settlements x JOIN cases c ON c.id = x.case_id AND c.opened_at < $2 JOIN services s ON s.settlement = x.case_id
		WHERE x.account = $1 AND s.state IN ('done', 'waived') ORDER BY s.code`, account, before)
	if err != nil {
		return nil, fmt.Errorf("look what was done before: %w", err)
	}
	return codes, nil
}

// cityOf is the branch above a branch, or itself; "" for a code that is not there.
func cityOf(ctx context.Context, q sqlx.QueryerContext, branch string) (city string, err error) {
	err = sqlx.GetContext(ctx, q, &city, `SELECT coalesce((SELECT coalesce(parent, code) FROM branches WHERE code = $1), '')`, branch)
	if err != nil {
		return "", fmt.Errorf("look for the city of %s: %w", branch, err)
	}
	return city, nil
}
