package station

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// GrantForm is what the legal representative of a company hands in.
type GrantForm struct {
	District  string         `json:"district"` // the branch in whose district the company is registered
	Project   GrantProject   `json:"project"`
	Company   GrantCompany   `json:"company"`
	Applicant GrantApplicant `json:"applicant"`
	Team      GrantTeam      `json:"team"`
	Documents []string       `json:"documents"` // IDs of documents that the applicant uploaded
}

// GrantProject is what money is asked for.
type GrantProject struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Plan    string `json:"plan"` // what the money would be used for
}

// GrantCompany is who gets the money.
type GrantCompany struct {
	Name         string `json:"name"`
	Number       string `json:"number"`       // unified social credit code (GB 32100-2015), 18 characters
	RegisteredOn Day    `json:"registeredOn"` // by its business licence
	// EarlierGrants are the municipal grants that the company says it had.
	EarlierGrants int    `json:"earlierGrants"`
	Bank          string `json:"bank"`    // where it has its account,
	Account       string `json:"account"` // and its number there: what a treasurer pays to
}

// GrantApplicant is who asks.
type GrantApplicant struct {
	LegalRepresentative bool   `json:"legalRepresentative"` // of the company
	GraduatedOn         Day    `json:"graduatedOn"`
	Institution         string `json:"institution"` // a code, or a name in words
}

// GrantTeam is the founding team.
type GrantTeam struct {
	Members int     `json:"members"`
	Share   float64 `json:"share"` // of the company's capital, in percent
}

// GrantTerms are the settings of a grant programme.
type GrantTerms struct {
	Fund          string     `json:"fund"`             // its code
	EndsAt        *time.Time `json:"endsAt,omitempty"` // until when cases wait for money; the programme's closing when left out
	Rules         []Rule     `json:"rules"`            // of eligibility
	Completeness  GrantCheck `json:"completeness"`
	Check         GrantCheck `json:"check"`
	Inquiry       Wait       `json:"inquiry"`
	InquiryRounds int        `json:"inquiryRounds"` // of each check
	Review        Panel      `json:"review"`        // with tiers
	Appoint       Wait       `json:"appoint"`
	Defence       *Defence   `json:"defence,omitempty"` // nil: the paper scores stand
	Notice        Wait       `json:"notice"`
	Objection     Wait       `json:"objection"`
	Sign          Wait       `json:"sign"`
	Agreement     Wait       `json:"agreement"`
	Tranches      []Tranche  `json:"tranches"`
	EvidenceCheck GrantCheck `json:"evidenceCheck"`
	Grace         Wait       `json:"grace"` // while an award is suspended for late evidence
	Payment       Wait       `json:"payment"`
	Report        Wait       `json:"report"` // the closing report
	Repayment     Wait       `json:"repayment"`
	Appeal        Wait       `json:"appeal"`
	Hearing       Wait       `json:"hearing"` // how long an officer has for an appeal that no panel hears
}

// GrantCheck is one level's check, and the parts of the form that it looks at:
// paths such as "company" or "team.share".
type GrantCheck struct {
	Wait
	Level  Level    `json:"level,omitempty"`
	Fields []string `json:"fields,omitempty"`
}

// Defence is an oral defence that an officer may call.
type Defence struct {
	Decide Wait `json:"decide"` // whether to call one
	Hold   Wait `json:"hold"`   // until who came is noted
}

// Tranche is one payment of an award. With Evidence, the applicant first hands
// in a report; its days run from the agreement.
type Tranche struct {
	Name     Text  `json:"name"`
	Percent  int   `json:"percent"`
	Evidence *Wait `json:"evidence,omitempty"`
}

// Rule is a condition of eligibility.
type Rule struct {
	Code     string `json:"code"`
	Says     Text   `json:"says"`
	Source   Text   `json:"source"`             // where the condition comes from
	When     string `json:"when"`               // a CEL expression that is true for who is eligible
	Advisory bool   `json:"advisory,omitempty"` // warns, and stops nobody
}

// DefaultGrantTerms are the settings in brackets of the procedure. A programme
// that leaves a setting out has these; fund, rules and tiers it must name.
func DefaultGrantTerms() GrantTerms {
	week := func() Wait { return Wait{Days: 5, Reminders: []int{3}, Escalate: RoleDirector} }
	fortnight := func() Wait { return Wait{Days: 10, Reminders: []int{5, 8}} }
	return GrantTerms{
		Completeness: GrantCheck{Wait: week(), Fields: []string{"company", "applicant", "documents"}},
		Check:        GrantCheck{Wait: week(), Level: CityLevel, Fields: []string{"project", "company", "applicant", "team"}},
		Inquiry:      fortnight(), InquiryRounds: 2,
		Review: Panel{
			Reviewers: 3, Quorum: 3, PassMark: 60, Disagreement: 30,
			Criteria: []Criterion{
				{Code: "innovation", Weight: 30, Name: Text{"创新性", "Innovation"}},
				{Code: "feasibility", Weight: 30, Name: Text{"可行性", "Feasibility"}},
				{Code: "team", Weight: 20, Name: Text{"团队", "Team"}},
				{Code: "benefit", Weight: 20, Name: Text{"社会与经济效益", "Benefit to society and economy"}},
			},
			Wait: week(),
		},
		Appoint: Wait{Days: 5, Reminders: []int{3}},
		Notice:  Wait{Days: 5}, Objection: Wait{Days: 10, Reminders: []int{5, 8}, Escalate: RoleDirector},
		Sign: Wait{Days: 5, Reminders: []int{3}, Escalate: RoleDirector}, Agreement: fortnight(),
		Tranches: []Tranche{
			{Name: Text{"首期", "First tranche"}, Percent: 50},
			{Name: Text{"中期", "After the mid-term report"}, Percent: 30, Evidence: &Wait{Days: 180, Calendar: true, Reminders: []int{150, 173}}},
			{Name: Text{"验收", "After acceptance"}, Percent: 20, Evidence: &Wait{Days: 365, Calendar: true, Reminders: []int{335, 358}}},
		},
		EvidenceCheck: GrantCheck{Wait: week()},
		Grace:         Wait{Days: 20, Reminders: []int{10, 17}}, Payment: week(),
		Report: Wait{Days: 60, Calendar: true, Reminders: []int{30, 53}}, Repayment: Wait{Days: 30, Reminders: []int{20, 27}, Escalate: RoleDirector},
		Appeal: Wait{Days: 10}, Hearing: Wait{Days: 10, Reminders: []int{5, 8}, Escalate: RoleDirector},
	}
}

// ReadGrantTerms reads a programme's settings over the defaults; unknown names
// are errors. Whether the conditions of its rules can be read is asked when it
// is loaded: a case goes on by its terms even when a later compiler is stricter.
func ReadGrantTerms(raw json.RawMessage) (GrantTerms, error) {
	t, err := overGrantDefaults(raw)
	if err != nil {
		return t, err
	}
	var f fields
	t.check(&f)
	return t, f.err()
}

func overGrantDefaults(raw json.RawMessage) (GrantTerms, error) {
	t := DefaultGrantTerms()
	// a list that is given replaces the default's: decoding over it would mix
	// the two item by item
	var given struct {
		Review   struct{ Criteria json.RawMessage }
		Tranches json.RawMessage
	}
	if len(raw) > 0 && json.Unmarshal(raw, &given) == nil {
		if given.Review.Criteria != nil {
			t.Review.Criteria = nil
		}
		if given.Tranches != nil {
			t.Tranches = nil
		}
	}
	if err := strict(raw, &t); err != nil {
		return t, Refuse(Invalid, "invalid_terms", "read the terms: %v", err)
	}
	return t, nil
}

func (t GrantTerms) check(f *fields) {
	f.add(t.Fund == "", "terms/fund", "required")
	f.add(len(t.Rules) == 0, "terms/rules", "required")
	t.checkRules(f)
	t.Review.check(f, "terms/review")
	f.add(len(t.Review.Tiers) == 0, "terms/review/tiers", "required")
	f.waits(
		namedWait{"completeness", t.Completeness.Wait},
		namedWait{"check", t.Check.Wait},
		namedWait{"inquiry", t.Inquiry},
		namedWait{"appoint", t.Appoint},
		namedWait{"notice", t.Notice},
		namedWait{"objection", t.Objection},
		namedWait{"sign", t.Sign},
		namedWait{"agreement", t.Agreement},
		namedWait{"evidenceCheck", t.EvidenceCheck.Wait},
		namedWait{"grace", t.Grace},
		namedWait{"payment", t.Payment},
		namedWait{"report", t.Report},
		namedWait{"repayment", t.Repayment},
		namedWait{"appeal", t.Appeal},
		namedWait{"hearing", t.Hearing},
	)
	if t.Defence != nil {
		t.Defence.Decide.check(f, "terms/defence/decide")
		t.Defence.Hold.check(f, "terms/defence/hold")
	}
	f.add(t.InquiryRounds < 0 || t.InquiryRounds > 9, "terms/inquiryRounds", "between_0_and_9")
	sum := 0
	for i, tr := range t.Tranches {
		at := fmt.Sprintf("terms/tranches/%d", i)
		f.add(tr.Name.Zh == "" || tr.Name.En == "", at+"/name", "both_languages")
		f.add(tr.Percent < 1 || tr.Percent > 100, at+"/percent", "between_1_and_100")
		if tr.Evidence != nil {
			tr.Evidence.check(f, at+"/evidence")
		}
		sum += tr.Percent
	}
	f.add(sum != 100, "terms/tranches", "percents_of_100")
}

// TrancheFen is what tranche i (from 0) of an award comes to, in fen; the last
// one takes what rounding left.
func (t GrantTerms) TrancheFen(award int64, i int) int64 {
	if i < len(t.Tranches)-1 {
		return Share(award, t.Tranches[i].Percent)
	}
	rest := award
	for _, tr := range t.Tranches[:i] {
		rest -= Share(award, tr.Percent)
	}
	return rest
}

// Touches reports whether changes of a form (paths of its fields) touch what a
// check looks at.
func (g GrantCheck) Touches(changed []string) bool {
	return slices.ContainsFunc(changed, func(path string) bool {
		return slices.ContainsFunc(g.Fields, func(f string) bool { return path == f || strings.HasPrefix(path, f+".") })
	})
}

var grant = Process{
	Kind: Grant,
	Stages: []Stage{
		StageSubmitted, StageEligibility, StageCompleteness, StageCheck, StageReview, StageDefence, StageFunds, StageNotice, StageSignature,
		StageAgreement, StageTranches, StageSuspended, StageClosing, StageRepayment, StageDeclined, StageAppeal, StageEnded,
	},
	CheckTerms: checkGrantTerms,
	Rules: func(raw json.RawMessage) ([]Rule, error) {
		t, err := ReadGrantTerms(raw)
		return t.Rules, err
	},
	Panel: func(raw json.RawMessage, _ Stage) (Panel, error) {
		t, err := ReadGrantTerms(raw)
		return t.Review, err
	},
	Fund: func(raw json.RawMessage) (string, error) {
		t, err := ReadGrantTerms(raw)
		return t.Fund, err
	},
	CheckForm: checkGrant,
	Asks:      []Party{Applicant, District},
	Amendable: []Stage{StageCompleteness, StageCheck},
}

func checkGrant(raw json.RawMessage) (Application, error) {
	var form GrantForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	for _, s := range []*string{&form.District, &form.Project.Name, &form.Company.Name, &form.Company.Number, &form.Company.Bank, &form.Company.Account, &form.Applicant.Institution} {
		*s = strings.TrimSpace(*s)
	}
	form.Company.Number = strings.ToUpper(form.Company.Number)
	var f fields
	f.words(form.District, "district", 1, 60)
	f.words(form.Project.Name, "project/name", 1, 200)
	f.words(form.Project.Summary, "project/summary", 1, 5000)
	f.words(form.Project.Plan, "project/plan", 1, 5000)
	f.words(form.Company.Name, "company/name", 1, 200)
	f.add(!isCreditCode(form.Company.Number), "company/number", "credit_code")
	f.day(form.Company.RegisteredOn, "company/registeredOn")
	f.add(form.Company.EarlierGrants < 0 || form.Company.EarlierGrants > 100, "company/earlierGrants", "between_0_and_100")
	f.words(form.Company.Bank, "company/bank", 1, 200)
	f.add(!accountNumber.MatchString(form.Company.Account), "company/account", "account_number")
	f.day(form.Applicant.GraduatedOn, "applicant/graduatedOn")
	f.words(form.Applicant.Institution, "applicant/institution", 1, 200)
	f.add(form.Team.Members < 1 || form.Team.Members > 1000, "team/members", "between_1_and_1000")
	f.add(form.Team.Share < 0 || form.Team.Share > 100, "team/share", "between_0_and_100")
	f.documents(form.Documents)
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	return Application{
		Form: stored, Branch: form.District, Documents: form.Documents,
		People: []Person{
			{Party: Company, Name: form.Company.Name, Institution: form.Company.Number, Language: Chinese},
			{Party: Applicant, Institution: form.Applicant.Institution, Language: Chinese}, // for the rules of conflict
		},
	}, nil
}

// accountNumber is the number of an account at a bank in China.
var accountNumber = regexp.MustCompile(`^[0-9]{8,32}$`)

func (f *fields) day(d Day, path string) {
	t, err := d.Time()
	f.add(err != nil || t.Year() < 1949 || t.Year() > 2200, path, "date")
}

// documents checks the IDs of documents; whether they are there and the
// applicant's is looked at where they are kept.
func (f *fields) documents(ids []string) {
	f.add(len(ids) > 30, "documents", "at_most_30_items")
	for i, id := range ids {
		f.add(uuid.Validate(id) != nil || slices.Index(ids, id) < i, fmt.Sprintf("documents/%d", i), "document")
	}
}

// isCreditCode checks the form and the check character of a unified social
// credit code (GB 32100-2015).
func isCreditCode(s string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(alphabet, s[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return s[17] == alphabet[(31-sum%31)%31]
}
