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
	Resumes  *Term        // a term that was broken off goes on; nil: one begins

	Begun func(until time.Time) station.Change // that it begins, or goes on
	// Standing are the tasks on which people may act as long as it runs, without a
	// Wait.
	Standing []station.TaskSpec
	// Rule says what acts on them bring about, and acts on other tasks that were put
	// on the floor; of those also that nobody did them in time.
	Rule Rule
	// Over notes a turn, puts on the floor what follows from it, and says whether
	// that ends the term. It is told of what was decided on a renewal, too.
	Over func(workflow.Context, Turn) (bool, error)

	// Renewal is the task of who renews a term, or thanks, as it is when it is opened;
	// without ID, kind and Wait.
	Renewal func(workflow.Context, Term) (station.TaskSpec, error)
	Renewed func(a station.Act, until time.Time) station.Change // that it begins again
	// Thanked is that they were thanked, and serve to the end of the term; nil: the
	// thanks end it, as they always do when it is over by then.
	Thanked func(a station.Act, until time.Time) station.Change
	// Ended is that it ends: they were thanked or, without an act, nobody decided, or
	// they have served to its end.
	Ended func(a *station.Act) station.Change
}

// Term is from when until when somebody serves.
type Term struct {
	Since   time.Time
	Renewal time.Time // when it is to be decided on
	Until   time.Time
	Counts  time.Time // since when what they do counts for that decision: since the one before was due
	Thanked bool      // it is not renewed: they serve to its end
}

// servesOut is the version from which on who is thanked serves to the end of the
// term, as the history names it.
const servesOut = "serve out the term"

// Serve has somebody serve a term. Near its end somebody else renews it, as often
// as they like, or thanks. It returns the term that ended last, and the turn that
// ended it: an act on a task of the floor, the thanks or, overdue, a renewal that
// nobody decided on, or the term of who was thanked before its end.
func Serve(ctx workflow.Context, f *Floor, q Serving) (Turn, Term, error) {
	s := &serving{Floor: f, Serving: q}
	if q.Resumes != nil {
		s.term = *q.Resumes
	} else {
		began, err := f.Moment(ctx, "term")
		if err != nil {
			return Turn{}, Term{}, err
		}
		s.term = q.span(began)
	}
	if err := s.run(ctx, q.Begun(s.term.Until)); err != nil {
		return Turn{}, Term{}, err
	}
	for {
		turn, err := s.Next(ctx, func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) { return s.rule(ctx, t, a) })
		over := false
		switch {
		case err != nil:
		case turn.Kind == station.TaskPhase && s.term.Thanked:
			over = true
		case turn.Kind == station.TaskPhase:
			err = s.ask(ctx)
		default:
			over, err = s.follow(ctx, turn)
		}
		if over || err != nil {
			return turn, s.term, err
		}
	}
}

// serving is a term under way.
type serving struct {
	*Floor
	Serving
	term Term
}

// span is the term that begins at a time. Its renewal is decided on, and it ends,
// with a day, unless it is only tried out.
func (q Serving) span(from time.Time) Term {
	if q.Running.Seconds > 0 {
		renewal := from.Add(time.Duration(q.Running.Seconds) * time.Second)
		return Term{Since: from, Renewal: renewal, Until: renewal.Add(time.Duration(q.Renewing.Seconds) * time.Second), Counts: from}
	}
	day := calendar.DateOf(from).Add(q.Running.Days)
	return Term{Since: from, Renewal: day.End(), Until: day.Add(q.Renewing.Days).End(), Counts: from}
}

// following is the term after the one under way.
func (s *serving) following() Term {
	t := s.span(s.term.Until)
	t.Counts = s.term.Renewal
	return t
}

// run lets the term run: its clock, and the standing tasks, which show until when.
func (s *serving) run(ctx workflow.Context, ch station.Change) error {
	s.Enter(station.StageTerm)
	rings, until := s.term.Renewal, s.term.Until
	if s.term.Thanked {
		rings = until
	}
	specs := slices.Clone(s.Standing)
	for i := range specs {
		specs[i].Wait, specs[i].Untimed = station.Wait{Until: &until}, true
	}
	_, err := s.Put(ctx, ch, append(specs, station.TaskSpec{
		ID: s.TaskID(station.StageTerm), Kind: station.TaskPhase, Party: station.TheTerm, Wait: station.Wait{Until: &rings},
	})...)
	return err
}

// ask has somebody renew the term, or thank. A term that is over by then was
// broken off for long: there are as many days from now on.
func (s *serving) ask(ctx workflow.Context) error {
	s.Enter(station.StageRenewal)
	spec, err := s.Renewal(ctx, s.term)
	if err != nil {
		return err
	}
	spec.ID, spec.Kind, spec.Wait = s.TaskID(station.StageRenewal), station.TaskRenewal, s.Renewing
	if from := s.term.Renewal; workflow.Now(ctx).Before(s.term.Until) {
		spec.Wait.From = &from
	}
	_, err = s.Put(ctx, station.Change{}, spec)
	return err
}

// follow draws the consequences of a turn, and says whether it ends the term.
func (s *serving) follow(ctx workflow.Context, turn Turn) (bool, error) {
	over, err := s.Over(ctx, turn)
	switch {
	case err != nil || turn.Kind != station.TaskRenewal:
		return over, err
	case turn.Body.Verdict == station.Renew:
		s.term = s.following()
		return false, s.run(ctx, station.Change{})
	case turn.Overdue, !s.serveOut(ctx, turn.At):
		return true, nil
	default:
		s.term.Thanked = true
		return false, s.run(ctx, station.Change{})
	}
}

// serveOut reports whether who is thanked at a time serves to the end of the term.
func (s *serving) serveOut(ctx workflow.Context, thanked time.Time) bool {
	return s.Thanked != nil && thanked.Before(s.term.Until) &&
		workflow.GetVersion(ctx, servesOut, workflow.DefaultVersion, 1) > workflow.DefaultVersion
}

func (s *serving) rule(ctx workflow.Context, t station.TaskSpec, a *station.Act) (ch station.Change, refused station.Reason) {
	switch {
	case t.Kind == station.TaskPhase && a == nil && s.term.Thanked:
		ch = s.Ended(nil)
		ch.Event = station.EventServed
		return ch, ""
	case t.Kind == station.TaskPhase && a == nil:
		s.Enter(station.StageRenewal)
		return station.Change{Event: station.EventRenewing}, ""
	case t.Kind == station.TaskPhase:
		return ch, station.ReasonNotExpected
	case t.Kind != station.TaskRenewal:
		return s.Rule(t, a)
	case a == nil:
		return s.Ended(nil), ""
	case a.Body.Verdict == station.Renew:
		s.Enter(station.StageTerm)
		ch = s.Renewed(*a, s.following().Until)
	case s.serveOut(ctx, a.At):
		s.Enter(station.StageTerm)
		ch = s.Thanked(*a, s.term.Until)
	default:
		ch = s.Ended(a)
	}
	ch.Close = append(ch.Close, station.TaskEnd{Task: t.ID, Status: station.TaskDone})
	return ch, ""
}
