package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// appointments are the letters of a case, the newest first.
func (m *matter) appointments() []station.Appointment {
	m.t.Helper()
	list, err := m.db.AppointmentsOf(m.t.Context(), m.ID)
	require.NoError(m.t, err)
	return list
}

// endsOfAppointments are how a case's letters ended, the oldest first.
func (m *matter) endsOfAppointments() (ends []station.AppointmentEnd) {
	m.t.Helper()
	for _, l := range m.appointments() {
		require.Equal(m.t, l.Ended == station.NotEnded, l.EndedAt == nil)
		ends = append([]station.AppointmentEnd{l.Ended}, ends...)
	}
	return ends
}

// lastEvent is the last line of a case's history.
func (m *matter) lastEvent() station.Event {
	m.t.Helper()
	events, err := m.db.Events(m.t.Context(), m.ID, 0, 0)
	require.NoError(m.t, err)
	return events[len(events)-1]
}

func TestAppointment_SaysWhatItSaidWhenItWasIssued(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju", of("HZ-XH"))
	require.Equal(t, "HZ-LETTER-2026-000001", m.lastEvent().Details["letter"])
	c.runs(`UPDATE accounts SET name = 'Renamed'`)
	c.runs(`UPDATE institutions SET name_en = 'Renamed'`)
	c.runs(`UPDATE branches SET name_en = 'Renamed'`)
	letters := m.appointments()
	require.Len(t, letters, 1)
	l := letters[0]
	require.Equal(t, "HZ-LETTER-2026-000001", l.Number)
	require.Equal(t, m.ID, l.Case)
	require.Equal(t, c.Ambassadors[0].Name, l.Name)
	require.Equal(t, station.Text{Zh: "浙江大学", En: "Zhejiang University"}, l.Institution)
	require.Equal(t, station.Text{Zh: "西湖", En: "Xihu"}, l.Branch)
	require.Equal(t, c.Director.Name, l.Director)
	require.Equal(t, monday, l.From)
	require.True(t, monday.Equal(l.IssuedAt))
	require.True(t, inTwoYears.Equal(l.Until))
	require.Equal(t, station.LetterValid, l.Standing(monday))
	require.Equal(t, station.LetterExpired, l.Standing(inTwoYears))

	again, err := c.db.AppointmentByCode(t.Context(), l.Code)
	require.NoError(t, err)
	require.Equal(t, l, again)
}

func TestAppointment_HasACodeThatCannotBeGuessed(t *testing.T) {
	c := newCourt(t)
	codes := map[string]bool{}
	var last string
	for _, who := range c.Ambassadors {
		last = c.ambassador(who, "zju").appointments()[0].Code
		require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{12}$`, last)
		codes[last] = true
	}
	require.Len(t, codes, 20)
	heads := map[byte]bool{}
	for code := range codes {
		heads[code[0]] = true
	}
	require.Greater(t, len(heads), 4, "they do not count up")
	other := byte('0')
	if last[11] == other {
		other = '1'
	}
	for _, wrong := range []string{"", last[:11] + string(other), last[:11], last + "0", strings.ToLower("A" + last[1:]), "HZ-LETTER-2026-000001", "\x00", last[:10] + "\x00\xff", "季逸超季"} {
		_, err := c.db.AppointmentByCode(t.Context(), wrong)
		require.Equal(t, station.NotFound, station.CodeOf(err), wrong)
	}
}

func TestAppointment_IsIssuedOncePerOrdinalHoweverOftenItIsRecorded(t *testing.T) {
	c := newCourt(t)
	m := c.applies(c.Ambassadors[0], "zju")
	a := m.signed(c.Director)
	o := station.OfficeMove{Status: station.OfficeActive, Until: &inTwoYears, Letter: 1, Signed: a.ID}
	ch := m.change(station.Change{Event: station.EventInOffice, Office: &o})
	for range 3 { // the same change, sent again
		_, err := c.db.Record(t.Context(), ch)
		require.NoError(t, err)
	}
	first := m.appointments()
	require.Len(t, first, 1)
	m.at = m.at.AddDate(0, 0, 3)
	m.officeStands(station.EventInOffice, o) // another one that asks for the same
	require.Equal(t, first, m.appointments())
	require.True(t, monday.Equal(m.held().Since))

	m.run, m.seq = "run-2", 0 // an operator reset the case
	later := inTwoYears.AddDate(0, 0, 3)
	o.Until = &later
	m.officeStands(station.EventInOffice, o)
	require.Equal(t, first, m.appointments())
	require.Equal(t, "HZ-LETTER-2026-000001", m.lastEvent().Details["letter"])
	c.ambassador(c.Ambassadors[1], "zju")
	var last int
	c.reads(`SELECT last FROM case_counters WHERE kind = 'letter'`, nil, &last)
	require.Equal(t, 2, last, "no number is lost")
	require.Empty(t, c.audit())
}

func TestAppointment_OfATransferTakesThePlaceOfTheOneBefore(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	m.at = monday.AddDate(1, 0, 0)
	a := m.does(c.Ambassadors[0], station.Decide, station.MembershipTask(m.ID), station.Body{Verdict: station.Transfer, Institution: "mit"})
	m.officeStands(station.EventTransferred, station.OfficeMove{Status: station.OfficeActive, Transfers: a.ID, Letter: 2})
	require.Equal(t, []station.AppointmentEnd{station.LetterOld, station.NotEnded}, m.endsOfAppointments())
	newest, old := m.appointments()[0], m.appointments()[1]
	require.Equal(t, station.LetterExpired, old.Standing(m.at))
	require.True(t, m.at.Equal(*old.EndedAt))
	require.Equal(t, "HZ-LETTER-2027-000001", newest.Number)
	require.Equal(t, "Massachusetts Institute of Technology", newest.Institution.En)
	require.Equal(t, monday, newest.From, "the term is the same")
	require.True(t, inTwoYears.Equal(newest.Until))
	require.Equal(t, c.Director.Name, newest.Director, "who signed the one before")
	require.NotEqual(t, old.Code, newest.Code)
}

func TestAppointment_OfARenewalLetsTheOneBeforeRunOut(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	m.at = inTwoYears.AddDate(0, 0, -20)
	m.officeStands(station.EventRenewed, station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Letter: 2})
	require.Equal(t, []station.AppointmentEnd{station.NotEnded, station.NotEnded}, m.endsOfAppointments())
	newest, old := m.appointments()[0], m.appointments()[1]
	require.Equal(t, station.LetterValid, old.Standing(m.at))
	require.Equal(t, station.LetterExpired, old.Standing(inTwoYears))
	require.Equal(t, inTwoYears, newest.From, "the new term begins when the old one ends")
	require.True(t, inFour.Equal(newest.Until))
	require.True(t, inFour.Equal(m.held().Until))

	// a transfer in the last days of the old term takes the place of both
	m.at = inTwoYears.AddDate(0, 0, -10)
	a := m.does(c.Ambassadors[0], station.Decide, station.MembershipTask(m.ID), station.Body{Verdict: station.Transfer, Institution: "mit"})
	m.officeStands(station.EventTransferred, station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Transfers: a.ID, Letter: 3})
	require.Equal(t, []station.AppointmentEnd{station.LetterOld, station.LetterOld, station.NotEnded}, m.endsOfAppointments())
	require.Equal(t, monday, m.appointments()[0].From)
	require.True(t, inFour.Equal(m.appointments()[0].Until))
}

// TestAppointment_IsAnotherForEachActThoughOneDirectorHasSigned: a renewal names the
// signature of the appointment, too.
func TestAppointment_IsAnotherForEachActThoughOneDirectorHasSigned(t *testing.T) {
	c := newCourt(t)
	m := c.applies(c.Ambassadors[0], "zju")
	signed := m.signed(c.Director)
	m.officeStands(station.EventInOffice, station.OfficeMove{Status: station.OfficeActive, Until: &inTwoYears, Letter: 1, Signed: signed.ID})
	renewed := m.does(c.Officer2, station.Decide, m.task(station.StageRenewal, 1), station.Body{Verdict: station.Renew})
	renewal := station.Change{
		Event: station.EventRenewed, Act: renewed.ID, Standing: station.Standing{Stage: station.StageTerm},
		Office: &station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Letter: 2, Signed: signed.ID},
	}
	m.records(renewal)
	m.records(renewal)
	require.Len(t, m.appointments(), 2)
	require.Equal(t, c.Director.Name, m.appointments()[0].Director)
}

func TestAppointment_IsEndedWithTheOfficeButNotOneThatHasRunOut(t *testing.T) {
	c := newCourt(t)
	for i, how := range map[int]station.OfficeStatus{0: station.OfficeResigned, 1: station.OfficeEnded} {
		m := c.ambassador(c.Ambassadors[i], "zju")
		m.at = inTwoYears.AddDate(0, 0, -20)
		m.officeStands(station.EventRenewed, station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Letter: 2})
		m.at = inTwoYears.AddDate(0, 0, 1)
		m.officeStands(station.EventResigned, station.OfficeMove{Status: how})
		require.Equal(t, []station.AppointmentEnd{station.NotEnded, station.LetterEnded}, m.endsOfAppointments())
		require.Equal(t, station.LetterExpired, m.appointments()[0].Standing(m.at))
	}
}

func TestAppointment_IsRevokedAndValidAgainIfTheAppealIsGranted(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	a := m.does(c.Ambassadors[0], station.Decide, station.MembershipTask(m.ID), station.Body{Verdict: station.Transfer, Institution: "mit"})
	m.officeStands(station.EventTransferred, station.OfficeMove{Status: station.OfficeActive, Transfers: a.ID, Letter: 2})
	m.officeStands(station.EventRevoked, station.OfficeMove{Status: station.OfficeRevoked})
	require.Equal(t, []station.AppointmentEnd{station.LetterOld, station.LetterLifted}, m.endsOfAppointments())
	require.Equal(t, station.LetterRevoked, m.appointments()[0].Standing(m.at))
	require.Equal(t, station.LetterRevoked, m.appointments()[0].Standing(inFour), "for ever")
	_, err := c.refers(c.Referrer, m.appointments()[0].Number, monday)
	require.Error(t, err)

	m.officeStands(station.EventReinstated, station.OfficeMove{Status: station.OfficeActive})
	require.Equal(t, []station.AppointmentEnd{station.LetterOld, station.NotEnded}, m.endsOfAppointments())
	require.Equal(t, station.LetterValid, m.appointments()[0].Standing(m.at))
	require.Equal(t, station.OfficeActive, m.held().Status)
	require.Empty(t, c.audit())
}

// standsAs is an office with all the letters that there are, as its case knows it.
func (m *matter) standsAs(how station.OfficeStatus) *station.OfficeStanding {
	m.t.Helper()
	o := station.OfficeStanding{Status: how, Until: inTwoYears}
	require.NoError(m.t, m.db.SelectContext(m.t.Context(), &o.Letters, `SELECT act::text FROM letters WHERE case_id = $1 AND act IS NOT NULL ORDER BY ordinal`, m.ID))
	return &o
}

// TestOffice_OfWhomAnotherCaseHasAppointedSinceIsNotGivenBack: an operator resets a case
// that has ended.
func TestOffice_OfWhomAnotherCaseHasAppointedSinceIsNotGivenBack(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	m.ends(station.Completed)
	other := c.ambassador(c.Ambassadors[0], "mit")
	m.run, m.seq = "run-2", 0
	m.records(station.Change{Event: station.EventResumed, Standing: station.Standing{Stage: station.StageTerm, Office: m.standsAs(station.OfficeActive)}})
	m.officeStands(station.EventRenewed, station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Letter: 2})
	require.Equal(t, station.OfficeEnded, m.held().Status)
	require.Equal(t, station.OfficeActive, other.held().Status)
	require.Equal(t, []station.AppointmentEnd{station.LetterEnded}, m.endsOfAppointments())
}

// TestAppointment_IsAsTheOfficeIsAfterAReset: an operator takes back what a case did
// by mistake. The run before has resigned; the new one stands where the term runs.
func TestAppointment_IsAsTheOfficeIsAfterAReset(t *testing.T) {
	c := newCourt(t)
	for i, how := range []station.OfficeStatus{station.OfficeResigned, station.OfficeRevoked, station.OfficeEnded} {
		m := c.ambassador(c.Ambassadors[i], "zju")
		m.officeStands("", station.OfficeMove{Status: how})
		m.ends(station.Completed)
		m.run, m.seq = "run-2", 0
		m.records(station.Change{Event: station.EventResumed, Standing: station.Standing{
			Stage: station.StageTerm, Tasks: []string{station.MembershipTask(m.ID), m.task(station.StageTerm, 1)}, Office: m.standsAs(station.OfficeActive),
		}})
		require.Equal(t, station.OfficeActive, m.held().Status)
		require.Equal(t, []station.AppointmentEnd{station.NotEnded}, m.endsOfAppointments())
	}
	m := c.ambassador(c.Ambassadors[5], "zju")
	m.officeStands(station.EventRevoked, station.OfficeMove{Status: station.OfficeRevoked})
	m.run, m.seq = "run-2", 0
	m.records(station.Change{Event: station.EventResumed, Standing: station.Standing{
		Stage: station.StageAppeal, Tasks: []string{m.task(station.StageAppeal, 1)}, Office: m.standsAs(station.OfficeRevoked),
	}})
	require.Equal(t, station.OfficeRevoked, m.held().Status, "it stands where the appeal is heard")
	require.Empty(t, c.audit())
}

func TestLetter_OfAnAmbassadorNamesTheLetterOfAppointmentAndTheRecord(t *testing.T) {
	c := newCourt(t)
	who := c.Ambassadors[0]
	m := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, storetest.NominationForm("zju", who.Email), monday)
	consent := station.TaskSpec{ID: m.task(station.StageConsent, 1), Kind: station.TaskConsent, Party: station.Talent, Wait: station.Wait{Days: 10}}
	m.records(station.Change{Event: station.EventAsked, Open: []station.TaskSpec{consent}})
	l := m.letter(station.NoticeSpec{Template: station.MailAmbassadorNominated, Party: station.Talent, Task: consent.ID})
	require.Equal(t, who.Email, l.To)
	require.Equal(t, "骆云深", l.Talent)
	require.Equal(t, c.Referrer.Name, l.Referrer, "who nominated")
	require.Equal(t, "Zhejiang University", l.Institution.En)
	require.NotEmpty(t, l.Link)
	require.Nil(t, l.Appointment)
	require.Nil(t, l.Since)

	m.records(station.Change{Event: station.EventConsented, Adopt: station.Talent})
	c.takesOffice(m)
	for _, how := range []station.Status{station.Accepted, station.Declined} {
		r, err := c.refers(who, "", monday.Add(time.Hour))
		require.NoError(t, err)
		r.ends(how)
	}
	l = m.letter(station.NoticeSpec{Template: station.MailAmbassadorAppointed, Party: station.Applicant})
	require.Equal(t, who.Email, l.To)
	require.Equal(t, m.appointments()[0], *l.Appointment)
	require.True(t, monday.Equal(*l.Since))
	require.True(t, inTwoYears.Equal(*l.Until))
	require.Equal(t, station.OfficeRecord{Made: 2, Accepted: 1}, l.Record)

	a := m.does(who, station.Decide, station.MembershipTask(m.ID), station.Body{Verdict: station.Transfer, Institution: "mit"})
	l = m.letter(station.NoticeSpec{Template: station.MailAmbassadorNotTied, Party: station.Applicant, Act: a.ID})
	require.Equal(t, "Massachusetts Institute of Technology", l.Institution.En, "that the transfer names")
	l = m.letter(station.NoticeSpec{Template: station.MailAmbassadorResigned, Party: station.Applicant})
	require.Equal(t, "Zhejiang University", l.Institution.En)

	own := c.applies(c.Ambassadors[1], "pku")
	l = own.letter(station.NoticeSpec{Template: station.MailAmbassadorDeclined, Party: station.Applicant})
	require.Equal(t, c.Ambassadors[1].Name, l.Talent)
	require.Equal(t, "Peking University", l.Institution.En)
	m = c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, storetest.NominationForm("pku", "somebody@example.com"), monday)
	m.records(station.Change{Event: station.EventRefused, Standing: station.Standing{Stage: station.StageEnded, Status: station.Refused}, End: &station.Ending{Erase: true}})
	l = m.letter(station.NoticeSpec{Template: station.MailAmbassadorUnwilling, Party: station.Applicant})
	require.Empty(t, l.Talent, "erased")
	require.Equal(t, "Peking University", l.Institution.En)
}
