package proof_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// The programmes of ambassadors, beside the one with all its defaults.
const (
	serving  = "proof-ambassadors-serving" // terms take seconds
	unheeded = "proof-ambassadors-hurry"   // who is asked answers in a second, or not at all
)

var ambassadors = map[string]string{
	appointing: `{}`,
	serving:    `{"term": {"seconds": 12}, "renewal": {"seconds": 6}}`,
	brief:      `{"term": {"seconds": 6}, "renewal": {"seconds": 4}}`,
	unheeded:   `{"consent": {"seconds": 1}, "appeal": {"seconds": 1}}`,
}

// recordAmbassadors appoints ambassadors, and follows them through their office, in all the ways in which one goes.
func recordAmbassadors(t *testing.T) {
	r := recorder{openHouseWith(t, 0, nil)}
	r.reforms()
	for n, c := range []struct {
		name, programme string
		nominated       bool
		do              func(r *recorder, id, who string)
	}{
		{"asked-appointed-and-resigned", appointing, false, (*recorder).resigned},
		{"nominated-and-declined", appointing, true, func(r *recorder, id, _ string) { r.consents(id, "decline") }},
		{"nominated-and-unanswered", unheeded, true, func(*recorder, string, string) {}},
		{"nominated-moved-and-stayed", appointing, true, (*recorder).moved},
		{"declined-without-appeal", unheeded, false, func(r *recorder, id, _ string) { r.notTied(id) }},
		{"declined-lost-on-appeal", appointing, false, func(r *recorder, id, who string) { r.notTied(id); r.appealsTo(id, who, r.Directors[0].ID, decline) }},
		{"declined-won-on-appeal-and-thanked", serving, false, (*recorder).thanked},
		{"not-approved", unheeded, false, (*recorder).notApproved},
		{"not-signed-won-on-appeal", appointing, false, (*recorder).notSigned},
		{"withdrawn-during-review", appointing, false, func(r *recorder, id, who string) {
			r.accepts(id+".check.1", r.Officers[0].ID)
			r.review(id, "review", 1, crowd.Approve)
			r.gives(id, who)
		}},
		{"thanked-and-served-out", serving, false, func(r *recorder, id, _ string) { r.takesOffice(id); r.thanks(id) }},
		{"renewed-and-not-decided", serving, false, func(r *recorder, id, _ string) { r.takesOffice(id); r.renews(id, 2) }},
		{"revoked-and-reinstated", appointing, false, func(r *recorder, id, who string) { r.reinstated(id, who); r.gives(id, who) }},
		{"revoked-lost-on-appeal", appointing, false, func(r *recorder, id, who string) {
			r.takesOffice(id)
			r.revokes(id)
			r.appealsTo(id, who, r.reformer(), decline)
		}},
		{"revoked-without-appeal", unheeded, false, func(r *recorder, id, _ string) { r.takesOffice(id); r.revokes(id) }},
		{"withdrawn-after-a-revocation", appointing, false, func(r *recorder, id, who string) {
			r.takesOffice(id)
			r.revokes(id)
			r.gives(id, who)
		}},
		{"stopped-in-office", appointing, false, func(r *recorder, id, _ string) {
			r.takesOffice(id)
			require.NoError(t, r.temporal().CancelWorkflow(t.Context(), id, ""))
		}},
	} {
		id, who := r.applicant(c.programme, n, c.nominated)
		c.do(&r, id, who)
		r.ended(id)
		r.write("ambassador/"+c.name, id, "")
		require.False(t, t.Failed(), c.name)
	}

	renewing := recorder{openHouseWith(t, 0, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}
	renewing.reforms()
	id, who := renewing.applicant(serving, 0, true)
	renewing.consents(id, "consent")
	who = renewing.adopted(id, who)
	renewing.takesOffice(id)
	renewing.transfers(id, who, "other", accept)
	renewing.revokes(id)
	renewing.appealsTo(id, who, renewing.reformer(), accept)
	renewing.renews(id, 2)
	renewing.resigns(id, who)
	renewing.ended(id)
	renewing.write("ambassador/renewed-and-continued-as-new", id, "")
}

// reforms gives the station a second director, who is to hear appeals, and other institutions.
func (h *house) reforms() {
	h.exec(`UPDATE accounts SET roles = '{director}' WHERE id = $1`, h.reformer())
	for _, code := range []string{"other", "third"} {
		h.exec(`INSERT INTO institutions SELECT (jsonb_populate_record(i, jsonb_build_object('code', $2::text))).* FROM institutions i WHERE code = $1`, crowd.University, code)
	}
}

// reformer is the second director, who was the last of the officers.
func (h *house) reformer() string { return h.Officers[len(h.Officers)-1].ID }

// applicant has the n-th newcomer apply, or nominates somebody, and returns the case and whose it is.
func (r *recorder) applicant(programme string, n int, nominated bool) (id, who string) {
	form, who := crowd.Ambassador(programme), r.Newcomers[n].ID
	if nominated {
		who = r.Referrers[0].ID
		form["nominee"] = map[string]any{"name": "Ilse Vantongeren", "email": fmt.Sprintf("nominee%d@example.com", n), "language": "en"}
	}
	return r.begun("/v1/ambassadors", who, form), who
}

// consents uses the link of who was nominated last.
func (r *recorder) consents(id, verdict string) {
	r.task(id + ".consent.1")
	var email string
	require.NoError(r.t, r.db.QueryRowContext(r.t.Context(), `SELECT email FROM parties WHERE case_id = $1 AND party = 'talent'`, id).Scan(&email))
	r.well(r.surely(r.link("ambassador_nominated", email), "", "", map[string]any{"verdict": verdict}))
}

func (r *recorder) notTied(id string) {
	r.task(id + ".check.1")
	r.well(r.decide(id+".check.1", r.Officers[0].ID, "", decline))
}

// appealsTo appeals, and a director hears it.
func (r *recorder) appealsTo(id, who, director string, verdict map[string]any) {
	r.stands(id, "declined")
	r.well(r.surely("/v1/cases/"+id+"/appeal", who, "", map[string]any{"reason": "Please look again."}))
	r.task(id + ".appeal.1")
	r.well(r.decide(id+".appeal.1", director, "", verdict))
}

// takesOffice takes who has applied, or consented, from the check into office.
func (r *recorder) takesOffice(id string) {
	r.accepts(id+".check.1", r.Officers[0].ID)
	r.approved(id)
}

// approved takes them from the panel into office.
func (r *recorder) approved(id string) {
	r.review(id, "review", 1, crowd.Approve)
	r.review(id, "review", 2, crowd.Approve)
	r.signs(id)
	r.task(id + ".membership.1")
}

func (r *recorder) resigns(id, who string) {
	r.task(id + ".membership.1")
	r.well(r.decide(id+".membership.1", who, "", map[string]any{"verdict": "resign"}))
}

// gives gives the case up.
func (r *recorder) gives(id, who string) {
	r.well(r.surely("/v1/cases/"+id+"/withdrawal", who, "", nil))
}

func (r *recorder) revokes(id string) {
	r.task(id + ".oversight.1")
	r.well(r.decide(id+".oversight.1", r.Directors[0].ID, "", map[string]any{"verdict": "revoke", "reason": "They are of somebody else."}))
}

// renews has an officer renew the term so many times.
func (r *recorder) renews(id string, times int) {
	for n := range times {
		task := fmt.Sprintf("%s.renewal.%d", id, n+1)
		r.task(task)
		r.well(r.decide(task, r.Officers[0].ID, "", map[string]any{"verdict": "renew"}))
	}
}

// transfers asks to move to another institution; an officer looks at the tie, and finds something.
func (r *recorder) transfers(id, who, to string, finds map[string]any) {
	r.task(id + ".membership.1")
	r.well(r.decide(id+".membership.1", who, "", map[string]any{
		"verdict": "transfer", "institution": to, "reason": "I have a contract there.", "documents": []string{r.uploads(who, "contract with the "+to)},
	}))
	var task string
	r.until("an officer is to look at the tie", func() bool {
		ids := list(r.house, r.db, `SELECT id FROM tasks WHERE case_id = $1 AND kind = 'tie' AND status = 'open'`, id)
		if len(ids) == 1 {
			task = ids[0]
		}
		return len(ids) == 1
	})
	r.well(r.decide(task, r.Officers[1].ID, "", finds))
}

// resigned is asked about the tie, takes office and resigns.
func (r *recorder) resigned(id, who string) {
	r.asks(id+".check.1", r.Officers[0].ID, "applicant", "Which is yours?")
	r.answers(id+".inquiry.1", who, map[string]any{"answer": "The second."})
	r.takesOffice(id)
	r.resigns(id, who)
}

// moved asks to move twice; the second tie is not confirmed.
func (r *recorder) moved(id, who string) {
	r.consents(id, "consent")
	who = r.adopted(id, who)
	r.takesOffice(id)
	r.transfers(id, who, "other", accept)
	r.transfers(id, who, "third", decline)
	r.resigns(id, who)
}

// thanked is appointed by an appeal, and serves one term.
func (r *recorder) thanked(id, who string) {
	r.notTied(id)
	r.appealsTo(id, who, r.Directors[0].ID, accept)
	r.review(id, "review", 1, map[string]any{"verdict": "recuse"})
	r.review(id, "review", 2, crowd.Approve)
	r.review(id, "review", 3, crowd.Approve)
	r.task(id + ".signature.1")
	r.well(r.decide(id+".signature.1", r.reformer(), "", map[string]any{"verdict": "sign"}))
	r.thanks(id)
}

// thanks has an officer thank at the first renewal.
func (r *recorder) thanks(id string) {
	r.task(id + ".renewal.1")
	r.well(r.decide(id+".renewal.1", r.Officers[0].ID, "", map[string]any{"verdict": "thank"}))
}

func (r *recorder) notApproved(id, _ string) {
	r.accepts(id+".check.1", r.Officers[0].ID)
	for n := range 2 {
		r.review(id, "review", n+1, map[string]any{"verdict": "score", "scores": []map[string]any{
			{"criterion": "reach", "points": 30}, {"criterion": "commitment", "points": 20},
		}})
	}
}

// notSigned is appointed although a director did not sign.
func (r *recorder) notSigned(id, who string) {
	r.accepts(id+".check.1", r.Officers[0].ID)
	r.review(id, "review", 1, crowd.Approve)
	r.review(id, "review", 2, crowd.Approve)
	r.task(id + ".signature.1")
	r.well(r.decide(id+".signature.1", r.Directors[0].ID, "", decline))
	r.appealsTo(id, who, r.reformer(), accept)
	r.resigns(id, who)
}

// reinstated has the office revoked in vain.
func (r *recorder) reinstated(id, who string) {
	r.takesOffice(id)
	r.revokes(id)
	r.appealsTo(id, who, r.reformer(), accept)
	r.task(station.MembershipTask(id))
}
