package eligibility

import (
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// Facts are what a condition can look at. Dates are beginnings of days in
// China's time.
type Facts struct {
	Today     time.Time // the day of application
	Project   Project
	Company   Company
	Applicant Applicant
	Team      Team
	Known     Known
}

// Project is what money is asked for.
type Project struct{ Name, Summary, Plan string }

// Company is who gets it.
type Company struct {
	Name, Number  string
	RegisteredOn  time.Time
	EarlierGrants int // that it says it had
}

// Applicant is who asks.
type Applicant struct {
	LegalRepresentative bool
	GraduatedOn         time.Time
	Institution         string
}

// Team is the founding team.
type Team struct {
	Members int
	Share   float64 // of the company's capital, in percent
}

// Known is what the station knows of the company.
type Known struct {
	Projects int // its other grants
	Awarded  int // those of them that were awarded
}

// field is a fact as conditions name it.
type field struct {
	path string
	typ  *cel.Type
	of   func(*Facts) any
}

var fields = []field{
	{"today", cel.TimestampType, func(f *Facts) any { return f.Today }},
	{"project.name", cel.StringType, func(f *Facts) any { return f.Project.Name }},
	{"project.summary", cel.StringType, func(f *Facts) any { return f.Project.Summary }},
	{"project.plan", cel.StringType, func(f *Facts) any { return f.Project.Plan }},
	{"company.name", cel.StringType, func(f *Facts) any { return f.Company.Name }},
	{"company.number", cel.StringType, func(f *Facts) any { return f.Company.Number }},
	{"company.registeredOn", cel.TimestampType, func(f *Facts) any { return f.Company.RegisteredOn }},
	{"company.earlierGrants", cel.IntType, func(f *Facts) any { return f.Company.EarlierGrants }},
	{"applicant.legalRepresentative", cel.BoolType, func(f *Facts) any { return f.Applicant.LegalRepresentative }},
	{"applicant.graduatedOn", cel.TimestampType, func(f *Facts) any { return f.Applicant.GraduatedOn }},
	{"applicant.institution", cel.StringType, func(f *Facts) any { return f.Applicant.Institution }},
	{"team.members", cel.IntType, func(f *Facts) any { return f.Team.Members }},
	{"team.share", cel.DoubleType, func(f *Facts) any { return f.Team.Share }},
	{"known.projects", cel.IntType, func(f *Facts) any { return f.Known.Projects }},
	{"known.awarded", cel.IntType, func(f *Facts) any { return f.Known.Awarded }},
}

var (
	byPath  = map[string]field{}
	objects = map[string][]string{} // company → its fields, in order
)

func init() {
	for _, f := range fields {
		byPath[f.path] = f
		if object, name, ok := strings.Cut(f.path, "."); ok {
			objects[object] = append(objects[object], name)
		}
	}
}

// shown is a fact's value as JSON has it.
func (f field) shown(facts *Facts) any {
	v := f.of(facts)
	if t, ok := v.(time.Time); ok {
		return t.In(china).Format(time.DateOnly)
	}
	return v
}

// ResolveName and Parent make Facts what CEL evaluates on. An object is all of
// the facts: its fields know where to look.
func (f *Facts) ResolveName(name string) (any, bool) {
	if objects[name] != nil {
		return f, true
	}
	if one, ok := byPath[name]; ok {
		return one.of(f), true
	}
	return nil, false
}

// Parent is none.
func (f *Facts) Parent() cel.Activation { return nil }

// typeOf is an object's type. No expression can spell its name, so none can make
// such an object.
func typeOf(object string) string { return "the " + object }

// shape tells CEL which fields an object has.
type shape struct{ types.Provider }

func (s shape) FindStructType(name string) (*types.Type, bool) {
	if object, ok := strings.CutPrefix(name, "the "); ok && objects[object] != nil {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return s.Provider.FindStructType(name)
}

func (s shape) FindStructFieldNames(name string) ([]string, bool) {
	if object, ok := strings.CutPrefix(name, "the "); ok && objects[object] != nil {
		return objects[object], true
	}
	return s.Provider.FindStructFieldNames(name)
}

func (s shape) FindStructFieldType(name, fieldName string) (*types.FieldType, bool) {
	object, ok := strings.CutPrefix(name, "the ")
	if !ok {
		return s.Provider.FindStructFieldType(name, fieldName)
	}
	f, ok := byPath[object+"."+fieldName]
	if !ok {
		return nil, false
	}
	return &types.FieldType{
		Type:    f.typ,
		IsSet:   func(any) bool { return true },
		GetFrom: func(facts any) (any, error) { return f.of(facts.(*Facts)), nil },
	}, true
}
