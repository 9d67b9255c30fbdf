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
	KindText   string          `json:"kindText" example:"Check what was handed in"`
	Stage      string          `json:"stage" example:"check"`
	StageText  string          `json:"stageText" example:"Check"`
	Status     string          `json:"status" example:"open"`
	StatusText string          `json:"statusText" example:"To do"`
	Role       string          `json:"role,omitempty" doc:"Whose pool it is open to, or was taken from." example:"officer"`
	Branch     string          `json:"branch,omitempty" example:"HZ"`
	Party      string          `json:"party,omitempty" doc:"Which party of the case it is for." example:"applicant"`
	Assignee   string          `json:"assignee,omitempty" doc:"The account that has it."`
	Due        *time.Time      `json:"due,omitempty" doc:"By when; absent while an inquiry stops its clock, and for what somebody may do at any time."`
	OpenedAt   time.Time       `json:"openedAt"`
	ClosedAt   *time.Time      `json:"closedAt,omitempty"`
	Details    station.Details `json:"details,omitempty" doc:"Codes and numbers that go with it; for a task about duplicates, the IDs to choose from."`
}

// TaskDetail is a task with what is needed to do it.
type TaskDetail struct {
	Task
	About     Case            `json:"about" doc:"The case it belongs to."`
	Form      json.RawMessage `json:"form,omitempty" doc:"What was handed in, where the reader may see it."`
	Documents []Document      `json:"documents,omitempty" doc:"What was handed in for the case, where the reader may see it."`
	Question  string          `json:"question,omitempty" doc:"Of an inquiry: what is asked."`
	Reason    string          `json:"reason,omitempty" doc:"Of an objection: what speaks against the award. Of evidence that is asked for again: why it was returned. Of a payment that is to be ordered again: why it was rejected. Of a service in trouble: why its provider declined. Of a call-back: what was said with the rating. Of an ambassador who moves to another institution: what ties them to it."`
	Note      string          `json:"note,omitempty" doc:"What the applicant said with the evidence."`
	Objector  *Objector       `json:"objector,omitempty" doc:"Of an objection: who made it."`
	Verdicts  []Named         `json:"verdicts,omitempty" doc:"What it can be decided with."`
	Confirm   bool            `json:"confirm,omitempty" doc:"It is done by a confirmation."`
	Criteria  []Criterion     `json:"criteria,omitempty" doc:"Of a review: what to score."`
	Tiers     []Money         `json:"tiers,omitempty" doc:"Of a review that recommends an amount: which there are."`
	Teaser    *Teaser         `json:"teaser,omitempty" doc:"Of a project, for an angel who may not see the form."`
	Declared  string          `json:"declared,omitempty" doc:"Of a project: what the reader has declared; without none there it is not theirs to judge yet." example:"none"`
	Ticket    *Money          `json:"ticket,omitempty" doc:"Of a commitment: the least that one angel commits."`
	Candidate string          `json:"candidate,omitempty" doc:"Of a voucher's: for whom to vouch."`
	Statement string          `json:"statement,omitempty" doc:"Of a voucher's: what the candidate says, or was said of them."`
	Record    *OfficeRecord   `json:"record,omitempty" doc:"Of the renewal of an ambassador's term: what they did in it."`
	Transfer  *Named          `json:"transfer,omitempty" doc:"Of the check of an ambassador's tie: to which institution they move."`
	Feedback  []string        `json:"feedback,omitempty" doc:"Of the angels, in no order by which one could be known: what the officer makes of it is what the team reads."`
	// Open referrals have no grade and score yet.
	Duplicates []Talent  `json:"duplicates,omitempty" doc:"Of a task about duplicates: who they are, in the reserve or in open referrals."`
	Settling   *Settling `json:"settling,omitempty" doc:"Of a settlement, or of one of its services: what it is about."`
}

// Objector is who objects to an award; for whoever investigates it.
type Objector struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// OnTask is a request about one task.
type OnTask struct {
	ID string `path:"id" doc:"The task's ID." example:"01982f60-5d6e-7c3a-9f0b-3f6f1f0c8a11.check.1"`
}

type taskListInput struct {
	Kind taskKindCode `query:"kind" doc:"Tasks of one kind. What somebody may do at any time, and need not, is listed only so: membership, office, oversight, timetable, settling, management."`
	Paging
}

type decisionInput struct {
	OnTask
	Keyed
	Body struct {
		Verdict  string  `json:"verdict" maxLength:"40" doc:"Which ones a task takes depends on its kind: GET the task, it lists them." example:"score"`
		Scores   []Score `json:"scores,omitempty" maxItems:"50" doc:"With score: points on every criterion."`
		Tier     int64   `json:"tier,omitempty" minimum:"0" doc:"With score, where the panel recommends an amount: one of the programme's tiers, in fen." example:"10000000"`
		Reason   string  `json:"reason,omitempty" maxLength:"5000" doc:"Why; needed with decline, return, reject, uphold, dismiss, suspend, revoke, cancel, reassign, waive, end, called_back and transfer, in words the person concerned can use. Of a rating: what there is to say. Of a commitment: feedback for the team. Of a task of feedback: what the team reads."`
		Question string  `json:"question,omitempty" maxLength:"2000" doc:"With ask: what is asked."`
		To       string  `json:"to,omitempty" maxLength:"40" doc:"With ask: who is asked: the talent or the applicant of a referral; of a grant, the applicant or, by the city, the district; of a service, the applicant." example:"applicant"`
		Target   string  `json:"target,omitempty" maxLength:"100" doc:"With merge: the duplicate that the case continues in."`
		Account  string  `json:"account,omitempty" maxLength:"100" doc:"With appoint: the reviewer named."`
		At       string  `json:"at,omitempty" maxLength:"40" doc:"With call: when the defence is, RFC 3339." example:"2026-05-12T09:30:00+08:00"`
		Place    string  `json:"place,omitempty" maxLength:"300" doc:"With call: where it is."`
		// of the angel hub
		Fen       int64       `json:"fen,omitempty" minimum:"0" doc:"With follow and lead: what the angel commits, in fen." example:"20000000"`
		Times     *RoundTimes `json:"times,omitempty" doc:"With reschedule: the whole timetable."`
		Interests []Interest  `json:"interests,omitempty" maxItems:"200" doc:"With amend: what is declared instead of what was; an empty list takes it all back."`
		Public    *bool       `json:"public,omitempty" doc:"With amend: whether the public list may show name and fields."`
		// of a settlement, and of its services
		Services []string `json:"services,omitempty" maxItems:"50" doc:"With add and drop: codes of /v1/services, each once." example:"[\"school\"]"`
		Branch   string   `json:"branch,omitempty" maxLength:"60" doc:"With relocate: to which branch; another one of the same city." example:"HZ-BJ"`
		Stars    int      `json:"stars,omitempty" minimum:"0" maximum:"5" doc:"With rate: 1 to 5." example:"5"`
		Provider string   `json:"provider,omitempty" maxLength:"60" doc:"With reassign: to which provider; one of those that the task names." example:"shiguang"`
		// of an ambassador
		Institution string   `json:"institution,omitempty" maxLength:"60" doc:"With transfer: the institution to move to, a code of /v1/institutions." example:"peking"`
		Documents   []string `json:"documents,omitempty" maxItems:"30" doc:"With transfer: IDs of uploaded documents that prove the tie to it."`
	}
}

type answerInput struct {
	OnTask
	Keyed
	Body struct {
		Answer  string         `json:"answer" minLength:"1" maxLength:"5000" doc:"The reply to the inquiry's question."`
		Changes map[string]any `json:"changes,omitempty" doc:"What is to be changed in the form, as a merge patch (RFC 7396); of a grant only, by its applicant; after the checks only documents. What an earlier decision looked at and is changed is looked at again."`
	}
}

type confirmationInput struct {
	OnTask
	Keyed
	Body struct {
		Documents []string `json:"documents,omitempty" maxItems:"30" doc:"For evidence, for a closing, and, if there are any, for a service: IDs of documents that were uploaded."`
		Reference string   `json:"reference,omitempty" maxLength:"100" doc:"For a payment or a repayment: the bank's reference, once per fund. For a service: the provider's, if it has one." example:"ICBC-20260512-0042"`
		Note      string   `json:"note,omitempty" maxLength:"5000" doc:"What is to be said beside it."`
		// of a settlement
		Papers []PaperGiven `json:"papers,omitempty" maxItems:"50" doc:"For papers that are asked for: at most one of a kind."`
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
	huma.Register(api, withBody(act("confirm", "/v1/tasks/{id}/confirmation", tagTasks, "Confirm",
		"Says that what the task asks for was done: evidence is handed in, a payment was made or came back, an investment is closed, papers are given, a service is done or undone.")), e.confirm)
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
	d := TaskDetail{Task: taskOf(l, v.Task), About: caseOf(l, v.Case), Form: v.Form, Confirm: v.Task.Kind.Confirmable(), Question: v.Said.Question, Reason: v.Said.Reason}
	if v.Task.Kind == station.TaskAcceptance {
		d.Note = v.Said.Answer
	}
	if v.Task.Kind == station.TaskObjection {
		d.Objector = &Objector{Name: v.Said.Name, Email: v.Said.Email}
	}
	for _, verdict := range v.Task.Kind.Verdicts(v.Case.Kind) {
		d.Verdicts = append(d.Verdicts, verdictNamed(l, v.Task, verdict))
	}
	if v.Panel != nil {
		d.Criteria, d.Tiers = criteriaOf(l, *v.Panel), tiersOf(*v.Panel)
	}
	d.Teaser, d.Declared, d.Feedback = teaserOf(v.Teaser), string(v.Declared), v.Feedback
	d.Candidate, d.Statement, d.Record = v.Candidate, v.Statement, officeRecordOf(v.Record)
	if v.TransferTo != nil {
		d.Transfer = &Named{Code: v.TransferTo.Code, Name: v.TransferTo.Name.In(l)}
	}
	d.Settling = settlingOf(l, v.Settling)
	if v.Ticket > 0 {
		d.Ticket = new(cny(v.Ticket))
	}
	for _, doc := range v.Documents {
		d.Documents = append(d.Documents, documentOf(doc))
	}
	for _, t := range v.Duplicates {
		d.Duplicates = append(d.Duplicates, talentOf(t))
	}
	return answered(d), nil
}

// ofProviders are the words for what a provider says of a service, where they are
// others than the station's.
var ofProviders = map[station.Verdict]string{station.Accept: "verdict.provider.accept", station.Decline: "verdict.provider.decline"}

func verdictNamed(l station.Language, t station.Task, v station.Verdict) Named {
	key := "verdict." + string(v)
	if words, own := ofProviders[v]; own && t.Provider != "" {
		key = words
	}
	return Named{Code: string(v), Name: locale.T(l, key)}
}

func (e *edge) decide(ctx context.Context, in *decisionInput) (*receipted, error) {
	b := station.Body{
		Verdict: station.Verdict(in.Body.Verdict), Reason: in.Body.Reason, Question: in.Body.Question,
		To: station.Party(in.Body.To), Target: in.Body.Target, Account: in.Body.Account,
		Tier: in.Body.Tier, At: in.Body.At, Place: in.Body.Place, Fen: in.Body.Fen, Interests: interestsOf(in.Body.Interests), Public: in.Body.Public,
		Services: in.Body.Services, Branch: in.Body.Branch, Stars: in.Body.Stars, Provider: in.Body.Provider,
		Institution: in.Body.Institution, Documents: in.Body.Documents,
	}
	if in.Body.Times != nil {
		b.Times = new(station.Timetable(*in.Body.Times))
	}
	for _, s := range in.Body.Scores {
		b.Scores = append(b.Scores, station.Point(s))
	}
	a, err := e.svc.Decide(ctx, actorOf(ctx), in.ID, in.Key, b)
	return settled(ctx, a, err)
}

func (e *edge) answer(ctx context.Context, in *answerInput) (*receipted, error) {
	var changes json.RawMessage
	if in.Body.Changes != nil {
		var err error
		if changes, err = json.Marshal(in.Body.Changes); err != nil {
			return nil, err
		}
	}
	a, err := e.svc.Answer(ctx, actorOf(ctx), in.ID, in.Key, in.Body.Answer, changes)
	return settled(ctx, a, err)
}

func (e *edge) confirm(ctx context.Context, in *confirmationInput) (*receipted, error) {
	b := station.Body{Documents: in.Body.Documents, Reference: in.Body.Reference, Answer: in.Body.Note, Papers: papersOf(in.Body.Papers)}
	a, err := e.svc.Confirm(ctx, actorOf(ctx), in.ID, in.Key, b)
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
