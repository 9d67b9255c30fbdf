package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// Draft is a form that is not handed in yet.
type Draft struct {
	Programme string          `json:"programme" doc:"The round's code." example:"pitch-2026-05"`
	Form      json.RawMessage `json:"form" doc:"As it was put."`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// OnDraft is a request about the reader's draft for one round.
type OnDraft struct {
	Programme string `path:"programme" doc:"The round's code." example:"pitch-2026-05"`
}

type draftInput struct {
	OnDraft
	Body anyObject
}

// anyObject is a JSON object as it was sent: no number of it goes through a
// float.
type anyObject struct{ json.RawMessage }

// Schema says that it is an object, and nothing else.
func (anyObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "The form as far as it is filled in: any JSON object of at most 100 kB.",
	}
}

func (e *edge) registerDrafts(api huma.API) {
	huma.Register(api, read("list-drafts", "/v1/drafts", tagHub, "My drafts",
		"The reader's drafts. A draft is kept until it is handed in, or until the round's call closes."), e.listDrafts)
	huma.Register(api, read("get-draft", "/v1/drafts/{programme}", tagHub, "Look at a draft",
		"The reader's draft for a round.", http.StatusNotFound), e.getDraft)
	put := withBody(read("put-draft", "/v1/drafts/{programme}", tagHub, "Keep a draft",
		"Keeps a form that is not handed in, instead of the one before, until the round's call closes. Nobody else sees it, and nothing of it is checked.",
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict))
	put.Method = http.MethodPut
	huma.Register(api, put, e.putDraft)
	drop := read("drop-draft", "/v1/drafts/{programme}", tagHub, "Throw a draft away",
		"The reader's draft for a round is gone; without one, nothing happens.", http.StatusForbidden)
	drop.Method, drop.DefaultStatus = http.MethodDelete, http.StatusNoContent
	huma.Register(api, drop, e.dropDraft)
}

func (e *edge) listDrafts(ctx context.Context, _ *struct{}) (*answer[List[Draft]], error) {
	all, err := e.svc.Drafts(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	return page(station.Page[station.Draft]{Items: all}, draftOf), nil
}

func (e *edge) getDraft(ctx context.Context, in *OnDraft) (*answer[Draft], error) {
	d, err := e.svc.Draft(ctx, actorOf(ctx), in.Programme)
	if err != nil {
		return nil, err
	}
	return answered(draftOf(d)), nil
}

func (e *edge) putDraft(ctx context.Context, in *draftInput) (*answer[Draft], error) {
	d, err := e.svc.PutDraft(ctx, actorOf(ctx), in.Programme, in.Body.RawMessage)
	if err != nil {
		return nil, err
	}
	return answered(draftOf(d)), nil
}

func (e *edge) dropDraft(ctx context.Context, in *OnDraft) (*struct{}, error) {
	return nil, e.svc.DropDraft(ctx, actorOf(ctx), in.Programme)
}

func draftOf(d station.Draft) Draft {
	return Draft{Programme: d.Programme, Form: d.Form, UpdatedAt: d.UpdatedAt.UTC()}
}
