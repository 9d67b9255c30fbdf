package step

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/station/calendar"
)

// Serving is a term that somebody serves, and may serve again. Days are the
// calendar's.
type Serving struct {
	Running  station.Wait // until its renewal is decided on
	Renewing station.Wait // how long that may take; together they are the term

	Begun func(until time.Time) station.Change // that it begins
	// Standing are the tasks on which people may act as long as it runs, without a
	// Wait; Rule says what their acts bring about.
	Standing []station.TaskSpec
	Rule     Rule
	// Over notes what was done on one of them, and says whether that ends the term.
	Over func(Turn) bool

	Renewal station.TaskSpec                                    // of who renews it, or thanks; without ID, kind and Wait
	Renewed func(a station.Act, until time.Time) station.Change // that it begins again
	Ended   func(a *station.Act) station.Change                 // that it ends: they were thanked or, without an act, nobody decided
}

// Serve has somebody serve a term. Near its end somebody else renews it, as often
// as they like, or thanks. It returns the turn that ended it: an act on a standing
// task, the thanks or, overdue, a renewal that nobody decided on.
func Serve(ctx workflow.Context, c *Case, q Serving) (Turn, error) {
	began, err := c.Moment(ctx, "term")
	if err != nil {
		return Turn{}, err
	}
	s := &serving{Floor: NewFloor(c), Serving: q}
	s.renewal, s.until = q.span(began)
	if err := s.run(ctx, q.Begun(s.until)); err != nil {
		return Turn{}, err
	}
	for {
		turn, err := s.Next(ctx, s.rule)
		switch {
		case err != nil:
			return turn, err
		case turn.Kind == station.TaskPhase:
			err = s.ask(ctx)
		case turn.Kind != station.TaskRenewal && !q.Over(turn):
		case turn.Body.Verdict == station.Renew:
			s.renewal, s.until = q.span(s.until)
			err = s.run(ctx, station.Change{})
		default:
			return turn, nil
		}
		if err != nil {
			return turn, err
		}
	}
}

// serving is a term under way.
type serving struct {
	*Floor
	Serving
	renewal time.Time // when its renewal is to be decided on
	until   time.Time // when it ends
}

// span is when the renewal of a term is to be decided on, and when the term ends:
// with a day, unless it is only tried out.
func (q Serving) span(from time.Time) (renewal, until time.Time) {
	if q.Running.Seconds > 0 {
		renewal = from.Add(time.Duration(q.Running.Seconds) * time.Second)
		return renewal, renewal.Add(time.Duration(q.Renewing.Seconds) * time.Second)
	}
	day := calendar.DateOf(from).Add(q.Running.Days)
	return day.End(), day.Add(q.Renewing.Days).End()
}

// run lets the term run: its clock, and the standing tasks, which show until when.
func (s *serving) run(ctx workflow.Context, ch station.Change) error {
	s.Enter(station.StageTerm)
	renewal, until := s.renewal, s.until
	specs := slices.Clone(s.Standing)
	for i := range specs {
		specs[i].Wait, specs[i].Untimed = station.Wait{Until: &until}, true
	}
	_, err := s.Put(ctx, ch, append(specs, station.TaskSpec{
		ID: s.TaskID(station.StageTerm), Kind: station.TaskPhase, Party: station.TheTerm, Wait: station.Wait{Until: &renewal},
	})...)
	return err
}

// ask has somebody renew the term, or thank.
func (s *serving) ask(ctx workflow.Context) error {
	s.Enter(station.StageRenewal)
	from := s.renewal
	spec := s.Renewal
	spec.ID, spec.Kind, spec.Wait = s.TaskID(station.StageRenewal), station.TaskRenewal, s.Renewing
	spec.Wait.From = &from
	_, err := s.Put(ctx, station.Change{}, spec)
	return err
}

func (s *serving) rule(t station.TaskSpec, a *station.Act) (ch station.Change, refused station.Reason) {
	switch {
	case t.Kind == station.TaskPhase && a == nil:
		s.Enter(station.StageRenewal)
		return station.Change{Event: station.EventRenewing}, ""
	case t.Kind == station.TaskRenewal && a == nil:
		return s.Ended(nil), ""
	case a == nil || t.Kind == station.TaskPhase:
		return ch, station.ReasonNotExpected
	case t.Kind != station.TaskRenewal:
		return s.Rule(t, a)
	case a.Body.Verdict == station.Renew:
		s.Enter(station.StageTerm)
		_, until := s.span(s.until)
		ch = s.Renewed(*a, until)
	default:
		ch = s.Ended(a)
	}
	ch.Close = append(ch.Close, station.TaskEnd{Task: t.ID, Status: station.TaskDone})
	return ch, ""
}
