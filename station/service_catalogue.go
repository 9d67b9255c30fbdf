package station

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// OfferView is a service with what belongs to it: the papers that it needs, and who
// performs it.
type OfferView struct {
	Offer     Offer
	Papers    []PaperKind
	Providers []Provider
}

// Catalogue is what settlements can bring, or could. It is for everybody.
func (s *Service) Catalogue(ctx context.Context) (Catalogue, error) { return s.store.Catalogue(ctx) }

// Services are the services that can be chosen in a branch, or ("") anywhere. It is
// for everybody.
func (s *Service) Services(ctx context.Context, branch string) ([]OfferView, error) {
	at, err := s.choices(ctx, branch)
	if err != nil {
		return nil, err
	}
	var list []OfferView
	for _, o := range at.Offers {
		providers := o.Providers
		if branch != "" {
			providers = at.ProvidersOf(o.Code, at.Branch, at.City)
		}
		if len(providers) == 0 {
			continue
		}
		v := OfferView{Offer: o, Papers: at.PapersFor([]string{o.Code}, nil, "")}
		for _, code := range providers {
			v.Providers = append(v.Providers, at.provider(code))
		}
		list = append(list, v)
	}
	return list, nil
}

// choices are what can be chosen in a branch.
func (s *Service) choices(ctx context.Context, branch string) (c Choices, err error) {
	c.Branch = branch
	if c.City, err = s.cityOf(ctx, branch); err != nil {
		return c, err
	}
	all, err := s.store.Catalogue(ctx)
	c.Catalogue = all.Offered()
	return c, err
}

// cityOf is the city of a branch that a request names, or ("") of none; one that
// there is not is the request's mistake.
func (s *Service) cityOf(ctx context.Context, branch string) (city string, err error) {
	if branch != "" {
		city, err = s.store.City(ctx, branch)
	}
	if CodeOf(err) == NotFound {
		return "", BadField("branch", "unknown_branch")
	}
	return city, err
}

// provider is a provider by its code; one that the catalogue has no more is its code.
func (c Catalogue) provider(code string) Provider {
	if i := slices.IndexFunc(c.Providers, func(p Provider) bool { return p.Code == code }); i >= 0 {
		return c.Providers[i]
	}
	return Provider{Code: code}
}

// paper is a kind of paper by its code, and whether there is one.
func (c Catalogue) paper(code string) (PaperKind, bool) {
	if i := slices.IndexFunc(c.Papers, func(p PaperKind) bool { return p.Code == code }); i >= 0 {
		return c.Papers[i], true
	}
	return PaperKind{Code: code}, false
}

// given are papers with their kinds.
func (c Catalogue) given(papers []Paper) []GivenPaper {
	list := make([]GivenPaper, len(papers))
	for i, p := range papers {
		kind, _ := c.paper(p.Kind)
		list[i] = GivenPaper{Kind: kind, Document: p.Document, Until: p.Until}
	}
	return list
}

// Papers are those that the actor has given.
func (s *Service) Papers(ctx context.Context, who Actor) ([]GivenPaper, error) {
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	papers, err := s.store.PapersOf(ctx, who.ID)
	return c.given(papers), err
}

// NeededPaper is a paper to be given, and the services that need it.
type NeededPaper struct {
	Kind PaperKind
	For  []Offer
}

// PapersNeeded is the one list of papers that services need, without those that the
// actor has given and that are good for as long as the programme ("" has the
// defaults) wants.
func (s *Service) PapersNeeded(ctx context.Context, who Actor, services []string, programme string) ([]NeededPaper, error) {
	terms := DefaultSettlementTerms()
	if programme != "" {
		p, err := s.store.Programme(ctx, programme)
		if CodeOf(err) == NotFound || err == nil && p.Kind != SettlementKind {
			return nil, BadField("programme", "unknown_programme")
		} else if err != nil {
			return nil, err
		}
		if terms, err = ReadSettlementTerms(p.Terms); err != nil {
			return nil, err
		}
	}
	at, err := s.choices(ctx, "")
	if err != nil {
		return nil, err
	}
	f := fields(at.UnknownFaults("services", services))
	f.codes(services, "services")
	if err := f.err(); err != nil {
		return nil, err
	}
	has, err := s.store.PapersOf(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	var list []NeededPaper
	for _, kind := range at.PapersFor(services, has, terms.GoodUntil(DayOf(s.now()))) {
		n := NeededPaper{Kind: kind}
		for _, o := range at.Offers {
			if slices.Contains(services, o.Code) && slices.Contains(o.Papers, kind.Code) {
				n.For = append(n.For, o)
			}
		}
		list = append(list, n)
	}
	return list, nil
}

// Providers are those that serve a branch: its own and its city's; or ("") all.
func (s *Service) Providers(ctx context.Context, branch string) ([]Provider, error) {
	at, err := s.choices(ctx, branch)
	if err != nil || branch == "" {
		return at.Providers, err
	}
	return slices.DeleteFunc(at.Providers, func(p Provider) bool { return p.Branch != branch && p.Branch != at.City }), nil
}

// ProviderReport is what a provider did, month by month.
type ProviderReport struct {
	Provider Provider
	At       time.Time
	Months   []ProviderMonth // each, also one in which nothing was asked
	Total    ProviderMonth   // of all
}

// mostMonths is the most that a report covers.
const mostMonths = 120

// ProviderReport reports what a provider did with what it was asked from one month to
// another, both of them in it (YYYY-MM); "" are the twelve months up to now. It is for
// the house, and for the provider's own people.
func (s *Service) ProviderReport(ctx context.Context, who Actor, code, from, to string) (ProviderReport, error) {
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return ProviderReport{}, err
	}
	p := c.provider(code)
	if p.Branch == "" {
		return ProviderReport{}, Errorf(NotFound, "no provider %s", code)
	}
	if !allowed(who.Account, ToSeeProvider, Case{Branch: p.Branch}, Relation{Applicant: who.Provider == code}) {
		return ProviderReport{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToSeeProvider)
	}
	first, last, err := s.months(from, to)
	if err != nil {
		return ProviderReport{}, err
	}
	rows, err := s.store.ProviderMonths(ctx, code, first, last.AddDate(0, 1, 0))
	if err != nil {
		return ProviderReport{}, err
	}
	r := ProviderReport{Provider: p, At: s.now()}
	for m := first; !m.After(last); m = m.AddDate(0, 1, 0) {
		row := ProviderMonth{Month: m.Format(month)}
		if i := slices.IndexFunc(rows, func(x ProviderMonth) bool { return x.Month == row.Month }); i >= 0 {
			row = rows[i]
		}
		r.Months = append(r.Months, row)
	}
	r.Total = total(r.Months)
	return r, nil
}

// month is how a month is written.
const month = "2006-01"

// months reads the first and the last month of a report; both begin in China.
func (s *Service) months(from, to string) (first, last time.Time, err error) {
	if last, err = monthOf("to", to, s.now().In(ChinaTime)); err != nil {
		return first, last, err
	}
	if first, err = monthOf("from", from, last.AddDate(0, -11, 0)); err != nil {
		return first, last, err
	}
	var f fields
	f.add(first.After(last), "from", "not_after_to")
	f.add(!first.AddDate(0, mostMonths, 0).After(last), "from", fmt.Sprintf("at_most_%d_months", mostMonths))
	return first, last, f.err()
}

// monthOf is the beginning of a month in China.
func monthOf(path, said string, otherwise time.Time) (time.Time, error) {
	at := otherwise
	if said != "" {
		var err error
		if at, err = time.ParseInLocation(month, said, ChinaTime); err != nil {
			return at, BadField(path, "month")
		}
		if at.Year() < 2000 || at.Year() > 2200 {
			return at, BadField(path, "month_between_2000_and_2200")
		}
	}
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, ChinaTime), nil
}

// total adds months up.
func total(months []ProviderMonth) (t ProviderMonth) {
	for _, m := range months {
		t.Asked, t.Completed, t.OnTime, t.Refused = t.Asked+m.Asked, t.Completed+m.Completed, t.OnTime+m.OnTime, t.Refused+m.Refused
		t.Late, t.Open, t.Rated = t.Late+m.Late, t.Open+m.Open, t.Rated+m.Rated
		t.Days += m.Days * float64(m.Completed)
		t.Stars += m.Stars * float64(m.Rated)
	}
	if t.Completed > 0 {
		t.Days /= float64(t.Completed)
	}
	if t.Rated > 0 {
		t.Stars /= float64(t.Rated)
	}
	return t
}
