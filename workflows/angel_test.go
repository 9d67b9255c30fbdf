package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/storetest"
)

func TestAngel_IsAdmittedRenewedAndThanked(t *testing.T) {
	s := joins(t, "{}").admitted().stands(station.MemberActive).until("2028-03-15").
		passes(700).renews(station.Renew).until("2030-03-15").stands(station.MemberActive).
		passes(750).renews(station.Thank)
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.MemberEnded)
	assert.Equal(t, []string{
		"assigned", "checked", "assigned", "vouched", "vouched", "assigned", "voted", "voted", "voted", "voted", "voted", "vote_over", "admitted",
		"renewing", "renewed", "renewing", "reminded", "reminded", "thanked", "completed",
	}, s.happened())
	assert.Equal(t, []string{"angel_admitted", "angel_renewed", "angel_ended"}, s.mails(s.candidate.ID))
	for _, a := range s.hub.Angels {
		assert.Contains(t, s.mails(a.ID), "angel_vote")
	}
}

func TestAngel_IsNotRenewedWhenNobodySaysSo(t *testing.T) {
	s := joins(t, "{}").admitted()
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.MemberEnded)
	assert.Contains(t, s.mails(s.candidate.ID), "angel_ended")
}

func TestAngel_IsInvitedConsentsAndIsAdmitted(t *testing.T) {
	s := invited(t).consents().handsIn()
	s.refused(s.people.Officer, station.TaskCheck, station.Body{Verdict: station.Accept}, station.ReasonFourEyes). // who invited them
															admitted().stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
	s.standsNow(station.MemberLeft)
	require.NotEqual(t, s.people.Officer.ID, s.candidate.ID)
	assert.Equal(t, "invited@example.com", s.candidate.Email)
	assert.Contains(t, s.mails("talent"), "angel_invited")
	assert.Contains(t, s.mails(s.candidate.ID), "angel_proof")
	assert.Contains(t, s.mails(s.candidate.ID), "angel_admitted")
}

func TestAngel_IsErasedWhenWhoIsInvitedDeclines(t *testing.T) {
	s := invited(t)
	s.byLink(station.TaskConsent, station.Body{Verdict: station.Decline})
	s.ends(station.Refused, station.ReasonConsentRefused)
	s.erased()
	assert.Equal(t, []string{"angel_uninvited"}, s.mails(s.people.Officer.ID))
}

func TestAngel_IsErasedWhenWhoIsInvitedIsSilent(t *testing.T) {
	s := invited(t)
	s.ends(station.Lapsed, station.ReasonConsentSilent)
	s.erased()
	assert.Equal(t, []string{"angel_uninvited"}, s.mails(s.people.Officer.ID))
	assert.Equal(t, []string{"angel_invited", "angel_invited", "angel_invited"}, s.mails("talent"), "and two reminders")
}

func TestAngel_IsErasedWhenTheInvitationIsWithdrawn(t *testing.T) {
	s := invited(t)
	s.candidate = s.people.Officer
	s.withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.erased()
}

// erased checks that nothing of who was invited is left.
func (s *admission) erased() {
	s.t.Helper()
	assert.Zero(s.t, s.count(`SELECT count(*) FROM parties WHERE case_id = $1 AND party = 'talent' AND (name IS NOT NULL OR email IS NOT NULL)`, s.id))
	assert.Zero(s.t, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND form IS NOT NULL`, s.id))
	assert.Zero(s.t, s.count(`SELECT count(*) FROM accounts WHERE email = 'invited@example.com'`))
}

func TestAngel_LapsesWhenNoProofComes(t *testing.T) {
	s := invited(t).consents()
	s.ends(station.Lapsed, station.ReasonProofLate)
	assert.Contains(t, s.happened(), "reminded")
}

func TestAngel_IsDeclinedByAnOfficer(t *testing.T) {
	s := joins(t, "{}").officerDeclines()
	s.ends(station.Declined, station.ReasonByOfficer)
	assert.Equal(t, []string{"angel_declined"}, s.mails(s.candidate.ID))
}

func TestAngel_AnswersAnInquiryOfTheOfficer(t *testing.T) {
	s := joins(t, "{}")
	s.by(s.people.Officer2, station.TaskCheck, station.Body{Verdict: station.Ask, To: station.Applicant, Question: "Which round was it?"}).passes(6).
		then(func() {
			tasks := s.openTasks(station.TaskInquiry)
			require.Len(t, tasks, 1)
			_, err := s.svc.Answer(t.Context(), storetest.As(t, s.db, s.candidate), tasks[0].ID, "", "The second.", nil)
			require.NoError(t, err)
		}).officerAccepts().withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.NotContains(t, s.happened(), "escalated", "the clock stood still")
	assert.Contains(t, s.mails(s.candidate.ID), "angel_withdrawn")
}

func TestAngel_GoesOnWhenADirectorGrantsAnAppeal(t *testing.T) {
	s := joins(t, "{}").officerDeclines().appeals().directorHears(station.Accept).vouched().ballot(yes, yes, yes, no, no).stands(station.MemberActive).
		leaves()
	s.ends(station.Completed, station.ReasonLeft)
	assert.Contains(t, s.mails(s.candidate.ID), "appeal_granted")
}

func TestAngel_StaysDeclinedWhenADirectorDismissesTheAppeal(t *testing.T) {
	s := joins(t, "{}").officerDeclines().appeals().directorHears(station.Decline)
	s.ends(station.Declined, station.ReasonByOfficer)
	assert.Contains(t, s.mails(s.candidate.ID), "appeal_dismissed")
}

func TestAngel_IsVouchedForByWhomAnOfficerNames(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouches(station.Decline).vouches(station.Vouch)
	s.names(s.hub.Angels[0]). // who declined
					names(s.hub.Teams[0]). // no member
					names(s.hub.Angels[4]).
					by(s.hub.Angels[4], station.TaskVoucher, station.Body{Verdict: station.Vouch}).
					ballot(yes, yes, yes, yes, yes).stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'not_eligible'`, s.id))
}

func TestAngel_NeedsVouchersWhoAreMembers(t *testing.T) {
	s := joins(t, "{}", func(f *station.AngelForm) { f.Vouchers = []string{"nobody@example.com", f.Vouchers[0]} }).officerAccepts().
		vouches(station.Vouch)
	s.names(s.hub.Angels[5]).by(s.hub.Angels[5], station.TaskVoucher, station.Body{Verdict: station.Vouch}).withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Empty(t, s.mails("voucher.1"))
	assert.Contains(t, s.mails("voucher.2"), "angel_vouch")
	assert.Contains(t, s.happened(), "vouched")
}

func TestAngel_NeedsNoMoreVouchersThanTheTermsSay(t *testing.T) {
	s := joins(t, "{}", func(f *station.AngelForm) { f.Vouchers = append(f.Vouchers, "person303@example.com") }).officerAccepts().vouched().withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'voucher' AND status = 'cancelled'`, s.id))
}

func TestAngel_IsDeclinedWhenNobodyVouches(t *testing.T) {
	s := joins(t, "{}").officerAccepts()
	s.ends(station.Declined, station.ReasonNotVouched)
	assert.Contains(t, s.mails("voucher.1"), "angel_vouch")
}

func TestAngel_IsDeclinedWhenOneAfterTheOtherRefusesToVouch(t *testing.T) {
	s := joins(t, `{"vouchers": 1}`).officerAccepts().vouches(station.Decline).vouches(station.Decline)
	for n := 2; n < 5; n++ {
		s.names(s.hub.Angels[n]).by(s.hub.Angels[n], station.TaskVoucher, station.Body{Verdict: station.Decline})
	}
	s.ends(station.Declined, station.ReasonNotVouched)
	assert.Equal(t, 3, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'appoint'`, s.id))
}

func TestAngel_NeedsNoVouchersWhereTheTermsSaySo(t *testing.T) {
	s := joins(t, `{"vouchers": 0}`).officerAccepts().ballot(yes, yes, yes, yes, yes).stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
}

func TestAngel_GoesToTheVoteWhenADirectorNeedsNoVouchers(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouches(station.Vouch).vouches(station.Decline).passes(20).appeals().directorHears(station.Accept).
		ballot(yes, yes, yes, yes, yes).stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
}

func TestAngel_CountsTheLastVoteOfAMember(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched().votes(0, no).votes(1, no).votes(2, yes).votes(3, yes).votes(4, no).
		votes(0, yes).passes(16).stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'voted' AND details->>'changed' = 'true'`, s.id))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'vote_over'
		AND details->>'approved' = '3' AND details->>'rejected' = '2' AND details->>'abstained' = '0'`, s.id))
	assert.Equal(t, 5, s.count(`SELECT count(*) FROM ballots WHERE case_id = $1`, s.id))
	assert.Zero(t, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'voted' AND details::jsonb - 'changed' <> '{}'`, s.id), "how somebody voted")
}

func TestAngel_CountsAbstentionsToTheQuorumOnly(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched().ballot(yes, abstained, abstained, abstained, abstained).stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
}

func TestAngel_IsNotAdmittedByAsManyAsAreAgainst(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched().ballot(yes, yes, no, no, abstained)
	s.ends(station.Declined, station.ReasonVotedDown)
	assert.Equal(t, []string{"angel_declined"}, s.mails(s.candidate.ID))
}

func TestAngel_IsDeclinedWithoutAQuorum(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched().ballot(yes, yes, yes, yes)
	s.ends(station.Declined, station.ReasonNoQuorum)
}

func TestAngel_IsAdmittedByADirectorAfterTheVote(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched().ballot(no, no, no, no, no).appeals().directorHears(station.Accept).stands(station.MemberActive).
		leaves()
	s.ends(station.Completed, station.ReasonLeft)
}

func TestAngel_IsDeclinedForGoodTheSecondTime(t *testing.T) {
	s := joins(t, "{}").officerDeclines().appeals().directorHears(station.Accept).vouched().ballot(no, no, no, no, no)
	s.ends(station.Declined, station.ReasonVotedDown)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'appeal'`, s.id), "one appeal in the life of a case")
}

func TestAngel_LosesTheRoleWhileSuspended(t *testing.T) {
	reinstate, suspend := station.Body{Verdict: station.Reinstate}, station.Body{Verdict: station.Suspend, Reason: "Again."}
	s := joins(t, "{}").admitted()
	s.refused(s.people.Director, station.TaskOversight, reinstate, station.ReasonNotExpected).
		director(station.Suspend).stands(station.MemberSuspended).
		refused(s.people.Director, station.TaskOversight, suspend, station.ReasonNotExpected).
		director(station.Reinstate).stands(station.MemberActive).
		director(station.Suspend).passes(700).renews(station.Renew).stands(station.MemberSuspended). // renewed, and still suspended
		director(station.Revoke)
	s.ends(station.Terminated, station.ReasonRevoked)
	s.standsNow(station.MemberRevoked)
	assert.Equal(t, []string{"angel_admitted", "angel_suspended", "angel_reinstated", "angel_suspended", "angel_renewed", "angel_ended"}, s.mails(s.candidate.ID))
	assert.NotContains(t, s.happened(), "undone")
}

func TestAngel_DeclaresOtherInterests(t *testing.T) {
	s := joins(t, "{}", func(f *station.AngelForm) {
		f.Public, f.Interests = true, []station.Interest{{Kind: station.InPerson, Name: "季逸超"}}
	}).admitted().declares("杭州灵巧手科技有限公司").stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM interests WHERE account = $1`, s.candidate.ID))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM interests WHERE account = $1 AND said = '杭州灵巧手科技有限公司'`, s.candidate.ID))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM angels WHERE account = $1 AND NOT public`, s.candidate.ID))
	assert.Contains(t, s.happened(), "interests_declared")
}

func TestAngel_LeavesWhileTheRenewalIsDecidedOn(t *testing.T) {
	s := joins(t, "{}").admitted().passes(700).leaves()
	s.ends(station.Completed, station.ReasonLeft)
	s.standsNow(station.MemberLeft)
	assert.Contains(t, s.happened(), "renewing")
}

func TestAngel_LeavesByWithdrawing(t *testing.T) {
	s := joins(t, "{}").admitted().stands(station.MemberActive).withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.standsNow(station.MemberLeft)
	assert.Equal(t, []string{"admitted", "withdrawn", "left", "closed"}, last(4, s.happened()))
}

// TestAngel_AVoteCountsByWhenItWasCast: the first word of a member comes to the case
// after the last one, because it was hard to reach in between.
func TestAngel_AVoteCountsByWhenItWasCast(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched()
	first := station.Act{ID: station.NewID(), Kind: station.Decide, Status: station.Pending, Body: station.Body{Verdict: no}}
	s.then(func() {
		first.Case, first.Task, first.Actor, first.At = s.id, s.id+".vote.1", s.hub.Angels[0].ID, s.env.Now()
		_, err := s.db.InsertAct(t.Context(), first)
		require.NoError(t, err)
	})
	s.votes(0, yes).then(func() {
		s.env.SignalWorkflow(station.SignalName, station.Signal{Act: first.ID, Kind: first.Kind, Task: first.Task})
	})
	s.votes(1, yes).votes(2, yes).votes(3, no).votes(4, no).passes(16).stands(station.MemberActive).leaves()
	s.ends(station.Completed, station.ReasonLeft)
}

func TestAngel_WithdrawsDuringTheVote(t *testing.T) {
	s := joins(t, "{}").officerAccepts().vouched().votes(0, yes).withdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Zero(t, s.count(`SELECT count(*) FROM angels WHERE account = $1`, s.candidate.ID))
}

func TestAngel_LeavesWhileSuspended(t *testing.T) {
	s := joins(t, "{}").admitted().director(station.Suspend).leaves()
	s.ends(station.Completed, station.ReasonLeft)
	s.standsNow(station.MemberLeft)
}

func TestAngel_IsNoMemberOfACaseThatAnOperatorStops(t *testing.T) {
	s := joins(t, "{}").admitted()
	s.then(func() { s.env.CancelWorkflow() })
	s.ends(station.Failed, station.ReasonStopped)
	s.standsNow(station.MemberEnded)
	assert.Equal(t, []string{"admitted", "undone", "failed"}, last(3, s.happened()))
}

func TestAngel_ServesATermThatIsOnlyTriedOut(t *testing.T) {
	s := joins(t, `{"term": {"seconds": 345600}}`).admitted().passes(2).renews(station.Renew).passes(3).renews(station.Thank)
	s.ends(station.Completed, station.ReasonTermOver)
	s.standsNow(station.MemberEnded)
}

// TestAngel_KeepsTheirInterestsUnlessTheySayOthers: who only hides from the public
// list still has them; an empty list takes them back.
func TestAngel_KeepsTheirInterestsUnlessTheySayOthers(t *testing.T) {
	s := joins(t, "{}", func(f *station.AngelForm) {
		f.Interests = []station.Interest{{Kind: station.InCompany, Name: "杭州灵巧手科技有限公司"}}
	}).admitted()
	amends := func(b station.Body, want int) {
		b.Verdict = station.Amended
		s.by(s.candidate, station.TaskMembership, b).then(func() {
			require.Equal(t, want, s.count(`SELECT count(*) FROM interests WHERE account = $1`, s.candidate.ID))
		})
	}
	hidden := false
	amends(station.Body{Public: &hidden}, 1)
	amends(station.Body{Interests: []station.Interest{}}, 0)
	s.leaves().ends(station.Completed, station.ReasonLeft)
}
