package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// BothLanguages is [station.Text].
type BothLanguages struct {
	Zh string `json:"zh-CN" example:"落户登记"`
	En string `json:"en" example:"Residence registration"`
}

// Service is a service that a settlement can bring, as the public sees it.
type Service struct {
	Code      string         `json:"code" example:"residence"`
	Name      BothLanguages  `json:"name"`
	About     BothLanguages  `json:"about"`
	Papers    []ServicePaper `json:"papers" doc:"Papers that it needs."`
	Needs     []string       `json:"needs" doc:"Codes of the services that come before it." example:"[\"company\"]"`
	Days      int            `json:"days" doc:"How long a provider may take, once it has accepted." example:"10"`
	Calendar  bool           `json:"calendar" doc:"Whether these are calendar days; working days if not."`
	Undoable  bool           `json:"undoable" doc:"Whether there is something to undo if it is dropped after that."`
	Providers []ProviderName `json:"providers" doc:"Who performs it in this branch; the first is asked first."`
}

// ServicePaper is a kind of paper in both languages.
type ServicePaper struct {
	Code    string        `json:"code" example:"identity"`
	Name    BothLanguages `json:"name"`
	Expires bool          `json:"expires" doc:"Whether one of this kind is good until a date, which is asked for."`
}

// ProviderName is a provider in both languages.
type ProviderName struct {
	Code   string        `json:"code" example:"hz-police"`
	Name   BothLanguages `json:"name"`
	Branch string        `json:"branch" doc:"Whose provider it is; a city's serves its districts, too." example:"HZ"`
}

func providerNameOf(p station.Provider) ProviderName {
	return ProviderName{Code: p.Code, Name: BothLanguages(p.Name), Branch: p.Branch}
}

// PaperKind is a kind of paper in the reader's language.
type PaperKind struct {
	Named
	Expires bool `json:"expires" doc:"Whether one of this kind is good until a date, which is asked for."`
}

// NeededPaper is a paper to be given.
type NeededPaper struct {
	PaperKind
	For []Named `json:"for" doc:"The services that need it."`
}

// Paper is a paper that a talent has given.
type Paper struct {
	PaperKind
	Document string      `json:"document" doc:"Its document's ID." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11"`
	Until    station.Day `json:"until,omitempty" format:"date" doc:"The last day on which it is good." example:"2031-08-31"`
}

func offerNamed(l station.Language, o station.Offer) Named {
	if o.Name.In(l) == "" { // not in the catalogue any more
		return Named{Code: o.Code, Name: o.Code}
	}
	return Named{Code: o.Code, Name: o.Name.In(l)}
}

func providerNamed(l station.Language, p station.Provider) Named {
	if p.Name.In(l) == "" {
		return Named{Code: p.Code, Name: p.Code}
	}
	return Named{Code: p.Code, Name: p.Name.In(l)}
}

func paperKindOf(l station.Language, k station.PaperKind) PaperKind {
	name := k.Name.In(l)
	if name == "" {
		name = k.Code
	}
	return PaperKind{Named: Named{Code: k.Code, Name: name}, Expires: k.Expires}
}

func paperOf(l station.Language, p station.GivenPaper) Paper {
	return Paper{PaperKind: paperKindOf(l, p.Kind), Document: p.Document, Until: p.Until}
}

type serviceListInput struct {
	Branch string `query:"branch" pattern:"^[A-Za-z0-9._-]{1,60}$" doc:"What can be chosen in one branch; of any branch when left out." example:"HZ-XH"`
}

type neededInput struct {
	Services  []string `query:"services" required:"true" minItems:"1" maxItems:"50" doc:"Codes of services, with commas between them." example:"[\"residence\",\"school\"]"`
	Programme string   `query:"programme" maxLength:"100" doc:"The programme of settlements that says for how long papers must still be good." example:"settlement-2026"`
}

func (e *edge) registerServices(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-services", Method: http.MethodGet, Path: "/v1/services", Tags: []string{tagPublic}, Summary: "The catalogue of services",
		Description: "For everybody: the services that a settlement can bring, in both languages, with the papers and the services that each needs, " +
			"how long it takes, and who performs it.",
		Errors: withCommon([]int{http.StatusUnprocessableEntity}), RejectUnknownQueryParameters: true,
	}, e.listServices)
	huma.Register(api, read("list-needed-papers", "/v1/services/papers", tagSettlement, "Papers that services need",
		"The one list of papers that all of these services together need, without those that the reader has given and that are good for long enough.",
		http.StatusUnprocessableEntity), e.listNeededPapers)
	huma.Register(api, read("list-papers", "/v1/papers", tagSettlement, "My papers",
		"The papers that the reader has given, the newest of each kind. They serve every settlement of theirs."), e.listPapers)
}

func (e *edge) listServices(ctx context.Context, in *serviceListInput) (*answer[List[Service]], error) {
	all, err := e.svc.Services(ctx, in.Branch)
	if err != nil {
		return nil, err
	}
	return page(station.Page[station.OfferView]{Items: all}, offerOf), nil
}

func offerOf(v station.OfferView) Service {
	o := v.Offer
	out := Service{
		Code: o.Code, Name: BothLanguages(o.Name), About: BothLanguages(o.About), Needs: append([]string{}, o.Needs...),
		Days: o.Wait.Days, Calendar: o.Wait.Calendar, Undoable: o.Undo != nil, Papers: []ServicePaper{}, Providers: []ProviderName{},
	}
	for _, k := range v.Papers {
		out.Papers = append(out.Papers, ServicePaper{Code: k.Code, Name: BothLanguages(k.Name), Expires: k.Expires})
	}
	for _, p := range v.Providers {
		out.Providers = append(out.Providers, providerNameOf(p))
	}
	return out
}

func (e *edge) listNeededPapers(ctx context.Context, in *neededInput) (*answer[List[NeededPaper]], error) {
	all, err := e.svc.PapersNeeded(ctx, actorOf(ctx), in.Services, in.Programme)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(station.Page[station.NeededPaper]{Items: all}, func(n station.NeededPaper) NeededPaper {
		out := NeededPaper{PaperKind: paperKindOf(l, n.Kind), For: []Named{}}
		for _, o := range n.For {
			out.For = append(out.For, offerNamed(l, o))
		}
		return out
	}), nil
}

func (e *edge) listPapers(ctx context.Context, _ *struct{}) (*answer[List[Paper]], error) {
	all, err := e.svc.Papers(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(station.Page[station.GivenPaper]{Items: all}, func(p station.GivenPaper) Paper { return paperOf(l, p) }), nil
}
