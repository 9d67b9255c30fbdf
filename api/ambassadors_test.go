package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/storetest"
)

// offices is a house with a programme of ambassadors.
type offices struct {
	*house
	people storetest.AmbassadorPeople
	staff  storetest.People
	opened int // tasks, by opens
}

func openOffices(tb testing.TB, changes ...func(*api.Options)) *offices {
	tb.Helper()
	h := open(tb, append(changes, func(o *api.Options) { o.PublicURL = "https://wutong.example/" })...)
	o := &offices{house: h, people: storetest.Ambassadors(tb, h.db, "{}"), staff: h.people}
	for _, a := range append(o.people.Ambassadors, o.people.Directors...) {
		o.token(a, secret+a.ID, station.ScopeFull)
	}
	return o
}

func ambassadorForm(institution string) map[string]any {
	return map[string]any{
		"programme": storetest.AmbassadorProgramme, "channel": "alumni", "institution": institution, "tie": "Lecturer since 2021",
		"statement": "I know whom they should meet.",
	}
}

// applies applies for an office, and returns the case's ID.
func (o *offices) applies(who station.Account, form map[string]any) string {
	o.t.Helper()
	w := o.post("/v1/ambassadors", with(form, nil), who)
	require.Equal(o.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](o.t, w).ID
}

// opens opens a task in a case, and returns its ID.
func (o *offices) opens(id string, stage station.Stage, spec station.TaskSpec) string {
	o.t.Helper()
	if o.opened++; spec.ID == "" {
		spec.ID = station.TaskID(id, stage, 10+o.opened)
	}
	spec.Wait = station.Wait{Days: 5}
	o.records(id, station.Change{Event: station.EventAssigned, Task: spec.ID, Open: []station.TaskSpec{spec}}, stage)
	return spec.ID
}

func (o *offices) records(id string, ch station.Change, stage station.Stage) {
	o.t.Helper()
	ch.Case, ch.Standing = id, station.Standing{Stage: stage, Status: station.Open}
	for _, spec := range ch.Open {
		ch.Standing.Tasks = append(ch.Standing.Tasks, spec.ID)
	}
	o.clerk.records(o.t, ch)
}

// decides decides on a task, and returns the act's ID.
func (o *offices) decides(task string, who station.Account, body string) string {
	o.t.Helper()
	w := o.post("/v1/tasks/"+task+"/decision", body, who)
	require.Equal(o.t, http.StatusOK, w.Code, w.Body)
	return read[api.Receipt](o.t, w).ID
}

// appoints has somebody hold office as an institution's ambassador for so many days,
// and returns the case's ID.
func (o *offices) appoints(who station.Account, form map[string]any, days int) string {
	o.t.Helper()
	id := o.applies(who, form)
	sign := o.opens(id, station.StageSignature, station.TaskSpec{Kind: station.TaskSign, Role: station.RoleDirector})
	signed := o.decides(sign, o.staff.Director, `{"verdict":"sign"}`)
	until := time.Now().Add(time.Duration(days) * 24 * time.Hour)
	standing := func(task string, spec station.TaskSpec) station.TaskSpec {
		spec.ID, spec.Untimed, spec.Wait = task, true, station.Wait{Until: &until}
		return spec
	}
	o.records(id, station.Change{
		Event: station.EventInOffice, Office: &station.OfficeMove{Status: station.OfficeActive, Until: &until, Letter: 1, Signed: signed},
		Open: []station.TaskSpec{
			standing(station.MembershipTask(id), station.TaskSpec{Kind: station.TaskOffice, Party: station.Applicant}),
			standing(station.OversightTask(id), station.TaskSpec{Kind: station.TaskOversight, Role: station.RoleDirector}),
		},
	}, station.StageTerm)
	return id
}

// letters are what the ambassador reads of their letters.
func (o *offices) letters(id string, who station.Account) []api.OwnLetter {
	o.t.Helper()
	w := o.get("/v1/cases/"+id, who)
	require.Equal(o.t, http.StatusOK, w.Code, w.Body)
	return read[api.CaseDetail](o.t, w).Letters
}

func TestAppointment_IsAppliedForOrNominated(t *testing.T) {
	o := openOffices(t)
	own := ambassadorForm("zju")
	for name, c := range map[string]struct {
		changes map[string]any
		faults  []string
	}{
		"nothing said":            {map[string]any{"tie": " ", "statement": ""}, []string{"statement required", "tie required"}},
		"an institution in words": {map[string]any{"institution": "浙江大学"}, []string{"institution unknown_institution"}},
		"a way that is none":      {map[string]any{"channel": "pigeon"}, []string{"channel unknown_channel"}},
		"another city's branch":   {map[string]any{"district": "SH"}, []string{"district unknown_branch"}},
		"another's document":      {map[string]any{"documents": []string{station.NewID()}}, []string{"documents/0 unknown_document"}},
		"another's programme":     {map[string]any{"programme": storetest.Programme}, []string{"programme unknown_programme"}},
		"a nominee without address": {
			map[string]any{"nominee": map[string]any{"name": " ", "email": "nobody", "language": "fr"}},
			[]string{"nominee/email email", "nominee/language one_of"},
		},
		"a nominee without name": {map[string]any{"nominee": map[string]any{"name": " ", "email": "a@example.com"}}, []string{"nominee/name required"}},
	} {
		w := o.post("/v1/ambassadors", with(own, c.changes), o.people.Ambassadors[0])
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", name, w.Body)
		assert.Equal(t, c.faults, faultsOf(problem(t, w)), name)
	}
	w := o.post("/v1/ambassadors", with(own, map[string]any{"district": "HZ-BJ"}), o.people.Ambassadors[0])
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	assert.Equal(t, "HZ-BJ", read[struct{ Branch string }](t, w).Branch)

	nominee := func(n int) map[string]any {
		return map[string]any{"nominee": map[string]any{"name": "沈若兰", "email": fmt.Sprintf("ruolan%d@example.com", n)}}
	}
	for n, who := range []station.Account{o.people.Ambassadors[1], o.staff.Referrer, o.staff.Officer, o.staff.Director, o.staff.Reviewers[0]} {
		w := o.post("/v1/ambassadors", with(own, nominee(n)), who)
		assert.Equal(t, http.StatusCreated, w.Code, w.Body)
	}
	assert.Equal(t, "forbidden", problem(t, o.post("/v1/ambassadors", with(own, nominee(9)), o.staff.Treasurer)).Code)
	o.appoints(o.people.Ambassadors[2], own, 700)
	p := problem(t, o.post("/v1/ambassadors", with(own, nil), o.people.Ambassadors[2]))
	assert.Equal(t, []any{http.StatusConflict, "in_office"}, []any{p.Status, p.Code})
	assert.Contains(t, p.Detail, "in office already")
}

func TestNomination_IsTheNomineesToReadAndToAccept(t *testing.T) {
	o := openOffices(t)
	proof := storetest.Document(t, o.db, o.staff.Officer, "proof.pdf")
	nominated := func(n int) (path string) {
		form := ambassadorForm("zju")
		form["nominee"] = map[string]any{"name": "沈若兰", "email": fmt.Sprintf("ruolan%d@example.com", n)}
		form["district"], form["documents"] = "HZ-XH", []string{proof}
		id := o.applies(o.staff.Officer, form)
		task := o.opens(id, station.StageConsent, station.TaskSpec{Kind: station.TaskConsent, Party: station.Talent})
		var link string
		require.NoError(t, o.db.GetContext(context.Background(), &link, `SELECT id::text FROM links WHERE task = $1`, task))
		return "/v1/links/" + o.links.Token(link)
	}
	path := nominated(1)
	l := read[api.Link](t, o.get(path, nobody))
	assert.Equal(t, []any{"consent", o.staff.Officer.Name}, []any{l.Kind, l.Referrer})
	assert.Contains(t, string(l.Form), "ruolan1@example.com")
	w := o.get(path, nobody, "Accept", browser, "Accept-Language", "en")
	require.Equal(t, http.StatusOK, w.Code)
	for _, words := range []string{
		"Would you like to be a youth talent ambassador?", o.staff.Officer.Name + " nominates you", "沈若兰", "ruolan1@example.com", "Zhejiang University", "浙江大学", "Xihu",
		"Lecturer since 2021", "I know whom they should meet.", "for this nomination only",
	} {
		assert.Contains(t, w.Body.String(), words)
	}
	for _, words := range []string{proof, "link.", "HZ-XH", "referred you", "angel hub"} {
		assert.NotContains(t, w.Body.String(), words)
	}
	status, said := o.press(path, "verdict", "consent")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "Thank you for accepting.")
	path = nominated(2)
	_, said = o.press(path, "verdict", "decline")
	assert.Contains(t, said, "The nomination ends here")
}

func TestNominee_CannotBeExchangedByAnAnswer(t *testing.T) {
	o := openOffices(t)
	form := ambassadorForm("zju")
	form["nominee"] = map[string]any{"name": "沈若兰", "email": "ruolan@example.com"}
	id := o.applies(o.people.Ambassadors[0], form)
	task := o.opens(id, station.StageCheck, station.TaskSpec{Kind: station.TaskInquiry, Party: station.Applicant})
	answer := func(changes string) []string {
		w := o.post("/v1/tasks/"+task+"/answer", `{"answer":"Yes.","changes":`+changes+`}`, o.people.Ambassadors[0])
		if w.Code == http.StatusOK {
			return nil
		}
		return faultsOf(problem(t, w))
	}
	assert.Equal(t, []string{"changes/nominee cannot_change"}, answer(`{"nominee":null}`))
	assert.Equal(t, []string{"changes/nominee/email cannot_change"}, answer(`{"nominee":{"email":"other@example.com"}}`))
	assert.Equal(t, []string{"changes/institution unknown_institution"}, answer(`{"institution":"hogwarts"}`))
	assert.Empty(t, answer(`{"institution":"pku","tie":"Lecturer since 2022"}`))
}

func TestAmbassadors_InOfficeAreForEverybodyToSee(t *testing.T) {
	o := openOffices(t)
	o.appoints(o.people.Ambassadors[0], ambassadorForm("zju"), 700)
	inDistrict := ambassadorForm("mit")
	inDistrict["district"] = "HZ-BJ"
	o.appoints(o.people.Ambassadors[1], inDistrict, 30)
	o.applies(o.people.Ambassadors[2], ambassadorForm("pku"))
	o.appoints(o.people.Ambassadors[4], ambassadorForm("pku"), -1) // a renewal that nobody has decided on
	resigned := o.appoints(o.people.Ambassadors[3], ambassadorForm("pku"), 30)
	o.records(resigned, station.Change{Event: station.EventResigned, Office: &station.OfficeMove{Status: station.OfficeResigned}}, station.StageTerm)

	w := o.get("/v1/ambassadors", nobody, "Accept-Language", "en")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	list := read[api.List[api.Ambassador]](t, w).Items
	require.Len(t, list, 2)
	assert.Equal(t, []any{o.people.Ambassadors[1].Name, api.Named{Code: "mit", Name: "Massachusetts Institute of Technology"}, "HZ-BJ"},
		[]any{list[0].Name, list[0].Institution, list[0].Branch})
	assert.Equal(t, "zju", list[1].Institution.Code)
	assert.WithinDuration(t, time.Now(), list[1].Since, time.Minute)
	assert.WithinDuration(t, time.Now().Add(700*24*time.Hour), list[1].Until, time.Minute)
	for _, secret := range []string{o.people.Ambassadors[0].ID, o.people.Ambassadors[0].Email, o.people.Ambassadors[0].Institution, resigned} {
		assert.NotContains(t, w.Body.String(), secret)
	}
	count := func(query string) int {
		return len(read[api.List[api.Ambassador]](t, o.get("/v1/ambassadors?"+query, nobody)).Items)
	}
	assert.Equal(t, []int{2, 1, 0}, []int{count("branch=HZ"), count("branch=HZ-BJ"), count("branch=HZ-XH")})
	assert.Equal(t, []string{"branch unknown_branch"}, faultsOf(problem(t, o.get("/v1/ambassadors?branch=SH", nobody))))
	first := read[api.List[api.Ambassador]](t, o.get("/v1/ambassadors?limit=1", nobody))
	require.NotEmpty(t, first.Next)
	assert.Equal(t, 1, count("limit=1&cursor="+first.Next))
	for _, query := range []string{"branch=%00", "branch=%ff", "cursor=%00", "cursor=x", "limit=0", "limit=x", "institution=zju"} {
		assert.Equal(t, http.StatusUnprocessableEntity, o.get("/v1/ambassadors?"+query, nobody).Code, query)
	}
}

func TestOffice_IsResignedOrTransferred(t *testing.T) {
	o := openOffices(t)
	who := o.people.Ambassadors[0]
	id := o.appoints(who, ambassadorForm("zju"), 700)
	task := station.MembershipTask(id)
	proof := storetest.Document(t, o.db, who, "proof.pdf")
	d := read[api.TaskDetail](t, o.get("/v1/tasks/"+task, who))
	assert.Equal(t, []string{"resign", "transfer"}, codesOf(d.Verdicts))
	for body, faults := range map[string][]string{
		`{"verdict":"accept"}`: {"verdict one_of"},
		`{"verdict":"transfer"}`: {
			"documents required", "institution required", "reason required",
		},
		`{"verdict":"transfer","reason":" ","institution":"ZJU","documents":["x"]}`:                                        {"documents/0 document", "institution no_change", "reason required"},
		`{"verdict":"transfer","reason":"r","institution":"hogwarts","documents":["` + proof + `"]}`:                       {"institution unknown_institution"},
		`{"verdict":"transfer","reason":"r","institution":"pku","documents":["` + station.NewID() + `"]}`:                  {"documents/0 unknown_document"},
		`{"verdict":"transfer","reason":"r","institution":"pku","documents":["` + proof + `"],"account":"` + who.ID + `"}`: {"account not_expected"},
		`{"verdict":"resign","institution":"pku","documents":["` + proof + `"]}`:                                           {"documents not_expected", "institution not_expected"},
	} {
		w := o.post("/v1/tasks/"+task+"/decision", body, who)
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", body, w.Body)
		assert.Equal(t, faults, faultsOf(problem(t, w)), body)
	}
	for _, other := range []station.Account{o.staff.Officer, o.staff.Director} {
		assert.Equal(t, http.StatusForbidden, o.post("/v1/tasks/"+task+"/decision", `{"verdict":"resign"}`, other).Code)
	}
	assert.Equal(t, http.StatusNotFound, o.post("/v1/tasks/"+task+"/decision", `{"verdict":"resign"}`, o.people.Ambassadors[1]).Code)
	o.decides(task, who, `{"verdict":"resign","reason":"I move away."}`)
}

func TestTransfer_NeedsATieThatSomebodyElseConfirms(t *testing.T) {
	o := openOffices(t)
	who := o.people.Ambassadors[0]
	id := o.appoints(who, ambassadorForm("zju"), 700)
	proof := storetest.Document(t, o.db, who, "proof.pdf")
	act := o.decides(station.MembershipTask(id), who, `{"verdict":"transfer","reason":"I was called to a chair there.","institution":"pku","documents":["`+proof+`"]}`)
	tie := o.opens(id, "tie", station.TaskSpec{Kind: station.TaskTie, Role: station.RoleOfficer, Details: station.Details{"act": act}})
	d := read[api.TaskDetail](t, o.get("/v1/tasks/"+tie, o.staff.Officer))
	assert.Equal(t, []string{"accept", "decline"}, codesOf(d.Verdicts))
	assert.Equal(t, []any{&api.Named{Code: "pku", Name: "Peking University"}, "I was called to a chair there."}, []any{d.Transfer, d.Reason})
	require.Len(t, d.Documents, 1)
	assert.Equal(t, proof, d.Documents[0].ID)
	w := o.post("/v1/tasks/"+tie+"/decision", `{"verdict":"decline"}`, o.staff.Officer)
	assert.Equal(t, []string{"reason required"}, faultsOf(problem(t, w)))
	_, err := o.db.ExecContext(t.Context(), `UPDATE accounts SET institution = 'pku' WHERE id = $1`, o.staff.Officer.ID)
	require.NoError(t, err)
	p := problem(t, o.post("/v1/tasks/"+tie+"/decision", `{"verdict":"accept"}`, o.staff.Officer))
	assert.Equal(t, "conflict_of_interest", p.Code, "who is of the institution that they move to")
	o.decides(tie, o.staff.Officer2, `{"verdict":"accept"}`)
	o.records(id, station.Change{
		Event: station.EventTransferred, Office: &station.OfficeMove{Status: station.OfficeActive, Letter: 2, Transfers: act},
	}, station.StageTerm)
	letters := o.letters(id, who)
	require.Len(t, letters, 2)
	assert.Equal(t, []string{"valid", "expired"}, []string{letters[0].Status, letters[1].Status})
	assert.Equal(t, "https://wutong.example/v1/letters/"+letters[0].Code, letters[0].Address)
	for _, other := range []station.Account{o.staff.Officer, o.staff.Director} {
		assert.Equal(t, letters, o.letters(id, other), "the house sees them too")
	}
	assert.Equal(t, http.StatusNotFound, o.get("/v1/cases/"+id, o.people.Ambassadors[1]).Code)
}

func codesOf(list []api.Named) (codes []string) {
	for _, n := range list {
		codes = append(codes, n.Code)
	}
	return codes
}

func TestRevocation_GivesItsReasonAndHasAnAppealOfItsOwn(t *testing.T) {
	o := openOffices(t)
	who := o.people.Ambassadors[0]
	id := o.applies(who, ambassadorForm("zju"))
	declined := func(n int, reason station.Reason, act string, status station.Status) {
		o.clerk.records(t, station.Change{
			Case: id, Event: station.EventDeclined, Standing: station.Standing{Stage: station.StageDeclined, Status: status, Reason: reason},
			Open: []station.TaskSpec{{
				ID: station.TaskID(id, station.StageDeclined, n), Kind: station.TaskAppeal, Party: station.Applicant, Wait: station.Wait{Days: 10},
				Details: station.Details{"reason": reason, "act": act},
			}},
		})
	}
	appealed := func(n int) {
		w := o.post("/v1/cases/"+id+"/appeal", `{"reason":"I disagree."}`, who)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Equal(t, station.TaskID(id, station.StageDeclined, n), read[api.Receipt](t, w).Task)
	}
	why := func() string { return read[api.CaseDetail](t, o.get("/v1/cases/"+id, who)).Why }
	check := o.opens(id, station.StageCheck, station.TaskSpec{Kind: station.TaskCheck, Role: station.RoleOfficer})
	no := o.decides(check, o.staff.Officer, `{"verdict":"decline","reason":"No tie that we could find."}`)
	declined(1, station.ReasonByOfficer, no, station.Declined)
	assert.Equal(t, "No tie that we could find.", why())
	appealed(1)

	oversight := o.opens(id, station.StageTerm, station.TaskSpec{ID: station.OversightTask(id), Kind: station.TaskOversight, Role: station.RoleDirector})
	assert.Empty(t, why(), "it was lifted")
	assert.Equal(t, []string{"revoke"}, codesOf(read[api.TaskDetail](t, o.get("/v1/tasks/"+oversight, o.staff.Director)).Verdicts))
	for body, faults := range map[string][]string{
		`{"verdict":"suspend","reason":"r"}`: {"verdict one_of"}, `{"verdict":"reinstate"}`: {"verdict one_of"}, `{"verdict":"revoke"}`: {"reason required"},
	} {
		assert.Equal(t, faults, faultsOf(problem(t, o.post("/v1/tasks/"+oversight+"/decision", body, o.staff.Director))), body)
	}
	assert.Equal(t, http.StatusForbidden, o.post("/v1/tasks/"+oversight+"/decision", `{"verdict":"revoke","reason":"r"}`, o.staff.Officer).Code)
	revoked := o.decides(oversight, o.staff.Director, `{"verdict":"revoke","reason":"Talents were asked for money."}`)
	declined(2, station.ReasonRevoked, revoked, station.Terminated)
	assert.Equal(t, "Talents were asked for money.", why())
	appealed(2)
}

func TestRenewal_ShowsTheRecord(t *testing.T) {
	o := openOffices(t)
	id := o.appoints(o.people.Ambassadors[0], ambassadorForm("zju"), 30)
	since := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	task := o.opens(id, station.StageRenewal, station.TaskSpec{
		Kind: station.TaskRenewal, Role: station.RoleOfficer, Details: station.Details{"made": 9, "accepted": 4, "since": since},
	})
	d := read[api.TaskDetail](t, o.get("/v1/tasks/"+task, o.staff.Officer))
	assert.Equal(t, &api.OfficeRecord{Made: 9, Accepted: 4, Since: since}, d.Record)
	assert.Equal(t, []string{"renew", "thank"}, codesOf(d.Verdicts))
}

func TestReferral_NamesItsAmbassador(t *testing.T) {
	o := openOffices(t)
	id := o.appoints(o.people.Ambassadors[0], ambassadorForm("zju"), 700)
	number := o.letters(id, o.people.Ambassadors[0])[0].Number
	var referral map[string]any
	require.NoError(t, json.Unmarshal([]byte(form), &referral))
	w := o.post("/v1/referrals", with(referral, map[string]any{"ambassador": "HZ-LETTER-2000-000001"}), o.staff.Referrer)
	assert.Equal(t, []string{"ambassador unknown_ambassador"}, faultsOf(problem(t, w)))
	w = o.post("/v1/referrals", with(referral, map[string]any{"ambassador": number}), o.staff.Referrer)
	assert.Equal(t, http.StatusCreated, w.Code, w.Body)
	record, err := o.db.OfficeRecord(t.Context(), id, time.Now().Add(-time.Hour), time.Time{})
	require.NoError(t, err)
	assert.Equal(t, station.OfficeRecord{Made: 1}, record)
}

func TestInstitutions_SayWhereTheyAre(t *testing.T) {
	o := openOffices(t)
	w := o.get("/v1/institutions", o.staff.Officer)
	assert.Contains(t, read[api.List[api.Institution]](t, w).Items, api.Institution{
		Named: api.Named{Code: "pku", Name: "Peking University"}, Group: "c9", City: "Beijing", Country: "CN",
	})
}
