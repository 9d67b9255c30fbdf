package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// notice shows the award to the public.
func (g *granting) notice(ctx workflow.Context) (step.Outcome, error) {
	investigation := g.officer(g.terms.Check)
	investigation.Wait = g.terms.Objection
	d, err := step.Show(ctx, g.Case, step.Showing{Wait: g.terms.Notice, Objection: investigation, Shown: toApplicant("shown", station.MailGrantShown)})
	if err != nil || d.Verdict == station.Dismiss {
		return step.Outcome{}, err
	}
	return g.declineReserved(ctx, reasonOf(d, station.ReasonObjection), d)
}

// sign has the director sign. A granted appeal stands for the signature.
func (g *granting) sign(ctx workflow.Context) (step.Outcome, error) {
	g.Enter(station.StageSignature)
	d, err := step.Decide(ctx, g.Case, step.Question{
		Stage: station.StageSignature, Event: station.EventAssigned,
		Task:   station.TaskSpec{Kind: station.TaskSign, Role: station.RoleDirector, Level: station.CityLevel, Wait: g.terms.Sign},
		Events: map[station.Verdict]station.EventKind{station.Sign: station.EventSigned, station.Decline: station.EventNotSigned},
	})
	if err != nil || d.Verdict == station.Sign {
		return step.Outcome{}, err
	}
	return g.declineReserved(ctx, reasonOf(d, station.ReasonByDirector), d)
}

// agreement has the applicant accept the agreement.
func (g *granting) agreement(ctx workflow.Context) (step.Outcome, error) {
	g.Enter(station.StageAgreement)
	d, err := step.Decide(ctx, g.Case, step.Question{
		Stage: station.StageAgreement, Event: station.EventAssigned,
		Task:   station.TaskSpec{Kind: station.TaskAgreement, Party: station.Applicant, Wait: g.terms.Agreement, Notice: station.MailGrantSigned},
		Events: map[station.Verdict]station.EventKind{station.Accept: station.EventAgreed, station.Decline: station.EventRefused},
	})
	switch {
	case err != nil || d.Verdict == station.Accept:
		return step.Outcome{}, err
	case d.Made():
		return lapsed(station.Refused, station.ReasonNotAgreed), nil
	default:
		return lapsed(station.Lapsed, station.ReasonAgreementLate), nil
	}
}

// declineReserved declines an award that is reserved: the money is released, and
// reserved again if an appeal is granted.
func (g *granting) declineReserved(ctx workflow.Context, why station.Reason, d step.Decision) (step.Outcome, error) {
	if o, err := g.decline(ctx, why, d, station.MailGrantDeclined, g.officersHear); err != nil || o.Status != "" {
		return o, err
	}
	return g.reserve(ctx)
}

// tranches pays an award, tranche by tranche. The days until a report is due run
// from the agreement.
func (g *granting) tranches(ctx workflow.Context) (step.Outcome, error) {
	agreed, err := g.Moment(ctx, "agreed")
	if err != nil {
		return step.Outcome{}, err
	}
	for i, t := range g.terms.Tranches {
		p := &part{granting: g, number: i + 1, fen: g.terms.TrancheFen(g.found.Tier, i)}
		if t.Evidence != nil {
			begun, err := g.Moment(ctx, fmt.Sprintf("tranche.%d", p.number))
			if err != nil {
				return step.Outcome{}, err
			}
			wait := *t.Evidence
			wait.From = &agreed
			if wait.Calendar && begun.After(agreed.AddDate(0, 0, wait.Days)) {
				wait = g.terms.Grace // it was the station that was late
			}
			p.evidence = &wait
		}
		paid, err := p.pay(ctx)
		if err != nil {
			return step.Outcome{}, err
		}
		if !paid {
			return g.terminate(ctx)
		}
	}
	return step.Outcome{}, nil
}

// part is one tranche on its way; with number 0, the closing report.
type part struct {
	*granting
	number   int
	fen      int64
	evidence *station.Wait // until it is due; nil: none is asked for
	words    string        // the act that an officer reads: the applicant's note, or why a treasurer rejected the payment
}

// pay asks for evidence until an officer accepts it, and orders the payment until
// a treasurer confirms it. It is false when evidence came too late.
func (p *part) pay(ctx workflow.Context) (bool, error) {
	p.Enter(station.StageTranches)
	for {
		by, ok, err := p.accepted(ctx, station.StageTranches)
		if err != nil || !ok {
			return false, err
		}
		paid, err := step.Pay(ctx, p.Case, step.Paying{
			Fund: p.terms.Fund, Tranche: p.number, Fen: p.fen,
			Task: station.TaskSpec{Level: station.CityLevel, Wait: p.terms.Payment}, Exclude: []string{by},
			Notices: toApplicant(fmt.Sprintf("paid.%d", p.number), station.MailTranchePaid),
		})
		if err != nil {
			return false, err
		}
		if paid.Verdict == station.Confirmed {
			p.paid += p.fen
			p.IfWithdrawn(step.Outcome{Notices: toApplicant("withdrawn", station.MailGrantWithdrawn)}, p.askBackWithdrawn)
			return true, nil
		}
		p.words = paid.Act // or nobody acted: back to the officer
	}
}

// accepted has the applicant hand in what is asked for, if anything, and an
// officer accept it, who can return it, with reasons, to be handed in again. It
// says who accepted; it is not ok when evidence came too late.
func (p *part) accepted(ctx workflow.Context, stage station.Stage) (by string, ok bool, err error) {
	asked := step.Handing{Event: station.EventAssigned, Asked: station.MailEvidenceAsked}
	for {
		if p.evidence != nil {
			asked.Stage, asked.Wait, asked.Grace, asked.Details = stage, *p.evidence, p.terms.Grace, p.details()
			asked.Suspended = station.MailGrantSuspended
			if p.words, err = step.HandIn(ctx, p.Case, asked); err != nil || p.words == "" {
				return "", false, err
			}
			p.evidence = nil
		}
		task := p.officer(p.terms.EvidenceCheck)
		task.Kind, task.Details = station.TaskAcceptance, p.details()
		if p.words != "" {
			task.Details["act"] = p.words
		}
		d, err := step.Check(ctx, p.Case, step.Checking{
			Stage: stage, Task: task, Inquiries: step.Inquiries{Rounds: p.terms.InquiryRounds, Wait: p.terms.Inquiry},
		})
		switch {
		case err != nil || d.Verdict == station.Accept:
			return d.Actor, true, err
		case d.Verdict == station.Return:
			p.evidence = &p.terms.Grace
			asked = step.Handing{Event: station.EventReturned, Asked: station.MailEvidenceReturned, Words: d.Act}
		default: // nobody looked at it: the next task is for the same pool
		}
	}
}

func (p *part) details() station.Details {
	if p.number == 0 {
		return station.Details{}
	}
	return station.Details{"tranche": p.number, "fen": p.fen}
}

// terminate stops an award whose evidence did not come.
func (g *granting) terminate(ctx workflow.Context) (step.Outcome, error) {
	o := step.Outcome{Status: station.Terminated, Reason: station.ReasonEvidenceLate, Event: station.EventTerminated}
	if g.paid == 0 {
		o.Notices = toApplicant("terminated", station.MailGrantTerminated)
		return o, nil
	}
	return o, g.askBack(ctx, station.ReasonEvidenceLate)
}

func (g *granting) askBackWithdrawn(ctx workflow.Context) error {
	return g.askBack(ctx, station.ReasonWithdrawn)
}

// askBack ends an award before its time: what is reserved is released, and what
// was paid is asked back.
func (g *granting) askBack(ctx workflow.Context, why station.Reason) error {
	g.EnterFor(station.StageRepayment, why)
	_, err := step.Repay(ctx, g.Case, step.Paying{
		Fund: g.terms.Fund, Fen: g.paid, Task: station.TaskSpec{Level: station.CityLevel, Wait: g.terms.Repayment},
	}, toApplicant("terminated", station.MailGrantTerminated))
	return err
}

// closing has the applicant report on the whole, and releases what was not paid.
func (g *granting) closing(ctx workflow.Context) (step.Outcome, error) {
	p := &part{granting: g, evidence: &g.terms.Report}
	p.Enter(station.StageClosing)
	_, ok, err := p.accepted(ctx, station.StageClosing)
	if err != nil {
		return step.Outcome{}, err
	}
	if !ok {
		return step.Outcome{
			Status: station.Terminated, Reason: station.ReasonEvidenceLate, Event: station.EventTerminated,
			Notices: toApplicant("terminated", station.MailGrantTerminated),
		}, nil
	}
	return step.Outcome{
		Status: station.Completed, Event: station.EventCompleted, Notices: toApplicant("completed", station.MailGrantCompleted),
	}, step.Release(ctx, g.Case, g.terms.Fund)
}
