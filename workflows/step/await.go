package step

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Await waits until somebody acts on one of the tasks, and returns the act,
// which the caller settles; or until one is overdue, and returns that task
// without an act. On the way it reminds, escalates, and lets people take,
// release and hand over tasks. A task whose clock is stopped is never overdue.
//
// It ends with an error when the case is withdrawn or continues as new.
func (c *Case) Await(ctx workflow.Context, tasks ...*Task) (*Task, *station.Act, error) {
	for {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		for _, t := range c.inTurn(tasks) {
			if len(t.acts) == 0 {
				continue
			}
			a := t.acts[0]
			t.acts = t.acts[1:]
			c.desk.settled[a.ID] = true
			if a.Kind != station.Assign {
				return t, &a, nil
			}
			c.handOver(ctx, t, a)
		}
		if err := c.flush(ctx); err != nil {
			return nil, nil, err
		}
		if c.anyActs(tasks) || ctx.Err() != nil {
			continue
		}
		if c.renewing || c.mayRenew(ctx) {
			c.renewing = true
			for _, t := range c.tasks {
				t.wake.SendAsync(true) // who waits elsewhere stops too
			}
			return nil, nil, errRenew
		}
		if due := c.pass(ctx, tasks); due != nil {
			return due, nil, nil
		}
	}
}

// InOrder has acts that wait at several tasks looked at in the order in which they were
// done: an operator's reset gives them all again at once.
func (c *Case) InOrder() { c.ordered = true }

// inTurn are tasks in the order in which their acts are looked at.
func (c *Case) inTurn(tasks []*Task) []*Task {
	if !c.ordered {
		return tasks
	}
	tasks = slices.DeleteFunc(slices.Clone(tasks), func(t *Task) bool { return len(t.acts) == 0 })
	slices.SortStableFunc(tasks, func(a, b *Task) int { return a.acts[0].At.Compare(b.acts[0].At) })
	return tasks
}

func (c *Case) anyActs(tasks []*Task) bool {
	for _, t := range tasks {
		if len(t.acts) > 0 {
			return true
		}
	}
	return false
}

// mayRenew reports whether the history has grown so long that Temporal suggests
// a new run, and nothing is in hand.
func (c *Case) mayRenew(ctx workflow.Context) bool {
	return c.withdrawn == nil && workflow.GetInfo(ctx).GetContinueAsNewSuggested() && !c.desk.busy && !c.desk.waiting() && !c.anyActs(c.tasks)
}

// pass lets time pass until something happens at one of the tasks: an act, a
// reminder, an escalation. It returns a task that is overdue for good.
func (c *Case) pass(ctx workflow.Context, tasks []*Task) *Task {
	c.detail(ctx) // what was done since the last change says more
	next, at := c.earliest(tasks)
	timerCtx, stopTimer := workflow.WithCancel(ctx)
	defer stopTimer()
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	for _, t := range tasks {
		selector.AddReceive(t.wake, func(ch workflow.ReceiveChannel, _ bool) { ch.ReceiveAsync(nil) })
	}
	rang := false
	if next != nil {
		wait := max(0, at.Sub(workflow.Now(ctx)))
		timer := workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: c.timerSummary(next, at)})
		selector.AddFuture(timer, func(f workflow.Future) { rang = f.Get(ctx, nil) == nil })
	}
	selector.Select(ctx)
	if !rang || ctx.Err() != nil {
		return nil
	}
	switch {
	case next.Reminded < len(next.Deadline.Reminders):
		c.remind(ctx, next)
	case next.Spec.Wait.Escalate != "" && !next.Escalated:
		c.escalate(ctx, next)
	default:
		return next
	}
	return nil
}

// earliest returns the task at which the clock rings first, and when.
func (c *Case) earliest(tasks []*Task) (*Task, time.Time) {
	var first *Task
	var at time.Time
	for _, t := range tasks {
		if t.Held || t.Deadline.Due.IsZero() {
			continue
		}
		ring := t.Deadline.Due
		if t.Reminded < len(t.Deadline.Reminders) {
			ring = t.Deadline.Reminders[t.Reminded]
		}
		if first == nil || ring.Before(at) {
			first, at = t, ring
		}
	}
	return first, at
}

// remind writes to whoever owns the task.
func (c *Case) remind(ctx workflow.Context, t *Task) {
	t.Reminded++
	template := station.MailTaskReminder
	switch t.Spec.Kind {
	case station.TaskConsent:
		template = station.MailConsentReminder
		if t.Spec.Notice != station.MailConsent { // it says to what
			template = t.Spec.Notice
		}
	case station.TaskVoucher:
		if t.Spec.Party != "" {
			template = t.Spec.Notice
		}
	case station.TaskInquiry:
		if t.Spec.Party != "" {
			template = station.MailInquiryReminder
		}
	default:
		if t.Spec.Party != "" {
			template = station.MailApplicantReminder
		}
	}
	occasion := fmt.Sprintf("reminder.%d", t.Reminded)
	if t.Escalated {
		occasion += ".escalated"
	}
	act, _ := t.Spec.Details["act"].(string)
	whose := t.occasion()
	if t.Spec.Kind == station.TaskRating { // one mail will do for all that were not made
		whose = "ratings."
	}
	told := station.NoticeSpec{Occasion: whose + occasion, Template: template, Task: t.Spec.ID, Act: act}
	if t.Spec.Kind == station.TaskPhase { // it is the angels who have something to do
		told.Template, told.Pool = station.MailRoundReminder, station.PoolAngels
	}
	c.put(ctx, station.Change{Event: station.EventReminded, Task: t.Spec.ID, Notices: []station.NoticeSpec{told}})
}

// escalate gives an overdue task to the next higher pool, for as long again.
func (c *Case) escalate(ctx workflow.Context, t *Task) {
	t.Escalated = true
	wait := t.Spec.Wait
	wait.From = nil // as long again, from now on
	t.Spec.Role, t.Spec.Assignee = wait.Escalate, ""
	c.put(ctx, station.Change{
		Event: station.EventEscalated, Task: t.Spec.ID, Details: station.Details{"to": wait.Escalate},
		Assign:  &station.Assignment{Task: t.Spec.ID, Role: wait.Escalate, Wait: &wait},
		Notices: []station.NoticeSpec{{Occasion: t.occasion() + "escalated", Template: station.MailTaskEscalated, Task: t.Spec.ID}},
	})
}

// handOver gives a task to who takes it, to who it is handed to, or back to
// its pool.
func (c *Case) handOver(ctx workflow.Context, t *Task, a station.Act) {
	to := a.Body.Account
	switch a.Body.Verdict {
	case station.Take:
		to = a.Actor
	case station.HandOver:
	default:
		to = ""
	}
	if t.Spec.Role == "" {
		c.Refuse(ctx, a, station.ReasonNotExpected)
		return
	}
	t.Spec.Assignee = to
	ch := station.Change{
		Event: station.EventHandedOver, Details: station.Details{"how": a.Body.Verdict},
		Assign: &station.Assignment{Task: t.Spec.ID, Account: to},
	}
	if a.Body.Verdict == station.HandOver {
		ch.Notices = []station.NoticeSpec{{Occasion: t.occasion() + "to." + a.ID, Template: station.MailTask, Account: to, Task: t.Spec.ID}}
	}
	c.Settle(ctx, a, ch)
}

// occasion begins the occasions of a task's notices.
func (t *Task) occasion() string { return occasionOf(t.Spec.ID) }

func occasionOf(task string) string { return task[len(station.CaseOfTask(task))+1:] + "." }
