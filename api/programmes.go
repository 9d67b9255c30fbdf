package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Programme is one configured run of a process.
type Programme struct {
	Code     string    `json:"code" example:"referral-2026"`
	Kind     string    `json:"kind" doc:"Which process it runs." example:"referral"`
	KindText string    `json:"kindText" example:"Talent referral"`
	Branch   string    `json:"branch" doc:"Whose programme it is." example:"HZ"`
	Name     string    `json:"name" example:"Talent referral 2026"`
	About    string    `json:"about"`
	OpensAt  time.Time `json:"opensAt" doc:"From when on cases can be started."`
	ClosesAt time.Time `json:"closesAt" doc:"When that ends."`
	Open     bool      `json:"open" doc:"Whether cases can be started now."`
}

// ProgrammeDetail is a programme with what is needed to apply.
type ProgrammeDetail struct {
	Programme
	Stages   []Named     `json:"stages" doc:"The parts of the procedure, in their usual order."`
	Criteria []Criterion `json:"criteria" doc:"The rubric that reviewers score by."`
	Form     any         `json:"form" doc:"The form as JSON Schema, with titles in the reader's language. Post such an object, with the programme's code as programme."`
}

// Named is a code and what people call it.
type Named struct {
	Code string `json:"code" example:"review"`
	Name string `json:"name" example:"Review"`
}

// Criterion is a line of a rubric.
type Criterion struct {
	Named
	Weight int `json:"weight" example:"40"`
}

type programmeInput struct {
	Code string `path:"code" doc:"The programme's code." example:"referral-2026"`
}

func (e *edge) registerProgrammes(api huma.API) {
	huma.Register(api, read("list-programmes", "/v1/programmes", tagProgrammes, "List open programmes",
		"The programmes that take cases now."), e.listProgrammes)
	huma.Register(api, read("get-programme", "/v1/programmes/{code}", tagProgrammes, "Look at a programme",
		"A programme, open or not, with its form, stages and criteria.", http.StatusNotFound), e.getProgramme)
}

func (e *edge) listProgrammes(ctx context.Context, _ *struct{}) (*answer[List[Programme]], error) {
	all, err := e.svc.Programmes(ctx)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(station.Page[station.Programme]{Items: all}, func(p station.Programme) Programme { return e.programmeOf(l, p) }), nil
}

func (e *edge) getProgramme(ctx context.Context, in *programmeInput) (*answer[ProgrammeDetail], error) {
	p, err := e.svc.Programme(ctx, in.Code)
	if err != nil {
		return nil, err
	}
	channels, err := e.svc.ChannelsOf(ctx, p)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	d := ProgrammeDetail{Programme: e.programmeOf(l, p), Stages: []Named{}, Criteria: []Criterion{}, Form: formSchema(l, p.Kind, channels)}
	process := station.Processes[p.Kind]
	for _, s := range process.Stages {
		d.Stages = append(d.Stages, Named{Code: string(s), Name: locale.T(l, "stage."+string(s))})
	}
	if process.Panel != nil {
		panel, err := process.Panel(p.Terms)
		if err != nil {
			return nil, err
		}
		d.Criteria = criteriaOf(l, panel)
	}
	return answered(d), nil
}

func (e *edge) programmeOf(l station.Language, p station.Programme) Programme {
	now := e.Now()
	return Programme{
		Code: p.Code, Kind: string(p.Kind), KindText: locale.T(l, "kind."+string(p.Kind)), Branch: p.Branch,
		Name: p.Name.In(l), About: p.About.In(l), OpensAt: p.OpensAt.UTC(), ClosesAt: p.ClosesAt.UTC(),
		Open: !now.Before(p.OpensAt) && now.Before(p.ClosesAt),
	}
}

func criteriaOf(l station.Language, p station.Panel) []Criterion {
	list := make([]Criterion, len(p.Criteria))
	for i, c := range p.Criteria {
		list[i] = Criterion{Named{Code: c.Code, Name: c.Name.In(l)}, c.Weight}
	}
	return list
}

// formSchema is a process's form as JSON Schema, titled in the reader's
// language, with the channels that there are.
func formSchema(l station.Language, kind station.Kind, channels []station.Channel) *huma.Schema {
	form, known := forms[kind]
	if !known {
		return nil
	}
	schema := *huma.NewMapRegistry("#/", huma.DefaultSchemaNamer).Schema(form, false, "")
	schema.Properties = maps.Clone(schema.Properties)
	schema.Extensions = map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema"}
	for _, f := range reflect.VisibleFields(form) {
		name := jsonName(f)
		property := *schema.Properties[name]
		property.Title, property.Description, property.Examples = locale.T(l, "link.field."+name), "", nil
		if name == "channel" && len(channels) > 0 {
			property.OneOf = choices(l, channels)
		}
		schema.Properties[name] = &property
	}
	return &schema
}

// choices are values with what people call them, as JSON Schema has them.
func choices(l station.Language, channels []station.Channel) []*huma.Schema {
	list := make([]*huma.Schema, len(channels))
	for i, c := range channels {
		list[i] = &huma.Schema{Title: c.Name.In(l), Extensions: map[string]any{"const": c.Code}}
	}
	return list
}

type institution struct {
	Named
	Group string `json:"group" doc:"What kind of institution it is." example:"c9"`
}

func (e *edge) registerLists(api huma.API) {
	huma.Register(api, read("list-institutions", "/v1/institutions", tagProgrammes, "List institutions",
		"The universities, schools and firms that the station knows. A form may name another."),
		func(ctx context.Context, _ *struct{}) (*answer[List[institution]], error) {
			all, err := e.svc.Institutions(ctx)
			if err != nil {
				return nil, err
			}
			l := languageOf(ctx)
			return page(station.Page[station.Institution]{Items: all}, func(i station.Institution) institution {
				return institution{Named{Code: i.Code, Name: i.Name.In(l)}, i.Group}
			}), nil
		})
	huma.Register(api, read("list-channels", "/v1/channels", tagProgrammes, "List channels",
		"The ways by which talents are referred."),
		func(ctx context.Context, _ *struct{}) (*answer[List[Named]], error) {
			all, err := e.svc.Channels(ctx)
			if err != nil {
				return nil, err
			}
			l := languageOf(ctx)
			return page(station.Page[station.Channel]{Items: all}, func(c station.Channel) Named {
				return Named{Code: c.Code, Name: c.Name.In(l)}
			}), nil
		})
}
