package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"wutong/station"
)

// movePitch changes how a project stands in its round.
func (r *recording) movePitch(ctx context.Context) error {
	m := r.ch.Pitch
	if m == nil {
		return nil
	}
	_, err := r.tx.ExecContext(ctx, `
		UPDATE pitches SET seat = CASE WHEN $2 = 'confirmed' AND seat IN ('invited', 'confirmed') THEN $2 ELSE seat END,
			attended = coalesce($3, attended), lead = coalesce($4::uuid, lead),
			members = CASE WHEN cardinality($5::uuid[]) > 0 THEN $5::uuid[] ELSE members END
		WHERE case_id = $1`, r.ch.Case, m.Seat, m.Attended, nullable(m.Lead), textArray(m.Members))
	if err != nil {
		return fmt.Errorf("move the project in its round: %w", err)
	}
	switch {
	case m.Seat == station.SeatConfirmed && r.round.Phase == station.StagePitches:
		// the seat was confirmed in the moment in which the order was made
		err = r.placeLate(ctx)
	case m.Attended != nil && *m.Attended && r.round.Phase == station.StageDeliberation:
		err = r.say(ctx, r.round.Code, move{Case: r.ch.Case, Verdict: station.Deliberate, At: r.endOf(station.StageDeliberation)})
	}
	if err != nil || m.Committed == nil {
		return err
	}
	return r.match(ctx, *m.Committed, m.Match)
}

// match notes what a syndicate invests and what the fund may add: its share, up to
// the cap of a project, and to what the other projects leave of the round's. It is
// at most what the fund could reserve, where that is known.
func (r *recording) match(ctx context.Context, committed int64, most *int64) error {
	var raw []byte
	if err := r.tx.GetContext(ctx, &raw, `SELECT terms FROM programmes WHERE code = $1`, r.round.Code); err != nil {
		return fmt.Errorf("read the terms of round %s: %w", r.round.Code, err)
	}
	terms, err := station.ReadRoundTerms(raw)
	if err != nil {
		return err
	}
	var before int64
	if err := r.tx.GetContext(ctx, &before, `SELECT match FROM pitches WHERE case_id = $1`, r.ch.Case); err != nil {
		return fmt.Errorf("read the match: %w", err)
	}
	fen := max(min(terms.Match.Of(committed), r.round.MatchCap-(r.round.Matched-before)), 0)
	if most != nil {
		fen = min(fen, *most)
	}
	r.written.Match = fen
	return r.setMatch(ctx, committed, before, fen)
}

// setMatch writes a project's match, and with it the round's.
func (r *recording) setMatch(ctx context.Context, committed, before, fen int64) error {
	_, err := r.tx.ExecContext(ctx, `
		WITH matched AS (UPDATE rounds SET matched = matched + $4 WHERE code = $2)
		UPDATE pitches SET committed = $3, match = match + $4 WHERE case_id = $1`, r.ch.Case, r.round.Code, committed, fen-before)
	if err != nil {
		return fmt.Errorf("write the match: %w", err)
	}
	r.round.Matched += fen - before
	return nil
}

// leaveRound sees to it that a project that ends holds neither a seat nor, but for
// what was paid, a part of the round's match, and that a round that ends leaves no
// project waiting.
func (r *recording) leaveRound(ctx context.Context) error {
	if r.c.Kind == station.Round {
		return r.endRound(ctx)
	}
	if r.c.Kind != station.Pitch {
		return nil
	}
	var p struct {
		Committed, Match int64
	}
	err := r.tx.GetContext(ctx, &p, `UPDATE pitches SET ended = true WHERE case_id = $1 RETURNING committed, match`, r.ch.Case)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("take the project out of its round: %w", err)
	}
	if p.Match > 0 && r.ch.Standing.Status != station.Completed {
		var paid int64
		if err := r.tx.GetContext(ctx, &paid, `SELECT coalesce(sum(paid - repaid), 0) FROM awards WHERE case_id = $1`, r.ch.Case); err != nil {
			return fmt.Errorf("look what of the match was paid: %w", err)
		}
		if err := r.setMatch(ctx, p.Committed, p.Match, min(p.Match, paid)); err != nil {
			return err
		}
	}
	switch r.round.Phase {
	case station.StageSeats:
		return r.giveSeats(ctx)
	case station.StageClosing:
		return r.tellIfOver(ctx)
	default:
		return nil
	}
}

// tellIfOver tells the round that its last project has ended.
func (r *recording) tellIfOver(ctx context.Context) error {
	var open bool
	err := r.tx.GetContext(ctx, &open, `SELECT EXISTS (SELECT FROM pitches WHERE round = $1 AND NOT ended)`, r.round.Code)
	if err != nil || open {
		return err
	}
	return r.say(ctx, r.round.Code, move{Case: r.round.CaseID, Verdict: station.Over})
}

// giveSeats invites the best of those who have no seat, as far as there are seats,
// and lets the others wait in the order of their rank. Called again it gives the
// seats that have become free.
func (r *recording) giveSeats(ctx context.Context) error {
	list, err := r.ranking(ctx, station.StageScreening)
	if err != nil {
		return err
	}
	free := r.round.Capacity
	for _, p := range list {
		if p.Seat == station.SeatInvited || p.Seat == station.SeatConfirmed {
			free--
		}
	}
	var moves []move
	var cases, seats []string
	var places []int64
	for _, p := range list {
		m := move{Case: p.Case, Verdict: station.Waitlist, Rank: p.Stood, At: r.endOf(station.StageSeats)}
		if p.Seat == station.SeatNone {
			m.Rank = p.Place
		}
		seat := station.SeatWaiting
		switch {
		case p.Seat != station.SeatNone && p.Seat != station.SeatWaiting:
			continue
		case free > 0:
			free--
			m.Verdict, seat = station.Invite, station.SeatInvited
		case p.Seat == station.SeatWaiting:
			continue
		}
		moves = append(moves, m)
		cases, seats, places = append(cases, p.Case), append(seats, string(seat)), append(places, int64(m.Rank))
	}
	_, err = r.tx.ExecContext(ctx, `
		UPDATE pitches p SET seat = s.seat, place = s.place FROM unnest($1::uuid[], $2::text[], $3::int[]) AS s (case_id, seat, place)
		WHERE p.case_id = s.case_id`, textArray(cases), textArray(seats), intArray(places))
	if err != nil {
		return fmt.Errorf("give seats: %w", err)
	}
	if r.written.Round != nil {
		r.written.Round.Told += len(moves)
	}
	return r.say(ctx, r.round.Code, moves...)
}

// reorderWaiting puts those who wait for a seat into the order of their rank, when
// scores were struck. Who has a seat keeps it.
func (r *recording) reorderWaiting(ctx context.Context) error {
	if r.round.Phase != station.StageSeats {
		return nil
	}
	list, err := r.ranking(ctx, station.StageScreening)
	if err != nil {
		return err
	}
	var cases []string
	var places []int64
	for _, p := range list {
		if p.Seat == station.SeatWaiting {
			cases, places = append(cases, p.Case), append(places, int64(p.Stood))
		}
	}
	slices.Sort(places)
	_, err = r.tx.ExecContext(ctx, `
		UPDATE pitches p SET place = s.place FROM unnest($1::uuid[], $2::int[]) AS s (case_id, place) WHERE p.case_id = s.case_id`,
		textArray(cases), intArray(places))
	if err != nil {
		return fmt.Errorf("put the waiting list in order: %w", err)
	}
	return nil
}

// placeLate gives a project that confirmed its seat in the moment in which the
// running order was made a place at its end. That it has none is not true any more.
func (r *recording) placeLate(ctx context.Context) error {
	_, err := r.tx.ExecContext(ctx, `UPDATE acts SET status = 'refused', reason = $2, settled_at = $3 WHERE id = $1 AND status = 'pending'`,
		move{Case: r.ch.Case, Verdict: station.Unplace}.id(r.round.Code), station.ReasonTaskClosed, r.ch.At)
	if err != nil {
		return fmt.Errorf("take back that the project has no seat: %w", err)
	}
	return r.putInOrder(ctx)
}
