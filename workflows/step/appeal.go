package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Decline tells the parties of a decline and why, and waits for an appeal for
// as long as one is possible. It returns who appealed; nobody, if the decline
// stands. Words is the act that holds the reasons, if somebody wrote them.
func Decline(ctx workflow.Context, c *Case, why station.Reason, words string, wait station.Wait) (Decision, error) {
	c.standing.Stage, c.standing.Status, c.standing.Reason = station.StageDeclined, station.Declined, why
	id := station.TaskID(c.ID, station.StageDeclined, 1)
	details := station.Details{"reason": why}
	if words != "" {
		details["act"] = words
	}
	spec := station.TaskSpec{ID: id, Kind: station.TaskAppeal, Party: station.Talent, Wait: wait, Details: details}
	tasks, err := c.Open(ctx, station.Change{
		Event: station.EventDeclined, Details: station.Details{"reason": why},
		Notices: []station.NoticeSpec{
			{Occasion: "declined", Template: station.MailDeclined, Party: station.Talent, Task: id, Act: words},
			{Occasion: "declined", Template: station.MailDeclinedReferrer, Party: station.Applicant, Task: id, Act: words},
		},
	}, spec)
	if err != nil {
		return Decision{}, err
	}
	return once(c, "appeal", func() (Decision, error) {
		t, act, err := c.Await(ctx, tasks[0])
		switch {
		case err != nil:
			return Decision{}, err
		case act == nil:
			c.expire(ctx, t)
			return Decision{}, nil
		}
		c.Enter(station.StageAppeal)
		d := Decision{Verdict: station.Verdict(act.Kind), Actor: act.Actor, Act: act.ID}
		c.Settle(ctx, *act, station.Change{Event: station.EventAppealed, Close: done(t)})
		return d, nil
	})
}
