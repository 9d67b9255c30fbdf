package station

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// checkCall refuses a round whose call would be over before it begins.
func (s *Service) checkCall(form json.RawMessage) error {
	var said RoundForm
	if err := json.Unmarshal(form, &said); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	var f fields
	f.add(!said.Times.CallCloses.After(s.now()), "times/callCloses", "in_the_future")
	return f.err()
}

// Rounds lists the rounds, the newest first. What is in them is in [Service.Round].
func (s *Service) Rounds(ctx context.Context, _ Actor, limit int, cursor string) (Page[RoundView], error) {
	p, err := s.store.RoundList(ctx, limit, cursor)
	for i := range p.Items {
		p.Items[i].withoutCounts()
	}
	return p, err
}

func (r *RoundView) withoutCounts() { r.Projects, r.Open, r.Confirmed, r.Matched = 0, 0, 0, 0 }

// Round returns a round. How many projects are in it is for whoever may see its
// report, who sees those they may see counted.
func (s *Service) Round(ctx context.Context, who Actor, code string) (v RoundView, counted bool, err error) {
	v, err = s.store.RoundByCode(ctx, code)
	if err != nil {
		return RoundView{}, false, err
	}
	if !maySeeRound(who, v) {
		v.withoutCounts()
		return v, false, nil
	}
	if !who.Has(RoleAngel) {
		return v, true, nil
	}
	projects, err := s.store.Projects(ctx, code, who.ID)
	if err != nil {
		return RoundView{}, false, err
	}
	v.count(projects)
	return v, true, nil
}

// count counts a round's projects anew: those that an angel may see, so that a
// difference does not tell them of another.
func (r *RoundView) count(projects []Project) {
	r.withoutCounts()
	r.Projects = len(projects)
	for _, p := range projects {
		if p.Status == Open {
			r.Open++
		}
		if p.Seat == SeatConfirmed {
			r.Confirmed++
		}
		r.Matched += p.Match
	}
}

func (r RoundView) house() Case { return Case{ID: r.Case, Kind: Round, Branch: r.Branch} }

func maySeeRound(who Actor, r RoundView) bool {
	return allowed(who.Account, ToSeeRound, r.house(), Relation{Hub: who.Hub != "" && who.Hub == r.Branch})
}

// RoundReport is a round with all its projects that the reader may see, the best
// first.
type RoundReport struct {
	Round    RoundView
	Projects []Project
	At       time.Time
}

// Report returns a round's report, at any time of the round. An angel finds
// nothing in it of projects in which they have a conflict, and no scores as
// long as angels still give them.
func (s *Service) Report(ctx context.Context, who Actor, code string) (RoundReport, error) {
	r, err := s.store.RoundByCode(ctx, code)
	if err != nil {
		return RoundReport{}, err
	}
	if !maySeeRound(who, r) {
		return RoundReport{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToSeeRound)
	}
	projects, err := s.store.Projects(ctx, code, who.ID)
	if err != nil {
		return RoundReport{}, err
	}
	if who.Has(RoleAngel) {
		r.count(projects)
	}
	if !allowed(who.Account, ToLeadRound, r.house(), Relation{}) && who.Has(RoleAngel) {
		for i := range projects {
			projects[i].blind(r.Phase)
		}
	}
	return RoundReport{Round: r, Projects: projects, At: s.now()}, nil
}

// blind takes out of a project what angels would otherwise know of each other
// while they score.
func (p *Project) blind(phase Stage) {
	at := slices.Index(Phases, phase)
	if at <= slices.Index(Phases, StageScreening) {
		p.Screening, p.Place = Spread{}, 0
	}
	if at <= slices.Index(Phases, StagePitches) {
		p.Scores, p.Late = Spread{}, 0
	}
	p.Declared, p.Conflicts = 0, 0
}

// Board returns a round as its officers follow it, in running order.
func (s *Service) Board(ctx context.Context, who Actor, code string) (RoundReport, error) {
	r, err := s.roundToLead(ctx, who, code)
	if err != nil {
		return RoundReport{}, err
	}
	projects, err := s.store.Projects(ctx, code, who.ID)
	if err != nil {
		return RoundReport{}, err
	}
	if who.Has(RoleAngel) {
		r.count(projects)
	}
	slices.SortStableFunc(projects, func(a, b Project) int { return a.order() - b.order() })
	return RoundReport{Round: r, Projects: projects, At: s.now()}, nil
}

// order is a project's place on the board: those who pitch, in running order, then
// the others.
func (p Project) order() int {
	if p.Running == 0 {
		return 1 << 30
	}
	return p.Running
}

// WatchBoard sends whenever something happens in a round or one of its projects.
func (s *Service) WatchBoard(ctx context.Context, who Actor, code string) (<-chan struct{}, error) {
	if _, err := s.roundToLead(ctx, who, code); err != nil {
		return nil, err
	}
	return s.store.WatchRound(ctx, code)
}

func (s *Service) roundToLead(ctx context.Context, who Actor, code string) (RoundView, error) {
	r, err := s.store.RoundByCode(ctx, code)
	if err != nil {
		return RoundView{}, err
	}
	if !allowed(who.Account, ToLeadRound, r.house(), Relation{}) {
		return RoundView{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToLeadRound)
	}
	return r, nil
}

// Reschedule moves a round's timetable.
func (s *Service) Reschedule(ctx context.Context, who Actor, code, key string, times Timetable) (Act, error) {
	return s.onTimetable(ctx, who, code, key, Body{Verdict: Reschedule, Times: &times})
}

// CancelRound calls a round off.
func (s *Service) CancelRound(ctx context.Context, who Actor, code, key, reason string) (Act, error) {
	return s.onTimetable(ctx, who, code, key, Body{Verdict: Cancel, Reason: reason})
}

func (s *Service) onTimetable(ctx context.Context, who Actor, code, key string, b Body) (Act, error) {
	if err := mayAct(who, ToLeadRound); err != nil {
		return Act{}, err
	}
	r, err := s.roundToLead(ctx, who, code)
	if err != nil {
		return Act{}, err
	}
	c, err := s.store.CaseByID(ctx, r.Case)
	if err != nil {
		return Act{}, err
	}
	t := Task{ID: TimetableTask(c.ID), Case: c.ID, Kind: TaskTimetable, Branch: c.Branch}
	if err := s.checkBody(ctx, t, c, Decide, &b); err != nil {
		return Act{}, err
	}
	return s.act(ctx, Act{ID: actID(who.ID, key), Case: c.ID, Task: t.ID, Kind: Decide, Actor: who.ID, Body: b})
}

// checkTimes says what is wrong with a timetable that is to take the place of a
// round's: what is over stays, and what is not over lies ahead.
func (s *Service) checkTimes(ctx context.Context, f *fields, c Case, to *Timetable) error {
	if to == nil {
		f.add(true, "times", "required")
		return nil
	}
	form, err := s.store.Form(ctx, c.ID)
	if err != nil {
		return err
	}
	var said RoundForm
	if err := json.Unmarshal(form, &said); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	r, err := s.store.RoundByCode(ctx, said.Code)
	if err != nil {
		return err
	}
	to.check(f, "times")
	to.checkMoved(f, r.Times, r.Phase, s.now())
	return nil
}

// checkMoved compares a timetable with the one before it.
func (t Timetable) checkMoved(f *fields, before Timetable, phase Stage, now time.Time) {
	f.add(before.CallOpens.Before(now) && !t.CallOpens.Equal(before.CallOpens), "times/callOpens", "cannot_change")
	for i, end := range []struct {
		path        string
		was, wanted time.Time
	}{
		{"times/callCloses", before.CallCloses, t.CallCloses},
		{"times/screeningCloses", before.ScreeningCloses, t.ScreeningCloses},
		{"times/pitchesAt", before.PitchesAt, t.PitchesAt},
		{"times/scoresClose", before.ScoresClose, t.ScoresClose},
		{"times/deliberationCloses", before.DeliberationCloses, t.DeliberationCloses},
	} {
		if over := i < slices.Index(Phases, phase); over {
			f.add(!end.wanted.Equal(end.was), end.path, "cannot_change")
		} else {
			f.add(!end.wanted.After(now), end.path, "in_the_future")
		}
	}
}

// mostDraft is the most that a draft may hold, in bytes.
const mostDraft = 100_000

// PutDraft keeps a form that is not handed in, until the call of its round closes.
func (s *Service) PutDraft(ctx context.Context, who Actor, programme string, form json.RawMessage) (Draft, error) {
	if err := mayAct(who, ToStart); err != nil {
		return Draft{}, err
	}
	p, err := s.store.Programme(ctx, programme)
	if err != nil {
		return Draft{}, err
	}
	if p.Kind != Pitch {
		return Draft{}, Errorf(NotFound, "programme %s takes no drafts", programme)
	}
	if !s.now().Before(p.ClosesAt) {
		return Draft{}, s.closed(ctx, p)
	}
	var f fields
	var object map[string]any
	f.add(json.Unmarshal(form, &object) != nil || object == nil, "", "object")
	f.add(len(form) > mostDraft, "", fmt.Sprintf("at_most_%d_bytes", mostDraft))
	if err := f.err(); err != nil {
		return Draft{}, err
	}
	d := Draft{Programme: programme, Form: form, UpdatedAt: s.now()}
	return d, s.store.PutDraft(ctx, who.ID, d)
}

// Drafts are the actor's own.
func (s *Service) Drafts(ctx context.Context, who Actor) ([]Draft, error) {
	return s.store.Drafts(ctx, who.ID, "")
}

// Draft is the actor's own for a programme.
func (s *Service) Draft(ctx context.Context, who Actor, programme string) (Draft, error) {
	list, err := s.store.Drafts(ctx, who.ID, programme)
	if err != nil {
		return Draft{}, err
	}
	if len(list) == 0 {
		return Draft{}, Errorf(NotFound, "no draft of %s for %s", who.ID, programme)
	}
	return list[0], nil
}

// DropDraft throws a draft away; one that is not there is gone already.
func (s *Service) DropDraft(ctx context.Context, who Actor, programme string) error {
	if who.Scope != ScopeFull {
		return Refuse(Forbidden, "token_reads_only", "the token of %s is for reading", who.ID)
	}
	return s.store.DropDraft(ctx, who.ID, programme)
}
