package workflows

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"wutong/activities"
	"wutong/station"
	"wutong/workflows/step"
)

// papers is how the papers of a settlement stand.
type papers struct {
	held    station.PapersHeld
	unread  bool                   // something may have changed that says how they stand
	asked   []string               // kinds that the talent is asked for now
	since   map[string]station.Day // of each of those: from when they have had time for it
	silent  []string               // kinds that they were asked for, and that did not come
	watched station.Day            // the end of the next one that must be asked for again; "": none
}

// askForPapers asks for the papers that are lacking, or will not be good for long, in
// one list. As long as one of a kind is asked for, it stays in the list.
//
// Each kind has its own time, from the day on which it came into the list, however the
// list changes meanwhile. A list is due when the first of its kinds is; what is left of
// it then, and has more time, is asked for in a list of its own.
func (s *settling) askForPapers(ctx workflow.Context) error {
	if s.unread {
		var records *activities.Records
		held, err := step.ReadBack[station.PapersHeld](ctx, s.Case, "papers", "Which papers are there?", records.PapersHeld, s.ID, workflow.Now(ctx))
		if err != nil {
			return err
		}
		s.held, s.unread = held, false
	}
	var ask []string
	since := map[string]station.Day{}
	for _, kind := range s.needed() {
		if !s.good(kind, s.terms.GoodUntil(s.held.Today)) && !slices.Contains(s.silent, kind) {
			ask, since[kind] = append(ask, kind), cmp.Or(s.since[kind], s.held.Today)
		}
	}
	s.since = since
	if !slices.Equal(ask, s.asked) {
		if err := s.ask(ctx, ask); err != nil {
			return err
		}
	}
	return s.watch(ctx)
}

// needed are the kinds of papers that services need which are not settled.
func (s *settling) needed() (kinds []string) {
	for _, x := range s.services {
		if x.state.Settled() || x.state == station.ServiceUndoing {
			continue
		}
		for _, kind := range x.offer.Papers {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	slices.Sort(kinds)
	return kinds
}

// good reports whether there is a paper of a kind that is good on a day.
func (s *settling) good(kind string, day station.Day) bool {
	return slices.ContainsFunc(s.held.Papers, func(p station.Paper) bool { return p.Kind == kind && p.GoodOn(day) })
}

// complete reports whether the papers are there that a service needs.
func (s *settling) complete(x *chosen) bool {
	return !slices.ContainsFunc(x.offer.Papers, func(kind string) bool { return !s.good(kind, s.held.Today) })
}

// silentFor are the papers that a service needs and that did not come.
func (s *settling) silentFor(x *chosen) (kinds []string) {
	for _, kind := range x.offer.Papers {
		if slices.Contains(s.silent, kind) && !s.good(kind, s.held.Today) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// ask puts the list of papers before the talent, instead of the one before.
func (s *settling) ask(ctx workflow.Context, kinds []string) error {
	s.asked = kinds
	ch := station.Change{Close: s.Closing(station.TaskCancelled, "", station.TaskPapers)}
	if len(kinds) == 0 {
		return s.Note(ctx, ch)
	}
	from, err := s.first(kinds).Time()
	if err != nil {
		return err
	}
	spec := station.TaskSpec{
		ID: s.TaskID("papers"), Kind: station.TaskPapers, Party: station.Applicant, Wait: s.terms.Papers, Notice: station.MailSettlementPapers,
		Details: station.Details{"papers": kinds},
	}
	spec.Wait.From = &from
	ch.Event, ch.Task, ch.Details = station.EventPapersAsked, spec.ID, station.Details{"papers": kinds}
	_, err = s.Put(ctx, ch, spec)
	return err
}

// first is the day on which the first of some kinds came into the list.
func (s *settling) first(kinds []string) station.Day {
	day := s.since[kinds[0]]
	for _, kind := range kinds {
		day = min(day, s.since[kind])
	}
	return day
}

// notePapers keeps that papers came, or which did not in time.
func (s *settling) notePapers(t step.Turn) {
	s.unread = true
	if t.Overdue {
		first := s.first(s.asked)
		for _, kind := range s.asked {
			if s.since[kind] == first {
				s.silent = append(s.silent, kind)
			}
		}
	}
	s.asked = nil
}

// notePassing keeps that it is a later day: papers are good for fewer.
func (s *settling) notePassing(t step.Turn) {
	if day := station.DayOf(t.At); day > s.held.Today {
		s.held.Today = day
	}
}

// askAgainFor has the papers of a service asked for again.
func (s *settling) askAgainFor(x *chosen) {
	s.silent = slices.DeleteFunc(s.silent, func(kind string) bool { return slices.Contains(x.offer.Papers, kind) })
}

// watch lets time pass until the next paper is near its end.
func (s *settling) watch(ctx workflow.Context) error {
	var first station.Day
	for _, p := range s.held.Papers {
		if p.GoodOn(s.terms.GoodUntil(s.held.Today)) && p.Until != "" && slices.Contains(s.needed(), p.Kind) && (first == "" || p.Until < first) {
			first = p.Until
		}
	}
	if first == s.watched {
		return nil
	}
	s.watched = first
	ch := station.Change{Close: s.Closing(station.TaskCancelled, "", station.TaskValidity)}
	if first == "" {
		return s.Note(ctx, ch)
	}
	at, err := first.Plus(1 - s.terms.Renew).Time()
	if err != nil {
		return err
	}
	_, err = s.Put(ctx, ch, station.TaskSpec{
		ID: s.TaskID("validity"), Kind: station.TaskValidity, Party: station.TheSettlement, Wait: station.Wait{Until: &at},
	})
	return err
}
