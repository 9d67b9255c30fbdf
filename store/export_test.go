package store

import (
	"slices"

	"wutong/station"
)

// What follows lets tests in store_test explain the queries that really run.

// BrokenConstraints are the names in the map of constraints.
func BrokenConstraints() []string {
	var names []string
	for name := range broken {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// DomainError is what turns PostgreSQL's errors into the station's.
var DomainError = domainError

// CaseListQuery is the query of CaseList.
func CaseListQuery(q station.CaseQuery) (string, []any, error) {
	l := newCaseListing(q)
	err := l.write()
	return l.text, l.args, err
}

// TaskListQuery is the query of TaskList.
func TaskListQuery(q station.TaskQuery) (string, []any, error) {
	l := newTaskListing(q)
	err := l.write()
	return l.text, l.args, err
}

// TalentListQuery is the query of TalentList.
func TalentListQuery(q station.TalentQuery) (string, []any, error) {
	l := newTalentListing(q)
	err := l.write()
	return l.text, l.args, err
}

// PanelQuery is the query by which a panel is chosen.
func PanelQuery(caseID, branch string, exclude []string) (string, []any) {
	return selectPanel, []any{caseID, textArray(exclude), branch}
}

// DuplicatesQuery is the query of Duplicates.
func DuplicatesQuery(caseID string) (string, []any) { return selectDuplicates, []any{caseID, alike} }
