package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// Talent is a talent in the reserve.
type Talent struct {
	ID          string    `json:"id"`
	Name        string    `json:"name" example:"林知远"`
	Email       string    `json:"email" example:"zhiyuan.lin@example.com"`
	Phone       string    `json:"phone,omitempty"`
	Institution string    `json:"institution" example:"zju"`
	Field       string    `json:"field" example:"embodied intelligence"`
	Branch      string    `json:"branch" example:"HZ"`
	Grade       string    `json:"grade" example:"A"`
	Score       float64   `json:"score" example:"91.5"`
	Case        string    `json:"case" doc:"The case by which they came in."`
	Referrers   []string  `json:"referrers" doc:"The accounts credited: who referred first, then co-referrers."`
	EnteredAt   time.Time `json:"enteredAt"`
}

type talentListInput struct {
	Name        string `query:"name" maxLength:"100" doc:"A name or part of it, in Chinese characters or pinyin, in either order." example:"lin zhiyuan"`
	Field       string `query:"field" maxLength:"100" doc:"Talents of one field."`
	Grade       string `query:"grade" maxLength:"20" doc:"Talents of one grade."`
	Institution string `query:"institution" maxLength:"200" doc:"Talents of one institution."`
	Branch      string `query:"branch" maxLength:"100" doc:"Talents of one branch."`
	Paging
}

func (e *edge) registerTalents(api huma.API) {
	huma.Register(api, read("list-talents", "/v1/talents", tagReserve, "Search the reserve",
		"The talents that the reader's branch, and its districts if it is a city's, have taken in. For officers and directors.",
		http.StatusForbidden), e.listTalents)
}

func (e *edge) listTalents(ctx context.Context, in *talentListInput) (*answer[List[Talent]], error) {
	p, err := e.svc.Talents(ctx, actorOf(ctx), station.TalentQuery{
		Name: in.Name, Field: in.Field, Grade: in.Grade, Institution: in.Institution, Branch: in.Branch,
		Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return page(p, talentOf), nil
}

func talentOf(t station.TalentEntry) Talent {
	return Talent{
		ID: t.ID, Name: t.Name, Email: t.Email, Phone: t.Phone, Institution: t.Institution, Field: t.Field, Branch: t.Branch,
		Grade: t.Grade, Score: t.Score, Case: t.Case, Referrers: append([]string{}, t.Referrers...), EnteredAt: t.EnteredAt.UTC(),
	}
}
