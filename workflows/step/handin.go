package step

import (
	"maps"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Handing asks the applicant for evidence.
type Handing struct {
	Stage     station.Stage
	Wait      station.Wait      // until it is due
	Grace     station.Wait      // for how long the award is suspended when it is late
	Details   station.Details   // not nil
	Event     station.EventKind // that it is asked for
	Asked     station.Template  // tells the applicant
	Words     string            // the act whose words that repeats, if any
	Suspended station.Template  // tells the applicant that it is late; "": there is no grace
}

// HandIn asks the applicant for evidence. When it is late, the award is suspended
// for a time of grace, if there is one. It returns the act that handed it in; "" if
// none did.
func HandIn(ctx workflow.Context, c *Case, q Handing) (string, error) {
	c.Enter(q.Stage)
	act, err := c.handIn(ctx, q)
	if act != "" || err != nil || q.Suspended == "" {
		return act, err
	}
	c.Enter(station.StageSuspended)
	q.Event, q.Wait, q.Asked, q.Words = station.EventSuspended, q.Grace, q.Suspended, ""
	act, err = c.handIn(ctx, q)
	c.Enter(q.Stage)
	return act, err
}

func (c *Case) handIn(ctx workflow.Context, q Handing) (string, error) {
	details := maps.Clone(q.Details)
	if q.Words != "" {
		details["act"] = q.Words
	}
	spec := station.TaskSpec{
		ID: c.TaskID(c.standing.Stage), Kind: station.TaskEvidence, Party: station.Applicant, Wait: q.Wait, Details: details,
	}
	told := station.NoticeSpec{Occasion: occasionOf(spec.ID) + "asked", Template: q.Asked, Party: station.Applicant, Task: spec.ID, Act: q.Words}
	tasks, err := c.Open(ctx, station.Change{Event: q.Event, Task: spec.ID, Details: q.Details, Notices: []station.NoticeSpec{told}}, spec)
	if err != nil {
		return "", err
	}
	return once(c, "hand in", func() (string, error) {
		t := tasks[0]
		act, err := c.inTime(ctx, t)
		if act == nil || err != nil {
			return "", err
		}
		c.Enter(q.Stage) // no longer suspended
		c.Settle(ctx, *act, station.Change{Event: station.EventEvidence, Details: q.Details, Close: done(t)})
		return act.ID, nil
	})
}
