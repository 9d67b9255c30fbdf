package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// Angel follows an angel (天使投资人) into the hub, and through their term.
//
//  1. Somebody applies; or an officer invites them, they consent by a mailed link
//     and hand in proof of an investment. Declined or unanswered, the case closes
//     and their data is erased.
//  2. An officer checks that they have invested, with inquiries.
//  3. Admitted angels vouch for their reputation.
//  4. The members vote.
//  5. Admitted, they serve a term. They can leave; a director can suspend them,
//     reinstate them, or revoke the membership.
//  6. Near the end of a term, an officer renews it, or thanks.
//
// A decline can be appealed once, to a director.
func Angel(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, angel)
}

func angel(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadAngelTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	a := &admitting{Floor: step.NewFloor(c), terms: terms}
	for _, part := range []func(workflow.Context) (step.Outcome, error){
		a.invitation, // 1.
		a.check,      // 2.
		a.vouching,   // 3.
		a.vote,       // 4.
	} {
		if o, err := part(ctx); err != nil || o.Status != "" {
			return o, err
		}
	}
	return a.term(ctx) // 5. and 6.
}

// admitting is an admission on its way.
type admitting struct {
	*step.Floor
	terms    station.AngelTerms
	proof    string   // the act by which an invited angel handed it in
	deciders []string // who invited or decided, and hears no appeal
}

// invitation has who is invited consent, and hand in what an applicant does. From
// their consent on, the case is theirs.
func (a *admitting) invitation(ctx workflow.Context) (step.Outcome, error) {
	var records *activities.Records
	inviter, err := step.Read[string](ctx, a.Case, "inviter", "Who invited them?", records.Inviter, a.ID)
	if err != nil {
		return step.Outcome{}, err
	}
	gone := step.Outcome{Notices: toApplicant("withdrawn", station.MailAngelWithdrawn), End: station.Ending{Erase: inviter != ""}}
	a.IfWithdrawn(gone, nil)
	if inviter == "" {
		return step.Outcome{}, nil
	}
	a.deciders = []string{inviter}
	a.Enter(station.StageConsent)
	spec := station.TaskSpec{
		ID: a.TaskID(station.StageConsent), Kind: station.TaskConsent, Party: station.Talent, Wait: a.terms.Consent, Notice: station.MailAngelInvited,
	}
	if _, err := a.Put(ctx, station.Change{Event: station.EventAsked, Task: spec.ID}, spec); err != nil {
		return step.Outcome{}, err
	}
	turn, err := a.Next(ctx, consents)
	if err != nil || turn.Body.Verdict != station.Consent {
		return uninvited(turn), err
	}
	gone.End.Erase = false
	a.IfWithdrawn(gone, nil)
	a.proof, err = step.HandIn(ctx, a.Case, step.Handing{
		Stage: station.StageProof, Wait: a.terms.Proof, Details: station.Details{}, Event: station.EventAssigned, Asked: station.MailAngelProof,
	})
	if err != nil || a.proof != "" {
		return step.Outcome{}, err
	}
	return step.Outcome{
		Status: station.Lapsed, Reason: station.ReasonProofLate, Notices: toApplicant("lapsed", station.MailAngelDeclined),
	}, nil
}

func consents(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch {
	case a == nil:
		return station.Change{}, ""
	case a.Body.Verdict == station.Consent:
		return station.Change{Event: station.EventConsented, Adopt: station.Talent, Close: end(t)}, ""
	default:
		return station.Change{Event: station.EventRefused, Close: end(t)}, ""
	}
}

// uninvited closes the case of somebody who said no, or nothing.
func uninvited(t step.Turn) step.Outcome {
	o := step.Outcome{
		Status: station.Refused, Reason: station.ReasonConsentRefused, End: station.Ending{Erase: true},
		Notices: toApplicant("consent", station.MailAngelUninvited),
	}
	if t.Overdue {
		o.Status, o.Reason = station.Lapsed, station.ReasonConsentSilent
	}
	return o
}

// check has an officer check at least one real investment. Who invited them is not
// the one to do it.
func (a *admitting) check(ctx workflow.Context) (step.Outcome, error) {
	task := station.TaskSpec{Role: station.RoleOfficer, Wait: a.terms.Check}
	if a.proof != "" {
		task.Details = station.Details{"act": a.proof}
	}
	d, err := step.Check(ctx, a.Case, step.Checking{Stage: station.StageCheck, Task: task, Exclude: a.deciders, Inquiries: a.inquiries()})
	if err != nil {
		return step.Outcome{}, err
	}
	if d.Made() {
		a.deciders = append(a.deciders, d.Actor)
	}
	if d.Verdict == station.Accept {
		return step.Outcome{}, nil
	}
	return a.decline(ctx, reasonOf(d, station.ReasonByOfficer), d.Act)
}

func (a *admitting) inquiries() step.Inquiries {
	return step.Inquiries{Rounds: a.terms.InquiryRounds, Wait: a.terms.Inquiry}
}

// vote has the members vote; each can change their mind until it is over.
func (a *admitting) vote(ctx workflow.Context) (step.Outcome, error) {
	a.Enter(station.StageVote)
	spec := station.TaskSpec{ID: a.TaskID(station.StageVote), Kind: station.TaskVote, Role: station.RoleAngel, Wait: a.terms.Vote}
	called := station.NoticeSpec{Occasion: "vote", Template: station.MailAngelVote, Pool: station.PoolAngels, Task: spec.ID}
	_, err := a.Put(ctx, station.Change{Event: station.EventAssigned, Task: spec.ID, Notices: []station.NoticeSpec{called}}, spec)
	if err != nil {
		return step.Outcome{}, err
	}
	v := &voting{admitting: a}
	for over := false; !over; {
		turn, err := a.Next(ctx, v.rule)
		if err != nil {
			return step.Outcome{}, err
		}
		over = turn.Overdue
		v.note(turn)
	}
	switch quorum, carried := a.terms.Carried(v.votes); {
	case !quorum:
		return a.decline(ctx, station.ReasonNoQuorum, "")
	case !carried:
		return a.decline(ctx, station.ReasonVotedDown, "")
	default:
		return step.Outcome{}, nil
	}
}

// decline tells why, and has a director hear an appeal. An empty outcome means
// that it was granted, and the procedure goes on.
func (a *admitting) decline(ctx workflow.Context, why station.Reason, words string) (step.Outcome, error) {
	o, granted, err := step.Decline(ctx, a.Case, step.Declining{
		Why: why, Words: words, Party: station.Applicant, Wait: a.terms.Appeal,
		Told: toApplicant("declined", station.MailAngelDeclined), Dismissed: toApplicant("appeal", station.MailAppealDismissed),
		Hear: func(ctx workflow.Context) (step.Decision, error) {
			return step.Check(ctx, a.Case, step.Checking{
				Stage: station.StageAppeal, Task: station.TaskSpec{Role: station.RoleDirector, Wait: a.terms.Hearing},
				Exclude: a.deciders, Inquiries: a.inquiries(),
			})
		},
	})
	if err != nil || !granted {
		return o, err
	}
	return step.Outcome{}, a.Note(ctx, station.Change{Notices: toApplicant("appeal", station.MailAppealGranted)})
}
