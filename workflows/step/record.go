package step

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// draft is a change that was put down and is written when the case waits next.
type draft struct {
	station.Change
	written station.Written
}

// put lays a change down, in the order of its sequence. It is written by the
// next flush, in one transaction with what else was put down: what follows at
// once from a decision is written together with it.
func (c *Case) put(ctx workflow.Context, ch station.Change) *draft {
	c.sequence++
	ch.Case, ch.Run, ch.After, ch.Sequence, ch.At = c.ID, c.run, c.after, c.sequence, workflow.Now(ctx)
	c.forget(ch.Close)
	c.standing.Tasks = nil
	for _, t := range c.tasks {
		c.standing.Tasks = append(c.standing.Tasks, t.Spec.ID)
	}
	if ch.Office != nil {
		c.standing.Office = c.standing.Office.Moved(*ch.Office, ch.Act)
	}
	ch.Standing = c.standing
	d := &draft{Change: ch}
	c.drafts = append(c.drafts, d)
	return d
}

// flush writes what was put down, and waits until it is written, whoever
// writes it. Changes of a case are written one batch after the other, and a
// batch once begun is finished whatever is cancelled meanwhile.
func (c *Case) flush(ctx workflow.Context) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if err := c.writing.Lock(ctx); err != nil {
		return err
	}
	defer c.writing.Unlock()
	drafts := c.drafts
	c.drafts = nil
	if len(drafts) == 0 {
		err := c.unwritten
		c.unwritten = nil
		return err
	}
	var changes []station.Change
	for _, d := range drafts {
		changes = append(changes, d.Change)
	}
	var written []station.Written
	err := workflow.ExecuteActivity(patient(ctx, summary(changes)), records.Record, changes).Get(ctx, &written)
	if err != nil {
		return err
	}
	for i, d := range drafts {
		d.written = written[i]
		c.remember(ctx, d.Change, d.written)
	}
	c.describe(ctx)
	return nil
}

// summary is what the operator reads of changes that are written together.
func summary(changes []station.Change) string {
	var events []string
	for _, ch := range changes {
		if ch.Event != "" {
			events = append(events, string(ch.Event))
		}
	}
	if len(events) == 0 {
		return "Record tasks"
	}
	return "Record: " + strings.Join(events, ", ")
}

// record writes a change now, after what was put down before it.
func (c *Case) record(ctx workflow.Context, ch station.Change) (station.Written, error) {
	d := c.put(ctx, ch)
	err := c.flush(ctx)
	return d.written, err
}

// Note puts down a change once in the life of the case.
func (c *Case) Note(ctx workflow.Context, ch station.Change) error {
	_, err := once(c, "note", func() (bool, error) {
		c.put(ctx, ch)
		return true, nil
	})
	return err
}

// Write writes a change once in the life of the case, and returns what came of it.
func (c *Case) Write(ctx workflow.Context, ch station.Change) (station.Written, error) {
	return once(c, "write", func() (station.Written, error) { return c.record(ctx, ch) })
}

// Moment is when something named came to pass, the same in every run.
func (c *Case) Moment(ctx workflow.Context, name string) (time.Time, error) {
	return once(c, name, func() (time.Time, error) { return workflow.Now(ctx), nil })
}

// Settle puts down the change that an act brought about, which settles the act.
func (c *Case) Settle(ctx workflow.Context, a station.Act, ch station.Change) {
	c.put(ctx, c.settling(a, ch))
}

// settling makes a change the one that settles an act.
func (c *Case) settling(a station.Act, ch station.Change) station.Change {
	c.desk.settled[a.ID] = true
	ch.Act, ch.Actor, ch.Task = a.ID, a.Actor, a.Task
	ch.Settle = append(ch.Settle, station.Settlement{Act: a.ID, Status: station.Recorded})
	return ch
}

// Refuse settles an act as refused, with a reason that the person can read.
func (c *Case) Refuse(ctx workflow.Context, a station.Act, why station.Reason) {
	c.desk.settled[a.ID] = true
	c.put(ctx, station.Change{
		Event: station.EventActRefused, Act: a.ID, Actor: a.Actor, Task: a.Task,
		Details: station.Details{"act": a.Kind, "reason": why},
		Settle:  []station.Settlement{{Act: a.ID, Status: station.ActRefused, Reason: why}},
	})
}

// Enter moves the case to a stage; the next change writes it.
func (c *Case) Enter(stage station.Stage) { c.EnterFor(stage, "") }

// EnterFor is Enter with the reason why the case has come there.
func (c *Case) EnterFor(stage station.Stage, why station.Reason) {
	c.standing.Stage, c.standing.Status, c.standing.Reason = stage, station.Open, why
}
