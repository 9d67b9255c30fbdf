package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// PitchForm is [station.PitchForm] as the document shows it; the rules are the
// station's, and what is said of them here is checked by a test.
type PitchForm struct {
	Project   PitchProject `json:"project" doc:"What is pitched."`
	Company   PitchCompany `json:"company" doc:"Whose project it is."`
	Team      []TeamMember `json:"team" minItems:"1" maxItems:"20"`
	Seeks     int64        `json:"seeks" minimum:"1" maximum:"10000000000000" doc:"How much money is sought, in fen." example:"300000000"`
	Documents []string     `json:"documents" minItems:"1" maxItems:"30" format:"uuid" doc:"IDs of uploaded documents, each once: the deck, and what belongs to it."` // not uniqueItems: huma panics on items that cannot be compared
}

// PitchProject is [station.PitchProject].
type PitchProject struct {
	Name    string `json:"name" maxLength:"200" example:"Dexterous hands for small workshops"`
	Field   string `json:"field" maxLength:"100" example:"embodied intelligence"`
	Summary string `json:"summary" maxLength:"5000" example:"A robot hand that a workshop of ten people can afford."`
}

// PitchCompany is [station.PitchCompany].
type PitchCompany struct {
	Name   string `json:"name" maxLength:"200" example:"杭州灵手科技有限公司"`
	Number string `json:"number,omitempty" minLength:"18" maxLength:"18" doc:"The unified social credit code (GB 32100-2015), once it is registered." example:"91350100M000100Y43"`
}

// TeamMember is [station.TeamMember].
type TeamMember struct {
	Name        string `json:"name" maxLength:"100" example:"林知远"`
	Institution string `json:"institution" maxLength:"200" doc:"A code of /v1/institutions, or a name in words." example:"zju"`
}

// startPitch is the body that applies to a round.
type startPitch struct {
	Programme string `json:"programme" maxLength:"100" doc:"The round's code." example:"pitch-2026-05"`
	PitchForm
}

func (s startPitch) programme() string { return s.Programme }

func (s startPitch) form() any {
	form := station.PitchForm{
		Project: station.PitchProject(s.Project), Company: station.PitchCompany(s.Company), Seeks: s.Seeks, Documents: s.Documents,
	}
	for _, m := range s.Team {
		form.Team = append(form.Team, station.TeamMember(m))
	}
	return form
}

// Teaser is what an angel sees of a project before declaring.
type Teaser struct {
	Project string       `json:"project" example:"Dexterous hands for small workshops"`
	Field   string       `json:"field" example:"embodied intelligence"`
	Company string       `json:"company" example:"杭州灵手科技有限公司"`
	Team    []TeamMember `json:"team"`
}

func teaserOf(t *station.Teaser) *Teaser {
	if t == nil {
		return nil
	}
	out := &Teaser{Project: t.Project, Field: t.Field, Company: t.Company, Team: []TeamMember{}}
	for _, m := range t.Team {
		out.Team = append(out.Team, TeamMember(m))
	}
	return out
}

// Commitments are what angels said in a project's deliberation.
type Commitments struct {
	Total   Money        `json:"total" doc:"Of all who would lead or follow."`
	Leads   int          `json:"leads" example:"1"`
	Follows int          `json:"follows" example:"3"`
	Passes  int          `json:"passes" example:"5"`
	Mine    *Commitment  `json:"mine,omitempty" doc:"The reader's own."`
	Members []Commitment `json:"members,omitempty" doc:"Who commits how much, the lead first: once the lead is chosen; for the house from the beginning."`
}

// Commitment is what one angel said.
type Commitment struct {
	Account     string `json:"account" doc:"Whose it is."`
	Verdict     string `json:"verdict" doc:"pass, follow or lead." example:"follow"`
	VerdictText string `json:"verdictText" example:"Follow"`
	Amount      Money  `json:"amount"`
}

func commitmentsOf(l station.Language, c *station.Commitments) *Commitments {
	if c == nil {
		return nil
	}
	out := &Commitments{Total: cny(c.Fen), Leads: c.Leads, Follows: c.Follows, Passes: c.Passes}
	if c.Mine != nil {
		out.Mine = new(commitmentOf(l, *c.Mine))
	}
	for _, b := range c.Members {
		out.Members = append(out.Members, commitmentOf(l, b))
	}
	return out
}

func commitmentOf(l station.Language, b station.Ballot) Commitment {
	return Commitment{Account: b.Account, Verdict: string(b.Verdict), VerdictText: locale.T(l, "verdict."+string(b.Verdict)), Amount: cny(b.Fen)}
}

func cny(fen int64) Money { return Money{Fen: fen, Currency: station.CNY} }

// conflictCode is a conflict of interest that can be declared.
type conflictCode string

// Schema lists them.
func (conflictCode) Schema(huma.Registry) *huma.Schema { return oneOf(station.Conflicts) }

type declarationInput struct {
	OnCase
	Keyed
	Body struct {
		Conflict conflictCode `json:"conflict" doc:"none, or what kind of conflict there is." example:"none"`
	}
}

func (e *edge) registerPitches(api huma.API) {
	huma.Register(api, withBody(act("declare", "/v1/cases/{id}/declaration", tagHub, "Declare a conflict of interest",
		"An angel says of a project whether they have a conflict of interest in it. With none, the deck opens, and the project is theirs to score and to "+
			"commit to; a conflict is never lifted, and from then on the project is not there for them any more.")),
		func(ctx context.Context, in *declarationInput) (*receipted, error) {
			a, err := e.svc.Declare(ctx, actorOf(ctx), in.ID, in.Key, station.ConflictKind(in.Body.Conflict))
			return settled(ctx, a, err)
		})
}
