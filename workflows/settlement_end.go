package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// rate has the talent rate each service that was done, and ends the settlement.
func (s *settling) rate(ctx workflow.Context) (step.Outcome, error) {
	s.Enter(station.StageRating)
	ch := station.Change{Close: s.Closing(station.TaskCancelled, "", station.TaskSettling, station.TaskPapers, station.TaskValidity)}
	var specs []station.TaskSpec
	for _, x := range s.services {
		if x.state == station.ServiceDone {
			x.rating = s.TaskID(station.StageRating)
			specs = append(specs, station.TaskSpec{
				ID: x.rating, Kind: station.TaskRating, Party: station.Applicant, Wait: s.terms.Rating,
				Details: station.Details{"service": x.offer.Code, "case": s.caseOf(x)},
			})
		}
	}
	if len(specs) == 0 {
		return s.over(ctx)
	}
	ch.Notices = toApplicant("rating", station.MailSettlementRating)
	if _, err := s.Put(ctx, ch, specs...); err != nil {
		return step.Outcome{}, err
	}
	for slices.ContainsFunc(s.services, func(x *chosen) bool { return x.rating != "" }) {
		turn, err := s.Next(ctx, s.rating)
		if err == nil {
			err = s.noteRating(ctx, turn)
		}
		if err != nil {
			return step.Outcome{}, err
		}
	}
	return s.over(ctx)
}

// rating settles what the talent says of a service, and what came of it.
func (s *settling) rating(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch {
	case t.Kind == station.TaskServices: // the talent, or an operator, has put it back
		return s.heard(a)
	case a == nil && t.Kind == station.TaskRating: // for the others time is over, too
		return station.Change{Close: s.Closing(station.TaskExpired, "", station.TaskRating)}, ""
	case a == nil:
		return station.Change{}, ""
	case t.Kind == station.TaskCallback:
		return station.Change{Event: station.EventCalledBack, Details: station.Details{"service": t.Details["service"]}, Close: end(t)}, ""
	case t.Kind != station.TaskRating:
		return station.Change{}, station.ReasonNotExpected
	}
	id, _ := t.Details["case"].(string)
	return station.Change{
		Event: station.EventRated, Details: station.Details{"service": t.Details["service"], "stars": a.Body.Stars}, Close: end(t),
		Services: &station.SettlementMove{Rating: &station.Rating{Service: id, Act: a.ID, Stars: a.Body.Stars}},
	}, ""
}

// noteRating keeps what the talent says of a service, and has them called back who
// are not content. What is undone by then is not rated.
func (s *settling) noteRating(ctx workflow.Context, t step.Turn) error {
	if t.Kind == station.TaskServices {
		s.hear(t)
		return nil
	}
	if t.Kind == station.TaskRating && t.Overdue {
		for _, x := range s.services {
			if station.StageOfTask(x.rating) == station.StageRating {
				x.rating = ""
			}
		}
		return nil
	}
	i := slices.IndexFunc(s.services, func(x *chosen) bool { return x.rating == t.Task })
	if i < 0 {
		return nil
	}
	x := s.services[i]
	x.rating = ""
	if t.Body.Verdict == station.Rate && t.Body.Stars <= s.terms.Low {
		return s.callBack(ctx, t, x)
	}
	return nil
}

// callBack has the case manager call back a talent who was not content with a service.
func (s *settling) callBack(ctx workflow.Context, t step.Turn, x *chosen) error {
	x.rating = s.TaskID("callback")
	_, err := s.Put(ctx, station.Change{}, station.TaskSpec{
		ID: x.rating, Kind: station.TaskCallback, Role: station.RoleOfficer, Managed: true, Wait: s.terms.Callback, Notice: station.MailTask,
		Details: station.Details{"service": x.offer.Code, "case": s.caseOf(x), "act": t.Act, "stars": t.Body.Stars},
	})
	return err
}

// over ends the settlement: what is done stands for good.
func (s *settling) over(ctx workflow.Context) (step.Outcome, error) {
	s.Forgo(theServices)
	o := step.Outcome{
		Status: station.Completed, Event: station.EventCompleted, Notices: toApplicant("completed", station.MailSettlementCompleted),
	}
	if !slices.ContainsFunc(s.services, func(x *chosen) bool { return x.state.Satisfies() }) {
		o.Status, o.Reason, o.Event = station.Terminated, station.ReasonNothingDone, station.EventTerminated
	}
	return o, s.letStand(ctx)
}

// letStand tells the services that are done that their settlement is over.
func (s *settling) letStand(ctx workflow.Context) error {
	move := &station.SettlementMove{}
	for _, x := range s.services {
		if x.state == station.ServiceDone {
			move.Say = append(move.Say, station.ServiceSaid{Case: s.caseOf(x), Verdict: station.Over, Occasion: "over"})
		}
	}
	if len(move.Say) == 0 {
		return nil
	}
	return s.Note(ctx, station.Change{Services: move})
}

// move ends the settlement here: another, in the branch that the talent moves to,
// takes up what was not done.
func (s *settling) move(ctx workflow.Context, t step.Turn) (step.Outcome, error) {
	if err := s.callOff(ctx, station.ReasonMoved); err != nil {
		return step.Outcome{}, err
	}
	return step.Outcome{
		Status: station.Withdrawn, Reason: station.ReasonMoved, Notices: toApplicant("moved", station.MailSettlementMoved),
	}, s.Note(ctx, station.Change{Services: &station.SettlementMove{Moves: t.Act}})
}

// callOff calls every service off that can be: those first that no other needs. It
// returns when nothing is left of them.
func (s *settling) callOff(ctx workflow.Context, why station.Reason) error {
	s.Forgo(theServices)
	s.Enter(station.StageUndoing)
	var waiting []*chosen
	for _, x := range s.services {
		if x.state == station.ServiceChosen {
			waiting = append(waiting, x)
		}
	}
	ch := s.endings(waiting, why, "", "")
	for _, x := range waiting {
		s.giveUp(x)
	}
	ch.Event = station.EventCancelling
	ch.Close = s.Closing(station.TaskCancelled, "",
		station.TaskSettling, station.TaskPapers, station.TaskValidity, station.TaskStalled, station.TaskRating, station.TaskCallback)
	if err := s.Note(ctx, ch); err != nil {
		return err
	}
	for {
		if err := s.callOffNext(ctx, why); err != nil {
			return err
		}
		if !slices.ContainsFunc(s.services, func(x *chosen) bool { return x.state == station.ServiceUndoing }) {
			return s.letStand(ctx)
		}
		turn, err := s.Next(ctx, s.rule)
		if err != nil {
			return err
		}
		if turn.Kind == station.TaskServices {
			s.hear(turn)
		}
	}
}

// callOffNext calls off the services that no other needs which has anything left.
func (s *settling) callOffNext(ctx workflow.Context, why station.Reason) error {
	next := s.unneeded()
	if len(next) == 0 {
		return nil
	}
	ch := s.endings(next, why, station.Cancel, "off")
	for _, x := range next {
		s.giveUp(x)
	}
	return s.Note(ctx, ch)
}

// unneeded are the services that can be called off now: no other needs them which has
// anything left.
func (s *settling) unneeded() (list []*chosen) {
	for _, x := range s.services {
		if s.revocable(x) && !slices.ContainsFunc(s.services, func(y *chosen) bool { return s.needs(y, x) }) {
			list = append(list, x)
		}
	}
	return list
}

// revocable reports whether a service goes on, or is done in a way that can be undone.
func (s *settling) revocable(x *chosen) bool {
	return x.state == station.ServiceAsked || x.state == station.ServiceDone && x.offer.Undo != nil
}

// needs reports whether one service needs another, and has something left.
func (s *settling) needs(y, x *chosen) bool {
	return slices.Contains(y.offer.Needs, x.offer.Code) && (s.revocable(y) || y.state == station.ServiceUndoing)
}

// abandon calls off the services that no other needs: the case ends before its time,
// and hears nothing any more. What is left is called off in its turn by whoever records
// that a service of a stopped settlement ends.
func (s *settling) abandon(ctx workflow.Context) error {
	return s.Note(ctx, s.endings(s.unneeded(), station.ReasonStopped, station.Cancel, "off"))
}
