package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// Ambassador follows a youth talent ambassador (青年人才大使) into their office, and
// through it.
//
//  1. Somebody applies, or nominates somebody else.
//  2. The nominee consents by a mailed link: from then on the case is theirs.
//     Declined or unanswered, it closes and their data is erased.
//  3. An officer confirms the tie to the institution, with inquiries.
//  4. The panel approves.
//  5. A director signs, and a letter of appointment is issued.
//  6. The term runs. They can resign, or move to another institution once an
//     officer has confirmed that tie; a director can revoke the office.
//  7. Near the end of a term, an officer sees what they did in it, and renews it,
//     or thanks: then the office ends with the term.
//
// A decline can be appealed once, and so can a revocation: to another director.
func Ambassador(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, ambassador)
}

func ambassador(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadAmbassadorTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	c.InOrder()
	a := &appointing{Floor: step.NewFloor(c), terms: terms}
	for _, part := range []func(workflow.Context) (step.Outcome, error){
		a.nomination, // 1. and 2.
		a.check,      // 3.
		a.review,     // 4.
		a.sign,       // 5.
	} {
		if o, err := part(ctx); err != nil || o.Status != "" {
			return o, err
		}
	}
	return a.office(ctx) // 6. and 7.
}

// appointing is an appointment on its way.
type appointing struct {
	*step.Floor
	terms     station.AmbassadorTerms
	nominator []string // who nominated them, if somebody did
	deciders  []string // who nominated or decided, and hears no appeal
	signed    string   // the act by which a director signed
}

// nomination has who was nominated consent.
func (a *appointing) nomination(ctx workflow.Context) (step.Outcome, error) {
	by, o, err := step.Invite(ctx, a.Case, step.Inviting{
		Wait: a.terms.Consent, Notice: station.MailAmbassadorNominated,
		Unwilling: toApplicant("consent", station.MailAmbassadorUnwilling), Withdrawn: a.withdrawn(),
	})
	if by != "" {
		a.nominator = []string{by}
		a.deciders = []string{by}
	}
	return o, err
}

func (a *appointing) withdrawn() []station.NoticeSpec {
	return toApplicant("withdrawn", station.MailAmbassadorWithdrawn)
}

// check has an officer confirm the tie to the institution. Who nominated them is not
// the one to do it.
func (a *appointing) check(ctx workflow.Context) (step.Outcome, error) {
	d, err := step.Check(ctx, a.Case, step.Checking{
		Stage: station.StageCheck, Task: station.TaskSpec{Role: station.RoleOfficer, Wait: a.terms.Check}, Exclude: a.nominator, Inquiries: a.inquiries(),
	})
	if err != nil {
		return step.Outcome{}, err
	}
	if d.Verdict == station.Accept {
		a.deciders = append(a.deciders, d.Actor)
		return step.Outcome{}, nil
	}
	return a.decline(ctx, reasonOf(d, station.ReasonNotTied), d)
}

func (a *appointing) inquiries() step.Inquiries {
	return step.Inquiries{Rounds: a.terms.InquiryRounds, Wait: a.terms.Inquiry}
}

// review has the panel say whether they are fit for the office.
func (a *appointing) review(ctx workflow.Context) (step.Outcome, error) {
	found, err := step.Review(ctx, a.Case, step.Reviewing{
		Stage: station.StageReview, Panel: a.terms.Review, Appoint: a.terms.Appoint, Exclude: slices.Clone(a.deciders),
	})
	if err != nil {
		return step.Outcome{}, err
	}
	a.deciders = append(a.deciders, found.Reviewers...)
	switch {
	case found.Passed:
		return step.Outcome{}, nil
	case found.Decided:
		return a.decline(ctx, station.ReasonBelowPassMark, step.Decision{})
	default:
		return a.decline(ctx, station.ReasonNotDecided, step.Decision{})
	}
}

// sign has a director sign. A granted appeal stands for the signature.
func (a *appointing) sign(ctx workflow.Context) (step.Outcome, error) {
	a.Enter(station.StageSignature)
	d, err := step.Decide(ctx, a.Case, step.Question{
		Stage: station.StageSignature, Event: station.EventAssigned, Exclude: a.nominator,
		Task:   station.TaskSpec{Kind: station.TaskSign, Role: station.RoleDirector, Wait: a.terms.Signature},
		Events: map[station.Verdict]station.EventKind{station.Sign: station.EventSigned, station.Decline: station.EventNotSigned},
	})
	if err != nil {
		return step.Outcome{}, err
	}
	if d.Verdict == station.Sign {
		a.signed = d.Act
		return step.Outcome{}, nil
	}
	return a.decline(ctx, reasonOf(d, station.ReasonByDirector), d)
}

// decline tells why, and has a director hear an appeal who did not decide before. An
// empty outcome means that it was granted, and the procedure goes on.
func (a *appointing) decline(ctx workflow.Context, why station.Reason, d step.Decision) (step.Outcome, error) {
	if d.Made() {
		a.deciders = append(a.deciders, d.Actor)
	}
	var heard step.Decision
	o, granted, err := step.Decline(ctx, a.Case, step.Declining{
		Why: why, Words: d.Act, Party: station.Applicant, Wait: a.terms.Appeal,
		Told: toApplicant("declined", station.MailAmbassadorDeclined), Dismissed: toApplicant("appeal", station.MailAppealDismissed),
		Hear: func(ctx workflow.Context) (_ step.Decision, err error) {
			heard, err = a.hear(ctx, a.deciders)
			return heard, err
		},
	})
	if err != nil || !granted {
		return o, err
	}
	a.deciders, a.signed = append(a.deciders, heard.Actor), heard.Act
	return step.Outcome{}, a.Note(ctx, station.Change{Notices: toApplicant("appeal", station.MailAppealGranted)})
}

// hear has a director hear an appeal who is none of those before.
func (a *appointing) hear(ctx workflow.Context, before []string) (step.Decision, error) {
	return step.Check(ctx, a.Case, step.Checking{
		Stage: station.StageAppeal, Task: station.TaskSpec{Role: station.RoleDirector, Wait: a.terms.Hearing},
		Exclude: before, Inquiries: a.inquiries(),
	})
}
