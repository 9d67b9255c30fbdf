package station

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// checkSettlement says what is wrong with a settlement's form: services that nobody
// could bring here, and papers that are none.
func (s *Service) checkSettlement(ctx context.Context, who Actor, p Programme, raw json.RawMessage) error {
	var form SettlementForm
	if err := json.Unmarshal(raw, &form); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	branch := form.District
	if branch == "" {
		branch = p.Branch
	}
	at, err := s.choices(ctx, branch)
	if CodeOf(err) == Invalid || err == nil && branch != p.Branch && at.City != p.Branch {
		return BadField("district", "unknown_branch")
	} else if err != nil {
		return err
	}
	if at.Done, err = s.store.DoneFor(ctx, who.ID); err != nil {
		return err
	}
	at.Done = append(at.Done, form.Has...)
	f := fields(append(at.Faults(form.Services), at.UnknownFaults("has", form.Has)...))
	if err := s.checkPapers(ctx, &f, at.Catalogue, who.ID, form.Papers); err != nil {
		return err
	}
	return f.err()
}

// checkPapers says what is wrong with papers that are given, also with documents that
// are not their owner's.
func (s *Service) checkPapers(ctx context.Context, f *fields, c Catalogue, owner string, papers []Paper) error {
	*f = append(*f, c.PaperFaults(papers, DayOf(s.now()))...)
	for i, p := range papers {
		d, err := s.store.DocumentByID(ctx, p.Document)
		if err != nil && CodeOf(err) != NotFound {
			return err
		}
		f.add(err != nil || d.Owner != owner, fmt.Sprintf("papers/%d/document", i), "unknown_document")
	}
	return nil
}

// checkPapersGiven says what is wrong with papers that a settlement has asked for:
// each is one that it asks for, or that its services need.
func (s *Service) checkPapersGiven(ctx context.Context, f *fields, t Task, c Case, b *Body) error {
	f.add(len(b.Documents) > 0, "documents", "not_expected")
	f.add(b.Reference != "", "reference", "not_expected")
	f.add(len(b.Papers) == 0, "papers", "required")
	f.papers(b.Papers)
	b.Documents = documentsOf(b.Papers)
	if len(*f) > 0 {
		return nil
	}
	at, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	services, err := s.store.ServicesOf(ctx, c.ID)
	if err != nil {
		return err
	}
	wanted := t.Details.List("papers")
	for _, kind := range at.PapersFor(going(services), nil, "") {
		wanted = append(wanted, kind.Code)
	}
	for i, p := range b.Papers {
		_, known := at.paper(p.Kind)
		f.add(known && !slices.Contains(wanted, p.Kind), fmt.Sprintf("papers/%d/kind", i), "not_expected")
	}
	return s.checkPapers(ctx, f, at, c.Applicant, b.Papers)
}

// documentsOf are the documents of papers, each once.
func documentsOf(papers []Paper) (list []string) {
	for _, p := range papers {
		if !slices.Contains(list, p.Document) {
			list = append(list, p.Document)
		}
	}
	return list
}

// goesOn reports whether a service is chosen and will be done, or is.
func (v ServiceView) goesOn() bool {
	return v.State != ServiceEnded && v.State != ServiceUndone && v.State != ServiceUndoing
}

// going are the codes of services that still need something.
func going(services []ServiceView) (codes []string) {
	for _, v := range services {
		if v.goesOn() && !v.State.Settled() {
			codes = append(codes, v.Offer.Code)
		}
	}
	return codes
}

// checkSettlingBody says what is wrong with what only the people of a settlement and
// of its services say.
func (s *Service) checkSettlingBody(ctx context.Context, f *fields, t Task, c Case, b Body) error {
	only := func(given bool, path string, verdicts ...Verdict) {
		f.add(given && !slices.Contains(verdicts, b.Verdict), path, "not_expected")
	}
	only(len(b.Services) > 0, "services", Add, Drop)
	only(b.Provider != "", "provider", Reassign)
	only(b.Branch != "", "branch", Relocate)
	only(b.Stars != 0, "stars", Rate)
	if len(*f) > 0 {
		return nil
	}
	switch b.Verdict {
	case Add, Drop:
		return s.checkChosen(ctx, f, c, b)
	case Relocate:
		return s.checkMove(ctx, f, c, b.Branch)
	case Rate:
		f.add(b.Stars < 1 || b.Stars > 5, "stars", "between_1_and_5")
	case Reassign:
		providers := t.Details.List("providers")
		f.add(!slices.Contains(providers, b.Provider), "provider", "one_of:"+listed(providers))
	default:
	}
	return nil
}

// checkChosen says what is wrong with services that are added to a settlement or
// dropped from it.
func (s *Service) checkChosen(ctx context.Context, f *fields, c Case, b Body) error {
	f.add(len(b.Services) == 0, "services", "at_least_1_items")
	f.codes(b.Services, "services")
	if len(*f) > 0 {
		return nil
	}
	services, err := s.store.ServicesOf(ctx, c.ID)
	if err != nil {
		return err
	}
	stands := map[string]bool{} // that go on; of one that was added again, the last
	for _, v := range services {
		stands[v.Offer.Code] = v.goesOn() && v.State != ServiceWaived
		if b.Verdict == Add {
			stands[v.Offer.Code] = v.State != ServiceEnded && v.State != ServiceUndone
		}
	}
	if b.Verdict == Drop {
		for i, code := range b.Services {
			f.add(!stands[code], fmt.Sprintf("services/%d", i), "not_chosen")
		}
		return nil
	}
	at, err := s.choices(ctx, c.Branch)
	if err != nil {
		return err
	}
	if at.Done, err = s.doneBefore(ctx, c); err != nil {
		return err
	}
	for _, v := range services {
		if v.goesOn() {
			at.Done = append(at.Done, v.Offer.Code)
		}
	}
	*f = append(*f, at.Faults(b.Services)...)
	for i, code := range b.Services {
		f.add(stands[code], fmt.Sprintf("services/%d", i), "chosen_already")
	}
	return nil
}

// doneBefore are the services that a settlement's talent needs no more: by what they
// said, or by an earlier settlement.
func (s *Service) doneBefore(ctx context.Context, c Case) ([]string, error) {
	done, err := s.store.DoneFor(ctx, c.Applicant)
	if err != nil {
		return nil, err
	}
	form, err := s.settlementForm(ctx, c.ID)
	return append(done, form.Has...), err
}

// settlementForm is what was handed in; an empty one once it was erased.
func (s *Service) settlementForm(ctx context.Context, settlement string) (form SettlementForm, err error) {
	raw, err := s.store.Form(ctx, settlement)
	if err != nil || len(raw) == 0 {
		return form, err
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return form, fmt.Errorf("read the form: %w", err)
	}
	return form, nil
}

// checkMove says whether a talent can move to a branch: to another one of the same
// city.
func (s *Service) checkMove(ctx context.Context, f *fields, c Case, branch string) error {
	f.add(branch == "", "branch", "required")
	f.add(branch == c.Branch, "branch", "there_already")
	if len(*f) > 0 {
		return nil
	}
	from, err := s.store.City(ctx, c.Branch)
	if err != nil {
		return err
	}
	to, err := s.store.City(ctx, branch)
	if CodeOf(err) == NotFound {
		to, err = "", nil
	}
	f.add(to != from, "branch", "unknown_branch")
	return err
}

// List are the words of a list of codes in details that were read from the database.
func (d Details) List(name string) []string {
	var words []string
	all, _ := d[name].([]any)
	for _, one := range all {
		if word, ok := one.(string); ok {
			words = append(words, word)
		}
	}
	return words
}

// Word is a code in details; "" if there is none of that name.
func (d Details) Word(name string) string {
	word, _ := d[name].(string)
	return word
}

// repeats reports whether an act is one that was sent before by the same key: it is
// answered as the first time, however things have changed since.
func (s *Service) repeats(ctx context.Context, a Act, c Case, key string) bool {
	if key == "" || c.Kind != SettlementKind && c.Kind != ServiceKind {
		return false
	}
	before, err := s.store.ActByID(ctx, a.ID)
	return err == nil && before.Case == a.Case && before.Task == a.Task && before.Kind == a.Kind
}
