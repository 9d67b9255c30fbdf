package station

import (
	"fmt"
	"slices"
	"strings"
)

// Catalogue is what a settlement can bring: services, who provides them, and the
// papers that they need. It keeps, as retired, what an earlier one had: settlements that
// chose it go on.
type Catalogue struct {
	Papers    []PaperKind `json:"papers"`
	Providers []Provider  `json:"providers"`
	Offers    []Offer     `json:"services"`
}

// PaperKind is a kind of document that services need.
type PaperKind struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
	// Expires says that one of this kind is good until a date, which is asked for.
	Expires bool `json:"expires,omitempty"`
	Retired bool `json:"-"`
}

// Provider is a department or firm that performs services (服务单位).
type Provider struct {
	Code   string `json:"code"`
	Name   Text   `json:"name"`
	Branch string `json:"branch"` // a city's provider serves its districts too

	Retired bool `json:"-"`
}

// Offer is a service as the catalogue has it.
type Offer struct {
	Code      string   `json:"code"`
	Name      Text     `json:"name"`
	About     Text     `json:"about"`
	Providers []string `json:"providers"`          // who can perform it: of a branch, the first that serves it is asked
	Branches  []string `json:"branches,omitempty"` // where it is offered; empty: everywhere
	Papers    []string `json:"papers"`             // that it needs
	Needs     []string `json:"needs,omitempty"`    // services that come before it
	Wait      Wait     `json:"wait"`               // for its completion, from when the provider has accepted
	// Undo is how long a provider may take to undo it, once it is accepted; nil: there
	// is nothing to undo.
	Undo *Wait `json:"undo,omitempty"`

	Retired bool `json:"-"`
}

// Check reports what is wrong with a catalogue: names that are not known or given
// twice, and services that wait for each other in a circle, each by its name.
func (c Catalogue) Check() error {
	var f fields
	papers := namesOf(&f, "papers", c.Papers, func(p PaperKind) (string, Text) { return p.Code, p.Name })
	providers := namesOf(&f, "providers", c.Providers, func(p Provider) (string, Text) { return p.Code, p.Name })
	offers := namesOf(&f, "services", c.Offers, func(o Offer) (string, Text) { return o.Code, o.Name })
	for i, p := range c.Providers {
		f.add(p.Branch == "", fmt.Sprintf("providers/%d/branch", i), "required")
	}
	for i, o := range c.Offers {
		path := fmt.Sprintf("services/%d", i)
		f.add(o.About.Zh == "" || o.About.En == "", path+"/about", "both_languages")
		f.add(len(o.Providers) == 0, path+"/providers", "required")
		f.known(o.Code, path+"/providers", o.Providers, providers)
		f.known(o.Code, path+"/papers", o.Papers, papers)
		f.known(o.Code, path+"/needs", o.Needs, offers)
		f.known(o.Code, path+"/branches", o.Branches, o.Branches)
		o.Wait.check(&f, path+"/wait")
		if o.Undo != nil {
			o.Undo.check(&f, path+"/undo")
		}
	}
	if circle := c.circle(); circle != nil {
		f = append(f, Field{
			Path: "services", Rule: "circle:" + strings.Join(circle, ">"), Detail: "these wait for each other: " + strings.Join(circle, " > "),
		})
	}
	return f.err()
}

// namesOf checks the codes and names of a list of the catalogue, and returns the
// codes.
func namesOf[T any](f *fields, list string, items []T, of func(T) (string, Text)) []string {
	var codes []string
	for i, item := range items {
		code, name := of(item)
		path := fmt.Sprintf("%s/%d", list, i)
		f.add(code == "", path+"/code", "required")
		f.add(name.Zh == "" || name.En == "", path+"/name", "both_languages")
		if slices.Contains(codes, code) {
			*f = append(*f, Field{Path: path + "/code", Rule: "given_twice", Detail: code + " is there twice"})
		}
		codes = append(codes, code)
	}
	return codes
}

// known checks that a service names what there is, and each once.
func (f *fields) known(service, path string, named, all []string) {
	for i, code := range named {
		at := fmt.Sprintf("%s/%d", path, i)
		if !slices.Contains(all, code) {
			*f = append(*f, Field{Path: at, Rule: "unknown:" + code, Detail: service + " names " + code + ", which is not in the catalogue"})
		}
		if slices.Index(named, code) < i {
			*f = append(*f, Field{Path: at, Rule: "given_twice", Detail: service + " names " + code + " twice"})
		}
	}
}

// circle are services that wait for each other, from one back to itself; nil if
// none do.
func (c Catalogue) circle() []string {
	const begun, done = 1, 2
	state := map[string]int{}
	var path []string
	var visit func(code string) []string
	visit = func(code string) []string {
		switch state[code] {
		case done:
			return nil
		case begun:
			return append(slices.Clone(path[slices.Index(path, code):]), code)
		}
		state[code], path = begun, append(path, code)
		if o, ok := c.Offer(code); ok {
			for _, need := range o.Needs {
				if found := visit(need); found != nil {
					return found
				}
			}
		}
		state[code], path = done, path[:len(path)-1]
		return nil
	}
	for _, o := range c.Offers {
		if found := visit(o.Code); found != nil {
			return found
		}
	}
	return nil
}

// Offered is the catalogue without what is retired.
func (c Catalogue) Offered() Catalogue {
	return Catalogue{
		Papers:    slices.DeleteFunc(slices.Clone(c.Papers), func(p PaperKind) bool { return p.Retired }),
		Providers: slices.DeleteFunc(slices.Clone(c.Providers), func(p Provider) bool { return p.Retired }),
		Offers:    slices.DeleteFunc(slices.Clone(c.Offers), func(o Offer) bool { return o.Retired }),
	}
}

// Offer returns a service by its code.
func (c Catalogue) Offer(code string) (Offer, bool) {
	i := slices.IndexFunc(c.Offers, func(o Offer) bool { return o.Code == code })
	if i < 0 {
		return Offer{}, false
	}
	return c.Offers[i], true
}

// In reports whether a service is offered in a branch. City is the branch above it,
// or itself.
func (o Offer) In(branch, city string) bool {
	return len(o.Branches) == 0 || slices.Contains(o.Branches, branch) || slices.Contains(o.Branches, city)
}

// ProvidersOf are who can perform a service in a branch, the usual one first.
func (c Catalogue) ProvidersOf(code, branch, city string) []string {
	o, ok := c.Offer(code)
	if !ok || !o.In(branch, city) {
		return nil
	}
	var list []string
	for _, p := range o.Providers {
		i := slices.IndexFunc(c.Providers, func(x Provider) bool { return x.Code == p })
		if i >= 0 && (c.Providers[i].Branch == branch || c.Providers[i].Branch == city) {
			list = append(list, p)
		}
	}
	return list
}

// PapersFor is the one list of papers that services need, without those that a
// talent has and that are good for some time yet; in the catalogue's order.
func (c Catalogue) PapersFor(services []string, has []Paper, until Day) []PaperKind {
	var list []PaperKind
	for _, p := range c.Papers {
		needed := slices.ContainsFunc(services, func(code string) bool {
			o, _ := c.Offer(code)
			return slices.Contains(o.Papers, p.Code)
		})
		given := slices.ContainsFunc(has, func(h Paper) bool { return h.Kind == p.Code && h.GoodOn(until) })
		if needed && !given {
			list = append(list, p)
		}
	}
	return list
}

// Choices are what can be chosen in a branch.
type Choices struct {
	Catalogue
	Branch, City string   // City is the branch above it, or itself
	Done         []string // before, or elsewhere: what needs one of these can be chosen
}

// Faults are what is wrong with a choice of services: each is offered here, somebody
// performs it, and what it needs is chosen, too, or done.
func (c Choices) Faults(services []string) []Field {
	var f fields
	for i, code := range services {
		at := fmt.Sprintf("services/%d", i)
		o, known := c.Offer(code)
		if !known || !o.In(c.Branch, c.City) {
			f.add(true, at, "unknown_service")
			continue
		}
		f.add(len(c.ProvidersOf(code, c.Branch, c.City)) == 0, at, "no_provider")
		for _, need := range o.Needs {
			if !slices.Contains(services, need) && !slices.Contains(c.Done, need) {
				other, _ := c.Offer(need)
				f = append(f, Field{Path: at, Rule: "needs:" + need, Named: other.Name})
			}
		}
	}
	return f
}

// UnknownFaults are the services of a list that the catalogue has not, by the list's
// name in its form.
func (c Catalogue) UnknownFaults(name string, codes []string) []Field {
	var f fields
	for i, code := range codes {
		_, known := c.Offer(code)
		f.add(!known, fmt.Sprintf("%s/%d", name, i), "unknown_service")
	}
	return f
}

// PaperFaults are what is wrong with papers that are given on a day: kinds that there
// are not, and days that are over, or absent, or not expected.
func (c Catalogue) PaperFaults(papers []Paper, today Day) []Field {
	var f fields
	for i, p := range papers {
		at := fmt.Sprintf("papers/%d", i)
		kind, known := c.paper(p.Kind)
		f.add(!known, at+"/kind", "unknown_paper")
		f.add(known && kind.Expires && p.Until == "", at+"/until", "required")
		f.add(known && !kind.Expires && p.Until != "", at+"/until", "not_expected")
		f.add(p.Until != "" && p.Until <= today, at+"/until", "in_the_future")
	}
	return f
}

// Paper is a document that a talent has given, as what.
type Paper struct {
	Kind     string `json:"kind"`
	Document string `json:"document"`        // its ID
	Until    Day    `json:"until,omitempty"` // the last day on which it is good; "": it does not expire
}

// GoodOn reports whether a paper is good on a day.
func (p Paper) GoodOn(day Day) bool { return p.Until == "" || p.Until >= day }
