package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// moreNamings is how often an officer may name another angel, beyond once for each
// who must vouch.
const moreNamings = 2

// vouching has admitted angels vouch for the reputation: those whom the applicant
// named and, instead of who does not, those whom an officer names.
func (a *admitting) vouching(ctx workflow.Context) (step.Outcome, error) {
	if a.terms.Vouchers == 0 {
		return step.Outcome{}, nil
	}
	a.Enter(station.StageVouch)
	var records *activities.Records
	named, err := step.Read[[]string](ctx, a.Case, "vouchers", "Who can vouch for them?", records.Vouchers, a.ID)
	if err != nil {
		return step.Outcome{}, err
	}
	v := &vouchers{admitting: a, namings: a.terms.Vouchers + moreNamings}
	if err := v.ask(ctx, named); err != nil {
		return step.Outcome{}, err
	}
	for v.vouched < a.terms.Vouchers {
		if more, err := v.call(ctx); err != nil || !more {
			return v.fail(ctx, err)
		}
		turn, err := v.Next(ctx, v.rule(ctx))
		if err != nil {
			return step.Outcome{}, err
		}
		switch {
		case turn.Kind == station.TaskVoucher && turn.Body.Verdict == station.Vouch:
			v.asked, v.vouched = v.asked-1, v.vouched+1
		case turn.Kind == station.TaskVoucher:
			v.asked--
		case turn.Overdue: // nobody was named
			return v.fail(ctx, nil)
		default:
			err = v.name(ctx, turn.Body.Account)
		}
		if err != nil {
			return step.Outcome{}, err
		}
	}
	return step.Outcome{}, nil
}

// vouchers are those who vouch, one after the other.
type vouchers struct {
	*admitting
	known   []string // who was asked
	asked   int      // who has not answered yet
	vouched int
	naming  int // officers who are to name another
	namings int // that are left
}

// ask asks whom the applicant named, as far as they are members.
func (v *vouchers) ask(ctx workflow.Context, accounts []string) error {
	var specs []station.TaskSpec
	for i, account := range accounts {
		if account == "" || account == v.Applicant || slices.Contains(v.known, account) {
			continue
		}
		v.known = append(v.known, account)
		specs = append(specs, station.TaskSpec{
			ID: v.TaskID(station.StageVouch), Kind: station.TaskVoucher, Party: station.Voucher(i + 1), Wait: v.terms.Vouch, Notice: station.MailAngelVouch,
		})
	}
	if len(specs) == 0 {
		return nil
	}
	v.asked = len(specs)
	_, err := v.Put(ctx, station.Change{Event: station.EventAssigned, Task: specs[0].ID}, specs...)
	return err
}

// call has an officer name another angel for each who lacks. It is false when none
// may be named any more.
func (v *vouchers) call(ctx workflow.Context) (bool, error) {
	lacking := v.terms.Vouchers - v.vouched - v.asked - v.naming
	if lacking <= 0 {
		return true, nil
	}
	if lacking > v.namings {
		return false, nil
	}
	var specs []station.TaskSpec
	for range lacking {
		specs = append(specs, station.TaskSpec{
			ID: v.TaskID("naming"), Kind: station.TaskAppoint, Role: station.RoleOfficer, Wait: v.terms.Name, Notice: station.MailTask,
		})
	}
	v.naming, v.namings = v.naming+lacking, v.namings-lacking
	_, err := v.Put(ctx, station.Change{Event: station.EventAppointing, Task: specs[0].ID, Details: station.Details{"lacking": lacking}}, specs...)
	return true, err
}

// name asks whom an officer named, as an account.
func (v *vouchers) name(ctx workflow.Context, account string) error {
	v.known = append(v.known, account)
	v.naming, v.asked = v.naming-1, v.asked+1
	_, err := v.Put(ctx, station.Change{}, station.TaskSpec{
		ID: v.TaskID(station.StageVouch), Kind: station.TaskVoucher, Assignee: account, Wait: v.terms.Vouch, Notice: station.MailTask,
	})
	return err
}

// rule settles what is said. The last who must vouch closes the stage for those who
// have not answered.
func (v *vouchers) rule(ctx workflow.Context) step.Rule {
	return func(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
		switch {
		case a == nil:
			return station.Change{}, ""
		case t.Kind == station.TaskAppoint:
			if !v.fit(ctx, a.Body.Account) {
				return station.Change{}, station.ReasonNotEligible
			}
			return station.Change{Event: station.EventAppointed, Details: station.Details{"account": a.Body.Account}, Close: end(t)}, ""
		case a.Body.Verdict != station.Vouch:
			return station.Change{Event: station.EventNotVouched, Close: end(t)}, ""
		}
		ch := station.Change{Event: station.EventVouched, Close: end(t)}
		if v.vouched+1 == v.terms.Vouchers {
			others := v.open()
			ch.Close = append(ch.Close, slices.DeleteFunc(others, func(e station.TaskEnd) bool { return e.Task == t.ID })...)
		}
		return ch, ""
	}
}

// fit reports whether an account can vouch: another member, who was not asked yet.
func (v *vouchers) fit(ctx workflow.Context, account string) bool {
	var records *activities.Records
	if account == v.Applicant {
		return false
	}
	fit, err := step.Look[bool](ctx, "May they vouch?", records.MayVouch, v.ID, account, v.known)
	return err == nil && fit
}

func (v *vouchers) open() []station.TaskEnd {
	return v.Closing(station.TaskCancelled, "", station.TaskVoucher, station.TaskAppoint)
}

// fail declines whom too few vouch for. If an appeal is granted, it goes on without
// them.
func (v *vouchers) fail(ctx workflow.Context, err error) (step.Outcome, error) {
	if err == nil {
		err = v.Note(ctx, station.Change{Close: v.open()})
	}
	if err != nil {
		return step.Outcome{}, err
	}
	return v.decline(ctx, station.ReasonNotVouched, "")
}

// voting is a vote under way.
type voting struct {
	*admitting
	votes []station.Ballot // a member's last, by when they cast it
}

// rule keeps a ballot. The history tells that somebody voted, never how.
func (v *voting) rule(t station.TaskSpec, a *station.Act) (station.Change, station.Reason) {
	switch {
	case a == nil:
		return station.Change{Event: station.EventVoteOver, Details: v.count()}, ""
	case a.Actor == v.Applicant:
		return station.Change{}, station.ReasonInConflict
	}
	return station.Change{
		Event: station.EventVoted, Details: station.Details{"changed": v.of(a.Actor) >= 0},
		Ballot: &station.Ballot{Task: t.ID, Act: a.ID, Account: a.Actor, Verdict: a.Body.Verdict},
	}, ""
}

// of is where a member's ballot is; -1 if they have not voted.
func (v *voting) of(account string) int {
	return slices.IndexFunc(v.votes, func(b station.Ballot) bool { return b.Account == account })
}

// note counts what was settled.
func (v *voting) note(t step.Turn) {
	if t.Overdue {
		return
	}
	cast := station.Ballot{Account: t.Actor, Verdict: t.Body.Verdict, At: t.At}
	switch i := v.of(t.Actor); {
	case i < 0:
		v.votes = append(v.votes, cast)
	case !cast.At.Before(v.votes[i].At):
		v.votes[i] = cast
	}
}

// count is what the vote came to, for the history.
func (v *voting) count() station.Details {
	count := func(verdict station.Verdict) (n int) {
		for _, b := range v.votes {
			if b.Verdict == verdict {
				n++
			}
		}
		return n
	}
	return station.Details{
		"approved": count(station.Approve), "rejected": count(station.Reject), "abstained": count(station.Abstain), "quorum": v.terms.Quorum,
	}
}
