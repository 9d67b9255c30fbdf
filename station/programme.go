package station

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Programme is one configured run of a process.
type Programme struct {
	Code     string          `json:"code"`
	Kind     Kind            `json:"kind"`
	Branch   string          `json:"branch"` // whose programme it is
	Name     Text            `json:"name"`
	About    Text            `json:"about"`
	OpensAt  time.Time       `json:"opensAt"`
	ClosesAt time.Time       `json:"closesAt"`
	Terms    json.RawMessage `json:"terms"` // the process's settings
}

// Check reports what is wrong with a programme, terms included.
func (p Programme) Check() error {
	var f fields
	f.add(p.Code == "", "code", "required")
	f.add(p.Branch == "", "branch", "required")
	f.add(p.Name.Zh == "" || p.Name.En == "", "name", "both_languages")
	f.add(!p.ClosesAt.After(p.OpensAt), "closesAt", "after_opensAt")
	proc, ok := Processes[p.Kind]
	f.add(!ok, "kind", "unknown_kind")
	if err := f.err(); err != nil {
		return err
	}
	return proc.CheckTerms(p.Terms)
}

// Process is what the station must know of a kind of case to take it in and to
// take acts on it; the order of its steps is in workflows.
type Process struct {
	Kind Kind
	// Internal says that no person opens such a case: another case does.
	Internal   bool
	CheckTerms func(json.RawMessage) error
	// CheckForm reads an application and returns it in its stored form, with
	// whom it is about.
	CheckForm func(form json.RawMessage) (Application, error)
	// Channels returns the ways in that a programme takes; none means all.
	Channels func(terms json.RawMessage) ([]string, error)
	// Starters are the roles of which one is needed to open a case; none means
	// that whoever may open any may open these.
	Starters []Role
	// Panel returns the rubric that reviewers score by in a stage.
	Panel func(terms json.RawMessage, stage Stage) (Panel, error)
	// Rules returns a programme's conditions of eligibility.
	Rules func(terms json.RawMessage) ([]Rule, error)
	// Stages in their usual order.
	Stages []Stage
	// Fund returns the code of the fund that pays.
	Fund func(terms json.RawMessage) (string, error)
	// Asks are whom an inquiry can go to.
	Asks []Party
	// Amendable are the stages in which the answer to an inquiry can change the
	// form. Later on it can only add documents: what was decided stands on it.
	Amendable []Stage
}

// Amend makes the changes of a merge patch (RFC 7396) in a form. It returns the
// application as it is then, and the paths of the fields that differ, sorted.
func (p Process) Amend(form, patch json.RawMessage) (Application, []string, error) {
	var before, changes any
	if len(p.Amendable) == 0 { // it may have no form
		return Application{}, nil, BadField("changes", "cannot_change")
	}
	if err := json.Unmarshal(form, &before); err != nil {
		return Application{}, nil, fmt.Errorf("read the form: %w", err)
	}
	if err := json.Unmarshal(patch, &changes); err != nil {
		return Application{}, nil, BadField("changes", "object")
	}
	if _, ok := changes.(map[string]any); !ok {
		return Application{}, nil, BadField("changes", "cannot_change")
	}
	merged, err := json.Marshal(mergePatch(before, changes))
	if err != nil {
		return Application{}, nil, fmt.Errorf("write the form: %w", err)
	}
	app, err := p.CheckForm(merged)
	if e, ok := errors.AsType[*Error](err); ok {
		if len(e.Fields) == 0 { // names that the form does not know, or values of another type
			return Application{}, nil, BadField("changes", "format")
		}
		for i := range e.Fields {
			e.Fields[i].Path = "changes/" + e.Fields[i].Path
		}
	}
	if err != nil {
		return Application{}, nil, err
	}
	var after any
	if err := json.Unmarshal(app.Form, &after); err != nil {
		return Application{}, nil, fmt.Errorf("read the form: %w", err)
	}
	return app, differing("", before, after), nil
}

// mergePatch is RFC 7396.
func mergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	merged := maps.Clone(object)
	for name, v := range changes {
		if v == nil {
			delete(merged, name)
		} else {
			merged[name] = mergePatch(merged[name], v)
		}
	}
	return merged
}

// differing are the paths (a.b) at which two forms differ.
func differing(path string, a, b any) (paths []string) {
	x, isX := a.(map[string]any)
	y, isY := b.(map[string]any)
	if !isX || !isY {
		if reflect.DeepEqual(a, b) {
			return nil
		}
		return []string{path}
	}
	all := maps.Clone(x)
	maps.Copy(all, y)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		paths = append(paths, differing(at, x[name], y[name])...)
	}
	return paths
}

// Application is what someone hands in, checked.
type Application struct {
	Form    json.RawMessage
	People  []Person
	Channel string // the way it came, where the process knows ways
	// Branch is whose case it is: one of the programme's, or a district of it;
	// the programme's when "".
	Branch    string
	Documents []string // IDs of documents of the applicant
	// Invites says that it is an officer's invitation of somebody else.
	Invites bool
}

// Person is someone a case concerns, with what is needed to reach them and to
// know them again.
type Person struct {
	Party       Party
	Account     string
	Name        string
	Email       string
	Phone       string
	Institution string
	Field       string
	Language    Language
}

// Processes are the processes of this station.
var Processes = map[Kind]Process{
	Referral: referral, Grant: grant, Angel: angel, Round: round, Pitch: pitch,
	Ambassador: ambassador, SettlementKind: settlement, ServiceKind: service,
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if s != "" && strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}
