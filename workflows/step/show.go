package step

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/station"
)

// Showing puts something on public notice.
type Showing struct {
	Wait      station.Wait     // how long it is shown
	Objection station.TaskSpec // of who investigates an objection; without ID and kind
	Shown     []station.NoticeSpec
}

// Show puts an award on public notice. Anybody may object meanwhile: each
// objection is investigated by itself, and the clock of the notice stands still
// until all are dismissed. It returns the decision that upheld one; a decision
// without a verdict, if nobody decided on one in time; and Dismiss, if the notice
// is over and nothing stands against the award.
func Show(ctx workflow.Context, c *Case, q Showing) (Decision, error) {
	c.Enter(station.StageNotice)
	spec := station.TaskSpec{ID: c.TaskID(station.StageNotice), Kind: station.TaskNotice, Party: station.Public, Wait: q.Wait}
	tasks, err := c.Open(ctx, station.Change{Event: station.EventShown, Task: spec.ID, Notices: about(q.Shown, spec.ID, "")}, spec)
	if err != nil {
		return Decision{}, err
	}
	s := &show{Case: c, Showing: q, notice: tasks[0]}
	for {
		o, err := once(c, "show", func() (shown, error) { return s.next(ctx) })
		switch {
		case err != nil:
			return Decision{}, err
		case o.Over:
			return o.Decision, nil
		case o.Objection != "":
			err = s.investigate(ctx, o.Objection)
		default: // one was dismissed
			s.dismissed(o.Task)
		}
		if err != nil {
			return Decision{}, err
		}
	}
}

// show is a public notice under way.
type show struct {
	*Case
	Showing
	notice *Task
	open   []*Task // investigations
}

// shown is one thing that happened to a notice.
type shown struct {
	Objection string   `json:"objection,omitempty"` // an act
	Task      string   `json:"task,omitempty"`      // the investigation that was decided
	Over      bool     `json:"over,omitempty"`
	Decision  Decision `json:"decision"`
}

// next waits for the end of the notice, an objection, or a decision on one. An
// objection is not settled here: the change that settles it opens its
// investigation.
func (s *show) next(ctx workflow.Context) (shown, error) {
	t, act, err := s.Await(ctx, append([]*Task{s.notice}, s.open...)...)
	switch {
	case err != nil:
		return shown{}, err
	case t == s.notice && act == nil:
		s.put(ctx, station.Change{Event: station.EventNoticeOver, Task: t.Spec.ID, Close: done(t)})
		return shown{Over: true, Decision: Decision{Verdict: station.Dismiss}}, nil
	case t == s.notice:
		return shown{Objection: act.ID}, nil
	case act == nil: // no award goes out over an objection that nobody looked at
		s.put(ctx, station.Change{
			Event: station.EventUnanswered, Task: t.Spec.ID, Close: s.closing(station.TaskExpired, t), Notices: s.told(station.MailObjectionMoot, "", s.open...),
		})
		return shown{Over: true}, nil
	case act.Body.Verdict == station.Uphold:
		others := slices.DeleteFunc(slices.Clone(s.open), func(o *Task) bool { return o == t })
		s.Settle(ctx, *act, station.Change{
			Event: station.EventUpheld, Close: s.closing(station.TaskDone, t),
			Notices: append(s.told(station.MailObjectionUpheld, act.ID, t), s.told(station.MailObjectionMoot, "", others...)...),
		})
		return shown{Over: true, Decision: decisionOf(*act)}, nil
	}
	ch := station.Change{Event: station.EventDismissed, Close: done(t), Notices: s.told(station.MailObjectionDismissed, act.ID, t)}
	if len(s.open) == 1 { // the last one
		ch.Resume = s.notice.Spec.ID
		ch.Notices = append(ch.Notices, station.NoticeSpec{
			Occasion: t.occasion() + "over", Template: station.MailObjectionOver, Party: station.Applicant, Task: s.notice.Spec.ID,
		})
	}
	s.Settle(ctx, *act, ch)
	return shown{Task: t.Spec.ID, Decision: decisionOf(*act)}, nil
}

// closing closes the notice and every investigation; t as how says.
func (s *show) closing(how station.TaskStatus, t *Task) []station.TaskEnd {
	list := append(ended(how, t), ended(station.TaskCancelled, s.notice)...)
	for _, other := range s.open {
		if other != t {
			list = append(list, ended(station.TaskCancelled, other)...)
		}
	}
	return list
}

// told tells those who made the objections that investigations are about.
func (s *show) told(template station.Template, act string, about ...*Task) (list []station.NoticeSpec) {
	for _, t := range about {
		objector := station.Objector(station.OrdinalOfTask(t.Spec.ID))
		list = append(list, station.NoticeSpec{Occasion: t.occasion() + "decided", Template: template, Party: objector, Act: act})
	}
	return list
}

// investigate opens the investigation of an objection, and stops the clock.
func (s *show) investigate(ctx workflow.Context, act string) error {
	spec := s.Objection
	spec.ID, spec.Kind = s.TaskID("objection"), station.TaskObjection
	n := station.OrdinalOfTask(spec.ID)
	spec.Details = station.Details{"act": act, "objection": n}
	objector, occasion := station.Objector(n), fmt.Sprintf("objection.%d.made", n)
	ch := station.Change{
		Event: station.EventObjected, Details: station.Details{"objection": n}, Hold: s.notice.Spec.ID, Join: &station.Joining{Party: objector, Act: act},
		Notices: []station.NoticeSpec{
			{Occasion: occasion, Template: station.MailObjectionReceived, Party: objector},
			{Occasion: occasion, Template: station.MailObjectionTold, Party: station.Applicant},
		},
	}
	tasks, err := s.Open(ctx, s.settling(station.Act{ID: act, Actor: string(station.Public), Task: s.notice.Spec.ID}, ch), spec)
	if err != nil {
		return err
	}
	s.open = append(s.open, tasks[0])
	return nil
}

// dismissed forgets an investigation that is over.
func (s *show) dismissed(task string) {
	var open []*Task
	for _, t := range s.open {
		if t.Spec.ID != task {
			open = append(open, t)
		}
	}
	s.open = open
}
