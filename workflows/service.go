package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// Service follows one service of a settlement, by one provider or, if need be, by one
// after another. Its settlement begins it, and may call it off at any time.
//
//  1. A provider is asked: it accepts, and completes the service; it can ask the
//     talent, which stops its clock.
//  2. If it refuses or is late, the case manager has it asked again, gives the service
//     to another provider, waives it, or ends it.
//  3. Done, the service stands until its settlement is over.
//  4. Called off, what was booked is undone: by the provider, who is asked until it
//     confirms, or until the case manager waives it.
func Service(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, service)
}

func service(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadSettlementTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	var records *activities.Records
	opened, err := step.Read[station.ServiceOpened](ctx, c, "service", "What is the service?", records.OpenService, c.ID)
	if err != nil {
		return step.Outcome{}, err
	}
	c.InOrder()
	d := &delivery{Floor: step.NewFloor(c), ServiceOpened: opened, terms: terms, told: station.MailServiceAsked}
	c.IfWithdrawn(step.Outcome{}, func(ctx workflow.Context) error {
		_, err := d.undo(ctx, called(station.Cancel))
		return err
	})
	if len(d.Providers) == 0 {
		return d.end(station.ReasonNoProvider, ""), nil
	}
	d.provider = d.Providers[0]
	c.About(func() string {
		return fmt.Sprintf("%s by %s, of settlement %s", d.Offer.Code, d.provider, d.Settlement)
	})
	for {
		goesOn, o, err := d.perform(ctx)
		if err != nil || !goesOn {
			return o, err
		}
	}
}

// delivery is a service on its way.
type delivery struct {
	*step.Floor
	station.ServiceOpened
	terms    station.SettlementTerms
	provider string
	told     station.Template // by which the provider hears that it is asked
	requests int              // to providers
	booked   bool             // the provider has accepted, or has completed it
	heard    bool             // the settlement can tell the service how it goes on
}

// perform has the provider asked once, and what comes of it. It reports whether a
// provider is to be asked again; if not, how the service ends.
func (d *delivery) perform(ctx workflow.Context) (goesOn bool, o step.Outcome, err error) {
	turn, err := d.request(ctx) // 1.
	if err == nil && d.failed(turn) {
		turn, err = d.trouble(ctx, turn) // 2.
	} else if err == nil && turn.Did == station.Confirm {
		turn, err = d.stand(ctx) // 3.
	}
	if err != nil {
		return false, o, err
	}
	switch turn.Body.Verdict {
	case station.AskAgain:
		d.told = station.MailServiceAgain
		return true, o, nil
	case station.Reassign:
		d.provider, d.told = turn.Body.Provider, station.MailServiceAsked
		return true, o, nil
	case station.Over:
		return false, step.Outcome{Status: station.Completed, Event: station.EventCompleted}, nil
	case station.Waive:
		return false, step.Outcome{Status: station.Completed, Reason: station.ReasonWaived, Event: station.EventCompleted}, nil
	case station.Cancel, station.End:
		o, err = d.undo(ctx, turn) // 4.
		return false, o, err
	default: // nobody decided
		return false, d.end(station.ReasonNotDecided, ""), nil
	}
}

// called is the turn in which a service is called off.
func called(v station.Verdict) step.Turn { return step.Turn{Body: station.Body{Verdict: v}} }

// failed reports whether a turn left the provider with nothing to do.
func (d *delivery) failed(t step.Turn) bool {
	return t.Overdue || t.Kind != station.TaskSettlement && t.Body.Verdict == station.Decline
}

// request asks the provider, until the service is done, refused, late or called off.
func (d *delivery) request(ctx workflow.Context) (step.Turn, error) {
	d.requests++
	d.Enter(station.StageAsked)
	spec := d.ofProvider(d.TaskID(station.StageAsked), station.TaskService, d.terms.Answer, d.told)
	details := station.Details{"provider": d.provider, "service": d.Offer.Code}
	if len(d.Without) > 0 {
		details["without"] = d.Without
	}
	_, err := d.put(ctx, station.Change{
		Event: station.EventProviderAsked, Task: spec.ID, Details: details,
		Service: &station.ServiceMove{State: station.ServiceAsked, Asks: d.requests, Asked: d.provider},
	}, spec)
	if err != nil {
		return step.Turn{}, err
	}
	asked := 0 // of the talent
	for {
		turn, err := d.Next(ctx, d.rule(func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
			return d.performing(t, a, asked)
		}))
		switch {
		case err != nil:
			return turn, err
		case turn.Kind == station.TaskInquiry:
		case turn.Overdue:
			return turn, nil
		case turn.Body.Verdict == station.Ask:
			asked++
			err = d.inquire(ctx, turn, asked)
		case turn.Body.Verdict == station.Accept:
			err = d.accepted(ctx)
		default:
			d.booked = turn.Did == station.Confirm || d.booked && turn.Kind == station.TaskSettlement
			return turn, nil
		}
		if err != nil {
			return turn, err
		}
	}
}

// put opens tasks on the floor; the first time with the one by which the service
// hears of its settlement.
func (d *delivery) put(ctx workflow.Context, ch station.Change, specs ...station.TaskSpec) ([]*step.Task, error) {
	if !d.heard {
		d.heard = true
		specs = append(specs, station.TaskSpec{
			ID: station.SettlementTask(d.ID), Kind: station.TaskSettlement, Party: station.TheSettlement, Wait: station.ForGood, Untimed: true,
		})
	}
	return d.Put(ctx, ch, specs...)
}

// ofProvider is a task of the provider's people.
func (d *delivery) ofProvider(id string, kind station.TaskKind, wait station.Wait, told station.Template) station.TaskSpec {
	return station.TaskSpec{
		ID: id, Kind: kind, Role: station.RoleProvider, Provider: d.provider, Wait: wait, Notice: told,
		Details: station.Details{"service": d.Offer.Code},
	}
}

// rule settles what the settlement says, and leaves the rest to another rule.
func (d *delivery) rule(other step.Rule) step.Rule {
	return func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
		if t.Kind != station.TaskSettlement {
			return other(t, a)
		}
		ch := station.Change{Details: station.Details{"verdict": a.Body.Verdict}}
		switch a.Body.Verdict {
		case station.Cancel, station.End:
			ch.Event, ch.Service = station.EventCancelling, &station.ServiceMove{State: station.ServiceUndoing}
		case station.AskAgain:
			ch.Event, ch.Service = station.EventAgain, &station.ServiceMove{State: station.ServiceAsked}
		case station.Over:
			return d.over(), ""
		default:
			return station.Change{}, station.ReasonNotExpected
		}
		for _, e := range d.ofProviders() {
			ch.Service.Answers, ch.Service.Request = station.AnswerCancelled, d.requests
			ch.Notices = append(ch.Notices, station.NoticeSpec{Occasion: e.Task + ".off", Template: station.MailServiceCancelled, Task: e.Task})
		}
		ch.Close = d.left()
		return ch, ""
	}
}

// over lets a service stand that is done. One that an operator has put back to before
// that needs nobody any more.
func (d *delivery) over() (ch station.Change) {
	if ch.Close = d.left(); len(ch.Close) > 0 {
		ch.Service = &station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Request: d.requests}
	}
	return ch
}

// left closes what there is to do for the service before it is done.
func (d *delivery) left() []station.TaskEnd {
	return append(d.ofProviders(), d.Closing(station.TaskCancelled, "", station.TaskInquiry, station.TaskTrouble)...)
}

// ofProviders closes what the provider has to do.
func (d *delivery) ofProviders() []station.TaskEnd {
	return d.Closing(station.TaskCancelled, "", station.TaskService, station.TaskDelivery)
}

// performing settles what the provider does, and what the talent answers.
func (d *delivery) performing(t station.TaskSpec, a *station.Act, asked int) (station.Change, station.Reason) {
	closing := func(how station.TaskStatus) []station.TaskEnd {
		return append([]station.TaskEnd{{Task: t.ID, Status: how}}, d.Closing(station.TaskCancelled, "", station.TaskInquiry)...)
	}
	switch {
	case t.Kind == station.TaskInquiry:
		return d.answered(t, a), ""
	case a == nil:
		return station.Change{
			Event: station.EventProviderLate, Details: station.Details{"provider": d.provider},
			Service: &station.ServiceMove{State: station.ServiceTrouble, Reason: station.ReasonLate, Answers: station.AnswerLate, Request: d.requests},
		}, ""
	case a.Kind == station.Confirm:
		return station.Change{
			Event: station.EventProviderDone, Close: closing(station.TaskDone), Details: station.Details{"provider": d.provider},
			Service: &station.ServiceMove{State: station.ServiceDone, Answers: station.AnswerCompleted, Say: station.Done, Request: d.requests},
			Notices: toApplicant("done."+t.ID, station.MailServiceDone),
		}, ""
	case a.Body.Verdict == station.Accept && t.Kind == station.TaskService:
		return station.Change{
			Event: station.EventProviderTakes, Close: closing(station.TaskDone), Details: station.Details{"provider": d.provider},
			Service: &station.ServiceMove{State: station.ServiceAccepted, Answers: station.AnswerAccepted, Request: d.requests},
		}, ""
	case a.Body.Verdict == station.Decline:
		return station.Change{
			Event: station.EventProviderNo, Close: closing(station.TaskDone), Details: station.Details{"provider": d.provider},
			Service: &station.ServiceMove{State: station.ServiceTrouble, Reason: station.ReasonRefused, Answers: station.AnswerRefused, Request: d.requests},
		}, ""
	case a.Body.Verdict != station.Ask:
		return station.Change{}, station.ReasonNotExpected
	case len(d.Closing("", "", station.TaskInquiry)) > 0:
		return station.Change{}, station.ReasonInquiryOpen
	case asked >= d.terms.InquiryRounds:
		return station.Change{}, station.ReasonNoInquiryLeft
	default:
		return station.Change{Event: station.EventInquired, Hold: t.ID, Details: station.Details{"to": station.Applicant, "round": asked + 1}}, ""
	}
}

// accepted gives the provider its days.
func (d *delivery) accepted(ctx workflow.Context) error {
	d.booked = true
	d.Enter(station.StageDelivery)
	_, err := d.Put(ctx, station.Change{}, d.ofProvider(d.TaskID(station.StageDelivery), station.TaskDelivery, d.Offer.Wait, ""))
	return err
}

// inquire puts the provider's question to the talent.
func (d *delivery) inquire(ctx workflow.Context, t step.Turn, round int) error {
	_, err := d.Put(ctx, station.Change{}, station.TaskSpec{
		ID: d.TaskID("inquiry"), Kind: station.TaskInquiry, Party: station.Applicant, Wait: d.terms.Inquiry, Notice: station.MailInquiry,
		Details: station.Details{"act": t.Act, "round": round, "task": t.Task},
	})
	return err
}

// answered lets the provider's clock run on: with an answer, or because none came in
// time.
func (d *delivery) answered(t station.TaskSpec, a *station.Act) station.Change {
	asker, _ := t.Details["task"].(string)
	ch := station.Change{
		Event: station.EventUnanswered, Resume: asker,
		Notices: []station.NoticeSpec{{Occasion: t.ID + ".over", Template: station.MailTaskReminder, Task: asker}},
	}
	if a != nil {
		ch.Event, ch.Close = station.EventAnswered, end(t)
		ch.Notices[0].Template = station.MailInquiryAnswered
	}
	return ch
}

// trouble has the case manager decide on a service that its provider does not
// perform.
func (d *delivery) trouble(ctx workflow.Context, failed step.Turn) (step.Turn, error) {
	d.booked = false // whatever the provider had begun is its own to clear up
	d.Enter(station.StageTrouble)
	why := station.ReasonRefused
	if failed.Overdue {
		why = station.ReasonLate
	}
	spec := station.TaskSpec{
		ID: d.TaskID(station.StageTrouble), Kind: station.TaskTrouble, Role: station.RoleOfficer, Managed: true, Wait: d.terms.Trouble,
		Notice:  station.MailSettlementTrouble,
		Details: station.Details{"service": d.Offer.Code, "why": why, "provider": d.provider, "providers": d.Providers},
	}
	if failed.Act != "" {
		spec.Details["act"] = failed.Act
	}
	if _, err := d.Put(ctx, station.Change{}, spec); err != nil {
		return step.Turn{}, err
	}
	return d.Next(ctx, d.rule(d.managing))
}

// managing settles what the case manager decides.
func (d *delivery) managing(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	if a == nil { // nor did a director
		return station.Change{Service: &station.ServiceMove{State: station.ServiceEnded, Reason: station.ReasonNotDecided, Say: station.Ended, Request: d.requests}}, ""
	}
	ch := station.Change{Close: end(t), Service: &station.ServiceMove{State: station.ServiceAsked}}
	switch a.Body.Verdict {
	case station.AskAgain:
		ch.Event = station.EventAgain
	case station.Reassign:
		if !slices.Contains(d.Providers, a.Body.Provider) {
			return station.Change{}, station.ReasonNoProvider
		}
		ch.Event, ch.Details = station.EventReassigned, station.Details{"from": d.provider, "provider": a.Body.Provider}
	case station.Waive:
		ch.Event, ch.Service = station.EventServiceWaived, &station.ServiceMove{State: station.ServiceWaived, Reason: station.ReasonWaived, Say: station.Waive, Request: d.requests}
	case station.End:
		ch.Event, ch.Service = station.EventServiceEnded, &station.ServiceMove{State: station.ServiceEnded, Reason: station.ReasonByManager, Say: station.Ended, Request: d.requests}
	default:
		return station.Change{}, station.ReasonNotExpected
	}
	return ch, ""
}

// stand lets a service stand that is done, until its settlement says how it goes on.
func (d *delivery) stand(ctx workflow.Context) (step.Turn, error) {
	d.Enter(station.StageDone)
	return d.Next(ctx, d.rule(func(station.TaskSpec, *station.Act) (station.Change, station.Reason) {
		return station.Change{}, station.ReasonNotExpected
	}))
}
