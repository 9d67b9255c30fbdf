package workflows

import (
	"go.temporal.io/sdk/workflow"

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

// invitation has who is invited consent, and hand in what an applicant does.
func (a *admitting) invitation(ctx workflow.Context) (step.Outcome, error) {
	inviter, o, err := step.Invite(ctx, a.Case, step.Inviting{
		Wait: a.terms.Consent, Notice: station.MailAngelInvited,
		Unwilling: toApplicant("consent", station.MailAngelUninvited), Withdrawn: toApplicant("withdrawn", station.MailAngelWithdrawn),
	})
	if err != nil || o.Status != "" || inviter == "" {
		return o, err
	}
	a.deciders = []string{inviter}
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
