package station

import (
	"context"
)

// Settling is what a task of a settlement, or of one of its services, is about.
type Settling struct {
	Service   *Offer       // nil: all of them
	Provider  *Provider    // of the service: who was asked last
	Why       Reason       // of a decision of the case manager: why it is asked for
	Providers []Provider   // of a decision on a provider: who can be asked
	Talent    *Newcomer    // whom it is for; nil where that is not the reader's to know
	Papers    []GivenPaper // for a provider: what the service needs
	Asked     []PaperKind  // of papers that are asked for
	Words     string       // for a provider: what the case manager says who asks it
	Answers   []string     // for a provider: what the talent answered to its questions
}

// Newcomer is a talent who settles, as whoever serves them knows them.
type Newcomer struct {
	Name  string
	Email string
	Phone string
}

// ofSettlement adds to a task of a settlement, or of a service, what its doer needs
// to know; nil for any other. Of the person a provider learns only as long as it has
// something to do.
func (s *Service) ofSettlement(ctx context.Context, who Actor, rel Relation, t Task, c Case) (*Settling, error) {
	if c.Kind != SettlementKind && c.Kind != ServiceKind {
		return nil, nil
	}
	at, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	settlement := c.ID
	if c.Kind == ServiceKind {
		if settlement, err = s.store.SettlementOf(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	services, err := s.servicesOf(ctx, at, settlement)
	if err != nil {
		return nil, err
	}
	w := &Settling{Why: Reason(t.Details.Word("why"))}
	for _, code := range t.Details.List("providers") {
		w.Providers = append(w.Providers, at.provider(code))
	}
	if i := aboutService(services, t, c); i >= 0 {
		w.Service = &services[i].Offer
		if services[i].Provider.Code != "" {
			w.Provider = &services[i].Provider
		}
	}
	if t.Kind == TaskPapers {
		if w.Asked, err = s.papersAsked(ctx, at, t, c, services); err != nil {
			return nil, err
		}
	}
	if rel.Applicant || !seesPerson(who.Account, c, rel) || mayDoTask(who.Account, t, c) && t.Provider != "" && t.Status != TaskOpen {
		return w, nil
	}
	if w.Talent, err = s.newcomer(ctx, c, settlement); err != nil || t.Provider == "" {
		return w, err
	}
	return w, s.forProvider(ctx, at, t, c, w)
}

// aboutService is the place of the service that a task is about; -1 if it is about
// all of them.
func aboutService(services []ServiceView, t Task, c Case) int {
	about, code := c.ID, t.Details.Word("service")
	if c.Kind == SettlementKind {
		about = t.Details.Word("case")
	}
	last := -1 // of one that was added again
	for i, v := range services {
		if about != "" && v.Case == about {
			return i
		}
		if code != "" && v.Offer.Code == code {
			last = i
		}
	}
	return last
}

// papersAsked are the papers that a task asks for; without a word of which, all that
// are lacking.
func (s *Service) papersAsked(ctx context.Context, at Catalogue, t Task, c Case, services []ServiceView) ([]PaperKind, error) {
	if codes := t.Details.List("papers"); len(codes) > 0 {
		var list []PaperKind
		for _, code := range codes {
			kind, _ := at.paper(code)
			list = append(list, kind)
		}
		return list, nil
	}
	has, err := s.store.PapersOf(ctx, c.Applicant)
	if err != nil {
		return nil, err
	}
	return s.lacking(ctx, at, c, services, has)
}

// newcomer is whom a settlement is for.
func (s *Service) newcomer(ctx context.Context, c Case, settlement string) (*Newcomer, error) {
	a, err := s.store.AccountByID(ctx, c.Applicant)
	if err != nil {
		return nil, err
	}
	form, err := s.settlementForm(ctx, settlement)
	return &Newcomer{Name: a.Name, Email: a.Email, Phone: form.Phone}, err
}

// forProvider adds what a provider needs: the papers, if it is to perform the service;
// what the case manager said who has it asked; and what the talent answered since.
func (s *Service) forProvider(ctx context.Context, at Catalogue, t Task, c Case, w *Settling) error {
	if w.Service != nil && (t.Kind == TaskService || t.Kind == TaskDelivery) {
		has, err := s.store.PapersOf(ctx, c.Applicant)
		if err != nil {
			return err
		}
		w.Papers = at.given(neededBy(at, []string{w.Service.Code}, has))
	}
	events, err := s.store.Events(ctx, c.ID, 0, 0)
	if err != nil {
		return err
	}
	asking, words, answers := "", "", []string(nil) // acts
	for _, e := range events {
		switch e.Kind {
		case EventAgain, EventReassigned:
			asking = e.Act
		case EventProviderAsked:
			words, asking, answers = asking, "", nil
		case EventAnswered:
			answers = append(answers, e.Act)
		default:
		}
	}
	for _, act := range answers {
		said, err := s.store.Words(ctx, act)
		if err != nil {
			return err
		}
		w.Answers = append(w.Answers, said.Answer)
	}
	if words == "" {
		return nil
	}
	said, err := s.store.Words(ctx, words)
	w.Words = said.Reason
	return err
}
