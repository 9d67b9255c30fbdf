package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// screening has an officer and angels score whether the project is to be invited.
// An angel who recuses, or turns out to have a conflict, is replaced.
func (p *pitching) screening(ctx workflow.Context) (step.Outcome, error) {
	p.Enter(station.StageScreening)
	s := &screening{pitching: p}
	officer := station.TaskSpec{ID: p.TaskID("screener"), Kind: station.TaskReview, Role: station.RoleOfficer, Wait: p.until(), Untimed: true}
	if err := s.ask(ctx, station.EventAssigned, p.terms.Screening.Reviewers, officer); err != nil {
		return step.Outcome{}, err
	}
	for {
		turn, err := p.next(ctx, s.rule)
		if err != nil {
			return step.Outcome{}, err
		}
		if p.told(turn) {
			return p.leave(), nil
		}
		if turn.Kind == station.TaskReview && turn.Body.Verdict != station.Recuse {
			s.scored = append(s.scored, turn.Actor)
		}
		if s.lost(turn) {
			if err := s.ask(ctx, station.EventReplaced, 1); err != nil {
				return step.Outcome{}, err
			}
		}
	}
}

// screening is a project's screening under way.
type screening struct {
	*pitching
	asked   []string // angels
	recused []string
	scored  []string // or abstained
	invited int
}

// ask gives the review to more angels; fewer are left where the hub is small.
func (s *screening) ask(ctx workflow.Context, why station.EventKind, count int, officer ...station.TaskSpec) error {
	exclude := append(slices.Clone(s.asked), s.conflicts...)
	tasks, err := s.Put(ctx, station.Change{Event: why, Panel: &station.PanelSpec{
		Count: count, First: s.invited + 1, Role: station.RoleAngel, Exclude: exclude, Wait: s.until(), Untimed: true, Quiet: true,
	}}, officer...)
	for _, t := range tasks[min(len(officer), len(tasks)):] {
		s.asked = append(s.asked, t.Spec.Assignee)
		s.invited++
	}
	return err
}

// lost reports whether a turn has cost the screening an angel who was asked.
func (s *screening) lost(t step.Turn) bool {
	if account, ok := s.conflicted(t); ok {
		return slices.Contains(s.asked, account)
	}
	if t.Kind != station.TaskReview || t.Body.Verdict != station.Recuse {
		return false
	}
	s.recused = append(s.recused, t.Actor)
	return slices.Contains(s.asked, t.Actor)
}

func (s *screening) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch {
	case t.Kind != station.TaskReview:
		return station.Change{}, station.ReasonNotExpected
	case slices.Contains(s.conflicts, a.Actor):
		return station.Change{}, station.ReasonInConflict
	case slices.Contains(s.recused, a.Actor) || slices.Contains(s.scored, a.Actor):
		return station.Change{}, station.ReasonNotEligible
	case a.Body.Verdict == station.Recuse && t.Role != "": // the other officers are still asked
		return station.Change{Event: station.EventRecused}, ""
	case a.Body.Verdict == station.Recuse:
		return station.Change{Event: station.EventRecused, Close: []station.TaskEnd{{Task: t.ID, Status: station.TaskCancelled}}}, ""
	default:
		return station.Change{
			Event: station.EventReviewed, Details: station.Details{"verdict": a.Body.Verdict}, Close: end(t),
			Reviews: []station.Review{reviewOf(*a, s.terms.Screening)},
		}, ""
	}
}
