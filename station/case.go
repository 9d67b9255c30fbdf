package station

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Kind is a process: the kind of a case.
type Kind string

// Referral is the process of referring a talent (人才举荐).
const Referral Kind = "referral"

// Grant is the process of awarding money of a public fund (无偿资助).
const Grant Kind = "grant"

// Angel is the process of admitting an angel to the hub, and of their term.
const Angel Kind = "angel"

// Round is a pitch round (天使汇路演), from call to report.
const Round Kind = "round"

// Pitch is one project in a round.
const Pitch Kind = "pitch"

// Ambassador is the process of appointing an ambassador (青年人才大使聘任), and of
// their terms.
const Ambassador Kind = "ambassador"

// SettlementKind is the process of settling a newcomer (一条龙落户服务).
const SettlementKind Kind = "settlement"

// ServiceKind is one service of a settlement, by one provider.
const ServiceKind Kind = "service"

// Stage is the named part of its procedure that a case stands in.
type Stage string

// The stages of the processes.
const (
	StageSubmitted  Stage = "submitted"
	StageConsent    Stage = "consent"
	StageDuplicates Stage = "duplicates"
	StageCheck      Stage = "check"
	StageReview     Stage = "review"
	StageDeclined   Stage = "declined" // the days in which an appeal is possible
	StageAppeal     Stage = "appeal"
	StageEnded      Stage = "ended"

	StageEligibility  Stage = "eligibility"
	StageCompleteness Stage = "completeness"
	StageDefence      Stage = "defence"
	StageFunds        Stage = "funds"
	StageNotice       Stage = "notice"
	StageSignature    Stage = "signature"
	StageAgreement    Stage = "agreement"
	StageTranches     Stage = "tranches"
	StageSuspended    Stage = "suspended"
	StageClosing      Stage = "closing"
	StageRepayment    Stage = "repayment"

	StageProof   Stage = "proof"
	StageVouch   Stage = "vouching"
	StageVote    Stage = "vote"
	StageTerm    Stage = "term"
	StageRenewal Stage = "renewal"

	StageCall         Stage = "call"
	StageScreening    Stage = "screening"
	StageSeats        Stage = "seats"
	StagePitches      Stage = "pitches"
	StageDeliberation Stage = "deliberation"
	StageRefill       Stage = "refill"

	StageServices Stage = "services" // a settlement's services run
	StageRating   Stage = "rating"
	StageAsked    Stage = "asked"    // a provider is to accept
	StageDelivery Stage = "delivery" // and works on it
	StageTrouble  Stage = "trouble"  // it was refused, or is late
	StageDone     Stage = "done"     // the service is, and its settlement goes on
	StageUndoing  Stage = "undoing"  // what was booked is undone
)

// blind reports whether reviewers score in this stage, who must not see each
// other's scores.
func (s Stage) blind() bool { return slices.Contains(blindStages, s) }

var blindStages = []Stage{StageReview, StageDefence, StageAppeal, StageScreening, StagePitches}

// Status says how a case stands; all but Open are outcomes.
type Status string

// The statuses. A case is Declined from the decision on, and ended when the
// days of appeal are over.
const (
	Open      Status = "open"
	Accepted  Status = "accepted"
	Declined  Status = "declined"
	Refused   Status = "refused" // the person concerned said no
	Lapsed    Status = "lapsed"  // the person concerned did not answer
	Merged    Status = "merged"  // continued by another case or entry
	Withdrawn Status = "withdrawn"
	Failed    Status = "failed" // stopped by an operator or a defect

	Completed  Status = "completed"  // all of an award is paid and reported on; a term, a round, an investment came to its end
	Terminated Status = "terminated" // an award or a membership was stopped before its end
	Unplaced   Status = "unplaced"   // a project had no seat in its round
	Unfunded   Status = "unfunded"   // a project pitched, and no syndicate invested
)

// Statuses are all statuses.
var Statuses = []Status{Open, Accepted, Declined, Refused, Lapsed, Merged, Withdrawn, Failed, Completed, Terminated, Unplaced, Unfunded}

// Case is one application under one programme.
type Case struct {
	ID        string     `json:"id"`
	Number    string     `json:"number"` // HZ-REFERRAL-2026-000123
	Kind      Kind       `json:"kind"`
	Programme string     `json:"programme"`
	Branch    string     `json:"branch"`
	Applicant string     `json:"applicant"` // the account that opened it
	Stage     Stage      `json:"stage"`
	Status    Status     `json:"status"`
	Reason    string     `json:"reason,omitempty"` // a key of station/locale; why it ended so
	Due       *time.Time `json:"due,omitempty"`    // when the earliest open task is due
	OpenedAt  time.Time  `json:"openedAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
}

// Ended reports whether nothing can happen to the case any more.
func (c Case) Ended() bool { return c.EndedAt != nil }

// CaseStart is the input of every case's workflow: an opaque ID, and what a
// run hands to the next one.
type CaseStart struct {
	Case    string   `json:"case"`
	Carried *Carried `json:"carried,omitempty"`
}

// Event is one line of a case's history. Details hold codes, numbers and
// opaque IDs, never a person's words: those stay with the act, where they can
// be erased, and ActDigest proves them while they are there.
type Event struct {
	Case      string
	Seq       int
	At        time.Time
	Kind      EventKind
	Stage     Stage
	Actor     string // an account's ID, a party ("talent"), or "" for the station itself
	Act       string
	ActDigest string
	Task      string
	Details   Details
	Prev      string
	Hash      string
}

// Details are an event's codes and numbers.
type Details map[string]any

// Int returns a whole number that was read from the database; false if there is
// none of that name.
func (d Details) Int(name string) (int64, bool) {
	n, ok := d[name].(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// EventKind names what happened.
type EventKind string

// What can happen to a case.
const (
	EventOpened     EventKind = "opened"
	EventAsked      EventKind = "asked" // consent was asked for
	EventConsented  EventKind = "consented"
	EventRefused    EventKind = "refused"
	EventUnanswered EventKind = "unanswered"
	EventAssigned   EventKind = "assigned" // a task was opened for someone
	EventHandedOver EventKind = "handed_over"
	EventReminded   EventKind = "reminded"
	EventEscalated  EventKind = "escalated"
	EventDuplicates EventKind = "duplicates_found"
	EventKeptApart  EventKind = "kept_apart"
	EventMerged     EventKind = "merged"
	EventChecked    EventKind = "checked"
	EventInquired   EventKind = "inquired"
	EventAnswered   EventKind = "answered"
	EventReviewed   EventKind = "reviewed"
	EventRecused    EventKind = "recused"
	EventReplaced   EventKind = "replaced"
	EventAdded      EventKind = "reviewer_added"
	EventAppointing EventKind = "appointing" // the pool is empty: a director names a reviewer
	EventAppointed  EventKind = "appointed"
	EventDeclined   EventKind = "declined"
	EventAppealed   EventKind = "appealed"
	EventWithdrawn  EventKind = "withdrawn"
	EventUndone     EventKind = "undone"
	EventAccepted   EventKind = "accepted"
	EventClosed     EventKind = "closed"
	EventActRefused EventKind = "act_refused"
	EventResumed    EventKind = "resumed" // an operator reset the case to an earlier point
	EventMailFailed EventKind = "mail_failed"
	EventFailed     EventKind = "failed"

	EventAssessed     EventKind = "assessed" // against the rules of eligibility
	EventCompleteness EventKind = "completeness_checked"
	EventVoided       EventKind = "voided" // a decision no longer stands: what it looked at was changed
	EventDefence      EventKind = "defence_called"
	EventNoDefence    EventKind = "defence_waived" // the scores on paper stand
	EventHeard        EventKind = "defence_heard"
	EventFundsAsked   EventKind = "funds_asked"
	EventReserved     EventKind = "reserved"
	EventShown        EventKind = "shown" // on public notice
	EventObjected     EventKind = "objected"
	EventUpheld       EventKind = "objection_upheld"
	EventDismissed    EventKind = "objection_dismissed"
	EventNoticeOver   EventKind = "notice_over"
	EventSigned       EventKind = "signed"
	EventNotSigned    EventKind = "not_signed"
	EventAgreed       EventKind = "agreed"
	EventEvidence     EventKind = "evidence_given"
	EventReturned     EventKind = "evidence_returned"
	EventOrdered      EventKind = "payment_ordered"
	EventPaid         EventKind = "paid"
	EventRejected     EventKind = "payment_rejected"
	EventSuspended    EventKind = "suspended"
	EventRepayAsked   EventKind = "repayment_asked"
	EventRepaid       EventKind = "repaid"
	EventCompleted    EventKind = "completed"
	EventTerminated   EventKind = "terminated"

	EventVouched    EventKind = "vouched"
	EventNotVouched EventKind = "not_vouched"
	EventVoted      EventKind = "voted"
	EventVoteOver   EventKind = "vote_over"
	EventAdmitted   EventKind = "admitted"
	EventReinstated EventKind = "reinstated"
	EventRevoked    EventKind = "revoked"
	EventLeft       EventKind = "left"
	EventInterests  EventKind = "interests_declared"
	EventRenewing   EventKind = "renewing" // the term is near its end
	EventRenewed    EventKind = "renewed"
	EventThanked    EventKind = "thanked"
	EventServed     EventKind = "served" // to the end of the term

	EventPhase       EventKind = "phase_begun"
	EventPhaseOver   EventKind = "phase_over"
	EventRescheduled EventKind = "rescheduled"
	EventCancelled   EventKind = "round_cancelled"
	EventReported    EventKind = "reported" // a round is over, and its report there

	EventScreening   EventKind = "screening_begun"
	EventDeclared    EventKind = "declared"
	EventInvited     EventKind = "invited"
	EventWaitlisted  EventKind = "waitlisted"
	EventUnplaced    EventKind = "unplaced"
	EventSeat        EventKind = "seat_confirmed"
	EventSeatGone    EventKind = "seat_given_up"
	EventRunning     EventKind = "in_running_order"
	EventAttended    EventKind = "attended"
	EventAbsent      EventKind = "absent"
	EventDeliberated EventKind = "deliberation_begun"
	EventGathered    EventKind = "deliberation_over"
	EventCommitted   EventKind = "committed"
	EventTwoLeads    EventKind = "two_leads"
	EventSyndicate   EventKind = "syndicate_formed"
	EventNoSyndicate EventKind = "no_syndicate"
	EventFeedback    EventKind = "feedback_sent"
	EventNoMatch     EventKind = "match_not_reserved"
	EventClosing     EventKind = "closing_confirmed" // by lead or team
	EventExtension   EventKind = "extension_asked"
	EventExtended    EventKind = "extended"
	EventSteppedBack EventKind = "stepped_back"
	EventNotClosed   EventKind = "not_closed"

	EventInOffice    EventKind = "in_office" // the letter of appointment is issued
	EventResigned    EventKind = "resigned"
	EventTransfer    EventKind = "transfer_asked" // to another institution
	EventTransferred EventKind = "transferred"
	EventNotTied     EventKind = "transfer_declined"

	EventManaged       EventKind = "manager_assigned"
	EventPapersAsked   EventKind = "papers_asked"
	EventPapersGiven   EventKind = "papers_given"
	EventPaperExpiring EventKind = "paper_expiring"
	EventServiceAdded  EventKind = "services_added"
	EventServiceBegun  EventKind = "services_begun"
	EventServiceDrop   EventKind = "service_dropped"
	EventServiceDone   EventKind = "service_done"
	EventServiceWaived EventKind = "service_waived"
	EventServiceEnded  EventKind = "service_ended"
	EventServiceUndone EventKind = "service_undone"
	EventStalled       EventKind = "service_stalled" // it lacks what it needs
	EventProviderAsked EventKind = "provider_asked"
	EventProviderTakes EventKind = "provider_accepted"
	EventProviderDone  EventKind = "provider_completed"
	EventProviderNo    EventKind = "provider_refused"
	EventProviderLate  EventKind = "provider_late"
	EventReassigned    EventKind = "provider_changed"
	EventAgain         EventKind = "provider_asked_again"
	EventCancelling    EventKind = "cancelling"
	EventUndoAsked     EventKind = "undo_asked"
	EventUndoWaived    EventKind = "undo_waived"
	EventRated         EventKind = "rated"
	EventCalledBack    EventKind = "called_back"
	EventMoving        EventKind = "moving" // to another branch
)

// NewID returns a UUIDv7: opaque, and in order of time.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
