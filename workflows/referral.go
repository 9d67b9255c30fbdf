package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// Referral follows the referral procedure (人才举荐): "talent knows talent".
//
//  1. Someone refers a talent.
//  2. The talent consents by a mailed link. Declined or unanswered, the case
//     closes and the talent's data is erased.
//  3. Probable duplicates are looked for; if there are any, an officer merges
//     the referral into one of them, or keeps it apart.
//  4. An officer checks the evidence, with inquiries.
//  5. Reviewers score.
//  6. Accepted, the talent enters the reserve, and the referrer is credited.
//  7. Declined, the parties are told why, and can appeal once to others.
func Referral(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, referral)
}

func referral(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	// 1. Someone refers a talent.
	terms, err := station.ReadReferralTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	// 2. The talent consents.
	c.IfWithdrawn(withdrawn(beforeConsent), nil)
	consent, err := step.Consent(ctx, c, terms.Consent)
	if err != nil || consent.Verdict != station.Consent {
		return unwilling(consent), err
	}
	c.IfWithdrawn(withdrawn(afterConsent), nil)
	// 3. Probable duplicates are looked for.
	known, err := duplicate(ctx, c, terms)
	if err != nil || known.Verdict == station.Merge {
		return merged(known), err
	}
	// 4. An officer checks the evidence.
	check, err := step.Check(ctx, c, step.Checking{
		Stage: station.StageCheck, Task: station.TaskSpec{Role: station.RoleOfficer, Wait: terms.Check},
		Inquiries: step.Inquiries{Rounds: terms.InquiryRounds, Wait: terms.Inquiry},
	})
	if err != nil {
		return step.Outcome{}, err
	}
	deciders := []string{check.Actor}
	if check.Verdict != station.Accept {
		return decline(ctx, c, terms, reasonOf(check, station.ReasonByOfficer), check.Act, deciders)
	}
	// 5. Reviewers score.
	found, err := step.Review(ctx, c, step.Reviewing{Stage: station.StageReview, Panel: terms.Review, Appoint: terms.Appoint, Exclude: deciders})
	if err != nil {
		return step.Outcome{}, err
	}
	// 6. Accepted.
	if found.Passed {
		return accepted(terms, found), nil
	}
	// 7. Declined.
	why := station.ReasonBelowPassMark
	if !found.Decided {
		why = station.ReasonNotDecided
	}
	return decline(ctx, c, terms, why, "", append(deciders, found.Reviewers...))
}

// duplicate has an officer decide, if the talent may be known already. If
// nobody decides, the referral goes its own way: nothing is lost by that.
func duplicate(ctx workflow.Context, c *step.Case, terms station.ReferralTerms) (step.Decision, error) {
	var records *activities.Records
	found, err := step.Read[[]station.Duplicate](ctx, c, "duplicates", "Look for duplicates", records.Duplicates, c.ID)
	if err != nil || len(found) == 0 {
		return step.Decision{}, err
	}
	c.Enter(station.StageDuplicates)
	return step.Decide(ctx, c, step.Question{
		Stage: station.StageDuplicates, Event: station.EventDuplicates,
		Task: station.TaskSpec{
			Kind: station.TaskDuplicate, Role: station.RoleOfficer, Wait: terms.Duplicates,
			Details: station.Details{"duplicates": found},
		},
		Events: map[station.Verdict]station.EventKind{station.Merge: station.EventMerged, station.KeepApart: station.EventKeptApart},
	})
}

// decline tells why, and hears an appeal with reviewers who did not decide
// before.
func decline(ctx workflow.Context, c *step.Case, terms station.ReferralTerms, why station.Reason, words string, deciders []string) (step.Outcome, error) {
	var found step.Finding
	o, granted, err := step.Decline(ctx, c, step.Declining{
		Why: why, Words: words, Party: station.Talent, Wait: terms.Appeal, Dismissed: told("appeal", station.MailAppealDismissed),
		Told: []station.NoticeSpec{
			{Occasion: "declined", Template: station.MailDeclined, Party: station.Talent},
			{Occasion: "declined", Template: station.MailDeclinedReferrer, Party: station.Applicant},
		},
		Hear: func(ctx workflow.Context) (heard step.Decision, err error) {
			found, err = step.Review(ctx, c, step.Reviewing{
				Stage: station.StageAppeal, Panel: terms.Review, Appoint: terms.Appoint, Exclude: deciders,
			})
			return found.Decision(), err
		},
	})
	if err != nil || !granted {
		return o, err
	}
	o = accepted(terms, found)
	o.Notices = append(o.Notices, told("appeal", station.MailAppealGranted)...)
	return o, nil
}

func accepted(terms station.ReferralTerms, found step.Finding) step.Outcome {
	grade := terms.GradeOf(found.Mean)
	return step.Outcome{
		Status: station.Accepted, Event: station.EventAccepted,
		Details: station.Details{"grade": grade, "score": found.Mean},
		End:     station.Ending{Enter: &station.ReserveEntry{Grade: grade, Score: found.Mean}},
		Notices: []station.NoticeSpec{
			{Occasion: "accepted", Template: station.MailAccepted, Party: station.Talent},
			{Occasion: "accepted", Template: station.MailAcceptedReferrer, Party: station.Applicant},
		},
	}
}

func merged(known step.Decision) step.Outcome {
	return step.Outcome{
		Status: station.Merged, Reason: station.ReasonDuplicate, End: station.Ending{Credit: known.Target},
		Notices: []station.NoticeSpec{{Occasion: "merged", Template: station.MailMerged, Party: station.Applicant}},
	}
}

// unwilling closes a case whose talent said no, or nothing.
func unwilling(consent step.Decision) step.Outcome {
	o := step.Outcome{
		Status: station.Lapsed, Reason: station.ReasonConsentSilent, End: station.Ending{Erase: true},
		Notices: []station.NoticeSpec{{Occasion: "consent", Template: station.MailConsentRefused, Party: station.Applicant}},
	}
	if consent.Made() {
		o.Status, o.Reason = station.Refused, station.ReasonConsentRefused
	}
	return o
}

// Before the talent consented, a withdrawal leaves nothing of them; afterwards
// they are told.
const (
	beforeConsent = false
	afterConsent  = true
)

func withdrawn(consented bool) step.Outcome {
	o := step.Outcome{
		End:     station.Ending{Erase: !consented},
		Notices: []station.NoticeSpec{{Occasion: "withdrawn", Template: station.MailWithdrawnRefer, Party: station.Applicant}},
	}
	if consented {
		o.Notices = append(o.Notices, station.NoticeSpec{Occasion: "withdrawn", Template: station.MailWithdrawn, Party: station.Talent})
	}
	return o
}

// told writes the same to the talent and to the referrer.
func told(occasion string, t station.Template) []station.NoticeSpec {
	return []station.NoticeSpec{
		{Occasion: occasion, Template: t, Party: station.Talent},
		{Occasion: occasion, Template: t, Party: station.Applicant},
	}
}

// reasonOf is why, or that nobody decided in time.
func reasonOf(d step.Decision, why station.Reason) station.Reason {
	if d.Made() {
		return why
	}
	return station.ReasonNotDecided
}
