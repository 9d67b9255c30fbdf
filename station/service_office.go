package station

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Ambassadors lists who is in office, of a branch and its districts, or ("") of all;
// whose term is over, only when it is renewed. It is for everybody.
func (s *Service) Ambassadors(ctx context.Context, branch string, limit int, cursor string) (Page[Office], error) {
	if _, err := s.cityOf(ctx, branch); err != nil {
		return Page[Office]{}, err
	}
	return s.store.OfficeList(ctx, branch, s.now(), limit, cursor)
}

// IssuedLetter is a letter of appointment, and what it is worth now.
type IssuedLetter struct {
	Appointment
	Standing AppointmentStanding
}

// Letter is the letter of appointment that has a code, however the code was written.
// It is for everybody who has it.
func (s *Service) Letter(ctx context.Context, code string) (IssuedLetter, error) {
	unknown := Refuse(NotFound, "letter_unknown", "no letter has this code")
	code, ok := LetterCode(code)
	if !ok {
		return IssuedLetter{}, unknown
	}
	a, err := s.store.AppointmentByCode(ctx, code)
	if CodeOf(err) == NotFound {
		return IssuedLetter{}, unknown
	} else if err != nil {
		return IssuedLetter{}, err
	}
	return IssuedLetter{a, a.Standing(s.now())}, nil
}

// crockford are the digits of a letter's code: Douglas Crockford's base 32, in which
// no two look alike.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// letterCodeLength is how many of them a code has.
const letterCodeLength = 12

// LetterCode reads a letter's code as a person may have copied it: in small letters,
// with spaces and dashes, in full width, with O for 0, and I or L for 1. It returns
// the code as it was issued, and whether it can be one.
func LetterCode(written string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch r = unicode.ToUpper(r); {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
			return -1
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		default:
			return r
		}
	}, written)
	fits := len(code) == letterCodeLength && strings.Trim(code, crockford) == ""
	return code, fits
}

// letters are the letters of appointment that a case issued, the newest first.
func (s *Service) letters(ctx context.Context, c Case) ([]IssuedLetter, error) {
	if c.Kind != Ambassador {
		return nil, nil
	}
	issued, err := s.store.AppointmentsOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	list := make([]IssuedLetter, len(issued))
	for i, a := range issued {
		list[i] = IssuedLetter{a, a.Standing(s.now())}
	}
	return list, nil
}

// checkOfficeBody says what is wrong with what only ambassadors say: that they move
// to another institution. Whether it is known is looked at where the act is kept.
func (s *Service) checkOfficeBody(ctx context.Context, f *fields, t Task, c Case, b Body) error {
	if t.Kind != TaskOffice || b.Verdict != Transfer {
		f.add(b.Institution != "", "institution", "not_expected")
		f.add(len(b.Documents) > 0, "documents", "not_expected")
		return nil
	}
	f.documents(b.Documents)
	f.add(len(b.Documents) == 0, "documents", "required")
	f.words(b.Institution, "institution", 1, 60)
	office, err := s.store.OfficeOf(ctx, c.ID)
	if CodeOf(err) == NotFound { // the case refuses it
		return nil
	}
	f.add(strings.EqualFold(b.Institution, office.Institution.Code), "institution", "no_change")
	return err
}

// checkNominee refuses changes of an application by which another person would take
// the nominee's place.
func checkNominee(c Case, changed []string) error {
	i := slices.IndexFunc(changed, func(path string) bool { return path == "nominee" || strings.HasPrefix(path, "nominee.") })
	if c.Kind != Ambassador || i < 0 {
		return nil
	}
	return BadField("changes/"+strings.ReplaceAll(changed[i], ".", "/"), "cannot_change")
}

// transferTo is the institution that an ambassador wants to move to, for a task that
// checks the tie to it; nil for any other task.
func (s *Service) transferTo(ctx context.Context, t Task) (*Institution, error) {
	if t.Kind != TaskTie {
		return nil, nil
	}
	said, err := s.said(ctx, t)
	if err != nil {
		return nil, err
	}
	known, err := s.store.Institutions(ctx)
	i := slices.IndexFunc(known, func(k Institution) bool { return strings.EqualFold(k.Code, said.Institution) })
	if err != nil || i < 0 {
		return nil, err
	}
	return &known[i], nil
}

// InOffice is what an ambassador has done since a time, up to when the renewal was
// due, as the officer reads it who renews the term.
type InOffice struct {
	OfficeRecord
	Since time.Time
}

// recordIn is the record that a task shows; nil for a task that shows none.
func recordIn(t Task) *InOffice {
	made, counted := t.Details.Int("made")
	if t.Kind != TaskRenewal || !counted {
		return nil
	}
	accepted, _ := t.Details.Int("accepted")
	since, _ := t.Details["since"].(string)
	at, _ := time.Parse(time.RFC3339, since)
	return &InOffice{OfficeRecord{Made: int(made), Accepted: int(accepted)}, at}
}

// CoverageReport is which institutions ambassadors cover.
type CoverageReport struct {
	Branch       Branch // whose ambassadors are counted, with its districts'; without a code: all
	At           time.Time
	Groups       []CoverageOf
	Institutions []Covered
}

// Coverage counts the institutions that ambassadors of a branch and its districts
// cover; of all that the actor may see, if no branch is named.
func (s *Service) Coverage(ctx context.Context, who Actor, branch string) (CoverageReport, error) {
	if reach(who.Account, ToSeeCoverage) == Never {
		return CoverageReport{}, Errorf(Forbidden, "account %s may not %s", who.ID, ToSeeCoverage)
	}
	all, err := s.store.Branches(ctx)
	if err != nil {
		return CoverageReport{}, err
	}
	report := CoverageReport{At: s.now()}
	sees := visibility(who.Account, ToSeeCoverage)
	if branch == "" && !sees.All {
		branch = who.Branch
	}
	var within []string
	if branch != "" || !sees.All {
		at := slices.IndexFunc(all, func(b Branch) bool { return b.Code == branch })
		switch {
		case at < 0 && branch != "":
			return CoverageReport{}, BadField("branch", "unknown_branch")
		case !sees.All && !slices.Contains(sees.Branches, branch):
			return CoverageReport{}, Errorf(Forbidden, "account %s may not %s of branch %s", who.ID, ToSeeCoverage, branch)
		}
		report.Branch = all[at]
		for _, b := range all {
			if b.Code == branch || b.Parent == branch {
				within = append(within, b.Code)
			}
		}
	}
	if report.Institutions, err = s.store.Covered(ctx, within, report.At); err != nil {
		return CoverageReport{}, err
	}
	report.Groups = Coverage(report.Institutions, report.At)
	return report, nil
}
