package station

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"wutong/station/eligibility"
)

// Known is what the station knows of the company that asks for a grant: its
// other grants, of whatever programme.
type Known struct {
	Projects int // open ones that it applied for earlier, and awarded ones
	Awarded  int // those of them that were awarded
}

// Assessed is what one rule said of an application.
type Assessed struct {
	Code     string `json:"code"`
	Passed   bool   `json:"passed"`
	Advisory bool   `json:"advisory,omitempty"`
	// Saw are the values that the rule looked at, by path: "team.share": 29.5,
	// "company.registeredOn": "2026-03-01". "error" says why a rule has no
	// answer.
	Saw map[string]any `json:"saw,omitempty"`
}

// Eligible reports whether every rule that can stop an application is met.
func Eligible(results []Assessed) bool {
	for _, a := range results {
		if !a.Passed && !a.Advisory {
			return false
		}
	}
	return true
}

// Assess asks every rule about an application, and answers in the order of the
// rules. Today is any time on the day of application.
func (t GrantTerms) Assess(form GrantForm, known Known, today time.Time) ([]Assessed, error) {
	facts, err := form.facts(known, today)
	if err != nil {
		return nil, err
	}
	results := make([]Assessed, len(t.Rules))
	for i, r := range t.Rules {
		c, err := eligibility.Compile(r.When)
		if err != nil {
			return nil, Refuse(Invalid, "invalid_terms", "compile rule %s: %v", r.Code, err)
		}
		answer := c.Evaluate(facts)
		if answer.Err != nil {
			answer.Saw["error"] = answer.Err.Error()
		}
		results[i] = Assessed{Code: r.Code, Passed: answer.Passed, Advisory: r.Advisory, Saw: answer.Saw}
	}
	return results, nil
}

// facts are a form as rules see it.
func (g GrantForm) facts(known Known, today time.Time) (*eligibility.Facts, error) {
	registered, err := g.Company.RegisteredOn.Time()
	if err != nil {
		return nil, Errorf(Invalid, "the day of registration is no date")
	}
	graduated, err := g.Applicant.GraduatedOn.Time()
	if err != nil {
		return nil, Errorf(Invalid, "the day of graduation is no date")
	}
	y, m, d := today.In(ChinaTime).Date()
	return &eligibility.Facts{
		Today:   time.Date(y, m, d, 0, 0, 0, 0, ChinaTime),
		Project: eligibility.Project(g.Project),
		Company: eligibility.Company{
			Name: g.Company.Name, Number: g.Company.Number, RegisteredOn: registered, EarlierGrants: g.Company.EarlierGrants,
		},
		Applicant: eligibility.Applicant{
			LegalRepresentative: g.Applicant.LegalRepresentative, GraduatedOn: graduated, Institution: g.Applicant.Institution,
		},
		Team:  eligibility.Team(g.Team),
		Known: eligibility.Known(known),
	}, nil
}

// checkRules reports what is wrong with the rules but for their conditions.
func (t GrantTerms) checkRules(f *fields) {
	seen := map[string]bool{}
	for i, r := range t.Rules {
		at := fmt.Sprintf("terms/rules/%d", i)
		f.add(r.Code == "" || seen[r.Code], at+"/code", "required_and_unique")
		f.add(r.Says.Zh == "" || r.Says.En == "", at+"/says", "both_languages")
		f.add(r.Source.Zh == "" || r.Source.En == "", at+"/source", "both_languages")
		seen[r.Code] = true
	}
}

// checkGrantTerms checks a programme's settings, and that the condition of every
// rule can be read.
func checkGrantTerms(raw json.RawMessage) error {
	t, err := overGrantDefaults(raw)
	if err != nil {
		return err
	}
	var f fields
	t.check(&f)
	t.checkConditions(&f)
	return f.err()
}

func (t GrantTerms) checkConditions(f *fields) {
	for i, r := range t.Rules {
		_, err := eligibility.Compile(r.When)
		if e, ok := errors.AsType[*eligibility.Error](err); ok {
			f.add(true, fmt.Sprintf("terms/rules/%d/when", i), fmt.Sprintf("unreadable_at_line_%d_column_%d", e.Line, e.Column))
			(*f)[len(*f)-1].Detail = e.Error()
		}
	}
}
