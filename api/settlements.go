package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// SettlementForm is [station.SettlementForm] as the document shows it; the rules are
// the station's, and what is said of them here is checked by a test.
type SettlementForm struct {
	District string       `json:"district,omitempty" maxLength:"60" doc:"The branch where one settles: the programme's, or one of its districts; the programme's when left out." example:"HZ-XH"`
	Services []string     `json:"services" minItems:"1" maxItems:"50" doc:"Which services: codes of /v1/services, each once. What a service needs must be chosen, too, or be done already." example:"[\"residence\",\"school\"]"` // not uniqueItems: huma panics on items that cannot be compared
	Has      []string     `json:"has,omitempty" maxItems:"50" doc:"Services that were done already, elsewhere: those that need one of them can begin at once." example:"[\"company\"]"`
	Phone    string       `json:"phone,omitempty" format:"phone" maxLength:"40" doc:"For the case manager and the providers: 5 to 20 digits, with spaces, plus, hyphens and brackets if need be, and an extension." example:"+86 571 5550 0100"`
	Note     string       `json:"note,omitempty" maxLength:"5000" doc:"For the case manager." example:"We arrive on 1 September; the school begins that week."`
	Papers   []PaperGiven `json:"papers,omitempty" doc:"Papers that the services need, at most one of a kind; /v1/services/papers says which ones are lacking. They can be given later."`
}

// PaperGiven is [station.Paper].
type PaperGiven struct {
	Kind     string      `json:"kind" maxLength:"60" doc:"Which paper it is: a code of /v1/services/papers." example:"identity"`
	Document string      `json:"document" format:"uuid" doc:"The ID of a document that one has uploaded." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11"`
	Until    station.Day `json:"until,omitempty" format:"date" doc:"The last day on which it is good; for papers that expire, and only for them." example:"2031-08-31"`
}

func papersOf(list []PaperGiven) (papers []station.Paper) {
	for _, p := range list {
		papers = append(papers, station.Paper(p))
	}
	return papers
}

// startSettlement is the body that starts a settlement.
type startSettlement struct {
	Programme string `json:"programme" maxLength:"100" doc:"The code of an open programme of settlements." example:"settlement-2026"`
	SettlementForm
}

func (s startSettlement) programme() string { return s.Programme }

func (s startSettlement) form() any {
	return station.SettlementForm{
		District: s.District, Services: s.Services, Has: s.Has, Phone: s.Phone, Note: s.Note, Papers: papersOf(s.Papers),
	}
}

// Settlement is a settlement with its services.
type Settlement struct {
	Case
	Manager  *Manager            `json:"manager,omitempty" doc:"The case manager: the talent's one contact. Absent until there is one."`
	Services []SettlementService `json:"services" doc:"In the order in which they were chosen. One that was dropped and added again is there once for each time."`
	Lacking  []PaperKind         `json:"lacking,omitempty" doc:"Papers that services need and that were not given, or that expire too soon."`
	Papers   []Paper             `json:"papers,omitempty" doc:"Papers that the services need and that were given."`
}

// Manager is how to reach a case manager.
type Manager struct {
	Account string `json:"account"`
	Name    string `json:"name" example:"陈明"`
	Email   string `json:"email" example:"chen.ming@example.com"`
}

// SettlementService is a service of a settlement.
type SettlementService struct {
	Named
	Case       string     `json:"case,omitempty" doc:"The service's own case; absent until it begins."`
	State      string     `json:"state" example:"accepted"`
	StateText  string     `json:"stateText" example:"A provider works on it"`
	Reason     string     `json:"reason,omitempty" doc:"Why it stands so." example:"need_gone"`
	ReasonText string     `json:"reasonText,omitempty"`
	Provider   *Named     `json:"provider,omitempty" doc:"Who was asked last."`
	Needs      []string   `json:"needs" doc:"Codes of the services that come before it."`
	Asks       bool       `json:"asks,omitempty" doc:"Whether its provider has asked the talent something: its clock stands still until they answer."`
	Due        *time.Time `json:"due,omitempty" doc:"When its next step is due."`
	Stars      int        `json:"stars,omitempty" doc:"How the talent rated it, 1 to 5." example:"5"`
}

// TimelineEvent is a line of a settlement's timeline.
type TimelineEvent struct {
	At        time.Time `json:"at"`
	Kind      string    `json:"kind" doc:"What happened." example:"provider_accepted"`
	KindText  string    `json:"kindText" example:"The provider accepted"`
	Case      string    `json:"case" doc:"The settlement, or the service whose event it is."`
	Seq       int       `json:"seq" doc:"Its place in that case's history." example:"3"`
	Service   *Named    `json:"service,omitempty" doc:"The service; absent: it is about the settlement itself."`
	Stage     string    `json:"stage" example:"delivery"`
	StageText string    `json:"stageText" example:"A provider works on it"`
	Actor     string    `json:"actor,omitempty" doc:"Who did it: the talent's account, provider, staff, or absent: the station itself. To the house, the account."`
	Provider  *Named    `json:"provider,omitempty" doc:"Which provider it is about."`
	// What was chosen, begun, dropped; asked for.
	Services   []Named         `json:"services,omitempty" doc:"Which services it is about, where there are several; of one that waits, which ones it lacks."`
	Papers     []PaperKind     `json:"papers,omitempty" doc:"Which papers it is about; of a service that waits, which ones it lacks."`
	Stars      int             `json:"stars,omitempty" doc:"Of a rating." example:"5"`
	Reason     string          `json:"reason,omitempty" doc:"Why a service waits, or it or the settlement ended so." example:"need_gone"`
	ReasonText string          `json:"reasonText,omitempty"`
	Details    station.Details `json:"details,omitempty" doc:"Codes and numbers that go with it, as far as they are the reader's to see."`
}

// OnSettlement is a request about one settlement.
type OnSettlement struct {
	ID string `path:"id" doc:"The settlement's case." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11"`
}

type timelineInput struct {
	OnSettlement
	Paging
}

func (e *edge) registerSettlements(api huma.API) {
	huma.Register(api, read("get-settlement", "/v1/settlements/{id}", tagSettlement, "Look at a settlement",
		"How a settlement and each of its services stand, who is the case manager, and which papers are lacking. For the talent and the house. "+
			"On the task of kind settling the talent adds and drops services, or moves to another branch.",
		http.StatusNotFound), e.getSettlement)
	huma.Register(api, read("get-timeline", "/v1/settlements/{id}/timeline", tagSettlement, "Follow a settlement",
		"What happened to a settlement and to its services, in one list, the oldest first, in the reader's language. The house sees all of it; "+
			"the talent what concerns them.", http.StatusNotFound), e.getTimeline)
}

func (e *edge) getSettlement(ctx context.Context, in *OnSettlement) (*answer[Settlement], error) {
	v, err := e.svc.Settlement(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	out := Settlement{Case: caseOf(l, v.Case), Services: make([]SettlementService, len(v.Services))}
	if v.Manager != nil {
		out.Manager = new(Manager(*v.Manager))
	}
	for i, s := range v.Services {
		out.Services[i] = serviceOf(l, s)
	}
	for _, k := range v.Lacking {
		out.Lacking = append(out.Lacking, paperKindOf(l, k))
	}
	for _, p := range v.Papers {
		out.Papers = append(out.Papers, paperOf(l, p))
	}
	return answered(out), nil
}

func serviceOf(l station.Language, s station.ServiceView) SettlementService {
	out := SettlementService{
		Named: offerNamed(l, s.Offer), Case: s.Case, State: string(s.State), StateText: locale.T(l, "service."+string(s.State)),
		Needs: append([]string{}, s.Offer.Needs...), Due: utc(s.Due), Stars: s.Stars, Asks: s.Asks,
	}
	if s.Asks {
		out.StateText = locale.T(l, "service.asks")
	}
	if s.Reason != "" {
		out.Reason, out.ReasonText = string(s.Reason), locale.T(l, "reason."+string(s.Reason))
	}
	if s.Provider.Code != "" {
		out.Provider = new(providerNamed(l, s.Provider))
	}
	return out
}

func (e *edge) getTimeline(ctx context.Context, in *timelineInput) (*answer[List[TimelineEvent]], error) {
	p, err := e.svc.Timeline(ctx, actorOf(ctx), in.ID, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	c, err := e.svc.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	names := catalogueNames{c, languageOf(ctx)}
	return page(p, names.event), nil
}

// catalogueNames are what people call what codes of the catalogue stand for.
type catalogueNames struct {
	station.Catalogue
	language station.Language
}

func (n catalogueNames) service(code string) Named {
	o, known := n.Offer(code)
	if !known {
		return Named{Code: code, Name: code}
	}
	return offerNamed(n.language, o)
}

func (n catalogueNames) provider(code string) Named {
	if i := slices.IndexFunc(n.Providers, func(p station.Provider) bool { return p.Code == code }); i >= 0 {
		return providerNamed(n.language, n.Providers[i])
	}
	return Named{Code: code, Name: code}
}

func (n catalogueNames) paper(code string) PaperKind {
	if i := slices.IndexFunc(n.Papers, func(k station.PaperKind) bool { return k.Code == code }); i >= 0 {
		return paperKindOf(n.language, n.Papers[i])
	}
	return PaperKind{Named: Named{Code: code, Name: code}}
}

// event is a line of a timeline in words.
func (n catalogueNames) event(e station.TimelineEvent) TimelineEvent {
	l := n.language
	out := TimelineEvent{
		At: e.At.UTC(), Kind: string(e.Kind), KindText: locale.T(l, "event."+string(e.Kind)), Case: e.Case, Seq: e.Seq,
		Stage: string(e.Stage), StageText: locale.T(l, "stage."+string(e.Stage)), Actor: e.Actor, Details: e.Details,
	}
	if e.Offer != "" {
		out.Service = new(n.service(e.Offer))
	} else if code := e.Details.Word("service"); code != "" {
		out.Service = new(n.service(code))
	}
	if code := e.Details.Word("provider"); code != "" {
		out.Provider = new(n.provider(code))
	}
	for _, code := range e.Details.List("services") {
		out.Services = append(out.Services, n.service(code))
	}
	for _, code := range e.Details.List("papers") {
		out.Papers = append(out.Papers, n.paper(code))
	}
	if stars, ok := e.Details.Int("stars"); ok {
		out.Stars = int(stars)
	}
	for _, name := range []string{"reason", "why"} {
		if why := e.Details.Word(name); why != "" && locale.Has("reason."+why) {
			out.Reason, out.ReasonText = why, locale.T(l, "reason."+why)
		}
	}
	for _, code := range e.Details.List("lacks") {
		if out.Reason == string(station.ReasonPapersLate) {
			out.Papers = append(out.Papers, n.paper(code))
		} else {
			out.Services = append(out.Services, n.service(code))
		}
	}
	return out
}
