package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestAmbassador_LeavesOfficeWhenNobodyRenewsIt(t *testing.T) {
	s := applies(t, "{}").appointed().passes(729).stands(station.OfficeActive, "zju", "valid").
		passes(10).stands(station.OfficeActive, "zju", "expired") // a director has as long again
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.OfficeEnded, "zju", "expired")
	assert.Equal(t, []string{"in_office", "renewing", "reminded", "escalated", "reminded", "unanswered", "completed"}, last(7, s.happened()))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_ended"}, s.told())
	assert.Contains(t, s.mails(s.people.Director.ID), "task_escalated")
}

func TestAmbassador_IsRenewedByADirectorWhenNoOfficerDecides(t *testing.T) {
	s := applies(t, "{}").appointed().passes(740)
	s.shown(0, 0).by(s.people.Director, station.TaskRenewal, station.Body{Verdict: station.Renew}).until("2030-03-01").
		stands(station.OfficeActive, "zju", "expired", "valid").shown(1, 0).resigns()
	s.ends(station.Completed, station.ReasonResigned)
	froms := s.letters(func(a station.Appointment) string { return a.From.In(station.ChinaTime).Format("2006-01-02") })
	assert.Equal(t, []string{"2026-03-02", "2028-03-01"}, froms, "the term begins where the one before ended")
}

func TestAmbassador_ServesToTheEndOfTheTermWhenThanked(t *testing.T) {
	s := applies(t, "{}").appointed().passes(701).officerDecidesTo(station.Thank).stage(station.StageTerm).until("2028-03-01").
		stands(station.OfficeActive, "zju", "valid").
		passes(27).stands(station.OfficeActive, "zju", "valid").shown(1, 1)
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.OfficeEnded, "zju", "expired")
	assert.Equal(t, []string{"in_office", "renewing", "thanked", "served", "completed"}, last(5, s.happened()))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_thanked"}, s.told())
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM cases c JOIN offices o ON o.case_id = c.id WHERE c.id = $1 AND c.ended_at = o.until`, s.id), "it ends on the day that the letter names")
}

func TestAmbassador_MovesAndResignsThoughThanked(t *testing.T) {
	s := applies(t, "{}").appointed().passes(701).asksToMove("mit").officerDecidesTo(station.Thank).officerFinds(station.Accept).
		stands(station.OfficeActive, "mit", "replaced", "valid").until("2028-03-01").moves("pku").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	s.standsNow(station.OfficeResigned, "pku", "replaced", "replaced", "ended")
	assert.Equal(t, []string{
		"ambassador_appointed", "ambassador_thanked", "ambassador_transferred", "ambassador_transferred", "ambassador_resigned",
	}, s.told())
}

func TestAmbassador_LosesTheOfficeThoughThanked(t *testing.T) {
	s := applies(t, "{}").appointed().passes(701).officerDecidesTo(station.Thank).directorRevokes().stands(station.OfficeRevoked, "zju", "revoked")
	s.ends(station.Terminated, station.ReasonRevoked)
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_thanked", "ambassador_revoked"}, s.told())
}

func TestAmbassador_IsReinstatedToTheEndOfTheTermForWhichTheyWereThanked(t *testing.T) {
	s := applies(t, "{}").appointed().passes(701).officerDecidesTo(station.Thank).directorRevokes().passes(3).appeals().anotherDirectorHears(station.Accept).
		stands(station.OfficeActive, "zju", "valid").stage(station.StageTerm).until("2028-03-01")
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.OfficeEnded, "zju", "expired")
	assert.Equal(t, []string{"renewing", "thanked", "revoked", "appealed", "assigned", "checked", "reinstated", "served", "completed"}, last(9, s.happened()))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'renewal'`, s.id), "nobody is asked again")
}

func TestAmbassador_LeavesOfficeAtOnceWhenThankedOnceTheTermIsOver(t *testing.T) {
	s := applies(t, "{}").appointed().passes(740)
	s.by(s.people.Director, station.TaskRenewal, station.Body{Verdict: station.Thank})
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.OfficeEnded, "zju", "expired")
	assert.Equal(t, []string{"escalated", "thanked", "completed"}, last(3, s.happened()))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_ended"}, s.told())
}

func TestAmbassador_ShowsWhoRenewsWhatTheyHaveDone(t *testing.T) {
	s := applies(t, "{}").appointed().passes(701).officerDecidesTo(station.Thank)
	s.ends(station.Completed, station.ReasonTermOver)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'renewal'
		AND details @> '{"made": 0, "accepted": 0}' AND (details->>'since')::timestamptz = (SELECT since FROM offices WHERE case_id = $1)`, s.id))
}

func TestAmbassador_MovesToAnotherInstitution(t *testing.T) {
	s := applies(t, "{}").appointed().passes(100).asksToMove("mit").stands(station.OfficeActive, "zju", "valid").
		officerFinds(station.Accept).stands(station.OfficeActive, "mit", "replaced", "valid").until("2028-03-01").
		moves("pku").stands(station.OfficeActive, "pku", "replaced", "replaced", "valid").
		passes(601).officerDecidesTo(station.Renew).stands(station.OfficeActive, "pku", "replaced", "replaced", "valid", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, []string{
		"in_office", "transfer_asked", "transferred", "transfer_asked", "transferred", "renewing", "renewed", "resigned", "completed",
	}, last(9, s.happened()))
	assert.Equal(t, []string{
		"ambassador_appointed", "ambassador_transferred", "ambassador_transferred", "ambassador_renewed", "ambassador_resigned",
	}, s.told())
	assert.Equal(t, []string{"Zhejiang University", "Massachusetts Institute of Technology", "Peking University", "Peking University"},
		s.letters(func(a station.Appointment) string { return a.Institution.En }))
}

func TestAmbassador_StaysWhereTheyAreWithoutATieToTheOther(t *testing.T) {
	s := applies(t, "{}").appointed().asksToMove("mit").officerFinds(station.Decline).stands(station.OfficeActive, "zju", "valid").
		moves("pku").stands(station.OfficeActive, "pku", "replaced", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_not_tied", "ambassador_transferred", "ambassador_resigned"}, s.told())
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM notices n JOIN acts a ON a.id = n.act
		WHERE n.case_id = $1 AND n.template = 'ambassador_not_tied' AND a.body->>'reason' = 'As the university says.'`, s.id), "the reason is told")
}

func TestAmbassador_StaysWhereTheyAreWhenNobodyChecksTheTieToTheOther(t *testing.T) {
	s := applies(t, "{}").appointed().asksToMove("mit").passes(40).stands(station.OfficeActive, "zju", "valid").
		moves("pku").stands(station.OfficeActive, "pku", "replaced", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, []string{"transfer_asked", "reminded", "escalated", "reminded", "transfer_declined", "transfer_asked", "transferred"}, s.happened()[8:15])
	assert.Contains(t, s.told(), "ambassador_not_tied")
}

func TestAmbassador_MovesToOneInstitutionAtATime(t *testing.T) {
	s := applies(t, "{}").appointed().asksToMove("mit").asksToMove("pku")
	s.refused(s.ambassador, station.ReasonTransfer).officerFinds(station.Accept).stands(station.OfficeActive, "mit", "replaced", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'tie'`, s.id))
}

func TestAmbassador_ResignsWhileTheirMoveAndTheirRenewalAreDecidedOn(t *testing.T) {
	s := applies(t, "{}").appointed().passes(701).asksToMove("mit").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	s.standsNow(station.OfficeResigned, "zju", "ended")
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind IN ('tie', 'renewal') AND status = 'cancelled'`, s.id))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_resigned"}, s.told())
}

func TestAmbassador_LosesTheOfficeToARevocationThatNobodyAppeals(t *testing.T) {
	s := applies(t, "{}").appointed().passes(100).asksToMove("mit").directorRevokes().stands(station.OfficeRevoked, "zju", "revoked").stage(station.StageDeclined)
	s.ends(station.Terminated, station.ReasonRevoked)
	s.standsNow(station.OfficeRevoked, "zju", "revoked")
	assert.Equal(t, []string{"in_office", "transfer_asked", "revoked", "unanswered", "terminated"}, last(5, s.happened()))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_revoked"}, s.told())
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM notices n JOIN acts a ON a.id = n.act JOIN tasks t ON t.id = n.task
		WHERE n.case_id = $1 AND n.template = 'ambassador_revoked' AND t.kind = 'appeal' AND a.body->>'reason' = 'They sold their referrals.'`, s.id))
}

func TestAmbassador_LosesTheOfficeWhenAnotherDirectorDismissesTheAppeal(t *testing.T) {
	s := applies(t, "{}").appointed().passes(100).directorRevokes().appeals()
	s.by(s.people.Director, station.TaskCheck, station.Body{Verdict: station.Decline, Reason: "No is no."}).
		refused(func() station.Account { return s.people.Director }, station.ReasonFourEyes).
		anotherDirectorHears(station.Decline)
	s.ends(station.Terminated, station.ReasonRevoked)
	s.standsNow(station.OfficeRevoked, "zju", "revoked")
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_revoked", "appeal_dismissed"}, s.told())
}

func TestAmbassador_LosesTheOfficeWhenNobodyHearsTheAppeal(t *testing.T) {
	s := applies(t, "{}").appointed().directorRevokes().appeals()
	s.ends(station.Terminated, station.ReasonRevoked)
	s.standsNow(station.OfficeRevoked, "zju", "revoked")
}

func TestAmbassador_IsReinstatedToTheEndOfTheTermThatTheyHad(t *testing.T) {
	s := applies(t, "{}")
	s.appointed().passes(100).moves("mit").directorRevokes().stands(station.OfficeRevoked, "mit", "replaced", "revoked").
		then(func() {
			s.signal(s.keep(station.Act{ // they cannot go now
				Task: station.MembershipTask(s.id), Kind: station.Decide, Actor: s.ambassador().ID, Body: station.Body{Verdict: station.Resign},
			}))
		}).refused(s.ambassador, station.ReasonTaskClosed).
		appeals().anotherDirectorHears(station.Accept).stands(station.OfficeActive, "mit", "replaced", "valid").until("2028-03-01").stage(station.StageTerm).
		passes(600).officerDecidesTo(station.Renew).until("2030-03-01").stands(station.OfficeActive, "mit", "replaced", "valid", "valid").
		moves("pku").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	s.standsNow(station.OfficeResigned, "pku", "replaced", "replaced", "replaced", "ended")
	assert.Equal(t, []string{
		"transferred", "revoked", "act_refused", "appealed", "assigned", "checked", "reinstated", "renewing", "renewed", "transfer_asked", "transferred", "resigned", "completed",
	}, last(13, s.happened()))
	assert.Equal(t, []string{
		"ambassador_appointed", "ambassador_transferred", "ambassador_revoked", "ambassador_reinstated", "ambassador_renewed", "ambassador_transferred", "ambassador_resigned",
	}, s.told())
}

func TestAmbassador_IsReinstatedAfterTheDayOfTheirRenewal(t *testing.T) {
	s := applies(t, "{}").appointed().passes(695).directorRevokes().passes(10).appeals().anotherDirectorHears(station.Accept).
		until("2028-03-01").stage(station.StageRenewal).stands(station.OfficeActive, "zju", "valid").
		officerDecidesTo(station.Renew).until("2030-03-01").stands(station.OfficeActive, "zju", "valid", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, []string{"in_office", "revoked", "appealed", "assigned", "checked", "reinstated", "renewing", "renewed", "resigned", "completed"}, last(10, s.happened()))
}

func TestAmbassador_IsReinstatedWhenTheTermIsOverAndThenRenewed(t *testing.T) {
	s := applies(t, "{}").appointed().passes(722).stage(station.StageRenewal).directorRevokes().passes(10).appeals().anotherDirectorHears(station.Accept).
		stage(station.StageRenewal).passes(25). // an officer has as many days as ever
		officerDecidesTo(station.Renew).until("2030-03-01").stands(station.OfficeActive, "zju", "expired", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'renewal' AND status = 'cancelled'`, s.id))
	assert.NotContains(t, s.happened(), "escalated")
}

func TestAmbassador_CanAppealEachRevocationOnce(t *testing.T) {
	s := applies(t, "{}").officerDeclines().appeals().anotherDirectorHears(station.Accept).panelScores(80, 80).directorSigns().
		directorRevokes().appeals().anotherDirectorHears(station.Accept).stands(station.OfficeActive, "zju", "valid").
		directorRevokes().appeals().anotherDirectorHears(station.Decline)
	s.ends(station.Terminated, station.ReasonRevoked)
	s.standsNow(station.OfficeRevoked, "zju", "revoked")
	assert.Equal(t, []string{
		"ambassador_declined", "appeal_granted", "ambassador_appointed", "ambassador_revoked", "ambassador_reinstated", "ambassador_revoked", "appeal_dismissed",
	}, s.told())
	assert.Equal(t, 3, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'appeal' AND status = 'done'`, s.id))
}

func TestAmbassador_ResignsByWithdrawing(t *testing.T) {
	s := applies(t, "{}").appointed().asksToMove("mit").withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.standsNow(station.OfficeResigned, "zju", "ended")
	assert.Equal(t, []string{"transfer_asked", "withdrawn", "resigned", "closed"}, last(4, s.happened()))
	assert.Equal(t, []string{"ambassador_appointed", "ambassador_withdrawn"}, s.told())
}

func TestAmbassador_WhoseOfficeIsRevokedHasNothingToResignFrom(t *testing.T) {
	s := applies(t, "{}").appointed().directorRevokes().appeals().withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.standsNow(station.OfficeRevoked, "zju", "revoked")
	assert.NotContains(t, s.happened(), "resigned")
}

func TestAmbassador_IsNotInOfficeInACaseThatAnOperatorStops(t *testing.T) {
	s := applies(t, "{}").appointed()
	s.then(func() { s.env.CancelWorkflow() })
	s.ends(station.Failed, station.ReasonStopped)
	s.standsNow(station.OfficeEnded, "zju", "ended")
	assert.Equal(t, []string{"in_office", "undone", "failed"}, last(3, s.happened()))
}

func TestAmbassador_ServesATermThatIsOnlyTriedOut(t *testing.T) {
	s := applies(t, `{"term": {"seconds": 345600}, "renewal": {"seconds": 172800}}`).appointed().passes(2).officerDecidesTo(station.Renew).
		passes(4).officerDecidesTo(station.Thank)
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.OfficeEnded, "zju", "expired", "expired")
}

// TestAmbassador_IsOnlyRevokedByADirector: the service takes no other word on an
// office; should one come in all the same, the case refuses it.
func TestAmbassador_IsOnlyRevokedByADirector(t *testing.T) {
	s := applies(t, "{}").appointed()
	s.then(func() {
		for _, v := range []station.Verdict{station.Suspend, station.Reinstate} {
			s.signal(s.keep(station.Act{
				Task: station.OversightTask(s.id), Kind: station.Decide, Actor: s.people.Director.ID, Body: station.Body{Verdict: v},
			}))
		}
	}).then(func() {
		require.Equal(t, 2, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'not_expected'`, s.id))
	}).stands(station.OfficeActive, "zju", "valid").resigns()
	s.ends(station.Completed, station.ReasonResigned)
}
