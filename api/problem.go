package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"wutong/station"
	"wutong/station/locale"
)

// Problem is an RFC 9457 problem document.
type Problem struct { //nolint:errname // RFC 9457 calls it a problem
	Title     string   `json:"title" doc:"What kind of problem it is, in the reader's language."`
	Status    int      `json:"status" doc:"The HTTP status." example:"422"`
	Code      string   `json:"code" doc:"What went wrong, for programs; stable." example:"invalid"`
	Detail    string   `json:"detail,omitempty" doc:"What went wrong, in the reader's language."`
	Errors    []Fault  `json:"errors,omitempty" doc:"Each wrong value of the request."`
	Reference string   `json:"reference" doc:"Names this one request; quote it when asking for help." example:"Q6TZ3M7PVJ2XK4DA"`
	Receipt   *Receipt `json:"receipt,omitempty" doc:"Of an act that was refused."`
}

// Fault is one wrong value of a request.
type Fault struct {
	Path    string `json:"path" doc:"Where it is: a JSON pointer without its leading slash, or a parameter's name." example:"scores/0/points"`
	Code    string `json:"code" doc:"The rule it breaks, for programs; stable." example:"between"`
	Message string `json:"message" doc:"The rule in the reader's language." example:"must be between 0 and 100"`
	Value   string `json:"value,omitempty" doc:"What the rule names, for programs: of next_call, when it opens (RFC 3339); of needs, the code of the other service."`
}

// Problems are huma.StatusErrors, with a content type of their own.
func (p *Problem) Error() string { return p.Code }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's, whatever was asked for.
func (*Problem) ContentType(_ string) string { return "application/problem+json" }

// edgeError is an error that only HTTP knows.
type edgeError struct {
	status int
	code   string
}

func (e *edgeError) Error() string { return e.code }

// overRate says after how many seconds to come again.
type overRate struct{ retryAfter string } //nolint:errname // it reads as what happened

func (*overRate) Error() string { return "too many requests" }

// refusal is an act that its case refused.
type refusal struct{ act station.Act }

func (r *refusal) Error() string { return "act refused: " + string(r.act.Reason) }

// statusClientGone is what nginx made customary for a client that went away
// before its answer; nobody reads it but the log.
const statusClientGone = 499

// maxFaults bounds an answer: a body can hold a hundred thousand mistakes.
const maxFaults = 50

// problem turns any error into what the client may know of it, and the headers
// that go with it.
func problem(ctx context.Context, err error) (*Problem, http.Header) {
	f, h := frameOf(ctx), http.Header{}
	p := &Problem{Reference: f.reference}
	var (
		domain *station.Error
		edge   *edgeError
		rate   *overRate
		no     *refusal
	)
	switch {
	case errors.As(err, &no):
		p.Status, p.Code = http.StatusConflict, string(no.act.Reason)
		p.Detail = locale.T(f.language, "reason."+string(no.act.Reason))
		p.Receipt = new(receiptOf(f.language, no.act))
	case errors.As(err, &rate):
		p.Status, p.Code = http.StatusTooManyRequests, "too_many_requests"
		h.Set("Retry-After", rate.retryAfter)
	case errors.As(err, &edge):
		p.Status, p.Code = edge.status, edge.code
	// only now: a body that comes too slowly ends the context as well
	case errors.Is(ctx.Err(), context.Canceled):
		p.Status, p.Code = statusClientGone, "client_gone"
	case errors.As(err, &domain) && statuses[domain.Code] != 0:
		p.Status, p.Code = statuses[domain.Code], domain.Key
		p.Errors = faults(f.language, domain.Fields)
	default:
		p.Status, p.Code = http.StatusInternalServerError, "internal"
	}
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="wutong"`)
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
	p.Title = title(f.language, p.Status)
	if p.Detail == "" {
		p.Detail = detail(f.language, p.Code, domain)
	}
	f.code, f.err = p.Code, err
	return p, h
}

// statuses are what the domain's codes are in HTTP.
var statuses = map[station.Code]int{
	station.Invalid:      http.StatusUnprocessableEntity,
	station.Unauthorized: http.StatusUnauthorized,
	station.Forbidden:    http.StatusForbidden,
	station.NotFound:     http.StatusNotFound,
	station.Conflict:     http.StatusConflict,
	station.Gone:         http.StatusGone,
	station.Unavailable:  http.StatusServiceUnavailable,
}

// titles are the words for each status.
var titles = map[int]string{
	http.StatusBadRequest:            "title.bad_request",
	http.StatusUnauthorized:          "title.unauthorized",
	http.StatusForbidden:             "title.forbidden",
	http.StatusNotFound:              "title.not_found",
	http.StatusMethodNotAllowed:      "title.method_not_allowed",
	http.StatusRequestTimeout:        "title.request_timeout",
	http.StatusConflict:              "title.conflict",
	http.StatusGone:                  "title.gone",
	http.StatusRequestEntityTooLarge: "title.too_large",
	http.StatusUnsupportedMediaType:  "title.unsupported_media_type",
	http.StatusUnprocessableEntity:   "title.invalid",
	http.StatusTooManyRequests:       "title.too_many_requests",
	http.StatusInternalServerError:   "title.internal",
	http.StatusServiceUnavailable:    "title.unavailable",

	http.StatusRequestedRangeNotSatisfiable: "title.range_not_satisfiable",
}

func title(l station.Language, status int) string {
	if key := titles[status]; locale.Has(key) {
		return locale.T(l, key)
	}
	return http.StatusText(status)
}

// detail is the code's words, else those of its class.
func detail(l station.Language, code string, class *station.Error) string {
	for _, key := range []string{code, string(codeOf(class))} {
		if key := "error." + key; locale.Has(key) {
			return locale.T(l, key)
		}
	}
	return ""
}

func codeOf(e *station.Error) station.Code {
	if e == nil {
		return ""
	}
	return e.Code
}

// faults puts wrong fields in order and in words.
func faults(l station.Language, fields []station.Field) []Fault {
	var list []Fault
	for _, f := range fields {
		list = append(list, faultOf(l, f))
	}
	slices.SortStableFunc(list, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return list[:min(len(list), maxFaults)]
}

func faultOf(l station.Language, f station.Field) Fault {
	fault := Fault{Path: f.Path, Code: ruleCode(f.Rule), Message: locale.Rule(l, f.Rule)}
	if at, ok := strings.CutPrefix(f.Rule, "next_call:"); ok {
		fault.Value = at
		if t, err := time.Parse(time.RFC3339, at); err == nil {
			fault.Message = locale.T(l, "rule.next_call", locale.Moment(l, t))
		}
	}
	if _, code, listed := strings.Cut(f.Rule, ":"); listed && f.Named.In(l) != "" {
		fault.Value, fault.Message = code, locale.T(l, "rule."+fault.Code, f.Named.In(l))
	}
	return fault
}

// pages are the routes that answer a browser with a page.
var pages = []string{linkRoute, letterRoute, letterPDFRoute}

// fail answers with a problem, and lets nothing else answer. A person who followed a
// mailed link, or verifies a letter, gets a page instead.
func (e *edge) fail(c *gin.Context, err error) {
	p, h := problem(c.Request.Context(), err)
	for name := range h {
		c.Header(name, h.Get(name))
	}
	c.Abort()
	if slices.Contains(pages, c.FullPath()) && frameOf(c.Request.Context()).html {
		e.failPage(c, p)
		return
	}
	c.Header("Content-Type", p.ContentType(""))
	c.Status(p.Status)
	_ = json.NewEncoder(c.Writer).Encode(p) // fails only when nobody listens
}

// Huma asks these package variables for its errors, so they hold nothing of
// one API: what they need comes with the request's context.
func init() {
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = humaProblem
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true // "Name" and "name" in one body would be two answers to one question
}

// humaProblem turns what huma found, or what a handler returned, into a
// problem.
func humaProblem(c huma.Context, status int, message string, errs ...error) huma.StatusError {
	var err error
	switch status {
	case http.StatusInternalServerError:
		err = errors.Join(errs...)
		if err == nil {
			err = errors.New(message)
		}
	case http.StatusUnprocessableEntity:
		err = &station.Error{Code: station.Invalid, Key: "invalid", Message: message, Fields: humaFields(errs)}
	case http.StatusBadRequest:
		err = &edgeError{status, "bad_json"}
	default:
		err = &edgeError{status, strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")}
	}
	p, h := problem(c.Context(), err)
	for name := range h {
		c.SetHeader(name, h.Get(name))
	}
	return p
}
