package workflows

import (
	"slices"

	"wutong/station"
)

// rule settles what happens while the services run.
func (s *settling) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch t.Kind {
	case station.TaskServices:
		return s.heard(a)
	case station.TaskPapers:
		if a == nil {
			return station.Change{}, ""
		}
		return station.Change{Event: station.EventPapersGiven, Close: end(t), Services: &station.SettlementMove{Papers: a.ID}}, ""
	case station.TaskValidity:
		return station.Change{Event: station.EventPaperExpiring}, ""
	case station.TaskStalled:
		return s.deciding(t, a)
	case station.TaskSettling:
		return s.changing(a)
	default:
		return station.Change{}, station.ReasonNotExpected
	}
}

// said are the events by which the history tells what a service says of itself.
var said = map[station.Verdict]station.EventKind{
	station.Done:   station.EventServiceDone,
	station.Waive:  station.EventServiceWaived,
	station.Ended:  station.EventServiceEnded,
	station.Undone: station.EventServiceUndone,
}

// heard settles what a service says of itself.
func (s *settling) heard(a *station.Act) (station.Change, station.Reason) {
	x := s.ofCase(a.Body.Service)
	event, known := said[a.Body.Verdict]
	if x == nil || !known {
		return station.Change{}, station.ReasonNotExpected
	}
	ch := station.Change{Event: event, Details: station.Details{"service": x.offer.Code}}
	if a.Body.Verdict == station.Ended || a.Body.Verdict == station.Undone {
		ch.Close = append(s.stalls(x), cancelled(x.rating)...)
	}
	return ch, ""
}

// deciding settles what the case manager decides on a service that lacks something.
func (s *settling) deciding(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	x := s.stalledBy(t.ID)
	if x == nil {
		return station.Change{}, station.ReasonNotExpected
	}
	details := station.Details{"service": x.offer.Code, "why": x.why}
	if a == nil || a.Body.Verdict == station.End {
		ch := s.endings([]*chosen{x}, x.why, station.End, t.ID)
		ch.Event, ch.Details, ch.Close = station.EventServiceEnded, details, nil
		if a != nil {
			ch.Close = end(t)
		}
		return ch, ""
	}
	ch := station.Change{Event: station.EventAgain, Details: details, Close: end(t)}
	if x.begun() {
		ch.Services = &station.SettlementMove{Say: []station.ServiceSaid{{Case: s.caseOf(x), Verdict: station.AskAgain, Occasion: t.ID}}}
	}
	return ch, ""
}

// changing settles what the talent changes: services are added or dropped, or they
// move.
func (s *settling) changing(a *station.Act) (station.Change, station.Reason) {
	switch a.Body.Verdict {
	case station.Relocate:
		return station.Change{Event: station.EventMoving, Details: station.Details{"branch": a.Body.Branch}}, ""
	case station.Add:
		if slices.ContainsFunc(a.Body.Services, func(code string) bool {
			x := s.find(code)
			return x != nil && (x.goesOn() || x.state == station.ServiceUndoing)
		}) {
			return station.Change{}, station.ReasonChosen
		}
		return station.Change{
			Event: station.EventServiceAdded, Details: station.Details{"services": a.Body.Services}, Services: &station.SettlementMove{Add: a.Body.Services},
		}, ""
	case station.Drop:
		var dropped []*chosen
		for _, code := range a.Body.Services {
			x := s.find(code)
			if x == nil || !x.goesOn() || x.state == station.ServiceWaived {
				return station.Change{}, station.ReasonNotChosen
			}
			dropped = append(dropped, x)
		}
		ch := s.endings(dropped, station.ReasonDropped, station.Cancel, a.ID)
		ch.Event, ch.Details = station.EventServiceDrop, station.Details{"services": a.Body.Services}
		return ch, ""
	default:
		return station.Change{}, station.ReasonNotExpected
	}
}

// endings is the change by which services are not done: those that have begun hear
// it, the others end. What the case manager was to decide on them is decided.
func (s *settling) endings(list []*chosen, why station.Reason, hear station.Verdict, occasion string) station.Change {
	ch := station.Change{Services: &station.SettlementMove{}}
	for _, x := range list {
		if x.begun() {
			ch.Services.Say = append(ch.Services.Say, station.ServiceSaid{Case: s.caseOf(x), Verdict: hear, Why: why, Occasion: occasion})
		} else {
			ch.Services.End = append(ch.Services.End, station.ServiceEnd{Code: x.offer.Code, Reason: why})
		}
		ch.Close = append(ch.Close, s.stalls(x)...)
	}
	return ch
}

// stalls closes what the case manager is to decide on a service.
func (s *settling) stalls(x *chosen) []station.TaskEnd { return cancelled(x.stall) }

// cancelled closes a task, if there is one.
func cancelled(task string) []station.TaskEnd {
	if task == "" {
		return nil
	}
	return []station.TaskEnd{{Task: task, Status: station.TaskCancelled}}
}

// stalledBy is the service that a task of the case manager is about.
func (s *settling) stalledBy(task string) *chosen {
	i := slices.IndexFunc(s.services, func(x *chosen) bool { return x.stall == task })
	if i < 0 {
		return nil
	}
	return s.services[i]
}
