package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"wutong/station"
	"wutong/station/locale"
)

// Link says what a mailed link is about.
type Link struct {
	Kind      station.TaskKind `json:"kind"`
	Text      string           `json:"text"`
	Programme string           `json:"programme"`
	Number    string           `json:"number"`
	Referrer  string           `json:"referrer"`
	Due       time.Time        `json:"due"`
	Question  string           `json:"question,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Form      json.RawMessage  `json:"form,omitempty" doc:"What the station holds about you."`
}

type linkToken struct {
	Token string `path:"token" maxLength:"200"`
}

type linkUse struct {
	Token string `path:"token" maxLength:"200"`
	Body  struct {
		Verdict station.Verdict `json:"verdict,omitempty" doc:"consent or decline"`
		Answer  string          `json:"answer,omitempty"`
		Reason  string          `json:"reason,omitempty" doc:"Of an appeal."`
	}
}

func (e *edge) registerLinks(r huma.API) {
	show := huma.Operation{OperationID: "link", Method: http.MethodGet, Path: "/v1/links/{token}", Summary: "What a mailed link is about", Tags: []string{"Links"}}
	huma.Register(r, show, func(ctx context.Context, in *linkToken) (*one[Link], error) {
		v, err := e.svc.OpenLink(ctx, in.Token)
		if err != nil {
			return nil, err
		}
		l := languageOf(ctx)
		return &one[Link]{Link{
			Kind: v.Task.Kind, Text: locale.T(l, "task."+string(v.Task.Kind)), Programme: v.Programme.Name.In(l), Number: v.Case.Number,
			Referrer: v.Referrer, Due: v.Link.ExpiresAt, Question: v.Question, Reason: v.Reason, Form: v.Form,
		}}, nil
	})
	use := huma.Operation{OperationID: "useLink", Method: http.MethodPost, Path: "/v1/links/{token}", Summary: "Consent, decline, answer or appeal", DefaultStatus: http.StatusOK, Tags: []string{"Links"}}
	huma.Register(r, use, func(ctx context.Context, in *linkUse) (*acted, error) {
		a, err := e.svc.UseLink(ctx, in.Token, station.Body{Verdict: in.Body.Verdict, Answer: in.Body.Answer, Reason: in.Body.Reason})
		return answer(ctx, a, err)
	})
}

// mountWebhook takes the mail service's reports. It is not limited: a report
// that is refused is lost.
func (e *edge) mountWebhook(g *gin.Engine) {
	if e.Webhook == nil {
		return
	}
	g.POST("/v1/webhooks/sendgrid", func(c *gin.Context) {
		body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
		if err != nil {
			e.fail(c, errTooLarge)
			return
		}
		if err := e.Webhook.Receive(c.Request.Context(), c.Request.Header, body); err != nil {
			e.fail(c, err)
			return
		}
		c.Status(http.StatusNoContent)
	})
}
