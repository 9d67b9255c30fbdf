package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Task is a task as its reader sees it.
type Task struct {
	ID         string                `json:"id"`
	Case       string                `json:"case"`
	Kind       station.TaskKind      `json:"kind"`
	Text       string                `json:"text"`
	Stage      station.Stage         `json:"stage"`
	Role       station.Role          `json:"role,omitempty"`
	Branch     string                `json:"branch"`
	Assignee   string                `json:"assignee,omitempty"`
	Status     station.TaskStatus    `json:"status"`
	Due        *time.Time            `json:"due,omitempty" doc:"Absent while an inquiry stops the clock."`
	OpenedAt   time.Time             `json:"openedAt"`
	Form       json.RawMessage       `json:"form,omitempty"`
	Panel      *station.Panel        `json:"panel,omitempty" doc:"Of a review: its rubric."`
	Question   string                `json:"question,omitempty"`
	Duplicates []station.TalentEntry `json:"duplicates,omitempty"`
}

func taskOf(l station.Language, t station.Task) Task {
	return Task{
		ID: t.ID, Case: t.Case, Kind: t.Kind, Text: locale.T(l, "task."+string(t.Kind)), Stage: t.Stage, Role: t.Role,
		Branch: t.Branch, Assignee: t.Assignee, Status: t.Status, Due: t.Due, OpenedAt: t.OpenedAt,
	}
}

type taskQuery struct {
	Paged
	Kind station.TaskKind `query:"kind" maxLength:"40"`
}

func (e *edge) registerTasks(r huma.API) {
	huma.Register(r, get("tasks", "/v1/tasks", "Your inbox, due first", "Tasks"), func(ctx context.Context, in *taskQuery) (*list[Task], error) {
		p, err := e.svc.Tasks(ctx, actorOf(ctx), station.TaskQuery{Kind: in.Kind, Limit: in.Limit, Cursor: in.Cursor})
		return page(p, err, func(t station.Task) Task { return taskOf(languageOf(ctx), t) })
	})
	type byID struct {
		ID string `path:"id"`
	}
	huma.Register(r, get("task", "/v1/tasks/{id}", "A task, with what is needed to do it", "Tasks"), func(ctx context.Context, in *byID) (*one[Task], error) {
		v, err := e.svc.Task(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		t := taskOf(languageOf(ctx), v.Task)
		t.Form, t.Panel, t.Question, t.Duplicates = v.Form, v.Panel, v.Question, v.Duplicates
		return &one[Task]{t}, nil
	})
}

type talentQuery struct {
	Paged
	Name        string `query:"name" maxLength:"100" doc:"In Chinese characters or pinyin, in either order."`
	Field       string `query:"field" maxLength:"100"`
	Grade       string `query:"grade" maxLength:"10"`
	Institution string `query:"institution" maxLength:"200"`
	Branch      string `query:"branch" maxLength:"40"`
}

func (e *edge) registerTalents(r huma.API) {
	huma.Register(r, get("talents", "/v1/talents", "Search the talent reserve", "Reserve"), func(ctx context.Context, in *talentQuery) (*list[station.TalentEntry], error) {
		p, err := e.svc.Talents(ctx, actorOf(ctx), station.TalentQuery{
			Name: in.Name, Field: in.Field, Grade: in.Grade, Institution: in.Institution, Branch: in.Branch, Limit: in.Limit, Cursor: in.Cursor,
		})
		return page(p, err, func(t station.TalentEntry) station.TalentEntry { return t })
	})
}

// Programme is a programme in the reader's language.
type Programme struct {
	Code     string          `json:"code"`
	Kind     station.Kind    `json:"kind"`
	Branch   string          `json:"branch"`
	Name     string          `json:"name"`
	About    string          `json:"about,omitempty"`
	OpensAt  time.Time       `json:"opensAt"`
	ClosesAt time.Time       `json:"closesAt"`
	Stages   []string        `json:"stages"`
	Terms    json.RawMessage `json:"terms"`
}

func programmeOf(l station.Language, p station.Programme) Programme {
	v := Programme{
		Code: p.Code, Kind: p.Kind, Branch: p.Branch, Name: p.Name.In(l), About: p.About.In(l), OpensAt: p.OpensAt, ClosesAt: p.ClosesAt,
		Stages: []string{}, Terms: p.Terms,
	}
	for _, s := range station.Processes[p.Kind].Stages {
		v.Stages = append(v.Stages, locale.T(l, "stage."+string(s)))
	}
	return v
}

func (e *edge) registerProgrammes(r huma.API) {
	type nothing struct{}
	huma.Register(r, get("programmes", "/v1/programmes", "Programmes that are open now", "Programmes"), func(ctx context.Context, _ *nothing) (*list[Programme], error) {
		all, err := e.svc.Programmes(ctx)
		return page(station.Page[station.Programme]{Items: all}, err, func(p station.Programme) Programme { return programmeOf(languageOf(ctx), p) })
	})
	type byCode struct {
		Code string `path:"code" maxLength:"100"`
	}
	huma.Register(r, get("programme", "/v1/programmes/{code}", "A programme", "Programmes"), func(ctx context.Context, in *byCode) (*one[Programme], error) {
		p, err := e.svc.Programme(ctx, in.Code)
		if err != nil {
			return nil, err
		}
		return &one[Programme]{programmeOf(languageOf(ctx), p)}, nil
	})
}

func (e *edge) registerLists(r huma.API) {
	type nothing struct{}
	huma.Register(r, get("institutions", "/v1/institutions", "Known institutions", "Programmes"), func(ctx context.Context, _ *nothing) (*list[station.Institution], error) {
		all, err := e.svc.Institutions(ctx)
		return page(station.Page[station.Institution]{Items: all}, err, func(i station.Institution) station.Institution { return i })
	})
	huma.Register(r, get("channels", "/v1/channels", "Ways by which talents are referred", "Programmes"), func(ctx context.Context, _ *nothing) (*list[station.Channel], error) {
		all, err := e.svc.Channels(ctx)
		return page(station.Page[station.Channel]{Items: all}, err, func(c station.Channel) station.Channel { return c })
	})
}
