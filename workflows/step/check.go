package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Inquiries bound the questions that a check may ask.
type Inquiries struct {
	Rounds int
	Wait   station.Wait
}

// Check has the staff of a pool check a case: accept, decline, or ask the
// talent or the applicant. A question stops the clock of the check until it is
// answered, or until nobody answered it in time.
func Check(ctx workflow.Context, c *Case, spec station.TaskSpec, q Inquiries) (Decision, error) {
	c.Enter(station.StageCheck)
	spec.ID, spec.Kind = c.TaskID(station.StageCheck), station.TaskCheck
	tasks, err := c.Open(ctx, station.Change{Event: station.EventAssigned, Task: spec.ID}, spec)
	if err != nil {
		return Decision{}, err
	}
	k := check{Case: c, task: tasks[0], Inquiries: q}
	for {
		d, err := once(c, "check", func() (Decision, error) { return k.next(ctx) })
		if err != nil {
			return Decision{}, err
		}
		switch d.Verdict {
		case station.Ask:
			err = k.inquire(ctx, d)
		case answered:
			k.inquiry = nil
		default:
			return d, nil
		}
		if err != nil {
			return Decision{}, err
		}
	}
}

// answered is the end of an inquiry, with an answer or without.
const answered station.Verdict = "answered"

// check is a check under way.
type check struct {
	*Case
	Inquiries
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
		t, act, err := k.Await(ctx, waiting...)
		switch {
		case err != nil:
			return Decision{}, err
		case t == k.inquiry:
			k.resume(ctx, act)
			return Decision{Verdict: answered}, nil
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
		Event: station.EventChecked, Details: station.Details{"verdict": a.Body.Verdict}, Close: closing,
	})
}

// inquire puts an officer's question to a party and stops the clock.
func (k *check) inquire(ctx workflow.Context, d Decision) error {
	k.asked++
	spec := station.TaskSpec{
		ID: k.TaskID("inquiry"), Kind: station.TaskInquiry, Party: d.To, Wait: k.Wait,
		Notice: station.MailInquiry, Details: station.Details{"act": d.Act, "round": k.asked},
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
func (k *check) resume(ctx workflow.Context, act *station.Act) {
	ch := station.Change{
		Event: station.EventUnanswered, Task: k.inquiry.Spec.ID, Close: ended(station.TaskExpired, k.inquiry), Resume: k.task.Spec.ID,
		Notices: []station.NoticeSpec{{Occasion: k.inquiry.occasion() + "over", Template: station.MailInquiryAnswered, Task: k.task.Spec.ID}},
	}
	if act == nil {
		k.put(ctx, ch)
		return
	}
	ch.Event, ch.Close = station.EventAnswered, done(k.inquiry)
	k.Settle(ctx, *act, ch)
}
