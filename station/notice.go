package station

import (
	"fmt"
	"time"
)

// Template names a mail.
type Template string

// The mails of the referral.
const (
	MailConsent          Template = "consent"
	MailConsentReminder  Template = "consent_reminder"
	MailInquiry          Template = "inquiry"
	MailInquiryReminder  Template = "inquiry_reminder"
	MailInquiryAnswered  Template = "inquiry_answered"
	MailTask             Template = "task"
	MailTaskReminder     Template = "task_reminder"
	MailTaskEscalated    Template = "task_escalated"
	MailAccepted         Template = "accepted"
	MailAcceptedReferrer Template = "accepted_referrer"
	MailDeclined         Template = "declined"
	MailDeclinedReferrer Template = "declined_referrer"
	MailMerged           Template = "merged_referrer"
	MailConsentRefused   Template = "consent_refused_referrer"
	MailWithdrawn        Template = "withdrawn"
	MailWithdrawnRefer   Template = "withdrawn_referrer"
	MailAppealGranted    Template = "appeal_granted"
	MailAppealDismissed  Template = "appeal_dismissed"
)

// The mails of the grant. Those without a remark are to the applicant.
const (
	MailApplicantReminder  Template = "applicant_task_reminder"
	MailGrantIneligible    Template = "grant_ineligible"
	MailGrantDeclined      Template = "grant_declined"
	MailGrantWaiting       Template = "grant_waiting" // the fund cannot carry it now
	MailGrantShown         Template = "grant_shown"   // on public notice
	MailGrantSigned        Template = "grant_signed"
	MailGrantSuspended     Template = "grant_suspended"
	MailGrantTerminated    Template = "grant_terminated"
	MailGrantCompleted     Template = "grant_completed"
	MailGrantLapsed        Template = "grant_lapsed" // it ended without anybody's decline
	MailGrantWithdrawn     Template = "grant_withdrawn"
	MailDefenceCalled      Template = "defence_called"
	MailObjectionReceived  Template = "objection_received"  // to who objected
	MailObjectionUpheld    Template = "objection_upheld"    // to who objected
	MailObjectionMoot      Template = "objection_moot"      // to who objected: the award is not made, for another reason
	MailObjectionDismissed Template = "objection_dismissed" // to who objected
	MailObjectionTold      Template = "objection_told"      // somebody objected
	MailObjectionOver      Template = "objection_over"      // it was dismissed
	MailEvidenceAsked      Template = "evidence_asked"
	MailEvidenceReturned   Template = "evidence_returned"
	MailTranchePaid        Template = "tranche_paid"
)

// The mails of the angel hub. Those of an admission are to the applicant where
// nothing else is said.
const (
	MailAngelInvited    Template = "angel_invited"   // to the person invited, with a link
	MailAngelUninvited  Template = "angel_uninvited" // to who invited: they declined or did not answer
	MailAngelProof      Template = "angel_proof"
	MailAngelVouch      Template = "angel_vouch" // to a voucher, with a link
	MailAngelVote       Template = "angel_vote"  // to the members
	MailAngelDeclined   Template = "angel_declined"
	MailAngelAdmitted   Template = "angel_admitted"
	MailAngelSuspended  Template = "angel_suspended"
	MailAngelReinstated Template = "angel_reinstated"
	MailAngelRenewed    Template = "angel_renewed"
	MailAngelEnded      Template = "angel_ended" // the membership, for the reason that the case names
	MailAngelWithdrawn  Template = "angel_withdrawn"

	MailRoundMoved        Template = "round_moved"        // to teams and angels: the timetable
	MailRoundScreening    Template = "round_screening"    // to the angels: declare, and screen what they are given
	MailRoundReminder     Template = "round_reminder"     // to the angels: a phase is near its end
	MailRoundPitches      Template = "round_pitches"      // to the angels: declare, and score
	MailRoundDeliberation Template = "round_deliberation" // to the angels: pass, follow or lead
	MailRoundOver         Template = "round_over"         // to the officer who opened it: the report is there

	MailPitchInvited   Template = "pitch_invited"
	MailPitchWaiting   Template = "pitch_waiting"
	MailPitchRunning   Template = "pitch_running"
	MailPitchTwoLeads  Template = "pitch_two_leads" // to each of those who would lead
	MailPitchSyndicate Template = "pitch_syndicate" // to the team
	MailPitchMember    Template = "pitch_member"    // to each member of the syndicate
	MailPitchFeedback  Template = "pitch_feedback"
	MailPitchRefill    Template = "pitch_refill" // to the angels: a syndicate lacks money
	MailPitchExtended  Template = "pitch_extended"
	MailPitchEnded     Template = "pitch_ended" // for the reason that the case names
	MailPitchClosed    Template = "pitch_closed"
	MailPitchWithdrawn Template = "pitch_withdrawn"
)

// The mails of an ambassador's office. Those without a remark are to whoever is, or
// is to be, the ambassador.
const (
	MailAmbassadorNominated   Template = "ambassador_nominated" // to the nominee, with a link
	MailAmbassadorUnwilling   Template = "ambassador_unwilling" // to who nominated: the nominee declined or did not answer
	MailAmbassadorDeclined    Template = "ambassador_declined"
	MailAmbassadorAppointed   Template = "ambassador_appointed"
	MailAmbassadorRenewed     Template = "ambassador_renewed"
	MailAmbassadorThanked     Template = "ambassador_thanked" // the term is not renewed, and ends on its day
	MailAmbassadorEnded       Template = "ambassador_ended"   // the term is over, and was not renewed
	MailAmbassadorRevoked     Template = "ambassador_revoked"
	MailAmbassadorReinstated  Template = "ambassador_reinstated"
	MailAmbassadorTransferred Template = "ambassador_transferred"
	MailAmbassadorNotTied     Template = "ambassador_not_tied" // a transfer is declined
	MailAmbassadorWithdrawn   Template = "ambassador_withdrawn"
	MailAmbassadorResigned    Template = "ambassador_resigned"
)

// The mails of a settlement and its services. Those without a remark are to the
// talent.
const (
	MailSettlementManaged   Template = "settlement_managed" // by whom
	MailSettlementPapers    Template = "settlement_papers"  // are asked for, or are about to expire
	MailSettlementTrouble   Template = "settlement_trouble" // to the case manager: a service was refused, is late, or lacks what it needs
	MailSettlementRating    Template = "settlement_rating"
	MailSettlementCompleted Template = "settlement_completed"
	MailSettlementWithdrawn Template = "settlement_withdrawn"
	MailSettlementMoved     Template = "settlement_moved" // to another branch

	MailServiceAsked     Template = "service_asked"     // to the provider
	MailServiceAgain     Template = "service_again"     // to the provider
	MailServiceUndo      Template = "service_undo"      // to the provider
	MailServiceCancelled Template = "service_cancelled" // to the provider: it need not be done any more
	MailServiceInquiry   Template = "service_inquiry"   // the provider asks
	MailServiceDone      Template = "service_done"
	MailServiceEnded     Template = "service_ended" // it is not done
)

// Pool is many people who are told the same.
type Pool string

// The pools.
const (
	PoolAngels Pool = "angels" // the active members of the case's hub, less those with a conflict in it
	PoolTeams  Pool = "teams"  // who applied to a round, as long as their project is in it
)

// NoticeSpec asks for one mail. It names where the words are, and holds none:
// they are fetched when it is sent. Occasion makes it one mail per fact: it
// must be the same after a replay and after a reset.
type NoticeSpec struct {
	Occasion string   `json:"occasion"`
	Template Template `json:"template"`
	Account  string   `json:"account,omitempty"` // to an account,
	Party    Party    `json:"party,omitempty"`   // or to a party of the case,
	Pool     Pool     `json:"pool,omitempty"`    // or to each of many,
	Task     string   `json:"task,omitempty"`    // or, without any of these, to whoever owns the task
	Act      string   `json:"act,omitempty"`     // whose words it repeats
}

// NoticeKey is one mail per case, occasion, template and recipient.
func NoticeKey(caseID, occasion string, t Template, recipient string) string {
	return fmt.Sprintf("%s/%s/%s/%s", caseID, occasion, t, recipient)
}

// NoticeStatus says how far a mail has come.
type NoticeStatus string

// The statuses of a notice. Sending means that a worker gave it to the mail
// service and did not live to note the answer.
const (
	Queued    NoticeStatus = "queued"
	Sending   NoticeStatus = "sending"
	Sent      NoticeStatus = "sent"
	Delivered NoticeStatus = "delivered"
	Bounced   NoticeStatus = "bounced"
	NotSent   NoticeStatus = "failed"
	Dropped   NoticeStatus = "dropped" // nobody is left to tell: the data was erased
)

// Letter is a notice with all that its mail needs, read when it is sent.
type Letter struct {
	Notice    string
	Case      Case
	Template  Template
	Attempts  int
	Language  Language
	To        string
	ToName    string
	Talent    string
	Referrer  string
	Programme Programme
	Task      *Task
	Link      string // the link's ID, if its task has one
	Words     Body   // of the act it repeats
	Reason    Reason
	Unmet     []string // the codes of the rules of eligibility that say no
	// Amount is what the mail is about: the award or, before there is one, the
	// recommended one; of a payment, that tranche; of a termination, what is to
	// be paid back.
	Amount Money
	Grade  string
	Due    *time.Time

	// Of a project in a pitch round, as far as its team is written to. Amount is
	// then what its syndicate invests in all, and Match what the fund adds.
	Project  string
	Company  string
	Position int // on the waiting list, or in the running order, from 1
	Match    Money
	Times    *Timetable // of the round
	// Of a membership of the hub, or of an ambassador's office: its term.
	Since, Until *time.Time

	// Of an ambassador's office: the institution (that a transfer names, if the mail is
	// about one), the newest letter of appointment (聘书; nil: none yet), and what the
	// ambassador has done since they took office.
	Institution Text
	Appointment *Appointment
	Record      OfficeRecord

	// Of a settlement, or of one of its services.
	Manager  *Contact // its case manager; nil: none yet
	Service  Text     // the one that the mail is about
	Services []Text   // all that were chosen; of a completed settlement, those that are done
	Provider Text     // who performs the service
	Papers   []Text   // that are asked for
	Renews   bool     // some of these were given before
	Branch   Text     // that the talent moves to
}

// Link is a mailed permission to do one thing, once.
type Link struct {
	ID        string
	Task      string
	Party     Party
	ExpiresAt time.Time
	UsedAt    *time.Time
}
