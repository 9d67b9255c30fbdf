package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// theMembership is what is undone if a case does not end well, as the history names
// it.
const theMembership = "membership"

// term admits the member, and has them serve their term. However the case ends, the
// membership ends before it.
func (a *admitting) term(ctx workflow.Context) (step.Outcome, error) {
	m := &membership{admitting: a, status: station.MemberActive}
	a.IfWithdrawn(step.Outcome{Notices: toApplicant("withdrawn", station.MailAngelWithdrawn)}, func(ctx workflow.Context) error {
		m.Forgo(theMembership)
		return m.quit(ctx, station.EventLeft, station.MemberLeft)
	})
	a.Undo(theMembership, func(ctx workflow.Context) error { return m.quit(ctx, "", station.MemberEnded) })
	running, renewing := a.terms.Running()
	turn, _, err := step.Serve(ctx, a.Floor, step.Serving{
		Running: running, Renewing: renewing, Begun: m.admitted, Rule: m.rule, Over: m.note,
		Standing: []station.TaskSpec{
			{ID: station.MembershipTask(a.ID), Kind: station.TaskMembership, Party: station.Applicant},
			{ID: station.OversightTask(a.ID), Kind: station.TaskOversight, Role: station.RoleDirector},
		},
		Renewal: m.renewal, Renewed: m.renewed, Ended: m.ended,
	})
	if err != nil {
		return step.Outcome{}, err
	}
	a.Forgo(theMembership)
	return over(turn), nil
}

// membership is a member's term under way.
type membership struct {
	*admitting
	status station.MemberStatus
}

func (m *membership) admitted(until time.Time) station.Change {
	return station.Change{
		Event: station.EventAdmitted, Details: station.Details{"until": until}, Member: &station.MemberMove{Status: m.status, Until: &until},
		Notices: toApplicant("admitted", station.MailAngelAdmitted),
	}
}

// rule settles what the member, or a director, does while the term runs.
func (m *membership) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	told := func(template station.Template) []station.NoticeSpec {
		return []station.NoticeSpec{{Occasion: string(a.Body.Verdict) + "." + a.ID, Template: template, Party: station.Applicant, Act: a.ID}}
	}
	becomes := func(event station.EventKind, notices ...station.NoticeSpec) station.Change {
		return station.Change{Event: event, Member: &station.MemberMove{Status: m.after(a.Body.Verdict)}, Notices: notices}
	}
	suspended := m.status == station.MemberSuspended
	switch v := a.Body.Verdict; {
	case t.Kind == station.TaskMembership && v == station.Amended:
		return station.Change{Event: station.EventInterests, Member: &station.MemberMove{Status: m.status, Declares: a.ID}}, ""
	case t.Kind == station.TaskMembership && v == station.Leave:
		return becomes(station.EventLeft), ""
	case t.Kind != station.TaskOversight:
	case v == station.Suspend && !suspended:
		return becomes(station.EventSuspended, told(station.MailAngelSuspended)...), ""
	case v == station.Reinstate && suspended:
		return becomes(station.EventReinstated, told(station.MailAngelReinstated)...), ""
	case v == station.Revoke:
		return becomes(station.EventRevoked), ""
	}
	return station.Change{}, station.ReasonNotExpected
}

// after is how the membership stands after a verdict.
func (m *membership) after(v station.Verdict) station.MemberStatus {
	switch v {
	case station.Suspend:
		return station.MemberSuspended
	case station.Reinstate:
		return station.MemberActive
	case station.Revoke:
		return station.MemberRevoked
	case station.Leave:
		return station.MemberLeft
	default:
		return m.status
	}
}

// note keeps how the membership stands, and reports whether it is over.
func (m *membership) note(_ workflow.Context, t step.Turn) (bool, error) {
	m.status = m.after(t.Body.Verdict)
	return m.status == station.MemberRevoked || m.status == station.MemberLeft, nil
}

func (m *membership) renewal(workflow.Context, step.Term) (station.TaskSpec, error) {
	return station.TaskSpec{Role: station.RoleOfficer, Notice: station.MailTask}, nil
}

func (m *membership) renewed(a station.Act, until time.Time) station.Change {
	return station.Change{
		Event: station.EventRenewed, Details: station.Details{"until": until}, Member: &station.MemberMove{Status: m.status, Until: &until},
		Notices: toApplicant("renewed."+a.ID, station.MailAngelRenewed),
	}
}

// ended ends a membership that an officer did not renew.
func (m *membership) ended(a *station.Act) station.Change {
	ch := station.Change{Member: &station.MemberMove{Status: station.MemberEnded}}
	if a != nil {
		ch.Event = station.EventThanked
	}
	return ch
}

// quit ends the membership of somebody whose case ends before its time.
func (m *membership) quit(ctx workflow.Context, event station.EventKind, as station.MemberStatus) error {
	return m.Note(ctx, station.Change{Event: event, Member: &station.MemberMove{Status: as}})
}

// over is the end of a case whose term has ended with a turn.
func over(t step.Turn) step.Outcome {
	o := step.Outcome{
		Status: station.Completed, Reason: station.ReasonTermOver, Event: station.EventCompleted, Notices: toApplicant("ended", station.MailAngelEnded),
	}
	switch t.Body.Verdict {
	case station.Leave:
		o.Reason = station.ReasonLeft
	case station.Revoke:
		o.Status, o.Reason, o.Event = station.Terminated, station.ReasonRevoked, station.EventTerminated
		o.Notices[0].Act = t.Act
	default:
	}
	return o
}
