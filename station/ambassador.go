package station

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// AmbassadorForm is an application to be a youth talent ambassador (青年人才大使):
// one's own or, with Nominee, somebody's nomination of somebody else.
type AmbassadorForm struct {
	Nominee     *Nominee `json:"nominee,omitempty"`
	Channel     string   `json:"channel"`
	Institution string   `json:"institution"`        // the code of a known one
	District    string   `json:"district,omitempty"` // a branch of the programme's city, whose ambassador they are to be; "": the programme's
	Tie         string   `json:"tie"`                // what ties them to it: "lecturer since 2021"
	Statement   string   `json:"statement"`
	Documents   []string `json:"documents,omitempty"` // IDs of documents that prove the tie
}

// Nominee is who somebody else nominates.
type Nominee struct {
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Language Language `json:"language,omitempty"` // in which they are written to
}

// AmbassadorTerms are the settings of a programme of ambassadors. Term is the whole
// of a term, in days; Renewal the days before its end in which its renewal is
// decided on.
type AmbassadorTerms struct {
	Consent       Wait     `json:"consent"`
	Check         Wait     `json:"check"`
	Inquiry       Wait     `json:"inquiry"`
	InquiryRounds int      `json:"inquiryRounds"`
	Review        Panel    `json:"review"`
	Appoint       Wait     `json:"appoint"`
	Signature     Wait     `json:"signature"`
	Term          Wait     `json:"term"`
	Renewal       Wait     `json:"renewal"`
	Transfer      Wait     `json:"transfer"` // for a check of the tie to another institution
	Appeal        Wait     `json:"appeal"`
	Hearing       Wait     `json:"hearing"` // of an appeal against a revocation
	Channels      []string `json:"channels,omitempty"`
}

// DefaultAmbassadorTerms are the settings in brackets of the procedure.
func DefaultAmbassadorTerms() AmbassadorTerms {
	week := func() Wait { return Wait{Days: 5, Reminders: []int{3}, Escalate: RoleDirector} }
	return AmbassadorTerms{
		Consent: Wait{Days: 10, Reminders: []int{5, 8}}, Check: week(), Inquiry: Wait{Days: 10, Reminders: []int{5, 8}}, InquiryRounds: 2,
		Review: Panel{
			Reviewers: 2, Quorum: 2, PassMark: 60, Disagreement: 40,
			Criteria: []Criterion{
				{Code: "reach", Weight: 50, Name: Text{"联系人才的广度", "Reach among talents"}},
				{Code: "commitment", Weight: 50, Name: Text{"投入程度", "Commitment"}},
			},
			Wait: Wait{Days: 5, Reminders: []int{3}},
		},
		Appoint: Wait{Days: 5, Reminders: []int{3}}, Signature: Wait{Days: 5, Reminders: []int{3}},
		Term: Wait{Days: 730, Calendar: true}, Renewal: Wait{Days: 30, Calendar: true, Reminders: []int{20}, Escalate: RoleDirector},
		Transfer: week(), Appeal: Wait{Days: 10}, Hearing: Wait{Days: 10, Reminders: []int{5}},
	}
}

// ReadAmbassadorTerms reads a programme's settings over the defaults; unknown names
// are errors.
func ReadAmbassadorTerms(raw json.RawMessage) (AmbassadorTerms, error) {
	t := DefaultAmbassadorTerms()
	var given struct {
		Review struct{ Criteria json.RawMessage }
	}
	if len(raw) > 0 && json.Unmarshal(raw, &given) == nil && given.Review.Criteria != nil {
		t.Review.Criteria = nil // decoding over the default's would mix the two item by item
	}
	if err := strict(raw, &t); err != nil {
		return t, Refuse(Invalid, "invalid_terms", "read the terms: %v", err)
	}
	var f fields
	f.waits(
		namedWait{"consent", t.Consent},
		namedWait{"check", t.Check},
		namedWait{"inquiry", t.Inquiry},
		namedWait{"appoint", t.Appoint},
		namedWait{"signature", t.Signature},
		namedWait{"term", t.Term},
		namedWait{"renewal", t.Renewal},
		namedWait{"transfer", t.Transfer},
		namedWait{"appeal", t.Appeal},
		namedWait{"hearing", t.Hearing},
	)
	t.Review.check(&f, "terms/review")
	f.add(t.InquiryRounds < 0 || t.InquiryRounds > 9, "terms/inquiryRounds", "between_0_and_9")
	f.add(t.Term.Seconds == 0 && t.Renewal.Days >= t.Term.Days, "terms/renewal/days", "before_the_end_of_the_term")
	f.add((t.Term.Seconds > 0) != (t.Renewal.Seconds > 0), "terms/renewal/seconds", "with_seconds_of_the_term")
	f.add(t.Term.Seconds > 0 && t.Renewal.Seconds >= t.Term.Seconds, "terms/renewal/seconds", "before_the_end_of_the_term")
	return t, f.err()
}

// Running is how long a term runs until its renewal is decided on, and how long
// that may take.
func (t AmbassadorTerms) Running() (until, renewal Wait) {
	until, renewal = t.Term, t.Renewal
	until.Days, until.Seconds = t.Term.Days-t.Renewal.Days, t.Term.Seconds-t.Renewal.Seconds
	until.Reminders, renewal.Calendar = nil, true
	return until, renewal
}

// OfficeStatus says how an ambassador's office stands.
type OfficeStatus string

// The statuses of an office.
const (
	OfficeActive   OfficeStatus = "active"
	OfficeResigned OfficeStatus = "resigned"
	OfficeEnded    OfficeStatus = "ended" // the term was not renewed
	OfficeRevoked  OfficeStatus = "revoked"
)

// OfficeMove says how an ambassador's office stands from now on. Each part strives
// for a state: done again, it changes nothing.
type OfficeMove struct {
	Status OfficeStatus `json:"status"`
	Until  *time.Time   `json:"until,omitempty"` // the end of the term; nil: as it was
	// Letter is which letter of appointment of the case is issued, from 1; 0: none. It
	// is issued once for the act that the change settles, or for Signed.
	Letter int `json:"letter,omitempty"`
	// Signed is the act by which a director signed: the letter bears their name.
	Signed string `json:"signed,omitempty"`
	// Transfers is the act by which the ambassador names another institution, which
	// is theirs from now on.
	Transfers string `json:"transfers,omitempty"`
}

// OfficeStanding is how an office stands in its case.
type OfficeStanding struct {
	Status OfficeStatus `json:"status"`
	Until  time.Time    `json:"until"`
	// Letters are the acts that brought its letters of appointment about, in order.
	Letters []string `json:"letters"`
}

// Moved is how an office that stood so, or was not there (nil), stands after a move
// that an act brought about ("": none did).
func (o *OfficeStanding) Moved(m OfficeMove, act string) *OfficeStanding {
	var moved OfficeStanding
	switch {
	case o != nil:
		moved = *o
	case m.Until == nil: // there is nothing to give up
		return nil
	}
	moved.Status = cmp.Or(m.Status, moved.Status, OfficeActive)
	if m.Until != nil {
		moved.Until = *m.Until
	}
	if by := m.by(act); m.Letter > 0 && by != "" && !slices.Contains(moved.Letters, by) {
		moved.Letters = append(slices.Clone(moved.Letters), by)
	}
	return &moved
}

// by is the act for which a letter is issued.
func (m OfficeMove) by(act string) string { return cmp.Or(act, m.Signed) }

// IssuedFor is the act for which a change issues a letter of appointment.
func (ch Change) IssuedFor() string { return ch.Office.by(ch.Act) }

// OfficeRecord is what an ambassador has done in office.
type OfficeRecord struct {
	Made     int `json:"made"`     // referrals that name them
	Accepted int `json:"accepted"` // of these
}

// Office is an ambassador's office, as the public list shows it.
type Office struct {
	Case        string
	Branch      string
	Name        string
	Institution Institution
	Status      OfficeStatus
	Since       time.Time
	Until       time.Time
}

// Appointment is a letter of appointment (聘书), as it was issued.
type Appointment struct {
	Code   string // by which anybody can verify it; not to be guessed
	Number string // HZ-LETTER-2026-000012
	Case   string
	AppointmentWords
	IssuedAt time.Time
	Until    time.Time  // the end of the term
	EndedAt  *time.Time // before that: the office was given up, revoked, or another letter took its place
	Ended    AppointmentEnd
}

// AppointmentWords are what the letter says, in both languages, and keeps saying.
type AppointmentWords struct {
	Name        string    `json:"name"`        // of the ambassador
	Institution Text      `json:"institution"` // that they are of
	Branch      Text      `json:"branch"`      // that appoints them
	Director    string    `json:"director"`    // who signed
	From        time.Time `json:"from"`        // the beginning of the term
}

// AppointmentEnd is how a letter came to lose its force before the end of the term.
type AppointmentEnd string

// The ends of a letter.
const (
	NotEnded     AppointmentEnd = ""
	LetterEnded  AppointmentEnd = "ended"    // the office was given up
	LetterOld    AppointmentEnd = "replaced" // by another letter
	LetterLifted AppointmentEnd = "revoked"
)

// AppointmentStanding is what a letter is worth.
type AppointmentStanding string

// What a letter can be worth.
const (
	LetterValid   AppointmentStanding = "valid"
	LetterExpired AppointmentStanding = "expired"
	LetterRevoked AppointmentStanding = "revoked"
)

// Standing is what the letter is worth at a time.
func (a Appointment) Standing(now time.Time) AppointmentStanding {
	switch {
	case a.Ended == LetterLifted:
		return LetterRevoked
	case a.EndedAt != nil || !now.Before(a.Until):
		return LetterExpired
	default:
		return LetterValid
	}
}

// Covered is an institution, and whether an ambassador covers it.
type Covered struct {
	Institution Institution
	Ambassadors int        // in office
	Until       *time.Time // the latest end of their terms; nil: nobody covers it
}

// Expiring reports whether an institution is covered for a short time only: within
// [ExpiringWithin] days, as China counts them, the last of its ambassadors' terms ends.
func (c Covered) Expiring(now time.Time) bool {
	return c.Until != nil && DayOf(*c.Until) <= DayOf(now).Plus(ExpiringWithin)
}

// CoverageOf is how many institutions of a group are covered.
type CoverageOf struct {
	Group    string
	Total    int
	Covered  int // among them Expiring
	Expiring int // within [ExpiringWithin] days
	Open     int
}

// ExpiringWithin is how many days before its end coverage calls a term expiring.
const ExpiringWithin = 90

// Groups are the groups of institutions, in the order in which they are shown.
var Groups = []string{"c9", "overseas", "key_high_school", "university", "company", "association"}

// Coverage counts institutions by group.
func Coverage(list []Covered, now time.Time) []CoverageOf {
	rows := make([]CoverageOf, len(Groups))
	at := map[string]int{}
	for i, g := range Groups {
		rows[i].Group, at[g] = g, i
	}
	for _, c := range list {
		i, known := at[c.Institution.Group]
		if !known {
			i, at[c.Institution.Group] = len(rows), len(rows)
			rows = append(rows, CoverageOf{Group: c.Institution.Group})
		}
		r := &rows[i]
		r.Total++
		switch {
		case c.Until == nil:
			r.Open++
		case c.Expiring(now):
			r.Covered, r.Expiring = r.Covered+1, r.Expiring+1
		default:
			r.Covered++
		}
	}
	return rows
}

var ambassador = Process{
	Kind: Ambassador,
	Stages: []Stage{
		StageSubmitted, StageConsent, StageCheck, StageReview, StageSignature, StageDeclined, StageAppeal, StageTerm, StageRenewal, StageEnded,
	},
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadAmbassadorTerms(raw)
		return err
	},
	Channels: func(raw json.RawMessage) ([]string, error) {
		t, err := ReadAmbassadorTerms(raw)
		return t.Channels, err
	},
	Panel: func(raw json.RawMessage, _ Stage) (Panel, error) {
		t, err := ReadAmbassadorTerms(raw)
		return t.Review, err
	},
	CheckForm: checkAmbassador,
	Asks:      []Party{Applicant},
	Amendable: []Stage{StageCheck},
}

func checkAmbassador(raw json.RawMessage) (Application, error) {
	var form AmbassadorForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	form.Institution = strings.TrimSpace(form.Institution)
	var f fields
	f.words(form.Channel, "channel", 1, 60)
	f.words(form.Institution, "institution", 1, 60)
	f.words(form.Tie, "tie", 1, 500)
	f.words(form.Statement, "statement", 1, 5000)
	f.documents(form.Documents)
	people := []Person{{Party: TheInstitution, Institution: form.Institution, Language: Chinese}} // whose people do not judge the case
	if n := form.Nominee; n != nil {
		n.Name, n.Email = strings.TrimSpace(n.Name), strings.ToLower(strings.TrimSpace(n.Email))
		if n.Language == "" {
			n.Language = Chinese
		}
		f.words(n.Name, "nominee/name", 1, 100)
		f.email(n.Email, "nominee/email")
		f.add(n.Language != Chinese && n.Language != English, "nominee/language", "language")
		people = append(people, Person{Party: Talent, Name: n.Name, Email: n.Email, Institution: form.Institution, Language: n.Language})
	}
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	return Application{Form: stored, People: people, Channel: form.Channel, Branch: form.District, Documents: form.Documents}, nil
}
