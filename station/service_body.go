package station

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

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

	TaskVoucher:    {Vouch, Decline},
	TaskVote:       {Approve, Reject, Abstain},
	TaskMembership: {Leave, Amended},
	TaskOversight:  {Suspend, Reinstate, Revoke},
	TaskRenewal:    {Renew, Thank},
	TaskTimetable:  {Reschedule, Cancel},
	TaskSeat:       {Accept, Decline},
	TaskAttendance: {Attended, Absent},
	TaskScore:      {Score},
	TaskCommitment: {Pass, Follow, Lead},
	TaskFeedback:   {Accept},
	TaskClosing:    {Extend, Decline},
	TaskTicket:     {StepBack},

	TaskSettling: {Add, Drop, Relocate},
	TaskRating:   {Rate},
	TaskCallback: {CallBack},
	TaskService:  {Accept, Ask, Decline},
	TaskDelivery: {Ask, Decline},
	TaskTrouble:  {AskAgain, Reassign, Waive, End},
	TaskStalled:  {AskAgain, End},
	TaskWaiver:   {Waive},
	TaskOffice:   {Resign, Transfer},
	TaskTie:      {Accept, Decline},
}

// confirmable are the kinds of task that are confirmed: done by saying so.
var confirmable = []TaskKind{
	TaskEvidence, TaskPayment, TaskRepayment, TaskClosing, TaskPapers, TaskService, TaskDelivery, TaskUndo,
}

// Confirmable reports whether a task of this kind is done by a confirmation.
func (k TaskKind) Confirmable() bool { return slices.Contains(confirmable, k) }

// Verdicts are what a task of this kind can be decided with, in a case of some kind:
// an ambassador's office is not suspended.
func (k TaskKind) Verdicts(of Kind) []Verdict {
	if k == TaskOversight && of == Ambassador {
		return []Verdict{Revoke}
	}
	return slices.Clone(verdicts[k])
}

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
		f.words(b.Answer, "note", 0, 5000)
		if err := s.checkProof(ctx, &f, t, c, b); err != nil {
			return err
		}
	case Decide:
		takes := t.Kind.Verdicts(c.Kind)
		f.add(len(takes) == 0 && t.Role == "", "verdict", "nothing_to_decide")
		f.add(len(takes) == 0 && t.Role != "", "verdict", "nothing_to_decide_but_hand_over")
		f.add(len(takes) > 0 && !slices.Contains(takes, b.Verdict), "verdict", "one_of:"+listed(takes))
		f.words(b.Reason, "reason", 0, 5000)
		f.add(strings.TrimSpace(b.Reason) == "" && needsReason(t.Kind, b.Verdict), "reason", "required")
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
		if err := s.checkHubBody(ctx, &f, t, c, *b); err != nil {
			return err
		}
		if err := s.checkSettlingBody(ctx, &f, t, c, *b); err != nil {
			return err
		}
		if err := s.checkOfficeBody(ctx, &f, t, c, *b); err != nil {
			return err
		}
	default:
	}
	return f.err()
}

// checkProof says what is wrong with what proves that something was done: a report
// is documents, a payment a reference, and a service either, or nothing.
func (s *Service) checkProof(ctx context.Context, f *fields, t Task, c Case, b *Body) error {
	f.documents(b.Documents)
	f.add(t.Kind != TaskPapers && len(b.Papers) > 0, "papers", "not_expected")
	switch t.Kind {
	case TaskPapers:
		return s.checkPapersGiven(ctx, f, t, c, b)
	case TaskService, TaskDelivery, TaskUndo:
		f.words(b.Reference, "reference", 0, 100)
	case TaskEvidence, TaskClosing:
		f.add(len(b.Documents) == 0, "documents", "required")
		f.add(b.Reference != "", "reference", "not_expected")
	default:
		f.add(len(b.Documents) > 0, "documents", "not_expected")
		f.words(b.Reference, "reference", 1, 100)
	}
	return nil
}

// scoredIn is the stage whose rubric a task is scored by.
func (t Task) scoredIn() Stage {
	if t.Kind == TaskScore {
		return StagePitches
	}
	return t.Stage
}

func (s *Service) checkScores(ctx context.Context, f *fields, t Task, c Case, b Body) error {
	if t.Kind != TaskReview && t.Kind != TaskScore || b.Verdict != Score {
		f.add(len(b.Scores) > 0, "scores", "not_expected")
		f.add(b.Tier != 0, "tier", "not_expected")
		return nil
	}
	p, err := s.store.Programme(ctx, c.Programme)
	if err != nil {
		return fmt.Errorf("read the rubric of %s: %w", c.Programme, err)
	}
	panel, err := Processes[c.Kind].Panel(p.Terms, t.scoredIn())
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
	case TaskCheck, TaskSign, TaskTie:
		return v == Decline
	case TaskOffice:
		return v == Transfer
	case TaskAcceptance:
		return v == Return
	case TaskPayment, TaskObjection, TaskFeedback:
		return true
	case TaskOversight:
		return v == Suspend || v == Revoke
	case TaskTimetable:
		return v == Cancel
	case TaskClosing, TaskService, TaskDelivery:
		return v == Decline
	case TaskTrouble, TaskStalled:
		return v == Reassign || v == Waive || v == End
	case TaskWaiver, TaskCallback:
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
	if err := checkNominee(c, changed); err != nil {
		return err
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
