package station

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// SettlementForm is what a talent asks for who settles (一条龙落户).
type SettlementForm struct {
	District string   `json:"district,omitempty"` // the branch where they settle; "": the programme's
	Services []string `json:"services"`           // codes of the catalogue
	Has      []string `json:"has,omitempty"`      // services that they need no more: done already, elsewhere
	Phone    string   `json:"phone,omitempty"`
	Note     string   `json:"note,omitempty"`   // to the case manager
	Papers   []Paper  `json:"papers,omitempty"` // that they have not given yet
}

// SettlementTerms are the settings of a programme of settlements.
type SettlementTerms struct {
	Papers        Wait `json:"papers"`        // for the papers that the services need
	Renew         int  `json:"renew"`         // days before a paper expires that it is asked for again
	Answer        Wait `json:"answer"`        // for a provider to accept
	Inquiry       Wait `json:"inquiry"`       // for the talent to answer a provider
	InquiryRounds int  `json:"inquiryRounds"` // of each provider
	Trouble       Wait `json:"trouble"`       // for the case manager to decide on a service that was refused or is late
	Stalled       Wait `json:"stalled"`       // for the case manager to decide on a service that lacks what it needs
	Rating        Wait `json:"rating"`
	Callback      Wait `json:"callback"`
	Low           int  `json:"low"` // stars up to which a rating is called back
}

// DefaultSettlementTerms are the settings in brackets of the procedure.
func DefaultSettlementTerms() SettlementTerms {
	return SettlementTerms{
		Papers: Wait{Days: 10, Reminders: []int{5, 8}}, Renew: 14,
		Answer: Wait{Days: 3, Reminders: []int{2}}, Inquiry: Wait{Days: 10, Reminders: []int{5, 8}}, InquiryRounds: 2,
		Trouble: Wait{Days: 3, Reminders: []int{2}, Escalate: RoleDirector}, Stalled: Wait{Days: 3, Reminders: []int{2}, Escalate: RoleDirector},
		Rating: Wait{Days: 10, Reminders: []int{5}}, Callback: Wait{Days: 2, Escalate: RoleDirector}, Low: 2,
	}
}

// ReadSettlementTerms reads a programme's settings over the defaults; unknown names
// are errors.
func ReadSettlementTerms(raw json.RawMessage) (SettlementTerms, error) {
	t := DefaultSettlementTerms()
	if err := strict(raw, &t); err != nil {
		return t, Refuse(Invalid, "invalid_terms", "read the terms: %v", err)
	}
	var f fields
	f.waits(
		namedWait{"papers", t.Papers},
		namedWait{"answer", t.Answer},
		namedWait{"inquiry", t.Inquiry},
		namedWait{"trouble", t.Trouble},
		namedWait{"stalled", t.Stalled},
		namedWait{"rating", t.Rating},
		namedWait{"callback", t.Callback},
	)
	f.add(t.Renew < 0 || t.Renew > 365, "terms/renew", "between_0_and_365")
	f.add(t.InquiryRounds < 0 || t.InquiryRounds > 9, "terms/inquiryRounds", "between_0_and_9")
	f.add(t.Low < 0 || t.Low > 5, "terms/low", "between_0_and_5")
	return t, f.err()
}

// GoodUntil is the day on which a paper must still be good that is not asked for
// (again).
func (t SettlementTerms) GoodUntil(today Day) Day { return today.Plus(t.Renew) }

// ServiceCase is the case of a service of a settlement: of the n-th attempt, from 1,
// where one that had ended is added again.
func ServiceCase(settlement, code string, n int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "wutong service\x00%s\x00%s\x00%d", settlement, code, n)).String()
}

// The standing tasks of a settlement and its services.
const (
	taskSettlement Stage = "settlement"
	taskServices   Stage = "services"
	taskSettling   Stage = "settling"
	taskManagement Stage = "management"
)

// SettlementTask is the task by which a service hears of its settlement.
func SettlementTask(caseID string) string { return TaskID(caseID, taskSettlement, 1) }

// ServicesTask is the task by which a settlement hears of its services.
func ServicesTask(caseID string) string { return TaskID(caseID, taskServices, 1) }

// SettlingTask is the task on which a talent adds and drops services, or moves to
// another branch.
func SettlingTask(caseID string) string { return TaskID(caseID, taskSettling, 1) }

// ManagementTask is the task of the case manager: whoever has it is the talent's one
// contact.
func ManagementTask(caseID string) string { return TaskID(caseID, taskManagement, 1) }

// SettlementMove is what a settlement does with its services.
type SettlementMove struct {
	// Manage gives the settlement its case manager: the officer of the branch who has
	// the fewest. Whoever has the management task is it afterwards.
	Manage bool           `json:"manage,omitempty"`
	Papers string         `json:"papers,omitempty"` // the act by which the talent gives papers
	Add    []string       `json:"add,omitempty"`    // services are chosen, too
	Begin  []ServiceBegin `json:"begin,omitempty"`  // services begin, each as a case of its own
	Say    []ServiceSaid  `json:"say,omitempty"`    // services hear how they go on
	End    []ServiceEnd   `json:"end,omitempty"`    // services that have not begun are not done
	Rating *Rating        `json:"rating,omitempty"`
	// Moves is the act by which the talent moves to another branch: a settlement there
	// takes up what was not done.
	Moves string `json:"moves,omitempty"`
}

// ServiceBegin begins a service. What it needs is done, or it is to be tried
// without.
type ServiceBegin struct {
	Code    string   `json:"code"`
	Attempt int      `json:"attempt"`
	Without []string `json:"without,omitempty"` // services that it needs and that are not done
}

// ServiceSaid is what a settlement says to one of its services: Cancel, End, AskAgain
// or Over.
type ServiceSaid struct {
	Case    string  `json:"case"`
	Verdict Verdict `json:"verdict"`
	Why     Reason  `json:"why,omitempty"` // of Cancel and End
	// Occasion makes it once per fact.
	Occasion string `json:"occasion"`
}

// ServiceEnd says that a chosen service is not done, and why.
type ServiceEnd struct {
	Code   string `json:"code"`
	Reason Reason `json:"reason"`
}

// Rating is what a talent says of a service (好差评).
type Rating struct {
	Service string `json:"service"` // its case
	Act     string `json:"act"`
	Stars   int    `json:"stars"` // 1–5
}

// ServiceState says how a service stands.
type ServiceState string

// The states of a service.
const (
	ServiceChosen   ServiceState = "chosen"   // has not begun
	ServiceAsked    ServiceState = "asked"    // a provider is to accept
	ServiceAccepted ServiceState = "accepted" // a provider works on it: it is booked
	ServiceTrouble  ServiceState = "trouble"  // refused or late: the case manager decides
	ServiceDone     ServiceState = "done"
	ServiceWaived   ServiceState = "waived"  // the case manager saw to it in another way
	ServiceUndoing  ServiceState = "undoing" // the provider takes back what was booked
	ServiceUndone   ServiceState = "undone"  // dropped, and nothing is left of it
	ServiceEnded    ServiceState = "ended"   // not done
)

// ServiceStates are all states of a service.
var ServiceStates = []ServiceState{
	ServiceChosen, ServiceAsked, ServiceAccepted, ServiceTrouble, ServiceDone, ServiceWaived, ServiceUndoing, ServiceUndone, ServiceEnded,
}

// Settled reports whether a service needs nothing any more, as long as its
// settlement goes on.
func (s ServiceState) Settled() bool {
	return s == ServiceDone || s == ServiceWaived || s == ServiceUndone || s == ServiceEnded
}

// Satisfies reports whether a service that needs this one can begin.
func (s ServiceState) Satisfies() bool { return s == ServiceDone || s == ServiceWaived }

// ServiceMove says how a service stands from now on. Its settlement hears of it where
// Say says so. Each part strives for a state: done again, it changes nothing.
type ServiceMove struct {
	State  ServiceState `json:"state"`
	Reason Reason       `json:"reason,omitempty"`
	// Asks asks a provider: this one, or ("") the one who was asked before; each for the
	// n-th time, from 1. A request that was open is over with how it ended.
	Asks    int    `json:"asks,omitempty"`
	Asked   string `json:"asked,omitempty"`
	Answers string `json:"answers,omitempty"` // how the open request to the provider ended: see the Answers
	// Request is which request Answers and Say are about, from 1; 0: the last one. A run
	// that an operator has reset must say it: later requests may be of the run before.
	Request int `json:"request,omitempty"`
	// Say is what the settlement hears: Done, Waive, Ended, or Undone.
	Say Verdict `json:"say,omitempty"`
}

// How a request to a provider ended.
const (
	AnswerAccepted  = "accepted"  // it goes on
	AnswerCompleted = "completed" // by the service
	AnswerRefused   = "refused"
	AnswerLate      = "late"
	AnswerCancelled = "cancelled" // the service was dropped, or given to another
)

// ServiceOpened is what a service's workflow must know of it. Nothing in it is
// personal.
type ServiceOpened struct {
	Settlement string   `json:"settlement"`
	Offer      Offer    `json:"offer"`
	Providers  []string `json:"providers"` // in its branch, the usual one first
	Without    []string `json:"without,omitempty"`
}

// SettlementOpened is what a settlement's workflow must know of what was chosen.
type SettlementOpened struct {
	Services []string `json:"services"`
	Has      []string `json:"has,omitempty"` // done already: of the form, or of an earlier settlement
	Offers   []Offer  `json:"offers"`        // of the services, without their words
}

// PapersHeld is how a talent's papers stand.
type PapersHeld struct {
	Papers []Paper `json:"papers"` // without their documents
	Today  Day     `json:"today"`
}

// SettlementView is a settlement as its talent and the house see it.
type SettlementView struct {
	Case     Case
	Manager  *Contact // nil: none yet
	Services []ServiceView
	Lacking  []PaperKind // papers that services need and that were not given
	Papers   []GivenPaper
}

// GivenPaper is a paper that a talent has given, with its kind.
type GivenPaper struct {
	Kind     PaperKind
	Document string
	Until    Day // "": it does not expire
}

// Contact is how to reach somebody of the house.
type Contact struct {
	Account string
	Name    string
	Email   string
}

// ServiceView is a service of a settlement.
type ServiceView struct {
	Case     string // "": it has not begun
	Offer    Offer
	State    ServiceState
	Reason   Reason
	Provider Provider
	Due      *time.Time
	Stars    int // 0: not rated
	// Asks says that its provider has asked the talent something; its clock stands
	// still until they answer.
	Asks bool
}

// TimelineEvent is an event of a settlement or of one of its services.
type TimelineEvent struct {
	Event
	Offer string // the service's code; "": of the settlement itself
}

// ProviderMonth is what a provider did in a month, by when it was asked.
type ProviderMonth struct {
	Month     string // YYYY-MM
	Asked     int
	Completed int
	OnTime    int // of the completed
	Refused   int
	Late      int     // not completed in time, and given to others
	Open      int     // not answered yet
	Days      float64 // mean calendar days from the asking to the completion
	Rated     int
	Stars     float64 // mean
}

var settlement = Process{
	Kind:   SettlementKind,
	Stages: []Stage{StageSubmitted, StageServices, StageUndoing, StageRating, StageEnded},
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadSettlementTerms(raw)
		return err
	},
	CheckForm: checkSettlement,
	Asks:      []Party{Applicant},
}

// service is one service of a settlement, which begins it: nobody else does.
var service = Process{
	Kind:     ServiceKind,
	Internal: true,
	Stages:   []Stage{StageSubmitted, StageAsked, StageDelivery, StageTrouble, StageDone, StageUndoing, StageEnded},
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadSettlementTerms(raw)
		return err
	},
	CheckForm: func(json.RawMessage) (Application, error) {
		return Application{}, Errorf(Invalid, "a service is begun by its settlement")
	},
	Asks: []Party{Applicant},
}

func checkSettlement(raw json.RawMessage) (Application, error) {
	var form SettlementForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	var f fields
	f.words(form.District, "district", 0, 60)
	f.add(len(form.Services) == 0, "services", "at_least_1_items")
	f.codes(form.Services, "services")
	f.codes(form.Has, "has")
	for i, code := range form.Has {
		f.add(slices.Contains(form.Services, code), fmt.Sprintf("has/%d", i), "chosen")
	}
	f.phone(form.Phone)
	f.words(form.Note, "note", 0, 5000)
	f.papers(form.Papers)
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	app := Application{Form: stored, Branch: form.District}
	for _, p := range form.Papers {
		if !slices.Contains(app.Documents, p.Document) {
			app.Documents = append(app.Documents, p.Document)
		}
	}
	return app, nil
}

// codes checks a list of codes: each once.
func (f *fields) codes(list []string, path string) {
	f.add(len(list) > 50, path, "at_most_50_items")
	for i, code := range list {
		f.words(code, fmt.Sprintf("%s/%d", path, i), 1, 60)
		f.add(slices.Index(list, code) < i, fmt.Sprintf("%s/%d", path, i), "given_twice")
	}
}

// papers checks papers that are given: one of a kind.
func (f *fields) papers(list []Paper) {
	f.add(len(list) > 50, "papers", "at_most_50_items")
	seen := map[string]bool{}
	for i, p := range list {
		at := fmt.Sprintf("papers/%d", i)
		f.words(p.Kind, at+"/kind", 1, 60)
		f.add(seen[p.Kind], at+"/kind", "given_twice")
		f.add(uuid.Validate(p.Document) != nil, at+"/document", "document")
		_, err := p.Until.Time()
		f.add(p.Until != "" && err != nil, at+"/until", "date")
		seen[p.Kind] = true
	}
}
