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
	Criteria []Criterion `json:"criteria" doc:"The rubric that reviewers score by; of a pitch round, on the pitch day."`
	// of a pitch round
	Screening []Criterion `json:"screening,omitempty" doc:"The rubric of the screening before; absent if there is none."`
	Starters  []Named     `json:"starters,omitempty" doc:"The roles of which one is needed to start a case; absent if anybody can."`
	// of a programme that awards money
	Rules []EligibilityRule `json:"rules,omitempty" doc:"The conditions of eligibility; absent if there are none."`
	Tiers []Money           `json:"tiers,omitempty" doc:"The amounts of which one is awarded, rising; absent if no money is."`
	Form  any               `json:"form" doc:"The form as JSON Schema, with titles in the reader's language. Post such an object, with the programme's code as programme."`
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

// EligibilityRule is a condition of eligibility in words.
type EligibilityRule struct {
	Code     string `json:"code" example:"founders_share"`
	Says     string `json:"says" doc:"The condition." example:"The founding team holds at least 30% of the company's capital"`
	Source   string `json:"source" doc:"Where it comes from." example:"Conditions of the student start-up grant: the founding team"`
	Advisory bool   `json:"advisory" doc:"Whether it only warns, and stops nobody."`
}

type programmeInput struct {
	Code string `path:"code" doc:"The programme's code." example:"referral-2026"`
}

func (e *edge) registerProgrammes(api huma.API) {
	huma.Register(api, read("list-programmes", "/v1/programmes", tagProgrammes, "List open programmes",
		"The programmes that take cases now."), e.listProgrammes)
	huma.Register(api, read("get-programme", "/v1/programmes/{code}", tagProgrammes, "Look at a programme",
		"A programme, open or not, with its form, stages, criteria, conditions and tiers.", http.StatusNotFound), e.getProgramme)
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
		panel, err := process.Panel(p.Terms, "")
		if err != nil {
			return nil, err
		}
		d.Criteria, d.Tiers = criteriaOf(l, panel), tiersOf(panel)
	}
	if p.Kind == station.Pitch {
		panel, err := process.Panel(p.Terms, station.StageScreening)
		if err != nil {
			return nil, err
		}
		d.Screening = criteriaOf(l, panel)
	}
	for _, r := range process.Starters {
		d.Starters = append(d.Starters, Named{Code: string(r), Name: locale.T(l, "role."+string(r))})
	}
	if process.Rules != nil {
		rules, err := process.Rules(p.Terms)
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			d.Rules = append(d.Rules, ruleOf(l, r))
		}
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

func ruleOf(l station.Language, r station.Rule) EligibilityRule {
	return EligibilityRule{Code: r.Code, Says: r.Says.In(l), Source: r.Source.In(l), Advisory: r.Advisory}
}

// tiersOf are the amounts of which a panel recommends one.
func tiersOf(p station.Panel) (list []Money) {
	for _, fen := range p.Tiers {
		list = append(list, Money{Fen: fen, Currency: station.CNY})
	}
	return list
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
	registry := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	schema := titled(l, registry, registry.Schema(form, false, ""), form, "")
	schema.Extensions = map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema"}
	if channel := schema.Properties["channel"]; channel != nil && len(channels) > 0 {
		channel.OneOf = choices(l, channels)
	}
	return schema
}

// languages are the fields of a text in both languages, and what people call
// them.
var languages = map[string]string{string(station.Chinese): "link.language.zh", string(station.English): "link.language.en"}

// titled is an object's schema with what people call its fields, those of
// objects within it too. At is the path to it: "", or "company.".
func titled(l station.Language, registry huma.Registry, object *huma.Schema, form reflect.Type, at string) *huma.Schema {
	schema := *object
	schema.Properties = maps.Clone(schema.Properties)
	for _, f := range reflect.VisibleFields(form) {
		path := at + jsonName(f)
		property := *schema.Properties[jsonName(f)]
		switch {
		case property.Ref != "":
			property = *titled(l, registry, registry.SchemaFromRef(property.Ref), structOf(f.Type), path+".")
		case property.Items != nil && property.Items.Ref != "":
			property.Items = titled(l, registry, registry.SchemaFromRef(property.Items.Ref), structOf(f.Type), path+".")
		}
		property.Title, property.Description, property.Examples = locale.T(l, "link.field."+path), "", nil
		if name, ok := languages[jsonName(f)]; ok {
			property.Title = locale.T(l, name)
		}
		schema.Properties[jsonName(f)] = &property
	}
	return &schema
}

// structOf is the struct that a field holds, points to, or has a list of.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// choices are values with what people call them, as JSON Schema has them.
func choices(l station.Language, channels []station.Channel) []*huma.Schema {
	list := make([]*huma.Schema, len(channels))
	for i, c := range channels {
		list[i] = &huma.Schema{Title: c.Name.In(l), Extensions: map[string]any{"const": c.Code}}
	}
	return list
}

// Institution is a university, school or firm that the station knows.
type Institution struct {
	Named
	Group   string `json:"group" doc:"What kind of institution it is." example:"c9"`
	City    string `json:"city" example:"Hangzhou"`
	Country string `json:"country" doc:"ISO 3166-1 alpha-2." example:"CN"`
}

func institutionOf(l station.Language, i station.Institution) Institution {
	return Institution{Named: Named{Code: i.Code, Name: i.Name.In(l)}, Group: i.Group, City: i.Place.In(l), Country: i.Land}
}

func (e *edge) registerLists(api huma.API) {
	huma.Register(api, read("list-institutions", "/v1/institutions", tagProgrammes, "List institutions",
		"The universities, schools and firms that the station knows. A form may name another, but for one to be an ambassador."),
		func(ctx context.Context, _ *struct{}) (*answer[List[Institution]], error) {
			all, err := e.svc.Institutions(ctx)
			if err != nil {
				return nil, err
			}
			l := languageOf(ctx)
			return page(station.Page[station.Institution]{Items: all}, func(i station.Institution) Institution { return institutionOf(l, i) }), nil
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
