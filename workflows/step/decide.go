package step

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Decision is what somebody decided on a task; without a Verdict, nobody did
// in time.
type Decision struct {
	Verdict station.Verdict `json:"verdict,omitempty"`
	Actor   string          `json:"actor,omitempty"`
	Act     string          `json:"act,omitempty"`
	Target  string          `json:"target,omitempty"`
	To      station.Party   `json:"to,omitempty"`
	At      string          `json:"at,omitempty"`      // of a call
	Changed []string        `json:"changed,omitempty"` // fields of the form, by an answer
}

// Made reports whether somebody decided.
func (d Decision) Made() bool { return d.Verdict != "" }

func decisionOf(a station.Act) Decision {
	return Decision{Verdict: a.Body.Verdict, Actor: a.Actor, Act: a.ID, Target: a.Body.Target, To: a.Body.To, At: a.Body.At}
}

// Question is a task that one person decides with one verdict.
type Question struct {
	Stage  station.Stage
	Event  station.EventKind // that it is asked
	Task   station.TaskSpec  // without an ID
	Events map[station.Verdict]station.EventKind
	// Notices tell of a verdict, in the words of who gave it.
	Notices map[station.Verdict][]station.NoticeSpec
	Exclude []string // who must not decide: they decided before
}

// Decide opens a task and returns what was decided on it.
func Decide(ctx workflow.Context, c *Case, q Question) (Decision, error) {
	q.Task.ID = c.TaskID(q.Stage)
	tasks, err := c.Open(ctx, station.Change{Event: q.Event, Task: q.Task.ID, Details: q.Task.Details}, q.Task)
	if err != nil {
		return Decision{}, err
	}
	return once(c, "decide", func() (Decision, error) {
		t := tasks[0]
		act, err := c.inTime(ctx, t, q.Exclude...)
		if act == nil || err != nil {
			return Decision{}, err
		}
		d := decisionOf(*act)
		c.Settle(ctx, *act, station.Change{
			Event: q.Events[d.Verdict], Details: station.Details{"verdict": d.Verdict}, Close: done(t),
			Notices: about(q.Notices[d.Verdict], t.Spec.ID, act.ID),
		})
		return d, nil
	})
}

// awaitOther is Await where those who decided before do not decide again: four
// eyes. They may still answer what they are asked.
func (c *Case) awaitOther(ctx workflow.Context, before []string, tasks ...*Task) (*Task, *station.Act, error) {
	for {
		t, act, err := c.Await(ctx, tasks...)
		if err != nil || act == nil || act.Kind == station.Answer || !slices.Contains(before, act.Actor) {
			return t, act, err
		}
		c.Refuse(ctx, *act, station.ReasonFourEyes)
	}
}

// Consent asks the talent, by a link that only they receive, whether their data
// may be used. Without an answer there is no verdict.
func Consent(ctx workflow.Context, c *Case, wait station.Wait) (Decision, error) {
	c.Enter(station.StageConsent)
	return Decide(ctx, c, Question{
		Stage: station.StageConsent, Event: station.EventAsked,
		Task:   station.TaskSpec{Kind: station.TaskConsent, Party: station.Talent, Wait: wait, Notice: station.MailConsent},
		Events: map[station.Verdict]station.EventKind{station.Consent: station.EventConsented, station.Decline: station.EventRefused},
	})
}

// inTime waits for an act on a task by others than those before, and closes the
// task if nobody acts in time: then there is no act.
func (c *Case) inTime(ctx workflow.Context, t *Task, before ...string) (*station.Act, error) {
	_, act, err := c.awaitOther(ctx, before, t)
	if err == nil && act == nil {
		c.expire(ctx, t)
	}
	return act, err
}

// expire closes a task on which nobody acted in time.
func (c *Case) expire(ctx workflow.Context, t *Task) {
	c.put(ctx, station.Change{Event: station.EventUnanswered, Task: t.Spec.ID, Close: ended(station.TaskExpired, t)})
}

func done(tasks ...*Task) []station.TaskEnd { return ended(station.TaskDone, tasks...) }

func ended(how station.TaskStatus, tasks ...*Task) []station.TaskEnd {
	var list []station.TaskEnd
	for _, t := range tasks {
		list = append(list, station.TaskEnd{Task: t.Spec.ID, Status: how})
	}
	return list
}
