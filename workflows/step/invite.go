package step

import (
	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Inviting asks somebody whom another has named whether they want it.
type Inviting struct {
	Wait      station.Wait
	Notice    station.Template     // asks them, with a link that only they receive
	Unwilling []station.NoticeSpec // tell who named them that they declined, or did not answer
	Withdrawn []station.NoticeSpec // tell of a withdrawal, from here on
}

// Invite has the talent of a case consent, if somebody else opened it: from then
// on the case is theirs. Declined or unanswered, or withdrawn before, it ends with
// the outcome that is returned, and nothing of them is left. It says who named
// them; "" if the applicant speaks for themself.
func Invite(ctx workflow.Context, c *Case, q Inviting) (inviter string, o Outcome, err error) {
	inviter, err = Read[string](ctx, c, "inviter", "Who invited them?", records.Inviter, c.ID)
	if err != nil {
		return "", Outcome{}, err
	}
	gone := Outcome{Notices: q.Withdrawn, End: station.Ending{Erase: inviter != ""}}
	c.IfWithdrawn(gone, nil)
	if inviter == "" {
		return "", Outcome{}, nil
	}
	c.Enter(station.StageConsent)
	spec := station.TaskSpec{
		ID: c.TaskID(station.StageConsent), Kind: station.TaskConsent, Party: station.Talent, Wait: q.Wait, Notice: q.Notice,
	}
	f := NewFloor(c)
	if _, err := f.Put(ctx, station.Change{Event: station.EventAsked, Task: spec.ID}, spec); err != nil {
		return "", Outcome{}, err
	}
	turn, err := f.Next(ctx, consents)
	if err != nil || turn.Body.Verdict != station.Consent {
		return inviter, q.unwilling(turn), err
	}
	gone.End.Erase = false
	c.IfWithdrawn(gone, nil)
	return inviter, Outcome{}, nil
}

// consents makes the case theirs who consents.
func consents(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	closing := []station.TaskEnd{{Task: t.ID, Status: station.TaskDone}}
	switch {
	case a == nil:
		return station.Change{}, ""
	case a.Body.Verdict == station.Consent:
		return station.Change{Event: station.EventConsented, Adopt: station.Talent, Close: closing}, ""
	default:
		return station.Change{Event: station.EventRefused, Close: closing}, ""
	}
}

// unwilling closes the case of somebody who said no, or nothing.
func (q Inviting) unwilling(t Turn) Outcome {
	o := Outcome{Status: station.Refused, Reason: station.ReasonConsentRefused, End: station.Ending{Erase: true}, Notices: q.Unwilling}
	if t.Overdue {
		o.Status, o.Reason = station.Lapsed, station.ReasonConsentSilent
	}
	return o
}
