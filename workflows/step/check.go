package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Checking is how the staff of a pool check something: a case, or evidence.
type Checking struct {
	Stage   station.Stage
	Task    station.TaskSpec  // without an ID; station.TaskCheck when it has no kind
	Event   station.EventKind // that it was decided; station.EventChecked when empty
	Exclude []string          // who must not decide: they decided before
	Inquiries
}

// Inquiries bound the questions that a check may ask.
type Inquiries struct {
	Rounds int
	Wait   station.Wait
	// Changed is asked when an answer has changed the form: does the check go on?
	// If not, it is over without a decision: what it stood on no longer stands.
	Changed func(ctx workflow.Context, fields []string) (bool, error)
}

// Check has the staff of a pool check a case: accept, decline, or ask a party or
// the other level. A question stops the clock of the check until it is answered,
// or until nobody answered it in time.
func Check(ctx workflow.Context, c *Case, q Checking) (Decision, error) {
	c.Enter(q.Stage)
	spec := q.Task
	spec.ID = c.TaskID(q.Stage)
	if spec.Kind == "" {
		spec.Kind = station.TaskCheck
	}
	if q.Event == "" {
		q.Event = station.EventChecked
	}
	tasks, err := c.Open(ctx, station.Change{Event: station.EventAssigned, Task: spec.ID}, spec)
	if err != nil {
		return Decision{}, err
	}
	k := check{Case: c, task: tasks[0], Checking: q}
	for {
		d, err := once(c, "check", func() (Decision, error) { return k.next(ctx) })
		if err != nil {
			return Decision{}, err
		}
		goesOn := true
		switch d.Verdict {
		case station.Ask:
			err = k.inquire(ctx, d)
		case answered:
			k.inquiry = nil
			goesOn, err = k.changed(ctx, d.Changed)
		default:
			return d, nil
		}
		if err != nil {
			return Decision{}, err
		}
		if !goesOn {
			return Decision{Verdict: Voided, Changed: d.Changed}, k.void(ctx, d.Changed)
		}
	}
}

const (
	// answered is the end of an inquiry, with an answer or without.
	answered station.Verdict = "answered"
	// Voided is the end of a check whose ground was changed by an answer.
	Voided station.Verdict = "voided"
)

// check is a check under way.
type check struct {
	*Case
	Checking
	task    *Task
	inquiry *Task // open, or nil
	asked   int
}

// next waits for the next thing to happen. A question is not settled here: the
// change that settles it opens the inquiry.
func (k *check) next(ctx workflow.Context) (Decision, error) {
	for {
		waiting := []*Task{k.task}
		if k.inquiry != nil {
			waiting = append(waiting, k.inquiry)
		}
		t, act, err := k.awaitOther(ctx, k.Exclude, waiting...)
		switch {
		case err != nil:
			return Decision{}, err
		case t == k.inquiry:
			return k.resume(ctx, act), nil
		case act == nil:
			k.expire(ctx, t)
			return Decision{}, nil
		case act.Body.Verdict != station.Ask:
			k.decide(ctx, *act)
			return decisionOf(*act), nil
		case k.inquiry != nil:
			k.Refuse(ctx, *act, station.ReasonInquiryOpen)
		case k.asked >= k.Rounds:
			k.Refuse(ctx, *act, station.ReasonNoInquiryLeft)
		default:
			return decisionOf(*act), nil
		}
	}
}

func (k *check) decide(ctx workflow.Context, a station.Act) {
	closing := done(k.task)
	if k.inquiry != nil {
		closing = append(closing, ended(station.TaskCancelled, k.inquiry)...)
	}
	k.Settle(ctx, a, station.Change{
		Event: k.Event, Details: station.Details{"verdict": a.Body.Verdict}, Close: closing,
	})
}

// inquire puts an officer's question to a party, or to the other level, and
// stops the clock.
func (k *check) inquire(ctx workflow.Context, d Decision) error {
	k.asked++
	spec := station.TaskSpec{
		ID: k.TaskID("inquiry"), Kind: station.TaskInquiry, Party: d.To, Wait: k.Wait,
		Notice: station.MailInquiry, Details: station.Details{"act": d.Act, "round": k.asked},
	}
	if d.To == station.District { // sent back
		spec.Party, spec.Role, spec.Notice = "", station.RoleOfficer, station.MailTask
	}
	ch := station.Change{
		Event: station.EventInquired, Details: station.Details{"to": d.To, "round": k.asked}, Hold: k.task.Spec.ID,
		Assign: &station.Assignment{Task: k.task.Spec.ID, Account: d.Actor},
	}
	act := station.Act{ID: d.Act, Actor: d.Actor, Task: k.task.Spec.ID}
	tasks, err := k.Open(ctx, k.settling(act, ch), spec)
	if err != nil {
		return err
	}
	k.inquiry = tasks[0]
	return nil
}

// resume lets the clock run on: with an answer, or (without an act) because
// none came in time.
func (k *check) resume(ctx workflow.Context, act *station.Act) Decision {
	ch := station.Change{
		Event: station.EventUnanswered, Task: k.inquiry.Spec.ID, Close: ended(station.TaskExpired, k.inquiry), Resume: k.task.Spec.ID,
		Notices: []station.NoticeSpec{{Occasion: k.inquiry.occasion() + "over", Template: station.MailInquiryAnswered, Task: k.task.Spec.ID}},
	}
	if act == nil {
		ch.Notices[0].Template = station.MailTaskReminder
		k.put(ctx, ch)
		return Decision{Verdict: answered}
	}
	ch.Event, ch.Close = station.EventAnswered, done(k.inquiry)
	if len(act.Body.Changed) > 0 {
		ch.Amend, ch.Details = act.ID, station.Details{"changed": act.Body.Changed}
		k.standing.Amended = append(k.standing.Amended, act.ID)
	}
	k.Settle(ctx, *act, ch)
	return Decision{Verdict: answered, Changed: act.Body.Changed}
}

// changed asks whether the check goes on after an answer.
func (k *check) changed(ctx workflow.Context, fields []string) (bool, error) {
	if len(fields) == 0 || k.Changed == nil {
		return true, nil
	}
	if err := k.flush(ctx); err != nil { // who looks at the form sees the change
		return false, err
	}
	return k.Changed(ctx, fields)
}

// void ends the check without a decision.
func (k *check) void(ctx workflow.Context, fields []string) error {
	return k.Note(ctx, station.Change{
		Event: station.EventVoided, Task: k.task.Spec.ID, Details: station.Details{"changed": fields}, Close: ended(station.TaskCancelled, k.task),
	})
}
