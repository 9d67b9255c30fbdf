package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestReferral_IsAcceptedAndEntersTheReserve(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(80, 75, 90)
	s.ends(station.Accepted, "")
	found, err := s.svc.Talents(t.Context(), storetest.As(t, s.db, s.people.Officer), station.TalentQuery{Name: "Yichao Ji"})
	require.NoError(t, err)
	require.Len(t, found.Items, 1)
	assert.Equal(t, "B", found.Items[0].Grade)
	assert.InDelta(t, 81.67, found.Items[0].Score, 0.01)
	assert.Equal(t, []string{s.people.Referrer.ID}, found.Items[0].Referrers)
	assert.Equal(t, []string{"consent", "accepted"}, s.mails("talent"))
}

func TestReferral_IsErasedWhenTheTalentDeclines(t *testing.T) {
	s := refer(t).talentDeclines()
	s.ends(station.Refused, station.ReasonConsentRefused)
	assertErased(t, s)
}

func TestReferral_IsErasedWhenTheTalentIsSilent(t *testing.T) {
	s := refer(t)
	s.ends(station.Lapsed, station.ReasonConsentSilent)
	assertErased(t, s)
	assert.Equal(t, []string{"consent", "consent_reminder", "consent_reminder"}, s.mails("talent"))
}

func assertErased(t *testing.T, s *scenario) {
	t.Helper()
	assert.Zero(t, s.count(`SELECT count(*) FROM parties WHERE case_id = $1 AND (name IS NOT NULL OR email IS NOT NULL OR name_search IS NOT NULL)`, s.id))
	assert.Zero(t, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND form IS NOT NULL`, s.id))
	assert.Zero(t, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND body IS NOT NULL`, s.id))
}

func TestReferral_IsDeclinedByAnOfficer(t *testing.T) {
	s := refer(t).talentConsents().officerDeclines()
	s.ends(station.Declined, station.ReasonByOfficer)
	v, err := s.svc.Case(t.Context(), storetest.As(t, s.db, s.people.Referrer), s.id)
	require.NoError(t, err)
	assert.NotEmpty(t, v.Why, "the applicant reads why")
	assert.Equal(t, []string{"consent", "declined"}, s.mails("talent"))
}

func TestReferral_IsDeclinedBelowThePassMark(t *testing.T) {
	refer(t).talentConsents().officerAccepts().reviewersScore(60, 65, 69).ends(station.Declined, station.ReasonBelowPassMark)
}

func TestReferral_IsDeclinedWhenTheStationDoesNotDecide(t *testing.T) {
	s := refer(t).talentConsents()
	s.ends(station.Declined, station.ReasonNotDecided)
	assert.Equal(t, []string{"task_escalated", "task_reminder"}, s.mails(s.people.Director.ID), "the director was asked before")
}

func TestReferral_StopsItsClockForTwoInquiries(t *testing.T) {
	s := refer(t).talentConsents().
		officerAsks(station.Talent).passes(9).talentAnswers().
		officerAsks(station.Applicant).passes(9).referrerAnswers().
		officerAccepts().reviewersScore(90, 95, 100)
	s.ends(station.Accepted, "")
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'answered'`, s.id))
	assert.Zero(t, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'escalated'`, s.id))
}

func TestReferral_RefusesAThirdInquiry(t *testing.T) {
	s := refer(t).talentConsents().
		officerAsks(station.Talent).talentAnswers().officerAsks(station.Talent).talentAnswers().officerAsks(station.Talent).
		officerAccepts().reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'no_inquiry_left'`, s.id))
}

func TestReferral_GoesOnWithoutAnAnswerToAnInquiry(t *testing.T) {
	refer(t).talentConsents().officerAsks(station.Talent).passes(20).officerAccepts().reviewersScore(80, 80, 80).ends(station.Accepted, "")
}

func TestReferral_AddsAReviewerWhenTheScoresLieFarApart(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(40, 80, 90, 90)
	s.ends(station.Accepted, "")
	assert.Equal(t, 4, s.count(`SELECT count(*) FROM reviews WHERE case_id = $1`, s.id))
}

func TestReferral_ReplacesAReviewerWhoRecuses(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewer(station.Body{Verdict: station.Recuse}).reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	assert.Equal(t, 4, s.count(`SELECT count(DISTINCT assignee) FROM tasks WHERE case_id = $1 AND kind = 'review'`, s.id))
}

func TestReferral_ReplacesReviewersWhoAreSilent(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().passes(9).reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	assert.Equal(t, 3, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'review' AND status = 'expired'`, s.id))
}

func TestReferral_AsksOneMoreWhenMostAbstain(t *testing.T) {
	abstain := station.Body{Verdict: station.Abstain}
	refer(t).talentConsents().officerAccepts().reviewer(abstain).reviewer(abstain).reviewersScore(80, 80).ends(station.Accepted, "")
}

func TestReferral_HasADirectorNameAReviewerWhenThePoolIsEmpty(t *testing.T) {
	s := refer(t)
	_, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET disabled = true WHERE id = ANY(SELECT id FROM accounts WHERE roles @> ARRAY['reviewer'] ORDER BY id DESC LIMIT 6)`)
	require.NoError(t, err)
	s.talentConsents().officerAccepts().reviewersScore(80, 80)
	s.then(func() {
		_, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET disabled = false WHERE id = $1`, s.people.Reviewers[7].ID)
		require.NoError(t, err)
	})
	director := func() station.Account { return s.people.Director }
	s.decides(director, station.TaskAppoint, station.Body{Verdict: station.Appoint, Account: s.people.Officer.ID})
	s.decides(director, station.TaskAppoint, station.Body{Verdict: station.Appoint, Account: s.people.Reviewers[7].ID})
	s.reviewersScore(80).ends(station.Accepted, "")
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND reason = 'not_eligible'`, s.id))
}

func TestReferral_IsWonOnAppealBeforeOthers(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(60, 60, 60).talentAppeals().reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	assert.Equal(t, 6, s.count(`SELECT count(DISTINCT reviewer) FROM reviews WHERE case_id = $1`, s.id))
}

func TestReferral_IsLostOnAppeal(t *testing.T) {
	s := refer(t).talentConsents().officerDeclines().referrerAppeals().reviewersScore(10, 20, 30)
	s.ends(station.Declined, station.ReasonByOfficer)
	assert.Contains(t, s.mails("talent"), "appeal_dismissed")
}

func TestReferral_MergesADuplicateAndCreditsTheReferrer(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	first := s.id
	s.began = s.began.AddDate(0, 1, 0)
	s.open(func(f *station.ReferralForm) { f.Name, f.Email = "Yichao JI", "another@example.com" })
	var talent string
	require.NoError(t, s.db.GetContext(t.Context(), &talent, `SELECT id FROM talents WHERE case_id = $1`, first))
	s.talentConsents().decides(s.officer, station.TaskDuplicate, station.Body{Verdict: station.Merge, Target: talent})
	s.ends(station.Merged, station.ReasonDuplicate)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM talents`))
}

func TestReferral_IsKeptApartFromANamesake(t *testing.T) {
	s := refer(t).talentConsents().officerAccepts().reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	s.began = s.began.AddDate(0, 1, 0)
	s.open(func(f *station.ReferralForm) { f.Email = "namesake@example.com" })
	s.talentConsents().decides(s.officer, station.TaskDuplicate, station.Body{Verdict: station.KeepApart}).officerAccepts().reviewersScore(80, 80, 80)
	s.ends(station.Accepted, "")
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM talents`))
}

func TestReferral_CanBeWithdrawnAtEachStage(t *testing.T) {
	for stage, until := range map[string]func(*scenario) *scenario{
		"consent": func(s *scenario) *scenario { return s },
		"check":   func(s *scenario) *scenario { return s.talentConsents() },
		"inquiry": func(s *scenario) *scenario { return s.talentConsents().officerAsks(station.Talent) },
		"review":  func(s *scenario) *scenario { return s.talentConsents().officerAccepts().reviewersScore(80) },
		"decline": func(s *scenario) *scenario { return s.talentConsents().officerDeclines() },
		"appeal":  func(s *scenario) *scenario { return s.talentConsents().officerDeclines().talentAppeals() },
	} {
		t.Run(stage, func(t *testing.T) {
			s := until(refer(t)).referrerWithdraws()
			s.ends(station.Withdrawn, station.ReasonWithdrawn)
			assert.Zero(t, s.count(`SELECT count(*) FROM talents`))
		})
	}
}
