package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// Grant follows the grant procedure (无偿资助).
//
//  1. Eligibility is checked at once, each rule by itself.
//  2. The district checks that the application is complete.
//  3. The city checks it.
//  4. Experts review it, and recommend a tier; an oral defence can be called.
//  5. The award is reserved in the fund, or the case waits for money.
//  6. The award is on public notice; objections are investigated.
//  7. The director signs.
//  8. The applicant accepts the agreement.
//  9. Tranches are paid, the later ones after evidence.
//  10. After a closing report, what was not paid is released.
//
// A decline before the agreement can be appealed once, to others.
func Grant(ctx workflow.Context, in station.CaseStart) error {
	return step.Run(ctx, in, grant)
}

func grant(ctx workflow.Context, c *step.Case) (step.Outcome, error) {
	terms, err := station.ReadGrantTerms(c.Terms)
	if err != nil {
		return step.Outcome{}, err
	}
	c.IfWithdrawn(step.Outcome{Notices: toApplicant("withdrawn", station.MailGrantWithdrawn)}, nil)
	g := &granting{Case: c, terms: terms}
	for _, part := range []func(workflow.Context) (step.Outcome, error){
		g.eligibility,  // 1.
		g.completeness, // 2.
		g.check,        // 3.
		g.review,       // 4.
		g.reserve,      // 5.
		g.notice,       // 6.
		g.sign,         // 7.
		g.agreement,    // 8.
		g.tranches,     // 9.
	} {
		if o, err := part(ctx); err != nil || o.Status != "" {
			return o, err
		}
	}
	return g.closing(ctx) // 10.
}

// granting is a grant on its way.
type granting struct {
	*step.Case
	terms    station.GrantTerms
	deciders []string // who decided, and hears no appeal
	rounds   int      // of eligibility
	eligible bool
	broken   []string // rules that say no
	waived   []string // those of them that an appeal has lifted
	found    step.Finding
	paid     int64 // fen
}

// review has experts score the project and recommend a tier; the award is the
// median. What is scored at an oral defence replaces what was scored on paper.
func (g *granting) review(ctx workflow.Context) (step.Outcome, error) {
	q := step.Reviewing{Stage: station.StageReview, Panel: g.terms.Review, Appoint: g.terms.Appoint, Exclude: g.deciders}
	var err error
	if g.found, err = step.Review(ctx, g.Case, q); err != nil {
		return step.Outcome{}, err
	}
	asked := g.found.Reviewers
	if d := g.terms.Defence; d != nil && g.found.Decided {
		held, err := step.Defence(ctx, g.Case, *d, g.officer(g.terms.Check), toApplicant("defence", station.MailDefenceCalled))
		if err != nil {
			return step.Outcome{}, err
		}
		if held {
			q.Stage, q.Only = station.StageDefence, g.found.Scorers
			q.Exclude = append(slices.Clone(g.deciders), without(asked, g.found.Scorers)...)
			if g.found, err = step.Review(ctx, g.Case, q); err != nil {
				return step.Outcome{}, err
			}
		}
	}
	g.deciders = append(append(g.deciders, asked...), g.found.Reviewers...)
	if g.found.Passed {
		return step.Outcome{}, nil
	}
	why := station.ReasonBelowPassMark
	if !g.found.Decided {
		why = station.ReasonNotDecided
	}
	return g.decline(ctx, why, step.Decision{}, station.MailGrantDeclined, g.panelHears)
}

// reserve claims the award's amount in the fund.
func (g *granting) reserve(ctx workflow.Context) (step.Outcome, error) {
	until := g.ClosesAt
	if g.terms.EndsAt != nil {
		until = *g.terms.EndsAt
	}
	reserved, err := step.Reserve(ctx, g.Case, step.Reserving{
		Fund: g.terms.Fund, Fen: g.found.Tier, Score: g.found.Mean, Wait: station.Wait{Until: &until},
		Waiting: toApplicant("waiting", station.MailGrantWaiting),
	})
	if err != nil || reserved {
		return step.Outcome{}, err
	}
	return lapsed(station.Lapsed, station.ReasonNoFunds), nil
}

// decline tells why, and hears an appeal. An empty outcome means that it was
// granted, and the procedure goes on.
func (g *granting) decline(ctx workflow.Context, why station.Reason, d step.Decision, told station.Template, hear func(workflow.Context) (step.Decision, error)) (step.Outcome, error) {
	if d.Made() {
		g.deciders = append(g.deciders, d.Actor)
	}
	o, granted, err := step.Decline(ctx, g.Case, step.Declining{
		Why: why, Words: d.Act, Party: station.Applicant, Wait: g.terms.Appeal, Hear: hear,
		Told: toApplicant("declined", told), Dismissed: toApplicant("appeal", station.MailAppealDismissed),
	})
	if err != nil || !granted {
		return o, err
	}
	return step.Outcome{}, g.Note(ctx, station.Change{Notices: toApplicant("appeal", station.MailAppealGranted)})
}

// officersHear has an officer of the city hear an appeal who decided nothing in
// the case.
func (g *granting) officersHear(ctx workflow.Context) (step.Decision, error) {
	task := g.officer(g.terms.Check)
	task.Wait = g.terms.Hearing
	return step.Check(ctx, g.Case, step.Checking{
		Stage: station.StageAppeal, Task: task, Exclude: g.deciders,
		Inquiries: step.Inquiries{Rounds: g.terms.InquiryRounds, Wait: g.terms.Inquiry},
	})
}

// panelHears has other experts hear an appeal; what they find counts.
func (g *granting) panelHears(ctx workflow.Context) (step.Decision, error) {
	found, err := step.Review(ctx, g.Case, step.Reviewing{Stage: station.StageAppeal, Panel: g.terms.Review, Appoint: g.terms.Appoint, Exclude: g.deciders})
	g.found = found
	g.deciders = append(g.deciders, found.Reviewers...)
	return found.Decision(), err
}

// officer is a task for the officers of a check's level.
func (g *granting) officer(check station.GrantCheck) station.TaskSpec {
	return station.TaskSpec{Role: station.RoleOfficer, Level: check.Level, Wait: check.Wait}
}

// without are those of a list who are not in another.
func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(others, s) })
}

func lapsed(how station.Status, why station.Reason) step.Outcome {
	return step.Outcome{Status: how, Reason: why, Notices: toApplicant("lapsed", station.MailGrantLapsed)}
}

func toApplicant(occasion string, t station.Template) []station.NoticeSpec {
	return []station.NoticeSpec{{Occasion: occasion, Template: t, Party: station.Applicant}}
}
