package station

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// ReferralForm is what a referrer tells of a talent.
type ReferralForm struct {
	Channel     string   `json:"channel"`
	Name        string   `json:"name"`
	Email       string   `json:"email"`
	Phone       string   `json:"phone,omitempty"`
	Institution string   `json:"institution"` // a code, or a name in words
	Field       string   `json:"field"`
	Evidence    []string `json:"evidence"`
	Why         string   `json:"why"`
	Language    Language `json:"language,omitempty"` // in which the talent is written to
	// Ambassador is the number of the letter of appointment of the ambassador through
	// whom it comes; without it, one who refers in office is named by themself.
	Ambassador string `json:"ambassador,omitempty"`
}

// ReferralTerms are the settings of a referral programme.
type ReferralTerms struct {
	Consent       Wait     `json:"consent"`
	Duplicates    Wait     `json:"duplicates"`
	Check         Wait     `json:"check"`
	Inquiry       Wait     `json:"inquiry"`
	InquiryRounds int      `json:"inquiryRounds"`
	Review        Panel    `json:"review"`
	Appoint       Wait     `json:"appoint"`
	Appeal        Wait     `json:"appeal"`
	Grades        []Grade  `json:"grades"`
	Offers        []Text   `json:"offers"`
	Channels      []string `json:"channels,omitempty"` // empty: all
}

// Grade is given to an accepted talent whose score is at least From.
type Grade struct {
	Code string  `json:"code"`
	From float64 `json:"from"`
}

// DefaultReferralTerms are the settings in brackets of the procedure. A
// programme that leaves a setting out has these.
func DefaultReferralTerms() ReferralTerms {
	week := func() Wait { return Wait{Days: 5, Reminders: []int{3}, Escalate: RoleDirector} }
	return ReferralTerms{
		Consent:       Wait{Days: 14, Calendar: true, Reminders: []int{7, 12}},
		Duplicates:    week(),
		Check:         week(),
		Inquiry:       Wait{Days: 10, Reminders: []int{5, 8}},
		InquiryRounds: 2,
		Review: Panel{
			Reviewers: 3, Quorum: 3, PassMark: 70, Disagreement: 30,
			Criteria: []Criterion{
				{Code: "achievement", Weight: 40, Name: Text{"已有成果", "Achievement"}},
				{Code: "potential", Weight: 40, Name: Text{"发展潜力", "Potential"}},
				{Code: "fit", Weight: 20, Name: Text{"与本市契合度", "Fit with the city"}},
			},
			Wait: Wait{Days: 5, Reminders: []int{3}},
		},
		Appoint: Wait{Days: 5, Reminders: []int{3}},
		Appeal:  Wait{Days: 10},
		Grades:  []Grade{{"A", 90}, {"B", 80}, {"C", 0}},
	}
}

// GradeOf returns the grade of a score.
func (t ReferralTerms) GradeOf(score float64) string {
	best, code := -1.0, ""
	for _, g := range t.Grades {
		if score >= g.From && g.From > best {
			best, code = g.From, g.Code
		}
	}
	return code
}

// ReadReferralTerms reads a programme's settings over the defaults; unknown
// names are errors.
func ReadReferralTerms(raw json.RawMessage) (ReferralTerms, error) {
	t := DefaultReferralTerms()
	// a list that is given replaces the default's: decoding over it would mix
	// the two item by item
	var given struct {
		Review struct{ Criteria json.RawMessage }
		Grades json.RawMessage
	}
	if len(raw) > 0 && json.Unmarshal(raw, &given) == nil {
		if given.Review.Criteria != nil {
			t.Review.Criteria = nil
		}
		if given.Grades != nil {
			t.Grades = nil
		}
	}
	if err := strict(raw, &t); err != nil {
		return t, Refuse(Invalid, "invalid_terms", "read the terms: %v", err)
	}
	var f fields
	t.Consent.check(&f, "terms/consent")
	t.Duplicates.check(&f, "terms/duplicates")
	t.Check.check(&f, "terms/check")
	t.Inquiry.check(&f, "terms/inquiry")
	t.Appoint.check(&f, "terms/appoint")
	t.Appeal.check(&f, "terms/appeal")
	t.Review.check(&f, "terms/review")
	f.add(t.InquiryRounds < 0 || t.InquiryRounds > 9, "terms/inquiryRounds", "between_0_and_9")
	f.add(t.GradeOf(t.Review.PassMark) == "", "terms/grades", "a_grade_for_every_pass")
	return t, f.err()
}

var referral = Process{
	Kind:   Referral,
	Stages: []Stage{StageSubmitted, StageConsent, StageDuplicates, StageCheck, StageReview, StageDeclined, StageAppeal, StageEnded},
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadReferralTerms(raw)
		return err
	},
	Channels: func(raw json.RawMessage) ([]string, error) {
		t, err := ReadReferralTerms(raw)
		return t.Channels, err
	},
	Panel: func(raw json.RawMessage, _ Stage) (Panel, error) {
		t, err := ReadReferralTerms(raw)
		return t.Review, err
	},
	CheckForm: checkReferral,
	Asks:      []Party{Talent, Applicant},
}

func checkReferral(raw json.RawMessage) (Application, error) {
	var form ReferralForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	form.Name, form.Email = strings.TrimSpace(form.Name), strings.TrimSpace(form.Email)
	form.Institution = strings.TrimSpace(form.Institution)
	if form.Language == "" {
		form.Language = Chinese
	}
	var f fields
	f.words(form.Name, "name", 1, 100)
	addr, err := mail.ParseAddress(form.Email)
	f.add(err != nil || addr.Address != form.Email || len(form.Email) > 254, "email", "email")
	f.phone(form.Phone)
	f.words(form.Institution, "institution", 1, 200)
	f.words(form.Field, "field", 1, 100)
	f.words(form.Why, "why", 1, 5000)
	f.words(form.Channel, "channel", 1, 60)
	f.words(form.Ambassador, "ambassador", 0, 60)
	f.add(len(form.Evidence) == 0 || len(form.Evidence) > 20, "evidence", "between_1_and_20")
	for i, e := range form.Evidence {
		u, err := url.Parse(e)
		f.add(err != nil || len(e) > 2000 || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "", fmt.Sprintf("evidence/%d", i), "web_address")
	}
	f.add(form.Language != Chinese && form.Language != English, "language", "language")
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	return Application{Form: stored, Channel: form.Channel, People: []Person{{
		Party: Talent, Name: form.Name, Email: form.Email, Phone: form.Phone,
		Institution: form.Institution, Field: form.Field, Language: form.Language,
	}}}, nil
}

// words checks a text's length in characters, and that PostgreSQL can hold it.
func (f *fields) words(s, path string, least, most int) {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	f.add(n < least, path, "required")
	f.add(n > most, path, fmt.Sprintf("at_most_%d_characters", most))
	f.add(!utf8.ValidString(s) || strings.ContainsRune(s, 0), path, "plain_text")
}

// phoneNumber is a telephone number as people write them, and an extension; how many
// digits it has, phone counts.
var phoneNumber = regexp.MustCompile(`^([0-9 ()+-]+)(?:(?:ext\.?|x|#|转|分机) *[0-9]{1,8} *)?$`)

// phone checks a telephone number, if there is one: 5 to 20 digits, and an extension.
func (f *fields) phone(s string) {
	f.words(s, "phone", 0, 40)
	if strings.TrimSpace(s) == "" {
		return
	}
	digits := 0
	if number := phoneNumber.FindStringSubmatch(strings.ToLower(s)); number != nil {
		digits = len(strings.Map(digitsOnly, number[1]))
	}
	f.add(digits < 5 || digits > 20, "phone", "phone")
}

func digitsOnly(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}

// strict decodes JSON and refuses names it does not know. Empty is no change.
func strict(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
