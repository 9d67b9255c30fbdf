package proof_test

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/crowd"
)

// The programmes of grants. Awards are on public notice for a second, and no tranche waits for evidence, but where the name
// says so.
const (
	granting  = "proof-grant"
	defended  = "proof-grant-defence" // an oral defence can be called
	shown     = "proof-grant-shown"   // on notice for long enough to object
	exhibited = "proof-grant-exhibit" // on notice for an hour
	impatient = "proof-grant-hurry"   // a second for the agreement, for an appeal and for evidence
	reporting = "proof-grant-report"  // two tranches wait for evidence; for the first there is a second, and days of grace
)

// tranches are those of most programmes: payments follow each other at once.
const tranches = `, "tranches": [
	{"name": {"zh-CN": "首期", "en": "First"}, "percent": 50}, {"name": {"zh-CN": "中期", "en": "Second"}, "percent": 30},
	{"name": {"zh-CN": "末期", "en": "Third"}, "percent": 20}]`

// payments are how many tranches there are.
const payments = 3

var grants = map[string]string{
	granting: crowd.GrantTerms(1, tranches),
	defended: crowd.GrantTerms(1, tranches+`, "defence": {"decide": {"days": 3}, "hold": {"days": 3, "reminders": [1]}}`),
	shown:    crowd.GrantTerms(5, tranches), exhibited: crowd.GrantTerms(3600, tranches),
	impatient: crowd.GrantTerms(1, `, "agreement": {"seconds": 1}, "appeal": {"seconds": 1}, "grace": {"seconds": 1}, "tranches": [
		{"name": {"zh-CN": "首期", "en": "First"}, "percent": 50},
		{"name": {"zh-CN": "末期", "en": "Second"}, "percent": 50, "evidence": {"seconds": 1}}]`),
	reporting: crowd.GrantTerms(1, `, "tranches": [
		{"name": {"zh-CN": "首期", "en": "First"}, "percent": 50},
		{"name": {"zh-CN": "中期", "en": "Second"}, "percent": 30, "evidence": {"seconds": 1}},
		{"name": {"zh-CN": "末期", "en": "Third"}, "percent": 20, "evidence": {"days": 365, "calendar": true, "reminders": [335]}}]`),
}

// apply starts the n-th company's grant and returns the case. Change changes its form.
func (h *house) apply(programme string, n int, change ...map[string]any) string {
	form := crowd.Grant(programme, n)
	for _, c := range change {
		maps.Copy(form, c)
	}
	a := h.surely("/v1/grants", h.Founders[0].ID, fmt.Sprintf("%s-%d", programme, n), form)
	if a.Status != http.StatusCreated {
		h.t.Errorf("apply: %d %v", a.Status, a.Body)
	}
	return a.id()
}

// accepts has an officer accept on a task.
func (h *house) accepts(task, officer string) {
	h.task(task)
	h.decide(task, officer, "accept-"+task, map[string]any{"verdict": "accept"})
}

// checkedTwice takes a grant through the district's check and the city's.
func (h *house) checkedTwice(id string, n int) {
	h.accepts(id+".completeness.1", h.Officers[n%len(h.Officers)].ID)
	h.accepts(id+".check.1", h.Officers[(n+1)%len(h.Officers)].ID)
}

// recommends has the expert who was asked first, second and so on recommend an award.
func (h *house) recommends(id string, first, last int, verdict map[string]any) {
	for i := first; i <= last; i++ {
		task := fmt.Sprintf("%s.review.%d", id, i)
		h.decide(task, h.assignee(task), "review-"+task, verdict)
	}
}

// reserved takes a grant from its application to the fund.
func (h *house) reserved(id string, n int) {
	h.checkedTwice(id, n)
	h.recommends(id, 1, 3, crowd.Recommend)
}

func (h *house) signs(id string) {
	task := id + ".signature.1"
	h.task(task)
	h.decide(task, h.Directors[0].ID, "sign-"+task, map[string]any{"verdict": "sign"})
}

func (h *house) agrees(id string) { h.accepts(id+".agreement.1", h.Founders[0].ID) }

// orders has an officer order a tranche.
func (h *house) orders(id string, tranche, n int) {
	h.accepts(tranchesTask(id, 2*tranche-1), h.Officers[n%len(h.Officers)].ID)
}

// pays has a treasurer confirm a tranche.
func (h *house) pays(id string, tranche int) {
	task := tranchesTask(id, 2*tranche)
	h.task(task)
	a := h.confirms(task, h.Treasurers[0].ID, "pay-"+task, "BANK-"+task)
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		h.t.Errorf("pay %s: %d %v", task, a.Status, a.Body)
	}
}

func (h *house) confirms(task, treasurer, key, reference string) answer {
	return h.surely("/v1/tasks/"+task+"/confirmation", treasurer, key, map[string]any{"reference": reference})
}

// handsIn has the founder upload a report and hand it in.
func (h *house) handsIn(task, report string) {
	h.task(task)
	a := h.surely("/v1/tasks/"+task+"/confirmation", h.Founders[0].ID, "hand-in-"+task, map[string]any{
		"documents": []string{h.uploads(h.Founders[0].ID, report)}, "note": report,
	})
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		h.t.Errorf("hand in %s: %d %v", task, a.Status, a.Body)
	}
}

func tranchesTask(id string, ordinal int) string { return fmt.Sprintf("%s.tranches.%d", id, ordinal) }

// paid takes a grant from its notice through some of its tranches.
func (h *house) paid(id string, n, tranches int) {
	h.signs(id)
	h.agrees(id)
	for i := 1; i <= tranches; i++ {
		h.orders(id, i, n)
		h.pays(id, i)
	}
}

// stands waits until a grant is in a stage.
func (h *house) stands(id, stage string) {
	h.until("case "+id+" comes to "+stage, func() bool {
		return h.count(`SELECT count(*) FROM cases WHERE id = $1 AND stage = $2`, id, stage) == 1
	})
}

// repays has a treasurer confirm that what was asked back has come.
func (h *house) repays(id string) {
	task := id + ".repayment.1"
	h.task(task)
	a := h.confirms(task, h.Treasurers[1].ID, "repay-"+task, "BACK-"+task)
	if a.Status != http.StatusOK && a.Status != http.StatusAccepted {
		h.t.Errorf("repay %s: %d %v", task, a.Status, a.Body)
	}
}

func (h *house) withdraws(id string) answer {
	return h.surely("/v1/cases/"+id+"/withdrawal", h.Founders[0].ID, "withdraw-"+id, nil)
}

// balances checks that what the fund and its awards are said to be is the sum of the ledger, that no tranche was paid
// twice, and that nobody waits whom the fund can carry.
func (h *house) balances() {
	h.t.Helper()
	const sums = `
		coalesce(sum(fen) FILTER (WHERE kind = 'reserve'), 0) - coalesce(sum(fen) FILTER (WHERE kind IN ('release', 'pay')), 0),
		coalesce(sum(fen) FILTER (WHERE kind = 'pay'), 0), coalesce(sum(fen) FILTER (WHERE kind = 'repay'), 0)`
	require.Equal(h.t, 0, h.count(`
		SELECT count(*) FROM fund_years y CROSS JOIN LATERAL (
			SELECT coalesce(sum(fen) FILTER (WHERE kind = 'adjust'), 0), `+sums+` FROM fund_entries e WHERE e.fund = y.fund AND e.year = y.year
		) AS e (adjusted, reserved, paid, repaid)
		WHERE (y.adjusted, y.reserved, y.paid, y.repaid) <> (e.adjusted, e.reserved, e.paid, e.repaid)
		   OR y.budget + e.adjusted + e.repaid < e.reserved + e.paid`), "the years of the fund")
	require.Equal(h.t, 0, h.count(`
		SELECT count(*) FROM (SELECT case_id, `+sums+` FROM fund_entries WHERE case_id IS NOT NULL GROUP BY case_id) AS e (case_id, reserved, paid, repaid)
		FULL JOIN awards a USING (case_id)
		WHERE (a.reserved, a.paid, a.repaid) IS DISTINCT FROM (e.reserved::bigint, e.paid::bigint, e.repaid::bigint)`), "the awards")
	require.Equal(h.t, 0, h.count(`SELECT count(*) - count(DISTINCT (case_id, tranche)) FROM fund_entries WHERE kind = 'pay'`), "a tranche was paid twice")
	require.Equal(h.t, 0, h.count(`
		SELECT count(*) FROM fund_queue q JOIN fund_years y ON y.fund = q.fund AND y.year = extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')
		WHERE q.left_at IS NULL AND q.fen <= y.budget + y.adjusted + y.repaid - y.reserved - y.paid`), "who waits could be served")
}

// verified has the station verify its histories.
func (h *house) verified() {
	h.t.Helper()
	out, err := h.stack.Run(h.t.Context(), "audit", "verify")
	require.NoError(h.t, err, out)
}
