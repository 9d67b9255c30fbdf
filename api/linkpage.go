package api

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"wutong/station"
	"wutong/station/locale"
)

// linkRoute is where a mailed link leads.
const linkRoute = "/v1/links/:token"

// linkPage is a mailed link's page for a person with a browser: what it is
// about, and a form to do it. Programs get JSON at the same address.
var linkPage = template.Must(template.New("link").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{{.Title}}</title><style>
body{font:17px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#1c2b25;background:#f3f6f4;margin:0}
main{max-width:38rem;margin:2rem auto;background:#fff;padding:1.5rem 2rem;border-radius:.6rem}
h1{font-size:1.4rem}small{color:#55655d}dt{color:#55655d}dd{margin:0 0 .6rem;overflow-wrap:anywhere;white-space:pre-line}
textarea{width:100%;min-height:8rem;font:inherit;box-sizing:border-box}
button{font:inherit;padding:.6rem 1.4rem;border:1px solid #1f6f50;border-radius:.4rem;background:#1f6f50;color:#fff;margin:1rem 1rem 0 0}button.no{background:#fff;color:#1f6f50}
</style></head><body><main><small>{{.Station}}</small><h1>{{.Title}}</h1>{{with .Intro}}<p>{{.}}</p>{{end}}
{{if .Facts}}<dl>{{range .Facts}}<dt>{{.Label}}</dt><dd>{{.Text}}</dd>{{end}}</dl>{{end}}
{{if .Held}}<h2>{{.HeldTitle}}</h2><dl>{{range .Held}}<dt>{{.Label}}</dt><dd>{{.Text}}</dd>{{end}}</dl>{{end}}
{{if .Buttons}}<form method="post">{{with .Field}}<label>{{$.FieldLabel}}<textarea name="{{.}}" required maxlength="5000"></textarea></label>{{end}}
{{range .Buttons}}<button name="verdict" value="{{.Value}}"{{if .No}} class="no"{{end}}>{{.Text}}</button>{{end}}</form>{{end}}
{{with .Privacy}}<p><small>{{.}}</small></p>{{end}}</main></body></html>`))

type labelled struct{ Label, Text string }

type button struct {
	Value, Text string
	No          bool
}

type linkWords struct {
	Language              station.Language
	Station, Title, Intro string
	Facts, Held           []labelled
	HeldTitle             string
	Field, FieldLabel     string
	Buttons               []button
	Privacy               string
}

// pages answers browsers that follow a mailed link.
func (e *edge) pages(c *gin.Context) {
	f := frameOf(c.Request.Context())
	if c.FullPath() != linkRoute || !f.html {
		c.Next()
		return
	}
	defer c.Abort()
	if err := e.addresses.spend(address(c), e.Now()); err != nil {
		e.fail(c, err)
		return
	}
	if c.Request.Method == http.MethodPost {
		e.usePage(c, f.language)
		return
	}
	v, err := e.svc.OpenLink(c.Request.Context(), c.Param("token"))
	if err != nil {
		e.failPage(c, err)
		return
	}
	e.show(c, http.StatusOK, pageOf(f.language, v))
}

// usePage does what a person asked for on the page.
func (e *edge) usePage(c *gin.Context, l station.Language) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if err := c.Request.ParseForm(); err != nil {
		e.fail(c, errCutShort)
		return
	}
	form := c.Request.PostForm
	v, err := e.svc.OpenLink(c.Request.Context(), c.Param("token"))
	if err != nil {
		e.failPage(c, err)
		return
	}
	b := station.Body{Verdict: station.Verdict(form.Get("verdict")), Answer: form.Get("answer"), Reason: form.Get("reason")}
	a, err := e.svc.UseLink(c.Request.Context(), c.Param("token"), b)
	if err == nil && a.Status == station.ActRefused {
		err = &refusal{a}
	}
	if err != nil {
		e.failPage(c, err)
		return
	}
	key := "link.done." + string(v.Task.Kind)
	if b.Verdict == station.Decline {
		key = "link.done.decline"
	}
	w := linkWords{Language: l, Title: locale.T(l, key)}
	if a.Status == station.Pending {
		w.Intro = locale.T(l, "link.pending")
	}
	e.show(c, http.StatusOK, w)
}

// failPage says on a page what JSON would say in a problem document.
func (e *edge) failPage(c *gin.Context, err error) {
	p, _ := problem(c.Request.Context(), err)
	e.show(c, p.Status, linkWords{Language: languageOf(c.Request.Context()), Title: p.Title, Intro: p.Detail, Privacy: p.Reference})
}

func (e *edge) show(c *gin.Context, status int, w linkWords) {
	w.Station = locale.T(w.Language, "link.station")
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cache-Control", "no-store")
	c.Status(status)
	_ = linkPage.Execute(c.Writer, w) // fails only when nobody listens
}

// pageOf writes the page of a link that is good.
func pageOf(l station.Language, v station.LinkView) linkWords {
	kind := string(v.Task.Kind)
	w := linkWords{
		Language: l, Title: locale.T(l, "link.title."+kind), Intro: locale.T(l, "link.intro."+kind, v.Referrer, v.Programme.Name.In(l)),
		HeldTitle: locale.T(l, "link.held"), Privacy: locale.T(l, "link.privacy"),
	}
	for _, f := range []labelled{
		{"link.question", v.Question},
		{"link.reason", v.Reason},
		{"link.number", v.Case.Number},
		{"link.due", locale.Date(l, v.Link.ExpiresAt)},
	} {
		if f.Text != "" {
			w.Facts = append(w.Facts, labelled{locale.T(l, f.Label), f.Text})
		}
	}
	switch v.Task.Kind {
	case station.TaskConsent:
		w.Held = held(l, v.Form)
		w.Buttons = []button{
			{Value: string(station.Consent), Text: locale.T(l, "link.consent")},
			{Value: string(station.Decline), Text: locale.T(l, "link.decline"), No: true},
		}
	case station.TaskInquiry:
		w.Field, w.FieldLabel, w.Buttons = "answer", locale.T(l, "link.answer"), []button{{Text: locale.T(l, "link.send")}}
	default:
		w.Field, w.FieldLabel, w.Buttons = "reason", locale.T(l, "link.appeal"), []button{{Text: locale.T(l, "link.send")}}
	}
	return w
}

// held lists what the station holds about the person: theirs to read before
// they consent.
func held(l station.Language, raw []byte) []labelled {
	var f station.ReferralForm
	if json.Unmarshal(raw, &f) != nil {
		return nil
	}
	var list []labelled
	for _, x := range []labelled{
		{"name", f.Name},
		{"email", f.Email},
		{"phone", f.Phone},
		{"institution", f.Institution},
		{"field", f.Field},
		{"channel", f.Channel},
		{"evidence", strings.Join(f.Evidence, "\n")},
		{"why", f.Why},
		{"language", string(f.Language)},
	} {
		if x.Text != "" {
			list = append(list, labelled{locale.T(l, "link.field."+x.Label), x.Text})
		}
	}
	return list
}
