package station

import (
	"context"
	"time"
)

// Offices keeps ambassadors' offices, and their letters of appointment.
type Offices interface {
	// OfficeList lists ambassadors in office whose term is not over at a time, by
	// institution; of a branch and its districts, or ("") of all.
	OfficeList(ctx context.Context, branch string, at time.Time, limit int, cursor string) (Page[Office], error)
	// OfficeOf returns the office that a case gave; NotFound if it gave none.
	OfficeOf(ctx context.Context, caseID string) (Office, error)
	// OfficeRecord is what an ambassador has done since a time, and before another
	// (zero: to this day).
	OfficeRecord(ctx context.Context, caseID string, since, until time.Time) (OfficeRecord, error)
	// AppointmentByCode returns NotFound for a code that no letter has; the code as it
	// was issued: without dashes and spaces, in capitals.
	AppointmentByCode(ctx context.Context, code string) (Appointment, error)
	// AppointmentsOf are the letters that a case issued, the newest first.
	AppointmentsOf(ctx context.Context, caseID string) ([]Appointment, error)
	// Covered lists all institutions, by group and code, with who covers them at a
	// time: in these branches, or (none) in all.
	Covered(ctx context.Context, branches []string, at time.Time) ([]Covered, error)
}

// Settlements keeps the catalogue of services, and how settlements stand.
type Settlements interface {
	Catalogue(ctx context.Context) (Catalogue, error)
	// City is the branch above a branch, or itself; NotFound for a code that is not
	// there.
	City(ctx context.Context, branch string) (string, error)
	// PapersOf are an account's papers, the newest of each kind.
	PapersOf(ctx context.Context, account string) ([]Paper, error)
	// DoneFor are the services that were done for an account before, in settlements
	// that did not undo them.
	DoneFor(ctx context.Context, account string) ([]string, error)
	// ServicesOf are a settlement's, in the order in which they were chosen; Provider
	// and Offer with their codes only.
	ServicesOf(ctx context.Context, settlement string) ([]ServiceView, error)
	// SettlementOf returns the settlement that a service is of.
	SettlementOf(ctx context.Context, service string) (string, error)
	// Manager returns the case manager of a settlement; "" if there is none yet.
	Manager(ctx context.Context, settlement string) (account string, err error)
	// Timeline are the events of a settlement and its services, the oldest first; up to
	// limit of them after a time and the case and number of an event of that time.
	Timeline(ctx context.Context, settlement string, after TimelineMark, limit int) ([]TimelineEvent, error)
	// ProviderMonths is what a provider did with what it was asked from one time to
	// before another, a row for each month (China's time) in which it was asked.
	ProviderMonths(ctx context.Context, provider string, from, to time.Time) ([]ProviderMonth, error)
}

// TimelineMark is where in a timeline one has come to; the zero mark begins.
type TimelineMark struct {
	At   time.Time
	Case string
	Seq  int
}
