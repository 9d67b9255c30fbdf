package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// Round follows a pitch round (天使汇路演) from its call to its report. Each project
// is a case of its own; the round only says to all of them at once how they go on.
//
//  1. Projects apply until the call closes.
//  2. They are screened.
//  3. The best are invited; seats that become free go to those who wait.
//  4. On the day they pitch, and are scored.
//  5. The angels deliberate.
//  6. Syndicates close, each in its project's own time.
//  7. When the last project has ended, the report is there.
func Round(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, round)
}

func round(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadRoundTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	r := &rounding{Floor: step.NewFloor(c), times: terms.Round.Times}
	c.IfWithdrawn(step.Outcome{}, r.cancel)
	if err := r.open(ctx); err != nil {
		return step.Outcome{}, err
	}
	for _, phase := range station.Phases[:5] { // 1. to 5.
		if _, err := r.begin(ctx, phase); err != nil {
			return step.Outcome{}, err
		}
		if off, err := r.run(ctx, phase); err != nil || off {
			return step.Outcome{Status: station.Terminated, Reason: station.ReasonRoundOff, Event: station.EventCancelled}, err
		}
	}
	return r.settle(ctx) // 6. and 7.
}

// rounding is a round on its way.
type rounding struct {
	*step.Floor
	times   station.Timetable
	closing bool // the timetable is over
}

// open lets an officer move the timetable, and the last project say that it was.
func (r *rounding) open(ctx workflow.Context) error {
	r.Enter(station.StageCall)
	end := r.times.DeliberationCloses
	_, err := r.Put(ctx, station.Change{},
		station.TaskSpec{ID: station.TimetableTask(r.ID), Kind: station.TaskTimetable, Role: station.RoleOfficer, Wait: station.Wait{Until: &end}, Untimed: true},
		station.TaskSpec{ID: station.RoundTask(r.ID), Kind: station.TaskRound, Party: station.TheRound, Wait: station.Wait{Until: &end}, Untimed: true},
	)
	return err
}

// calls are the mails by which the angels hear that a phase has begun.
var calls = map[station.Stage]station.Template{
	station.StageScreening:    station.MailRoundScreening,
	station.StagePitches:      station.MailRoundPitches,
	station.StageDeliberation: station.MailRoundDeliberation,
}

// begin begins a phase: every project that it concerns is told.
func (r *rounding) begin(ctx workflow.Context, phase station.Stage) (station.RoundMoved, error) {
	r.Enter(phase)
	ch := station.Change{Event: station.EventPhase, Details: station.Details{"phase": phase}, Round: &station.RoundMove{Phase: phase}}
	if template, ok := calls[phase]; ok {
		ch.Notices = []station.NoticeSpec{{Occasion: string(phase), Template: template, Pool: station.PoolAngels}}
	}
	w, err := r.Write(ctx, ch)
	if err != nil || w.Round == nil {
		return station.RoundMoved{}, err
	}
	return *w.Round, nil
}

// run lets a phase's time pass. It reports whether the round was called off.
func (r *rounding) run(ctx workflow.Context, phase station.Stage) (off bool, err error) {
	for {
		until := r.times.Ends(phase)
		clock := station.TaskSpec{ID: r.TaskID(phase), Kind: station.TaskPhase, Party: station.TheRound, Wait: station.Wait{Until: &until, Calendar: true}}
		// the angels are reminded, two days before
		if days := int(until.Sub(workflow.Now(ctx)) / (24 * time.Hour)); calls[phase] != "" && days > 2 {
			clock.Wait.Reminders = []int{days - 2}
		}
		if _, err := r.Put(ctx, station.Change{}, clock); err != nil {
			return false, err
		}
		turn, err := r.Next(ctx, r.rule)
		switch {
		case err != nil:
			return false, err
		case turn.Overdue:
			return false, nil
		case turn.Body.Verdict == station.Cancel:
			return true, nil
		case turn.Body.Times != nil:
			r.times = *turn.Body.Times
		}
	}
}

func (r *rounding) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch {
	case t.Kind == station.TaskPhase:
		return station.Change{Event: station.EventPhaseOver}, ""
	case t.Kind == station.TaskRound && a.Body.Verdict == station.Over:
		return station.Change{Event: station.EventPhaseOver}, ""
	case t.Kind != station.TaskTimetable:
		return station.Change{}, station.ReasonNotExpected
	case r.closing:
		return station.Change{}, station.ReasonNotRunning
	case a.Body.Verdict == station.Cancel:
		return station.Change{Event: station.EventCancelled, Round: &station.RoundMove{Cancel: true}}, ""
	}
	told := func(p station.Pool) station.NoticeSpec {
		return station.NoticeSpec{Occasion: "moved." + a.ID, Template: station.MailRoundMoved, Pool: p}
	}
	return station.Change{
		Event: station.EventRescheduled, Round: &station.RoundMove{Times: a.Body.Times},
		Close:   r.Closing(station.TaskCancelled, "", station.TaskPhase),
		Notices: []station.NoticeSpec{told(station.PoolTeams), told(station.PoolAngels)},
	}, ""
}

// settle waits for the last project, and closes the round.
func (r *rounding) settle(ctx workflow.Context) (step.Outcome, error) {
	r.closing = true
	moved, err := r.begin(ctx, station.StageClosing)
	if err != nil {
		return step.Outcome{}, err
	}
	for open := moved.Open; open > 0; {
		turn, err := r.Next(ctx, r.rule)
		if err != nil {
			return step.Outcome{}, err
		}
		if turn.Body.Verdict == station.Over {
			open = 0
		}
	}
	return step.Outcome{
		Status: station.Completed, Event: station.EventReported, Notices: toApplicant("over", station.MailRoundOver),
	}, r.Note(ctx, station.Change{Round: &station.RoundMove{Phase: station.StageEnded}})
}

// cancel calls the round off when the officer who opened it withdraws it.
func (r *rounding) cancel(ctx workflow.Context) error {
	return r.Note(ctx, station.Change{Event: station.EventCancelled, Round: &station.RoundMove{Cancel: true}})
}
