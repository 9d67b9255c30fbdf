package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// seat has the team confirm its seat. A team that waits moves up when a seat
// becomes free.
func (p *pitching) seat(ctx workflow.Context) (step.Outcome, error) {
	p.Enter(station.StageSeats)
	if p.said.Body.Verdict == station.Waitlist {
		if o, err := p.hear(ctx, nil); err != nil || o.Status != "" {
			return o, err
		}
	}
	spec := station.TaskSpec{
		ID: p.TaskID(station.StageSeats), Kind: station.TaskSeat, Party: station.Applicant, Wait: p.terms.Seat, Notice: station.MailPitchInvited,
	}
	if _, err := p.Put(ctx, station.Change{Event: station.EventAssigned, Task: spec.ID}, spec); err != nil {
		return step.Outcome{}, err
	}
	confirmed := false
	for {
		turn, err := p.next(ctx, func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
			switch {
			case a == nil:
				return station.Change{}, ""
			case a.Body.Verdict == station.Accept:
				return station.Change{Event: station.EventSeat, Pitch: &station.PitchMove{Seat: station.SeatConfirmed}, Close: end(t)}, ""
			default:
				return station.Change{Event: station.EventSeatGone, Close: end(t)}, ""
			}
		})
		switch {
		case err != nil:
			return step.Outcome{}, err
		case turn.Kind == station.TaskSeat && turn.Overdue:
			return gone(station.Lapsed, station.ReasonSeatSilent), nil
		case turn.Kind == station.TaskSeat && turn.Body.Verdict == station.Accept:
			confirmed = true
		case turn.Kind == station.TaskSeat:
			return gone(station.Refused, station.ReasonSeatRefused), nil
		case p.told(turn) && confirmed && turn.Body.Verdict == station.Unplace:
			// the seat was confirmed in the same moment: the round has a place for it
		case p.told(turn):
			return p.leave(), nil
		}
	}
}

// present has the team pitch, and the angels score. Scores that come later are
// kept, until the deliberation is over. If nobody has noted until then who came,
// the scores say it.
func (p *pitching) present(ctx workflow.Context) (step.Outcome, error) {
	p.Enter(station.StagePitches)
	attendance := station.TaskSpec{ID: p.TaskID("attendance"), Kind: station.TaskAttendance, Role: station.RoleOfficer, Wait: p.terms.Attendance}
	scores := station.TaskSpec{ID: p.TaskID(station.StagePitches), Kind: station.TaskScore, Role: station.RoleAngel, Wait: p.until(), Untimed: true}
	if _, err := p.Put(ctx, station.Change{Event: station.EventAssigned, Task: attendance.ID}, attendance, scores); err != nil {
		return step.Outcome{}, err
	}
	attended := false
	for {
		turn, err := p.next(ctx, p.onTheDay)
		if err != nil {
			return step.Outcome{}, err
		}
		p.noteScore(turn)
		switch {
		case turn.Kind == station.TaskAttendance && !p.came(turn):
			return gone(station.Lapsed, station.ReasonAbsent), nil
		case turn.Kind == station.TaskAttendance:
			attended = true
		case p.told(turn) && turn.Body.Verdict == station.Gather && !attended && len(p.scorers) == 0:
			return gone(station.Lapsed, station.ReasonAbsent), nil
		case p.told(turn):
			return p.leave(), nil
		}
	}
}

// came reports whether the team pitched: an officer says so, or, where none did,
// the scores do.
func (p *pitching) came(t step.Turn) bool {
	return t.Body.Verdict == station.Attended || t.Overdue && len(p.scorers) > 0
}

func (p *pitching) onTheDay(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	came := true
	switch {
	case t.Kind == station.TaskScore:
		return p.score(*a)
	case t.Kind != station.TaskAttendance:
		return station.Change{}, station.ReasonNotExpected
	case a == nil:
		came = len(p.scorers) > 0
		return station.Change{Pitch: &station.PitchMove{Attended: &came}}, ""
	case a.Body.Verdict == station.Attended:
		return station.Change{Event: station.EventAttended, Pitch: &station.PitchMove{Attended: &came}, Close: end(t)}, ""
	default:
		return station.Change{Event: station.EventAbsent, Close: end(t)}, ""
	}
}

// score keeps an angel's score of the pitch: one each.
func (p *pitching) score(a station.Act) (station.Change, station.Reason) {
	if slices.Contains(p.conflicts, a.Actor) {
		return station.Change{}, station.ReasonInConflict
	}
	if slices.Contains(p.scorers, a.Actor) {
		return station.Change{}, station.ReasonNotExpected
	}
	return station.Change{
		Event: station.EventReviewed, Details: station.Details{"verdict": a.Body.Verdict},
		Reviews: []station.Review{reviewOf(a, p.terms.Rubric)},
	}, ""
}

func (p *pitching) noteScore(t step.Turn) {
	if t.Kind == station.TaskScore {
		p.scorers = append(p.scorers, t.Actor)
	}
}

// reviewOf is an act as a review, with its total on the panel's scale.
func reviewOf(a station.Act, panel station.Panel) station.Review {
	v := station.Review{Task: a.Task, Act: a.ID, Reviewer: a.Actor, Verdict: a.Body.Verdict, Scores: a.Body.Scores}
	if v.Verdict == station.Score {
		v.Total = panel.Rounded(v.Scores)
	}
	return v
}

func end(t station.TaskSpec) []station.TaskEnd {
	return []station.TaskEnd{{Task: t.ID, Status: station.TaskDone}}
}
