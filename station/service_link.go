package station

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// LinkView is what a mailed link shows before it is used.
type LinkView struct {
	Task      Task
	Case      Case
	Programme Programme
	Link      Link
	Referrer  string // the name of who opened the case
	Form      []byte // what was told of the person: theirs to read
	Question  string // of an inquiry
	Reason    string // of a decline
	Candidate string // of a voucher's: for whom to vouch
	Statement string // of a voucher's: what the candidate says, or was said of them
}

// Invites reports whether the link asks somebody into the angel hub.
func (v LinkView) Invites() bool { return v.Case.Kind == Angel && v.Task.Kind == TaskConsent }

// Nominates reports whether the link asks somebody to be an ambassador.
func (v LinkView) Nominates() bool { return v.Case.Kind == Ambassador && v.Task.Kind == TaskConsent }

// OpenLink shows what a mailed link is about.
func (s *Service) OpenLink(ctx context.Context, token string) (LinkView, error) {
	l, t, c, err := s.linkFor(ctx, token)
	if err != nil {
		return LinkView{}, err
	}
	v := LinkView{Task: t, Case: c, Link: l}
	if v.Programme, err = s.store.Programme(ctx, c.Programme); err != nil {
		return LinkView{}, err
	}
	if v.Form, err = s.store.Form(ctx, c.ID); err != nil {
		return LinkView{}, err
	}
	opener, err := s.store.AccountByID(ctx, c.Applicant)
	if err != nil {
		return LinkView{}, err
	}
	v.Referrer = opener.Name
	if c.Kind == Angel {
		if err := s.ofAdmission(ctx, &v); err != nil {
			return LinkView{}, err
		}
	}
	said, err := s.said(ctx, t)
	v.Question, v.Reason = said.Question, said.Reason
	return v, err
}

// ofAdmission leaves of a form what its reader may know: who is invited reads
// what was said of them, a voucher for whom to vouch; neither who the (other)
// vouchers are.
func (s *Service) ofAdmission(ctx context.Context, v *LinkView) (err error) {
	if v.Task.Kind == TaskVoucher {
		v.Form = nil
		v.Candidate, v.Statement, err = s.candidate(ctx, v.Case)
		return err
	}
	if len(v.Form) == 0 { // erased
		return nil
	}
	var form AngelForm
	if err := json.Unmarshal(v.Form, &form); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	form.Vouchers = nil
	v.Form, err = json.Marshal(form)
	return err
}

// UseLink does the one thing that a mailed link is for: a verdict on consent or
// by a voucher, an answer to an inquiry, or an appeal. The link is spent when the act is
// recorded, so that a refused act does not lock the person out.
func (s *Service) UseLink(ctx context.Context, token string, b Body) (Act, error) {
	l, t, c, err := s.linkFor(ctx, token)
	if err != nil {
		return Act{}, err
	}
	a := Act{Case: c.ID, Task: t.ID, Actor: string(l.Party), Link: l.ID}
	var f fields
	switch t.Kind {
	case TaskConsent:
		a.Kind, a.Body = Decide, Body{Verdict: b.Verdict}
		f.add(b.Verdict != Consent && b.Verdict != Decline, "verdict", "one_of:consent,decline")
	case TaskVoucher:
		a.Kind, a.Body = Decide, Body{Verdict: b.Verdict}
		f.add(b.Verdict != Vouch && b.Verdict != Decline, "verdict", "one_of:vouch,decline")
	case TaskInquiry:
		a.Kind, a.Body = Answer, Body{Answer: b.Answer}
		f.words(b.Answer, "answer", 1, 5000)
	case TaskAppeal:
		a.Kind, a.Body = Appeal, Body{Reason: b.Reason}
		f.words(b.Reason, "reason", 1, 5000)
	default:
		return Act{}, Refuse(Gone, "link_spent", "link %s is for nothing any more", l.ID)
	}
	if err := f.err(); err != nil {
		return Act{}, err
	}
	// one link, one act: pressing twice is once, and changing one's mind is
	// refused by the case, not by chance
	a.ID = actID(l.ID, hashOf(string(a.Body.Verdict), a.Body.Answer, a.Body.Reason))
	return s.act(ctx, a)
}

// linkFor finds a link by its token: NotFound if it is not ours, Gone if it was
// used or is too old.
func (s *Service) linkFor(ctx context.Context, token string) (Link, Task, Case, error) {
	id, err := s.links.Link(token)
	if err != nil {
		return Link{}, Task{}, Case{}, err
	}
	if uuid.Validate(id) != nil {
		return Link{}, Task{}, Case{}, Refuse(NotFound, "link_unknown", "no such link")
	}
	l, err := s.store.LinkByID(ctx, id)
	if err != nil {
		return Link{}, Task{}, Case{}, err
	}
	if l.UsedAt != nil {
		return Link{}, Task{}, Case{}, Refuse(Gone, "link_spent", "link %s was used", id)
	}
	if s.now().After(l.ExpiresAt) {
		return Link{}, Task{}, Case{}, Refuse(Gone, "link_expired", "link %s has expired", id)
	}
	t, err := s.store.TaskByID(ctx, l.Task)
	if err != nil {
		return Link{}, Task{}, Case{}, err
	}
	if t.Status != TaskOpen {
		return Link{}, Task{}, Case{}, Refuse(Gone, "link_spent", "link %s is for nothing any more", id)
	}
	c, err := s.store.CaseByID(ctx, t.Case)
	return l, t, c, err
}
