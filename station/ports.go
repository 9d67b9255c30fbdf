package station

import (
	"context"
	"encoding/json"
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
	People
	Reading
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
	// for something else.
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

// People knows who may sign in.
type People interface {
	AccountByID(ctx context.Context, id string) (Account, error)
	// ActorByToken returns Unauthorized for a token that is unknown or expired.
	ActorByToken(ctx context.Context, hash []byte, now time.Time) (Actor, error)
}

// Reading serves lists and pages. A cursor is opaque; "" begins.
type Reading interface {
	Programmes(ctx context.Context, open time.Time) ([]Programme, error)
	Institutions(ctx context.Context) ([]Institution, error)
	Channels(ctx context.Context) ([]Channel, error)
	CaseList(ctx context.Context, q CaseQuery) (Page[Case], error)
	TaskList(ctx context.Context, q TaskQuery) (Page[Task], error)
	Events(ctx context.Context, caseID string, after, limit int) ([]Event, error)
	Form(ctx context.Context, caseID string) (json.RawMessage, error)
	Reviews(ctx context.Context, caseID string) ([]Review, error)
	TalentList(ctx context.Context, q TalentQuery) (Page[TalentEntry], error)
	// Words returns what was said in acts of a case that are public to its
	// applicant: an inquiry's question, a decline's reason.
	Words(ctx context.Context, act string) (Body, error)
	// DuplicatesShown returns the people behind duplicates, for the officer who
	// compares them.
	DuplicatesShown(ctx context.Context, ids []string) ([]TalentEntry, error)
	// WatchCase sends the number of the last event whenever it grows.
	WatchCase(ctx context.Context, caseID string) (<-chan int, error)
	Ping(ctx context.Context) error
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
}

// TaskQuery narrows an inbox: what is the account's, and what is open to the
// pools it is of.
type TaskQuery struct {
	Account  string
	Roles    []Role
	Branches []string
	All      bool // pools of every branch (operators)
	Kind     TaskKind
	Limit    int
	Cursor   string
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
