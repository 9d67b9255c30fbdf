package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wutong/station"
	"wutong/station/locale"
)

// Case is a case as its reader sees it.
type Case struct {
	ID         string     `json:"id" doc:"The case's opaque ID." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11"`
	Number     string     `json:"number" doc:"The number people use." example:"HZ-REFERRAL-2026-000123"`
	Kind       string     `json:"kind" doc:"Which process it is." example:"referral"`
	KindText   string     `json:"kindText" doc:"The same in words." example:"Talent referral"`
	Programme  string     `json:"programme" doc:"The programme's code." example:"referral-2026"`
	Branch     string     `json:"branch" doc:"Whose case it is." example:"HZ-XH"`
	Stage      string     `json:"stage" doc:"Where in the procedure it stands." example:"review"`
	StageText  string     `json:"stageText" example:"Review"`
	Status     string     `json:"status" doc:"open, or its outcome." example:"open"`
	StatusText string     `json:"statusText" example:"Open"`
	Reason     string     `json:"reason,omitempty" doc:"Why it ended so." example:"below_pass_mark"`
	ReasonText string     `json:"reasonText,omitempty"`
	Due        *time.Time `json:"due,omitempty" doc:"When the earliest open task is due."`
	OpenedAt   time.Time  `json:"openedAt"`
	UpdatedAt  time.Time  `json:"updatedAt"`
	EndedAt    *time.Time `json:"endedAt,omitempty" doc:"Since when nothing can happen to it any more."`
}

// CaseDetail is a case with what its reader may see of it.
type CaseDetail struct {
	Case
	Form      json.RawMessage `json:"form,omitempty" doc:"What was handed in; absent when it is not the reader's to see, or was erased."`
	Why       string          `json:"why,omitempty" doc:"Why an officer declined it, or a director revoked the office, in their words."`
	Documents []Document      `json:"documents,omitempty" doc:"What was handed in, for whoever sees the form."`
	Reviews   []Review        `json:"reviews" doc:"Verdicts given; none of others' while a review runs."`
	// of a process that has rules, once they were asked
	Eligibility []RuleAnswer `json:"eligibility,omitempty" doc:"What each rule of eligibility said; absent until the case was assessed, and when it is not the reader's to see."`
	// of a project in a pitch round
	Teaser      *Teaser      `json:"teaser,omitempty" doc:"For an angel who may not see the form: enough to declare whether there is a conflict of interest."`
	Commitments *Commitments `json:"commitments,omitempty" doc:"From the deliberation on: what the angels said; for the team, once a syndicate is formed."`
	// of an ambassador
	Letters []OwnLetter `json:"letters,omitempty" doc:"Their letters of appointment, the newest first; for whoever sees the form."`
}

// RuleAnswer is what a rule of eligibility said of a case.
type RuleAnswer struct {
	EligibilityRule
	Passed bool           `json:"passed" doc:"Whether the condition is met."`
	Saw    map[string]any `json:"saw" doc:"The values that the rule looked at, by their place in the form; dates as 2026-03-01. error says why a rule has no answer." example:"{\"team.share\":29.5}"`
}

// Review is a reviewer's judgement.
type Review struct {
	Reviewer    string  `json:"reviewer,omitempty" doc:"The account; for the house only."`
	Verdict     string  `json:"verdict" example:"score"`
	VerdictText string  `json:"verdictText" example:"Score"`
	Scores      []Score `json:"scores"`
	Total       float64 `json:"total" doc:"The weighted mean, 0 to 100." example:"82.5"`
	Stage       string  `json:"stage" doc:"In which it was given: a defence replaces the review on paper." example:"review"`
	Tier        int64   `json:"tier,omitempty" doc:"The amount recommended, in fen."`
}

// Score is the points on one criterion.
type Score struct {
	Criterion string `json:"criterion" maxLength:"100" doc:"A criterion of the rubric." example:"achievement"`
	Points    int    `json:"points" minimum:"0" maximum:"100" example:"80"`
}

// List is a page of a list.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"The cursor of the next page; empty at the end."`
}

// answer is a handler's answer with a body and nothing else.
type answer[T any] struct{ Body T }

func answered[T any](body T) *answer[T] { return &answer[T]{Body: body} }

// page turns a page of the station's into one of ours.
func page[S, T any](p station.Page[S], in func(S) T) *answer[List[T]] {
	l := List[T]{Items: make([]T, len(p.Items)), Next: p.Next}
	for i, item := range p.Items {
		l.Items[i] = in(item)
	}
	return answered(l)
}

type caseListInput struct {
	Kind      kindCode   `query:"kind" doc:"Cases of one process."`
	Programme string     `query:"programme" maxLength:"100" doc:"Cases of one programme."`
	Stage     stageCode  `query:"stage" doc:"Cases in one stage."`
	Status    statusCode `query:"status" doc:"Cases of one status."`
	Branch    string     `query:"branch" maxLength:"100" doc:"Cases of one branch."`
	DueBefore time.Time  `query:"due_before" doc:"Cases with something due before then."`
	Q         string     `query:"q" maxLength:"100" doc:"A case's number, or the beginning of it." example:"HZ-REFERRAL-2026"`
	Paging
}

// OnCase is a request about one case.
type OnCase struct {
	ID string `path:"id" doc:"The case's ID."`
}

func (e *edge) registerCases(api huma.API) {
	huma.Register(api, read("list-cases", "/v1/cases", tagCases, "List cases",
		"The cases that the reader may see, the newest first."), e.listCases)
	huma.Register(api, read("get-case", "/v1/cases/{id}", tagCases, "Look at a case",
		"A case with what the reader may see of it.", http.StatusNotFound), e.getCase)
}

func (e *edge) listCases(ctx context.Context, in *caseListInput) (*answer[List[Case]], error) {
	q := station.CaseQuery{
		Kind: station.Kind(in.Kind), Programme: in.Programme, Stage: station.Stage(in.Stage), Status: station.Status(in.Status),
		Branch: in.Branch, Q: in.Q, Limit: in.Limit, Cursor: in.Cursor,
	}
	if !in.DueBefore.IsZero() {
		q.DueBefore = &in.DueBefore
	}
	p, err := e.svc.Cases(ctx, actorOf(ctx), q)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(p, func(c station.Case) Case { return caseOf(l, c) }), nil
}

func (e *edge) getCase(ctx context.Context, in *OnCase) (*answer[CaseDetail], error) {
	v, err := e.svc.Case(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	d := CaseDetail{
		Case: caseOf(l, v.Case), Form: v.Form, Why: v.Why, Reviews: make([]Review, len(v.Reviews)),
		Teaser: teaserOf(v.Teaser), Commitments: commitmentsOf(l, v.Commitments), Letters: e.ownLetters(l, v.Letters),
	}
	for _, doc := range v.Documents {
		d.Documents = append(d.Documents, documentOf(doc))
	}
	for i, r := range v.Reviews {
		d.Reviews[i] = reviewOf(l, r)
	}
	for _, a := range v.Eligibility {
		d.Eligibility = append(d.Eligibility, RuleAnswer{ruleOf(l, a.Rule), a.Assessed.Passed, a.Assessed.Saw})
		d.Eligibility[len(d.Eligibility)-1].Advisory = a.Assessed.Advisory // as it was then
	}
	return answered(d), nil
}

func caseOf(l station.Language, c station.Case) Case {
	out := Case{
		ID: c.ID, Number: c.Number, Programme: c.Programme, Branch: c.Branch,
		Kind: string(c.Kind), KindText: locale.T(l, "kind."+string(c.Kind)),
		Stage: string(c.Stage), StageText: locale.T(l, "stage."+string(c.Stage)),
		Status: string(c.Status), StatusText: locale.T(l, "status."+string(c.Status)),
		Due: utc(c.Due), OpenedAt: c.OpenedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(), EndedAt: utc(c.EndedAt),
	}
	if c.Reason != "" {
		out.Reason, out.ReasonText = c.Reason, locale.T(l, "reason."+c.Reason)
	}
	return out
}

func reviewOf(l station.Language, r station.Review) Review {
	out := Review{
		Reviewer: r.Reviewer, Verdict: string(r.Verdict), VerdictText: locale.T(l, "verdict."+string(r.Verdict)),
		Scores: make([]Score, len(r.Scores)), Total: r.Total, Stage: string(r.Stage), Tier: r.Tier,
	}
	for i, p := range r.Scores {
		out.Scores[i] = Score(p)
	}
	return out
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}
