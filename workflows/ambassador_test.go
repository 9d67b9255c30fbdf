package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

func TestAmbassador_IsAppointedRenewedAndThanked(t *testing.T) {
	s := applies(t, "{}").appointed().stands(station.OfficeActive, "zju", "valid").until("2028-03-01").stage(station.StageTerm).
		passes(701).stage(station.StageRenewal).officerDecidesTo(station.Renew).until("2030-03-01").stands(station.OfficeActive, "zju", "valid", "valid").
		passes(50).stands(station.OfficeActive, "zju", "expired", "valid").
		passes(680).officerDecidesTo(station.Thank)
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.OfficeEnded, "zju", "expired", "expired")
	assert.Equal(t, []string{
		"assigned", "checked", "assigned", "reviewed", "reviewed", "assigned", "signed", "in_office",
		"renewing", "renewed", "renewing", "thanked", "served", "completed",
	}, s.happened())
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_renewed", "ambassador_thanked"}, s.told())
	assert.Equal(t, []string{s.people.Director.Name, s.people.Director.Name}, s.letters(func(a station.Appointment) string { return a.Director }))
}

func TestAmbassador_IsNominatedConsentsAndIsAppointed(t *testing.T) {
	s := nominated(t).consents()
	s.then(func() {
		// who nominated them has a conflict; and should an act of theirs come in all the same, the case refuses it
		_, err := s.svc.Decide(t.Context(), storetest.As(t, s.db, s.people.Officer), s.id+".check.1", "", station.Body{Verdict: station.Accept})
		require.Equal(t, station.Forbidden, station.CodeOf(err))
		s.signal(s.keep(station.Act{Task: s.id + ".check.1", Kind: station.Decide, Actor: s.people.Officer.ID, Body: station.Body{Verdict: station.Accept}}))
	}).refused(s.officer, station.ReasonFourEyes).appointed().stands(station.OfficeActive, "zju", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, "nominee@example.com", s.ambassador().Email)
	assert.NotEqual(t, s.people.Officer.ID, s.ambassador().ID)
	assert.Equal(t, []string{"ambassador_nominated"}, s.mails("talent"))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_resigned"}, s.told())
	assert.NotContains(t, s.mails(s.people.Officer.ID), "ambassador_unwilling")
}

func TestAmbassador_IsErasedWhenTheNomineeDeclines(t *testing.T) {
	s := nominated(t)
	s.byLink(station.TaskConsent, station.Body{Verdict: station.Decline})
	s.ends(station.Refused, station.ReasonConsentRefused)
	s.erased()
	assert.Equal(t, []string{"ambassador_unwilling"}, s.mails(s.people.Officer.ID))
}

func TestAmbassador_IsErasedWhenTheNomineeIsSilent(t *testing.T) {
	s := nominated(t)
	s.ends(station.Lapsed, station.ReasonConsentSilent)
	s.erased()
	assert.Equal(t, []string{"ambassador_unwilling"}, s.mails(s.people.Officer.ID))
	assert.Equal(t, []string{"ambassador_nominated", "ambassador_nominated", "ambassador_nominated"}, s.mails("talent"), "and two reminders")
}

func TestAmbassador_IsErasedWhenTheNominationIsWithdrawn(t *testing.T) {
	s := nominated(t)
	s.withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.erased()
	assert.Equal(t, []string{"ambassador_withdrawn"}, s.told())
}

// erased checks that nothing of the nominee is left.
func (s *appointment) erased() {
	s.t.Helper()
	assert.Zero(s.t, s.count(`SELECT count(*) FROM parties WHERE case_id = $1 AND party = 'talent' AND (name IS NOT NULL OR email IS NOT NULL)`, s.id))
	assert.Zero(s.t, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND form IS NOT NULL`, s.id))
	assert.Zero(s.t, s.count(`SELECT count(*) FROM accounts WHERE email = 'nominee@example.com'`))
	assert.Zero(s.t, s.count(`SELECT count(*) FROM offices WHERE case_id = $1`, s.id))
}

func TestAmbassador_NomineeWithdrawsTheCaseThatIsTheirs(t *testing.T) {
	s := nominated(t).consents().officerConfirmsTheTie().withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, []string{"ambassador_withdrawn"}, s.told())
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND form IS NOT NULL`, s.id), "they consented")
	assert.Zero(t, s.count(`SELECT count(*) FROM offices`))
}

func TestAmbassador_AnswersAnInquiryOfTheOfficer(t *testing.T) {
	s := applies(t, "{}").officerAsks().passes(6).answers().appointed().resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.NotContains(t, s.happened(), "escalated", "the clock stood still")
}

func TestAmbassador_IsDeclinedWithoutATie(t *testing.T) {
	s := applies(t, "{}").officerDeclines()
	s.ends(station.Declined, station.ReasonNotTied)
	assert.Equal(t, []string{"ambassador_declined"}, s.told())
	assert.Zero(t, s.count(`SELECT count(*) FROM letters`))
}

func TestAmbassador_IsDeclinedWhenNobodyChecksTheTie(t *testing.T) {
	s := applies(t, "{}")
	s.ends(station.Declined, station.ReasonNotDecided)
	assert.Equal(t, []string{"assigned", "reminded", "escalated", "reminded", "unanswered", "declined", "unanswered", "closed"}, s.happened())
}

func TestAmbassador_IsDeclinedByThePanel(t *testing.T) {
	s := applies(t, "{}").officerConfirmsTheTie().panelScores(40, 50)
	s.ends(station.Declined, station.ReasonBelowPassMark)
	assert.Equal(t, []string{"ambassador_declined"}, s.told())
}

func TestAmbassador_IsDeclinedWhenNoPanelDecides(t *testing.T) {
	s := applies(t, "{}").officerConfirmsTheTie()
	s.ends(station.Declined, station.ReasonNotDecided)
}

func TestAmbassador_GoesToThePanelWhenADirectorGrantsAnAppeal(t *testing.T) {
	s := applies(t, "{}").officerDeclines().appeals().anotherDirectorHears(station.Accept).panelScores(80, 80).directorSigns().
		stands(station.OfficeActive, "zju", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, []string{"ambassador_declined", "appeal_granted", "ambassador_appointed", "ambassador_resigned"}, s.told())
}

func TestAmbassador_GoesToTheSignatureWhenADirectorGrantsAnAppealAgainstThePanel(t *testing.T) {
	s := applies(t, "{}").officerConfirmsTheTie().panelScores(40, 50).appeals().anotherDirectorHears(station.Accept).directorSigns().
		stands(station.OfficeActive, "zju", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
}

func TestAmbassador_StaysDeclinedWhenADirectorDismissesTheAppeal(t *testing.T) {
	s := applies(t, "{}").officerDeclines().appeals().anotherDirectorHears(station.Decline)
	s.ends(station.Declined, station.ReasonNotTied)
	assert.Equal(t, []string{"ambassador_declined", "appeal_dismissed"}, s.told())
}

func TestAmbassador_IsAppointedByTheDirectorWhoGrantsAnAppealAgainstTheOther(t *testing.T) {
	s := applies(t, "{}").reviewed().directorDoesNotSign().appeals()
	s.by(s.people.Director, station.TaskCheck, station.Body{Verdict: station.Decline, Reason: "No is no."}).
		refused(func() station.Account { return s.people.Director }, station.ReasonFourEyes).
		anotherDirectorHears(station.Accept).stands(station.OfficeActive, "zju", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, []string{s.house.Directors[0].Name}, s.letters(func(a station.Appointment) string { return a.Director }))
}

func TestAmbassador_IsDeclinedWhenNoDirectorSigns(t *testing.T) {
	s := applies(t, "{}").reviewed()
	s.ends(station.Declined, station.ReasonNotDecided)
	assert.Contains(t, s.told(), "ambassador_declined")
}

func TestAmbassador_IsDeclinedForGoodTheSecondTime(t *testing.T) {
	s := applies(t, "{}").officerDeclines().appeals().anotherDirectorHears(station.Accept).panelScores(80, 80).directorDoesNotSign()
	s.ends(station.Declined, station.ReasonByDirector)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'appeal'`, s.id), "one appeal against a decline")
	assert.Zero(t, s.count(`SELECT count(*) FROM offices`))
}
