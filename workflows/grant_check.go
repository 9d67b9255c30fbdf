package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// eligibility evaluates every rule; the first decision is no person's.
func (g *granting) eligibility(ctx workflow.Context) (step.Outcome, error) {
	g.Enter(station.StageEligibility)
	if err := g.assess(ctx); err != nil || g.eligible {
		return step.Outcome{}, err
	}
	return g.ineligible(ctx)
}

// ineligible declines what a rule says no to. If an appeal is granted, that rule
// says nothing any more in this case.
func (g *granting) ineligible(ctx workflow.Context) (step.Outcome, error) {
	o, err := g.decline(ctx, station.ReasonIneligible, step.Decision{}, station.MailGrantIneligible, g.officersHear)
	if err == nil && o.Status == "" {
		g.waived = append(g.waived, g.broken...)
	}
	return o, err
}

// assess evaluates the rules on the form as it stands.
func (g *granting) assess(ctx workflow.Context) error {
	var records *activities.Records
	g.rounds++
	results, err := step.Read[[]station.Assessed](ctx, g.Case, "assess", "Evaluate the rules of eligibility", records.Assess, g.ID, g.rounds, workflow.Now(ctx))
	if err != nil {
		return err
	}
	g.eligible, g.broken = true, []string{}
	for _, r := range results {
		if !r.Passed && !r.Advisory {
			g.broken = append(g.broken, r.Code)
			g.eligible = g.eligible && slices.Contains(g.waived, r.Code)
		}
	}
	return g.Note(ctx, station.Change{Event: station.EventAssessed, Details: station.Details{"rules": len(results), "broken": g.broken}})
}

// completeness has the district check that everything is there.
func (g *granting) completeness(ctx workflow.Context) (step.Outcome, error) {
	return g.checked(ctx, step.Checking{
		Stage: station.StageCompleteness, Event: station.EventCompleteness, Task: g.officer(g.terms.Completeness),
		Inquiries: step.Inquiries{Changed: g.stillEligible},
	}, nil)
}

// check has the city check the application. It may ask the applicant, or send it
// back to the district with a question. What the district decided stands, unless
// an answer changed something that the district had looked at.
func (g *granting) check(ctx workflow.Context) (step.Outcome, error) {
	return g.checked(ctx, step.Checking{
		Stage: station.StageCheck, Task: g.officer(g.terms.Check),
		Inquiries: step.Inquiries{Changed: func(ctx workflow.Context, fields []string) (bool, error) {
			eligible, err := g.stillEligible(ctx, fields)
			return eligible && !g.terms.Completeness.Touches(fields), err
		}},
	}, g.completeness)
}

// stillEligible evaluates the rules again when an answer has changed the form.
func (g *granting) stillEligible(ctx workflow.Context, _ []string) (bool, error) {
	err := g.assess(ctx)
	return g.eligible, err
}

// checked is one level's check. Where an answer took its ground away, what came
// before is done again.
func (g *granting) checked(ctx workflow.Context, q step.Checking, before func(workflow.Context) (step.Outcome, error)) (step.Outcome, error) {
	q.Rounds, q.Wait = g.terms.InquiryRounds, g.terms.Inquiry
	for {
		q.Exclude = nil
		if q.Stage == station.StageCheck { // two levels, two people
			q.Exclude = g.deciders
		}
		d, err := step.Check(ctx, g.Case, q)
		switch {
		case err != nil:
			return step.Outcome{}, err
		case d.Verdict == station.Accept:
			g.deciders = append(g.deciders, d.Actor)
			return step.Outcome{}, nil
		case d.Verdict == step.Voided && !g.eligible:
			if o, err := g.ineligible(ctx); err != nil || o.Status != "" {
				return o, err
			}
		case d.Verdict != step.Voided:
			return g.decline(ctx, reasonOf(d, station.ReasonByOfficer), d, station.MailGrantDeclined, g.officersHear)
		}
		if before == nil {
			continue
		}
		if o, err := before(ctx); err != nil || o.Status != "" {
			return o, err
		}
	}
}
