package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

func TestGrant_IsPaidInThreeTranchesOverAYear(t *testing.T) {
	s := apply(t, plenty, "").signed().
		officerOrders().treasurerPays().
		passes(170).handsIn().officerOrders().treasurerPays().
		passes(180).handsIn().officerOrders().treasurerPays().
		passes(20).handsIn().officerOrders()
	s.ends(station.Completed, "")
	s.award(tier50, 0)
	assert.Equal(t, []string{
		"assessed", "assigned", "completeness_checked", "assigned", "checked", "assigned", "reviewed", "reviewed", "reviewed",
		"funds_asked", "reserved", "shown", "notice_over", "assigned", "signed", "assigned", "agreed",
		"assigned", "checked", "payment_ordered", "paid",
		"assigned", "reminded", "evidence_given", "assigned", "checked", "payment_ordered", "paid",
		"assigned", "reminded", "evidence_given", "assigned", "checked", "payment_ordered", "paid",
		"assigned", "evidence_given", "assigned", "checked", "completed",
	}, s.happened())
	assert.Equal(t, []int64{2_500_000, 1_500_000, 1_000_000}, s.paid())
}

// paid are the payments, in fen.
func (s *granted) paid() []int64 {
	s.t.Helper()
	var list []int64
	require.NoError(s.t, s.db.SelectContext(s.t.Context(), &list, `SELECT fen FROM fund_entries WHERE case_id = $1 AND kind = 'pay' ORDER BY seq`, s.id))
	return list
}

func TestGrant_IsPaidOverTwoYears(t *testing.T) {
	s := apply(t, plenty, `, "tranches": [
		{"name": {"zh-CN": "首期", "en": "First"}, "percent": 40},
		{"name": {"zh-CN": "中期", "en": "Second"}, "percent": 33, "evidence": {"days": 365, "calendar": true, "reminders": [335]}},
		{"name": {"zh-CN": "验收", "en": "Third"}, "percent": 27, "evidence": {"days": 730, "calendar": true, "reminders": [700]}}]`).signed().
		officerOrders().treasurerPays().passes(360).handsIn().officerOrders().treasurerPays().
		passes(360).handsIn().officerOrders().treasurerPays().passes(50).handsIn().officerOrders()
	s.ends(station.Completed, "")
	assert.Equal(t, []int64{2_000_000, 1_650_000, 1_350_000}, s.paid())
}

func TestGrant_IsDeclinedAtOnceWhenARuleSaysNo(t *testing.T) {
	s := apply(t, plenty, "", func(f *station.GrantForm) { f.Team.Share = 29.9 })
	s.ends(station.Declined, station.ReasonIneligible)
	assert.Equal(t, []string{"grant_ineligible"}, s.mails(s.grant.Founder.ID))
	v, err := s.svc.Case(t.Context(), storetest.As(t, s.db, s.grant.Founder), s.id)
	require.NoError(t, err)
	require.Len(t, v.Eligibility, 2, "every rule has its own yes or no")
	assert.True(t, v.Eligibility[0].Assessed.Passed)
	assert.False(t, v.Eligibility[1].Assessed.Passed)
	assert.InDelta(t, 29.9, v.Eligibility[1].Assessed.Saw["team.share"], 0.001)
}

func TestGrant_IsEligibleAfterAllOnAppeal(t *testing.T) {
	s := apply(t, plenty, "", func(f *station.GrantForm) { f.Team.Share = 29.9 }).
		founderAppeals().appealHeard(station.Accept).reviewed().passes(8)
	s.directorSigns() // and then silence
	s.ends(station.Lapsed, station.ReasonAgreementLate)
	s.award(0, 0)
}

func TestGrant_StaysEligibleAsAnAppealFound(t *testing.T) {
	s := apply(t, plenty, "", func(f *station.GrantForm) { f.Team.Share = 29.9 }).
		founderAppeals().appealHeard(station.Accept).districtAsks().founderAnswers(`{"project": {"plan": "A larger clean bench."}}`)
	s.districtAccepts().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_IsCheckedAfterAnAppealFoundItEligible(t *testing.T) {
	s := apply(t, plenty, "").districtAsks().founderAnswers(`{"team": {"share": 10}}`).founderAppeals().
		appealHeard(station.Accept).districtAccepts().cityAccepts().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'completeness_checked'`, s.id))
}

func TestGrant_StaysIneligibleOnAppeal(t *testing.T) {
	s := apply(t, plenty, "", func(f *station.GrantForm) { f.Team.Share = 29.9 }).founderAppeals().appealHeard(station.Decline)
	s.ends(station.Declined, station.ReasonIneligible)
	assert.Contains(t, s.mails(s.grant.Founder.ID), "appeal_dismissed")
}

func TestGrant_IsDeclinedByTheCity(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityDeclines()
	s.ends(station.Declined, station.ReasonByOfficer)
}

func TestGrant_IsDeclinedForGoodTheSecondTime(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityDeclines().founderAppeals().appealHeard(station.Accept).
		expertsScore(30, tier20, tier20, tier20)
	s.ends(station.Declined, station.ReasonBelowPassMark)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'appeal'`, s.id), "one appeal in the life of a case")
}

func TestGrant_HearsAnAppealByOthersOnly(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityDeclines().founderAppeals().cityAccepts(). // who declined it
													appealHeard(station.Accept).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'four_eyes'`, s.id))
}

func TestGrant_IsCheckedByTwoPeople(t *testing.T) {
	s := apply(t, plenty, "")
	s.by(s.people.Officer, station.TaskCheck, station.Body{Verdict: station.Accept}) // of the city, who may do a district's task
	s.cityAccepts()
	s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Accept}).expertsRecommend(tier20).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'four_eyes'`, s.id))
}

func TestGrant_KeepsWhatTheDistrictDecidedWhenTheCityAsks(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityAsks(station.Applicant).passes(6).
		founderAnswers(`{"project": {"plan": "A larger clean bench."}}`).cityAccepts().expertsRecommend(tier20, tier20, tier20).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.NotContains(t, s.happened(), "voided")
	assert.NotContains(t, s.happened(), "escalated", "the clock stood still")
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND form->'project'->>'plan' = 'A larger clean bench.'`, s.id))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM amendments WHERE case_id = $1 AND form->'project'->>'plan' = 'Moulds and a clean bench.'`, s.id))
}

func TestGrant_HasTheDistrictCheckAgainWhatAnAnswerChanged(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityAsks(station.Applicant).
		founderAnswers(`{"company": {"name": "杭州触感科技有限公司"}}`).
		districtAccepts().cityAccepts().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'voided' AND details->'changed'->>0 = 'company.name'`, s.id), "and says so")
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'completeness_checked'`, s.id))
}

func TestGrant_IsSentBackToTheDistrictWithAQuestion(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityAsks(station.District).passes(6)
	s.answers(s.people.DistrictOfficer, "").cityAccepts().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'completeness_checked'`, s.id), "what it decided stands")
	assert.NotContains(t, s.happened(), "escalated", "the clock stood still")
}

func TestGrant_BecomesIneligibleByAnAnswer(t *testing.T) {
	s := apply(t, plenty, "").districtAsks().founderAnswers(`{"team": {"share": 10}}`)
	s.ends(station.Declined, station.ReasonIneligible)
	assert.Equal(t, 2, s.count(`SELECT max(round) FROM assessments WHERE case_id = $1`, s.id))
}

func TestGrant_AwardsTheMedianTier(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityAccepts().expertsRecommend(tier80, tier20, tier80).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'reserve' AND fen = $2`, s.id, tier80))
	s.award(0, 0)
}

func TestGrant_IsDeclinedBelowThePassMarkAndWonBeforeOtherExperts(t *testing.T) {
	s := apply(t, plenty, "").districtAccepts().cityAccepts().expertsScore(40, tier20, tier20, tier20).
		founderAppeals().expertsScore(90, tier50, tier50, tier50).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 6, s.count(`SELECT count(DISTINCT reviewer) FROM reviews WHERE case_id = $1`, s.id))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'reserve' AND fen = $2`, s.id, tier50))
}

const withDefence = `, "defence": {"decide": {"days": 3}, "hold": {"days": 3, "reminders": [1]}}`

func (s *granted) officerCalls() *granted {
	return s.then(func() {
		tasks := s.openTasks(station.TaskDefence)
		require.Len(s.t, tasks, 1)
		_, err := s.svc.Decide(s.t.Context(), storetest.As(s.t, s.db, s.people.Officer), tasks[0].ID, "", station.Body{
			Verdict: station.Call, At: s.env.Now().Add(72 * time.Hour).Format(time.RFC3339), Place: "Room 301",
		})
		require.NoError(s.t, err)
	})
}

func TestGrant_ReplacesThePaperScoresByThoseOfTheDefence(t *testing.T) {
	s := apply(t, plenty, withDefence).districtAccepts().cityAccepts().expertsRecommend(tier20, tier20, tier20).
		officerCalls().passes(3)
	s.by(s.people.Officer, station.TaskHearing, station.Body{Verdict: station.Attended}).expertsRecommend(tier80, tier80, tier50).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Contains(t, s.mails(s.grant.Founder.ID), "defence_called")
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'reserve' AND fen = $2`, s.id, tier80))
	assert.Equal(t, 3, s.count(`SELECT count(DISTINCT reviewer) FROM reviews WHERE case_id = $1`, s.id), "the same experts")
}

func TestGrant_FillsTheDefencesPanelFromThePool(t *testing.T) {
	s := apply(t, plenty, withDefence).districtAccepts().cityAccepts()
	s.reviewer(station.Body{Verdict: station.Recuse}).reviewer(station.Body{Verdict: station.Abstain})
	s.expertsRecommend(tier20, tier20).officerCalls().passes(3)
	s.by(s.people.Officer, station.TaskHearing, station.Body{Verdict: station.Attended}).expertsRecommend(tier80, tier80, tier50).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.NotContains(t, s.happened(), "appointing", "the pool has others")
	assert.Equal(t, 5, s.count(`SELECT count(DISTINCT assignee) FROM tasks WHERE case_id = $1 AND kind = 'review'`, s.id), "who recused or abstained is not asked again")
}

func TestGrant_KeepsThePaperScoresWhenTheTeamDoesNotCome(t *testing.T) {
	s := apply(t, plenty, withDefence).districtAccepts().cityAccepts().expertsRecommend(tier20, tier20, tier20).officerCalls().passes(3)
	s.by(s.people.Officer, station.TaskHearing, station.Body{Verdict: station.Absent}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'reserve' AND fen = $2`, s.id, tier20))
}

func TestGrant_TakesNoDefenceOfAnotherAge(t *testing.T) {
	s := apply(t, plenty, withDefence).districtAccepts().cityAccepts().expertsRecommend(tier20, tier20, tier20)
	s.then(func() {
		task := s.openTasks(station.TaskDefence)[0]
		_, err := s.svc.Decide(t.Context(), storetest.As(t, s.db, s.people.Officer), task.ID, "", station.Body{
			Verdict: station.Call, At: "9999-12-31T09:00:00+08:00", Place: "Room 301",
		})
		require.Equal(t, station.Invalid, station.CodeOf(err))
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_GoesOnWithoutADefenceThatNobodyCalls(t *testing.T) {
	s := apply(t, plenty, withDefence).districtAccepts().cityAccepts().expertsRecommend(tier20, tier20, tier20).passes(6).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Contains(t, s.happened(), "reserved")
}

func TestGrant_WaitsForMoneyUntilAnotherReleasesIt(t *testing.T) {
	s := apply(t, tier50, "")
	other := s.another(tier50)
	s.reviewed().passes(30).then(func() { s.releases(other) })
	s.passes(8).directorSigns()
	s.ends(station.Lapsed, station.ReasonAgreementLate)
	assert.Contains(t, s.mails(s.grant.Founder.ID), "grant_waiting")
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM notices WHERE case_id = $1 AND key LIKE '%/funds.1.waiting/%'`, s.id), "one each time that it waits")
	assert.Contains(t, s.happened(), "reserved")
}

func TestGrant_LapsesWhenNoMoneyComesBeforeTheProgrammeEnds(t *testing.T) {
	s := apply(t, tier50, `, "endsAt": "2026-09-30T23:59:59+08:00"`)
	s.another(tier50)
	s.reviewed()
	s.ends(station.Lapsed, station.ReasonNoFunds)
	assert.Zero(t, s.count(`SELECT count(*) FROM fund_queue WHERE case_id = $1 AND left_at IS NULL`, s.id))
}

// another is a case that has an award of the fund.
func (s *granted) another(fen int64) string {
	s.t.Helper()
	form := storetest.GrantForm()
	form.Company.Number = "91330100799655058B"
	raw, err := json.Marshal(form)
	require.NoError(s.t, err)
	c, _, err := s.svc.Start(s.t.Context(), storetest.As(s.t, s.db, s.grant.Founder), station.Grant, storetest.GrantProgramme, "", raw)
	require.NoError(s.t, err)
	s.moves(c.ID, 1, station.FundMove{Fund: storetest.Fund, Reserve: &station.Reservation{Fen: fen, Score: 50, Task: c.ID + ".funds.1"}})
	return c.ID
}

// releases gives an award back, and tells whom the fund reserves it for.
func (s *granted) releases(caseID string) {
	for _, w := range s.moves(caseID, 2, station.FundMove{Fund: storetest.Fund, Release: true}) {
		s.env.SignalWorkflow(station.SignalName, w.Signal)
	}
}

func (s *granted) moves(caseID string, sequence int, m station.FundMove) []station.Wake {
	s.t.Helper()
	w, err := s.db.Record(s.t.Context(), station.Change{
		Case: caseID, Run: "other", Sequence: sequence, At: s.began, Standing: station.Standing{Stage: station.StageFunds, Status: station.Open}, Fund: &m,
	})
	require.NoError(s.t, err)
	return w[0].Wake
}
