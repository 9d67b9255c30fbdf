package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Declining is a decline, and the one appeal against it.
type Declining struct {
	// Matter is what is declined, where the case goes on to other matters: there is
	// one appeal in each.
	Matter    string
	Why       station.Reason
	As        station.Status       // how the case stands, and ends; station.Declined when empty
	Noted     bool                 // the history tells of it already
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
// There is one appeal in each matter of a case: a second decline stands.
func Decline(ctx workflow.Context, c *Case, d Declining) (Outcome, bool, error) {
	if d.As == "" {
		d.As = station.Declined
	}
	o := Outcome{Status: d.As, Reason: d.Why}
	if c.appealed[d.Matter] {
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
	c.appealed[d.Matter] = true
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
	c.standing.Stage, c.standing.Status, c.standing.Reason = station.StageDeclined, d.As, d.Why
	id := c.TaskID(station.StageDeclined)
	details := station.Details{"reason": d.Why}
	if d.Words != "" {
		details["act"] = d.Words
	}
	spec := station.TaskSpec{ID: id, Kind: station.TaskAppeal, Party: d.Party, Wait: d.Wait, Details: details}
	ch := station.Change{Notices: about(d.Told, id, d.Words)}
	if !d.Noted {
		ch.Event, ch.Details = station.EventDeclined, station.Details{"reason": d.Why}
	}
	tasks, err := c.Open(ctx, ch, spec)
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
