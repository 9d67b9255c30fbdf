package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// deliberate has the angels say what they would invest. They can change their
// minds until it is over, which it can be before it was known that the team came.
func (p *pitching) deliberate(ctx workflow.Context) (step.Outcome, error) {
	if p.said.Body.Verdict == station.Gather {
		return step.Outcome{}, nil
	}
	p.Enter(station.StageDeliberation)
	if _, err := p.Put(ctx, station.Change{}, p.commitment(station.StageDeliberation, p.until(), true)); err != nil {
		return step.Outcome{}, err
	}
	for {
		turn, err := p.next(ctx, p.inDeliberation)
		if err != nil {
			return step.Outcome{}, err
		}
		p.noteScore(turn)
		p.noteLead(turn)
		if p.told(turn) {
			return p.leave(), nil
		}
	}
}

func (p *pitching) inDeliberation(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch t.Kind {
	case station.TaskScore:
		return p.score(*a)
	case station.TaskCommitment:
		return p.commit(*a)
	default:
		return station.Change{}, station.ReasonNotExpected
	}
}

// commitment is the task on which angels pass, follow or lead.
func (p *pitching) commitment(stage station.Stage, wait station.Wait, untimed bool) station.TaskSpec {
	return station.TaskSpec{ID: p.TaskID(stage), Kind: station.TaskCommitment, Role: station.RoleAngel, Wait: wait, Untimed: untimed}
}

// commit keeps what an angel would invest. If there are two who would lead, both
// are told: one must step back, or the larger ticket leads in the end.
func (p *pitching) commit(a station.Act) (station.Change, station.Reason) {
	if slices.Contains(p.conflicts, a.Actor) {
		return station.Change{}, station.ReasonInConflict
	}
	ch := station.Change{
		Event: station.EventCommitted, Details: station.Details{"verdict": a.Body.Verdict},
		Ballot: &station.Ballot{Task: a.Task, Act: a.ID, Account: a.Actor, Verdict: a.Body.Verdict, Fen: a.Body.Fen},
	}
	others := without(without(p.leads, []string{a.Actor}), p.conflicts)
	if a.Body.Verdict == station.Lead && len(others) > 0 && !slices.Contains(p.leads, a.Actor) {
		ch.Event = station.EventTwoLeads
		for _, lead := range append(others, a.Actor) {
			ch.Notices = append(ch.Notices, station.NoticeSpec{Occasion: "leads." + a.ID, Template: station.MailPitchTwoLeads, Account: lead, Task: a.Task})
		}
	}
	return ch, ""
}

func (p *pitching) noteLead(t step.Turn) {
	if t.Kind != station.TaskCommitment || t.Overdue {
		return
	}
	p.leads = without(p.leads, []string{t.Actor})
	if t.Body.Verdict == station.Lead {
		p.leads = append(p.leads, t.Actor)
	}
}

// ballots are the commitments that stand.
func (p *pitching) ballots(ctx workflow.Context) ([]station.Ballot, error) {
	var records *activities.Records
	return step.Read[[]station.Ballot](ctx, p.Case, "ballots", "Read the commitments", records.Ballots,
		p.ID, []station.Stage{station.StageDeliberation, station.StageRefill})
}
