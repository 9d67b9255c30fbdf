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
	ID         string            `json:"id"`
	Case       string            `json:"case"`
	Task       string            `json:"task,omitempty"`
	Kind       station.ActKind   `json:"kind"`
	Status     station.ActStatus `json:"status" doc:"pending, recorded or refused"`
	Reason     station.Reason    `json:"reason,omitempty"`
	ReasonText string            `json:"reasonText,omitempty"`
	At         time.Time         `json:"at"`
	SettledAt  *time.Time        `json:"settledAt,omitempty"`
}

func receiptOf(l station.Language, a station.Act) Receipt {
	r := Receipt{ID: a.ID, Case: a.Case, Task: a.Task, Kind: a.Kind, Status: a.Status, Reason: a.Reason, At: a.At, SettledAt: a.SettledAt}
	if a.Reason != "" {
		r.ReasonText = locale.T(l, "reason."+string(a.Reason))
	}
	return r
}

// acted is the answer to an act: 200 recorded, 202 on its way.
type acted struct {
	Status   int
	Location string `header:"Location"`
	Body     Receipt
}

func answer(ctx context.Context, a station.Act, err error) (*acted, error) {
	switch {
	case err != nil:
		return nil, err
	case a.Status == station.ActRefused:
		return nil, &refusal{a}
	case a.Status == station.Pending:
		return &acted{Status: http.StatusAccepted, Location: "/v1/acts/" + a.ID, Body: receiptOf(languageOf(ctx), a)}, nil
	default:
		return &acted{Status: http.StatusOK, Body: receiptOf(languageOf(ctx), a)}, nil
	}
}

// Keyed is the header that makes a repeated request the same one.
type Keyed struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"Makes a repeated request the same one."`
}

type decision struct {
	Keyed
	ID   string `path:"id"`
	Body struct {
		Verdict  station.Verdict `json:"verdict" doc:"What the task allows: accept, ask, decline, score, …"`
		Scores   []station.Point `json:"scores,omitempty"`
		Reason   string          `json:"reason,omitempty"`
		Question string          `json:"question,omitempty"`
		To       station.Party   `json:"to,omitempty"`
		Target   string          `json:"target,omitempty"`
		Account  string          `json:"account,omitempty"`
	}
}

type reply struct {
	Keyed
	ID   string `path:"id"`
	Body struct {
		Answer string `json:"answer"`
	}
}

type assignment struct {
	Keyed
	ID   string `path:"id"`
	Body struct {
		Verdict station.Verdict `json:"verdict" enum:"take,release,hand_over"`
		Account string          `json:"account,omitempty"`
	}
}

type withdrawal struct {
	Keyed
	ID string `path:"id"`
}

type appeal struct {
	Keyed
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason"`
	}
}

func (e *edge) registerActs(r huma.API) {
	post := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, Security: byToken, DefaultStatus: http.StatusOK, Tags: []string{"Acts"}}
	}
	huma.Register(r, post("decide", "/v1/tasks/{id}/decision", "Give a verdict on a task"), func(ctx context.Context, in *decision) (*acted, error) {
		b := in.Body
		a, err := e.svc.Decide(ctx, actorOf(ctx), in.ID, in.Key, station.Body{
			Verdict: b.Verdict, Scores: b.Scores, Reason: b.Reason, Question: b.Question, To: b.To, Target: b.Target, Account: b.Account,
		})
		return answer(ctx, a, err)
	})
	huma.Register(r, post("answer", "/v1/tasks/{id}/answer", "Answer an inquiry"), func(ctx context.Context, in *reply) (*acted, error) {
		a, err := e.svc.Answer(ctx, actorOf(ctx), in.ID, in.Key, in.Body.Answer)
		return answer(ctx, a, err)
	})
	huma.Register(r, post("assign", "/v1/tasks/{id}/assignment", "Take, release or hand over a task"), func(ctx context.Context, in *assignment) (*acted, error) {
		a, err := e.svc.Assign(ctx, actorOf(ctx), in.ID, in.Key, in.Body.Verdict, in.Body.Account)
		return answer(ctx, a, err)
	})
	huma.Register(r, post("withdraw", "/v1/cases/{id}/withdrawal", "Withdraw a case"), func(ctx context.Context, in *withdrawal) (*acted, error) {
		a, err := e.svc.Withdraw(ctx, actorOf(ctx), in.ID, in.Key)
		return answer(ctx, a, err)
	})
	huma.Register(r, post("appeal", "/v1/cases/{id}/appeal", "Appeal against a decline"), func(ctx context.Context, in *appeal) (*acted, error) {
		a, err := e.svc.Appeal(ctx, actorOf(ctx), in.ID, in.Key, in.Body.Reason)
		return answer(ctx, a, err)
	})
	type byID struct {
		ID string `path:"id"`
	}
	receipt := huma.Operation{OperationID: "receipt", Method: http.MethodGet, Path: "/v1/acts/{id}", Summary: "What became of an act", Security: byToken, Tags: []string{"Acts"}}
	huma.Register(r, receipt, func(ctx context.Context, in *byID) (*acted, error) {
		a, err := e.svc.Act(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return &acted{Status: http.StatusOK, Body: receiptOf(languageOf(ctx), a)}, nil
	})
}
