package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// deal is what lead and team have to agree on until the closing.
type deal struct {
	*investing
	lead, team string // tasks
	confirmed  map[string]bool
	wants      map[string]bool // more time
	broken     bool            // too few members are left
}

// open asks lead and team to confirm, and lets the other members step back.
func (d *deal) open(ctx workflow.Context, wait station.Wait) error {
	if d.confirmed == nil {
		d.confirmed, d.wants = map[string]bool{}, map[string]bool{}
	}
	var specs []station.TaskSpec
	if !d.confirmed[d.lead] {
		spec := station.TaskSpec{ID: d.TaskID(station.StageClosing), Kind: station.TaskClosing, Assignee: d.syndicate.Lead, Wait: wait, Notice: station.MailTask}
		d.lead, specs = spec.ID, append(specs, spec)
	}
	if !d.confirmed[d.team] {
		spec := station.TaskSpec{ID: d.TaskID(station.StageClosing), Kind: station.TaskClosing, Party: station.Applicant, Wait: wait}
		d.team, specs = spec.ID, append(specs, spec)
	}
	for _, m := range d.syndicate.Members[1:] {
		specs = append(specs, station.TaskSpec{
			ID: d.TaskID("ticket"), Kind: station.TaskTicket, Assignee: m.Account, Wait: wait, Untimed: true, Details: station.Details{"fen": m.Fen},
		})
	}
	event := station.EventAssigned
	if d.extended {
		event = station.EventExtended
	}
	_, err := d.Put(ctx, station.Change{Event: event, Task: d.team}, specs...)
	return err
}

// void takes back what lead, team and members were asked.
func (d *deal) void(ctx workflow.Context) error {
	return d.Note(ctx, station.Change{Event: station.EventNotClosed, Close: d.Closing(station.TaskCancelled, "", station.TaskClosing, station.TaskTicket)})
}

func (d *deal) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch {
	case t.Kind == station.TaskFeedback:
		return d.moderated(t, a), ""
	case a == nil:
		return station.Change{}, ""
	case t.Kind == station.TaskTicket, t.ID == d.lead && a.Body.Verdict == station.Decline:
		return station.Change{Event: station.EventSteppedBack, Close: end(t)}, ""
	case t.Kind != station.TaskClosing:
		return station.Change{}, station.ReasonNotExpected
	case a.Kind == station.Confirm:
		ch := station.Change{Event: station.EventClosing, Close: end(t)}
		if d.confirmed[d.lead] || d.confirmed[d.team] { // the other: nobody steps back any more
			ch.Close = append(ch.Close, d.Closing(station.TaskCancelled, "", station.TaskTicket)...)
		}
		return ch, ""
	case a.Body.Verdict == station.Decline:
		return station.Change{Event: station.EventRefused, Close: end(t)}, ""
	case d.extended:
		return station.Change{}, station.ReasonExtended
	default:
		return station.Change{Event: station.EventExtension}, ""
	}
}

// follow draws the consequences of what happened.
func (d *deal) follow(ctx workflow.Context, t step.Turn) (o step.Outcome, over bool, err error) {
	account, conflict := d.conflicted(t)
	switch {
	case t.Kind == station.TaskFeedback:
		d.told = true
	case conflict:
		return o, false, d.lose(ctx, account)
	case t.Kind == station.TaskTicket:
		return o, false, d.lose(ctx, t.Actor)
	case t.Kind != station.TaskClosing:
	case t.Overdue:
		return gone(station.Unfunded, station.ReasonClosingLate), true, nil
	case t.Did == station.Confirm:
		d.confirmed[t.Task] = true
		if d.confirmed[d.lead] && d.confirmed[d.team] {
			return step.Outcome{Status: station.Completed}, true, nil
		}
	case t.Body.Verdict == station.Extend:
		d.wants[t.Task] = true
		if d.agreed(d.lead) && d.agreed(d.team) {
			return o, false, d.extend(ctx)
		}
	case t.Task == d.lead:
		return o, false, d.lose(ctx, t.Actor)
	default:
		return gone(station.Unfunded, station.ReasonNotClosed), true, nil
	}
	return o, false, nil
}

// agreed reports whether a side wants more time, or needs none.
func (d *deal) agreed(task string) bool { return d.wants[task] || d.confirmed[task] }

// extend gives lead and team as long again, once.
func (d *deal) extend(ctx workflow.Context) error {
	d.extended = true
	err := d.Note(ctx, station.Change{
		Close:   d.Closing(station.TaskCancelled, "", station.TaskClosing, station.TaskTicket),
		Notices: toApplicant("extended", station.MailPitchExtended),
	})
	if err != nil {
		return err
	}
	return d.open(ctx, d.terms.Closing)
}

// lose takes a member out. What is left can still be a syndicate, perhaps with
// another lead: then it goes on, with the terms asked for anew.
func (d *deal) lose(ctx workflow.Context, account string) error {
	d.left = append(d.left, account)
	members := d.standing(d.syndicate.Members)
	if len(members) == len(d.syndicate.Members) {
		return nil // was not in it
	}
	d.syndicate = station.SyndicateOf(members)
	if !d.syndicate.Formed(d.terms.Minimum) {
		d.broken = true
		return nil
	}
	return d.reform(ctx)
}

// reform goes on with a smaller syndicate.
func (d *deal) reform(ctx workflow.Context) error {
	err := d.Note(ctx, station.Change{Close: d.Closing(station.TaskCancelled, "", station.TaskClosing, station.TaskTicket)})
	if err != nil {
		return err
	}
	if err := d.form(ctx); err != nil {
		return err
	}
	d.confirmed = nil
	return d.open(ctx, d.terms.Closing)
}
