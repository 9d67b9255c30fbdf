package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// mailed opens a task that is done by a link, and returns the link's path.
func (b *hub) mailed(id string, stage station.Stage, spec station.TaskSpec) string {
	b.t.Helper()
	task := b.opens(id, stage, spec)[len("/v1/tasks/"):]
	var link string
	require.NoError(b.t, b.db.GetContext(context.Background(), &link, `SELECT id::text FROM links WHERE task = $1`, task))
	return "/v1/links/" + b.links.Token(link)
}

func (b *hub) invites() string {
	b.t.Helper()
	w := b.post("/v1/angels", with(b.angelForm(), map[string]any{
		"invitee": map[string]any{"name": "周启明", "email": "qiming@example.com"}, "documents": nil, "investments": nil,
	}), b.people.Officer)
	require.Equal(b.t, http.StatusCreated, w.Code, w.Body)
	return read[struct{ ID string }](b.t, w).ID
}

func TestVoucher_ReadsForWhomAndNothingElse(t *testing.T) {
	b := openHub(t)
	for id, candidate := range map[string]string{b.applies(): b.team.Name, b.invites(): "周启明"} {
		path := b.mailed(id, station.StageVouch, station.TaskSpec{Kind: station.TaskVoucher, Party: station.Voucher(1)})
		w := b.get(path, nobody)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		l := read[api.Link](t, w)
		assert.Equal(t, []any{"voucher", candidate, "I was a founder myself."}, []any{l.Kind, l.Candidate, l.Statement})
		assert.Equal(t, []string{"verdict"}, l.Takes)
		assert.Equal(t, "vouch", l.Verdicts[0].Code)
		assert.Empty(t, l.Form)
		w = b.get(path, nobody, "Accept", browser, "Accept-Language", "en")
		require.Equal(t, http.StatusOK, w.Code)
		for _, words := range []string{"Will you vouch for this person?", candidate, "I was a founder myself.", "I vouch for them", "同意背书"} {
			assert.Contains(t, w.Body.String(), words)
		}
		for _, secret := range []string{b.angels[0].Email, b.angels[1].Email, "qiming@example.com", "link."} {
			assert.NotContains(t, w.Body.String(), secret)
		}
		status, said := b.press(path, "verdict", "consent")
		assert.Equal(t, http.StatusUnprocessableEntity, status)
		assert.Contains(t, said, "must be one of: vouch, decline")
		status, said = b.press(path, "verdict", "vouch")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, said, "We have noted that you vouch for them.")
	}
	path := b.mailed(b.applies(), station.StageVouch, station.TaskSpec{Kind: station.TaskVoucher, Party: station.Voucher(2)})
	_, said := b.press(path, "verdict", "decline")
	assert.Contains(t, said, "We have noted that you do not")
}

func TestInvitation_SaysWhoInvites(t *testing.T) {
	b := openHub(t)
	invited := func() string {
		return b.mailed(b.invites(), station.StageConsent, station.TaskSpec{Kind: station.TaskConsent, Party: station.Talent})
	}
	path := invited()
	l := read[api.Link](t, b.get(path, nobody))
	assert.Equal(t, b.people.Officer.Name, l.Referrer)
	assert.Contains(t, string(l.Form), "qiming@example.com")
	assert.NotContains(t, string(l.Form), b.angels[0].Email, "who else is asked is not theirs to read")
	w := b.get(path, nobody, "Accept", browser, "Accept-Language", "en")
	require.Equal(t, http.StatusOK, w.Code)
	for _, words := range []string{
		"Would you like to join the angel hub?", b.people.Officer.Name + " invites you", "邀请您", "周启明", "qiming@example.com", "I was a founder myself.", "robots",
		"for this invitation only",
	} {
		assert.Contains(t, w.Body.String(), words)
	}
	assert.NotContains(t, w.Body.String(), "link.")
	assert.NotContains(t, w.Body.String(), "referred")
	status, said := b.press(path, "verdict", "consent")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "proof of an investment")
	_, said = b.press(invited(), "verdict", "decline")
	assert.Contains(t, said, "The invitation ends here")
}

// Whom an officer names vouches with their account.
func TestVoucher_WhoWasNamedReadsTheSameInTheirTask(t *testing.T) {
	b := openHub(t)
	angel := b.angels[2]
	task := b.opens(b.invites(), station.StageVouch, station.TaskSpec{Kind: station.TaskVoucher, Assignee: angel.ID})
	d := read[api.TaskDetail](t, b.get(task, angel))
	assert.Equal(t, []string{"周启明", "I was a founder myself."}, []string{d.Candidate, d.Statement})
	assert.Empty(t, d.Form)
	assert.Equal(t, http.StatusNotFound, b.get(task, b.angels[3]).Code)
	assert.Equal(t, []string{"verdict one_of"}, faultsOf(problem(t, b.post(task+"/decision", `{"verdict":"consent"}`, angel))))
	assert.Equal(t, http.StatusOK, b.post(task+"/decision", `{"verdict":"vouch"}`, angel).Code)
}

// At the screening the angels who are asked see a project before the others do.
func TestScreening_IsOfWhoWasAskedAndHasDeclared(t *testing.T) {
	b := openHub(t).opensRound()
	id := b.pitches()
	angel := b.angels[1]
	task := b.opens(id, station.StageScreening, station.TaskSpec{Kind: station.TaskReview, Assignee: angel.ID})
	score := `{"verdict":"score","scores":[{"criterion":"invite","points":4}]}`
	d := read[api.TaskDetail](t, b.get(task, angel))
	assert.Empty(t, d.Form)
	assert.NotNil(t, d.Teaser)
	assert.Equal(t, "invite", d.Criteria[0].Code)
	assert.Equal(t, "declare_first", problem(t, b.post(task+"/decision", score, angel)).Code)
	assert.Equal(t, http.StatusNotFound, b.get(task, b.angels[2]).Code)
	assert.Equal(t, http.StatusNotFound, b.get("/v1/cases/"+id, b.angels[2]).Code, "the others see it when it has a seat")
	assert.NotEmpty(t, read[api.List[api.Case]](t, b.get("/v1/cases", angel)).Items)
	assert.Empty(t, read[api.List[api.Case]](t, b.get("/v1/cases", b.angels[2])).Items)
	b.declares(id, angel, station.ConflictNone)
	assert.Contains(t, string(read[api.TaskDetail](t, b.get(task, angel)).Form), "A canary summary.")
	bad := `{"verdict":"score","scores":[{"criterion":"invite","points":5}]}`
	assert.Equal(t, []string{"scores/0/points between"}, faultsOf(problem(t, b.post(task+"/decision", bad, angel))))
	assert.Equal(t, http.StatusOK, b.post(task+"/decision", score, angel).Code)
	asked := b.opens(id, station.StageScreening, station.TaskSpec{Kind: station.TaskReview, Assignee: b.angels[3].ID})
	assert.Equal(t, http.StatusOK, b.post(asked+"/decision", `{"verdict":"recuse"}`, b.angels[3]).Code, "who recuses need not say why")

	officer := b.opens(id, station.StageScreening, station.TaskSpec{Kind: station.TaskReview, Role: station.RoleOfficer})
	assert.Equal(t, http.StatusOK, b.post(officer+"/decision", score, b.people.Officer).Code)
}
