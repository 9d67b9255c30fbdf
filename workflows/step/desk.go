package step

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// desk is where acts come in. One coroutine receives every signal, drops what
// is settled or has no row behind it, and lays each act with the task that it
// names; an act that names no open task is refused at once.
type desk struct {
	signals workflow.ReceiveChannel
	backlog []station.Signal // carried over from the run before
	early   []station.Act    // given again by a reset, before their task is open
	settled map[string]bool  // acts, by ID
	busy    bool
}

func newDesk(ctx workflow.Context) desk {
	return desk{signals: workflow.GetSignalChannel(ctx, station.SignalName), settled: map[string]bool{}}
}

// serve works at the desk for as long as the workflow runs. Until the desk takes
// it, a signal stays in the channel, where the end of the case finds it: a
// coroutine that is blocked in Receive would hold one that nobody sees. The desk
// is busy from the moment it has one.
func (c *Case) serve(ctx workflow.Context) {
	for {
		// what comes in while the case continues as new is the next run's
		err := workflow.Await(ctx, func() bool { return c.desk.waiting() && !c.renewing })
		if err != nil {
			return
		}
		c.desk.busy = true
		if s, ok := c.desk.next(); ok {
			c.take(ctx, s)
			// a withdrawal is written together with the end, if that follows at once
			if len(c.drafts) > 0 && (c.withdrawn == nil || c.aftermath != nil || c.uncut) {
				c.unwritten = c.flush(ctx)
			}
		}
		c.desk.busy = false
	}
}

// next returns the next signal; none, if what came in does not read as one.
func (d *desk) next() (s station.Signal, ok bool) {
	if len(d.backlog) > 0 {
		s, d.backlog = d.backlog[0], d.backlog[1:]
		return s, true
	}
	ok = d.signals.ReceiveAsync(&s)
	return s, ok
}

// waiting reports whether something has come in that was not looked at.
func (d *desk) waiting() bool { return len(d.backlog) > 0 || d.signals.Len() > 0 }

// unread takes what has come in and was not looked at.
func (d *desk) unread() []station.Signal {
	left := d.backlog
	d.backlog = nil
	var s station.Signal
	for d.signals.ReceiveAsync(&s) {
		left = append(left, s)
		s = station.Signal{}
	}
	return left
}

// rest waits until the desk has nothing in hand.
func (d *desk) rest(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return !d.busy })
}

// take looks at one signal.
func (c *Case) take(ctx workflow.Context, s station.Signal) {
	if s.Kind == station.Resync {
		if !c.closing {
			c.put(ctx, station.Change{Event: station.EventResumed})
		}
		return
	}
	if c.desk.settled[s.Act] || c.laid(s.Act) {
		return
	}
	var a station.Act
	err := workflow.ExecuteLocalActivity(glance(ctx, "Load the act"), records.LoadAct, c.ID, s.Act).Get(ctx, &a)
	if err != nil || a.Status == station.ActRefused {
		// no row behind it: forged, or of another case; or refused before a
		// reset, and the person was told so
		if err != nil && !missing(err) {
			workflow.GetLogger(ctx).Warn("act not loaded", "case", c.ID, "act", s.Act, "error", err)
		}
		return
	}
	c.route(ctx, a)
}

// route lays an act where it belongs, or refuses it.
func (c *Case) route(ctx workflow.Context, a station.Act) {
	switch t := c.task(a.Task); {
	case c.withdrawn != nil && c.withdrawn.ID == a.ID:
	case c.renewing: // the next run's
		c.desk.backlog = append(c.desk.backlog, signalOf(a))
	case c.closing: // the last record settles it
	case a.Kind == station.Withdraw:
		c.withdraw(ctx, a)
	case t == nil && a.Status == station.Recorded:
		c.desk.early = append(c.desk.early, a)
	case t == nil:
		// a person can act on a task as soon as its row is there: the case may
		// not have heard yet of the change that opened it
		c.unwritten = c.flush(ctx)
		t = c.task(a.Task)
		switch {
		case t != nil:
			t.lay(a)
		case a.Kind == station.Move: // from a case that did not wait for this one to be ready to hear it
			c.desk.early = append(c.desk.early, a)
		default:
			c.Refuse(ctx, a, c.closedReason(a.Task))
		}
	default:
		t.lay(a)
	}
}

// dueNow are the acts that came before their task did.
func (d *desk) dueNow(task string) (acts []station.Act) {
	d.early = slices.DeleteFunc(d.early, func(a station.Act) bool {
		if a.Task == task {
			acts = append(acts, a)
		}
		return a.Task == task
	})
	return acts
}

// closedReason says why a task takes no acts any more.
func (c *Case) closedReason(task string) station.Reason {
	switch station.StageOfTask(task) {
	case station.StageReview, station.StageDefence, station.StageAppeal:
		return station.ReasonQuorumMet
	default:
		return station.ReasonTaskClosed
	}
}

// withdraw ends the procedure where it stands. Acts that wait at other tasks
// are refused by the last record.
func (c *Case) withdraw(ctx workflow.Context, a station.Act) {
	if c.withdrawn != nil {
		c.Refuse(ctx, a, station.ReasonWithdrawn)
		return
	}
	c.withdrawn = &a
	c.Settle(ctx, a, station.Change{Event: station.EventWithdrawn})
	c.cancel()
}

func signalOf(a station.Act) station.Signal {
	return station.Signal{Act: a.ID, Kind: a.Kind, Task: a.Task}
}

// laid reports whether an act lies with a task already, or waits for it.
func (c *Case) laid(act string) bool {
	if slices.ContainsFunc(c.desk.early, func(a station.Act) bool { return a.ID == act }) {
		return true
	}
	for _, t := range c.tasks {
		for _, a := range t.acts {
			if a.ID == act {
				return true
			}
		}
	}
	return false
}

func missing(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == string(station.NotFound)
}
