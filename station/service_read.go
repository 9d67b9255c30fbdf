package station

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
)

// Authenticate returns who holds a token, by the token's SHA-256.
func (s *Service) Authenticate(ctx context.Context, hash []byte) (Actor, error) {
	return s.store.ActorByToken(ctx, hash, s.now())
}

// Programmes returns the programmes that are open now.
func (s *Service) Programmes(ctx context.Context) ([]Programme, error) {
	return s.store.Programmes(ctx, s.now())
}

// Programme returns one programme, open or not.
func (s *Service) Programme(ctx context.Context, code string) (Programme, error) {
	return s.store.Programme(ctx, code)
}

// Branches returns the station's branches.
func (s *Service) Branches(ctx context.Context) ([]Branch, error) { return s.store.Branches(ctx) }

// Institutions returns the known institutions.
func (s *Service) Institutions(ctx context.Context) ([]Institution, error) {
	return s.store.Institutions(ctx)
}

// ChannelsOf returns the ways in that a programme takes.
func (s *Service) ChannelsOf(ctx context.Context, p Programme) ([]Channel, error) {
	all, err := s.store.Channels(ctx)
	if err != nil || Processes[p.Kind].Channels == nil {
		return all, err
	}
	codes, err := Processes[p.Kind].Channels(p.Terms)
	if err != nil || len(codes) == 0 {
		return all, err
	}
	return slices.DeleteFunc(all, func(c Channel) bool { return !slices.Contains(codes, c.Code) }), nil
}

// Channels returns the ways by which talents are referred.
func (s *Service) Channels(ctx context.Context) ([]Channel, error) { return s.store.Channels(ctx) }

// Ready says whether the database answers.
func (s *Service) Ready(ctx context.Context) error { return s.store.Ping(ctx) }

// CaseView is a case with what its viewer may see of it.
type CaseView struct {
	Case      Case
	Form      json.RawMessage // nil when the viewer may not see the person, or it was erased
	Documents []Document      // what was handed in, for who sees the form
	Reviews   []Review        // without reviewers' names where the viewer may not see them
	Why       string          // in an officer's words, if an officer declined it, or a director's who revoked the office
	// Eligibility is what the rules said when the case was last assessed; nil
	// when the viewer may not see the person.
	Eligibility []RuleAnswer
	Teaser      *Teaser        // of a project, for an angel who may not see the form (yet)
	Commitments *Commitments   // of a project, from the deliberation on
	Letters     []IssuedLetter // of an ambassador, the newest first, for who sees the form
}

// Case returns a case.
func (s *Service) Case(ctx context.Context, who Actor, id string) (CaseView, error) {
	c, rel, err := s.caseFor(ctx, who, id)
	if err != nil {
		return CaseView{}, err
	}
	v := CaseView{Case: c}
	if v.Teaser, err = s.teaser(ctx, who, c, rel); err != nil {
		return CaseView{}, err
	}
	if v.Commitments, err = s.commitments(ctx, who, c, rel); err != nil {
		return CaseView{}, err
	}
	if seesPerson(who.Account, c, rel) {
		if v.Form, err = s.store.Form(ctx, id); err != nil {
			return CaseView{}, err
		}
		if v.Documents, err = s.handedIn(ctx, who, c, rel); err != nil {
			return CaseView{}, err
		}
		if v.Why, err = s.why(ctx, c); err != nil {
			return CaseView{}, err
		}
		if v.Eligibility, err = s.eligibility(ctx, c); err != nil {
			return CaseView{}, err
		}
		if v.Letters, err = s.letters(ctx, c); err != nil {
			return CaseView{}, err
		}
	}
	reviews, err := s.store.Reviews(ctx, id)
	if err != nil {
		return CaseView{}, err
	}
	v.Reviews = s.visibleReviews(who, c, rel, reviews)
	return v, nil
}

// RuleAnswer is what a rule said of a case. A rule that the programme no longer
// has is its code and nothing else.
type RuleAnswer struct {
	Rule     Rule
	Assessed Assessed
}

// eligibility returns what the rules said of a case, in the order of the rules.
func (s *Service) eligibility(ctx context.Context, c Case) ([]RuleAnswer, error) {
	rulesOf := Processes[c.Kind].Rules
	if rulesOf == nil {
		return nil, nil
	}
	assessed, err := s.store.Assessments(ctx, c.ID)
	if err != nil || len(assessed) == 0 {
		return nil, err
	}
	p, err := s.store.Programme(ctx, c.Programme)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(p.Terms)
	if err != nil {
		return nil, err
	}
	answers := make([]RuleAnswer, len(assessed))
	place := map[string]int{}
	for i, r := range rules {
		place[r.Code] = i
	}
	for i, a := range assessed {
		answers[i] = RuleAnswer{Rule: Rule{Code: a.Code}, Assessed: a}
		if at, known := place[a.Code]; known {
			answers[i].Rule = rules[at]
		} else {
			place[a.Code] = len(rules)
		}
	}
	slices.SortStableFunc(answers, func(a, b RuleAnswer) int { return place[a.Rule.Code] - place[b.Rule.Code] })
	return answers, nil
}

// visibleReviews keeps reviewers blind to each other while a review runs, and
// their names from applicants always.
func (s *Service) visibleReviews(who Actor, c Case, rel Relation, all []Review) []Review {
	names := maySeeReviewers(who, c, rel)
	running := c.Stage.blind() || c.Kind == Pitch && c.Stage == StageDeliberation && !slices.ContainsFunc(all, func(r Review) bool {
		return r.Reviewer == who.ID && r.Stage == StagePitches // who has not scored still can, late
	})
	var seen []Review
	for _, r := range all {
		own := r.Reviewer == who.ID
		if running && !own && !names {
			continue
		}
		if !names && !own {
			r.Reviewer, r.Task, r.Act = "", "", ""
		}
		seen = append(seen, r)
	}
	return seen
}

// maySeeReviewers keeps reviewers' names from whoever opened the case, of the
// house or not.
func maySeeReviewers(who Actor, c Case, rel Relation) bool {
	return !rel.Applicant && allowed(who.Account, ToSeeReviewers, c, rel)
}

// Cases lists the cases that the actor may see.
func (s *Service) Cases(ctx context.Context, who Actor, q CaseQuery) (Page[Case], error) {
	q.Viewer = visibility(who.Account, ToSeeCase)
	return s.store.CaseList(ctx, q)
}

// Events returns a case's history from after on, as the actor may see it.
func (s *Service) Events(ctx context.Context, who Actor, id string, after, limit int) ([]Event, error) {
	c, rel, err := s.caseFor(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if rel.Provider && !allowed(who.Account, ToSeeCase, c, Relation{Applicant: rel.Applicant}) {
		after = max(after, rel.After)
	}
	events, err := s.store.Events(ctx, id, after, limit)
	if err != nil {
		return nil, err
	}
	names := maySeeReviewers(who, c, rel)
	running := c.Stage.blind()
	for i, e := range events {
		if names || e.Actor == who.ID {
			continue
		}
		events[i].Actor = veil(e, c, who)
		events[i].Task, events[i].Act = "", ""
		if running && slices.Contains([]EventKind{EventReviewed, EventRecused}, e.Kind) || slices.Contains(secret, e.Kind) {
			events[i].Details = nil
		}
		for _, name := range personal(c.Kind, e.Kind) {
			delete(events[i].Details, name)
		}
	}
	return events, nil
}

// veil leaves of an actor's name what everybody may know.
func veil(e Event, c Case, who Actor) string {
	switch {
	case slices.Contains([]string{"", c.Applicant, who.ID, string(Talent), string(Applicant), string(Public)}, e.Actor):
		return e.Actor
	case byMember(c.Kind, e.Kind):
		return "member"
	default:
		return "staff"
	}
}

// Sees reports, by an error, whether the actor may still see a case.
func (s *Service) Sees(ctx context.Context, who Actor, id string) error {
	_, _, err := s.caseFor(ctx, who, id)
	return err
}

// Watch sends the number of the last event of a case whenever it grows.
func (s *Service) Watch(ctx context.Context, who Actor, id string) (<-chan int, error) {
	if _, _, err := s.caseFor(ctx, who, id); err != nil {
		return nil, err
	}
	return s.store.WatchCase(ctx, id)
}

// Tasks lists the actor's inbox: due first.
func (s *Service) Tasks(ctx context.Context, who Actor, q TaskQuery) (Page[Task], error) {
	q.Account, q.Roles, q.Branches = who.ID, nil, branches(who.Account)
	for _, r := range who.Roles {
		switch access[ToDoTask][r] {
		case InHouse, InHub: // of a hub's pool, the store knows whose it is
			q.Roles = append(q.Roles, r)
		case InService:
			q.Provider = who.Provider
		case All:
			q.Roles, q.All = append(q.Roles, r), true
		default:
		}
	}
	return s.store.TaskList(ctx, q)
}

// TaskView is a task with what is needed to do it.
type TaskView struct {
	Task       Task
	Case       Case
	Form       json.RawMessage
	Panel      *Panel // for a review: the rubric
	Said       Body   // the words that it is about: an inquiry's question, an objection, why evidence was returned
	Duplicates []TalentEntry
	Documents  []Document   // what was handed in
	Teaser     *Teaser      // of a project, for an angel who may not see the form (yet)
	Ticket     int64        // of a commitment: the least one, in fen
	Feedback   []string     // for who makes of it what a team reads: what angels said
	Declared   ConflictKind // by an angel, of the project; "": nothing yet
	Candidate  string       // of a voucher's: for whom to vouch
	Statement  string       // of a voucher's: what the candidate says, or was said of them
	Settling   *Settling    // of a settlement, or of one of its services
	Record     *InOffice    // of the renewal of an ambassador's term: what they did in it
	TransferTo *Institution // of the check of a tie: to which institution
}

// Task returns a task that the actor may see.
func (s *Service) Task(ctx context.Context, who Actor, id string) (TaskView, error) {
	t, c, err := s.taskFor(ctx, who, id)
	if err != nil {
		return TaskView{}, err
	}
	v := TaskView{Task: t, Case: c, Record: recordIn(t)}
	if v.TransferTo, err = s.transferTo(ctx, t); err != nil {
		return TaskView{}, err
	}
	rel := Relation{Applicant: c.Applicant == who.ID, Panel: t.Kind == TaskReview && t.Assignee == who.ID}
	if c.Kind == Angel || c.Kind == Pitch || c.Kind == ServiceKind {
		if rel, err = s.relation(ctx, who, c); err != nil {
			return TaskView{}, err
		}
	}
	if seesPerson(who.Account, c, rel) {
		if v.Form, err = s.store.Form(ctx, c.ID); err != nil {
			return TaskView{}, err
		}
		if v.Documents, err = s.handedIn(ctx, who, c, rel); err != nil {
			return TaskView{}, err
		}
	}
	if t.Kind == TaskReview || t.Kind == TaskScore {
		p, err := s.store.Programme(ctx, c.Programme)
		if err != nil {
			return TaskView{}, err
		}
		panel, err := Processes[c.Kind].Panel(p.Terms, t.scoredIn())
		if err != nil {
			return TaskView{}, err
		}
		v.Panel = &panel
	}
	if ids := duplicateIDs(t); len(ids) > 0 {
		if v.Duplicates, err = s.store.DuplicatesShown(ctx, ids); err != nil {
			return TaskView{}, err
		}
	}
	if err := s.ofHub(ctx, who, rel, &v); err != nil {
		return TaskView{}, err
	}
	if v.Settling, err = s.ofSettlement(ctx, who, rel, t, c); err != nil {
		return TaskView{}, err
	}
	if t.Kind == TaskObjection && rel.Applicant { // whom they would have to forgive
		return v, nil
	}
	v.Said, err = s.said(ctx, t)
	return v, err
}

// Act returns a receipt: to who did the act, and to who may see its case.
func (s *Service) Act(ctx context.Context, who Actor, id string) (Act, error) {
	if uuid.Validate(id) != nil {
		return Act{}, Errorf(NotFound, "no act %s", id)
	}
	a, err := s.store.ActByID(ctx, id)
	if err != nil {
		return Act{}, err
	}
	if a.Actor != who.ID && !who.Has(RoleOperator) {
		return Act{}, Errorf(NotFound, "no act %s", id)
	}
	return a, nil
}

// Talents searches the reserve.
func (s *Service) Talents(ctx context.Context, who Actor, q TalentQuery) (Page[TalentEntry], error) {
	if reach(who.Account, ToSeeReserve) == Never {
		return Page[TalentEntry]{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToSeeReserve)
	}
	q.Viewer = visibility(who.Account, ToSeeReserve)
	return s.store.TalentList(ctx, q)
}

// MayOperate refuses everyone but operators.
func (s *Service) MayOperate(who Actor) error {
	if reach(who.Account, ToOperate) == Never {
		return Errorf(Forbidden, "account %s may not %s", who.ID, ToOperate)
	}
	return nil
}

// visibility puts a permission into a form that a query can use.
func visibility(a Account, d Doing) Visibility {
	v := Visibility{Account: a.ID}
	for _, r := range a.Roles {
		switch access[d][r] {
		case All:
			v.All = true
		case InHouse:
			v.Branches = branches(a)
		case InPanel:
			v.InPanel = true
		case InHub:
			v.InPanel, v.Hub = true, a.Hub
		case InService:
			v.Provider = a.Provider
		case Own, Cleared, Never:
		}
	}
	v.Own = access[d][RoleApplicant] == Own
	return v
}

func branches(a Account) []string {
	if a.Branch == "" {
		return nil
	}
	return append([]string{a.Branch}, a.Districts...)
}
