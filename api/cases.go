package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Case is a case as a reader sees it.
type Case struct {
	ID         string           `json:"id"`
	Number     string           `json:"number"`
	Kind       station.Kind     `json:"kind"`
	KindText   string           `json:"kindText"`
	Programme  string           `json:"programme"`
	Branch     string           `json:"branch"`
	Stage      station.Stage    `json:"stage"`
	StageText  string           `json:"stageText"`
	Status     station.Status   `json:"status"`
	StatusText string           `json:"statusText"`
	Reason     string           `json:"reason,omitempty"`
	ReasonText string           `json:"reasonText,omitempty"`
	Due        *time.Time       `json:"due,omitempty"`
	OpenedAt   time.Time        `json:"openedAt"`
	UpdatedAt  time.Time        `json:"updatedAt"`
	EndedAt    *time.Time       `json:"endedAt,omitempty"`
	Form       any              `json:"form,omitempty" doc:"What was told of the talent; only for who may see it."`
	Reviews    []station.Review `json:"reviews,omitempty"`
}

func caseOf(l station.Language, c station.Case) Case {
	v := Case{
		ID: c.ID, Number: c.Number, Kind: c.Kind, KindText: locale.T(l, "kind."+string(c.Kind)), Programme: c.Programme, Branch: c.Branch,
		Stage: c.Stage, StageText: locale.T(l, "stage."+string(c.Stage)), Status: c.Status, StatusText: locale.T(l, "status."+string(c.Status)),
		Reason: c.Reason, Due: c.Due, OpenedAt: c.OpenedAt, UpdatedAt: c.UpdatedAt, EndedAt: c.EndedAt,
	}
	if c.Reason != "" {
		v.ReasonText = locale.T(l, "reason."+c.Reason)
	}
	return v
}

// one answers with a single thing; list with a page of them.
type one[T any] struct{ Body T }

type list[T any] struct {
	Body struct {
		Items []T    `json:"items"`
		Next  string `json:"next,omitempty" doc:"The cursor of the next page; absent at the end."`
	}
}

func page[S, T any](p station.Page[S], err error, as func(S) T) (*list[T], error) {
	if err != nil {
		return nil, err
	}
	out := &list[T]{}
	out.Body.Items, out.Body.Next = []T{}, p.Next
	for _, x := range p.Items {
		out.Body.Items = append(out.Body.Items, as(x))
	}
	return out, nil
}

// Paged is the part of a query that chooses a page.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor string `query:"cursor" maxLength:"1000"`
}

type started struct {
	Location string `header:"Location"`
	Body     Case
}

type referral struct {
	Keyed
	Body struct {
		Programme string `json:"programme" doc:"The programme's code." example:"referral-2026"`
		station.ReferralForm
	}
}

func get(id, path, summary, tag string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Security: byToken, Tags: []string{tag}}
}

func (e *edge) registerStarts(r huma.API) {
	op := huma.Operation{
		OperationID: "refer", Method: http.MethodPost, Path: "/v1/referrals", Summary: "Refer a talent",
		Security: byToken, DefaultStatus: http.StatusCreated, Tags: []string{"Cases"},
	}
	huma.Register(r, op, func(ctx context.Context, in *referral) (*started, error) {
		form, err := json.Marshal(in.Body.ReferralForm)
		if err != nil {
			return nil, err
		}
		c, _, err := e.svc.Start(ctx, actorOf(ctx), station.Referral, in.Body.Programme, in.Key, form)
		if err != nil {
			return nil, err
		}
		return &started{Location: "/v1/cases/" + c.ID, Body: caseOf(languageOf(ctx), c)}, nil
	})
}

type caseQuery struct {
	Paged
	Kind      station.Kind   `query:"kind" maxLength:"40"`
	Programme string         `query:"programme" maxLength:"100"`
	Stage     station.Stage  `query:"stage" maxLength:"40"`
	Status    station.Status `query:"status" maxLength:"40"`
	Branch    string         `query:"branch" maxLength:"40"`
	DueBefore time.Time      `query:"due_before"`
	Q         string         `query:"q" maxLength:"60" doc:"The beginning of a case's number."`
}

func (e *edge) registerCases(r huma.API) {
	huma.Register(r, get("cases", "/v1/cases", "Cases that you may see", "Cases"), func(ctx context.Context, in *caseQuery) (*list[Case], error) {
		q := station.CaseQuery{
			Kind: in.Kind, Programme: in.Programme, Stage: in.Stage, Status: in.Status, Branch: in.Branch, Q: in.Q,
			Limit: in.Limit, Cursor: in.Cursor,
		}
		if !in.DueBefore.IsZero() {
			q.DueBefore = &in.DueBefore
		}
		p, err := e.svc.Cases(ctx, actorOf(ctx), q)
		return page(p, err, func(c station.Case) Case { return caseOf(languageOf(ctx), c) })
	})
	type byID struct {
		ID string `path:"id"`
	}
	huma.Register(r, get("case", "/v1/cases/{id}", "A case", "Cases"), func(ctx context.Context, in *byID) (*one[Case], error) {
		v, err := e.svc.Case(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		c := caseOf(languageOf(ctx), v.Case)
		c.Reviews = v.Reviews
		if v.Form != nil {
			c.Form = v.Form
		}
		return &one[Case]{c}, nil
	})
}

// Event is a line of a case's history.
type Event struct {
	Seq     int               `json:"seq"`
	At      time.Time         `json:"at"`
	Kind    station.EventKind `json:"kind"`
	Text    string            `json:"text"`
	Stage   station.Stage     `json:"stage"`
	Actor   string            `json:"actor,omitempty"`
	Task    string            `json:"task,omitempty"`
	Details station.Details   `json:"details,omitempty"`
	Hash    string            `json:"hash"`
}

type eventQuery struct {
	ID    string `path:"id"`
	After int    `query:"after" minimum:"0" maximum:"1000000000"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (e *edge) registerEvents(r huma.API) {
	huma.Register(r, get("events", "/v1/cases/{id}/events", "A case's history", "Cases"), func(ctx context.Context, in *eventQuery) (*list[Event], error) {
		events, err := e.svc.Events(ctx, actorOf(ctx), in.ID, in.After, in.Limit)
		return page(station.Page[station.Event]{Items: events}, err, func(v station.Event) Event {
			return Event{
				Seq: v.Seq, At: v.At, Kind: v.Kind, Text: locale.T(languageOf(ctx), "event."+string(v.Kind)), Stage: v.Stage,
				Actor: v.Actor, Task: v.Task, Details: v.Details, Hash: v.Hash,
			}
		})
	})
}
