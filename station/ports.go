package station

import (
	"context"
	"encoding/json"
	"io"
	"time"
)

// Engine runs the cases' workflows. Both calls may fail when it is away:
// nothing is lost, the sweep does them again.
type Engine interface {
	// StartCase starts the workflow of a case; one that runs already is fine.
	StartCase(ctx context.Context, c Case) error
	// SignalCase tells a case's workflow where an act is. NotFound means that
	// no workflow of that case runs.
	SignalCase(ctx context.Context, caseID string, s Signal) error
}

// Store is what the service needs of the database. Every method answers with
// an [Error] for what the caller did wrong and for what is not there.
type Store interface {
	Cases
	Acts
	Documents
	People
	Reading
	Funds
	Hub
	Offices
	Settlements
}

// Files keeps the content of documents. Its errors are Unavailable, unless it
// was ctx that ended.
type Files interface {
	// Put keeps a file whole, or not at all.
	Put(ctx context.Context, key string, r io.Reader, mediaType string) error
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	// Delete is done, too, when there is no such file.
	Delete(ctx context.Context, key string) error
}

// Cases takes applications in.
type Cases interface {
	// InsertCase takes an application in once per (applicant, key): created is
	// false when that was done before, and Invalid with key "key_reused" says
	// that it was done with another body.
	InsertCase(ctx context.Context, n NewCase) (c Case, created bool, err error)
	// CaseByID returns NotFound for a case that is not there.
	CaseByID(ctx context.Context, id string) (Case, error)
	// Programme returns NotFound for a code that is not there.
	Programme(ctx context.Context, code string) (Programme, error)
	Relation(ctx context.Context, caseID, account string) (Relation, error)
}

// NewCase is an application on its way in.
type NewCase struct {
	ID          string
	Kind        Kind
	Programme   Programme
	Applicant   string
	Key         string
	RequestHash string
	Application Application
	At          time.Time
}

// Acts keeps what people did.
type Acts interface {
	// InsertAct keeps an act once per ID. On a case that has ended the act is
	// kept as refused. Invalid with key "key_reused" says that the ID was used
	// for something else. A bank's reference that another payment has is Invalid.
	InsertAct(ctx context.Context, a Act) (Act, error)
	ActByID(ctx context.Context, id string) (Act, error)
	// AwaitAct returns the act as soon as it is settled, or as it is when ctx
	// ends.
	AwaitAct(ctx context.Context, id string) (Act, error)
	TaskByID(ctx context.Context, id string) (Task, error)
	// PartiesOf returns whom a case touches, for the rules of conflict.
	PartiesOf(ctx context.Context, caseID string) (Parties, error)
	// LinkByID returns NotFound for a link that is not there.
	LinkByID(ctx context.Context, id string) (Link, error)
	// ResendNotice settles an operator's mail task: the notice is queued again.
	ResendNotice(ctx context.Context, a Act) (Act, error)
}

// Documents keeps what is known of uploads; their content is with [Files].
type Documents interface {
	// InsertDocument keeps a document, or returns the one that its owner has of
	// the same content. Invalid with key "key_reused" says that the request's key
	// was used for another; "" is no key.
	InsertDocument(ctx context.Context, d Document, requestKey string) (Document, error)
	// DocumentByID returns NotFound for a document that is not there, or erased.
	DocumentByID(ctx context.Context, id string) (Document, error)
	CasesOfDocument(ctx context.Context, id string) ([]Case, error)
	DocumentsOfCase(ctx context.Context, caseID string) ([]Document, error)
	DocumentList(ctx context.Context, q DocumentQuery) (Page[Document], error)
}

// People knows who may sign in.
type People interface {
	AccountByID(ctx context.Context, id string) (Account, error)
	// ActorByToken returns Unauthorized for a token that is unknown or expired.
	ActorByToken(ctx context.Context, hash []byte, now time.Time) (Actor, error)
}

// Reading serves lists and pages. A cursor is opaque; "" begins.
type Reading interface {
	Programmes(ctx context.Context, open time.Time) ([]Programme, error)
	Branches(ctx context.Context) ([]Branch, error)
	Institutions(ctx context.Context) ([]Institution, error)
	Channels(ctx context.Context) ([]Channel, error)
	CaseList(ctx context.Context, q CaseQuery) (Page[Case], error)
	TaskList(ctx context.Context, q TaskQuery) (Page[Task], error)
	Events(ctx context.Context, caseID string, after, limit int) ([]Event, error)
	Form(ctx context.Context, caseID string) (json.RawMessage, error)
	Reviews(ctx context.Context, caseID string) ([]Review, error)
	// Assessments returns what the rules of eligibility said of a case when it
	// was last assessed; nothing if it was not.
	Assessments(ctx context.Context, caseID string) ([]Assessed, error)
	TalentList(ctx context.Context, q TalentQuery) (Page[TalentEntry], error)
	// Words returns what was said in acts of a case that are public to its
	// applicant: an inquiry's question, a decline's reason.
	Words(ctx context.Context, act string) (Body, error)
	// DuplicatesShown returns the people behind duplicates, for the officer who
	// compares them.
	DuplicatesShown(ctx context.Context, ids []string) ([]TalentEntry, error)
	// PublicNoticeList lists what is on public notice.
	PublicNoticeList(ctx context.Context, limit int, cursor string) (Page[PublicNotice], error)
	// NoticeOnShow returns the task by which a case is on public notice; NotFound
	// if it is not.
	NoticeOnShow(ctx context.Context, caseID string) (task string, err error)
	// WatchCase sends the number of the last event whenever it grows.
	WatchCase(ctx context.Context, caseID string) (<-chan int, error)
	Ping(ctx context.Context) error
}

// Funds keeps what was set aside, and the ledger of it. NotFound is a fund that
// is not there.
type Funds interface {
	FundByCode(ctx context.Context, code string) (Fund, error)
	FundList(ctx context.Context, viewer Visibility) ([]Fund, error)
	FundYears(ctx context.Context, code string, now time.Time) ([]FundYear, error)
	// FundEntries returns the newest first, FundLedger the oldest first.
	FundEntries(ctx context.Context, code string, limit int, cursor string) (Page[FundEntry], error)
	FundLedger(ctx context.Context, code string, after int64, limit int) ([]FundEntry, error)
	AdjustmentsToApprove(ctx context.Context, fund string) ([]Adjustment, error)
	// ProposeAdjustment keeps a proposal once per ID. Invalid with key
	// "key_reused" says that the ID was used for another.
	ProposeAdjustment(ctx context.Context, a Adjustment) (Adjustment, error)
	// ApproveAdjustment returns whom to wake: cases that got the money. Forbidden
	// with key "needs_second_person" is who proposed it; Conflict with key
	// "fund_overspent" says that it is reserved or paid already.
	ApproveAdjustment(ctx context.Context, fund, id, by string, at time.Time) (Adjustment, []Wake, error)
}

// Hub keeps the angel hub and its rounds.
type Hub interface {
	// Members lists who is a member; Public leaves out all but whom the public may
	// see.
	Members(ctx context.Context, q MemberQuery) (Page[Member], error)
	// RoundByCode returns NotFound for a round that is not there.
	RoundByCode(ctx context.Context, code string) (RoundView, error)
	RoundList(ctx context.Context, limit int, cursor string) (Page[RoundView], error)
	// Projects are a round's, ranked; without those in which an account has a
	// conflict ("" has none).
	Projects(ctx context.Context, round, account string) ([]Project, error)
	// NextCall is when the next call of a branch opens; nil if none is planned.
	NextCall(ctx context.Context, branch string, after time.Time) (*time.Time, error)
	// Declared is what an account has declared of a project; "" if nothing.
	Declared(ctx context.Context, caseID, account string) (ConflictKind, error)
	// Ballots are those that count: a member's last, without members who have a
	// conflict, the earliest first. A commitment counts in both its stages,
	// deliberation and refill; the later one's is the member's.
	Ballots(ctx context.Context, caseID string, stages ...Stage) ([]Ballot, error)
	// Chosen are the members of a project's syndicate, the lead first; none before
	// it is formed.
	Chosen(ctx context.Context, caseID string) ([]string, error)
	// WatchRound sends whenever something happens in a round or one of its
	// projects.
	WatchRound(ctx context.Context, code string) (<-chan struct{}, error)
	// PutDraft keeps a form that is not handed in, instead of the one before.
	PutDraft(ctx context.Context, account string, d Draft) error
	// Drafts are an account's; of one programme, or of all ("").
	Drafts(ctx context.Context, account, programme string) ([]Draft, error)
	DropDraft(ctx context.Context, account, programme string) error
}

// MemberQuery asks for a page of a hub's members.
type MemberQuery struct {
	Branch string // "": of every branch
	Public bool
	Limit  int
	Cursor string
}

// Page is a piece of a list; Next is "" at its end.
type Page[T any] struct {
	Items []T
	Next  string
}

// CaseQuery narrows the list of cases. Viewer is who asks: the list holds only
// what they may see.
type CaseQuery struct {
	Viewer    Visibility
	Kind      Kind
	Programme string
	Stage     Stage
	Status    Status
	Branch    string
	DueBefore *time.Time
	Q         string // a case's number, or the beginning of it
	Limit     int
	Cursor    string
}

// Visibility is the reach of an account, in a form that a query can use.
type Visibility struct {
	Account  string
	All      bool
	Branches []string // in-house
	Own      bool     // cases they opened
	InPanel  bool     // cases they review
	Hub      string   // the branch of the hub whose cases they see
	Provider string   // whose services they see
}

// TaskQuery narrows an inbox: what is the account's, and what is open to the
// pools it is of.
type TaskQuery struct {
	Account  string
	Roles    []Role
	Branches []string
	All      bool   // pools of every branch (operators)
	Provider string // whose tasks are the account's, too
	Kind     TaskKind
	Limit    int
	Cursor   string
}

// DocumentQuery asks for a page of an account's documents.
type DocumentQuery struct {
	Owner  string
	Limit  int
	Cursor string
}

// TalentQuery searches the reserve; Name in either script and either order.
type TalentQuery struct {
	Viewer      Visibility
	Name        string
	Field       string
	Grade       string
	Institution string
	Branch      string
	Limit       int
	Cursor      string
}
