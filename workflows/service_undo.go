package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// undo takes back what was booked of a service that was called off: the provider is
// asked as often as it takes, unless the case manager waives it. Then the service
// ends.
func (d *delivery) undo(ctx workflow.Context, off step.Turn) (step.Outcome, error) {
	o := step.Outcome{Status: station.Withdrawn, Reason: cmp.Or(off.Body.Why, station.ReasonDropped)}
	if off.Body.Verdict == station.End {
		o = d.end(endedBy(off), off.Act)
		if off.Kind == station.TaskTrouble { // the settlement has heard
			return o, nil
		}
	}
	gone := &station.ServiceMove{State: station.ServiceUndone, Reason: o.Reason, Say: station.Undone, Request: d.requests}
	if o.Status == station.Terminated {
		gone.State, gone.Say = station.ServiceEnded, station.Ended
	}
	if !d.booked || d.Offer.Undo == nil {
		return o, d.Note(ctx, station.Change{Service: gone})
	}
	d.Enter(station.StageUndoing)
	waiver := station.TaskSpec{
		ID: d.TaskID("waiver"), Kind: station.TaskWaiver, Role: station.RoleOfficer, Managed: true, Wait: station.ForGood, Untimed: true,
		Details: station.Details{"service": d.Offer.Code, "provider": d.provider},
	}
	for specs := []station.TaskSpec{waiver}; ; specs = nil {
		asked := d.ofProvider(d.TaskID(station.StageUndoing), station.TaskUndo, *d.Offer.Undo, station.MailServiceUndo)
		_, err := d.Put(ctx, station.Change{
			Event: station.EventUndoAsked, Task: asked.ID, Details: station.Details{"provider": d.provider},
			Service: &station.ServiceMove{State: station.ServiceUndoing},
		}, append(specs, asked)...)
		if err != nil {
			return o, err
		}
		turn, err := d.Next(ctx, d.undone(gone))
		if err != nil || !turn.Overdue {
			return o, err
		}
	}
}

// undone settles the undoing: gone is how the service stands afterwards.
func (d *delivery) undone(gone *station.ServiceMove) step.Rule {
	return func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
		ch := station.Change{Service: gone}
		switch {
		case t.Kind == station.TaskSettlement:
			return station.Change{}, station.ReasonNotExpected // it is called off already
		case a == nil:
			return station.Change{Event: station.EventProviderLate, Details: station.Details{"provider": d.provider}}, ""
		case t.Kind == station.TaskWaiver:
			ch.Event = station.EventUndoWaived
		default:
			ch.Event, ch.Details = station.EventUndone, station.Details{"what": theBooking, "done": true}
		}
		ch.Close = append(end(t), d.Closing(station.TaskCancelled, "", station.TaskUndo, station.TaskWaiver)...)
		return ch, ""
	}
}

// theBooking is what a provider undoes, as the history names it.
const theBooking = "booking"

// endedBy is why a service is ended that somebody ends.
func endedBy(t step.Turn) station.Reason {
	if t.Kind == station.TaskTrouble {
		return station.ReasonByManager
	}
	return cmp.Or(t.Body.Why, station.ReasonNeedGone)
}

// end is the end of a service that is not done. Words is the act that says why.
func (d *delivery) end(why station.Reason, words string) step.Outcome {
	return step.Outcome{
		Status: station.Terminated, Reason: why, Event: station.EventTerminated,
		Notices: []station.NoticeSpec{{Occasion: "ended", Template: station.MailServiceEnded, Party: station.Applicant, Act: words}},
	}
}
