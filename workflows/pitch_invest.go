package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
	"wutong/workflows/step"
)

// invest makes a syndicate of the commitments, and brings it to its closing. The
// team reads the collected feedback either way.
func (p *pitching) invest(ctx workflow.Context) (step.Outcome, error) {
	v := &investing{pitching: p}
	ballots, err := p.ballots(ctx)
	if err != nil {
		return step.Outcome{}, err
	}
	if err := v.feedback(ctx, ballots); err != nil {
		return step.Outcome{}, err
	}
	v.syndicate = station.SyndicateOf(ballots)
	if !v.syndicate.Formed(p.terms.Minimum) {
		return v.unfunded(ctx)
	}
	for {
		o, again, err := v.close(ctx)
		if err != nil || !again {
			return o, err
		}
		if o, err := v.refill(ctx); err != nil || o.Status != "" {
			return o, err
		}
	}
}

// investing is a syndicate on its way to closing.
type investing struct {
	*pitching
	syndicate station.Syndicate
	left      []string // who has stepped back, and has not come again
	match     int64    // fen that the fund has reserved
	told      bool     // the team has its feedback, or there is none
	rounds    int      // of closing
	extended  bool     // once
}

// feedback has an officer make of what the angels said what the team reads.
func (v *investing) feedback(ctx workflow.Context, ballots []station.Ballot) error {
	var acts []string
	for _, b := range ballots {
		acts = append(acts, b.Act)
	}
	if len(acts) == 0 {
		v.told = true
		return nil
	}
	spec := station.TaskSpec{
		ID: v.TaskID("feedback"), Kind: station.TaskFeedback, Role: station.RoleOfficer, Wait: v.terms.Feedback,
		Details: station.Details{"acts": acts}, Notice: station.MailTask,
	}
	_, err := v.Put(ctx, station.Change{}, spec)
	return err
}

// moderated settles the officer's feedback: the team reads it, without names.
func (v *investing) moderated(t station.TaskSpec, a *station.Act) station.Change {
	if a == nil {
		return station.Change{}
	}
	return station.Change{Event: station.EventFeedback, Close: end(t), Notices: []station.NoticeSpec{
		{Occasion: "feedback", Template: station.MailPitchFeedback, Party: station.Applicant, Act: a.ID},
	}}
}

// unfunded ends the round for the team, once it has its feedback.
func (v *investing) unfunded(ctx workflow.Context) (step.Outcome, error) {
	err := v.Note(ctx, station.Change{Event: station.EventNoSyndicate, Details: station.Details{"fen": v.syndicate.Fen}})
	if err != nil {
		return step.Outcome{}, err
	}
	return v.withFeedback(ctx, gone(station.Unfunded, station.ReasonNoSyndicate))
}

// withFeedback ends the case when the feedback was sent, or nobody sent any.
func (v *investing) withFeedback(ctx workflow.Context, o step.Outcome) (step.Outcome, error) {
	for !v.told {
		turn, err := v.next(ctx, func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
			if t.Kind == station.TaskFeedback {
				return v.moderated(t, a), ""
			}
			return station.Change{}, station.ReasonNotExpected
		})
		if err != nil {
			return o, err
		}
		v.told = turn.Kind == station.TaskFeedback
	}
	return o, nil
}

// close brings a syndicate to its closing: lead and team confirm, with documents,
// and the fund pays its match. If members leave so that it is none any more, it
// is to be tried again.
func (v *investing) close(ctx workflow.Context) (o step.Outcome, again bool, err error) {
	v.Enter(station.StageClosing)
	if err := v.form(ctx); err != nil {
		return step.Outcome{}, false, err
	}
	d := &deal{investing: v}
	if err := d.open(ctx, v.terms.Closing); err != nil {
		return step.Outcome{}, false, err
	}
	for {
		turn, err := v.next(ctx, d.rule)
		if err != nil {
			return step.Outcome{}, false, err
		}
		if v.calledOff(turn) {
			return v.leave(), false, d.void(ctx)
		}
		o, over, err := d.follow(ctx, turn)
		switch {
		case err != nil:
			return step.Outcome{}, false, err
		case d.broken:
			return step.Outcome{}, true, d.void(ctx)
		case over && o.Status == station.Completed:
			o, err = v.paid(ctx)
			return o, false, err
		case over:
			if err := d.void(ctx); err != nil {
				return o, false, err
			}
			o, err = v.withFeedback(ctx, o)
			return o, false, err
		}
	}
}

// calledOff reports whether the round is not held after all: its officer has
// withdrawn it.
func (v *investing) calledOff(t step.Turn) bool {
	return t.Did == station.Move && t.Body.Verdict == station.Cancel
}

// form notes who the syndicate is, and has the fund reserve its match.
func (v *investing) form(ctx workflow.Context) error {
	v.rounds++
	s := v.syndicate
	ch := station.Change{
		Event: station.EventSyndicate, Details: station.Details{"fen": s.Fen, "members": len(s.Members)},
		Pitch:   &station.PitchMove{Lead: s.Lead, Members: s.Accounts(), Committed: &s.Fen},
		Notices: toApplicant(fmt.Sprintf("syndicate.%d", v.rounds), station.MailPitchSyndicate),
	}
	for _, m := range s.Members {
		ch.Notices = append(ch.Notices, station.NoticeSpec{Occasion: fmt.Sprintf("member.%d", v.rounds), Template: station.MailPitchMember, Account: m.Account})
	}
	w, err := v.Write(ctx, ch)
	if err == nil && w.Match == 0 && v.match > 0 {
		err = step.Release(ctx, v.Case, v.terms.Fund)
	}
	if err != nil || w.Match == 0 {
		v.match = 0
		return err
	}
	v.match, err = step.Claim(ctx, v.Case, v.terms.Fund, w.Match)
	if err != nil || v.match == w.Match {
		return err
	}
	_, err = v.Write(ctx, station.Change{Pitch: &station.PitchMove{Committed: &s.Fen, Match: &v.match}})
	return err
}

// paid ends a round that has come to an investment: the treasurer pays the match.
// If the payment is rejected, an officer looks at it before it is ordered again.
func (v *investing) paid(ctx workflow.Context) (step.Outcome, error) {
	for v.match > 0 {
		d, err := step.Pay(ctx, v.Case, step.Paying{
			Fund: v.terms.Fund, Tranche: 1, Fen: v.match, Task: station.TaskSpec{Level: station.CityLevel, Wait: v.terms.Payment},
		})
		if err != nil {
			return step.Outcome{}, err
		}
		if d.Verdict == station.Confirmed {
			break
		}
		task := station.TaskSpec{Kind: station.TaskAcceptance, Role: station.RoleOfficer, Wait: v.terms.Payment, Details: station.Details{"fen": v.match}}
		if d.Act != "" {
			task.Details["act"] = d.Act
		}
		if _, err := step.Check(ctx, v.Case, step.Checking{Stage: station.StageClosing, Task: task}); err != nil {
			return step.Outcome{}, err
		}
	}
	o := step.Outcome{
		Status: station.Completed, Event: station.EventCompleted, Details: station.Details{"fen": v.syndicate.Fen, "match": v.match},
		Notices: toApplicant("closed", station.MailPitchClosed),
	}
	return v.withFeedback(ctx, o)
}

// refill gives a syndicate that has lost members some days to find others. Who
// stays in it need not say so again.
func (v *investing) refill(ctx workflow.Context) (step.Outcome, error) {
	v.Enter(station.StageRefill)
	spec := v.commitment(station.StageRefill, v.terms.Refill, false)
	told := []station.NoticeSpec{{Occasion: fmt.Sprintf("refill.%d", v.rounds), Template: station.MailPitchRefill, Pool: station.PoolAngels, Task: spec.ID}}
	if _, err := v.Put(ctx, station.Change{Event: station.EventAssigned, Task: spec.ID, Notices: told}, spec); err != nil {
		return step.Outcome{}, err
	}
	for {
		turn, err := v.next(ctx, func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
			switch {
			case t.Kind == station.TaskFeedback:
				return v.moderated(t, a), ""
			case t.Kind == station.TaskCommitment && a == nil:
				return station.Change{Event: station.EventGathered}, ""
			case t.Kind == station.TaskCommitment:
				return v.commit(*a)
			default:
				return station.Change{}, station.ReasonNotExpected
			}
		})
		switch {
		case err != nil:
			return step.Outcome{}, err
		case v.calledOff(turn):
			return v.leave(), nil
		case turn.Kind == station.TaskFeedback:
			v.told = true
		case turn.Kind == station.TaskCommitment && turn.Overdue:
			return v.gatherAgain(ctx)
		case turn.Kind == station.TaskCommitment:
			v.left = without(v.left, []string{turn.Actor})
			v.noteLead(turn)
		}
	}
}

// gatherAgain makes a syndicate of those who stayed and those who came.
func (v *investing) gatherAgain(ctx workflow.Context) (step.Outcome, error) {
	ballots, err := v.ballots(ctx)
	if err != nil {
		return step.Outcome{}, err
	}
	v.syndicate = station.SyndicateOf(v.standing(ballots))
	if v.syndicate.Formed(v.terms.Minimum) {
		return step.Outcome{}, nil
	}
	return v.unfunded(ctx)
}

// standing are the ballots of those who have not stepped back.
func (v *investing) standing(ballots []station.Ballot) []station.Ballot {
	return slices.DeleteFunc(slices.Clone(ballots), func(b station.Ballot) bool {
		return slices.Contains(v.left, b.Account) || slices.Contains(v.conflicts, b.Account)
	})
}
