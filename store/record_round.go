package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"wutong/station"
)

// roundRow is a round as it is kept.
type roundRow struct {
	Code     string
	CaseID   string `db:"case_id"`
	Branch   string
	Phase    station.Stage
	Capacity int
	Times    timetable
	MatchCap int64 `db:"match_cap"`
	Matched  int64
}

// timetable is kept as JSON.
type timetable station.Timetable

// Scan reads a timetable.
func (t *timetable) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("read a timetable from a %T", src)
	}
	return json.Unmarshal(raw, (*station.Timetable)(t))
}

// holdRound holds the round of a project, or the round itself, if the changes can
// move it. Who moves several things holds them in this order: the case, the round,
// the fund. A timetable that moves, moves dates in the projects' cases, too: these
// are held before the round.
func (r *recording) holdRound(ctx context.Context) error {
	if r.c.Kind != station.Pitch && r.c.Kind != station.Round || !slices.ContainsFunc(r.all, moves) {
		return nil
	}
	if slices.ContainsFunc(r.all, func(ch station.Change) bool { return ch.Round != nil && ch.Round.Times != nil }) {
		_, err := r.tx.ExecContext(ctx, `
			SELECT FROM cases c JOIN pitches p ON p.case_id = c.id JOIN rounds o ON o.code = p.round
			WHERE o.case_id = $1 AND NOT p.ended ORDER BY c.id FOR NO KEY UPDATE OF c`, r.c.ID)
		if err != nil {
			return fmt.Errorf("hold the round's projects: %w", err)
		}
	}
	which, key := "code", r.c.Programme
	if r.c.Kind == station.Round {
		which, key = "case_id", r.c.ID
	}
	err := r.tx.GetContext(ctx, &r.round, `
		SELECT code, case_id, branch, phase, capacity, times, match_cap, matched FROM rounds WHERE `+which+` = $1 FOR NO KEY UPDATE`, key)
	if err != nil {
		return fmt.Errorf("hold the round: %w", err)
	}
	return nil
}

// moves reports whether a change can move a round, or something in it.
func moves(ch station.Change) bool {
	return ch.Pitch != nil || ch.Round != nil || ch.Fund != nil || ch.End != nil ||
		ch.Event == station.EventDeclared && (ch.Declare == nil || ch.Declare.Conflict != station.ConflictNone)
}

// moveRound begins a phase, moves the timetable, or calls the round off, and tells
// the projects how they go on. What was told before is not told again.
func (r *recording) moveRound(ctx context.Context) error {
	m := r.ch.Round
	if m == nil {
		return nil
	}
	r.written.Round = &station.RoundMoved{}
	if m.Times != nil {
		if err := r.reschedule(ctx, *m.Times); err != nil {
			return err
		}
	}
	var err error
	switch {
	case m.Cancel:
		err = r.callOff(ctx)
	case m.Phase != "":
		err = r.beginPhase(ctx, m.Phase)
	}
	if err != nil {
		return err
	}
	err = r.tx.GetContext(ctx, &r.written.Round.Open, `SELECT count(*) FROM pitches WHERE round = $1 AND NOT ended`, r.round.Code)
	return err
}

// beginPhase lets a phase begin. A round never goes back: a run that an operator
// has reset finds what was done as it is.
func (r *recording) beginPhase(ctx context.Context, phase station.Stage) error {
	if slices.Index(station.Phases, phase) > slices.Index(station.Phases, r.round.Phase) {
		if err := r.enterPhase(ctx, phase); err != nil {
			return err
		}
	}
	switch phase {
	case station.StageScreening:
		if _, err := r.tx.ExecContext(ctx, `DELETE FROM drafts WHERE programme = $1`, r.round.Code); err != nil {
			return fmt.Errorf("let go of drafts: %w", err)
		}
		return r.sayAll(ctx, station.Screen, phase)
	case station.StageSeats:
		return r.giveSeats(ctx)
	case station.StagePitches:
		return r.putInOrder(ctx)
	case station.StageDeliberation:
		return r.sayAll(ctx, station.Deliberate, phase)
	case station.StageClosing:
		return r.sayAll(ctx, station.Gather, phase)
	default:
		return nil
	}
}

func (r *recording) enterPhase(ctx context.Context, phase station.Stage) error {
	if _, err := r.tx.ExecContext(ctx, `UPDATE rounds SET phase = $2 WHERE code = $1`, r.round.Code, phase); err != nil {
		return fmt.Errorf("enter the phase: %w", err)
	}
	r.round.Phase = phase
	return nil
}

// sayAll tells every open project the same; of the deliberation only those hear
// that pitched.
func (r *recording) sayAll(ctx context.Context, v station.Verdict, phase station.Stage) error {
	list, err := r.ranking(ctx, station.StageScreening)
	if err != nil {
		return err
	}
	var moves []move
	for _, p := range list {
		if p.Attended || v != station.Deliberate {
			moves = append(moves, move{Case: p.Case, Verdict: v, At: r.endOf(phase)})
		}
	}
	r.written.Round.Told += len(moves)
	return r.say(ctx, r.round.Code, moves...)
}

// endOf is when a phase ends, as a move says it; "" if no date ends it.
func (r *recording) endOf(phase station.Stage) string {
	at := station.Timetable(r.round.Times).Ends(phase)
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

// putInOrder gives those who confirmed their seat a place in the running order, and
// lets the others know that they have none.
func (r *recording) putInOrder(ctx context.Context) error {
	_, err := r.tx.ExecContext(ctx, `
		UPDATE pitches p SET running = o.running FROM (
			SELECT case_id, (SELECT max(running) FROM pitches WHERE round = $1) + row_number() OVER (ORDER BY place, case_id) AS running
			FROM pitches WHERE round = $1 AND seat = 'confirmed' AND NOT ended AND running = 0) o
		WHERE p.case_id = o.case_id`, r.round.Code)
	if err != nil {
		return fmt.Errorf("make the running order: %w", err)
	}
	var list []struct {
		Case    string `db:"case_id"`
		Running int
	}
	err = r.tx.SelectContext(ctx, &list, `SELECT case_id, running FROM pitches WHERE round = $1 AND NOT ended ORDER BY running, case_id`, r.round.Code)
	if err != nil {
		return fmt.Errorf("read the running order: %w", err)
	}
	var moves []move
	for _, p := range list {
		if p.Running > 0 {
			moves = append(moves, move{Case: p.Case, Verdict: station.Present, Rank: p.Running, At: r.endOf(station.StagePitches)})
		} else {
			moves = append(moves, move{Case: p.Case, Verdict: station.Unplace})
		}
	}
	if r.written.Round != nil {
		r.written.Round.Told += len(moves)
	}
	return r.say(ctx, r.round.Code, moves...)
}

// callOff ends the round for all its projects. Nobody can apply any more.
func (r *recording) callOff(ctx context.Context) error {
	if err := r.enterPhase(ctx, station.StageEnded); err != nil {
		return err
	}
	_, err := r.tx.ExecContext(ctx, `
		WITH gone AS (DELETE FROM drafts WHERE programme = $1)
		UPDATE programmes SET opens_at = least(opens_at, $2::timestamptz - interval '1 second'), closes_at = least(closes_at, $2) WHERE code = $1`,
		r.round.Code, r.ch.At)
	if err != nil {
		return fmt.Errorf("close the call: %w", err)
	}
	return r.sayAll(ctx, station.Cancel, station.StageEnded)
}

// reschedule moves the round's dates, and those of what its projects wait for.
func (r *recording) reschedule(ctx context.Context, t station.Timetable) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	r.round.Times = timetable(t)
	_, err = r.tx.ExecContext(ctx, `
		WITH moved AS (UPDATE rounds SET times = $2::jsonb WHERE code = $1)
		UPDATE programmes SET opens_at = $3, closes_at = $4, terms = jsonb_set(terms, '{round,times}', $2::jsonb) WHERE code = $1`,
		r.round.Code, string(raw), t.CallOpens, t.CallCloses)
	if err != nil {
		return fmt.Errorf("move the timetable: %w", err)
	}
	_, err = r.tx.ExecContext(ctx, `
		UPDATE tasks t SET due = d.due
		FROM pitches p, (VALUES ('review', 'screening', $2::timestamptz), ('score', '', $3), ('commitment', 'deliberation', $4), ('declaration', '', $4), ('round', '', $4)) AS d (kind, stage, due)
		WHERE p.round = $1 AND NOT p.ended AND t.case_id = p.case_id AND t.status = 'open' AND t.kind = d.kind AND d.stage IN ('', t.stage)`,
		r.round.Code, t.ScreeningCloses, t.ScoresClose, t.DeliberationCloses)
	if err != nil {
		return fmt.Errorf("move what is due: %w", err)
	}
	_, err = r.tx.ExecContext(ctx, `
		UPDATE cases c SET due = `+fmt.Sprintf(earliestDue, "c.id")+` FROM pitches p WHERE p.round = $1 AND NOT p.ended AND c.id = p.case_id`, r.round.Code)
	if err != nil {
		return fmt.Errorf("move when the projects are due: %w", err)
	}
	return nil
}

// endRound ends a round. If its procedure was stopped half-way, its projects, which
// wait for its word, go on no further.
func (r *recording) endRound(ctx context.Context) error {
	r.written.Round = &station.RoundMoved{}
	if r.round.Phase != station.StageClosing && r.round.Phase != station.StageEnded {
		return r.callOff(ctx)
	}
	return r.enterPhase(ctx, station.StageEnded)
}

// tellRound announces, with a change of a round or of a project, that something has
// happened in the round. $1 is the case.
func (r *recording) tellRound() string {
	switch r.c.Kind {
	case station.Pitch:
		return ` UNION ALL SELECT pg_notify('rounds', round) FROM pitches WHERE case_id = $1`
	case station.Round:
		return ` UNION ALL SELECT pg_notify('rounds', code) FROM rounds WHERE case_id = $1`
	default:
		return ""
	}
}
