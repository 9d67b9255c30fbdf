package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Receipt says what became of an act.
type Receipt struct {
	ID         string     `json:"id" example:"01982f61-0b7a-7d0e-8e55-0d9f5b8c2e47"`
	Case       string     `json:"case" doc:"The case it was done to."`
	Task       string     `json:"task,omitempty" doc:"The task it was done on, if it was on one."`
	Kind       string     `json:"kind" enum:"decide,answer,confirm,assign,withdraw,appeal,object,declare,move" example:"decide"`
	KindText   string     `json:"kindText" example:"Decision"`
	Status     string     `json:"status" enum:"pending,recorded,refused" example:"recorded"`
	StatusText string     `json:"statusText" example:"Recorded"`
	Reason     string     `json:"reason,omitempty" doc:"Why it was refused." example:"task_closed"`
	ReasonText string     `json:"reasonText,omitempty"`
	At         time.Time  `json:"at" doc:"When it was done."`
	SettledAt  *time.Time `json:"settledAt,omitempty" doc:"When it was recorded or refused."`
}

func receiptOf(l station.Language, a station.Act) Receipt {
	r := Receipt{
		ID: a.ID, Case: a.Case, Task: a.Task, At: a.At.UTC(), SettledAt: utc(a.SettledAt),
		Kind: string(a.Kind), KindText: locale.T(l, "act."+string(a.Kind)),
		Status: string(a.Status), StatusText: locale.T(l, "actstatus."+string(a.Status)),
	}
	if a.Reason != "" {
		r.Reason, r.ReasonText = string(a.Reason), locale.T(l, "reason."+string(a.Reason))
	}
	return r
}

// receipted is the answer to an act.
type receipted struct {
	Status   int
	Location string `header:"Location" hidden:"true"`
	Body     Receipt
}

// settled answers an act: 200 recorded, 202 not yet, or the refusal as a
// problem.
func settled(ctx context.Context, a station.Act, err error) (*receipted, error) {
	switch {
	case err != nil:
		return nil, err
	case a.Status == station.ActRefused:
		return nil, &refusal{act: a}
	case a.Status == station.Pending:
		return &receipted{Status: http.StatusAccepted, Location: "/v1/acts/" + a.ID, Body: receiptOf(languageOf(ctx), a)}, nil
	default:
		return &receipted{Status: http.StatusOK, Body: receiptOf(languageOf(ctx), a)}, nil
	}
}

type actInput struct {
	ID string `path:"id" doc:"The act's ID, from its receipt."`
}

type withdrawalInput struct {
	OnCase
	Keyed
}

type appealInput struct {
	OnCase
	Keyed
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"5000" doc:"Why the decision should be looked at again."`
	}
}

func (e *edge) registerActs(api huma.API) {
	huma.Register(api, read("get-act", "/v1/acts/{id}", tagTasks, "Look at a receipt",
		"What became of an act; for whoever did it. A refused act is 200 here: asking for it was no mistake.", http.StatusNotFound),
		func(ctx context.Context, in *actInput) (*answer[Receipt], error) {
			a, err := e.svc.Act(ctx, actorOf(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			return answered(receiptOf(languageOf(ctx), a)), nil
		})
	huma.Register(api, act("withdraw-case", "/v1/cases/{id}/withdrawal", tagCases, "Withdraw a case",
		"Ends a case at its applicant's wish; what was arranged for it is undone."),
		func(ctx context.Context, in *withdrawalInput) (*receipted, error) {
			a, err := e.svc.Withdraw(ctx, actorOf(ctx), in.ID, in.Key)
			return settled(ctx, a, err)
		})
	e.registerObjections(api)
	huma.Register(api, withBody(act("appeal-case", "/v1/cases/{id}/appeal", tagCases, "Appeal",
		"Asks, once, for a decline to be looked at again by people who did not decide before.")),
		func(ctx context.Context, in *appealInput) (*receipted, error) {
			a, err := e.svc.Appeal(ctx, actorOf(ctx), in.ID, in.Key, in.Body.Reason)
			return settled(ctx, a, err)
		})
}
