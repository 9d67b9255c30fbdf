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

// Task is something that someone must do by a date.
type Task struct {
	ID         string          `json:"id" example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11.check.1"`
	Case       string          `json:"case" doc:"The case it belongs to."`
	Kind       string          `json:"kind" doc:"What must be done." example:"check"`
	KindText   string          `json:"kindText" example:"Check the evidence"`
	Stage      string          `json:"stage" example:"check"`
	StageText  string          `json:"stageText" example:"Check of the evidence"`
	Status     string          `json:"status" example:"open"`
	StatusText string          `json:"statusText" example:"To do"`
	Role       string          `json:"role,omitempty" doc:"Whose pool it is open to, or was taken from." example:"officer"`
	Branch     string          `json:"branch,omitempty" example:"HZ"`
	Party      string          `json:"party,omitempty" doc:"Which party of the case it is for." example:"applicant"`
	Assignee   string          `json:"assignee,omitempty" doc:"The account that has it."`
	Due        *time.Time      `json:"due,omitempty"`
	OpenedAt   time.Time       `json:"openedAt"`
	ClosedAt   *time.Time      `json:"closedAt,omitempty"`
	Details    station.Details `json:"details,omitempty" doc:"Codes and numbers that go with it; for a task about duplicates, the IDs to choose from."`
}

// TaskDetail is a task with what is needed to do it.
type TaskDetail struct {
	Task
	About    Case            `json:"about" doc:"The case it belongs to."`
	Form     json.RawMessage `json:"form,omitempty" doc:"What was handed in, where the reader may see it."`
	Question string          `json:"question,omitempty" doc:"Of an inquiry: what is asked."`
	Verdicts []Named         `json:"verdicts,omitempty" doc:"What it can be decided with."`
	Criteria []Criterion     `json:"criteria,omitempty" doc:"Of a review: what to score."`
	// Open referrals have no grade and score yet.
	Duplicates []Talent `json:"duplicates,omitempty" doc:"Of a task about duplicates: who they are, in the reserve or in open referrals."`
}

// OnTask is a request about one task.
type OnTask struct {
	ID string `path:"id" doc:"The task's ID." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11.check.1"`
}

type taskListInput struct {
	Kind taskKindCode `query:"kind" doc:"Tasks of one kind."`
	Paging
}

type decisionInput struct {
	OnTask
	Keyed
	Body struct {
		Verdict  string  `json:"verdict" maxLength:"40" doc:"Which ones a task takes depends on its kind. Duplicates: merge, keep_apart. Check: accept, ask, decline. Review: score, abstain, recuse. Appoint: appoint. Mail: accept." example:"score"`
		Scores   []Score `json:"scores,omitempty" maxItems:"50" doc:"With score: points on every criterion."`
		Reason   string  `json:"reason,omitempty" maxLength:"5000" doc:"Why; needed with decline, in words the applicant can use."`
		Question string  `json:"question,omitempty" maxLength:"2000" doc:"With ask: what is asked."`
		To       string  `json:"to,omitempty" maxLength:"40" doc:"With ask: who is asked, talent or applicant." example:"talent"`
		Target   string  `json:"target,omitempty" maxLength:"100" doc:"With merge: the duplicate that the case continues in."`
		Account  string  `json:"account,omitempty" maxLength:"100" doc:"With appoint: the reviewer named."`
	}
}

type answerInput struct {
	OnTask
	Keyed
	Body struct {
		Answer string `json:"answer" minLength:"1" maxLength:"5000" doc:"The reply to the inquiry's question."`
	}
}

type assignmentInput struct {
	OnTask
	Keyed
	Body struct {
		Verdict string `json:"verdict" enum:"take,release,hand_over" doc:"Take it out of the pool, give it back, or give it to somebody else."`
		Account string `json:"account,omitempty" maxLength:"100" doc:"With hand_over: who gets it."`
	}
}

func (e *edge) registerTasks(api huma.API) {
	huma.Register(api, read("list-tasks", "/v1/tasks", tagTasks, "My tasks",
		"What waits for the reader, and what is open to the pools they are of; what is due first comes first."), e.listTasks)
	huma.Register(api, read("get-task", "/v1/tasks/{id}", tagTasks, "Look at a task",
		"A task with what is needed to do it.", http.StatusNotFound), e.getTask)
	huma.Register(api, withBody(act("decide", "/v1/tasks/{id}/decision", tagTasks, "Decide",
		"Gives a verdict on a task.")), e.decide)
	huma.Register(api, withBody(act("answer", "/v1/tasks/{id}/answer", tagTasks, "Answer an inquiry",
		"Replies to the question that an inquiry asks; the case's clock runs on.")), e.answer)
	huma.Register(api, withBody(act("assign", "/v1/tasks/{id}/assignment", tagTasks, "Take, release, hand over",
		"Says whose task it is.")), e.assign)
}

func (e *edge) listTasks(ctx context.Context, in *taskListInput) (*answer[List[Task]], error) {
	p, err := e.svc.Tasks(ctx, actorOf(ctx), station.TaskQuery{Kind: station.TaskKind(in.Kind), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	return page(p, func(t station.Task) Task { return taskOf(l, t) }), nil
}

func (e *edge) getTask(ctx context.Context, in *OnTask) (*answer[TaskDetail], error) {
	v, err := e.svc.Task(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	l := languageOf(ctx)
	d := TaskDetail{Task: taskOf(l, v.Task), About: caseOf(l, v.Case), Form: v.Form, Question: v.Question}
	for _, verdict := range v.Task.Kind.Verdicts() {
		d.Verdicts = append(d.Verdicts, Named{Code: string(verdict), Name: locale.T(l, "verdict."+string(verdict))})
	}
	if v.Panel != nil {
		d.Criteria = criteriaOf(l, *v.Panel)
	}
	for _, t := range v.Duplicates {
		d.Duplicates = append(d.Duplicates, talentOf(t))
	}
	return answered(d), nil
}

func (e *edge) decide(ctx context.Context, in *decisionInput) (*receipted, error) {
	b := station.Body{
		Verdict: station.Verdict(in.Body.Verdict), Reason: in.Body.Reason, Question: in.Body.Question,
		To: station.Party(in.Body.To), Target: in.Body.Target, Account: in.Body.Account,
	}
	for _, s := range in.Body.Scores {
		b.Scores = append(b.Scores, station.Point(s))
	}
	a, err := e.svc.Decide(ctx, actorOf(ctx), in.ID, in.Key, b)
	return settled(ctx, a, err)
}

func (e *edge) answer(ctx context.Context, in *answerInput) (*receipted, error) {
	a, err := e.svc.Answer(ctx, actorOf(ctx), in.ID, in.Key, in.Body.Answer)
	return settled(ctx, a, err)
}

func (e *edge) assign(ctx context.Context, in *assignmentInput) (*receipted, error) {
	a, err := e.svc.Assign(ctx, actorOf(ctx), in.ID, in.Key, station.Verdict(in.Body.Verdict), in.Body.Account)
	return settled(ctx, a, err)
}

func taskOf(l station.Language, t station.Task) Task {
	return Task{
		ID: t.ID, Case: t.Case, Role: string(t.Role), Branch: t.Branch, Party: string(t.Party), Assignee: t.Assignee,
		Kind: string(t.Kind), KindText: locale.T(l, "task."+string(t.Kind)),
		Stage: string(t.Stage), StageText: locale.T(l, "stage."+string(t.Stage)),
		Status: string(t.Status), StatusText: locale.T(l, "taskstatus."+string(t.Status)),
		Due: utc(t.Due), OpenedAt: t.OpenedAt.UTC(), ClosedAt: utc(t.ClosedAt), Details: t.Details,
	}
}
