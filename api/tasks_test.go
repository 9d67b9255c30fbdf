package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// check opens an officer's task and returns its path.
func (h *house) check() string {
	h.t.Helper()
	return "/v1/tasks/" + h.asks(h.refer(), station.StageCheck, station.TaskSpec{Kind: station.TaskCheck, Role: station.RoleOfficer})
}

func TestTask_IsInTheInboxAndSaysWhatItNeeds(t *testing.T) {
	h := open(t)
	path := h.check()
	inbox := read[api.List[api.Task]](t, h.get("/v1/tasks?kind=check", h.people.Officer))
	require.Len(t, inbox.Items, 1)
	assert.Equal(t, "Check what was handed in", inbox.Items[0].KindText)
	assert.Equal(t, "To do", inbox.Items[0].StatusText)
	assert.Empty(t, read[api.List[api.Task]](t, h.get("/v1/tasks", h.people.DistrictOfficer)).Items)

	w := h.get(path, h.people.Officer)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	d := read[api.TaskDetail](t, w)
	assert.Equal(t, "HZ", d.About.Branch)
	assert.Contains(t, string(d.Form), "季逸超")
	assert.Equal(t, http.StatusNotFound, h.get(path, h.people.Referrer).Code)
}

func TestReviewTask_ShowsItsRubric(t *testing.T) {
	h := open(t)
	reviewer := h.people.Reviewers[0]
	task := h.asks(h.refer(), station.StageReview, station.TaskSpec{Kind: station.TaskReview, Assignee: reviewer.ID})
	d := read[api.TaskDetail](t, h.get("/v1/tasks/"+task, reviewer))
	assert.Equal(t, []api.Named{{Code: "score", Name: "Score"}, {Code: "abstain", Name: "Abstain"}, {Code: "recuse", Name: "Step aside"}}, d.Verdicts)
	require.Len(t, d.Criteria, 3)
	assert.Equal(t, api.Criterion{Named: api.Named{Code: "fit", Name: "Fit with the city"}, Weight: 20}, d.Criteria[2])

	w := h.post("/v1/tasks/"+task+"/decision", `{"verdict":"score","scores":[{"criterion":"fit","points":50},{"criterion":"magic","points":1}]}`, reviewer)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	var got []string
	for _, f := range problem(t, w).Errors {
		got = append(got, f.Path+" "+f.Code+" "+f.Message)
	}
	assert.Contains(t, got, "scores missing_criterion has no score for: achievement")
	assert.Contains(t, got, "scores/1/criterion unknown_criterion is not in the rubric")

	w = h.post("/v1/tasks/"+task+"/decision", `{"verdict":"score","scores":[{"criterion":"fit","points":101}]}`, reviewer)
	assert.Equal(t, []api.Fault{{Path: "scores/0/points", Code: "at_most", Message: "may be at most 100"}}, problem(t, w).Errors)
}

func TestHandingOver_TellsNothingToWhoMayNotDoIt(t *testing.T) {
	h := open(t)
	path := h.check() + "/assignment"
	body := func(account string) string { return `{"verdict":"hand_over","account":"` + account + `"}` }
	for _, account := range []string{h.people.Officer2.ID, h.people.Referrer.ID, "nobody"} {
		assert.Equal(t, http.StatusNotFound, h.post(path, body(account), h.people.Referrer).Code)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, h.post(path, body(h.people.Referrer.ID), h.people.Director).Code)
}

func TestAct_IsAnsweredByItsReceipt(t *testing.T) {
	decline := `{"verdict":"decline","reason":"A canary of an officer."}`
	t.Run("recorded", func(t *testing.T) {
		h := open(t)
		path := h.check()
		w := h.post(path+"/decision", decline, h.people.Officer, "Idempotency-Key", "k")
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		receipt := read[api.Receipt](t, w)
		assert.Equal(t, "recorded", receipt.Status)
		assert.NotNil(t, receipt.SettledAt)
		h.asks(receipt.Case, station.StageDeclined, station.TaskSpec{Kind: station.TaskAppeal, Party: station.Talent, Details: station.Details{"act": receipt.ID}})
		for _, who := range []station.Account{h.people.Referrer, h.people.Officer} {
			assert.Equal(t, "A canary of an officer.", read[api.CaseDetail](t, h.get("/v1/cases/"+receipt.Case, who)).Why)
		}
		again := h.post(path+"/decision", decline, h.people.Officer, "Idempotency-Key", "k")
		assert.JSONEq(t, w.Body.String(), again.Body.String())
		assert.Equal(t, http.StatusNotFound, h.get("/v1/acts/"+receipt.ID, h.people.Officer2).Code)
	})
	t.Run("refused", func(t *testing.T) {
		h := open(t)
		h.clerk.refuses = station.ReasonTaskClosed
		w := h.post(h.check()+"/decision", decline, h.people.Officer)
		require.Equal(t, http.StatusConflict, w.Code)
		p := problem(t, w)
		assert.Equal(t, "task_closed", p.Code)
		assert.Equal(t, "Somebody was faster, or it is no longer needed.", p.Detail)
		require.NotNil(t, p.Receipt)
		assert.Equal(t, "refused", p.Receipt.Status)
		assert.Equal(t, http.StatusOK, h.get("/v1/acts/"+p.Receipt.ID, h.people.Officer).Code)
	})
	t.Run("pending", func(t *testing.T) {
		h := open(t)
		path := h.check()
		h.clerk.away = true
		w := h.post(path+"/assignment", `{"verdict":"take"}`, h.people.Officer)
		require.Equal(t, http.StatusAccepted, w.Code)
		assert.Equal(t, "/v1/acts/"+read[api.Receipt](t, w).ID, w.Header().Get("Location"))
	})
	t.Run("not theirs", func(t *testing.T) {
		h := open(t)
		path := h.check()
		assert.Equal(t, http.StatusNotFound, h.post(path+"/decision", decline, h.people.Referrer).Code)
		h.token(h.people.Officer, secret+"looks", station.ScopeRead)
		w := h.post(path+"/decision", decline, h.people.Officer, "Authorization", "Bearer "+secret+"looks")
		require.Equal(t, http.StatusForbidden, w.Code)
		assert.Equal(t, "token_reads_only", problem(t, w).Code)
	})
	t.Run("no inquiry", func(t *testing.T) {
		h := open(t)
		w := h.post(h.check()+"/answer", `{"answer":"Yes."}`, h.people.Officer)
		assert.Equal(t, []api.Fault{{Code: "task_is_no_inquiry", Message: "is for inquiries only, and this task is none"}}, problem(t, w).Errors)
	})
	t.Run("appeal too early", func(t *testing.T) {
		h := open(t)
		h.clerk.refuses = station.ReasonNotExpected
		w := h.post("/v1/cases/"+h.refer()+"/appeal", `{"reason":"No."}`, h.people.Referrer)
		assert.Equal(t, http.StatusConflict, w.Code, w.Body)
	})
}

func TestAct_OfWhichABusyEngineDidNotHearIsToldAgain(t *testing.T) {
	h := open(t)
	path := h.check()
	h.clerk.missed = 1
	w := h.post(path+"/decision", `{"verdict":"accept"}`, h.people.Officer)
	require.Equal(t, http.StatusAccepted, w.Code, w.Body)
	receipt := w.Header().Get("Location")
	assert.Eventually(t, func() bool {
		return read[api.Receipt](t, h.get(receipt, h.people.Officer)).Status == "recorded"
	}, 20*time.Second, 20*time.Millisecond)
}
