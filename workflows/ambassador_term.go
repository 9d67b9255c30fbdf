package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

const (
	// theOffice is what is undone if a case does not end well, as the history names
	// it.
	theOffice = "office"
	// tie numbers the checks of the tie to another institution.
	tie station.Stage = "tie"
)

// office is 6. and 7.: the ambassador serves their term. However the case ends, the
// office ends before it. Where a revocation is lifted, the term goes on to the end
// that it had.
func (a *appointing) office(ctx workflow.Context) (step.Outcome, error) {
	o := &office{appointing: a, letters: 1}
	running, renewing := a.terms.Running()
	serving := step.Serving{
		Running: running, Renewing: renewing, Begun: o.appointed, Rule: o.rule, Over: o.note,
		Standing: []station.TaskSpec{
			{ID: station.MembershipTask(a.ID), Kind: station.TaskOffice, Party: station.Applicant},
			{ID: station.OversightTask(a.ID), Kind: station.TaskOversight, Role: station.RoleDirector},
		},
		Renewal: o.renewal, Renewed: o.renewed, Thanked: o.thanked, Ended: o.ended,
	}
	for {
		o.hold()
		turn, term, err := step.Serve(ctx, a.Floor, serving)
		if err != nil {
			return step.Outcome{}, err
		}
		a.Forgo(theOffice)
		if turn.Body.Verdict != station.Revoke {
			return retired(turn), nil
		}
		end, heard, err := o.revoked(ctx, turn)
		if err != nil || end.Status != "" {
			return end, err
		}
		serving.Resumes = &term
		serving.Begun = func(time.Time) station.Change { return o.reinstated(heard) }
	}
}

// office is an ambassador's office under way.
type office struct {
	*appointing
	letters int    // of appointment that were issued
	moving  string // the act by which they ask to move to another institution; "": they do not
}

// hold says how the office ends if the case does before it.
func (o *office) hold() {
	o.IfWithdrawn(step.Outcome{Notices: o.withdrawn()}, func(ctx workflow.Context) error {
		o.Forgo(theOffice)
		return o.quit(ctx, station.EventResigned, station.OfficeResigned)
	})
	o.Undo(theOffice, func(ctx workflow.Context) error { return o.quit(ctx, "", station.OfficeEnded) })
}

func (o *office) quit(ctx workflow.Context, event station.EventKind, as station.OfficeStatus) error {
	return o.Note(ctx, station.Change{Event: event, Office: &station.OfficeMove{Status: as}})
}

func (o *office) appointed(until time.Time) station.Change {
	return station.Change{
		Event: station.EventInOffice, Details: station.Details{"until": until}, Office: o.letter(1, &until),
		Notices: toApplicant("appointed", station.MailAmbassadorAppointed),
	}
}

// letter issues the n-th letter of appointment.
func (o *office) letter(n int, until *time.Time) *station.OfficeMove {
	return &station.OfficeMove{Status: station.OfficeActive, Until: until, Letter: n, Signed: o.signed}
}

// rule settles what the ambassador, an officer or a director does while the term
// runs.
func (o *office) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	if t.Kind == station.TaskTie {
		return o.tied(t, a), ""
	}
	switch v := a.Body.Verdict; {
	case t.Kind == station.TaskOffice && v == station.Resign:
		return station.Change{Event: station.EventResigned, Office: &station.OfficeMove{Status: station.OfficeResigned}}, ""
	case t.Kind == station.TaskOffice && v == station.Transfer && o.moving != "":
		return station.Change{}, station.ReasonTransfer
	case t.Kind == station.TaskOffice && v == station.Transfer:
		return station.Change{Event: station.EventTransfer}, ""
	case t.Kind == station.TaskOversight && v == station.Revoke:
		return station.Change{
			Event: station.EventRevoked, Office: &station.OfficeMove{Status: station.OfficeRevoked},
			Close: append(end(t), o.Closing(station.TaskCancelled, "", station.TaskOffice, station.TaskPhase, station.TaskRenewal, station.TaskTie)...),
		}, ""
	default:
		return station.Change{}, station.ReasonNotExpected
	}
}

// tied settles whether they move to another institution. Without a tie that an
// officer confirms they stay with the one they have.
func (o *office) tied(t station.TaskSpec, a *station.Act) station.Change {
	told := station.NoticeSpec{Occasion: "tie." + o.moving, Template: station.MailAmbassadorNotTied, Party: station.Applicant}
	if a == nil {
		return station.Change{Event: station.EventNotTied, Details: station.Details{"reason": station.ReasonNotDecided}, Notices: []station.NoticeSpec{told}}
	}
	ch := station.Change{Event: station.EventNotTied, Details: station.Details{"reason": station.ReasonNotTied}, Close: end(t)}
	told.Act = a.ID
	if a.Body.Verdict == station.Accept {
		told.Template = station.MailAmbassadorTransferred
		ch.Event, ch.Details, ch.Office = station.EventTransferred, nil, o.letter(o.letters+1, nil)
		ch.Office.Transfers = o.moving
	}
	ch.Notices = []station.NoticeSpec{told}
	return ch
}

// note keeps what was done, has an officer check the tie to another institution, and
// reports whether the term is over.
func (o *office) note(ctx workflow.Context, t step.Turn) (bool, error) {
	switch v := t.Body.Verdict; {
	case t.Kind == station.TaskTie:
		o.moving = ""
		if v == station.Accept {
			o.letters++
		}
	case v == station.Renew:
		o.letters++
	case v == station.Transfer:
		o.moving = t.Act
		_, err := o.Put(ctx, station.Change{}, station.TaskSpec{
			ID: o.TaskID(tie), Kind: station.TaskTie, Role: station.RoleOfficer, Wait: o.terms.Transfer, Notice: station.MailTask,
			Details: station.Details{"act": t.Act},
		})
		return false, err
	case v == station.Resign, v == station.Revoke:
		o.moving = ""
		return true, nil
	default:
	}
	return false, nil
}

// renewal shows an officer what the ambassador has done since the renewal before was
// due: each referral is in the record of one renewal.
func (o *office) renewal(ctx workflow.Context, term step.Term) (station.TaskSpec, error) {
	var records *activities.Records
	done, err := step.Read[station.OfficeRecord](ctx, o.Case, "office record", "What have they done in the term?", records.OfficeRecord, o.ID, term.Counts, term.Renewal)
	return station.TaskSpec{
		Role: station.RoleOfficer, Notice: station.MailTask,
		Details: station.Details{"made": done.Made, "accepted": done.Accepted, "since": term.Counts},
	}, err
}

func (o *office) renewed(a station.Act, until time.Time) station.Change {
	return station.Change{
		Event: station.EventRenewed, Details: station.Details{"until": until}, Office: o.letter(o.letters+1, &until),
		Notices: toApplicant("renewed."+a.ID, station.MailAmbassadorRenewed),
	}
}

// thanked has who is not renewed hold the office to the end of the term, as the letter
// of appointment says.
func (o *office) thanked(a station.Act, until time.Time) station.Change {
	return station.Change{
		Event: station.EventThanked, Details: station.Details{"until": until}, Notices: toApplicant("thanked."+a.ID, station.MailAmbassadorThanked),
	}
}

// ended ends an office that nobody renewed.
func (o *office) ended(a *station.Act) station.Change {
	ch := station.Change{Office: &station.OfficeMove{Status: station.OfficeEnded}}
	if a != nil {
		ch.Event = station.EventThanked
	}
	return ch
}

// revoked tells them why the office was revoked, and has another director hear an
// appeal. An empty outcome means that it was granted.
func (o *office) revoked(ctx workflow.Context, t step.Turn) (end step.Outcome, heard step.Decision, err error) {
	o.IfWithdrawn(step.Outcome{Notices: o.withdrawn()}, nil)
	end, granted, err := step.Decline(ctx, o.Case, step.Declining{
		Matter: t.Act, Why: station.ReasonRevoked, As: station.Terminated, Noted: true, Words: t.Act,
		Party: station.Applicant, Wait: o.terms.Appeal,
		Told: toApplicant("revoked."+t.Act, station.MailAmbassadorRevoked), Dismissed: toApplicant("appeal."+t.Act, station.MailAppealDismissed),
		Hear: func(ctx workflow.Context) (_ step.Decision, err error) {
			heard, err = o.hear(ctx, []string{t.Actor})
			return heard, err
		},
	})
	if err != nil || granted {
		return step.Outcome{}, heard, err
	}
	end.Event = station.EventTerminated
	return end, heard, nil
}

// reinstated gives the office back.
func (o *office) reinstated(heard step.Decision) station.Change {
	return station.Change{
		Event: station.EventReinstated, Office: &station.OfficeMove{Status: station.OfficeActive},
		Notices: []station.NoticeSpec{{
			Occasion: "reinstated." + heard.Act, Template: station.MailAmbassadorReinstated, Party: station.Applicant, Act: heard.Act,
		}},
	}
}

// retired is the end of a case whose ambassador left the office with a turn. Who has
// served to the end of the term was told of it with the thanks.
func retired(t step.Turn) step.Outcome {
	o := step.Outcome{Status: station.Completed, Reason: station.ReasonTermOver, Event: station.EventCompleted}
	switch {
	case t.Body.Verdict == station.Resign:
		o.Reason, o.Notices = station.ReasonResigned, toApplicant("resigned", station.MailAmbassadorResigned)
	case t.Kind != station.TaskPhase:
		o.Notices = toApplicant("ended", station.MailAmbassadorEnded)
	}
	return o
}
