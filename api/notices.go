package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// PublicNotice is an award that is shown to the public before it is signed.
type PublicNotice struct {
	Case    string     `json:"case" doc:"What an objection is posted to."`
	Number  string     `json:"number" example:"HZ-GRANT-2026-000123"`
	Branch  string     `json:"branch" example:"HZ-BJ"`
	Project string     `json:"project" example:"Tactile skins for service robots"`
	Company string     `json:"company" example:"杭州触感机器人有限公司"`
	Award   Money      `json:"award"`
	Since   time.Time  `json:"since"`
	Until   *time.Time `json:"until,omitempty" doc:"When it is over; absent while an objection is investigated."`
}

type objectionInput struct {
	OnCase
	Keyed
	Body struct {
		Name     string `json:"name" maxLength:"100" doc:"Who objects; the station alone reads it."`
		Email    string `json:"email" format:"email" maxLength:"254" doc:"Where the outcome is told."`
		Reason   string `json:"reason" maxLength:"5000" doc:"What speaks against the award."`
		Language string `json:"language,omitempty" enum:"zh-CN,en" doc:"In which language the outcome is told; zh-CN when left out."`
	}
}

func (e *edge) registerNotices(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-notices", Method: http.MethodGet, Path: "/v1/notices", Tags: []string{tagPublic}, Summary: "Awards on public notice",
		Description: "For everybody: what is on show, the earliest to end first. No contact data is among it.",
		Errors:      withCommon([]int{http.StatusUnprocessableEntity}), RejectUnknownQueryParameters: true,
	}, e.listNotices)
}

func (e *edge) listNotices(ctx context.Context, in *struct{ Paging }) (*answer[List[PublicNotice]], error) {
	p, err := e.svc.PublicNotices(ctx, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(p, func(n station.PublicNotice) PublicNotice {
		return PublicNotice{
			Case: n.Case, Number: n.Number, Branch: n.Branch, Project: n.Project, Company: n.Company, Award: Money(n.Award),
			Since: n.Since.UTC(), Until: utc(n.Until),
		}
	}), nil
}

// registerObjections lets anybody object, at the rate of whoever has no token.
func (e *edge) registerObjections(api huma.API) {
	op := withBody(act("object", "/v1/cases/{id}/objection", tagPublic, "Object to an award",
		"Anybody may object to an award while it is on public notice: the clock of the notice stands still, an officer investigates, and the outcome is told."))
	op.Security = nil
	huma.Register(api, op, func(ctx context.Context, in *objectionInput) (*receipted, error) {
		b := station.Body{Name: in.Body.Name, Email: in.Body.Email, Reason: in.Body.Reason, Language: station.Language(in.Body.Language)}
		a, err := e.svc.Object(ctx, in.ID, in.Key, b)
		return linkReceipt(ctx, a, err)
	})
}
