package api

import (
	"context"
	"crypto/sha256"
	_ "embed" // for the page
	"encoding/base64"
	"encoding/json"
	"html/template"
	"reflect"

	"github.com/gin-gonic/gin"

	"wutong/station"
	"wutong/station/locale"
)

//go:embed link.html
var linkHTML string

//go:embed link.css
var linkCSS string

var linkTemplate = template.Must(template.New("link").Parse(linkHTML))

// linkPolicy allows a link's page its own style and its own form, and nothing
// else in the world.
var linkPolicy = func() string {
	sum := sha256.Sum256([]byte(linkCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// view is a link's page. It says everything in both languages, the reader's
// first: whoever opens it has no account, and so has told us no language.
type view struct {
	Language, Other station.Language
	Style           template.CSS
	Station, Title  phrase
	Intro           []phrase
	Facts           []fact
	HeldTitle       phrase
	Held            []fact // what the station was told of the person
	Mistakes        []phrase
	Area            *area
	Buttons         []button
	Notes           []phrase
}

type (
	phrase struct{ First, Second string }
	fact   struct {
		Label  phrase
		Values []string
	}
	area struct {
		Name, Value string
		Label       phrase
	}
	button struct {
		Name, Value string
		Label       phrase
		Quiet       bool
	}
)

// both says something in both languages.
func both(l station.Language, say func(station.Language) string) phrase {
	return phrase{say(l), say(other(l))}
}

// key says a key's words in both languages.
func key(l station.Language, key string) phrase {
	return both(l, func(l station.Language) string { return locale.T(l, key) })
}

func plainView(l station.Language, title phrase) view {
	return view{
		Language: l, Other: other(l), Station: key(l, "link.station"), Title: title,
		Style: template.CSS(linkCSS), //nolint:gosec // our own
	}
}

func other(l station.Language) station.Language {
	if l == station.English {
		return station.Chinese
	}
	return station.English
}

// In hands a phrase to the template that writes it.
func (v view) In(p phrase) map[string]any { return map[string]any{"P": p, "L": v.Other} }

// linkSubject is what a link is about, with what people call the codes in the
// form: by field and code.
type linkSubject struct {
	station.LinkView
	names map[string]station.Text
}

// subject looks what a link is about.
func (e *edge) subject(ctx context.Context, token string) (linkSubject, error) {
	v, err := e.svc.OpenLink(ctx, token)
	if err != nil {
		return linkSubject{}, err
	}
	channels, err := e.svc.Channels(ctx)
	if err != nil {
		return linkSubject{}, err
	}
	institutions, err := e.svc.Institutions(ctx)
	if err != nil {
		return linkSubject{}, err
	}
	branches, err := e.svc.Branches(ctx)
	if err != nil {
		return linkSubject{}, err
	}
	names := map[string]station.Text{}
	for _, c := range channels {
		names["channel "+c.Code] = c.Name
	}
	for _, i := range institutions {
		names["institution "+i.Code] = i.Name
	}
	for _, b := range branches {
		names["district "+b.Code] = b.Name
	}
	return linkSubject{LinkView: v, names: names}, nil
}

// What a page is called that asks somebody into the angel hub, or to be an
// ambassador.
const (
	invitation = "invitation"
	nomination = "nomination"
)

// kind is which page it is: that of the task's kind, but for an invitation and a
// nomination, which ask for consent in other words.
func (v linkSubject) kind() string {
	switch {
	case v.Invites():
		return invitation
	case v.Nominates():
		return nomination
	default:
		return string(v.Task.Kind)
	}
}

// from is who a page speaks of first: whom to vouch for, or else who opened the
// case.
func (v linkSubject) from() string {
	if v.Task.Kind == station.TaskVoucher {
		return v.Candidate
	}
	return v.Referrer
}

// asking is the page that asks a person to act: what it is about, what is held
// about them, and the form. Faults are what was wrong with what they sent.
func asking(l station.Language, v linkSubject, faults []Fault, sent LinkUse) view {
	kind := v.kind()
	p := plainView(l, key(l, "link.title."+kind))
	p.Intro = []phrase{both(l, func(l station.Language) string {
		return locale.T(l, "link.intro."+kind, v.from(), v.Programme.Name.In(l))
	})}
	p.Facts = facts(l, v)
	for _, f := range faults {
		p.Mistakes = append(p.Mistakes, phrase{First: f.Message})
	}
	switch v.Task.Kind {
	case station.TaskConsent:
		p.HeldTitle, p.Held = key(l, "link.held"), held(l, v)
		p.Buttons = []button{
			{Name: "verdict", Value: string(station.Consent), Label: key(l, "link.consent")},
			{Name: "verdict", Value: string(station.Decline), Label: key(l, "link.decline"), Quiet: true},
		}
		p.Notes = []phrase{key(l, "link.privacy")}
		switch kind {
		case invitation:
			p.Notes = []phrase{key(l, "link.discretion")}
		case nomination:
			p.Notes = []phrase{key(l, "link.nominated")}
		}
	case station.TaskVoucher:
		p.Buttons = []button{
			{Name: "verdict", Value: string(station.Vouch), Label: key(l, "link.vouch")},
			{Name: "verdict", Value: string(station.Decline), Label: key(l, "link.no_vouch"), Quiet: true},
		}
	case station.TaskInquiry:
		p.Area = &area{Name: "answer", Value: sent.Answer, Label: key(l, "link.answer")}
		p.Buttons = []button{{Label: key(l, "link.send")}}
	default:
		p.Area = &area{Name: "reason", Value: sent.Reason, Label: key(l, "link.appeal")}
		p.Buttons = []button{{Label: key(l, "link.send")}}
	}
	return p
}

// facts are what a person must know to answer.
func facts(l station.Language, v linkSubject) []fact {
	list := []fact{{key(l, "link.number"), []string{v.Case.Number}}}
	if v.Task.Due != nil {
		due := both(l, func(l station.Language) string { return locale.Date(l, *v.Task.Due) })
		list = append(list, fact{key(l, "link.due"), []string{due.First, due.Second}})
	}
	if v.Candidate != "" {
		list = append(list, fact{key(l, "link.candidate"), []string{v.Candidate}}, fact{key(l, "link.field.statement"), []string{v.Statement}})
	}
	if v.Question != "" {
		list = append(list, fact{key(l, "link.question"), []string{v.Question}})
	}
	if v.Reason != "" {
		list = append(list, fact{key(l, "link.reason"), []string{v.Reason}})
	}
	return list
}

// held is the form that somebody else filled in about the person, in the
// form's order.
func held(l station.Language, v linkSubject) []fact {
	form, known := forms[v.Case.Kind]
	if !known || len(v.Form) == 0 {
		return nil
	}
	told := reflect.New(form)
	if err := json.Unmarshal(v.Form, told.Interface()); err != nil {
		return nil // an older form than this build knows; the rest of the page still serves
	}
	list := asked(l, told.Interface())
	for _, f := range reflect.VisibleFields(form) {
		var values []string
		switch value := told.Elem().FieldByIndex(f.Index).Interface().(type) {
		case string:
			values = append(values, value)
		case []string:
			values = value
		default: // codes, which say nothing to a person
			continue
		}
		if len(values) == 0 || values[0] == "" || jsonName(f) == "documents" { // IDs
			continue
		}
		if name, ok := v.names[jsonName(f)+" "+values[0]]; ok { // a code
			named := both(l, name.In)
			values = []string{named.First, named.Second}
		}
		list = append(list, fact{key(l, "link.field."+jsonName(f)), values})
	}
	return list
}

// asked is whom a form invites or nominates.
func asked(l station.Language, form any) []fact {
	var name, email string
	switch form := form.(type) {
	case *AngelForm:
		if form.Invitee != nil {
			name, email = form.Invitee.Name, form.Invitee.Email
		}
	case *AmbassadorForm:
		if form.Nominee != nil {
			name, email = form.Nominee.Name, form.Nominee.Email
		}
	}
	if name == "" {
		return nil
	}
	return []fact{{key(l, "link.field.name"), []string{name}}, {key(l, "link.field.email"), []string{email}}}
}

// thanking is the page after an act: recorded, or still on its way.
func thanking(l station.Language, v linkSubject, a station.Act) view {
	p := plainView(l, key(l, "link.title."+v.kind()))
	switch {
	case a.Status == station.Pending:
		p.Intro = []phrase{key(l, "link.pending")}
	case a.Kind == station.Decide && v.kind() != string(station.TaskConsent):
		p.Intro = []phrase{key(l, "link.done."+v.kind()+"."+string(a.Body.Verdict))}
	case a.Kind == station.Decide:
		p.Intro = []phrase{key(l, "link.done."+string(a.Body.Verdict))}
	default:
		p.Intro = []phrase{key(l, "link.done."+string(v.Task.Kind))}
	}
	return p
}

// failPage tells a person in a browser what a problem document tells a
// program.
func (e *edge) failPage(c *gin.Context, p *Problem) {
	l := languageOf(c.Request.Context())
	v := plainView(l, both(l, func(l station.Language) string { return title(l, p.Status) }))
	v.Intro = []phrase{both(l, func(l station.Language) string {
		if p.Receipt != nil {
			return locale.T(l, "reason."+p.Receipt.Reason)
		}
		return detail(l, p.Code, nil)
	})}
	for _, f := range p.Errors {
		v.Mistakes = append(v.Mistakes, phrase{First: f.Message})
	}
	v.Notes = []phrase{{First: p.Reference}}
	e.showPage(c, p.Status, v)
}

// showPage writes a page. Its address is a secret: it is not to be found,
// kept, framed, or handed on to where a reader goes next.
func (e *edge) showPage(c *gin.Context, status int, v view) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Language))
	h.Set("Content-Security-Policy", linkPolicy)
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	c.Status(status)
	if err := linkTemplate.Execute(c.Writer, v); err != nil {
		frameOf(c.Request.Context()).err = err // the reader went away, or the template is broken: a test would have said
	}
}
