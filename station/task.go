package station

import (
	"fmt"
	"strings"
	"time"
)

// TaskKind names what must be done.
type TaskKind string

// The kinds of task.
const (
	TaskConsent   TaskKind = "consent"   // the talent consents or declines
	TaskDuplicate TaskKind = "duplicate" // an officer merges or keeps apart
	TaskCheck     TaskKind = "check"     // an officer checks the evidence
	TaskInquiry   TaskKind = "inquiry"   // a party answers a question
	TaskReview    TaskKind = "review"    // a reviewer scores
	TaskAppoint   TaskKind = "appoint"   // a director names a reviewer
	TaskAppeal    TaskKind = "appeal"    // a party may appeal
	TaskMail      TaskKind = "mail"      // an operator looks at a mail that cannot be sent
)

// TaskStatus says how a task stands.
type TaskStatus string

// The statuses of a task.
const (
	TaskOpen       TaskStatus = "open"
	TaskDone       TaskStatus = "done"
	TaskExpired    TaskStatus = "expired"    // nobody acted in time
	TaskCancelled  TaskStatus = "cancelled"  // no longer needed
	TaskSuperseded TaskStatus = "superseded" // undone by an operator's reset
)

// Party is someone a case concerns who is not staff.
type Party string

// The parties.
const (
	Applicant Party = "applicant" // who opened the case
	Talent    Party = "talent"    // whom it is about
)

// Task is something one person, or one of a pool, must do by a date. Exactly
// one of Assignee, Party and Role names its owner; a task of a pool (Role) gets
// an Assignee when someone takes it.
type Task struct {
	ID       string
	Case     string
	Kind     TaskKind
	Stage    Stage
	Role     Role
	Branch   string
	Party    Party
	Assignee string
	Status   TaskStatus
	Due      *time.Time
	OpenedAt time.Time
	ClosedAt *time.Time
	Details  Details
}

// TaskID is stable over replay and reset: case, stage, ordinal.
func TaskID(caseID string, stage Stage, ordinal int) string {
	return fmt.Sprintf("%s.%s.%d", caseID, stage, ordinal)
}

// CaseOfTask returns the case part of a task's ID.
func CaseOfTask(id string) string {
	c, _, _ := strings.Cut(id, ".")
	return c
}

// StageOfTask returns the stage part of a task's ID.
func StageOfTask(id string) Stage {
	_, rest, _ := strings.Cut(id, ".")
	stage, _, _ := strings.Cut(rest, ".")
	return Stage(stage)
}

// Wait says how long a task may take. Days are working days, unless Calendar;
// Reminders are sent that many days after the beginning. A task not done when
// due goes to Escalate, for as many days again; without it, or after it, the
// procedure goes on without an answer.
type Wait struct {
	Days      int   `json:"days"`
	Calendar  bool  `json:"calendar,omitempty"`
	Reminders []int `json:"reminders,omitempty"`
	Escalate  Role  `json:"escalate,omitempty"`
}

// Deadline is a Wait put on the calendar.
type Deadline struct {
	Due       time.Time   `json:"due"`
	Reminders []time.Time `json:"reminders,omitempty"`
}

func (w Wait) check(f *fields, path string) {
	f.add(w.Days < 1 || w.Days > 3660, path+"/days", "between_1_and_3660")
	for i, r := range w.Reminders {
		f.add(r < 1 || r >= w.Days, fmt.Sprintf("%s/reminders/%d", path, i), "before_due")
	}
}
