package station

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

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
	if t.Kind != TaskMail && (kind != Assign || b.Verdict == Take) && (t.Role != "" || t.Kind == TaskReview) {
		if err := s.checkConflict(ctx, who.Account, t); err != nil {
			return Act{}, err
		}
	}
	if b.Verdict == HandOver {
		if err := s.checkReceiver(ctx, t, b.Account); err != nil {
			return Act{}, err
		}
	}
	if err := s.checkBody(ctx, t, c, kind, &b); err != nil {
		return Act{}, err
	}
	a := Act{ID: actID(who.ID, key), Case: c.ID, Task: t.ID, Kind: kind, Actor: who.ID, Body: b}
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

// checkConflict keeps officers and reviewers from their own cases.
func (s *Service) checkConflict(ctx context.Context, a Account, t Task) error {
	p, err := s.store.PartiesOf(ctx, t.Case)
	if err != nil {
		return err
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

// Appeal asks for a decline to be looked at again by others.
func (s *Service) Appeal(ctx context.Context, who Actor, caseID, key, reason string) (Act, error) {
	c, err := s.ownCase(ctx, who, caseID, ToAppeal)
	if err != nil {
		return Act{}, err
	}
	var f fields
	f.words(reason, "reason", 1, 5000)
	if err := f.err(); err != nil {
		return Act{}, err
	}
	return s.act(ctx, Act{
		ID: actID(who.ID, key), Case: c.ID, Task: TaskID(c.ID, StageDeclined, 1),
		Kind: Appeal, Actor: who.ID, Body: Body{Reason: reason},
	})
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

// verdicts are what each kind of task can be answered with.
var verdicts = map[TaskKind][]Verdict{
	TaskConsent:   {Consent, Decline},
	TaskDuplicate: {Merge, KeepApart},
	TaskCheck:     {Accept, Ask, Decline},
	TaskReview:    {Score, Abstain, Recuse},
	TaskAppoint:   {Appoint},
	TaskMail:      {Accept},
	TaskDefence:   {Proceed, Call},
	TaskHearing:   {Attended, Absent},
	TaskObjection: {Uphold, Dismiss},
	TaskSign:      {Sign, Decline},
	TaskAgreement: {Accept, Decline},
	TaskPayment:   {Reject},

	TaskAcceptance: {Accept, Ask, Return},
}

// confirmable are the kinds of task that are confirmed: done by saying so.
var confirmable = []TaskKind{TaskEvidence, TaskPayment, TaskRepayment}

// Confirmable reports whether a task of this kind is done by a confirmation.
func (k TaskKind) Confirmable() bool { return slices.Contains(confirmable, k) }

// Verdicts are what a task of this kind can be decided with.
func (k TaskKind) Verdicts() []Verdict { return slices.Clone(verdicts[k]) }

// checkBody says what is wrong with an act before it is kept: a mistake in form
// is told at once, and never reaches the case.
func (s *Service) checkBody(ctx context.Context, t Task, c Case, kind ActKind, b *Body) error {
	var f fields
	switch kind {
	case Answer:
		f.add(t.Kind != TaskInquiry, "", "task_is_no_inquiry")
		f.words(b.Answer, "answer", 1, 5000)
		if err := s.checkChanges(ctx, t, c, b); err != nil {
			return err
		}
	case Confirm:
		f.add(!t.Kind.Confirmable(), "", "task_is_not_confirmed")
		evidence := t.Kind == TaskEvidence
		f.words(b.Answer, "note", 0, 5000)
		f.documents(b.Documents, "documents")
		f.add(evidence && len(b.Documents) == 0, "documents", "required")
		f.add(!evidence && len(b.Documents) > 0, "documents", "not_expected")
		f.add(evidence && b.Reference != "", "reference", "not_expected")
		if !evidence {
			f.words(b.Reference, "reference", 1, 100)
		}
	case Decide:
		f.add(!slices.Contains(verdicts[t.Kind], b.Verdict), "verdict", "one_of:"+listed(verdicts[t.Kind]))
		f.words(b.Reason, "reason", 0, 5000)
		f.add(b.Reason == "" && needsReason(t.Kind, b.Verdict), "reason", "required")
		asks := Processes[c.Kind].Asks
		f.add(b.Verdict == Ask && !slices.Contains(asks, b.To), "to", "one_of:"+listed(asks))
		f.add(b.Verdict == Ask && b.To == District && t.Branch == c.Branch, "to", "one_of:"+string(Applicant))
		checkCall(&f, b, s.now())
		if b.Verdict == Ask {
			f.words(b.Question, "question", 1, 2000)
		}
		f.add(b.Verdict != Ask && b.To != "", "to", "not_expected")
		f.add(b.Verdict != Merge && b.Target != "", "target", "not_expected")
		f.add(b.Verdict != Appoint && b.Account != "", "account", "not_expected")
		f.add(b.Verdict == Merge && !slices.Contains(duplicateIDs(t), b.Target), "target", "one_of_the_duplicates")
		f.add(b.Verdict == Appoint && b.Account == "", "account", "required")
		if err := s.checkScores(ctx, &f, t, c, *b); err != nil {
			return err
		}
	default:
	}
	return f.err()
}

func (s *Service) checkScores(ctx context.Context, f *fields, t Task, c Case, b Body) error {
	if t.Kind != TaskReview || b.Verdict != Score {
		f.add(len(b.Scores) > 0, "scores", "not_expected")
		f.add(b.Tier != 0, "tier", "not_expected")
		return nil
	}
	p, err := s.store.Programme(ctx, c.Programme)
	if err != nil {
		return fmt.Errorf("read the rubric of %s: %w", c.Programme, err)
	}
	panel, err := Processes[c.Kind].Panel(p.Terms)
	if err != nil {
		return fmt.Errorf("read the rubric of %s: %w", c.Programme, err)
	}
	panel.checkPoints(f, b.Scores)
	panel.checkTier(f, b.Tier)
	return nil
}

// needsReason reports whether a verdict must say why, in words that the person
// concerned can use.
func needsReason(k TaskKind, v Verdict) bool {
	switch k {
	case TaskCheck, TaskSign:
		return v == Decline
	case TaskAcceptance:
		return v == Return
	case TaskPayment, TaskObjection:
		return true
	default:
		return false
	}
}

// checkCall reports what is wrong with a call to an oral defence.
func checkCall(f *fields, b *Body, now time.Time) {
	if b.Verdict != Call {
		f.add(b.At != "" || b.Place != "", "at", "not_expected")
		return
	}
	at, err := time.Parse(time.RFC3339, b.At)
	f.add(err != nil, "at", "date_time")
	f.add(err == nil && !at.After(now), "at", "in_the_future")
	f.add(err == nil && at.After(now.AddDate(1, 0, 0)), "at", "within_a_year")
	f.words(b.Place, "place", 1, 300)
}

// checkChanges makes an answer's changes in a copy of the form, and notes which
// fields they change: that much the case's workflow learns.
func (s *Service) checkChanges(ctx context.Context, t Task, c Case, b *Body) error {
	b.Changed = nil
	if len(b.Changes) == 0 || string(b.Changes) == "null" {
		b.Changes = nil
		return nil
	}
	if t.Party != Applicant {
		return BadField("changes", "cannot_change")
	}
	form, err := s.store.Form(ctx, c.ID)
	if err != nil {
		return err
	}
	app, changed, err := Processes[c.Kind].Amend(form, b.Changes)
	if err != nil {
		return err
	}
	if len(changed) == 0 {
		return BadField("changes", "no_change")
	}
	if slices.Contains(changed, "district") { // another branch's case: apply there
		return BadField("changes/district", "cannot_change")
	}
	if !slices.Contains(Processes[c.Kind].Amendable, t.Stage) {
		for _, path := range changed {
			if path != "documents" { // nobody would look at it again
				return BadField("changes/"+strings.ReplaceAll(path, ".", "/"), "cannot_change")
			}
		}
	}
	b.Changed, b.Documents = changed, app.Documents
	return nil
}

func listed[T ~string](list []T) string {
	var words []string
	for _, w := range list {
		words = append(words, string(w))
	}
	return strings.Join(words, ",")
}

// duplicateIDs are the entries and cases that a duplicate task shows.
func duplicateIDs(t Task) []string {
	var ids []string
	list, _ := t.Details["duplicates"].([]any)
	for _, d := range list {
		if m, ok := d.(map[string]any); ok {
			if id, ok := m["id"].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
