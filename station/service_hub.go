package station

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// relation is how an actor stands to a case. To whoever has a conflict of
// interest in a project it is not there: by what they declared, or because they
// are of the company, or of an institution of its founders. Who hands a project in
// is its team, and judges it in no other role.
func (s *Service) relation(ctx context.Context, who Actor, c Case) (Relation, error) {
	rel, err := s.store.Relation(ctx, c.ID, who.ID)
	if err != nil {
		return Relation{}, err
	}
	if rel.Applicant {
		rel.Hub, rel.Cleared, rel.Conflict = false, false, false
		return rel, nil
	}
	if c.Kind != Pitch || rel.Conflict || !who.Has(RoleAngel) {
		return rel, nil
	}
	p, err := s.store.PartiesOf(ctx, c.ID)
	if err != nil {
		return Relation{}, err
	}
	rel.Conflict = Conflicted(who.Account, p)
	return rel, nil
}

// Declare says whether an angel has a conflict of interest in a project. Nothing
// of it is theirs to see or to judge before; and after a conflict never again.
func (s *Service) Declare(ctx context.Context, who Actor, caseID, key string, conflict ConflictKind) (Act, error) {
	if err := mayAct(who, ToDeclare); err != nil {
		return Act{}, err
	}
	id := actID(who.ID, key)
	if done, err := s.declaredBefore(ctx, who, id, caseID, conflict); err != nil || done.ID != "" {
		return done, err
	}
	c, rel, err := s.caseFor(ctx, who, caseID)
	if err != nil {
		return Act{}, err
	}
	if c.Kind != Pitch || !rel.Hub && !rel.Panel || !allowed(who.Account, ToDeclare, c, rel) {
		return Act{}, Errorf(Forbidden, "account %s has nothing to declare in case %s", who.ID, caseID)
	}
	var f fields
	f.add(!conflict.known(), "conflict", "one_of:"+listed(Conflicts))
	if err := f.err(); err != nil {
		return Act{}, err
	}
	return s.act(ctx, Act{
		ID: id, Case: c.ID, Task: DeclarationTask(c.ID), Kind: Declare, Actor: who.ID, Body: Body{Conflict: conflict},
	})
}

// declaredBefore returns the declaration that a request repeats: once there is a
// conflict the case is not there any more, and the answer to it still is.
func (s *Service) declaredBefore(ctx context.Context, who Actor, act, caseID string, conflict ConflictKind) (Act, error) {
	a, err := s.store.ActByID(ctx, act)
	switch {
	case CodeOf(err) == NotFound:
		return Act{}, nil
	case err != nil:
		return Act{}, err
	case a.Actor == who.ID && a.Kind == Declare && a.Case == caseID && a.Body.Conflict == conflict:
		return a, nil
	default:
		return Act{}, Refuse(Invalid, "key_reused", "the key of act %s was used for something else", act)
	}
}

// checkDeclared refuses to let an angel judge a project of which they have not
// said that they have no conflict in it; who is no angel any more judges none.
// Nobody needs to say so who recuses.
func (s *Service) checkDeclared(ctx context.Context, who Actor, t Task, c Case, v Verdict) error {
	judges := t.Kind == TaskScore || t.Kind == TaskCommitment || t.Kind == TaskReview && t.Role != RoleOfficer
	switch {
	case c.Kind != Pitch || !judges || v == Recuse:
		return nil
	case !who.Has(RoleAngel):
		return Errorf(Forbidden, "account %s is no angel any more", who.ID)
	}
	said, err := s.store.Declared(ctx, c.ID, who.ID)
	if err != nil {
		return err
	}
	if said != ConflictNone {
		return Refuse(Conflict, "declare_first", "account %s has not declared in case %s", who.ID, c.ID)
	}
	return nil
}

// checkHubBody says what is wrong with what only members of the hub and officers
// of a round say.
func (s *Service) checkHubBody(ctx context.Context, f *fields, t Task, c Case, b Body) error {
	amends := t.Kind == TaskMembership && b.Verdict == Amended
	f.add(amends && b.Interests == nil && b.Public == nil, "interests", "required")
	f.add(!amends && b.Interests != nil, "interests", "not_expected")
	f.add(!amends && b.Public != nil, "public", "not_expected")
	f.interests(b.Interests, "interests")
	if err := s.checkTicket(ctx, f, t, c, b); err != nil {
		return err
	}
	if t.Kind != TaskTimetable || b.Verdict != Reschedule {
		f.add(b.Times != nil, "times", "not_expected")
		return nil
	}
	return s.checkTimes(ctx, f, c, b.Times)
}

// checkTicket says what is wrong with the amount of a commitment.
func (s *Service) checkTicket(ctx context.Context, f *fields, t Task, c Case, b Body) error {
	if t.Kind != TaskCommitment || b.Verdict != Follow && b.Verdict != Lead {
		f.add(b.Fen != 0, "fen", "not_expected")
		return nil
	}
	terms, err := s.roundTerms(ctx, c)
	if err != nil {
		return err
	}
	f.add(b.Fen < terms.MinimumTicket, "fen", fmt.Sprintf("at_least_%d", terms.MinimumTicket))
	f.add(b.Fen > 1e13, "fen", "amount")
	return nil
}

// Members lists the members of the hub whom the public may see: those who
// consented to it. It is for everybody.
func (s *Service) Members(ctx context.Context, q MemberQuery) (Page[Member], error) {
	if _, err := s.cityOf(ctx, q.Branch); err != nil {
		return Page[Member]{}, err
	}
	q.Public = true
	return s.store.Members(ctx, q)
}

// HubMembers lists all members of the hub of the actor's branch: the house names
// vouchers from it.
func (s *Service) HubMembers(ctx context.Context, who Actor, limit int, cursor string) (Page[Member], error) {
	if reach(who.Account, ToSeeMembers) == Never || who.Branch == "" {
		return Page[Member]{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToSeeMembers)
	}
	return s.store.Members(ctx, MemberQuery{Branch: who.Branch, Limit: limit, Cursor: cursor})
}

// teaser is what an angel sees of a project whose deck is not open to them.
func (s *Service) teaser(ctx context.Context, who Actor, c Case, rel Relation) (*Teaser, error) {
	if c.Kind != Pitch || rel.Applicant || !who.Has(RoleAngel) || seesPerson(who.Account, c, rel) {
		return nil, nil
	}
	form, err := s.store.Form(ctx, c.ID)
	if err != nil || len(form) == 0 {
		return nil, err
	}
	return TeaserOf(form)
}

// committing are the stages from which on angels commit.
var committing = []Stage{StageDeliberation, StageRefill, StageClosing, StageEnded}

// commitments are what the angels have said in a project's deliberation. Who
// committed how much is the house's to see and, once the lead is chosen, of the
// members everybody's who may see the case. The team sees nothing before.
func (s *Service) commitments(ctx context.Context, who Actor, c Case, rel Relation) (*Commitments, error) {
	if c.Kind != Pitch || !slices.Contains(committing, c.Stage) {
		return nil, nil
	}
	chosen, err := s.store.Chosen(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	house := !rel.Applicant && allowed(who.Account, ToSeeReviewers, c, rel)
	if len(chosen) == 0 && rel.Applicant {
		return nil, nil
	}
	ballots, err := s.store.Ballots(ctx, c.ID, StageDeliberation, StageRefill)
	if err != nil || len(ballots) == 0 && c.Stage == StageEnded {
		return nil, err
	}
	said := &Commitments{}
	for _, b := range ballots {
		said.count(b)
		if b.Account == who.ID {
			said.Mine = new(b)
		}
	}
	switch {
	case house && len(chosen) == 0:
		said.Members = ballots
	case house:
		said.Members = inOrder(ballots, chosen)
		said.Members = append(said.Members, slices.DeleteFunc(slices.Clone(ballots), func(b Ballot) bool { return slices.Contains(chosen, b.Account) })...)
	default:
		said.Members = inOrder(ballots, chosen)
	}
	return said, nil
}

func (c *Commitments) count(b Ballot) {
	switch b.Verdict {
	case Lead:
		c.Leads++
	case Follow:
		c.Follows++
	case Pass:
		c.Passes++
		return
	default:
		return
	}
	c.Fen += b.Fen
}

// inOrder are the ballots of these accounts, in their order.
func inOrder(ballots []Ballot, accounts []string) []Ballot {
	var list []Ballot
	for _, a := range accounts {
		if i := slices.IndexFunc(ballots, func(b Ballot) bool { return b.Account == a }); i >= 0 {
			list = append(list, ballots[i])
		}
	}
	return list
}

// candidate is who is to be admitted by a case, and what was said for them; nothing
// once it was erased.
func (s *Service) candidate(ctx context.Context, c Case) (name, statement string, err error) {
	raw, err := s.store.Form(ctx, c.ID)
	if err != nil || len(raw) == 0 {
		return "", "", err
	}
	var form AngelForm
	if err := json.Unmarshal(raw, &form); err != nil {
		return "", "", fmt.Errorf("read the form: %w", err)
	}
	if form.Invitee != nil {
		return form.Invitee.Name, form.Statement, nil
	}
	opener, err := s.store.AccountByID(ctx, c.Applicant)
	return opener.Name, form.Statement, err
}

// ofHub adds to a task of a hub what its doer needs to know.
func (s *Service) ofHub(ctx context.Context, who Actor, rel Relation, v *TaskView) (err error) {
	if v.Task.Kind == TaskVoucher && v.Task.Assignee == who.ID {
		v.Candidate, v.Statement, err = s.candidate(ctx, v.Case)
		return err
	}
	if v.Case.Kind != Pitch {
		return nil
	}
	if v.Teaser, err = s.teaser(ctx, who, v.Case, rel); err != nil {
		return err
	}
	if who.Has(RoleAngel) {
		if v.Declared, err = s.store.Declared(ctx, v.Case.ID, who.ID); err != nil {
			return err
		}
	}
	switch v.Task.Kind {
	case TaskCommitment:
		terms, err := s.roundTerms(ctx, v.Case)
		v.Ticket = terms.MinimumTicket
		return err
	case TaskFeedback:
		v.Feedback, err = s.feedback(ctx, v.Case)
		return err
	default:
		return nil
	}
}

// roundTerms are the settings of a project's round.
func (s *Service) roundTerms(ctx context.Context, c Case) (RoundTerms, error) {
	p, err := s.store.Programme(ctx, c.Programme)
	if err != nil {
		return RoundTerms{}, err
	}
	return ReadRoundTerms(p.Terms)
}

// feedback is what angels said of a project, in no order by which one could be
// known.
func (s *Service) feedback(ctx context.Context, c Case) ([]string, error) {
	ballots, err := s.store.Ballots(ctx, c.ID, StageDeliberation, StageRefill)
	if err != nil {
		return nil, err
	}
	var words []string
	for _, b := range ballots {
		said, err := s.store.Words(ctx, b.Act)
		if err != nil {
			return nil, err
		}
		if said.Reason != "" {
			words = append(words, said.Reason)
		}
	}
	slices.Sort(words)
	return words, nil
}

// members are what only members of a hub do.
var members = []EventKind{
	EventVoted, EventDeclared, EventCommitted, EventTwoLeads, EventSyndicate, EventSteppedBack, EventClosing, EventExtension, EventReviewed, EventRecused,
	EventVouched, EventNotVouched,
}

// byMember reports whether a member of the hub did what happened: who it was is
// nobody's to know but the house's.
func byMember(k Kind, e EventKind) bool {
	return (k == Pitch || k == Angel) && slices.Contains(members, e)
}

// personal are the details of an event that say who, or how much of whom.
func personal(k Kind, e EventKind) []string {
	names := []string{"reviewer", "assignee"}
	if k == Pitch || k == Angel {
		names = append(names, "account", "accounts", "lead", "conflict")
	}
	if byMember(k, e) && e != EventSyndicate {
		names = append(names, "fen")
	}
	return names
}

// secret are the events whose details are the house's and their author's.
var secret = []EventKind{EventVoted, EventDeclared, EventCommitted}
