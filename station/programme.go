package station

import (
	"encoding/json"
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
	Kind       Kind
	CheckTerms func(json.RawMessage) error
	// CheckForm reads an application and returns it in its stored form, with
	// whom it is about.
	CheckForm func(form json.RawMessage) (Application, error)
	// Channels returns the ways in that a programme takes; none means all.
	Channels func(terms json.RawMessage) ([]string, error)
	// Panel returns the rubric that reviewers score by.
	Panel func(terms json.RawMessage) (Panel, error)
	// Stages in their usual order.
	Stages []Stage
}

// Application is what someone hands in, checked.
type Application struct {
	Form    json.RawMessage
	People  []Person
	Channel string // the way it came, where the process knows ways
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
var Processes = map[Kind]Process{Referral: referral}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if s != "" && strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}
