package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// RoundForm is [station.RoundForm] as the document shows it; the rules are the
// station's, and what is said of them here is checked by a test.
type RoundForm struct {
	Code          string      `json:"code" pattern:"^[a-z0-9][a-z0-9-]{2,59}$" doc:"By which projects apply: the round's own programme." example:"pitch-2026-05"`
	Name          RoundText   `json:"name"`
	About         *RoundText  `json:"about,omitempty"`
	Times         RoundTimes  `json:"times"`
	Capacity      int         `json:"capacity,omitempty" minimum:"0" maximum:"10000" doc:"How many pitch. What is left out is as in the programme." example:"10"`
	MinimumTicket int64       `json:"minimumTicket,omitempty" minimum:"0" doc:"The least that one angel commits, in fen." example:"10000000"`
	Minimum       int64       `json:"minimum,omitempty" minimum:"0" doc:"The least that a syndicate commits, in fen." example:"50000000"`
	Match         *RoundMatch `json:"match,omitempty"`
}

// RoundText is [station.Text].
type RoundText struct {
	Zh string `json:"zh-CN" example:"五月路演"`
	En string `json:"en" example:"Pitch round of May"`
}

// RoundTimes is [station.Timetable].
type RoundTimes struct {
	CallOpens          time.Time `json:"callOpens" doc:"From when on projects apply."`
	CallCloses         time.Time `json:"callCloses" doc:"Until when."`
	ScreeningCloses    time.Time `json:"screeningCloses" doc:"When the seats are given."`
	PitchesAt          time.Time `json:"pitchesAt" doc:"When the pitches begin; seats are confirmed until then."`
	ScoresClose        time.Time `json:"scoresClose" doc:"When the deliberation begins."`
	DeliberationCloses time.Time `json:"deliberationCloses"`
}

// RoundMatch is [station.RoundMatch].
type RoundMatch struct {
	Percent  int   `json:"percent" doc:"What the fund adds, in percent of what the angels invest." example:"20"`
	Cap      int64 `json:"cap" doc:"At most, per project, in fen." example:"20000000"`
	RoundCap int64 `json:"roundCap" doc:"At most, in the whole round, in fen." example:"100000000"`
}

// startRound is the body that opens a round.
type startRound struct {
	Programme string `json:"programme" maxLength:"100" doc:"The code of an open programme of rounds." example:"rounds-2026"`
	RoundForm
}

func (s startRound) programme() string { return s.Programme }

func (s startRound) form() any {
	form := station.RoundForm{
		Code: s.Code, Name: station.Text(s.Name), Times: station.Timetable(s.Times), Capacity: s.Capacity, MinimumTicket: s.MinimumTicket, Minimum: s.Minimum,
	}
	if s.About != nil {
		form.About = station.Text(*s.About)
	}
	if s.Match != nil {
		form.Match = new(station.RoundMatch(*s.Match))
	}
	return form
}

// Round is a pitch round.
type Round struct {
	Code       string     `json:"code" example:"pitch-2026-05"`
	Branch     string     `json:"branch" example:"HZ"`
	Name       string     `json:"name" example:"Pitch round of May"`
	Phase      string     `json:"phase" example:"screening"`
	PhaseText  string     `json:"phaseText" example:"Screening"`
	Status     string     `json:"status" example:"open"`
	StatusText string     `json:"statusText" example:"Open"`
	Times      RoundTimes `json:"times"`
}

// RoundDetail is a round with its settings.
type RoundDetail struct {
	Round
	Case          string      `json:"case,omitempty" doc:"The round's own case, for whoever may see its report."`
	Capacity      int         `json:"capacity" doc:"How many pitch." example:"10"`
	MinimumTicket Money       `json:"minimumTicket"`
	Minimum       Money       `json:"minimum" doc:"The least that a syndicate commits."`
	Match         RoundMatch  `json:"match"`
	Criteria      []Criterion `json:"criteria" doc:"By which a pitch is scored."`
	Counts        *RoundCount `json:"counts,omitempty" doc:"For whoever may see the round's report: of the projects that they may see."`
}

// RoundCount is how much there is in a round.
type RoundCount struct {
	Projects  int   `json:"projects" doc:"That applied." example:"42"`
	Open      int   `json:"open" doc:"That are still in it." example:"10"`
	Confirmed int   `json:"confirmed" doc:"That confirmed their seat." example:"10"`
	Matched   Money `json:"matched" doc:"What the fund has reserved or paid."`
}

// OnRound is a request about one round.
type OnRound struct {
	Code string `path:"code" doc:"The round's code." example:"pitch-2026-05"`
}

type timetableInput struct {
	OnRound
	Keyed
	Body struct {
		Times RoundTimes `json:"times" doc:"The whole timetable. What is over cannot be changed, and what is not lies ahead."`
	}
}

type cancellationInput struct {
	OnRound
	Keyed
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"5000" doc:"Why; every team is told."`
	}
}

func (e *edge) registerRounds(api huma.API) {
	huma.Register(api, read("list-rounds", "/v1/rounds", tagHub, "List pitch rounds", "The rounds, the newest first."), e.listRounds)
	huma.Register(api, read("get-round", "/v1/rounds/{code}", tagHub, "Look at a pitch round",
		"A round with its timetable and settings.", http.StatusNotFound), e.getRound)
	huma.Register(api, withBody(act("reschedule-round", "/v1/rounds/{code}/timetable", tagHub, "Move a round's timetable",
		"Moves when the phases of a round end; everyone in it is told. For officers and directors of the round's branch.")),
		func(ctx context.Context, in *timetableInput) (*receipted, error) {
			a, err := e.svc.Reschedule(ctx, actorOf(ctx), in.Code, in.Key, station.Timetable(in.Body.Times))
			return settled(ctx, a, err)
		})
	huma.Register(api, withBody(act("cancel-round", "/v1/rounds/{code}/cancellation", tagHub, "Call a round off",
		"The round is not held; every project in it ends, and everyone is told. For officers and directors of the round's branch.")),
		func(ctx context.Context, in *cancellationInput) (*receipted, error) {
			a, err := e.svc.CancelRound(ctx, actorOf(ctx), in.Code, in.Key, in.Body.Reason)
			return settled(ctx, a, err)
		})
	e.registerReport(api)
	e.registerBoard(api)
}

func (e *edge) listRounds(ctx context.Context, in *struct{ Paging }) (*answer[List[Round]], error) {
	p, err := e.svc.Rounds(ctx, actorOf(ctx), in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(p, func(r station.RoundView) Round { return roundOf(l, r) }), nil
}

func (e *edge) getRound(ctx context.Context, in *OnRound) (*answer[RoundDetail], error) {
	r, counted, err := e.svc.Round(ctx, actorOf(ctx), in.Code)
	if err != nil {
		return nil, err
	}
	return answered(roundDetailOf(languageOf(ctx), r, counted)), nil
}

func roundOf(l station.Language, r station.RoundView) Round {
	t := r.Times
	for _, at := range []*time.Time{&t.CallOpens, &t.CallCloses, &t.ScreeningCloses, &t.PitchesAt, &t.ScoresClose, &t.DeliberationCloses} {
		*at = at.UTC()
	}
	return Round{
		Code: r.Code, Branch: r.Branch, Name: r.Name.In(l), Times: RoundTimes(t),
		Phase: string(r.Phase), PhaseText: locale.T(l, "stage."+string(r.Phase)),
		Status: string(r.Status), StatusText: locale.T(l, "status."+string(r.Status)),
	}
}

func roundDetailOf(l station.Language, r station.RoundView, counted bool) RoundDetail {
	d := RoundDetail{
		Round: roundOf(l, r), Capacity: r.Terms.Capacity, MinimumTicket: cny(r.Terms.MinimumTicket), Minimum: cny(r.Terms.Minimum),
		Match: RoundMatch(r.Terms.Match), Criteria: criteriaOf(l, r.Terms.Rubric),
	}
	if counted {
		d.Case = r.Case
		d.Counts = &RoundCount{Projects: r.Projects, Open: r.Open, Confirmed: r.Confirmed, Matched: cny(r.Matched)}
	}
	return d
}
