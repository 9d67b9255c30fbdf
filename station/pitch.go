package station

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PitchForm is what a team hands in for a round.
type PitchForm struct {
	Project   PitchProject `json:"project"`
	Company   PitchCompany `json:"company"`
	Team      []TeamMember `json:"team"`
	Seeks     int64        `json:"seeks"`     // how much money, fen
	Documents []string     `json:"documents"` // IDs: the deck, and what belongs to it
}

// PitchProject is what is pitched.
type PitchProject struct {
	Name    string `json:"name"`
	Field   string `json:"field"`
	Summary string `json:"summary"`
}

// PitchCompany is whose project it is.
type PitchCompany struct {
	Name   string `json:"name"`
	Number string `json:"number,omitempty"` // unified social credit code (GB 32100-2015), once it is registered
}

// TeamMember is one of a project's team.
type TeamMember struct {
	Name        string `json:"name"`
	Institution string `json:"institution"` // a code, or a name in words
}

// Teaser is what an angel sees of a project before declaring: enough to know
// whether there is a conflict of interest.
type Teaser struct {
	Project string       `json:"project"`
	Field   string       `json:"field"`
	Company string       `json:"company"`
	Team    []TeamMember `json:"team"`
}

// TeaserOf is the teaser of a project's form.
func TeaserOf(form json.RawMessage) (*Teaser, error) {
	var f PitchForm
	if err := json.Unmarshal(form, &f); err != nil {
		return nil, fmt.Errorf("read the form: %w", err)
	}
	return &Teaser{Project: f.Project.Name, Field: f.Project.Field, Company: f.Company.Name, Team: f.Team}, nil
}

// ConflictKind is what an angel declares of a project. A conflict that was declared
// is never lifted.
type ConflictKind string

// The conflicts. ConflictInterest is not said by anybody: the project touches
// an interest that the angel had declared.
const (
	ConflictNone       ConflictKind = "none"
	ConflictEmployer   ConflictKind = "employer"
	ConflictFamily     ConflictKind = "family"
	ConflictInvested   ConflictKind = "invested"
	ConflictCompetitor ConflictKind = "competitor"
	ConflictOther      ConflictKind = "other"
	ConflictInterest   ConflictKind = "interest"
)

// Conflicts are what an angel can declare.
var Conflicts = []ConflictKind{ConflictNone, ConflictEmployer, ConflictFamily, ConflictInvested, ConflictCompetitor, ConflictOther}

// Declaration is an angel's word on a project.
type Declaration struct {
	Act      string       `json:"act,omitempty"` // "": a declared interest
	Account  string       `json:"account"`
	Conflict ConflictKind `json:"conflict"`
}

// Seat is how a project stands in its round.
type Seat string

// The seats.
const (
	SeatNone      Seat = ""          // not ranked yet
	SeatInvited   Seat = "invited"   // has to confirm
	SeatWaiting   Seat = "waiting"   // for one
	SeatConfirmed Seat = "confirmed" // pitches
)

// PitchMove changes how a project stands in its round. Each part strives for a
// state: done again, it changes nothing.
type PitchMove struct {
	Seat     Seat     `json:"seat,omitempty"`     // SeatConfirmed
	Attended *bool    `json:"attended,omitempty"` // the pitch
	Lead     string   `json:"lead,omitempty"`     // the account that leads the syndicate
	Members  []string `json:"members,omitempty"`  // who is in it, the lead first
	// Committed is what the syndicate invests; the fund adds to it, up to what is
	// left of the round's cap, which is answered as Written.Match. nil: as it was.
	Committed *int64 `json:"committed,omitempty"`
	// Match is what the fund adds instead, in fen: it could reserve no more.
	Match *int64 `json:"match,omitempty"`
}

// StandingTasks of a project, a round and a membership: acts that can be done at
// any time name these.
const (
	taskRound       Stage = "round"
	taskDeclaration Stage = "declaration"
	taskTimetable   Stage = "timetable"
	taskMembership  Stage = "membership"
	taskOversight   Stage = "oversight"
)

// RoundTask is the task by which a project hears of its round, and a round of
// its last project.
func RoundTask(caseID string) string { return TaskID(caseID, taskRound, 1) }

// DeclarationTask is the task on which angels declare conflicts in a project.
func DeclarationTask(caseID string) string { return TaskID(caseID, taskDeclaration, 1) }

// TimetableTask is the task on which an officer moves a round's timetable.
func TimetableTask(caseID string) string { return TaskID(caseID, taskTimetable, 1) }

// MembershipTask is the task on which a member leaves or declares interests.
func MembershipTask(caseID string) string { return TaskID(caseID, taskMembership, 1) }

// OversightTask is the task on which a director suspends or revokes a membership, or
// revokes an office.
func OversightTask(caseID string) string { return TaskID(caseID, taskOversight, 1) }

// Syndicate is who invests in a project, and how much.
type Syndicate struct {
	Lead    string   `json:"lead,omitempty"`    // "": nobody leads
	Members []Ballot `json:"members,omitempty"` // the lead first, the others as they came
	Fen     int64    `json:"fen"`               // of all
}

// Formed reports whether it can invest: somebody leads, and there is enough.
func (s Syndicate) Formed(minimum int64) bool { return s.Lead != "" && s.Fen >= minimum }

// SyndicateOf makes a syndicate of the commitments that stand. Of several who would
// lead, the largest ticket leads, of equal ones the earlier; the others follow.
func SyndicateOf(ballots []Ballot) Syndicate {
	var s Syndicate
	lead := -1
	for i, b := range ballots {
		if b.Verdict != Lead && b.Verdict != Follow {
			continue
		}
		s.Fen += b.Fen
		if b.Verdict == Lead && (lead < 0 || b.Fen > ballots[lead].Fen || b.Fen == ballots[lead].Fen && b.At.Before(ballots[lead].At)) {
			lead = i
		}
	}
	if lead >= 0 {
		s.Lead, s.Members = ballots[lead].Account, []Ballot{ballots[lead]}
	}
	for i, b := range ballots {
		if i != lead && (b.Verdict == Lead || b.Verdict == Follow) {
			s.Members = append(s.Members, b)
		}
	}
	return s
}

// Accounts are the members' accounts, the lead's first.
func (s Syndicate) Accounts() []string {
	list := make([]string, len(s.Members))
	for i, m := range s.Members {
		list[i] = m.Account
	}
	return list
}

// RoundView is a round as it is shown.
type RoundView struct {
	Code      string
	Case      string
	Branch    string
	Name      Text
	Phase     Stage
	Status    Status
	Times     Timetable
	Terms     RoundTerms
	Projects  int // that applied
	Open      int // that are still in it
	Confirmed int
	Matched   int64 // fen, reserved or paid
}

// Project is a line of a round's report, and of its board. Projects come in the
// order of their rank: by screening before the pitches, by rubric after them.
type Project struct {
	Case      string
	Number    string
	Name      string
	Status    Status
	Reason    Reason
	Stage     Stage
	Seat      Seat
	Place     int // in the round by its screening, from 1
	Running   int // in the order of the pitch day, from 1; 0: none
	Attended  bool
	Screening Spread // of the scores at the screening, 1–4
	Scores    Spread // of the scores at the pitch, 0–100
	Late      int    // scores that came after the scores closed
	Declared  int    // angels who said there is no conflict
	Conflicts int    // angels with one
	Leads     int
	Follows   int
	Passes    int
	Committed int64 // fen, of the syndicate; before it is formed, of all tickets
	Match     int64 // fen
	Stages    []StageDays
	OpenedAt  time.Time
}

// Spread is what reviewers' totals add up to.
type Spread struct {
	Count       int
	Mean        float64
	Least, Most float64
	PerReviewer []float64 // in no order by which a reviewer could be known
}

// StageDays is how long a project stood in a stage.
type StageDays struct {
	Stage Stage
	Days  float64
}

// Commitments are what angels have said in a project's deliberation, as far as
// its viewer may know.
type Commitments struct {
	Fen     int64 // of all tickets
	Leads   int
	Follows int
	Passes  int
	Mine    *Ballot
	Members []Ballot // once the lead is chosen; the lead first
}

// Draft is a form that is not handed in yet.
type Draft struct {
	Programme string
	Form      json.RawMessage
	UpdatedAt time.Time
}

var pitch = Process{
	Kind: Pitch,
	Stages: []Stage{
		StageSubmitted, StageCall, StageScreening, StageSeats, StagePitches, StageDeliberation, StageClosing, StageRefill, StageEnded,
	},
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadRoundTerms(raw)
		return err
	},
	Panel: func(raw json.RawMessage, stage Stage) (Panel, error) {
		t, err := ReadRoundTerms(raw)
		if stage == StageScreening {
			return t.Screening, err
		}
		return t.Rubric, err
	},
	Fund:      roundFund,
	CheckForm: checkPitch,
}

func checkPitch(raw json.RawMessage) (Application, error) {
	var form PitchForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	form.Company.Name, form.Company.Number = strings.TrimSpace(form.Company.Name), strings.ToUpper(strings.TrimSpace(form.Company.Number))
	var f fields
	f.words(form.Project.Name, "project/name", 1, 200)
	f.words(form.Project.Field, "project/field", 1, 100)
	f.words(form.Project.Summary, "project/summary", 1, 5000)
	f.words(form.Company.Name, "company/name", 1, 200)
	f.add(form.Company.Number != "" && !isCreditCode(form.Company.Number), "company/number", "credit_code")
	f.add(len(form.Team) == 0 || len(form.Team) > 20, "team", "between_1_and_20")
	people := []Person{{Party: Company, Name: form.Company.Name, Institution: form.Company.Number, Language: Chinese}}
	for i := range form.Team {
		m := &form.Team[i]
		m.Name, m.Institution = strings.TrimSpace(m.Name), strings.TrimSpace(m.Institution)
		f.words(m.Name, fmt.Sprintf("team/%d/name", i), 1, 100)
		f.words(m.Institution, fmt.Sprintf("team/%d/institution", i), 1, 200)
		people = append(people, Person{Party: Founder(i + 1), Name: m.Name, Institution: m.Institution, Language: Chinese})
	}
	f.add(form.Seeks < 1 || form.Seeks > 1e13, "seeks", "amount")
	f.documents(form.Documents)
	f.add(len(form.Documents) == 0, "documents", "required")
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	return Application{Form: stored, People: people, Documents: form.Documents}, nil
}

// known reports whether a declaration's word is one that can be said.
func (c ConflictKind) known() bool { return slices.Contains(Conflicts, c) }
