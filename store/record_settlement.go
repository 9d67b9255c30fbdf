package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"wutong/station"
)

// homeRow is a settlement as it is kept.
type homeRow struct {
	CaseID  string `db:"case_id"`
	Branch  string
	Manager string // whose account is not disabled; "": none
	Named   string // the manager, whoever that is
}

// holdSettlement holds the settlement that a case is, or that it is a service of, if
// the changes can move it. Who moves several things holds them in this order: the
// case, the settlement. So a settlement's services change one after the other.
func (r *recording) holdSettlement(ctx context.Context) error {
	if r.c.Kind != station.SettlementKind && r.c.Kind != station.ServiceKind || !slices.ContainsFunc(r.all, settles) {
		return nil
	}
	which := `$1`
	if r.c.Kind == station.ServiceKind {
		which = `(SELECT settlement FROM services WHERE case_id = $1)`
	}
	err := r.tx.GetContext(ctx, &r.home, `
		SELECT x.case_id, x.branch, coalesce(x.manager::text, '') AS named,
			coalesce((SELECT a.id::text FROM accounts a WHERE a.id = x.manager AND NOT a.disabled), '') AS manager
		FROM settlements x WHERE x.case_id = `+which+` FOR NO KEY UPDATE OF x`, r.c.ID)
	if err != nil {
		return fmt.Errorf("hold the settlement: %w", err)
	}
	return nil
}

// settles reports whether a change can move a settlement, or something in it.
func settles(ch station.Change) bool {
	return ch.Services != nil || ch.Service != nil || ch.Assign != nil || ch.End != nil ||
		slices.ContainsFunc(ch.Open, func(t station.TaskSpec) bool { return t.Managed })
}

// manage gives the settlement a case manager, if it has none. The event says who it
// is.
func (r *recording) manage(ctx context.Context) error {
	if m := r.ch.Services; m == nil || !m.Manage {
		return nil
	}
	if r.home.Manager == "" {
		account, err := r.leastBusy(ctx)
		if err != nil {
			return err
		}
		if err := r.setManager(ctx, account); err != nil {
			return err
		}
	}
	if r.home.Manager != "" && r.ch.Event == station.EventManaged {
		r.ch.Details = maps.Clone(r.ch.Details)
		if r.ch.Details == nil {
			r.ch.Details = station.Details{}
		}
		r.ch.Details["account"] = r.home.Manager
	}
	return nil
}

// leastBusy is the officer of the branch, or of its city, who has no conflict in the
// case and the fewest settlements; among equals by lot, the same lot for the same
// case; "" if there is none. Those who are given settlements at the same time wait
// for each other, so that each sees what the others have.
func (r *recording) leastBusy(ctx context.Context) (string, error) {
	if _, err := r.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('case managers', 0))`); err != nil {
		return "", err
	}
	parties, err := partiesOf(ctx, r.tx, r.ch.Case)
	if err != nil {
		return "", err
	}
	var pool []struct{ ID, Email, Institution string }
	err = r.tx.SelectContext(ctx, &pool, `
		SELECT a.id, a.email, a.institution FROM accounts a
		WHERE a.roles @> ARRAY['officer'] AND NOT a.disabled AND (a.branch = $2 OR a.branch = (SELECT parent FROM branches WHERE code = $2))
		ORDER BY (SELECT count(*) FROM settlements x WHERE x.manager = a.id AND NOT x.ended), md5(a.id::text || $1::text)`, r.ch.Case, r.home.Branch)
	if err != nil {
		return "", fmt.Errorf("look for a case manager: %w", err)
	}
	for _, a := range pool {
		if !station.Conflicted(station.Account{ID: a.ID, Email: a.Email, Institution: a.Institution}, parties) {
			return a.ID, nil
		}
	}
	return "", nil
}

func (r *recording) setManager(ctx context.Context, account string) error {
	if _, err := r.tx.ExecContext(ctx, `UPDATE settlements SET manager = $2 WHERE case_id = $1`, r.home.CaseID, nullable(account)); err != nil {
		return fmt.Errorf("write who manages the settlement: %w", err)
	}
	r.home.Manager, r.home.Named = account, account
	return nil
}

// changeManager makes whoever has got the management task the case manager. What the
// one before had to do for the settlement and its services goes with it; what was
// given to somebody else stays theirs.
func (r *recording) changeManager(ctx context.Context, a station.Assignment) error {
	if r.c.Kind != station.SettlementKind || a.Task != station.ManagementTask(r.ch.Case) {
		return nil
	}
	before := r.home.Named
	if err := r.setManager(ctx, a.Account); err != nil {
		return err
	}
	_, err := r.tx.ExecContext(ctx, `
		UPDATE tasks SET assignee = $2 WHERE managed AND status = 'open' AND coalesce(assignee::text, '') IN ('', $3)
		AND (case_id = $1 OR case_id IN (SELECT case_id FROM services WHERE settlement = $1))`, r.ch.Case, nullable(a.Account), before)
	if err != nil {
		return fmt.Errorf("hand over what the case manager had to do: %w", err)
	}
	return nil
}

// moveServices does with the services of a settlement what the change says. What was
// done before is not done again.
func (r *recording) moveServices(ctx context.Context) error {
	m := r.ch.Services
	if m == nil {
		return nil
	}
	if m.Papers != "" {
		if err := r.givePapers(ctx, m.Papers); err != nil {
			return err
		}
	}
	if len(m.Add) > 0 {
		if err := r.choose(ctx, m.Add); err != nil {
			return err
		}
	}
	for _, b := range m.Begin {
		if err := r.beginService(ctx, b); err != nil {
			return err
		}
	}
	for _, e := range m.End {
		if err := r.endService(ctx, e); err != nil {
			return err
		}
	}
	if err := r.sayToServices(ctx, m.Say...); err != nil {
		return err
	}
	if m.Rating != nil {
		if err := r.rate(ctx, *m.Rating); err != nil {
			return err
		}
	}
	if m.Moves == "" {
		return nil
	}
	return r.relocate(ctx, m.Moves)
}

// givePapers keeps the papers that an act gives.
func (r *recording) givePapers(ctx context.Context, id string) error {
	a, err := r.actOf(ctx, id)
	if err != nil {
		return err
	}
	return putPapers(ctx, r.tx, r.c.Applicant, a.Body.Papers, a.At)
}

// actOf returns an act of the case.
func (r *recording) actOf(ctx context.Context, id string) (station.Act, error) {
	var row actRow
	if err := r.tx.GetContext(ctx, &row, selectAct+` WHERE id = $1 AND case_id = $2`, id, r.ch.Case); err != nil {
		return station.Act{}, fmt.Errorf("read act %s: %w", id, err)
	}
	return row.station()
}

// choose adds services by the change's act. One that had ended before is chosen for
// another time.
func (r *recording) choose(ctx context.Context, codes []string) error {
	_, err := r.tx.ExecContext(ctx, `
		INSERT INTO services (settlement, code, attempt, position, added)
		SELECT $1, o.code, 1 + coalesce(s.attempt, 0), n.position + (SELECT coalesce(max(position), 0) FROM services WHERE settlement = $1), $3
		FROM unnest($2::text[]) WITH ORDINALITY AS n (code, position) JOIN offers o ON o.code = n.code
		LEFT JOIN LATERAL (SELECT attempt, state FROM services WHERE settlement = $1 AND code = o.code ORDER BY attempt DESC LIMIT 1) s ON true
		WHERE coalesce(s.state, 'ended') IN ('undone', 'ended')
		  AND NOT EXISTS (SELECT FROM services b WHERE b.settlement = $1 AND b.code = o.code AND b.added = $3)`,
		r.ch.Case, textArray(codes), nullable(r.ch.Act))
	if err == nil {
		_, err = r.tx.ExecContext(ctx, reusePapers, r.ch.Case, r.ch.At)
	}
	if err != nil {
		return fmt.Errorf("choose %d more services: %w", len(codes), err)
	}
	return nil
}

// beginService makes a case of a service, and answers it.
func (r *recording) beginService(ctx context.Context, b station.ServiceBegin) error {
	id := station.ServiceCase(r.ch.Case, b.Code, b.Attempt)
	n := station.NewCase{ID: id, Kind: station.ServiceKind, Application: station.Application{Branch: r.c.Branch}}
	if err := r.beginCase(ctx, n); err != nil {
		return fmt.Errorf("begin service %s: %w", b.Code, err)
	}
	_, err := r.tx.ExecContext(ctx, `
		INSERT INTO services (settlement, code, attempt, position, case_id, without, state)
		SELECT $1, $2, $3, 1 + coalesce(max(position), 0), $4, $5, 'asked' FROM services WHERE settlement = $1
		ON CONFLICT (settlement, code, attempt) DO UPDATE SET case_id = EXCLUDED.case_id, without = EXCLUDED.without, state = EXCLUDED.state, reason = ''
		WHERE services.case_id IS NULL`, r.ch.Case, b.Code, b.Attempt, id, textArray(b.Without))
	if err != nil {
		return fmt.Errorf("note that service %s has begun: %w", b.Code, err)
	}
	return nil
}

// beginCase makes a case for the applicant of this one, in its programme, unless it
// is there, and answers it. This case is held: nobody else makes it meanwhile.
func (r *recording) beginCase(ctx context.Context, n station.NewCase) error {
	var c caseRow
	err := r.tx.GetContext(ctx, &c, selectCase+` WHERE c.id = $1`, n.ID)
	if errors.Is(err, sql.ErrNoRows) {
		n.Programme, n.At = station.Programme{Code: r.c.Programme, Branch: r.c.Branch}, r.ch.At
		var number string
		if number, err = nextNumber(ctx, r.tx, n); err != nil {
			return err
		}
		var form any
		if n.Application.Form != nil {
			form = string(n.Application.Form)
		}
		_, err = r.tx.ExecContext(ctx, `
			INSERT INTO cases (id, number, kind, programme, branch, applicant, request_key, request_hash, stage, status, form, opened_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 'begun', $8, $9, $10, $11, $11)`,
			n.ID, number, n.Kind, r.c.Programme, n.Application.Branch, r.c.Applicant, "begun "+n.ID, station.StageSubmitted, station.Open, form, n.At)
		if err != nil {
			return err
		}
		err = r.tx.GetContext(ctx, &c, selectCase+` WHERE c.id = $1`, n.ID)
	}
	if err != nil {
		return err
	}
	r.written.Begun = append(r.written.Begun, c.station())
	return nil
}

// endService ends a chosen service that has not begun. If a run before an operator's
// reset had begun it, it is called off.
func (r *recording) endService(ctx context.Context, e station.ServiceEnd) error {
	var begun sql.NullString
	err := r.tx.GetContext(ctx, &begun, `
		UPDATE services s SET state = CASE WHEN case_id IS NULL THEN 'ended' ELSE state END, reason = CASE WHEN case_id IS NULL THEN $3 ELSE reason END
		WHERE settlement = $1 AND code = $2 AND attempt = (SELECT max(attempt) FROM services WHERE settlement = $1 AND code = $2)
		RETURNING case_id`, r.ch.Case, e.Code, e.Reason)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("end service %s: %w", e.Code, err)
	}
	if !begun.Valid {
		return nil
	}
	return r.sayToServices(ctx, station.ServiceSaid{Case: begun.String, Verdict: station.Cancel, Occasion: "ended"})
}

// sayToServices tells services how they go on. None of them ends meanwhile: it does
// so with the settlement held.
func (r *recording) sayToServices(ctx context.Context, list ...station.ServiceSaid) error {
	acts := make([]station.Act, len(list))
	for i, s := range list {
		acts[i] = station.Act{
			ID:   saidID("wutong settlement says", r.home.CaseID, s.Case, string(s.Verdict), s.Occasion),
			Case: s.Case, Task: station.SettlementTask(s.Case), Body: station.Body{Verdict: s.Verdict, Why: s.Why},
		}
	}
	woken := len(r.written.Wake)
	if err := r.tell(ctx, acts...); err != nil || len(r.written.Wake)-woken == len(acts) {
		return err
	}
	return r.unheard(ctx, acts)
}

// unheard answers for services that are done and hear nothing any more: an operator
// has stopped them, or has put the settlement back.
func (r *recording) unheard(ctx context.Context, acts []station.Act) error {
	cases := make([]string, len(acts))
	for i, a := range acts {
		cases[i] = a.Case
	}
	var deaf []string
	err := r.tx.SelectContext(ctx, &deaf, `
		SELECT s.case_id FROM services s JOIN cases c ON c.id = s.case_id AND c.ended_at IS NOT NULL
		WHERE s.case_id = ANY($1) AND s.state = 'done'`, textArray(cases))
	if err != nil {
		return fmt.Errorf("look which services hear nothing: %w", err)
	}
	for _, a := range acts {
		if !slices.Contains(deaf, a.Case) {
			continue
		}
		if err := r.answerFor(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// answerFor tells the settlement how a service that is done stands after what it does
// not hear. One that is called off cannot be undone any more, and ends; of any other,
// what is done stays done.
func (r *recording) answerFor(ctx context.Context, a station.Act) error {
	said := station.Done
	switch a.Body.Verdict {
	case station.Over:
		return nil
	case station.Cancel, station.End:
		said = station.Ended
		_, err := r.tx.ExecContext(ctx, `UPDATE services SET state = 'ended', reason = $2 WHERE case_id = $1`, a.Case, station.ReasonStopped)
		if err != nil {
			return fmt.Errorf("end a service that hears nothing: %w", err)
		}
	default:
	}
	return r.tell(ctx, station.Act{
		ID: saidID("wutong service hears nothing", a.ID), Case: r.home.CaseID, Task: station.ServicesTask(r.home.CaseID),
		Body: station.Body{Verdict: said, Service: a.Case},
	})
}

// saidID is the same however often it is said.
func saidID(parts ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join(parts, "\x00"))).String()
}

func (r *recording) rate(ctx context.Context, g station.Rating) error {
	_, err := r.tx.ExecContext(ctx, `UPDATE services SET stars = $3, rated_at = $4 WHERE settlement = $1 AND case_id = $2`, r.ch.Case, g.Service, g.Stars, r.ch.At)
	if err != nil {
		return fmt.Errorf("keep a rating: %w", err)
	}
	return nil
}
