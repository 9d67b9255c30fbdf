package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
)

// forms are the forms of the processes, by which their JSON Schema is made.
// A new process adds a line here and one in registerStarts.
var forms = map[station.Kind]reflect.Type{
	station.Referral: reflect.TypeFor[ReferralForm](),
	station.Grant:    reflect.TypeFor[GrantForm](),
	station.Angel:    reflect.TypeFor[AngelForm](),
	station.Round:    reflect.TypeFor[RoundForm](),
	station.Pitch:    reflect.TypeFor[PitchForm](),

	station.SettlementKind: reflect.TypeFor[SettlementForm](),
	station.Ambassador:     reflect.TypeFor[AmbassadorForm](),
}

func (e *edge) registerStarts(api huma.API) {
	start[startReferral](e, api, station.Referral, "/v1/referrals", "Refer a talent",
		"Starts a referral. The talent is asked for consent by mail before anybody else sees what was told of them.")
	start[startGrant](e, api, station.Grant, "/v1/grants", "Apply for a grant",
		"Starts an application for money of a public fund. Whether it meets the programme's conditions is told at once in the case's history.")
	start[startAngel](e, api, station.Angel, "/v1/angels", "Join the angel hub, or invite",
		"Starts an admission to the angel hub: one's own application or, by an officer, an invitation, which the person invited accepts or declines by a mailed link.")
	start[startRound](e, api, station.Round, "/v1/rounds", "Open a pitch round",
		"Opens a round, and the programme of its code by which projects apply. For officers of the branch.")
	start[startPitch](e, api, station.Pitch, "/v1/pitches", "Apply to a pitch round",
		"Applies with a project while the round's call is open. Too late, it is 409, and says when the next call opens if one is planned.")
	start[startSettlement](e, api, station.SettlementKind, "/v1/settlements", "Settle",
		"Starts a settlement: the services that are chosen run side by side, each by its provider, as soon as the services and the papers are there that it needs. "+
			"A case manager sees it through, and is the talent's one contact.")
	start[startAmbassador](e, api, station.Ambassador, "/v1/ambassadors", "Become an ambassador, or nominate one",
		"Starts an appointment as youth talent ambassador: one's own application, or a nomination, which the nominee accepts or declines by a mailed link "+
			"before anybody checks anything.")
}

// starter is a body that starts a case: the programme's code, and the process's
// form beside it.
type starter interface {
	programme() string
	form() any
}

// started is what a new case's opener is told. It holds only what never
// changes, so that a repeated request has the same answer.
type started struct {
	Location string `header:"Location" doc:"Where the case is."`
	Body     struct {
		ID        string `json:"id" doc:"The case's opaque ID." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11"`
		Number    string `json:"number" doc:"The number people use." example:"HZ-REFERRAL-2026-000123"`
		Kind      string `json:"kind" example:"referral"`
		Programme string `json:"programme" example:"referral-2026"`
		Branch    string `json:"branch" example:"HZ"`
	}
}

type startInput[B starter] struct {
	Keyed
	Body B
}

// start registers the route that starts a process's cases.
func start[B starter](e *edge, api huma.API, kind station.Kind, path, summary, description string) {
	op := withBody(read("start-"+string(kind), path, tagCases, summary, description, http.StatusForbidden, http.StatusConflict))
	op.Method, op.DefaultStatus = http.MethodPost, http.StatusCreated
	huma.Register(api, op, func(ctx context.Context, in *startInput[B]) (*started, error) {
		form, err := json.Marshal(in.Body.form())
		if err != nil {
			return nil, fmt.Errorf("write the form: %w", err)
		}
		c, _, err := e.svc.Start(ctx, actorOf(ctx), kind, in.Body.programme(), in.Key, form)
		if err != nil {
			return nil, err
		}
		out := &started{Location: "/v1/cases/" + c.ID}
		out.Body.ID, out.Body.Number, out.Body.Kind = c.ID, c.Number, string(c.Kind)
		out.Body.Programme, out.Body.Branch = c.Programme, c.Branch
		return out, nil
	})
}

// jsonName is the name of a struct's field in JSON.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
