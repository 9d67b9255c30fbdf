package station

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// AngelForm is an application to the angel hub (天使汇): one's own, or, with
// Invitee, an officer's invitation of somebody.
type AngelForm struct {
	Invitee     *AngelInvitee `json:"invitee,omitempty"`
	Statement   string        `json:"statement"`
	Fields      []string      `json:"fields"` // in which they invest
	Investments []Investment  `json:"investments,omitempty"`
	Documents   []string      `json:"documents,omitempty"` // IDs of documents that prove them
	Vouchers    []string      `json:"vouchers,omitempty"`  // e-mails of admitted angels who will vouch
	Interests   []Interest    `json:"interests,omitempty"`
	Public      bool          `json:"public,omitempty"` // the public list may show name and fields
}

// AngelInvitee is who is invited.
type AngelInvitee struct {
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Language Language `json:"language,omitempty"` // in which they are written to
}

// Investment is one that an applicant has made.
type Investment struct {
	Company string `json:"company"`
	Year    int    `json:"year"`
	Fen     int64  `json:"fen"`
}

// InterestKind says what an interest is in.
type InterestKind string

// The kinds of interest.
const (
	InCompany     InterestKind = "company"     // a name, or a unified social credit code
	InInstitution InterestKind = "institution" // a code, or a name in words
	InPerson      InterestKind = "person"      // a name
)

// Interest is what an angel has a stake in: no project that it touches is theirs
// to judge.
type Interest struct {
	Kind InterestKind `json:"kind"`
	Name string       `json:"name"`
}

// AngelTerms are the settings of a programme of admission.
type AngelTerms struct {
	Consent       Wait `json:"consent"` // of who is invited
	Proof         Wait `json:"proof"`   // until who is invited has handed in proof
	Check         Wait `json:"check"`
	Inquiry       Wait `json:"inquiry"`
	InquiryRounds int  `json:"inquiryRounds"`
	Vouchers      int  `json:"vouchers"` // how many admitted angels must vouch
	Vouch         Wait `json:"vouch"`
	Name          Wait `json:"name"` // until an officer has named another voucher
	Vote          Wait `json:"vote"`
	Quorum        int  `json:"quorum"` // how many members must have voted, abstentions included
	Appeal        Wait `json:"appeal"`
	Hearing       Wait `json:"hearing"`
	Term          Wait `json:"term"`
	RenewalDays   int  `json:"renewalDays"` // how long before the end of a term an officer decides on its renewal
}

// DefaultAngelTerms are the settings in brackets of the procedure.
func DefaultAngelTerms() AngelTerms {
	week := func() Wait { return Wait{Days: 5, Reminders: []int{3}, Escalate: RoleDirector} }
	fortnight := func() Wait { return Wait{Days: 10, Reminders: []int{5, 8}} }
	return AngelTerms{
		Consent: fortnight(), Proof: fortnight(), Check: week(), Inquiry: fortnight(), InquiryRounds: 2,
		Vouchers: 2, Vouch: fortnight(), Name: week(), Vote: Wait{Days: 10}, Quorum: 5,
		Appeal: Wait{Days: 10}, Hearing: Wait{Days: 10, Reminders: []int{5, 8}, Escalate: RoleDirector},
		Term: Wait{Days: 730, Calendar: true}, RenewalDays: 30,
	}
}

// ReadAngelTerms reads a programme's settings over the defaults; unknown names
// are errors.
func ReadAngelTerms(raw json.RawMessage) (AngelTerms, error) {
	t := DefaultAngelTerms()
	if err := strict(raw, &t); err != nil {
		return t, Refuse(Invalid, "invalid_terms", "read the terms: %v", err)
	}
	var f fields
	f.waits(
		namedWait{"consent", t.Consent},
		namedWait{"proof", t.Proof},
		namedWait{"check", t.Check},
		namedWait{"inquiry", t.Inquiry},
		namedWait{"vouch", t.Vouch},
		namedWait{"name", t.Name},
		namedWait{"vote", t.Vote},
		namedWait{"appeal", t.Appeal},
		namedWait{"hearing", t.Hearing},
		namedWait{"term", t.Term},
	)
	f.add(t.InquiryRounds < 0 || t.InquiryRounds > 9, "terms/inquiryRounds", "between_0_and_9")
	f.add(t.Vouchers < 0 || t.Vouchers > 5, "terms/vouchers", "between_0_and_5")
	f.add(t.Quorum < 1 || t.Quorum > 1000, "terms/quorum", "between_1_and_1000")
	f.add(t.Term.Seconds == 0 && (!t.Term.Calendar || t.RenewalDays < 1 || t.RenewalDays >= t.Term.Days), "terms/renewalDays", "before_due")
	return t, f.err()
}

// Running is how long a term runs until its renewal is decided on, and Renewing
// how long that may take: together they are the term.
func (t AngelTerms) Running() (running, renewing Wait) {
	running, renewing = t.Term, Wait{Days: t.RenewalDays, Calendar: true}
	if t.Term.Seconds > 0 { // tried out: half and half
		running.Seconds, renewing = max(t.Term.Seconds/2, 1), Wait{Seconds: max(t.Term.Seconds/2, 1)}
		return running, renewing
	}
	running.Days -= t.RenewalDays
	renewing.Reminders = []int{max(t.RenewalDays/3, 1), max(t.RenewalDays*2/3, 1)}
	renewing.Escalate = ""
	return running, renewing
}

// Carried reports whether a vote is for an admission: enough voted, and most of
// those who did not abstain approved.
func (t AngelTerms) Carried(votes []Ballot) (quorum, carried bool) {
	approved, rejected := 0, 0
	for _, v := range votes {
		switch v.Verdict {
		case Approve:
			approved++
		case Reject:
			rejected++
		default:
		}
	}
	quorum = len(votes) >= t.Quorum
	return quorum, quorum && approved > rejected
}

// Ballot is what a member of the hub said in a vote or a deliberation. Of those
// one member casts on a task, the last counts.
type Ballot struct {
	Task    string    `json:"task"`
	Act     string    `json:"act"`
	Account string    `json:"account"`
	Verdict Verdict   `json:"verdict"`
	Fen     int64     `json:"fen,omitempty"` // of a commitment
	At      time.Time `json:"at,omitzero"`   // only where it is read
}

// MemberStatus says how a membership of the hub stands.
type MemberStatus string

// The statuses of a membership.
const (
	MemberActive    MemberStatus = "active"
	MemberSuspended MemberStatus = "suspended"
	MemberLeft      MemberStatus = "left"
	MemberEnded     MemberStatus = "ended" // the term was not renewed
	MemberRevoked   MemberStatus = "revoked"
)

// MemberMove says how a membership stands from now on. With Declares, the act's
// interests take the place of those declared before. Projects that run, and that
// an interest is in, are told.
type MemberMove struct {
	Status   MemberStatus `json:"status"`
	Until    *time.Time   `json:"until,omitempty"` // the end of the term; nil: as it was
	Declares string       `json:"declares,omitempty"`
}

// Member is a member of the angel hub, as the hub's list shows them. Where
// nobody may see the name, it is "".
type Member struct {
	Account string
	Case    string // by which they were admitted; "" for a founding member
	Branch  string
	Status  MemberStatus
	Name    string
	Fields  []string
	Public  bool
	Since   time.Time
	Until   *time.Time
}

// FoundingMember is a member whom nobody could vouch for: there was no hub yet.
type FoundingMember struct {
	Account   string     `json:"account"`
	Branch    string     `json:"branch"`
	Fields    []string   `json:"fields"`
	Public    bool       `json:"public,omitempty"`
	Interests []Interest `json:"interests,omitempty"`
	Since     time.Time  `json:"since"`
}

var angel = Process{
	Kind: Angel,
	Stages: []Stage{
		StageSubmitted, StageConsent, StageProof, StageCheck, StageVouch, StageVote, StageDeclined, StageAppeal, StageTerm, StageRenewal, StageEnded,
	},
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadAngelTerms(raw)
		return err
	},
	CheckForm: checkAngel,
	Asks:      []Party{Applicant},
	Amendable: []Stage{StageCheck},
}

func checkAngel(raw json.RawMessage) (Application, error) {
	var form AngelForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	var f fields
	f.words(form.Statement, "statement", 1, 5000)
	f.add(len(form.Fields) == 0 || len(form.Fields) > 20, "fields", "between_1_and_20")
	for i, s := range form.Fields {
		f.words(s, fmt.Sprintf("fields/%d", i), 1, 100)
	}
	f.add(len(form.Investments) > 50, "investments", "at_most_50_items")
	for i, v := range form.Investments {
		at := fmt.Sprintf("investments/%d", i)
		f.words(v.Company, at+"/company", 1, 200)
		f.add(v.Year < 1990 || v.Year > 2200, at+"/year", "between_1990_and_2200")
		f.add(v.Fen < 1 || v.Fen > 1e13, at+"/fen", "amount")
	}
	f.documents(form.Documents)
	f.add(len(form.Vouchers) > 5, "vouchers", "at_most_5_items")
	people := []Person{}
	seen := map[string]bool{}
	for i := range form.Vouchers {
		e := strings.ToLower(strings.TrimSpace(form.Vouchers[i]))
		f.email(e, fmt.Sprintf("vouchers/%d", i))
		f.add(seen[e], fmt.Sprintf("vouchers/%d", i), "given_twice")
		seen[e], form.Vouchers[i] = true, e
		people = append(people, Person{Party: Voucher(i + 1), Email: e, Language: Chinese})
	}
	f.interests(form.Interests, "interests")
	if in := form.Invitee; in != nil {
		in.Name, in.Email = strings.TrimSpace(in.Name), strings.ToLower(strings.TrimSpace(in.Email))
		if in.Language == "" {
			in.Language = Chinese
		}
		f.words(in.Name, "invitee/name", 1, 100)
		f.email(in.Email, "invitee/email")
		f.add(in.Language != Chinese && in.Language != English, "invitee/language", "language")
		// what only the person can say, or show
		f.add(form.Public, "public", "not_expected")
		f.add(len(form.Interests) > 0, "interests", "not_expected")
		f.add(len(form.Documents) > 0, "documents", "not_expected")
		people = append(people, Person{Party: Talent, Name: in.Name, Email: in.Email, Language: in.Language})
	} else {
		f.add(len(form.Investments) == 0, "investments", "required")
		f.add(len(form.Documents) == 0, "documents", "required")
	}
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	return Application{Form: stored, People: people, Documents: form.Documents, Invites: form.Invitee != nil}, nil
}

func (f *fields) email(s, path string) {
	addr, err := mail.ParseAddress(s)
	f.add(err != nil || addr.Address != s || len(s) > 254, path, "email")
}

func (f *fields) interests(list []Interest, path string) {
	f.add(len(list) > 200, path, "at_most_200_items")
	for i, n := range list {
		at := fmt.Sprintf("%s/%d", path, i)
		f.add(n.Kind != InCompany && n.Kind != InInstitution && n.Kind != InPerson, at+"/kind", "one_of:company,institution,person")
		f.words(n.Name, at+"/name", 1, 200)
	}
}
