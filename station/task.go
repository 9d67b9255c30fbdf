package station

import (
	"fmt"
	"strconv"
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
	TaskDefence   TaskKind = "defence"   // an officer calls the team to an oral defence, or goes on without
	TaskHearing   TaskKind = "hearing"   // an officer notes who came to the defence
	TaskFunds     TaskKind = "funds"     // the fund reserves the award
	TaskNotice    TaskKind = "notice"    // the public sees the award, and anybody can object
	TaskObjection TaskKind = "objection" // an officer investigates an objection
	TaskSign      TaskKind = "sign"      // a director signs
	TaskAgreement TaskKind = "agreement" // the applicant accepts the agreement
	TaskEvidence  TaskKind = "evidence"  // the applicant hands in a report
	TaskPayment   TaskKind = "payment"   // a treasurer pays, and confirms it with the bank's reference
	TaskRepayment TaskKind = "repayment" // a treasurer confirms that money came back
	// TaskAcceptance is an officer's: to accept evidence, and so order the payment.
	TaskAcceptance TaskKind = "acceptance"

	TaskVoucher    TaskKind = "voucher"    // an admitted angel vouches for one who is to be admitted
	TaskVote       TaskKind = "vote"       // the members vote on an admission
	TaskMembership TaskKind = "membership" // a member may leave, or declare interests, while the term runs
	TaskOversight  TaskKind = "oversight"  // a director may suspend, reinstate or revoke a membership, or revoke an office
	TaskRenewal    TaskKind = "renewal"    // an officer renews a term, or thanks

	TaskTimetable TaskKind = "timetable" // an officer may move a round's timetable, or call the round off
	TaskPhase     TaskKind = "phase"     // a round's phase, or a term, runs
	TaskRound     TaskKind = "round"     // a project waits for what its round says; or a round, for the last of its projects

	TaskDeclaration TaskKind = "declaration" // angels declare whether they have a conflict in a project
	TaskSeat        TaskKind = "seat"        // a team confirms its seat
	TaskAttendance  TaskKind = "attendance"  // an officer notes who came to pitch
	TaskScore       TaskKind = "score"       // angels score a pitch
	TaskCommitment  TaskKind = "commitment"  // angels pass, follow or lead
	TaskFeedback    TaskKind = "feedback"    // an officer makes of the angels' feedback what the team reads
	TaskClosing     TaskKind = "closing"     // lead and team each confirm the closing
	TaskTicket      TaskKind = "ticket"      // a member of a syndicate may step back until it closes

	TaskOffice TaskKind = "office" // an ambassador may resign, or move to another institution
	TaskTie    TaskKind = "tie"    // an officer checks the tie to that institution

	TaskServices   TaskKind = "services"   // a settlement hears of its services
	TaskSettlement TaskKind = "settlement" // a service hears of its settlement
	TaskSettling   TaskKind = "settling"   // a talent adds and drops services, or moves to another branch
	TaskManagement TaskKind = "management" // the case manager has the settlement
	TaskPapers     TaskKind = "papers"     // a talent gives papers
	TaskValidity   TaskKind = "validity"   // papers are good
	TaskStalled    TaskKind = "stalled"    // the case manager decides on a service that lacks what it needs
	TaskRating     TaskKind = "rating"     // a talent rates a service
	TaskCallback   TaskKind = "callback"   // the case manager calls back who gave a low rating
	TaskService    TaskKind = "service"    // a provider accepts a service, asks, or declines; or completes it at once
	TaskDelivery   TaskKind = "delivery"   // a provider completes a service, asks, or gives it up
	TaskTrouble    TaskKind = "trouble"    // the case manager decides on a service that was refused or is late
	TaskUndo       TaskKind = "undo"       // a provider undoes what was booked
	TaskWaiver     TaskKind = "waiver"     // the case manager may waive that
)

// TaskKinds are all kinds of task.
var TaskKinds = []TaskKind{
	TaskConsent, TaskDuplicate, TaskCheck, TaskInquiry, TaskReview, TaskAppoint, TaskAppeal, TaskMail, TaskDefence, TaskHearing, TaskFunds,
	TaskNotice, TaskObjection, TaskSign, TaskAgreement, TaskEvidence, TaskAcceptance, TaskPayment, TaskRepayment,
	TaskVoucher, TaskVote, TaskMembership, TaskOversight, TaskRenewal, TaskTimetable, TaskPhase, TaskRound,
	TaskDeclaration, TaskSeat, TaskAttendance, TaskScore, TaskCommitment, TaskFeedback, TaskClosing, TaskTicket,
	TaskOffice, TaskTie, TaskServices, TaskSettlement, TaskSettling, TaskManagement, TaskPapers, TaskValidity, TaskStalled, TaskRating, TaskCallback,
	TaskService, TaskDelivery, TaskTrouble, TaskUndo, TaskWaiver,
}

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
	Company   Party = "company"   // that gets a grant
	Public    Party = "public"    // anybody who reads a public notice
	TheFund   Party = "fund"      // that a case waits for
	District  Party = "district"  // the other level, when the city asks it
	TheRound  Party = "round"     // that a project waits for, or that runs
	TheTerm   Party = "term"      // that runs
	// TheInstitution is whose an ambassador is.
	TheInstitution Party = "institution"
	// TheServices are those that a settlement waits for; TheSettlement is whose a
	// service is.
	TheServices   Party = "services"
	TheSettlement Party = "settlement"
	objector      Party = "objector" // and a number
	voucher       Party = "voucher"  // and a number
	founder       Party = "founder"  // and a number
)

// Voucher is the party of the n-th angel who is asked to vouch, from 1.
func Voucher(n int) Party { return Party(fmt.Sprintf("%s.%d", voucher, n)) }

// Founder is the party of the n-th member of a project's team, from 1.
func Founder(n int) Party { return Party(fmt.Sprintf("%s.%d", founder, n)) }

// Mailed reports whether a party does its tasks by a mailed link.
func (p Party) Mailed() bool { return p == Talent || strings.HasPrefix(string(p), string(voucher)+".") }

// Objector is the party of the n-th person who objects to an award.
func Objector(n int) Party { return Party(fmt.Sprintf("%s.%d", objector, n)) }

// Level is which of a case's branches does something: its own, which is a
// district's in most cases, or the city's above it.
type Level string

// The levels.
const (
	OwnLevel  Level = ""
	CityLevel Level = "city"
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
	Provider string // of a provider's task: whose people do it
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

// OrdinalOfTask returns the last part of a task's ID: which one of its stage it
// is, from 1.
func OrdinalOfTask(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, '.')+1:])
	return n
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
	// Seconds are instead of days where a programme is only tried out.
	Seconds int `json:"seconds,omitempty"`
	// From is when the days begin to count: the task's opening when left out.
	// Until, if given, is when it is due, whatever the days.
	From  *time.Time `json:"from,omitempty"`
	Until *time.Time `json:"until,omitempty"`
}

// ForGood is the Wait of a task that waits for nobody: it lasts as long as the
// procedure lets it.
var ForGood = Wait{Days: 3650, Calendar: true}

// IsForGood reports whether this is [ForGood]: the date that it is put on the
// calendar with only gives a list its order, and is nobody's to read.
func (w Wait) IsForGood() bool {
	return w.Days == ForGood.Days && w.Calendar && w.Seconds == 0 && w.Until == nil && w.Escalate == "" && len(w.Reminders) == 0
}

// ChinaTime is the time of the station. It has known no summer time since 1991.
var ChinaTime = time.FixedZone("Asia/Shanghai", 8*60*60)

// Deadline is a Wait put on the calendar.
type Deadline struct {
	Due       time.Time   `json:"due"`
	Reminders []time.Time `json:"reminders,omitempty"`
}

// namedWait is a Wait among a programme's settings.
type namedWait struct {
	name string
	Wait
}

// waits checks the Waits among a programme's settings.
func (f *fields) waits(list ...namedWait) {
	for _, w := range list {
		w.check(f, "terms/"+w.name)
	}
}

func (w Wait) check(f *fields, path string) {
	f.add(w.Until == nil && w.Seconds < 1 && w.Days < 1 || w.Days > 3660, path+"/days", "between_1_and_3660")
	if w.Seconds > 0 { // nobody is reminded
		return
	}
	for i, r := range w.Reminders {
		f.add(r < 1 || r >= w.Days, fmt.Sprintf("%s/reminders/%d", path, i), "before_due")
	}
}
