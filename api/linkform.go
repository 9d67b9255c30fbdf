package api

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"wutong/station"
)

// formType is what a page's form is sent as.
const formType = "application/x-www-form-urlencoded"

func isForm(r *http.Request) bool {
	name, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && name == formType
}

// linkForm takes what a page's form sends. The link's token is the permission,
// and no cookie goes with it, so there is nothing that another site could
// abuse.
func (e *edge) linkForm(c huma.Context, next func(huma.Context)) {
	g := humagin.Unwrap(c)
	if !isForm(g.Request) {
		next(c)
		return
	}
	use, err := readForm(g.Request)
	if err != nil {
		e.fail(g, err)
		return
	}
	token, ctx := g.Param("token"), c.Context()
	if !frameOf(ctx).html {
		a, err := e.svc.UseLink(ctx, token, use.act())
		e.showReceipt(g, a, err)
		return
	}
	v, err := e.subject(ctx, token) // what it was for, before it is spent
	if err != nil {
		e.fail(g, err)
		return
	}
	a, err := e.svc.UseLink(ctx, token, use.act())
	if station.CodeOf(err) == station.Invalid { // let the person put it right
		p, _ := problem(ctx, err)
		e.showPage(g, p.Status, asking(languageOf(ctx), v, p.Errors, use))
		return
	}
	r, err := settled(ctx, a, err)
	if err != nil {
		e.fail(g, err)
		return
	}
	e.showPage(g, r.Status, thanking(languageOf(ctx), v, a))
}

// showReceipt answers a client that sent a form and reads JSON.
func (e *edge) showReceipt(g *gin.Context, a station.Act, err error) {
	r, err := linkReceipt(g.Request.Context(), a, err)
	if err != nil {
		e.fail(g, err)
		return
	}
	g.Header("Content-Type", "application/json")
	g.Status(r.Status)
	_ = json.NewEncoder(g.Writer).Encode(r.Body) // fails only when nobody listens
}

// readForm reads the fields of a form, each given at most once.
func readForm(r *http.Request) (LinkUse, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return LinkUse{}, errCutShort
	}
	if err := checkQuery(&url.URL{RawQuery: string(raw)}); err != nil {
		return LinkUse{}, err
	}
	values, err := url.ParseQuery(string(raw))
	if err != nil { // it could be read a moment ago
		return LinkUse{}, errCutShort
	}
	return LinkUse{Verdict: values.Get("verdict"), Answer: values.Get("answer"), Reason: values.Get("reason")}, nil
}
