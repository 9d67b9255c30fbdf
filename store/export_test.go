package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

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

// FundEntriesQuery is the query of FundEntries.
func FundEntriesQuery(code, cursor string) (string, []any, error) {
	l := newEntryListing(code, 0)
	err := l.write(cursor)
	return l.text, l.args, err
}

// FundHeadQuery is the query by which a fund finds who is first in its queue.
func FundHeadQuery(code string, year int) (string, []any) { return selectHead, []any{code, year} }

// PublicQuery is the query of PublicNoticeList.
func PublicQuery(after time.Time, task string, size int) (string, []any) {
	return selectPublic, []any{after, task, size}
}

// PanelQuery is the query by which a panel is chosen.
func PanelQuery(caseID, branch string, exclude []string) (string, []any) {
	return selectPanel, []any{caseID, textArray(exclude), branch}
}

// DuplicatesQuery is the query of Duplicates.
func DuplicatesQuery(caseID string) (string, []any) { return selectDuplicates, []any{caseID, alike} }

// DocumentListQuery is the query of DocumentList.
func DocumentListQuery(q station.DocumentQuery) (string, []any) {
	return selectDocuments, []any{q.Owner, lastID, pageSize(q.Limit) + 1}
}

// AttachDocuments attaches documents in a transaction of its own.
func AttachDocuments(ctx context.Context, db *DB, caseID, owner string, ids []string, at time.Time) error {
	return db.transact(ctx, func(tx *sqlx.Tx) error { return attachDocuments(ctx, tx, caseID, owner, ids, at) })
}

// PutInterests writes what a member has a stake in.
func PutInterests(ctx context.Context, tx *sqlx.Tx, account string, list ...station.Interest) error {
	return putInterests(ctx, tx, account, list)
}

// RankedQuery is the query by which a round's projects are ranked.
func RankedQuery(round string, stage station.Stage) (string, []any) {
	return selectRanked, []any{round, stage, nil, nil}
}

// ProjectsQuery is the query of Projects.
func ProjectsQuery(round, account string) (string, []any) {
	return selectProjects, []any{round, nullable(account)}
}

// StageDaysQuery is the query by which Projects knows how long stages took.
func StageDaysQuery(round string) (string, []any) { return selectStageDays, []any{round} }

// OfficeQueries are those by which offices are listed and counted at a time, and by
// which it is known who is in office.
func OfficeQueries(branch, institution, account, office string, at time.Time) map[string]statement {
	return map[string]statement{
		"offices":           {selectOffices, []any{nullable(branch), institution, uuid.Nil.String(), pageUsual + 1, at}},
		"offices of all":    {selectOffices, []any{nil, institution, uuid.Nil.String(), pageUsual + 1, at}},
		"coverage":          {selectCovered, []any{textArray([]string{branch}), at}},
		"coverage of all":   {selectCovered, []any{textArray(nil), at}},
		"record":            {selectRecord, []any{office, time.Time{}, at}},
		"record to date":    {selectRecord, []any{office, time.Time{}, nil}},
		"who is in office":  {inOffice, []any{account, "nobody@example.com", office}},
		"nominee in office": {nomineeInOffice, []any{"graduate7@example.com"}},
		"letters of a case": {selectAppointment + appointmentsOf, []any{office}},
	}
}

// Read is a statement's text and arguments.
func (s statement) Read() (string, []any) { return s.text, s.args }

// TimelineQuery is the query of Timeline.
func TimelineQuery(settlement string, after station.TimelineMark, limit int) (string, []any) {
	if after.Case == "" {
		after.Case = noID
	}
	return selectTimeline, []any{settlement, after.At, after.Case, after.Seq, limit}
}

// ProviderMonthsQuery is the query of ProviderMonths.
func ProviderMonthsQuery(provider string, from, to time.Time) (string, []any) {
	return selectProviderMonths, []any{provider, from, to}
}

// DocumentsOfCaseQuery is the query of DocumentsOfCase.
func DocumentsOfCaseQuery(caseID string) (string, []any) { return selectDocumentsOfCase, []any{caseID} }

// CasesOfDocumentQuery is the query of CasesOfDocument.
func CasesOfDocumentQuery(id string) (string, []any) { return selectCase + whereServed, []any{id} }
