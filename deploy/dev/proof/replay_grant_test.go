package proof_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/crowd"
)

func recordGrants(t *testing.T) {
	r := recorder{openHouse(t, nil)}
	for n, c := range []struct {
		name, programme string
		form            map[string]any
		do              func(r *recorder, id string, n int)
	}{
		{"declined-as-ineligible", granting, map[string]any{"team": map[string]any{"members": 3, "share": 10}}, (*recorder).ineligible},
		{"declined-without-appeal", impatient, nil, (*recorder).declinedByTheCity},
		{"checked-again-after-an-answer", granting, map[string]any{"district": crowd.District}, (*recorder).checkedAgain},
		{"defence-held", defended, nil, (*recorder).defended},
		{"objection-dismissed", shown, nil, (*recorder).objectionDismissed},
		{"objection-upheld-and-appealed", shown, nil, (*recorder).objectionUpheld},
		{"agreement-unanswered", impatient, nil, func(r *recorder, id string, n int) { r.reserved(id, n); r.signs(id) }},
		{"withdrawn-with-reservation", granting, nil, (*recorder).withdrawnReserved},
		{"withdrawn-with-an-ordered-payment", granting, nil, (*recorder).withdrawnOrdered},
		{"payment-rejected", granting, nil, (*recorder).paymentRejected},
		{"terminated-and-repaid", impatient, nil, (*recorder).terminated},
		{"suspended-returned-and-completed", reporting, nil, (*recorder).completed},
	} {
		form := c.form
		id := r.apply(c.programme, n, form)
		c.do(&r, id, n)
		r.ended(id)
		r.write("grant/"+c.name, id, "")
		require.False(t, t.Failed(), c.name)
	}

	renewing := recorder{openHouse(t, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}
	id := renewing.apply(granting, 50)
	renewing.reserved(id, 50)
	renewing.paid(id, 50, payments)
	renewing.stands(id, "closing")
	renewing.withdrawsPaid(id)
	renewing.ended(id)
	renewing.write("grant/paid-and-continued-as-new", id, "")

	poor := recorder{openHouseWith(t, crowd.Award, nil)}
	first, id := poor.apply(granting, 60), poor.apply(granting, 61)
	poor.reserved(first, 60)
	poor.stands(first, "signature")
	poor.reserved(id, 61)
	poor.stands(id, "funds")
	poor.well(poor.withdraws(first))
	poor.stands(id, "signature")
	poor.well(poor.withdraws(id))
	poor.ended(id)
	poor.write("grant/waited-for-money", id, "")
}

// asks has an officer ask the other level or the applicant.
func (r *recorder) asks(task, officer, to, question string) {
	r.task(task)
	r.well(r.decide(task, officer, "", map[string]any{"verdict": "ask", "to": to, "question": question}))
}

func (r *recorder) answers(task, account string, body map[string]any) {
	r.task(task)
	r.well(r.surely("/v1/tasks/"+task+"/answer", account, "", body))
}

func (r *recorder) appeals(id string) {
	r.task(id + ".declined.1")
	r.well(r.surely("/v1/cases/"+id+"/appeal", r.Founders[0].ID, "", map[string]any{"reason": "Please look again."}))
}

func (r *recorder) objects(id, who string) {
	r.stands(id, "notice")
	r.well(r.surely("/v1/cases/"+id+"/objection", "", "", map[string]any{"name": who, "email": who + "@example.com", "reason": "They have no office."}))
}

func (r *recorder) ineligible(id string, _ int) {
	r.appeals(id)
	r.task(id + ".appeal.1")
	r.well(r.decide(id+".appeal.1", r.Officers[0].ID, "", decline))
}

// declinedByTheCity lets the second pass in which an appeal is possible.
func (r *recorder) declinedByTheCity(id string, _ int) {
	r.accepts(id+".completeness.1", r.Officers[0].ID)
	r.task(id + ".check.1")
	r.well(r.decide(id+".check.1", r.Officers[1].ID, "", decline))
}

// checkedAgain has the city ask the district, which stands by what it decided;
// and the applicant, whose answer takes the ground from it.
func (r *recorder) checkedAgain(id string, _ int) {
	district, city, founder := r.DistrictOfficers[0].ID, r.Officers[0].ID, r.Founders[0].ID
	r.accepts(id+".completeness.1", district)
	r.asks(id+".check.1", city, "district", "Which licence?")
	r.answers(id+".inquiry.1", district, map[string]any{"answer": "The second licence."})
	r.asks(id+".check.1", city, "applicant", "Which licence?")
	r.answers(id+".inquiry.2", founder, map[string]any{
		"answer": "The second licence.", "changes": map[string]any{"company": map[string]any{"name": "Company the Second"}},
	})
	r.accepts(id+".completeness.2", district)
	r.accepts(id+".check.2", city)
	r.recommends(id, 1, 1, crowd.Recommend)
	r.well(r.withdraws(id))
}

// defended has the same experts score once more, at a defence.
func (r *recorder) defended(id string, n int) {
	r.checkedTwice(id, n)
	r.recommends(id, 1, 3, crowd.Recommend)
	officer := r.Officers[0].ID
	r.task(id + ".hearing.1")
	r.well(r.decide(id+".hearing.1", officer, "", map[string]any{
		"verdict": "call", "at": time.Now().Add(time.Hour).Format(time.RFC3339), "place": "Room 301",
	}))
	r.task(id + ".hearing.2")
	r.well(r.decide(id+".hearing.2", officer, "", map[string]any{"verdict": "attended"}))
	for i := range 3 {
		r.review(id, "defence", i+1, crowd.Recommend)
	}
	r.paid(id, n, 1)
	r.withdrawsPaid(id)
}

// objectionDismissed has the clock of the notice run on when both objections are
// dismissed.
func (r *recorder) objectionDismissed(id string, n int) {
	r.reserved(id, n)
	r.objects(id, "Neighbour")
	r.objects(id, "Neighbour2")
	for _, task := range []string{id + ".objection.2", id + ".objection.1"} {
		r.task(task)
		r.well(r.decide(task, r.Officers[15].ID, "", map[string]any{"verdict": "dismiss", "reason": "We went there."}))
	}
	r.paid(id, n, 1)
	r.withdrawsPaid(id)
}

// objectionUpheld declines an award that is reserved again when the appeal is
// granted.
func (r *recorder) objectionUpheld(id string, n int) {
	r.reserved(id, n)
	r.objects(id, "Neighbour")
	r.task(id + ".objection.1")
	r.well(r.decide(id+".objection.1", r.Officers[15].ID, "", map[string]any{"verdict": "uphold", "reason": "We went there."}))
	r.appeals(id)
	r.accepts(id+".appeal.1", r.Officers[16].ID)
	r.signs(id)
	r.agrees(id)
	r.well(r.withdraws(id))
}

func (r *recorder) withdrawnReserved(id string, n int) {
	r.reserved(id, n)
	r.signs(id)
	r.task(id + ".agreement.1")
	r.well(r.withdraws(id))
}

// withdrawnOrdered has the payment made that was ordered when the applicant
// withdrew, and what was paid come back.
func (r *recorder) withdrawnOrdered(id string, n int) {
	r.reserved(id, n)
	r.signs(id)
	r.agrees(id)
	r.orders(id, 1, n)
	r.task(id + ".tranches.2")
	r.well(r.withdraws(id))
	r.pays(id, 1)
	r.repays(id)
}

// withdrawsPaid has a grant withdrawn of which something is paid, and that come
// back.
func (r *recorder) withdrawsPaid(id string) {
	r.well(r.withdraws(id))
	r.repays(id)
}

// paymentRejected goes back to the officer, who orders it again.
func (r *recorder) paymentRejected(id string, n int) {
	r.reserved(id, n)
	r.signs(id)
	r.agrees(id)
	r.accepts(id+".tranches.1", r.Officers[0].ID)
	r.task(id + ".tranches.2")
	r.well(r.decide(id+".tranches.2", r.Treasurers[0].ID, "", map[string]any{"verdict": "reject", "reason": "The account is closed."}))
	r.accepts(id+".tranches.3", r.Officers[0].ID)
	r.task(id + ".tranches.4")
	r.well(r.confirms(id+".tranches.4", r.Treasurers[0].ID, "", "BANK-4-"+id))
	r.task(id + ".tranches.5")
	r.withdrawsPaid(id)
}

// terminated lets the second pass in which a report is due, and the one of
// grace.
func (r *recorder) terminated(id string, n int) {
	r.reserved(id, n)
	r.signs(id)
	r.agrees(id)
	r.orders(id, 1, n)
	r.pays(id, 1)
	r.repays(id)
}

// completed hands in a report late, in the days of grace, and once more when it
// is returned; the second one and the last in time.
func (r *recorder) completed(id string, n int) {
	officer := r.Officers[0].ID
	pays := func(ordinal int) {
		task := tranchesTask(id, ordinal)
		r.task(task)
		r.well(r.confirms(task, r.Treasurers[0].ID, "", "BANK-"+task))
	}
	r.reserved(id, n)
	r.signs(id)
	r.agrees(id)
	r.accepts(tranchesTask(id, 1), officer)
	pays(2)
	r.handsIn(id+".suspended.1", "We built it.")
	r.task(tranchesTask(id, 4))
	r.well(r.decide(tranchesTask(id, 4), officer, "", map[string]any{"verdict": "return", "reason": "We went there."}))
	r.handsIn(tranchesTask(id, 5), "We built it.")
	r.accepts(tranchesTask(id, 6), officer)
	pays(7)
	r.handsIn(tranchesTask(id, 8), "We built it.")
	r.accepts(tranchesTask(id, 9), officer)
	pays(10)
	r.handsIn(id+".closing.1", "We built it.")
	r.accepts(id+".closing.2", officer)
}
