package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

// court is a house with ambassadors, and what its tests do in it.
type court struct {
	*house
	storetest.AmbassadorPeople
}

func newCourt(t *testing.T) *court {
	t.Helper()
	h := newHouse(t)
	return &court{house: h, AmbassadorPeople: storetest.Ambassadors(t, h.db, "{}")}
}

// inTwoYears is when the first term of a test ends, and inFour its second.
var inTwoYears, inFour = monday.AddDate(2, 0, 0), monday.AddDate(4, 0, 0)

// applies takes in somebody's own application; the form can be changed.
func (c *court) applies(who station.Account, institution string, change ...func(*station.AmbassadorForm)) *matter {
	c.t.Helper()
	form := storetest.AmbassadorForm(institution)
	for _, f := range change {
		f(&form)
	}
	return c.takes(station.Ambassador, storetest.AmbassadorProgramme, who, form, monday)
}

// of is a district whose ambassador somebody is to be.
func of(district string) func(*station.AmbassadorForm) {
	return func(f *station.AmbassadorForm) { f.District = district }
}

// tries takes in an application that may be refused.
func (c *court) tries(who station.Account, form station.AmbassadorForm) error {
	c.t.Helper()
	_, err := storetest.Take(c.t, c.db, station.Ambassador, storetest.AmbassadorProgramme, who, form, monday)
	return err
}

// signed is a director's signature.
func (m *matter) signed(director station.Account) station.Act {
	m.t.Helper()
	return m.does(director, station.Decide, m.task(station.StageSignature, 1), station.Body{Verdict: station.Sign})
}

// officeStands records how an office stands.
func (m *matter) officeStands(event station.EventKind, o station.OfficeMove) {
	m.t.Helper()
	m.records(station.Change{Event: event, Standing: station.Standing{Stage: station.StageTerm}, Office: &o})
}

// takesOffice has the director sign, and the term begin.
func (c *court) takesOffice(m *matter) {
	c.t.Helper()
	a := m.signed(c.Director)
	m.officeStands(station.EventInOffice, station.OfficeMove{Status: station.OfficeActive, Until: &inTwoYears, Letter: 1, Signed: a.ID})
}

// ambassador is somebody in office, for an institution.
func (c *court) ambassador(who station.Account, institution string, change ...func(*station.AmbassadorForm)) *matter {
	c.t.Helper()
	m := c.applies(who, institution, change...)
	c.takesOffice(m)
	return m
}

// held is the office of a case.
func (m *matter) held() station.Office {
	m.t.Helper()
	o, err := m.db.OfficeOf(m.t.Context(), m.ID)
	require.NoError(m.t, err)
	return o
}

// refers takes in a referral by somebody, through an ambassador of a letter's number.
func (c *court) refers(who station.Account, number string, at time.Time) (*matter, error) {
	c.t.Helper()
	n := c.application(func(n *station.NewCase, f *station.ReferralForm) {
		n.Applicant, n.At, f.Ambassador = who.ID, at, number
	})
	k, _, err := c.db.InsertCase(c.t.Context(), n)
	return &matter{house: c.house, Case: k, run: "run-1", at: at}, err
}

func TestOffice_OfAnInstitutionThatNobodyKnowsIsNoneToApplyFor(t *testing.T) {
	c := newCourt(t)
	for _, unknown := range []string{"nowhere", "Zhejiang University", "z"} {
		err := c.tries(c.Ambassadors[0], storetest.AmbassadorForm(unknown))
		refusedAs(t, err, station.Invalid, "invalid")
		require.Equal(t, []station.Field{{Path: "institution", Rule: "unknown_institution"}}, fieldsOf(t, err), unknown)
	}
	var left int
	c.reads(`SELECT count(*) FROM cases`, nil, &left)
	require.Zero(t, left)
	m := c.ambassador(c.Ambassadors[0], "ZJU")
	require.Equal(t, "zju", m.held().Institution.Code, "however it is written")
}

func TestOffice_IsGivenOnceAtATime(t *testing.T) {
	c := newCourt(t)
	who, other := c.Ambassadors[0], c.Ambassadors[1]
	m := c.applies(who, "zju")
	refusedAs(t, c.tries(who, storetest.AmbassadorForm("pku")), station.Conflict, "in_office")
	require.NoError(t, c.tries(who, storetest.NominationForm("pku", other.Email)), "somebody else")
	c.takesOffice(m)
	refusedAs(t, c.tries(who, storetest.AmbassadorForm("pku")), station.Conflict, "in_office")
	refusedAs(t, c.tries(c.Referrer, storetest.NominationForm("pku", "PERSON501@example.com")), station.Conflict, "in_office")
	require.NoError(t, c.tries(c.Referrer, storetest.NominationForm("pku", "nobody@example.com")))
	require.NoError(t, c.tries(c.Referrer, storetest.AmbassadorForm("pku")), "who nominated others")

	m.ends(station.Completed)
	require.NoError(t, c.tries(who, storetest.AmbassadorForm("pku")))
}

func TestOffice_IsAppliedForOnceHoweverManyApplicationsComeAtOnce(t *testing.T) {
	c := newCourt(t)
	came := make(chan error, 8)
	for range cap(came) {
		go func() { came <- c.tries(c.Ambassadors[0], storetest.AmbassadorForm("zju")) }()
	}
	taken := 0
	for range cap(came) {
		if err := <-came; err == nil {
			taken++
		} else {
			refusedAs(t, err, station.Conflict, "in_office")
		}
	}
	require.Equal(t, 1, taken)
}

// consents has a nominee accept by their link, or try to.
func (m *matter) consents() error {
	_, err := m.db.InsertAct(m.t.Context(), station.Act{
		ID: station.NewID(), Case: m.ID, Task: m.task(station.StageConsent, 1), Kind: station.Decide, Actor: string(station.Talent),
		Body: station.Body{Verdict: station.Consent}, At: m.at, Status: station.Pending,
	})
	return err
}

func TestNomination_IsErasedWithWhatWasToProveIt(t *testing.T) {
	c := newCourt(t)
	name := "沈若兰 letter of employment.pdf"
	proof, shared := storetest.Document(t, c.db, c.Referrer, name), storetest.Document(t, c.db, c.Referrer, "about us.pdf")
	form := storetest.NominationForm("zju", "nominee@example.com")
	form.Documents = []string{proof, shared}
	m := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, form, monday)
	form.Nominee, form.Documents = &station.Nominee{Name: "季逸超", Email: "other@example.com"}, []string{shared}
	other := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, form, monday)
	m.records(station.Change{
		Event: station.EventRefused, Standing: station.Standing{Stage: station.StageEnded, Status: station.Refused}, End: &station.Ending{Erase: true},
	})
	require.NotContains(t, c.everything(), name)
	left, err := c.db.DocumentsOfCase(t.Context(), m.ID)
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = c.db.DocumentByID(t.Context(), proof)
	require.Equal(t, station.NotFound, station.CodeOf(err))
	left, err = c.db.DocumentsOfCase(t.Context(), other.ID)
	require.NoError(t, err)
	require.Len(t, left, 1, "what another case has stays there")
}

func TestNomination_IsChangedByTheNomineeWithWhatTheNominatorHandedIn(t *testing.T) {
	c := newCourt(t)
	proof := storetest.Document(t, c.db, c.Referrer, "proof.pdf")
	form := storetest.NominationForm("zju", c.Ambassadors[0].Email)
	form.Documents = []string{proof}
	m := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, form, monday)
	m.records(station.Change{Event: station.EventConsented, Adopt: station.Talent})
	own := storetest.Document(t, c.db, c.Ambassadors[0], "own.pdf")
	answer := func(documents ...string) error {
		_, err := c.db.InsertAct(t.Context(), station.Act{
			ID: station.NewID(), Case: m.ID, Task: m.task(station.StageCheck, 1), Kind: station.Answer, Actor: c.Ambassadors[0].ID,
			Body: station.Body{Answer: "Here.", Documents: documents}, At: monday, Status: station.Pending,
		})
		return err
	}
	require.NoError(t, answer(proof, own))
	require.Equal(t, station.Invalid, station.CodeOf(answer(storetest.Document(t, c.db, c.Referrer, "another.pdf"))))
}

func TestOffice_IsAcceptedOnceWhoeverNominates(t *testing.T) {
	c := newCourt(t)
	nominates := func(email string) *matter {
		return c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, storetest.NominationForm("mit", email), monday)
	}
	who, applied, inOffice := c.Ambassadors[0], c.Ambassadors[1], c.Ambassadors[2]
	first, second, late := nominates(who.Email), nominates("PERSON501@example.com"), nominates(inOffice.Email)
	overtaken := nominates(applied.Email)

	require.NoError(t, first.consents())
	refusedAs(t, second.consents(), station.Conflict, "in_office") // the case has not heard of the consent yet
	refusedAs(t, c.tries(who, storetest.AmbassadorForm("mit")), station.Conflict, "in_office")
	first.records(station.Change{Event: station.EventConsented, Adopt: station.Talent})
	refusedAs(t, second.consents(), station.Conflict, "in_office")
	first.ends(station.Withdrawn)
	require.NoError(t, second.consents())

	own := c.applies(applied, "zju")
	refusedAs(t, overtaken.consents(), station.Conflict, "in_office")
	own.ends(station.Declined)
	require.NoError(t, overtaken.consents())

	c.ambassador(inOffice, "zju")
	refusedAs(t, late.consents(), station.Conflict, "in_office")
}

func TestOffice_IsAcceptedOnceHoweverManyNominationsAreAcceptedAtOnce(t *testing.T) {
	c := newCourt(t)
	came := make(chan error, 6)
	for range cap(came) - 1 {
		m := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, storetest.NominationForm("mit", c.Ambassadors[0].Email), monday)
		go func() { came <- m.consents() }()
	}
	go func() { came <- c.tries(c.Ambassadors[0], storetest.AmbassadorForm("zju")) }()
	taken := 0
	for range cap(came) {
		if err := <-came; err == nil {
			taken++
		} else {
			refusedAs(t, err, station.Conflict, "in_office")
		}
	}
	require.Equal(t, 1, taken)
}

func TestOffice_OfANomineeWhoConsentedIsTheirs(t *testing.T) {
	c := newCourt(t)
	who := c.Ambassadors[3]
	m := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, storetest.NominationForm("mit", who.Email), monday)
	require.NoError(t, c.tries(who, storetest.AmbassadorForm("mit")), "nobody has consented yet")
	m.records(station.Change{Event: station.EventConsented, Adopt: station.Talent})
	other := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Referrer, storetest.NominationForm("mit", "new@example.com"), monday)
	adopted := other.records(station.Change{Event: station.EventConsented, Adopt: station.Talent}).Applicant
	refusedAs(t, c.tries(c.account(adopted), storetest.AmbassadorForm("mit")), station.Conflict, "in_office")

	c.takesOffice(m)
	c.takesOffice(other)
	require.Equal(t, station.Office{
		Case: m.ID, Branch: "HZ", Name: who.Name, Status: station.OfficeActive, Since: m.held().Since, Until: m.held().Until,
		Institution: station.Institution{
			Code: "mit", Name: station.Text{Zh: "麻省理工学院", En: "Massachusetts Institute of Technology"}, Group: "overseas",
			Place: station.Text{Zh: "剑桥", En: "Cambridge, Massachusetts"}, Land: "US",
		},
	}, m.held())
	require.True(t, monday.Equal(m.held().Since))
	require.True(t, inTwoYears.Equal(m.held().Until))
	require.Equal(t, "骆云深", other.held().Name)
}

func TestOffice_EndsInItsWayAndWithItsCase(t *testing.T) {
	c := newCourt(t)
	for i, how := range []station.OfficeStatus{station.OfficeResigned, station.OfficeEnded, station.OfficeRevoked} {
		m := c.ambassador(c.Ambassadors[i], "zju")
		m.officeStands("", station.OfficeMove{Status: how})
		require.Equal(t, how, m.held().Status)
		m.ends(station.Completed)
		require.Equal(t, how, m.held().Status)
	}
	m := c.ambassador(c.Ambassadors[4], "zju")
	m.ends(station.Failed)
	require.Equal(t, station.OfficeEnded, m.held().Status, "nobody is in office whose case has ended")
	require.Equal(t, []station.AppointmentEnd{station.LetterEnded}, m.endsOfAppointments())

	before := c.applies(c.Ambassadors[5], "zju")
	before.officeStands("", station.OfficeMove{Status: station.OfficeEnded})
	_, err := c.db.OfficeOf(t.Context(), before.ID)
	require.Equal(t, station.NotFound, station.CodeOf(err), "it was never given")
}

func TestOffice_MovesToAnotherInstitution(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	_, err := c.db.InsertAct(t.Context(), station.Act{
		ID: station.NewID(), Case: m.ID, Task: station.MembershipTask(m.ID), Kind: station.Decide, Actor: c.Ambassadors[0].ID, At: monday, Status: station.Pending,
		Body: station.Body{Verdict: station.Transfer, Institution: "nowhere"},
	})
	require.Equal(t, []station.Field{{Path: "institution", Rule: "unknown_institution"}}, fieldsOf(t, err))

	asked := m.does(c.Ambassadors[0], station.Decide, station.MembershipTask(m.ID), station.Body{Verdict: station.Transfer, Institution: "PKU"})
	m.officeStands(station.EventTransferred, station.OfficeMove{Status: station.OfficeActive, Transfers: asked.ID, Letter: 2})
	require.Equal(t, "pku", m.held().Institution.Code)
	require.True(t, inTwoYears.Equal(m.held().Until))
	parties, err := c.db.PartiesOf(t.Context(), m.ID)
	require.NoError(t, err)
	require.Contains(t, parties.Institutions, "pku")
	require.NotContains(t, parties.Institutions, "zju")
	c.runs(`UPDATE acts SET body = NULL WHERE id = $1`, asked.ID) // erased
	m.officeStands(station.EventTransferred, station.OfficeMove{Status: station.OfficeActive, Transfers: asked.ID})
	require.Equal(t, "pku", m.held().Institution.Code)
}

func TestOffice_AnInquirysAnswerCannotNameAnUnknownInstitution(t *testing.T) {
	c := newCourt(t)
	m := c.applies(c.Ambassadors[0], "zju")
	answers := func(changes string) (station.Act, error) {
		t.Helper()
		return c.db.InsertAct(t.Context(), station.Act{
			ID: station.NewID(), Case: m.ID, Kind: station.Answer, Actor: c.Ambassadors[0].ID, At: monday, Status: station.Pending,
			Body: station.Body{Answer: "Sorry.", Changes: []byte(changes), Changed: []string{"institution"}},
		})
	}
	_, err := answers(`{"institution": "nowhere"}`)
	require.Equal(t, []station.Field{{Path: "changes/institution", Rule: "unknown_institution"}}, fieldsOf(t, err))
	a, err := answers(`{"institution": "pku"}`)
	require.NoError(t, err)
	m.records(station.Change{Event: station.EventAnswered, Act: a.ID, Amend: a.ID})
	c.takesOffice(m)
	require.Equal(t, "pku", m.held().Institution.Code)
}

func TestOffice_PeopleOfTheInstitutionAndWhoeverNominatedAreInConflict(t *testing.T) {
	c := newCourt(t)
	c.runs(`UPDATE accounts SET institution = 'zju' WHERE id = $1`, c.Reviewers[0].ID)
	m := c.takes(station.Ambassador, storetest.AmbassadorProgramme, c.Reviewers[1], storetest.NominationForm("zju", c.Ambassadors[0].Email), monday)
	m.records(station.Change{Event: station.EventConsented, Adopt: station.Talent})
	parties, err := c.db.PartiesOf(t.Context(), m.ID)
	require.NoError(t, err)
	for i, want := range []bool{true, true, false} {
		require.Equal(t, want, station.Conflicted(c.account(c.Reviewers[i].ID), parties), i)
	}
	w := m.records(station.Change{Standing: station.Standing{Stage: station.StageReview}, Panel: &station.PanelSpec{Count: 8, First: 1, Wait: station.Wait{Days: 5}}})
	require.Len(t, w.Tasks, 6)
	for _, task := range w.Tasks {
		require.NotContains(t, []string{c.Reviewers[0].ID, c.Reviewers[1].ID}, task.Assignee)
	}
}

func TestOffice_ReferralsNameTheirAmbassador(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	number := m.appointments()[0].Number
	named := func(r *matter) (office string) {
		t.Helper()
		c.reads(`SELECT coalesce((SELECT office::text FROM ambassador_referrals WHERE case_id = $1), '')`, []any{r.ID}, &office)
		return office
	}
	for _, written := range []string{number, "  hz" + number[2:] + " "} {
		r, err := c.refers(c.Referrer, written, monday)
		require.NoError(t, err)
		require.Equal(t, m.ID, named(r), written)
		parties, err := c.db.PartiesOf(t.Context(), r.ID)
		require.NoError(t, err)
		require.Contains(t, parties.Accounts, c.Ambassadors[0].ID, "who does not judge it")
	}
	own, err := c.refers(c.Ambassadors[0], "", monday)
	require.NoError(t, err)
	require.Equal(t, m.ID, named(own), "whoever refers in office is named by themself")
	none, err := c.refers(c.Referrer, "", monday)
	require.NoError(t, err)
	require.Empty(t, named(none))

	_, err = c.refers(c.Referrer, "HZ-LETTER-2026-000099", monday)
	require.Equal(t, []station.Field{{Path: "ambassador", Rule: "unknown_ambassador"}}, fieldsOf(t, err))
	m.officeStands(station.EventResigned, station.OfficeMove{Status: station.OfficeResigned})
	_, err = c.refers(c.Referrer, number, monday)
	require.Equal(t, []station.Field{{Path: "ambassador", Rule: "unknown_ambassador"}}, fieldsOf(t, err), "who is not in office any more")
	late, err := c.refers(c.Ambassadors[0], "", monday)
	require.NoError(t, err)
	require.Empty(t, named(late))
}

func TestOffice_ItsRecordCountsReferralsAndThoseAccepted(t *testing.T) {
	c := newCourt(t)
	m, other := c.ambassador(c.Ambassadors[0], "zju"), c.ambassador(c.Ambassadors[1], "zju")
	within := func(m *matter, since, until time.Time) station.OfficeRecord {
		t.Helper()
		r, err := c.db.OfficeRecord(t.Context(), m.ID, since, until)
		require.NoError(t, err)
		return r
	}
	record := func(m *matter, since time.Time) station.OfficeRecord { return within(m, since, time.Time{}) }
	require.Zero(t, record(m, monday))
	statuses := []station.Status{station.Accepted, station.Declined, station.Accepted, station.Lapsed}
	for day, how := range statuses {
		r, err := c.refers(c.Ambassadors[0], "", monday.AddDate(0, 0, day))
		require.NoError(t, err)
		r.ends(how)
	}
	_, err := c.refers(c.Ambassadors[0], "", monday.AddDate(0, 0, 4)) // is still open
	require.NoError(t, err)
	require.Equal(t, station.OfficeRecord{Made: 5, Accepted: 2}, record(m, monday))
	require.Equal(t, station.OfficeRecord{Made: 3, Accepted: 1}, record(m, monday.AddDate(0, 0, 2)))
	require.Equal(t, station.OfficeRecord{Made: 2, Accepted: 1}, within(m, monday, monday.AddDate(0, 0, 2)), "the next begins where one ends")
	require.Zero(t, record(other, monday))
}

func TestOffice_TheListGoesByInstitutionAndHasBranchesWithTheirDistricts(t *testing.T) {
	c := newCourt(t)
	c.runs(`INSERT INTO branches (code, name_zh, name_en) VALUES ('NB', '宁波', 'Ningbo')`)
	places := []string{"zju", "pku", "mit", "pku", "zju", "mit", "zju"}
	for i, institution := range places {
		c.ambassador(c.Ambassadors[i], institution, of([]string{"", "HZ-XH", "HZ-BJ"}[i%3]))
	}
	c.runs(`UPDATE offices SET branch = 'NB' WHERE account = $1`, c.Ambassadors[1].ID)
	gone := c.ambassador(c.Ambassadors[9], "zju")
	gone.officeStands("", station.OfficeMove{Status: station.OfficeRevoked})
	list := func(branch string) (all []string) {
		t.Helper()
		cursor := ""
		for {
			page, err := c.db.OfficeList(t.Context(), branch, monday, 2, cursor)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page.Items), 2)
			for _, o := range page.Items {
				all = append(all, o.Institution.Code+" "+o.Branch+" "+o.Name)
			}
			if cursor = page.Next; cursor == "" {
				return all
			}
		}
	}
	name := func(i int) string { return c.Ambassadors[i].Name }
	require.Equal(t, []string{
		"mit HZ-BJ " + name(2), "mit HZ-BJ " + name(5), "pku NB " + name(1), "pku HZ " + name(3), "zju HZ " + name(0), "zju HZ-XH " + name(4), "zju HZ " + name(6),
	}, list(""))
	require.Len(t, list("HZ"), 6)
	require.Equal(t, []string{"pku NB " + name(1)}, list("NB"))
	require.Equal(t, []string{"zju HZ-XH " + name(4)}, list("HZ-XH"))
	require.Empty(t, list("HZ-QT"))
	_, err := c.db.OfficeList(t.Context(), "HZ", monday, 2, "nonsense")
	refusedAs(t, err, station.Invalid, "cursor_invalid")
}

func TestOffice_CoverageIsPerBranchAndOfTheCity(t *testing.T) {
	c := newCourt(t)
	c.ambassador(c.Ambassadors[0], "zju", of("HZ-XH"))
	longest := c.ambassador(c.Ambassadors[1], "zju")
	longest.officeStands(station.EventRenewed, station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Letter: 2})
	c.ambassador(c.Ambassadors[2], "mit", of("HZ-BJ"))
	gone := c.ambassador(c.Ambassadors[3], "pku")
	gone.officeStands("", station.OfficeMove{Status: station.OfficeResigned})
	covered := func(branches ...string) (list []string) {
		t.Helper()
		all, err := c.db.Covered(t.Context(), branches, monday)
		require.NoError(t, err)
		for _, k := range all {
			until := "open"
			if k.Until != nil {
				until = fmt.Sprint(k.Until.UTC().Year())
			}
			list = append(list, fmt.Sprintf("%s %s %d %s", k.Institution.Group, k.Institution.Code, k.Ambassadors, until))
		}
		return list
	}
	require.Equal(t, []string{"c9 pku 0 open", "c9 zju 2 2030", "overseas mit 1 2028"}, covered())
	require.Equal(t, covered(), covered("HZ", "HZ-XH", "HZ-BJ"))
	require.Equal(t, []string{"c9 pku 0 open", "c9 zju 1 2028", "overseas mit 0 open"}, covered("HZ-XH"))
	require.Equal(t, []string{"c9 pku 0 open", "c9 zju 1 2030", "overseas mit 0 open"}, covered("HZ"))
	require.Equal(t, []string{"c9 pku 0 open", "c9 zju 0 open", "overseas mit 0 open"}, covered("NB"))

	all, err := c.db.Covered(t.Context(), nil, monday)
	require.NoError(t, err)
	groups := station.Coverage(all, inTwoYears.AddDate(0, -1, 0))
	require.Equal(t, station.CoverageOf{Group: "c9", Total: 2, Covered: 1, Open: 1}, groups[0])
	require.Equal(t, station.CoverageOf{Group: "overseas", Total: 1, Covered: 1, Expiring: 1}, groups[1])
}

func TestOffice_WhoseTermIsOverIsShownAgainOnceRenewed(t *testing.T) {
	c := newCourt(t)
	m := c.ambassador(c.Ambassadors[0], "zju")
	shown := func(at time.Time) (listed, covering int) {
		t.Helper()
		page, err := c.db.OfficeList(t.Context(), "HZ", at, 10, "")
		require.NoError(t, err)
		all, err := c.db.Covered(t.Context(), nil, at)
		require.NoError(t, err)
		for _, k := range all {
			covering += k.Ambassadors
			require.Equal(t, k.Ambassadors > 0, k.Until != nil, k.Institution.Code)
		}
		return len(page.Items), covering
	}
	for _, k := range []struct {
		at   time.Time
		want int
	}{{inTwoYears.Add(-time.Second), 1}, {inTwoYears, 0}, {inTwoYears.AddDate(0, 0, 9), 0}} {
		listed, covering := shown(k.at)
		require.Equal(t, []int{k.want, k.want}, []int{listed, covering}, k.at)
	}
	refusedAs(t, c.tries(c.Ambassadors[0], storetest.AmbassadorForm("pku")), station.Conflict, "in_office")
	m.officeStands(station.EventRenewed, station.OfficeMove{Status: station.OfficeActive, Until: &inFour, Letter: 2})
	listed, covering := shown(inTwoYears.AddDate(0, 0, 9))
	require.Equal(t, []int{1, 1}, []int{listed, covering})
}

// fieldsOf are the fields that an error names.
func fieldsOf(t *testing.T, err error) []station.Field {
	t.Helper()
	var e *station.Error
	require.ErrorAs(t, err, &e)
	return slices.Clone(e.Fields)
}
