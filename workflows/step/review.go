package step

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Finding is what a panel found.
type Finding struct {
	station.Tally
	Decided   bool // the quorum was met
	Passed    bool
	Reviewers []string // who was asked
	Scorers   []string // who scored
}

// Reviewing is how a panel scores a case.
type Reviewing struct {
	Stage   station.Stage
	Panel   station.Panel
	Appoint station.Wait // for a director, where the pool has nobody left
	Exclude []string     // who must not be asked: they decided before
	Only    []string     // whom to ask first of all; the pool when empty
}

// Review has a panel of reviewers score a case, blind to each other. Who
// recuses or does not answer in time is replaced; if the scores lie far apart,
// one more is asked; where the pool has nobody left, a director names someone.
func Review(ctx workflow.Context, c *Case, q Reviewing) (Finding, error) {
	c.Enter(q.Stage)
	p, exclude := q.Panel, q.Exclude
	r := &round{Case: c, stage: q.Stage, panel: p, appoint: q.Appoint, exclude: slices.Clone(exclude), only: q.Only, need: p.Quorum}
	if err := r.invite(ctx, station.EventAssigned, p.Reviewers); err != nil {
		return Finding{}, err
	}
	for !r.over() {
		a, err := once(c, "review", func() (answer, error) { return r.next(ctx) })
		if err != nil {
			return Finding{}, err
		}
		if err := r.follow(ctx, a); err != nil {
			return Finding{}, err
		}
	}
	tally := station.Count(r.reviews)
	met := p.Met(tally)
	f := Finding{Tally: tally, Decided: met, Passed: met && tally.Mean >= p.PassMark, Reviewers: r.exclude[len(exclude):]}
	for _, v := range r.reviews {
		if v.Verdict == station.Score {
			f.Scorers = append(f.Scorers, v.Reviewer)
		}
	}
	return f, nil
}

// Decision is what a finding comes to, where one is wanted: accept or decline.
func (f Finding) Decision() Decision {
	if f.Passed {
		return Decision{Verdict: station.Accept}
	}
	return Decision{Verdict: station.Decline}
}

// round is a review under way.
type round struct {
	*Case
	stage   station.Stage
	panel   station.Panel
	appoint station.Wait

	tasks   []*Task // open: reviews, and perhaps a director's appointment
	reviews []station.Review
	exclude []string // who must not be asked any more
	only    []string // whom to ask, before anybody else is
	invited int
	need    int // answers
	torn    bool
	lacking int  // reviewers that the pool could not give
	nobody  bool // the director named none
}

// answer is one thing that happened in a round.
type answer struct {
	Task    string          `json:"task"`
	Review  *station.Review `json:"review,omitempty"`
	Named   string          `json:"named,omitempty"` // by the director
	Act     string          `json:"act,omitempty"`
	Actor   string          `json:"actor,omitempty"`
	Expired bool            `json:"expired,omitempty"`
}

// over reports whether nothing more is to be waited for.
func (r *round) over() bool {
	return r.enough(station.Count(r.reviews)) || len(r.tasks) == 0
}

func (r *round) enough(t station.Tally) bool {
	return t.Answered >= r.need && r.panel.Met(t) && (r.torn || !r.panel.Torn(t))
}

// invite asks more reviewers.
func (r *round) invite(ctx workflow.Context, why station.EventKind, count int) error {
	ch := station.Change{Event: why, Panel: &station.PanelSpec{Count: count, First: r.invited + 1, Exclude: r.exclude, Only: r.only, Wait: r.panel.Wait}}
	r.only = nil // who replaces them is of the pool
	tasks, err := r.Open(ctx, ch)
	if err != nil {
		return err
	}
	r.join(tasks...)
	r.lacking += count - len(tasks)
	return r.callDirector(ctx)
}

// join adds review tasks to the round.
func (r *round) join(tasks ...*Task) {
	r.invited += len(tasks)
	for _, t := range tasks {
		r.tasks = append(r.tasks, t)
		r.exclude = append(r.exclude, t.Spec.Assignee)
	}
}

// callDirector asks for a name if the pool was too small.
func (r *round) callDirector(ctx workflow.Context) error {
	calling := slices.ContainsFunc(r.tasks, func(t *Task) bool { return t.Spec.Kind == station.TaskAppoint })
	if r.lacking == 0 || r.nobody || calling {
		return nil
	}
	spec := station.TaskSpec{ID: r.TaskID("appoint"), Kind: station.TaskAppoint, Role: station.RoleDirector, Wait: r.appoint, Notice: station.MailTask}
	tasks, err := r.Open(ctx, station.Change{Event: station.EventAppointing, Task: spec.ID, Details: station.Details{"lacking": r.lacking}}, spec)
	if err != nil {
		return err
	}
	tasks[0].Spec = spec
	r.tasks = append(r.tasks, tasks[0])
	return nil
}

// next waits for one reviewer, or the director, and records what they did.
func (r *round) next(ctx workflow.Context) (answer, error) {
	for {
		t, act, err := r.Await(ctx, r.tasks...)
		switch {
		case err != nil:
			return answer{}, err
		case act == nil:
			r.expire(ctx, t)
			return answer{Task: t.Spec.ID, Expired: true}, nil
		case t.Spec.Kind == station.TaskReview:
			return r.review(ctx, t, *act), nil
		}
		var fit bool
		err = workflow.ExecuteLocalActivity(glance(ctx, "May they review?"), records.MayAppoint, r.ID, act.Body.Account, r.exclude).Get(ctx, &fit)
		if err != nil {
			return answer{}, err
		}
		if fit {
			return answer{Task: t.Spec.ID, Named: act.Body.Account, Act: act.ID, Actor: act.Actor}, nil
		}
		r.Refuse(ctx, *act, station.ReasonNotEligible)
	}
}

// review records a reviewer's verdict. The one that completes the quorum closes
// the round for those who have not answered.
func (r *round) review(ctx workflow.Context, t *Task, a station.Act) answer {
	if a.Body.Verdict == station.Recuse {
		r.Settle(ctx, a, station.Change{Event: station.EventRecused, Close: ended(station.TaskCancelled, t)})
		return answer{Task: t.Spec.ID}
	}
	v := station.Review{Task: t.Spec.ID, Act: a.ID, Reviewer: a.Actor, Verdict: a.Body.Verdict, Scores: a.Body.Scores, Tier: a.Body.Tier}
	if v.Verdict == station.Score {
		v.Total = r.panel.Rounded(v.Scores)
	}
	closing := done(t)
	if r.enough(station.Count(append(slices.Clone(r.reviews), v))) {
		for _, other := range r.tasks {
			if other != t {
				closing = append(closing, ended(station.TaskCancelled, other)...)
			}
		}
	}
	r.standing.Reviewed = append(r.standing.Reviewed, v.Task)
	r.Settle(ctx, a, station.Change{
		Event: station.EventReviewed, Details: station.Details{"verdict": v.Verdict}, Close: closing, Reviews: []station.Review{v},
	})
	return answer{Task: t.Spec.ID, Review: &v}
}

// follow draws the consequences of what happened.
func (r *round) follow(ctx workflow.Context, a answer) error {
	kind := station.TaskReview
	r.tasks = slices.DeleteFunc(r.tasks, func(t *Task) bool {
		if t.Spec.ID == a.Task && t.Spec.Kind == station.TaskAppoint {
			kind = station.TaskAppoint
		}
		return t.Spec.ID == a.Task
	})
	switch {
	case a.Review != nil:
		r.reviews = append(r.reviews, *a.Review)
		return r.weigh(ctx)
	case a.Named != "":
		return r.appointed(ctx, a)
	case kind == station.TaskAppoint:
		r.nobody = true
		return nil
	default:
		return r.invite(ctx, station.EventReplaced, 1)
	}
}

// weigh asks one more reviewer where the scores lie far apart, or where too
// many abstained.
func (r *round) weigh(ctx workflow.Context) error {
	t := station.Count(r.reviews)
	switch {
	case r.panel.Met(t) && r.panel.Torn(t) && !r.torn && t.Answered >= r.need:
		r.torn = true
		r.need = t.Answered + 1
		return r.invite(ctx, station.EventAdded, 1)
	case len(r.tasks) == 0 && !r.enough(t) && !r.nobody:
		return r.invite(ctx, station.EventAdded, 1)
	default:
		return nil
	}
}

// appointed opens the review of whom the director named.
func (r *round) appointed(ctx workflow.Context, a answer) error {
	r.lacking--
	spec := station.TaskSpec{
		ID: station.TaskID(r.ID, r.stage, r.invited+1), Kind: station.TaskReview, Assignee: a.Named, Wait: r.panel.Wait, Notice: station.MailTask,
	}
	ch := station.Change{
		Event: station.EventAppointed, Details: station.Details{"reviewer": a.Named},
		Close: []station.TaskEnd{{Task: a.Task, Status: station.TaskDone}},
	}
	act := station.Act{ID: a.Act, Actor: a.Actor, Task: a.Task}
	tasks, err := r.Open(ctx, r.settling(act, ch), spec)
	if err != nil {
		return err
	}
	tasks[0].Spec = spec
	r.join(tasks...)
	return r.callDirector(ctx)
}
