package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Declining is a decline, and the one appeal against it.
type Declining struct {
	Why       station.Reason
	Words     string               // the act that holds the reasons, if somebody wrote them
	Party     station.Party        // whose the appeal is
	Wait      station.Wait         // for as long as one is possible
	Told      []station.NoticeSpec // of the decline
	Dismissed []station.NoticeSpec // of an appeal that changes nothing
	// Hear has people hear the appeal who did not decide before. They grant it by
	// accepting.
	Hear func(workflow.Context) (Decision, error)
}

// Decline undoes what was reserved and booked, tells the parties of the decline
// and why, and waits for an appeal for as long as one is possible. It reports
// whether an appeal was granted, and with which outcome the case ends if not.
// There is one appeal in the life of a case: a second decline stands.
func Decline(ctx workflow.Context, c *Case, d Declining) (Outcome, bool, error) {
	o := Outcome{Status: station.Declined, Reason: d.Why}
	if c.appealed {
		o.Notices = about(d.Told, "", d.Words)
		for i := range o.Notices {
			o.Notices[i].Occasion += ".again"
		}
		return o, false, nil
	}
	appealed, err := c.appeal(ctx, d)
	if err != nil || !appealed {
		return o, false, err
	}
	c.appealed = true
	heard, err := d.Hear(ctx)
	granted := heard.Verdict == station.Accept
	if !granted {
		o.Notices = about(d.Dismissed, "", heard.Act)
	}
	return o, granted, err
}

// appeal reports whether somebody appealed in time.
func (c *Case) appeal(ctx workflow.Context, d Declining) (bool, error) {
	if err := c.undoNow(ctx); err != nil {
		return false, err
	}
	c.standing.Stage, c.standing.Status, c.standing.Reason = station.StageDeclined, station.Declined, d.Why
	id := station.TaskID(c.ID, station.StageDeclined, 1)
	details := station.Details{"reason": d.Why}
	if d.Words != "" {
		details["act"] = d.Words
	}
	spec := station.TaskSpec{ID: id, Kind: station.TaskAppeal, Party: d.Party, Wait: d.Wait, Details: details}
	tasks, err := c.Open(ctx, station.Change{
		Event: station.EventDeclined, Details: station.Details{"reason": d.Why}, Notices: about(d.Told, id, d.Words),
	}, spec)
	if err != nil {
		return false, err
	}
	return once(c, "appeal", func() (bool, error) {
		t := tasks[0]
		act, err := c.inTime(ctx, t)
		if act == nil || err != nil {
			return false, err
		}
		c.Enter(station.StageAppeal)
		c.Settle(ctx, *act, station.Change{Event: station.EventAppealed, Close: done(t)})
		return true, nil
	})
}

// about has notices speak of a task and repeat an act's words.
func about(notices []station.NoticeSpec, task, act string) []station.NoticeSpec {
	var list []station.NoticeSpec
	for _, n := range notices {
		n.Task, n.Act = task, act
		list = append(list, n)
	}
	return list
}
