package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// record writes a change. Changes of a case are written one after the other,
// in the order of their sequence, and a change once begun is finished whatever
// is cancelled meanwhile.
func (c *Case) record(ctx workflow.Context, ch station.Change) (station.Written, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if err := c.writing.Lock(ctx); err != nil {
		return station.Written{}, err
	}
	defer c.writing.Unlock()
	c.sequence++
	ch.Case, ch.Run, ch.After, ch.Sequence, ch.At = c.ID, c.run, c.after, c.sequence, workflow.Now(ctx)
	c.forget(ch.Close)
	c.standing.Tasks = nil
	for _, t := range c.tasks {
		c.standing.Tasks = append(c.standing.Tasks, t.Spec.ID)
	}
	ch.Standing = c.standing
	var w station.Written
	err := workflow.ExecuteActivity(patient(ctx, "Record: "+string(ch.Event)), records.Record, ch).Get(ctx, &w)
	if err != nil {
		return w, err
	}
	c.remember(ctx, ch, w)
	c.describe(ctx)
	return w, nil
}

// written waits until no change is being written: what it opens is known then.
func (c *Case) written(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if c.writing.Lock(ctx) == nil {
		c.writing.Unlock()
	}
}

// note writes a change that no act brought about.
func (c *Case) note(ctx workflow.Context, ch station.Change) error {
	_, err := c.record(ctx, ch)
	return err
}

// Settle writes the change that an act brought about, and settles the act.
func (c *Case) Settle(ctx workflow.Context, a station.Act, ch station.Change) error {
	_, err := c.settle(ctx, a, ch)
	return err
}

func (c *Case) settle(ctx workflow.Context, a station.Act, ch station.Change) (station.Written, error) {
	c.desk.settled[a.ID] = true
	ch.Act, ch.Actor, ch.Task = a.ID, a.Actor, a.Task
	ch.Settle = append(ch.Settle, station.Settlement{Act: a.ID, Status: station.Recorded})
	return c.record(ctx, ch)
}

// Refuse settles an act as refused, with a reason that the person can read.
func (c *Case) Refuse(ctx workflow.Context, a station.Act, why station.Reason) error {
	c.desk.settled[a.ID] = true
	return c.note(ctx, station.Change{
		Event: station.EventActRefused, Act: a.ID, Actor: a.Actor, Task: a.Task,
		Details: station.Details{"act": a.Kind, "reason": why},
		Settle:  []station.Settlement{{Act: a.ID, Status: station.ActRefused, Reason: why}},
	})
}

// Enter moves the case to a stage; the next change writes it.
func (c *Case) Enter(stage station.Stage) {
	c.standing.Stage, c.standing.Status, c.standing.Reason = stage, station.Open, ""
}
