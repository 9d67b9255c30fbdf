package api

import (
	"wutong/station"
	"wutong/station/locale"
)

// Settling is what a task of a settlement, or of one of its services, is about.
type Settling struct {
	Service   *Named      `json:"service,omitempty" doc:"Which service; absent: all of them."`
	Provider  *Named      `json:"provider,omitempty" doc:"Which provider was asked last."`
	Why       string      `json:"why,omitempty" doc:"Why the case manager is to decide." example:"late"`
	WhyText   string      `json:"whyText,omitempty"`
	Providers []Named     `json:"providers,omitempty" doc:"Of a decision on a provider: who can be asked."`
	Talent    *Newcomer   `json:"talent,omitempty" doc:"Whom it is for; to the house, and to a provider as long as it has something to do."`
	Papers    []Paper     `json:"papers,omitempty" doc:"For a provider: the papers that the service needs; each is downloaded as a document."`
	Asked     []PaperKind `json:"asked,omitempty" doc:"Of papers that are asked for: which."`
	Words     string      `json:"words,omitempty" doc:"For a provider: what the case manager says who has it asked, or asked again."`
	Answers   []string    `json:"answers,omitempty" doc:"For a provider: what the talent answered to its questions."`
}

// Newcomer is a talent who settles.
type Newcomer struct {
	Name  string `json:"name" example:"林知远"`
	Email string `json:"email" example:"zhiyuan.lin@example.com"`
	Phone string `json:"phone,omitempty" example:"+86 571 5550 0100"`
}

func settlingOf(l station.Language, s *station.Settling) *Settling {
	if s == nil {
		return nil
	}
	out := &Settling{Words: s.Words, Answers: s.Answers}
	if s.Service != nil {
		out.Service = new(offerNamed(l, *s.Service))
	}
	if s.Provider != nil {
		out.Provider = new(providerNamed(l, *s.Provider))
	}
	if s.Why != "" {
		out.Why, out.WhyText = string(s.Why), locale.T(l, "reason."+string(s.Why))
	}
	if s.Talent != nil {
		out.Talent = new(Newcomer(*s.Talent))
	}
	for _, p := range s.Providers {
		out.Providers = append(out.Providers, providerNamed(l, p))
	}
	for _, p := range s.Papers {
		out.Papers = append(out.Papers, paperOf(l, p))
	}
	for _, k := range s.Asked {
		out.Asked = append(out.Asked, paperKindOf(l, k))
	}
	return out
}
