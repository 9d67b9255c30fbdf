package station

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
)

// Settlement returns a settlement that the actor may see.
func (s *Service) Settlement(ctx context.Context, who Actor, id string) (SettlementView, error) {
	c, rel, err := s.settlementFor(ctx, who, id)
	if err != nil {
		return SettlementView{}, err
	}
	v := SettlementView{Case: c}
	at, err := s.store.Catalogue(ctx)
	if err != nil {
		return SettlementView{}, err
	}
	if v.Services, err = s.servicesOf(ctx, at, id); err != nil {
		return SettlementView{}, err
	}
	if v.Manager, err = s.manager(ctx, id); err != nil {
		return SettlementView{}, err
	}
	if !seesPerson(who.Account, c, rel) {
		return v, nil
	}
	has, err := s.store.PapersOf(ctx, c.Applicant)
	if err != nil {
		return SettlementView{}, err
	}
	if v.Lacking, err = s.lacking(ctx, at, c, v.Services, has); err != nil {
		return SettlementView{}, err
	}
	v.Papers = at.given(neededBy(at, codesOf(v.Services), has))
	return v, nil
}

// settlementFor returns a settlement that the actor may see; any other is not found.
func (s *Service) settlementFor(ctx context.Context, who Actor, id string) (Case, Relation, error) {
	c, rel, err := s.caseFor(ctx, who, id)
	if err == nil && c.Kind != SettlementKind {
		err = Errorf(NotFound, "case %s is no settlement", id)
	}
	return c, rel, err
}

// servicesOf are a settlement's services, with their words.
func (s *Service) servicesOf(ctx context.Context, at Catalogue, settlement string) ([]ServiceView, error) {
	services, err := s.store.ServicesOf(ctx, settlement)
	for i, v := range services {
		if o, known := at.Offer(v.Offer.Code); known {
			services[i].Offer = o
		}
		if v.Provider.Code != "" {
			services[i].Provider = at.provider(v.Provider.Code)
		}
	}
	return services, err
}

// manager is the case manager, the talent's one contact; nil if there is none yet.
func (s *Service) manager(ctx context.Context, settlement string) (*Contact, error) {
	id, err := s.store.Manager(ctx, settlement)
	if err != nil || id == "" {
		return nil, err
	}
	a, err := s.store.AccountByID(ctx, id)
	return &Contact{Account: a.ID, Name: a.Name, Email: a.Email}, err
}

// lacking are the papers that services need which are still to be done, and that are
// not given, or not good for long enough.
func (s *Service) lacking(ctx context.Context, at Catalogue, c Case, services []ServiceView, has []Paper) ([]PaperKind, error) {
	p, err := s.store.Programme(ctx, c.Programme)
	if err != nil {
		return nil, err
	}
	terms, err := ReadSettlementTerms(p.Terms)
	if err != nil || c.Ended() {
		return nil, err
	}
	return at.PapersFor(going(services), has, terms.GoodUntil(DayOf(s.now()))), nil
}

func codesOf(services []ServiceView) (codes []string) {
	for _, v := range services {
		codes = append(codes, v.Offer.Code)
	}
	return codes
}

// neededBy are those of a talent's papers that services need.
func neededBy(at Catalogue, services []string, has []Paper) []Paper {
	kinds := at.PapersFor(services, nil, "")
	return slices.DeleteFunc(slices.Clone(has), func(p Paper) bool {
		return !slices.ContainsFunc(kinds, func(k PaperKind) bool { return k.Code == p.Kind })
	})
}

// Timeline is what happened to a settlement and to its services, in one list, the
// oldest first. The house sees all of it; the talent what concerns them, and nothing
// that the staff say among themselves.
func (s *Service) Timeline(ctx context.Context, who Actor, id string, limit int, cursor string) (Page[TimelineEvent], error) {
	var p Page[TimelineEvent]
	c, rel, err := s.settlementFor(ctx, who, id)
	if err != nil {
		return p, err
	}
	after, err := readMark(cursor)
	if err != nil {
		return p, err
	}
	for more := true; more && len(p.Items) <= limit; {
		batch, err := s.store.Timeline(ctx, id, after, timelineBatch)
		if err != nil {
			return p, err
		}
		for _, e := range batch {
			after = markOf(e)
			if shown, ok := timelineFor(who, c, rel, e); ok {
				p.Items = append(p.Items, shown)
			}
		}
		more = len(batch) == timelineBatch
	}
	if len(p.Items) > limit {
		p.Items = p.Items[:limit]
		p.Next = markOf(p.Items[limit-1]).cursor()
	}
	return p, nil
}

// timelineBatch is how many events are read at once.
const timelineBatch = 100

func markOf(e TimelineEvent) TimelineMark { return TimelineMark{At: e.At, Case: e.Case, Seq: e.Seq} }

// cursor is a mark as its reader carries it: opaque, and not secret.
func (m TimelineMark) cursor() string {
	b, _ := json.Marshal(m) // it can always be written
	return base64.RawURLEncoding.EncodeToString(b)
}

func readMark(cursor string) (m TimelineMark, err error) {
	if cursor == "" {
		return m, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil || uuid.Validate(m.Case) != nil || m.Seq < 1 || m.At.Year() < 2000 || m.At.Year() > 9999 {
		return TimelineMark{}, Refuse(Invalid, "cursor_invalid", "the cursor is not one of a timeline")
	}
	return m, nil
}

// forTalent are the events that a talent sees of a settlement and its services: none
// of what the staff do among themselves (who has which task, what is overdue), nor
// of what went wrong with a mail.
var forTalent = []EventKind{
	EventOpened, EventManaged, EventPapersAsked, EventPapersGiven, EventPaperExpiring, EventServiceAdded, EventServiceBegun, EventServiceDrop,
	EventServiceDone, EventServiceWaived, EventServiceEnded, EventServiceUndone, EventStalled, EventProviderAsked, EventProviderTakes,
	EventProviderDone, EventProviderNo, EventProviderLate, EventReassigned, EventAgain, EventCancelling, EventUndoAsked, EventUndone, EventUndoWaived,
	EventInquired, EventAnswered, EventUnanswered, EventRated, EventCalledBack, EventMoving, EventWithdrawn, EventCompleted, EventTerminated,
	EventClosed, EventFailed,
}

// byProvider are the events that a provider's people bring about.
var byProvider = []EventKind{EventProviderTakes, EventProviderDone, EventProviderNo, EventInquired, EventUndone}

// toldTalent are the details of an event that a talent sees, too.
var toldTalent = []string{"provider", "service", "services", "papers", "paper", "stars", "branch"}

// whyTold are the events of which a talent is told why.
var whyTold = []EventKind{
	EventStalled, EventAgain, EventServiceEnded, EventServiceUndone, EventServiceWaived, EventTerminated, EventCompleted, EventWithdrawn, EventClosed,
}

// why are the details by which they are.
var why = []string{"reason", "why", "lacks"}

// timelineFor is an event as the actor may see it, if they may.
func timelineFor(who Actor, c Case, rel Relation, e TimelineEvent) (TimelineEvent, bool) {
	if maySeeReviewers(who, c, rel) {
		return e, true
	}
	e.Actor = veilOf(e, c, who)
	if !rel.Applicant { // the house, but not who leads it
		e.Act, e.Task = "", ""
		return e, true
	}
	own := e.Kind == EventActRefused && e.Actor == who.ID
	if !own && !slices.Contains(forTalent, e.Kind) {
		return e, false
	}
	told := Details{}
	for name, value := range e.Details {
		if slices.Contains(toldTalent, name) || slices.Contains(why, name) && (own || slices.Contains(whyTold, e.Kind)) {
			told[name] = value
		}
	}
	e.Details, e.Act, e.Task, e.ActDigest = told, "", "", ""
	return e, true
}

// veilOf leaves of an actor's name whether it was the talent, a provider, or the
// staff.
func veilOf(e TimelineEvent, c Case, who Actor) string {
	switch {
	case e.Actor == string(TheServices), e.Actor == string(TheSettlement):
		return ""
	case e.Actor != "" && e.Actor != c.Applicant && e.Actor != who.ID && slices.Contains(byProvider, e.Kind):
		return string(RoleProvider)
	default:
		return veil(e.Event, c, who)
	}
}
