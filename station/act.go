package station

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// ActKind names what a person does.
type ActKind string

// The acts.
const (
	Decide   ActKind = "decide"   // a verdict on a task
	Answer   ActKind = "answer"   // the reply to an inquiry
	Assign   ActKind = "assign"   // take, release or hand over a task
	Withdraw ActKind = "withdraw" // the applicant ends the case
	Appeal   ActKind = "appeal"   // a decline is to be looked at again
	Confirm  ActKind = "confirm"  // something was done: with evidence, or with the bank's reference
	Object   ActKind = "object"   // anybody protests against an award that is on public notice
	Declare  ActKind = "declare"  // an angel says whether they have a conflict of interest in a project
	Move     ActKind = "move"     // not a person's: a round says to a project how it goes on, or a project to its round that it was the last
	Found    ActKind = "found"    // not a person's: a fund has reserved what the case waits for
	Resync   ActKind = "resync"   // not a person's: the sweep asks a reset case to show where it stands
)

// Verdict is the choice in a Decide.
type Verdict string

// The verdicts; each kind of task allows some of them.
const (
	Consent   Verdict = "consent"
	Merge     Verdict = "merge"
	KeepApart Verdict = "keep_apart"
	Accept    Verdict = "accept"
	Ask       Verdict = "ask"
	Decline   Verdict = "decline"
	Score     Verdict = "score"
	Abstain   Verdict = "abstain"
	Recuse    Verdict = "recuse"
	Appoint   Verdict = "appoint"
	Proceed   Verdict = "proceed"   // without an oral defence
	Call      Verdict = "call"      // the team to an oral defence
	Attended  Verdict = "attended"  // the defence
	Absent    Verdict = "absent"    // from the defence
	Uphold    Verdict = "uphold"    // an objection is right
	Dismiss   Verdict = "dismiss"   // an objection is not
	Sign      Verdict = "sign"      // an award
	Return    Verdict = "return"    // evidence does not do: hand in again
	Reject    Verdict = "reject"    // a payment cannot be made so
	Confirmed Verdict = "confirmed" // of a Confirm

	Approve Verdict = "approve" // a member, in a vote; a vote against is Reject
	Vouch   Verdict = "vouch"   // for an angel who is to be admitted
	Renew   Verdict = "renew"   // a term
	Thank   Verdict = "thank"   // somebody whose term ends
	// Of a membership: an officer's, but for the last two, which are the member's own.
	Suspend   Verdict = "suspend"
	Reinstate Verdict = "reinstate"
	Revoke    Verdict = "revoke"
	Leave     Verdict = "leave"
	Amended   Verdict = "amend" // declares other interests, or whether the public may see the name

	Pass       Verdict = "pass"      // an angel does not invest
	Follow     Verdict = "follow"    // an angel invests, if another leads
	Lead       Verdict = "lead"      // an angel invests, and leads
	StepBack   Verdict = "step_back" // a member leaves a syndicate
	Extend     Verdict = "extend"    // the days until closing
	Reschedule Verdict = "reschedule"

	// What a round says to a project.
	Screen      Verdict = "screen"      // the call is over: it is screened
	Invite      Verdict = "invite"      // to pitch
	Waitlist    Verdict = "waitlist"    // for a seat
	Present     Verdict = "present"     // it is among those who pitch
	Unplace     Verdict = "unplace"     // it has no seat, and will have none
	Deliberate  Verdict = "deliberate"  // the angels say what they would invest
	Gather      Verdict = "gather"      // the deliberation is over
	Conflicting Verdict = "conflicting" // an angel has declared an interest that is in it
	Cancel      Verdict = "cancel"      // the round is not held
	Over        Verdict = "over"        // to the round: its last project has ended; to a service: its settlement has

	// Of an office: the ambassador's own.
	Resign   Verdict = "resign"
	Transfer Verdict = "transfer" // to another institution

	// Of a settlement: the talent's,
	Add      Verdict = "add"
	Drop     Verdict = "drop"
	Relocate Verdict = "relocate" // to another branch
	Rate     Verdict = "rate"
	// the case manager's,
	Reassign Verdict = "reassign" // to another provider
	AskAgain Verdict = "ask_again"
	Waive    Verdict = "waive"
	End      Verdict = "end"
	CallBack Verdict = "called_back"
	// and what a service says to its settlement, beside Waive. What it hears is Cancel,
	// End, AskAgain or Over.
	Done   Verdict = "done"
	Ended  Verdict = "ended"
	Undone Verdict = "undone"

	Take     Verdict = "take"
	Release  Verdict = "release"
	HandOver Verdict = "hand_over"
)

// ActStatus says whether an act was settled, and how.
type ActStatus string

// The statuses of an act.
const (
	Pending    ActStatus = "pending"
	Recorded   ActStatus = "recorded"
	ActRefused ActStatus = "refused"
)

// Reason says, as a key of station/locale, why an act was refused or a case
// ended as it did.
type Reason string

// The reasons.
const (
	ReasonTaskClosed     Reason = "task_closed"     // somebody was faster, or it is no longer needed
	ReasonQuorumMet      Reason = "quorum_met"      // enough reviewers have scored
	ReasonCaseEnded      Reason = "case_ended"      // nothing can happen to the case any more
	ReasonNoInquiryLeft  Reason = "no_inquiry_left" // every round of questions is used
	ReasonInquiryOpen    Reason = "inquiry_open"    // an earlier question is not answered yet
	ReasonNotExpected    Reason = "not_expected"    // the task does not take such an act
	ReasonNotEligible    Reason = "not_eligible"    // the person named cannot hear this case
	ReasonWithdrawn      Reason = "withdrawn"
	ReasonConsentRefused Reason = "consent_refused"
	ReasonConsentSilent  Reason = "consent_silent"
	ReasonDuplicate      Reason = "duplicate"
	ReasonByOfficer      Reason = "by_officer" // the words are in the officer's act
	ReasonBelowPassMark  Reason = "below_pass_mark"
	ReasonNotDecided     Reason = "not_decided" // the station did not decide in time
	ReasonStopped        Reason = "stopped"     // by an operator
	ReasonIneligible     Reason = "ineligible"  // a rule of the programme says no
	ReasonNoFunds        Reason = "no_funds"    // the programme ended before the fund could carry it
	ReasonObjection      Reason = "objection_upheld"
	ReasonByDirector     Reason = "by_director"       // the words are in the director's act
	ReasonNotAgreed      Reason = "agreement_refused" // the applicant does not accept the agreement
	ReasonAgreementLate  Reason = "agreement_silent"
	ReasonEvidenceLate   Reason = "evidence_late"
	ReasonFourEyes       Reason = "four_eyes" // whoever decided before cannot decide this too

	ReasonNotVouched  Reason = "not_vouched"  // too few admitted angels vouch for the reputation
	ReasonVotedDown   Reason = "voted_down"   // the members did not approve
	ReasonNoQuorum    Reason = "no_quorum"    // too few members voted
	ReasonProofLate   Reason = "proof_silent" // no proof of an investment came
	ReasonTermOver    Reason = "term_over"
	ReasonLeft        Reason = "left"    // the member left
	ReasonRevoked     Reason = "revoked" // the words are in the act
	ReasonNoSeat      Reason = "no_seat" // the round had no seat left
	ReasonSeatRefused Reason = "seat_refused"
	ReasonSeatSilent  Reason = "seat_silent"
	ReasonAbsent      Reason = "absent" // from the pitch
	ReasonNoSyndicate Reason = "no_syndicate"
	ReasonNotClosed   Reason = "not_closed"     // lead or team did not confirm
	ReasonClosingLate Reason = "closing_silent" // nor in time
	ReasonRoundOff    Reason = "round_cancelled"
	ReasonInConflict  Reason = "in_conflict"    // with that project
	ReasonNotMember   Reason = "not_a_member"   // of the syndicate, or of the hub
	ReasonExtended    Reason = "extended_once"  // already
	ReasonLeadChosen  Reason = "lead_is_chosen" // a commitment stands
	ReasonNotRunning  Reason = "not_running"    // the timetable of a round that is over

	ReasonResigned    Reason = "resigned"
	ReasonNotTied     Reason = "not_tied"       // no tie to the institution was confirmed
	ReasonTransfer    Reason = "transfer_open"  // an earlier one is not decided yet
	ReasonDropped     Reason = "dropped"        // by the talent
	ReasonMoved       Reason = "moved"          // to another branch
	ReasonNeedGone    Reason = "need_gone"      // a service that it needs is not done
	ReasonPapersLate  Reason = "papers_silent"  // papers that it needs did not come
	ReasonByManager   Reason = "by_manager"     // the words are in the case manager's act
	ReasonNotChosen   Reason = "not_chosen"     // no such service of the settlement goes on
	ReasonChosen      Reason = "chosen_already" // and goes on, or is done
	ReasonNoProvider  Reason = "no_provider"    // who could perform it
	ReasonWaived      Reason = "waived"         // the case manager saw to it in another way
	ReasonRefused     Reason = "refused"        // by the provider: its words are in the act
	ReasonNothingDone Reason = "nothing_done"   // of a settlement: none of its services
	ReasonLate        Reason = "late"           // the provider
)

// Act is what a person did: one row, settled exactly once.
type Act struct {
	ID        string
	Case      string
	Task      string
	Kind      ActKind
	Actor     string // an account's ID, or a party that acts by link
	Link      string
	Body      Body
	At        time.Time
	Status    ActStatus
	Reason    Reason
	SettledAt *time.Time
}

// Body is what the person said. From Reason on it is their words: they stay in
// PostgreSQL.
type Body struct {
	Verdict  Verdict      `json:"verdict,omitempty"`
	Scores   []Point      `json:"scores,omitempty"`
	To       Party        `json:"to,omitempty"`
	Target   string       `json:"target,omitempty"`   // of a merge: the entry or case to continue in
	Account  string       `json:"account,omitempty"`  // of an assignment or appointment
	Tier     int64        `json:"tier,omitempty"`     // of a score, where the panel recommends an amount: in fen
	At       string       `json:"at,omitempty"`       // of a call: when, RFC 3339
	Changed  []string     `json:"changed,omitempty"`  // of an answer with changes: the paths of the form's fields that it changes
	Fen      int64        `json:"fen,omitempty"`      // of a commitment: what the angel would invest
	Conflict ConflictKind `json:"conflict,omitempty"` // of a declaration
	Rank     int          `json:"rank,omitempty"`     // of a move: the place by screening, or in the running order
	Times    *Timetable   `json:"times,omitempty"`    // of a reschedule
	Services []string     `json:"services,omitempty"` // codes that are added, or dropped
	Service  string       `json:"service,omitempty"`  // of a move: the case of the service that says it
	Provider string       `json:"provider,omitempty"` // of a reassignment
	Branch   string       `json:"branch,omitempty"`   // of a relocation
	Why      Reason       `json:"why,omitempty"`      // of a move that calls a service off
	Stars    int          `json:"stars,omitempty"`    // of a rating, 1–5
	Reason   string       `json:"reason,omitempty"`
	Question string       `json:"question,omitempty"`
	Answer   string       `json:"answer,omitempty"`

	Place     string          `json:"place,omitempty"`     // of a call
	Name      string          `json:"name,omitempty"`      // of an objection: whose
	Email     string          `json:"email,omitempty"`     // of an objection: where its outcome is told,
	Language  Language        `json:"language,omitempty"`  // and in which language
	Reference string          `json:"reference,omitempty"` // of a payment: the bank's
	Documents []string        `json:"documents,omitempty"` // that were handed in
	Changes   json.RawMessage `json:"changes,omitempty"`   // of an answer: a merge patch (RFC 7396) of the form
	Interests []Interest      `json:"interests,omitzero"`  // of a member, instead of those declared before
	Public    *bool           `json:"public,omitempty"`    // of a member: whether the public list may show the name

	Institution string  `json:"institution,omitempty"` // of a transfer: its code
	Papers      []Paper `json:"papers,omitempty"`      // that are given
}

// WithoutWords is the body as the workflow sees it.
func (b Body) WithoutWords() Body {
	return Body{
		Verdict: b.Verdict, Scores: b.Scores, To: b.To, Target: b.Target, Account: b.Account,
		Tier: b.Tier, At: b.At, Changed: b.Changed, Fen: b.Fen, Conflict: b.Conflict, Times: b.Times, Rank: b.Rank,
		Services: b.Services, Service: b.Service, Provider: b.Provider, Branch: b.Branch, Stars: b.Stars, Why: b.Why,
	}
}

// Point is a reviewer's score on one criterion, 0–100.
type Point struct {
	Criterion string `json:"criterion"`
	Points    int    `json:"points"`
}

// Signal is all that travels to a workflow: it says where to look.
type Signal struct {
	Act  string  `json:"act"`
	Kind ActKind `json:"kind"`
	Task string  `json:"task,omitempty"`
}

// SignalName is the one signal of every case.
const SignalName = "act"

// ActDigest proves an act's words for as long as they are kept. The salt goes
// when the words go, so that the digest says nothing about them afterwards.
func ActDigest(salt, body []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
