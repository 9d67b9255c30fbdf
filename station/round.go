package station

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// RoundForm is what an officer says who opens a round. What is left out is as in
// the programme.
type RoundForm struct {
	Code          string      `json:"code"` // by which projects apply: the round's own programme
	Name          Text        `json:"name"`
	About         Text        `json:"about,omitzero"`
	Times         Timetable   `json:"times"`
	Capacity      int         `json:"capacity,omitempty"`
	MinimumTicket int64       `json:"minimumTicket,omitempty"` // fen
	Minimum       int64       `json:"minimum,omitempty"`       // fen
	Match         *RoundMatch `json:"match,omitempty"`
}

// Timetable is when a round's phases end. Each comes after the one before.
type Timetable struct {
	CallOpens          time.Time `json:"callOpens"`
	CallCloses         time.Time `json:"callCloses"`
	ScreeningCloses    time.Time `json:"screeningCloses"`
	PitchesAt          time.Time `json:"pitchesAt"` // seats are confirmed until then
	ScoresClose        time.Time `json:"scoresClose"`
	DeliberationCloses time.Time `json:"deliberationCloses"`
}

// Ends returns when a phase of a round ends; the zero time for one that ends
// with the last project.
func (t Timetable) Ends(phase Stage) time.Time {
	switch phase {
	case StageCall:
		return t.CallCloses
	case StageScreening:
		return t.ScreeningCloses
	case StageSeats:
		return t.PitchesAt
	case StagePitches:
		return t.ScoresClose
	case StageDeliberation:
		return t.DeliberationCloses
	default:
		return time.Time{}
	}
}

// Phases are the phases of a round, in their order.
var Phases = []Stage{StageCall, StageScreening, StageSeats, StagePitches, StageDeliberation, StageClosing, StageEnded}

func (t Timetable) check(f *fields, path string) {
	before := time.Time{}
	for _, at := range []struct {
		name string
		time.Time
	}{
		{"callOpens", t.CallOpens},
		{"callCloses", t.CallCloses},
		{"screeningCloses", t.ScreeningCloses},
		{"pitchesAt", t.PitchesAt},
		{"scoresClose", t.ScoresClose},
		{"deliberationCloses", t.DeliberationCloses},
	} {
		f.add(at.IsZero(), path+"/"+at.name, "required")
		f.add(!at.After(before) || at.Year() > 2200, path+"/"+at.name, "rising")
		before = at.Time
	}
}

// RoundMatch is what the fund adds to a syndicate.
type RoundMatch struct {
	Percent  int   `json:"percent"`  // of what the angels invest; 0: nothing
	Cap      int64 `json:"cap"`      // per project, fen
	RoundCap int64 `json:"roundCap"` // in the whole round, fen
}

// Of is what the fund adds to an investment, in fen, the cap of the round apart.
func (m RoundMatch) Of(fen int64) int64 { return min(Share(fen, m.Percent), m.Cap) }

// RoundTerms are the settings of a programme of rounds and, with what the officer
// said, of one round.
type RoundTerms struct {
	Fund          string     `json:"fund,omitempty"` // that adds to a syndicate; "": none does
	Match         RoundMatch `json:"match"`
	Capacity      int        `json:"capacity"`
	MinimumTicket int64      `json:"minimumTicket"` // of one angel, fen
	Minimum       int64      `json:"minimum"`       // of a syndicate, fen
	Screening     Panel      `json:"screening"`     // Reviewers are the angels; an officer scores, too
	Rubric        Panel      `json:"rubric"`        // of the pitch day
	Seat          Wait       `json:"seat"`
	Attendance    Wait       `json:"attendance"`
	Feedback      Wait       `json:"feedback"`
	Closing       Wait       `json:"closing"`
	Refill        Wait       `json:"refill"`
	Payment       Wait       `json:"payment"`

	Round RoundOpened `json:"round,omitzero"` // of one round only
}

// RoundOpened is what its projects know of a round. The timetable can have moved
// since.
type RoundOpened struct {
	Case  string    `json:"case"`
	Times Timetable `json:"times"`
}

// DefaultRoundTerms are the settings in brackets of the procedure.
func DefaultRoundTerms() RoundTerms {
	week := func() Wait { return Wait{Days: 5, Reminders: []int{3}, Escalate: RoleDirector} }
	return RoundTerms{
		Capacity: 10, MinimumTicket: 10_000_000, Minimum: 50_000_000,
		Screening: Panel{
			Reviewers: 2, Quorum: 2, Scale: &Scale{Least: 1, Most: 4},
			Criteria: []Criterion{{Code: "invite", Weight: 1, Name: Text{"是否邀请", "Invite?"}}},
		},
		Rubric: Panel{
			Reviewers: 1, Quorum: 1,
			Criteria: []Criterion{
				{Code: "team", Weight: 25, Name: Text{"团队", "Team"}},
				{Code: "market", Weight: 20, Name: Text{"市场", "Market"}},
				{Code: "product", Weight: 25, Name: Text{"产品", "Product"}},
				{Code: "feasibility", Weight: 15, Name: Text{"可行性", "Feasibility"}},
				{Code: "fit", Weight: 15, Name: Text{"与本市契合度", "Fit with the city"}},
			},
		},
		Seat: Wait{Days: 3, Reminders: []int{2}}, Attendance: week(), Feedback: week(),
		Closing: Wait{Days: 30, Calendar: true, Reminders: []int{15, 27}}, Refill: Wait{Days: 5, Reminders: []int{3}}, Payment: week(),
	}
}

// ReadRoundTerms reads a programme's settings over the defaults; unknown names
// are errors.
func ReadRoundTerms(raw json.RawMessage) (RoundTerms, error) {
	t := DefaultRoundTerms()
	// a list that is given replaces the default's: decoding over it would mix
	// the two item by item
	var given struct {
		Screening, Rubric struct{ Criteria json.RawMessage }
		Round             json.RawMessage
	}
	if len(raw) > 0 && json.Unmarshal(raw, &given) == nil {
		if given.Round != nil { // those of one round are whole: what they leave out is not there
			t = RoundTerms{}
		}
		if given.Screening.Criteria != nil {
			t.Screening.Criteria = nil
		}
		if given.Rubric.Criteria != nil {
			t.Rubric.Criteria = nil
		}
	}
	if err := strict(raw, &t); err != nil {
		return t, Refuse(Invalid, "invalid_terms", "read the terms: %v", err)
	}
	var f fields
	t.check(&f)
	return t, f.err()
}

func (t RoundTerms) check(f *fields) {
	f.add(t.Capacity < 1 || t.Capacity > 10_000, "terms/capacity", "between_1_and_10000")
	f.add(t.MinimumTicket < 1, "terms/minimumTicket", "at_least_1")
	f.add(t.Minimum < t.MinimumTicket, "terms/minimum", "at_least_minimumTicket")
	f.add(t.Match.Percent < 0 || t.Match.Percent > 100, "terms/match/percent", "between_0_and_100")
	f.add(t.Match.Cap < 0 || t.Match.RoundCap < 0, "terms/match/cap", "at_least_0")
	f.add((t.Match.Percent > 0) != (t.Fund != ""), "terms/fund", "with_match")
	for _, p := range []struct {
		path string
		Panel
	}{{"screening", t.Screening}, {"rubric", t.Rubric}} {
		p.Wait = Wait{Days: 1} // the timetable says when it ends
		p.check(f, "terms/"+p.path)
	}
	f.waits(
		namedWait{"seat", t.Seat}, namedWait{"attendance", t.Attendance}, namedWait{"feedback", t.Feedback}, namedWait{"closing", t.Closing}, namedWait{"refill", t.Refill}, namedWait{"payment", t.Payment},
	)
}

// With returns the settings of one round.
func (t RoundTerms) With(caseID string, form RoundForm) RoundTerms {
	if form.Capacity > 0 {
		t.Capacity = form.Capacity
	}
	if form.MinimumTicket > 0 {
		t.MinimumTicket = form.MinimumTicket
	}
	if form.Minimum > 0 {
		t.Minimum = form.Minimum
	}
	if form.Match != nil {
		t.Match = *form.Match
	}
	t.Round = RoundOpened{Case: caseID, Times: form.Times}
	return t
}

// OpenRound returns the programme by which projects apply to a round, from the
// programme of rounds and what the officer said. Invalid says what of that does
// not go together.
func OpenRound(p Programme, caseID string, form json.RawMessage) (Programme, error) {
	var said RoundForm
	if err := strict(form, &said); err != nil {
		return Programme{}, fmt.Errorf("read what was said of the round: %w", err)
	}
	terms, err := ReadRoundTerms(p.Terms)
	if err != nil {
		return Programme{}, err
	}
	terms = terms.With(caseID, said)
	var f fields
	terms.check(&f)
	for i := range f {
		f[i].Path = strings.TrimPrefix(f[i].Path, "terms/")
	}
	if err := f.err(); err != nil {
		return Programme{}, err
	}
	raw, err := json.Marshal(terms)
	if err != nil {
		return Programme{}, fmt.Errorf("write the round's settings: %w", err)
	}
	return Programme{
		Code: said.Code, Kind: Pitch, Branch: p.Branch, Name: said.Name, About: said.About,
		OpensAt: said.Times.CallOpens, ClosesAt: said.Times.CallCloses, Terms: raw,
	}, nil
}

// RoundMove begins a phase of a round, or moves its timetable, and says to its
// projects how they go on.
//
//   - screening: every project is screened.
//   - seats: the best by their scores are invited, the others wait in that order.
//   - pitches: those who confirmed pitch, in running order; the others have no seat.
//   - deliberation: the angels deliberate on those who pitched.
//   - closing: the deliberation is over.
//   - ended: nothing any more.
type RoundMove struct {
	Phase  Stage      `json:"phase,omitempty"`
	Times  *Timetable `json:"times,omitempty"`  // instead of those before
	Cancel bool       `json:"cancel,omitempty"` // the round is not held
}

// RoundMoved is how many projects a RoundMove told, and how many are still in
// the round.
type RoundMoved struct {
	Told int `json:"told"`
	Open int `json:"open"`
}

// roundCode is how a round's code may look: it stands in addresses.
var roundCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{2,59}$`)

var round = Process{
	Kind:     Round,
	Starters: []Role{RoleOfficer},
	Stages:   append([]Stage{StageSubmitted}, Phases...),
	CheckTerms: func(raw json.RawMessage) error {
		_, err := ReadRoundTerms(raw)
		return err
	},
	Fund:      roundFund,
	CheckForm: checkRound,
}

func roundFund(raw json.RawMessage) (string, error) {
	t, err := ReadRoundTerms(raw)
	return t.Fund, err
}

func checkRound(raw json.RawMessage) (Application, error) {
	var form RoundForm
	if err := strict(raw, &form); err != nil {
		return Application{}, Refuse(Invalid, "invalid", "read the form: %v", err)
	}
	var f fields
	f.add(!roundCode.MatchString(form.Code), "code", "code")
	for _, t := range []struct {
		path string
		text string
		most int
	}{{"name/zh-CN", form.Name.Zh, 200}, {"name/en", form.Name.En, 200}, {"about/zh-CN", form.About.Zh, 5000}, {"about/en", form.About.En, 5000}} {
		least := 1
		if strings.HasPrefix(t.path, "about") {
			least = 0
		}
		f.words(t.text, t.path, least, t.most)
	}
	form.Times.check(&f, "times")
	f.add(form.Capacity < 0 || form.Capacity > 10_000, "capacity", "between_1_and_10000")
	f.add(form.MinimumTicket < 0, "minimumTicket", "at_least_1")
	f.add(form.Minimum < 0, "minimum", "at_least_1")
	if err := f.err(); err != nil {
		return Application{}, err
	}
	stored, err := json.Marshal(form)
	if err != nil {
		return Application{}, fmt.Errorf("store the form: %w", err)
	}
	return Application{Form: stored}, nil
}
