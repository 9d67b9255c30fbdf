package api

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"wutong/api/letter"
	"wutong/station"
	"wutong/station/locale"
)

// The patterns, as Gin writes them, under which letters are.
const (
	letterRoute    = "/v1/letters/:code"
	letterPDFRoute = letterRoute + "/pdf"
)

// Letter is what everybody may know of a letter of appointment who has its code.
type Letter struct {
	Status      string    `json:"status" enum:"valid,expired,revoked" doc:"What it is worth now. One that another letter has replaced has expired." example:"valid"`
	StatusText  string    `json:"statusText" example:"Valid"`
	Number      string    `json:"number" example:"HZ-LETTER-2026-000012"`
	Name        string    `json:"name" doc:"Of the ambassador." example:"沈若兰"`
	Institution string    `json:"institution" example:"Zhejiang University"`
	Branch      string    `json:"branch" doc:"Which appointed them." example:"Hangzhou"`
	From        time.Time `json:"from" doc:"The beginning of the term."`
	Until       time.Time `json:"until" doc:"The end of the term."`
	IssuedAt    time.Time `json:"issuedAt"`
}

// OnLetter is a request about one letter of appointment. The code is whatever was
// copied from it: the station reads it.
type OnLetter struct {
	Code string `path:"code" doc:"The code on the letter. Capitals, spaces and dashes do not matter, and O counts as 0, I and L as 1." example:"7K2QX9M4BTVD"`
	Lang string `query:"lang" enum:"zh-CN,en" doc:"The language of the answer; Accept-Language when left out." example:"en"`
}

func (e *edge) registerLetters(api huma.API) {
	show := huma.Operation{
		OperationID: "get-letter", Method: http.MethodGet, Path: "/v1/letters/{code}", Tags: []string{tagPublic}, Summary: "Verify a letter of appointment",
		Description: "For everybody who has a letter's code: whether the letter is valid, has expired or was revoked, and what it says. A browser gets a page.",
		Errors:      withCommon(nil, http.StatusNotFound, http.StatusUnprocessableEntity), RejectUnknownQueryParameters: true,
		Middlewares: huma.Middlewares{e.speak, e.letterPage},
	}
	huma.Register(api, show, e.getLetter)
	pdf := show
	pdf.OperationID, pdf.Path, pdf.Summary, pdf.Middlewares = "get-letter-pdf", "/v1/letters/{code}/pdf", "A letter of appointment as PDF", huma.Middlewares{e.speak}
	pdf.Description = "For everybody who has a letter's code: the letter as it was issued, in both languages, with a QR code to the address where it is verified. " +
		"What it is worth now is said there. A letter that was revoked is not handed out any more."
	pdf.Errors = withCommon(nil, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity)
	pdf.Responses = map[string]*huma.Response{"200": {
		Description: "The letter.",
		Headers:     map[string]*huma.Param{"Content-Disposition": {Schema: &huma.Schema{Type: huma.TypeString}}},
		Content:     map[string]*huma.MediaType{"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	huma.Register(api, pdf, e.getLetterPDF)
}

// speak has a request answered in the language that its query asks for.
func (e *edge) speak(c huma.Context, next func(huma.Context)) {
	switch l := station.Language(c.Query("lang")); l {
	case station.Chinese, station.English:
		frameOf(c.Context()).language = l
		c.SetHeader("Content-Language", string(l))
	default: // one that is none is refused where the query is read
	}
	next(c)
}

func (e *edge) getLetter(ctx context.Context, in *OnLetter) (*answer[Letter], error) {
	a, err := e.svc.Letter(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return answered(Letter{
		Status: string(a.Standing), StatusText: locale.T(l, "letter."+string(a.Standing)), Number: a.Number, Name: a.Name,
		Institution: a.Institution.In(l), Branch: a.Branch.In(l), From: a.From.UTC(), Until: a.Until.UTC(), IssuedAt: a.IssuedAt.UTC(),
	}), nil
}

// letterPage answers a browser with a page instead of JSON.
func (e *edge) letterPage(c huma.Context, next func(huma.Context)) {
	ctx, g := c.Context(), humagin.Unwrap(c)
	if !frameOf(ctx).html {
		next(c)
		return
	}
	a, err := e.svc.Letter(ctx, g.Param("code"))
	var page bytes.Buffer
	if err == nil {
		err = letter.Page(&page, a.Appointment, a.Standing, languageOf(ctx), e.letterAddress(a.Code))
	}
	if err != nil {
		e.fail(g, err)
		return
	}
	c.SetHeader("Content-Type", "text/html; charset=utf-8")
	c.SetHeader("Content-Language", string(languageOf(ctx)))
	c.SetHeader("Content-Security-Policy", letter.Policy)
	c.SetHeader("X-Robots-Tag", "noindex, nofollow, noarchive")
	_, _ = c.BodyWriter().Write(page.Bytes()) // fails only when nobody reads
}

func (e *edge) getLetterPDF(ctx context.Context, in *OnLetter) (*huma.StreamResponse, error) {
	a, err := e.svc.Letter(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	if a.Standing == station.LetterRevoked { // the station hands out nothing that looks as if it were good
		return nil, station.Refuse(station.Gone, "letter_revoked", "letter %s was revoked", a.Number)
	}
	pdf, err := letter.PDF(a.Appointment, e.letterAddress(a.Code))
	if err != nil {
		return nil, fmt.Errorf("set letter %s: %w", a.Number, err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/pdf")
		c.SetHeader("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": a.Number + ".pdf"}))
		c.SetHeader("X-Robots-Tag", "noindex, nofollow, noarchive")
		_, _ = c.BodyWriter().Write(pdf) // fails only when nobody reads
	}}, nil
}
