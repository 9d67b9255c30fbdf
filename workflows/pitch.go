package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// Pitch follows one project through a pitch round (天使汇路演). Its round says when
// each part begins; angels declare conflicts of interest at any time.
//
//  1. The project waits until the call is over.
//  2. An officer and angels screen it.
//  3. Invited, the team confirms its seat; one that waits may move up.
//  4. On the day it pitches, and the angels score it.
//  5. The angels deliberate: each passes, follows or leads, with an amount.
//  6. A lead and enough money make a syndicate; otherwise the team gets the
//     feedback, and the round ends for it.
//  7. Lead and team close; the fund adds its match.
func Pitch(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, pitch)
}

func pitch(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadRoundTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	c.IfWithdrawn(step.Outcome{Notices: toApplicant("withdrawn", station.MailPitchWithdrawn)}, nil)
	p := &pitching{Floor: step.NewFloor(c), terms: terms}
	for _, part := range []func(workflow.Context) (step.Outcome, error){
		p.call,       // 1.
		p.screening,  // 2.
		p.seat,       // 3.
		p.present,    // 4.
		p.deliberate, // 5.
	} {
		if o, err := part(ctx); err != nil || o.Status != "" {
			return o, err
		}
	}
	return p.invest(ctx) // 6. and 7.
}

// pitching is a project on its way.
type pitching struct {
	*step.Floor
	terms     station.RoundTerms
	said      step.Turn // what the round said last
	conflicts []string  // angels who have declared one, or in whose interests it is
	scorers   []string  // who has scored the pitch
	leads     []string  // who would lead
}

// call waits until the round's call is over.
func (p *pitching) call(ctx workflow.Context) (step.Outcome, error) {
	p.Enter(station.StageCall)
	end := p.terms.Round.Times.DeliberationCloses
	_, err := p.Put(ctx, station.Change{},
		station.TaskSpec{ID: station.RoundTask(p.ID), Kind: station.TaskRound, Party: station.TheRound, Wait: station.Wait{Until: &end}, Untimed: true},
		station.TaskSpec{ID: station.DeclarationTask(p.ID), Kind: station.TaskDeclaration, Role: station.RoleAngel, Wait: station.Wait{Until: &end}, Untimed: true},
	)
	if err != nil {
		return step.Outcome{}, err
	}
	return p.hear(ctx, nil)
}

// hear lets things happen, by a rule for what the stage takes beside, until the
// round says how the project goes on.
func (p *pitching) hear(ctx workflow.Context, rule step.Rule) (step.Outcome, error) {
	for {
		turn, err := p.next(ctx, rule)
		if err != nil {
			return step.Outcome{}, err
		}
		if p.told(turn) {
			return p.leave(), nil
		}
	}
}

// next lets one thing happen. What every stage takes is settled here; the rest is
// the rule's.
func (p *pitching) next(ctx workflow.Context, rule step.Rule) (step.Turn, error) {
	turn, err := p.Next(ctx, func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
		switch {
		case t.Kind == station.TaskDeclaration && a != nil:
			return p.declare(*a)
		case t.Kind == station.TaskRound && a != nil:
			return p.move(*a)
		case rule == nil:
			return station.Change{}, station.ReasonNotExpected
		default:
			return rule(t, a)
		}
	})
	if err != nil {
		return turn, err
	}
	switch {
	case p.told(turn):
		p.said = turn
	case turn.Did == station.Move:
		p.conflicts = append(p.conflicts, turn.Body.Account)
	case turn.Did == station.Declare && turn.Body.Conflict != station.ConflictNone:
		p.conflicts = append(p.conflicts, turn.Actor)
	}
	return turn, nil
}

// told reports whether the round has said in a turn how the project goes on.
func (p *pitching) told(t step.Turn) bool {
	return t.Did == station.Move && t.Body.Verdict != station.Conflicting
}

// conflicted reports whether a turn has brought a conflict up, and whose.
func (p *pitching) conflicted(t step.Turn) (string, bool) {
	switch {
	case t.Did == station.Move && t.Body.Verdict == station.Conflicting:
		return t.Body.Account, true
	case t.Did == station.Declare && t.Body.Conflict != station.ConflictNone:
		return t.Actor, true
	default:
		return "", false
	}
}

// declare notes what an angel declares. Who has a conflict has nothing more to do
// with the project.
func (p *pitching) declare(a station.Act) (station.Change, station.Reason) {
	if slices.Contains(p.conflicts, a.Actor) {
		return station.Change{}, station.ReasonInConflict
	}
	ch := station.Change{
		Event: station.EventDeclared, Details: station.Details{"conflict": a.Body.Conflict},
		Declare: &station.Declaration{Act: a.ID, Account: a.Actor, Conflict: a.Body.Conflict},
	}
	if a.Body.Conflict != station.ConflictNone {
		ch.Close = p.tasksOf(a.Actor)
	}
	return ch, ""
}

// tasksOf closes what an angel had to do.
func (p *pitching) tasksOf(account string) []station.TaskEnd {
	return p.Closing(station.TaskCancelled, account, station.TaskReview, station.TaskClosing, station.TaskTicket)
}

// moves are the events by which a project hears how it goes on.
var moves = map[station.Verdict]station.EventKind{
	station.Screen:      station.EventScreening,
	station.Invite:      station.EventInvited,
	station.Waitlist:    station.EventWaitlisted,
	station.Present:     station.EventRunning,
	station.Unplace:     station.EventUnplaced,
	station.Deliberate:  station.EventDeliberated,
	station.Gather:      station.EventGathered,
	station.Conflicting: station.EventDeclared,
	station.Cancel:      station.EventCancelled,
}

// move notes what the round says.
func (p *pitching) move(a station.Act) (station.Change, station.Reason) {
	ch := station.Change{Event: moves[a.Body.Verdict], Details: station.Details{}}
	if a.Body.Rank > 0 {
		ch.Details["place"] = a.Body.Rank
	}
	switch a.Body.Verdict {
	case station.Waitlist:
		ch.Notices = toApplicant("waiting", station.MailPitchWaiting)
	case station.Present:
		ch.Notices = toApplicant("running", station.MailPitchRunning)
	case station.Gather:
		if came := len(p.scorers) > 0; came {
			ch.Pitch = &station.PitchMove{Attended: &came}
		}
	case station.Conflicting:
		ch.Details["conflict"] = station.ConflictInterest
		ch.Close = p.tasksOf(a.Body.Account)
	default:
	}
	// what the stage still asked for is over
	if a.Body.Verdict != station.Conflicting && a.Body.Verdict != station.Deliberate {
		ch.Close = append(ch.Close, p.Closing(station.TaskExpired, "",
			station.TaskReview, station.TaskSeat, station.TaskAttendance, station.TaskScore, station.TaskCommitment)...)
	}
	return ch, ""
}

// leave is how the project ends if the round has said so.
func (p *pitching) leave() step.Outcome {
	switch p.said.Body.Verdict {
	case station.Unplace:
		return gone(station.Unplaced, station.ReasonNoSeat)
	case station.Cancel:
		return gone(station.Lapsed, station.ReasonRoundOff)
	default:
		return step.Outcome{}
	}
}

// gone is the end of a project that nobody invests in.
func gone(how station.Status, why station.Reason) step.Outcome {
	return step.Outcome{Status: how, Reason: why, Notices: toApplicant("ended", station.MailPitchEnded)}
}

// until is when the part ends that the round has begun with what it said last.
func (p *pitching) until() station.Wait {
	at, err := time.Parse(time.RFC3339, p.said.Body.At)
	if err != nil {
		at = p.terms.Round.Times.DeliberationCloses
	}
	return station.Wait{Until: &at}
}
