package station

import (
	"encoding/json"
	"time"
)

// Change is one fact of a case with everything that follows from it; it is
// written in one transaction, once, however often it is sent. Its key is
// (Case, Run, Sequence).
type Change struct {
	Case     string    `json:"case"`
	Run      string    `json:"run"`
	After    string    `json:"after,omitempty"` // the run that this one continues as new
	Sequence int       `json:"sequence"`
	At       time.Time `json:"at"`

	Event    EventKind `json:"event,omitempty"`
	Actor    string    `json:"actor,omitempty"`
	Act      string    `json:"act,omitempty"`
	Task     string    `json:"task,omitempty"`
	Details  Details   `json:"details,omitempty"`
	Standing Standing  `json:"standing"`

	Settle  []Settlement `json:"settle,omitempty"`
	Open    []TaskSpec   `json:"open,omitempty"`
	Panel   *PanelSpec   `json:"panel,omitempty"`
	Close   []TaskEnd    `json:"close,omitempty"`  // of a task that is named twice, the first word counts
	Hold    string       `json:"hold,omitempty"`   // the task whose clock stops
	Resume  string       `json:"resume,omitempty"` // the task whose clock runs on
	Assign  *Assignment  `json:"assign,omitempty"`
	Reviews []Review     `json:"reviews,omitempty"`
	Notices []NoticeSpec `json:"notices,omitempty"`
	Fund    *FundMove    `json:"fund,omitempty"`
	Amend   string       `json:"amend,omitempty"` // the act whose changes are made in the form
	Join    *Joining     `json:"join,omitempty"`
	End     *Ending      `json:"end,omitempty"`

	Adopt   Party        `json:"adopt,omitempty"`  // this party becomes the applicant, by an account of theirs
	Member  *MemberMove  `json:"member,omitempty"` // of an angel's case: how the membership stands
	Ballot  *Ballot      `json:"ballot,omitempty"`
	Declare *Declaration `json:"declare,omitempty"`
	Pitch   *PitchMove   `json:"pitch,omitempty"` // of a project's case: how it stands in its round
	Round   *RoundMove   `json:"round,omitempty"` // of a round's case: what it says to its projects

	Office   *OfficeMove     `json:"office,omitempty"`   // of an ambassador's case: how the office stands
	Services *SettlementMove `json:"services,omitempty"` // of a settlement: what it does with its services
	Service  *ServiceMove    `json:"service,omitempty"`  // of a service: how it stands
}

// Joining makes whoever did an act, and gave name and address in it, a party of
// the case.
type Joining struct {
	Party Party  `json:"party"`
	Act   string `json:"act"`
}

// Standing is where a case stands after a change. Tasks are all that are open,
// so that the first change after a reset puts the rows right.
type Standing struct {
	Stage  Stage    `json:"stage"`
	Status Status   `json:"status"`
	Reason Reason   `json:"reason,omitempty"`
	Tasks  []string `json:"tasks,omitempty"`
	// Reviewed are the tasks whose reviews count or, where many review on one task,
	// the acts.
	Reviewed []string `json:"reviewed,omitempty"`
	// Amended are the acts whose changes are in the form.
	Amended []string `json:"amended,omitempty"`
	// Office is how an ambassador's office stands; nil: they have none yet.
	Office *OfficeStanding `json:"office,omitempty"`
}

// Settlement settles an act; the first one holds.
type Settlement struct {
	Act    string    `json:"act"`
	Status ActStatus `json:"status"`
	Reason Reason    `json:"reason,omitempty"`
}

// TaskSpec opens a task; Notice tells its owner, if anyone is to be told.
type TaskSpec struct {
	ID       string   `json:"id"`
	Kind     TaskKind `json:"kind"`
	Role     Role     `json:"role,omitempty"`
	Level    Level    `json:"level,omitempty"`
	Party    Party    `json:"party,omitempty"`
	Assignee string   `json:"assignee,omitempty"`
	Wait     Wait     `json:"wait"`
	Notice   Template `json:"notice,omitempty"`
	Details  Details  `json:"details,omitempty"`
	// Untimed is for a task that something else ends: its due date is shown to
	// people, and nothing happens when it passes.
	Untimed bool `json:"untimed,omitempty"`
	// Provider is whose task it is, with RoleProvider. Managed gives it to the case
	// manager of the settlement; without one it is the pool's.
	Provider string `json:"provider,omitempty"`
	Managed  bool   `json:"managed,omitempty"`
}

// PanelSpec opens a review task for each of Count reviewers of the pool who
// have no conflict, by least load. Task IDs count from First.
type PanelSpec struct {
	Count   int      `json:"count"`
	First   int      `json:"first"`
	Role    Role     `json:"role,omitempty"`    // whose pool: reviewers when "", or the hub's angels
	Exclude []string `json:"exclude,omitempty"` // accounts that were asked or decided before
	Untimed bool     `json:"untimed,omitempty"` // as of a TaskSpec
	Quiet   bool     `json:"quiet,omitempty"`   // nobody is written to
	Only    []string `json:"only,omitempty"`    // ask these first of all, if they still can
	Wait    Wait     `json:"wait"`
}

// TaskEnd closes a task.
type TaskEnd struct {
	Task   string     `json:"task"`
	Status TaskStatus `json:"status"`
}

// Assignment gives a task to an account, or back to the pool (Account ""), or,
// with Role, to another pool with a new Wait.
type Assignment struct {
	Task    string `json:"task"`
	Account string `json:"account,omitempty"`
	Role    Role   `json:"role,omitempty"`
	Wait    *Wait  `json:"wait,omitempty"`
}

// Review is a reviewer's judgement, as it is kept for ranking and reports.
type Review struct {
	Task     string  `json:"task"`
	Act      string  `json:"act"`
	Reviewer string  `json:"reviewer"`
	Verdict  Verdict `json:"verdict"`
	Scores   []Point `json:"scores,omitempty"`
	Total    float64 `json:"total"`           // weighted mean, 0–100
	Tier     int64   `json:"tier,omitempty"`  // recommended, in fen
	Stage    Stage   `json:"stage,omitempty"` // in which it was given; only where it is read
}

// Ending closes a case. Pending acts are refused, open tasks are cancelled.
type Ending struct {
	Enter  *ReserveEntry `json:"enter,omitempty"`  // the talent enters the reserve
	Credit string        `json:"credit,omitempty"` // the case or entry in which the applicant is credited as co-referrer
	Erase  bool          `json:"erase,omitempty"`  // what the case knows of the talent is erased
}

// ReserveEntry is what the procedure decided about a talent.
type ReserveEntry struct {
	Grade string  `json:"grade"`
	Score float64 `json:"score"`
}

// Written is what Record answers of a change: the tasks it opened or moved.
type Written struct {
	Tasks []TaskOpened `json:"tasks,omitempty"`
	Fund  *AwardState  `json:"fund,omitempty"` // after a FundMove
	// Wake are acts of other cases that the change brought about: a fund has
	// reserved what they wait for.
	Wake []Wake `json:"wake,omitempty"`
	// Applicant is the account that became the case's applicant.
	Applicant string `json:"applicant,omitempty"`
	// Match is what a fund may add to a syndicate, in fen.
	Match int64 `json:"match,omitempty"`
	// Round is what a RoundMove came to.
	Round *RoundMoved `json:"round,omitempty"`
	// Begun are cases that a settlement has begun.
	Begun []Case `json:"begun,omitempty"`
}

// Wake is a signal that another case is to get.
type Wake struct {
	Case   string `json:"case"`
	Signal Signal `json:"signal"`
}

// TaskOpened is a task put on the calendar.
type TaskOpened struct {
	ID       string   `json:"id"`
	Assignee string   `json:"assignee,omitempty"`
	Deadline Deadline `json:"deadline"`
}

// Opened is what a case's workflow must know before its first step. Nothing in
// it is personal.
type Opened struct {
	Number    string          `json:"number"`
	Kind      Kind            `json:"kind"`
	Programme string          `json:"programme"`
	Branch    string          `json:"branch"`
	Applicant string          `json:"applicant"`
	Terms     json.RawMessage `json:"terms"`
	ClosesAt  time.Time       `json:"closesAt"` // of the programme
}

// Carried is what a run hands to the run that continues it.
type Carried struct {
	Run      string                     `json:"run"`
	Opened   Opened                     `json:"opened"`
	Sequence int                        `json:"sequence"`
	Standing Standing                   `json:"standing"`
	Award    AwardState                 `json:"award,omitzero"`
	Journal  map[string]json.RawMessage `json:"journal"`
	Tasks    []CarriedTask              `json:"tasks,omitempty"`
	Settled  []string                   `json:"settled,omitempty"`
	Signals  []Signal                   `json:"signals,omitempty"`
}

// CarriedTask is an open task's clock.
type CarriedTask struct {
	Spec      TaskSpec `json:"spec"`
	Deadline  Deadline `json:"deadline"`
	Reminded  int      `json:"reminded,omitempty"`
	Escalated bool     `json:"escalated,omitempty"`
	Held      bool     `json:"held,omitempty"`
}
