package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"wutong/station"

	"wutong/deploy/dev/crowd"
)

const (
	// evaluations are done between two looks at the clock.
	evaluations = 500
	// evaluating is how long they are done in a round.
	evaluating = time.Second
)

// eligibility measures how fast the rules of the sample's grant programme are asked about an application, beside the same
// conditions written in Go.
func (b *bench) eligibility(ctx context.Context) error {
	terms, err := sampleTerms(filepath.Join(b.sample, "programmes.json"))
	if err != nil {
		return err
	}
	app, err := application(1)
	if err != nil {
		return err
	}
	var form station.GrantForm
	if err := json.Unmarshal(app.Form, &form); err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	today := time.Date(2026, 3, 2, 0, 0, 0, 0, time.FixedZone("", 8*60*60))
	byRules := func() ([]bool, error) {
		results, err := terms.Assess(form, station.Known{}, today)
		passed := make([]bool, len(results))
		for i, r := range results {
			passed[i] = r.Passed
		}
		return passed, err
	}
	inGo := func() ([]bool, error) { return byHand(form, station.Known{}, today) }
	ways := []*way{{name: "rules", take: evaluate(byRules)}, {name: "by hand", take: evaluate(inGo)}}
	err = inTurns(b.rounds, ways, func(w *way) error { return w.underLoad(ctx, 1, evaluating) })
	if err != nil {
		return err
	}
	comparison{
		title: fmt.Sprintf("Eligibility: the sample's %d rules about one application, %d rounds in turns", len(terms.Rules), b.rounds),
		what:  "evaluations", each: evaluations,
	}.print(ways...)
	return nil
}

// evaluate asks again and again about somebody who meets every condition.
func evaluate(conditions func() ([]bool, error)) func(context.Context, int, *sample) error {
	return func(context.Context, int, *sample) error {
		for range evaluations {
			if passed, err := conditions(); err != nil || slices.Contains(passed, false) {
				return errors.Join(err, fmt.Errorf("what is met by everyone here: %v", passed))
			}
		}
		return nil
	}
}

// byHand is what the sample's rules say, as one would write it in Go: it does not say why, and it counts months as
// [time.Time.AddDate] does, which is a day or two off at the end of some.
func byHand(f station.GrantForm, known station.Known, today time.Time) ([]bool, error) {
	graduated, err := f.Applicant.GraduatedOn.Time()
	if err != nil {
		return nil, err
	}
	registered, err := f.Company.RegisteredOn.Time()
	if err != nil {
		return nil, err
	}
	return []bool{
		f.Applicant.LegalRepresentative,
		!graduated.After(today) && !graduated.AddDate(5, 0, 0).Before(today),
		!registered.AddDate(0, 3, 0).After(today),
		f.Team.Share >= 30,
		f.Company.EarlierGrants == 0 && known.Awarded == 0,
		known.Projects < 2,
		f.Team.Members >= 2,
	}, nil
}

// sampleTerms are the terms of the sample's grant programme.
func sampleTerms(file string) (station.GrantTerms, error) {
	raw, err := os.ReadFile(file) //nolint:gosec // the flag names it
	if err != nil {
		return station.GrantTerms{}, fmt.Errorf("read the sample: %w", err)
	}
	var all []station.Programme
	if err := json.Unmarshal(raw, &all); err != nil {
		return station.GrantTerms{}, fmt.Errorf("read the sample: %w", err)
	}
	for _, p := range all {
		if p.Kind == station.Grant {
			return station.ReadGrantTerms(p.Terms)
		}
	}
	return station.GrantTerms{}, fmt.Errorf("%s has no grant programme", file)
}

// application is the n-th company's, as the station takes it.
func application(n int) (station.Application, error) {
	form := crowd.Grant(granting, n)
	delete(form, "programme") // it is beside the form
	raw, err := json.Marshal(form)
	if err != nil {
		return station.Application{}, err
	}
	return station.Processes[station.Grant].CheckForm(raw)
}
