package station

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
)

// Decide gives a verdict on a task.
func (s *Service) Decide(ctx context.Context, who Actor, task, key string, b Body) (Act, error) {
	return s.onTask(ctx, who, task, key, Decide, b)
}

// Answer replies to an inquiry; with changes (a merge patch, RFC 7396), it
// changes the form too, where the process lets it.
func (s *Service) Answer(ctx context.Context, who Actor, task, key, answer string, changes json.RawMessage) (Act, error) {
	return s.onTask(ctx, who, task, key, Answer, Body{Answer: answer, Changes: changes})
}

// Confirm says that what a task asks for was done: with documents as evidence, or
// with the bank's reference.
func (s *Service) Confirm(ctx context.Context, who Actor, task, key string, b Body) (Act, error) {
	b.Verdict = Confirmed
	return s.onTask(ctx, who, task, key, Confirm, b)
}

// Assign takes a task of a pool, releases it, or hands it over to another.
func (s *Service) Assign(ctx context.Context, who Actor, task, key string, v Verdict, account string) (Act, error) {
	b := Body{Verdict: v, Account: account}
	switch v {
	case Take, Release:
		b.Account = ""
	case HandOver:
	default:
		return Act{}, fields{{Path: "verdict", Rule: "one_of:take,release,hand_over"}}.err()
	}
	return s.onTask(ctx, who, task, key, Assign, b)
}

// onTask does what every act on a task has in common.
func (s *Service) onTask(ctx context.Context, who Actor, taskID, key string, kind ActKind, b Body) (Act, error) {
	if who.Scope != ScopeFull {
		return Act{}, Refuse(Forbidden, "token_reads_only", "the token of %s is for reading", who.ID)
	}
	t, c, err := s.taskFor(ctx, who, taskID)
	if err != nil {
		return Act{}, err
	}
	may := mayDoTask(who.Account, t, c)
	if kind == Assign {
		may = may || t.Party == "" && t.Kind != TaskReview && mayHandOver(who.Account, t, b.Verdict)
	}
	if !may {
		return Act{}, Errorf(Forbidden, "task %s is not %s's to do", t.ID, who.ID)
	}
	if kind == Assign && (t.Role == RoleAngel && t.Assignee == "" || t.Role == RoleProvider) { // all of them do it
		return Act{}, Errorf(Forbidden, "task %s is nobody's alone", t.ID)
	}
	if t.Kind != TaskMail && c.Kind != Round && (kind != Assign || b.Verdict == Take) && (t.Role != "" || t.Kind == TaskReview) {
		if err := s.checkConflict(ctx, who.Account, t); err != nil {
			return Act{}, err
		}
	}
	if err := s.checkDeclared(ctx, who, t, c, b.Verdict); err != nil {
		return Act{}, err
	}
	if b.Verdict == HandOver {
		if err := s.checkReceiver(ctx, t, b.Account); err != nil {
			return Act{}, err
		}
	}
	a := Act{ID: actID(who.ID, key), Case: c.ID, Task: t.ID, Kind: kind, Actor: who.ID}
	if err := s.checkBody(ctx, t, c, kind, &b); err != nil && !s.repeats(ctx, a, c, key) {
		return Act{}, err
	}
	a.Body = b
	if t.Kind == TaskMail {
		a.At = s.now()
		return s.store.ResendNotice(ctx, a)
	}
	return s.act(ctx, a)
}

// taskFor returns a task that the actor may see.
func (s *Service) taskFor(ctx context.Context, who Actor, id string) (Task, Case, error) {
	unseen := Errorf(NotFound, "no task %s", id)
	if uuid.Validate(CaseOfTask(id)) != nil || len(id) > 100 {
		return Task{}, Case{}, unseen
	}
	t, err := s.store.TaskByID(ctx, id)
	if err != nil {
		return Task{}, Case{}, err
	}
	c, err := s.store.CaseByID(ctx, t.Case)
	if err != nil {
		return Task{}, Case{}, err
	}
	if c.Kind == Pitch {
		rel, err := s.relation(ctx, who, c)
		if err != nil {
			return Task{}, Case{}, err
		}
		if rel.Conflict {
			return Task{}, Case{}, unseen
		}
	}
	if mayDoTask(who.Account, t, c) {
		return t, c, nil
	}
	// a reviewer sees their own task, never a colleague's; the house sees all
	house := c.Applicant != who.ID && (reach(who.Account, ToHandOver) != Never || who.Has(RoleOfficer))
	if t.Assignee != who.ID && !house || !allowed(who.Account, ToSeeCase, c, Relation{}) {
		return Task{}, Case{}, unseen
	}
	return t, c, nil
}

// checkConflict keeps officers and reviewers from their own cases. Whoever works for
// a provider is of an institution because of that: only their own cases are not
// theirs.
func (s *Service) checkConflict(ctx context.Context, a Account, t Task) error {
	p, err := s.store.PartiesOf(ctx, t.Case)
	if err != nil {
		return err
	}
	if t.Provider != "" {
		a.Institution = ""
	}
	if to, err := s.transferTo(ctx, t); err != nil {
		return err
	} else if to != nil {
		p.Institutions = append(p.Institutions, to.Code)
	}
	if Conflicted(a, p) {
		return Refuse(Forbidden, "conflict_of_interest", "account %s has a conflict in case %s", a.ID, t.Case)
	}
	return nil
}

// checkReceiver says whether a task can be handed to an account.
func (s *Service) checkReceiver(ctx context.Context, t Task, account string) error {
	bad := fields{{Path: "account", Rule: "cannot_take_task"}}.err()
	a, err := s.store.AccountByID(ctx, account)
	if CodeOf(err) == NotFound {
		return bad
	} else if err != nil {
		return err
	}
	if a.Disabled || t.Role == "" || !a.Has(t.Role) || !a.Covers(t.Branch) {
		return bad
	}
	if CodeOf(s.checkConflict(ctx, a, t)) == Forbidden {
		return bad
	}
	return nil
}

// Withdraw ends a case at its applicant's wish.
func (s *Service) Withdraw(ctx context.Context, who Actor, caseID, key string) (Act, error) {
	c, err := s.ownCase(ctx, who, caseID, ToWithdraw)
	if err != nil {
		return Act{}, err
	}
	return s.act(ctx, Act{ID: actID(who.ID, key), Case: c.ID, Kind: Withdraw, Actor: who.ID})
}

func (s *Service) ownCase(ctx context.Context, who Actor, id string, d Doing) (Case, error) {
	c, rel, err := s.caseFor(ctx, who, id)
	if err != nil {
		return Case{}, err
	}
	if err := mayAct(who, d); err != nil {
		return Case{}, err
	}
	if !allowed(who.Account, d, c, rel) {
		return Case{}, Errorf(Forbidden, "account %s may not %s %s", who.ID, d, id)
	}
	return c, nil
}
