package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"wutong/station"
	"wutong/station/locale"
)

// linkRoute is the pattern, as Gin writes it, under which links are.
const linkRoute = "/v1/links/:token"

// Link is what a mailed link is about.
type Link struct {
	Kind      string          `json:"kind" doc:"What it is for: consent, voucher, inquiry or appeal." example:"consent"`
	KindText  string          `json:"kindText" example:"Consent or decline"`
	Number    string          `json:"number" doc:"The case's number." example:"HZ-REFERRAL-2026-000123"`
	Programme Named           `json:"programme"`
	Referrer  string          `json:"referrer" doc:"Who opened the case."`
	Form      json.RawMessage `json:"form,omitempty" doc:"What was told of the person: theirs to read."`
	Candidate string          `json:"candidate,omitempty" doc:"Of a voucher's: for whom to vouch."`
	Statement string          `json:"statement,omitempty" doc:"Of a voucher's: what the candidate says, or was said of them."`
	Question  string          `json:"question,omitempty" doc:"Of an inquiry."`
	Reason    string          `json:"reason,omitempty" doc:"Of a decline, in the station's words."`
	Due       *time.Time      `json:"due,omitempty"`
	ExpiresAt time.Time       `json:"expiresAt"`
	Takes     []string        `json:"takes" doc:"What to post: a verdict, an answer, or a reason." example:"[\"verdict\"]"`
	Verdicts  []Named         `json:"verdicts,omitempty" doc:"Of consent, and of a voucher: what can be said."`
}

// LinkUse is what a person answers by a link.
type LinkUse struct {
	Verdict string `json:"verdict,omitempty" maxLength:"40" doc:"For consent: consent or decline; for a voucher: vouch or decline." example:"consent"`
	Answer  string `json:"answer,omitempty" maxLength:"5000" doc:"For an inquiry: the reply."`
	Reason  string `json:"reason,omitempty" maxLength:"5000" doc:"For an appeal: why."`
}

// OnLink is a request by a mailed link.
type OnLink struct {
	Token string `path:"token" doc:"The link's token, from the mail. It is the permission: no other is needed."`
}

type linkUseInput struct {
	OnLink
	Body LinkUse
}

func (e *edge) registerLinks(api huma.API) {
	problems := withCommon(nil, http.StatusNotFound, http.StatusGone)
	huma.Register(api, huma.Operation{
		OperationID: "open-link", Method: http.MethodGet, Path: "/v1/links/{token}", Tags: []string{tagLinks},
		Summary: "See what a link is about", Errors: problems, Middlewares: huma.Middlewares{e.linkPage},
		Description: "Changes nothing, so that a mail scanner that follows links does no harm. A browser gets a page with a form.",
	}, e.openLink)
	use := withBody(huma.Operation{
		OperationID: "use-link", Method: http.MethodPost, Path: "/v1/links/{token}", Tags: []string{tagLinks},
		Summary: "Act by a link", Errors: append(problems, http.StatusConflict), Middlewares: huma.Middlewares{e.linkForm},
		Description: "Does the one thing that the link is for: 200 when the case has recorded it, 202 when it is taken in and not settled yet " +
			"(posting the same again asks again). The link is spent when the act is recorded; then it is 410.",
	})
	use.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{formType: {
		Schema: &huma.Schema{Ref: "#/components/schemas/LinkUse"},
	}}}
	huma.Register(api, use, e.useLink)
}

func (e *edge) openLink(ctx context.Context, in *OnLink) (*answer[Link], error) {
	v, err := e.svc.OpenLink(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	out := Link{
		Kind: string(v.Task.Kind), KindText: locale.T(l, "task."+string(v.Task.Kind)), Number: v.Case.Number,
		Programme: Named{Code: v.Programme.Code, Name: v.Programme.Name.In(l)}, Referrer: v.Referrer,
		Form: v.Form, Candidate: v.Candidate, Statement: v.Statement, Question: v.Question, Reason: v.Reason, Due: utc(v.Task.Due), ExpiresAt: v.Link.ExpiresAt.UTC(),
		Takes: []string{takes(v.Task.Kind)},
	}
	if takes(v.Task.Kind) == "verdict" {
		for _, verdict := range v.Task.Kind.Verdicts(v.Case.Kind) {
			out.Verdicts = append(out.Verdicts, Named{Code: string(verdict), Name: locale.T(l, "verdict."+string(verdict))})
		}
	}
	return answered(out), nil
}

// takes is the field that a link of a kind of task is answered with.
func takes(kind station.TaskKind) string {
	switch kind {
	case station.TaskInquiry:
		return "answer"
	case station.TaskAppeal:
		return "reason"
	default:
		return "verdict"
	}
}

func (e *edge) useLink(ctx context.Context, in *linkUseInput) (*receipted, error) {
	a, err := e.svc.UseLink(ctx, in.Token, in.Body.act())
	return linkReceipt(ctx, a, err)
}

func (u LinkUse) act() station.Body {
	return station.Body{Verdict: station.Verdict(u.Verdict), Answer: u.Answer, Reason: u.Reason}
}

// linkReceipt is a receipt without its address: that needs an account.
func linkReceipt(ctx context.Context, a station.Act, err error) (*receipted, error) {
	r, err := settled(ctx, a, err)
	if r != nil {
		r.Location = ""
	}
	return r, err
}

// linkPage answers a browser with a page instead of JSON.
func (e *edge) linkPage(c huma.Context, next func(huma.Context)) {
	g := humagin.Unwrap(c)
	if !frameOf(c.Context()).html {
		next(c)
		return
	}
	v, err := e.subject(c.Context(), g.Param("token"))
	if err != nil {
		e.fail(g, err)
		return
	}
	e.showPage(g, http.StatusOK, asking(languageOf(c.Context()), v, nil, LinkUse{}))
}
