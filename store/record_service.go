package store

import (
	"context"
	"fmt"
	"strconv"

	"wutong/station"
)

// moveService writes how a service stands, what becomes of its provider, and what
// its settlement hears.
func (r *recording) moveService(ctx context.Context) error {
	m := r.ch.Service
	if m == nil {
		return nil
	}
	if m.Answers != "" {
		if err := r.answered(ctx, m.Answers, m.Request); err != nil {
			return err
		}
	}
	_, err := r.tx.ExecContext(ctx, `
		UPDATE services SET state = coalesce($2, state), reason = CASE WHEN $2 IS NULL THEN reason ELSE $3 END, provider = coalesce($4, provider)
		WHERE case_id = $1`, r.ch.Case, nullable(string(m.State)), m.Reason, nullable(m.Asked))
	if err != nil {
		return fmt.Errorf("move the service: %w", err)
	}
	if m.Asks > 0 {
		if err := r.ask(ctx, m.Asks); err != nil {
			return err
		}
	}
	if m.Say == "" {
		return nil
	}
	return r.sayToSettlement(ctx, m.Say, m.Request)
}

// ask notes that the service's provider is asked for the n-th time. What another
// request left open is over. Asked again, by a run that an operator has reset, it is
// the same request: open, since when it was.
func (r *recording) ask(ctx context.Context, n int) error {
	_, err := r.tx.ExecContext(ctx, `
		WITH over AS (
			UPDATE requests SET answer = 'cancelled', ended_at = $3 WHERE service = $1 AND ordinal <> $2 AND answer = '')
		INSERT INTO requests (service, ordinal, provider, asked_at) SELECT case_id, $2, provider, $3 FROM services WHERE case_id = $1
		ON CONFLICT ON CONSTRAINT one_request_per_ordinal DO UPDATE SET provider = EXCLUDED.provider, accepted_at = NULL, ended_at = NULL, answer = '', on_time = NULL,
			asked_at = CASE WHEN requests.provider = EXCLUDED.provider THEN requests.asked_at ELSE EXCLUDED.asked_at END`, r.ch.Case, n, r.ch.At)
	if err != nil {
		return fmt.Errorf("ask a provider for time %d: %w", n, err)
	}
	return nil
}

// answered notes how a request goes on, or ended: the n-th or, with 0, the one that
// is open. It was completed in time if the provider said so before its task was due,
// or while its clock stood still.
func (r *recording) answered(ctx context.Context, how string, n int) error {
	_, err := r.tx.ExecContext(ctx, `
		UPDATE requests q SET
			accepted_at = CASE WHEN $3 = 'accepted' THEN $4 ELSE q.accepted_at END,
			answer = CASE WHEN $3 = 'accepted' THEN '' ELSE $3 END,
			ended_at = CASE WHEN $3 = 'accepted' THEN NULL ELSE $4::timestamptz END,
			on_time = CASE WHEN $3 = 'completed' THEN coalesce((
				SELECT t.held_at IS NOT NULL OR coalesce((SELECT a.at FROM acts a WHERE a.id = $6), $4) <= t.due FROM tasks t
				WHERE t.case_id = $1 AND t.kind IN ('service', 'delivery') ORDER BY t.id = $5 DESC, t.opened_at DESC LIMIT 1), true) END
		WHERE q.service = $1 AND CASE WHEN $2 > 0 THEN q.ordinal = $2
			ELSE q.ordinal = (SELECT max(ordinal) FROM requests WHERE service = $1 AND answer = '') END`,
		r.ch.Case, n, how, r.ch.At, r.ch.Task, nullable(r.ch.Act))
	if err != nil {
		return fmt.Errorf("note how a request ended: %w", err)
	}
	return nil
}

// sayToSettlement tells the settlement what became of its service: once for the n-th
// request or, with 0, for the last.
func (r *recording) sayToSettlement(ctx context.Context, v station.Verdict, n int) error {
	if n == 0 {
		if err := r.tx.GetContext(ctx, &n, `SELECT coalesce(max(ordinal), 0) FROM requests WHERE service = $1`, r.ch.Case); err != nil {
			return fmt.Errorf("look for the last request: %w", err)
		}
	}
	return r.tell(ctx, station.Act{
		ID:   saidID("wutong service says", r.ch.Case, string(v), strconv.Itoa(n)),
		Case: r.home.CaseID, Task: station.ServicesTask(r.home.CaseID), Body: station.Body{Verdict: v, Service: r.ch.Case},
	})
}

// leaveSettlement ends a settlement, or a service.
func (r *recording) leaveSettlement(ctx context.Context) error {
	switch r.c.Kind {
	case station.ServiceKind:
		return r.leaveService(ctx)
	case station.SettlementKind:
	default:
		return nil
	}
	_, err := r.tx.ExecContext(ctx, `
		WITH over AS (UPDATE settlements SET ended = true WHERE case_id = $1)
		UPDATE services SET state = 'ended', reason = $2 WHERE settlement = $1 AND case_id IS NULL AND state = 'chosen'`, r.ch.Case, r.ch.Standing.Reason)
	if err != nil {
		return fmt.Errorf("end the settlement: %w", err)
	}
	return r.letGo(ctx, r.ch.Standing.Status == station.Failed)
}

// letGo tells services that wait for the settlement's word, and did not get it, that
// none comes any more: its procedure was stopped half-way. Those that are over in
// another way than done end by themselves. Of a settlement that an operator has
// stopped, what can be undone is called off, each service once nothing is left of those
// that need it.
func (r *recording) letGo(ctx context.Context, stopped bool) error {
	var waiting []struct {
		Case   string `db:"case_id"`
		Stands bool
	}
	err := r.tx.SelectContext(ctx, &waiting, `
		WITH left_over AS (
			SELECT s.case_id, s.position, s.code, s.state = 'done' AND NOT ($2 AND o.offer ? 'undo') AS stands, o.offer->'needs' AS needs
			FROM services s JOIN cases c ON c.id = s.case_id AND c.ended_at IS NULL JOIN offers o ON o.code = s.code
			WHERE s.settlement = $1 AND s.case_id <> $3 AND s.state NOT IN ('waived', 'undone', 'ended'))
		SELECT s.case_id, s.stands FROM left_over s
		WHERE NOT EXISTS (SELECT FROM acts a WHERE a.case_id = s.case_id AND a.kind = 'move' AND a.body->>'verdict' IN ('cancel', 'end', 'over'))
		  AND NOT ($2 AND EXISTS (SELECT FROM left_over y WHERE y.needs ? s.code AND NOT y.stands))
		ORDER BY s.position DESC`, r.home.CaseID, stopped, r.ch.Case)
	if err != nil {
		return fmt.Errorf("look which services go on: %w", err)
	}
	var said []station.ServiceSaid
	for _, s := range waiting {
		word := station.ServiceSaid{Case: s.Case, Verdict: station.Cancel, Occasion: "settlement ended"}
		if s.Stands {
			word.Verdict = station.Over
		} else if stopped {
			word.Why = station.ReasonStopped
		}
		said = append(said, word)
	}
	return r.sayToServices(ctx, said...)
}

// leaveService sees to it that a service that ends needs nothing any more: nothing is
// asked of a provider, and the settlement has heard of it. If that was stopped, what the
// service needed is called off next.
func (r *recording) leaveService(ctx context.Context) error {
	if err := r.endOfService(ctx); err != nil {
		return err
	}
	var stopped bool // asked now that the settlement is held: it may have ended while this waited for it
	err := r.tx.GetContext(ctx, &stopped, `SELECT ended_at IS NOT NULL AND status = 'failed' FROM cases WHERE id = $1`, r.home.CaseID)
	if err != nil {
		return fmt.Errorf("look whether the settlement was stopped: %w", err)
	}
	if !stopped {
		return nil
	}
	return r.letGo(ctx, stopped)
}

// endOfService writes how a service ended, and that nothing is asked of its provider.
func (r *recording) endOfService(ctx context.Context) error {
	var state station.ServiceState
	err := r.tx.GetContext(ctx, &state, `
		WITH over AS (UPDATE requests SET answer = 'cancelled', ended_at = $2 WHERE service = $1 AND answer = '')
		SELECT state FROM services WHERE case_id = $1`, r.ch.Case, r.ch.At)
	if err != nil {
		return fmt.Errorf("end the service: %w", err)
	}
	if state.Settled() {
		return r.leaveUnheard(ctx, state)
	}
	state, said := station.ServiceEnded, station.Ended
	switch s := r.ch.Standing; {
	case s.Status == station.Completed && s.Reason == station.ReasonWaived:
		state, said = station.ServiceWaived, station.Waive
	case s.Status == station.Completed:
		state, said = station.ServiceDone, station.Done
	case s.Status == station.Withdrawn:
		state, said = station.ServiceUndone, station.Undone
	}
	if _, err := r.tx.ExecContext(ctx, `UPDATE services SET state = $2, reason = $3 WHERE case_id = $1`, r.ch.Case, state, r.ch.Standing.Reason); err != nil {
		return fmt.Errorf("write how the service ended: %w", err)
	}
	return r.sayToSettlement(ctx, said, 0)
}

// leaveUnheard answers what the settlement has said to a service that is done, and
// that is stopped before it heard it.
func (r *recording) leaveUnheard(ctx context.Context, state station.ServiceState) error {
	if state != station.ServiceDone || r.ch.Standing.Status != station.Failed {
		return nil
	}
	var rows []actRow
	if err := r.tx.SelectContext(ctx, &rows, selectAct+` WHERE case_id = $1 AND kind = 'move' AND status = 'pending' ORDER BY at, id`, r.ch.Case); err != nil {
		return fmt.Errorf("look what the service has not heard: %w", err)
	}
	for _, row := range rows {
		a, err := row.station()
		if err != nil {
			return err
		}
		if err := r.answerFor(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// settleAgain puts a settlement or a service back to where a new run stands after an
// operator's reset. A service's state follows from its stage; what was asked and
// said stays as it is: it is not asked and said again, but heard.
func (r *recording) settleAgain(ctx context.Context) error {
	if err := r.hearAgain(ctx); err != nil {
		return err
	}
	var query string
	args := []any{r.ch.Case}
	switch r.c.Kind {
	case station.SettlementKind:
		if r.c.EndedAt == nil {
			return nil
		}
		query = `
			WITH again AS (
				UPDATE settlements x SET ended = false WHERE x.case_id = $1 AND NOT EXISTS (
					SELECT FROM settlements o WHERE o.account = x.account AND o.programme = x.programme AND NOT o.ended))
			UPDATE services SET state = 'chosen', reason = '' WHERE settlement = $1 AND case_id IS NULL AND state = 'ended' AND reason = $2`
		args = append(args, r.c.Reason)
	case station.ServiceKind:
		query = `
			UPDATE services SET reason = '', state = m.stood
			FROM (VALUES ('submitted', 'asked'), ('asked', 'asked'), ('delivery', 'accepted'), ('trouble', 'trouble'), ('done', 'done'), ('undoing', 'undoing')) AS m (stage, stood)
			WHERE case_id = $1 AND m.stage = $2 AND state <> m.stood AND NOT (state = 'waived' AND m.stood = 'done')`
		args = append(args, r.ch.Standing.Stage)
	default:
		return nil
	}
	if _, err := r.tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("go back to where the services stood: %w", err)
	}
	return nil
}

// hearAgain has a new run hear what the settlement has said to its service, or the
// other way round, to the run before: nobody says it again.
func (r *recording) hearAgain(ctx context.Context) error {
	if r.c.Kind != station.SettlementKind && r.c.Kind != station.ServiceKind {
		return nil
	}
	var said []struct{ ID, Task string }
	err := r.tx.SelectContext(ctx, &said, `SELECT id, task FROM acts WHERE case_id = $1 AND kind = 'move' AND status <> 'refused' ORDER BY at, id`, r.ch.Case)
	if err != nil {
		return fmt.Errorf("look what was said to the run before: %w", err)
	}
	for _, s := range said {
		r.written.Wake = append(r.written.Wake, station.Wake{Case: r.ch.Case, Signal: station.Signal{Act: s.ID, Kind: station.Move, Task: s.Task}})
	}
	return nil
}
