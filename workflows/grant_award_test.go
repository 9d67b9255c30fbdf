package workflows_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestGrant_StopsTheClockOfTheNoticeForAnObjection(t *testing.T) {
	s := apply(t, plenty, "").reviewed().passes(2).objects("a@example.com").passes(10).investigated(station.Dismiss).passes(8).directorSigns()
	s.ends(station.Lapsed, station.ReasonAgreementLate)
	assert.Equal(t, []string{"objection_received", "objection_dismissed"}, s.mails("objector.1"))
	founder := s.mails(s.grant.Founder.ID)
	assert.Contains(t, founder, "objection_told")
	assert.Contains(t, founder, "objection_over")
}

func TestGrant_RunsOnOnlyWhenAllObjectionsAreDismissed(t *testing.T) {
	s := apply(t, plenty, "").reviewed().objects("a@example.com").objects("b@example.com").
		investigated(station.Dismiss).passes(7).
		then(func() {}).investigated(station.Dismiss).passes(8).directorSigns()
	s.ends(station.Lapsed, station.ReasonAgreementLate)
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'objection' AND status = 'done'`, s.id))
	assert.Equal(t, []string{"objection_received", "objection_dismissed"}, s.mails("objector.2"))
}

func TestGrant_IsDeclinedAndReleasedWhenAnObjectionIsUpheld(t *testing.T) {
	s := apply(t, plenty, "").reviewed().objects("a@example.com").objects("b@example.com").investigated(station.Uphold).
		then(func() {})
	s.then(func() { s.award(0, 0) }) // at once, not when the days of appeal are over
	s.ends(station.Declined, station.ReasonObjection)
	assert.Equal(t, []string{"objection_received", "objection_upheld"}, s.mails("objector.1"))
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'objection' AND status = 'cancelled'`, s.id))
	assert.Equal(t, []string{"objection_received", "objection_moot"}, s.mails("objector.2"), "who is not heard any more is told")
}

func TestGrant_IsReservedAgainWhenAnUpheldObjectionIsAppealed(t *testing.T) {
	s := apply(t, plenty, "").reviewed().objects("a@example.com").investigated(station.Uphold).founderAppeals().passes(16)
	s.by(s.people.Director, station.TaskCheck, station.Body{Verdict: station.Accept}) // no officer of the city is left who did not decide
	s.directorSigns().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM fund_entries WHERE case_id = $1 AND kind = 'reserve'`, s.id))
	s.award(0, 0)
}

func TestGrant_IsDeclinedByTheDirector(t *testing.T) {
	s := apply(t, plenty, "").noticed()
	s.by(s.people.Director, station.TaskSign, station.Body{Verdict: station.Decline, Reason: "Not this year."})
	s.ends(station.Declined, station.ReasonByDirector)
	s.award(0, 0)
}

func TestGrant_IsNotTakenWhenTheApplicantRefusesTheAgreement(t *testing.T) {
	s := apply(t, plenty, "").noticed().directorSigns()
	s.by(s.grant.Founder, station.TaskAgreement, station.Body{Verdict: station.Decline})
	s.ends(station.Refused, station.ReasonNotAgreed)
	s.award(0, 0)
}

func TestGrant_SendsARejectedPaymentBackToTheOfficer(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders()
	s.by(s.grant.Treasurers[0], station.TaskPayment, station.Body{Verdict: station.Reject, Reason: "The account is closed."})
	s.then(func() {
		v, err := s.svc.Task(t.Context(), storetest.As(t, s.db, s.people.DistrictOfficer), s.openTasks(station.TaskAcceptance)[0].ID)
		require.NoError(t, err)
		assert.Equal(t, "The account is closed.", v.Said.Reason)
	})
	s.officerOrders().treasurerPays().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.award(tier50/2, 0)
	assert.Contains(t, s.happened(), "payment_rejected")
}

func TestGrant_HasFourEyesOnAPayment(t *testing.T) {
	s := apply(t, plenty, "")
	_, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET roles = '{officer,treasurer}' WHERE id = $1`, s.people.Officer.ID)
	require.NoError(t, err)
	s.signed()
	s.by(s.people.Officer, station.TaskAcceptance, station.Body{Verdict: station.Accept}).
		confirms(s.people.Officer, station.TaskPayment, station.Body{Reference: "own"}).treasurerPays().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'refused' AND reason = 'four_eyes'`, s.id))
	s.award(tier50/2, 0)
}

func TestGrant_RefusesABankReferenceThatWasUsed(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(170).handsIn().officerOrders()
	s.then(func() {
		task := s.openTasks(station.TaskPayment)[0]
		_, err := s.svc.Confirm(t.Context(), storetest.As(t, s.db, s.grant.Treasurers[0]), task.ID, "", station.Body{Reference: "ICBC-1"})
		require.Equal(t, station.Invalid, station.CodeOf(err))
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_TakesNoOtherCompanyAfterItsAward(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(170).handsIn()
	s.by(s.people.DistrictOfficer, station.TaskAcceptance, station.Body{Verdict: station.Ask, To: station.Applicant, Question: "Which accounts?"})
	s.then(func() {
		task := s.openTasks(station.TaskInquiry)[0]
		_, err := s.svc.Answer(t.Context(), storetest.As(t, s.db, s.grant.Founder), task.ID, "", "These.", json.RawMessage(`{"company": {"name": "另一家公司", "number": "91330100799655058B"}}`))
		require.Equal(t, station.Invalid, station.CodeOf(err))
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM cases WHERE id = $1 AND form->'company'->>'number' = '91330108MA2H00001B'`, s.id))
}

func TestGrant_AsksForReturnedEvidenceAgain(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(170).handsIn()
	s.then(func() {
		v, err := s.svc.Task(t.Context(), storetest.As(t, s.db, s.people.DistrictOfficer), s.openTasks(station.TaskAcceptance)[0].ID)
		require.NoError(t, err)
		assert.Equal(t, "As promised.", v.Said.Answer, "the officer reads the applicant's note")
		assert.Len(t, v.Documents, 1)
	})
	s.by(s.people.DistrictOfficer, station.TaskAcceptance, station.Body{Verdict: station.Return, Reason: "The accounts are missing."}).
		passes(5).handsIn().officerOrders().treasurerPays().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Contains(t, s.mails(s.grant.Founder.ID), "evidence_returned")
	assert.Equal(t, []int64{2_500_000, 1_500_000}, s.paid())
}

func TestGrant_IsSuspendedForLateEvidenceAndGoesOn(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(190).handsIn().officerOrders().treasurerPays().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Contains(t, s.happened(), "suspended")
	assert.Equal(t, []int64{2_500_000, 1_500_000}, s.paid())
}

func TestGrant_IsTerminatedForLateEvidenceAndRepaid(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(230).
		then(func() {})
	s.confirms(s.grant.Treasurers[1], station.TaskRepayment, station.Body{Reference: "BACK-1"})
	s.ends(station.Terminated, station.ReasonEvidenceLate)
	s.award(tier50/2, tier50/2)
}

func TestGrant_SaysInItsMailsWhatWasPaidAndWhatIsToComeBack(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(230)
	s.then(func() {
		for template, fen := range map[station.Template]int64{station.MailTranchePaid: tier50 / 2, station.MailGrantTerminated: tier50 / 2} {
			var notice string
			require.NoError(t, s.db.GetContext(t.Context(), &notice, `SELECT id FROM notices WHERE case_id = $1 AND template = $2`, s.id, template))
			l, err := s.db.Letter(t.Context(), notice)
			require.NoError(t, err)
			assert.Equal(t, station.Money{Fen: fen, Currency: station.CNY}, l.Amount, template)
			assert.True(t, template == station.MailTranchePaid || l.Reason == station.ReasonEvidenceLate, "and why, before the case ends")
		}
	})
	s.ends(station.Terminated, station.ReasonEvidenceLate)
}

func TestGrant_EndsTerminatedWhenNothingIsRepaid(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays()
	s.ends(station.Terminated, station.ReasonEvidenceLate)
	s.award(tier50/2, 0)
}

func TestGrant_FinishesAPaymentThatAWithdrawalMeets(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().founderWithdraws().treasurerPays().passes(3).
		repaid("BACK-1")
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.award(tier50/2, tier50/2)
	h := s.happened()
	assert.Less(t, slices.Index(h, "withdrawn"), slices.Index(h, "paid"), "the applicant is told at once, and the money that has left is in the ledger")
	assert.Contains(t, h, "repaid")
}

func TestGrant_IsNotPaidWhenATreasurerRejectsWhatAWithdrawalMeets(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().founderWithdraws()
	s.by(s.grant.Treasurers[0], station.TaskPayment, station.Body{Verdict: station.Reject, Reason: "It was withdrawn."})
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	s.award(0, 0)
	assert.NotContains(t, s.happened(), "repayment_asked")
}

func TestGrant_IsAskedBackWhenItIsWithdrawnWhileSuspended(t *testing.T) {
	s := apply(t, plenty, "").signed().officerOrders().treasurerPays().passes(190).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Contains(t, s.happened(), "repayment_asked")
	assert.Equal(t, 1, s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'repayment' AND status = 'expired'`, s.id))
	assert.Contains(t, s.mails(s.grant.Founder.ID), "grant_terminated")
	s.award(tier50/2, 0)
}

func TestGrant_CanBeWithdrawnAtEachStage(t *testing.T) {
	for stage, until := range map[string]func(*granted) *granted{
		"completeness": func(s *granted) *granted { return s },
		"inquiry":      func(s *granted) *granted { return s.districtAsks() },
		"check":        func(s *granted) *granted { return s.districtAccepts() },
		"review":       func(s *granted) *granted { return s.districtAccepts().cityAccepts().expertsRecommend(tier20) },
		"notice":       func(s *granted) *granted { return s.reviewed() },
		"objection":    func(s *granted) *granted { return s.reviewed().objects("a@example.com") },
		"signature":    func(s *granted) *granted { return s.noticed() },
		"agreement":    func(s *granted) *granted { return s.noticed().directorSigns() },
		"order":        func(s *granted) *granted { return s.signed() },
		"payment":      func(s *granted) *granted { return s.signed().officerOrders() },
		"appeal":       func(s *granted) *granted { return s.districtAccepts().cityDeclines().founderAppeals() },
	} {
		t.Run(stage, func(t *testing.T) {
			s := until(apply(t, plenty, "")).founderWithdraws()
			s.ends(station.Withdrawn, station.ReasonWithdrawn)
			assert.Zero(t, s.count(`SELECT coalesce(sum(reserved), 0) FROM awards`), "what was reserved is free again")
		})
	}
}

func TestGrant_IsNotReviewedByWhoWorksForTheCompany(t *testing.T) {
	s := apply(t, plenty, "")
	for i, institution := range []string{"杭州触感机器人有限公司", "91330108ma2h00001b"} {
		_, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET institution = $2 WHERE id = $1`, s.people.Reviewers[i].ID, institution)
		require.NoError(t, err)
	}
	for _, r := range s.people.Reviewers[:2] {
		p, err := s.db.PartiesOf(t.Context(), s.id)
		require.NoError(t, err)
		who := storetest.As(t, s.db, r)
		assert.True(t, station.Conflicted(who.Account, p), who.Institution)
	}
}

func TestGrant_ShowsNoReviewerAndNoObjectorToAnApplicantOfTheHouse(t *testing.T) {
	s := apply(t, plenty, "")
	_, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET roles = '{applicant,officer}', branch = 'HZ' WHERE id = $1`, s.grant.Founder.ID)
	require.NoError(t, err)
	s.reviewed().objects("a@example.com")
	s.then(func() {
		who := storetest.As(t, s.db, s.grant.Founder)
		v, err := s.svc.Case(t.Context(), who, s.id)
		require.NoError(t, err)
		require.Len(t, v.Reviews, 3)
		for _, r := range v.Reviews {
			assert.Empty(t, r.Reviewer)
			assert.Empty(t, r.Task)
		}
		events, err := s.svc.Events(t.Context(), who, s.id, 0, 100)
		require.NoError(t, err)
		for _, e := range events {
			assert.Contains(t, []string{"", "staff", "public", s.grant.Founder.ID}, e.Actor)
		}
		_, err = s.svc.Task(t.Context(), who, s.id+".review.1")
		assert.Equal(t, station.NotFound, station.CodeOf(err))
		o, err := s.svc.Task(t.Context(), who, s.openTasks(station.TaskObjection)[0].ID)
		require.NoError(t, err)
		assert.Empty(t, o.Said.Email)
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_IsNotAnsweredForTheDistrictByItsApplicant(t *testing.T) {
	s := apply(t, plenty, "")
	_, err := s.db.ExecContext(t.Context(), `UPDATE accounts SET roles = '{applicant,officer}', branch = 'HZ-BJ' WHERE id = $1`, s.grant.Founder.ID)
	require.NoError(t, err)
	s.districtAccepts().cityAsks(station.District)
	s.then(func() {
		_, err := s.svc.Answer(t.Context(), storetest.As(t, s.db, s.grant.Founder), s.openTasks(station.TaskInquiry)[0].ID, "", "It is so.", nil)
		assert.Equal(t, station.Forbidden, station.CodeOf(err))
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_TakesNoWordsWhereCodesAreExpected(t *testing.T) {
	s := apply(t, plenty, "").noticed().directorSigns()
	s.then(func() {
		for _, b := range []station.Body{{To: "Ms Zhou"}, {Target: "138 0000 0000"}, {Account: "Ms Zhou"}} {
			b.Verdict = station.Accept
			_, err := s.svc.Decide(t.Context(), storetest.As(t, s.db, s.grant.Founder), s.openTasks(station.TaskAgreement)[0].ID, "", b)
			assert.Equal(t, station.Invalid, station.CodeOf(err), "they would be in Temporal's history")
		}
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_GivesTheDirectorTimeToNoteWhoCameToTheDefence(t *testing.T) {
	s := apply(t, plenty, `, "defence": {"decide": {"days": 3}, "hold": {"days": 3, "escalate": "director"}}`).districtAccepts().cityAccepts().
		expertsRecommend(tier20, tier20, tier20).officerCalls().passes(9)
	s.by(s.people.Director, station.TaskHearing, station.Body{Verdict: station.Attended}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Contains(t, s.happened(), "escalated")
}

func TestGrant_TakesObjectionsOfSeveralPeopleWhoseKeysAreTheSame(t *testing.T) {
	s := apply(t, plenty, "").reviewed()
	s.then(func() {
		for _, email := range []string{"a@example.com", "b@example.com"} {
			_, err := s.svc.Object(t.Context(), s.id, "1", station.Body{Name: "A neighbour", Email: email, Reason: "They have no office."})
			require.NoError(t, err)
		}
	}).founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.Equal(t, 2, s.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND kind = 'object' AND status = 'recorded'`, s.id))
}

func TestGrant_IsNobodysToTakeWhoIsNotOfThePool(t *testing.T) {
	s := apply(t, plenty, "")
	district := station.Account{
		ID: "01900000-0000-7000-8000-000000000201", Name: "Person 201", Email: "person201@example.com", Language: station.English,
		Roles: []station.Role{station.RoleDirector}, Branch: "HZ-BJ", Institution: "institution 201",
	}
	require.NoError(t, s.db.Load(t.Context(), store.Seed{Accounts: []station.Account{district}}))
	assigns := func(who station.Account, kind station.TaskKind, v station.Verdict, to string) {
		s.then(func() {
			_, err := s.svc.Assign(t.Context(), storetest.As(t, s.db, who), s.openTasks(kind)[0].ID, "", v, to)
			assert.Equal(t, station.Forbidden, station.CodeOf(err), "%s %s %s", who.Branch, kind, v)
		})
	}
	s.noticed()
	assigns(district, station.TaskSign, station.Take, "")
	assigns(district, station.TaskSign, station.HandOver, s.people.Director.ID)
	s.directorSigns().founderAgrees().officerOrders()
	assigns(s.people.Director, station.TaskPayment, station.Take, "")
	s.founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
}

func TestGrant_IsNotSuspendedWhereTheStationPaidLate(t *testing.T) {
	s := apply(t, plenty, "").signed().passes(200)
	s.then(func() {
		task := s.openTasks(station.TaskAcceptance)[0]
		who := map[station.Role]station.Account{station.RoleOfficer: s.people.DistrictOfficer, station.RoleDirector: s.people.Director}[task.Role]
		_, err := s.svc.Decide(t.Context(), storetest.As(t, s.db, who), task.ID, "", station.Body{Verdict: station.Accept})
		require.NoError(t, err)
	})
	s.treasurerPays().passes(20).handsIn().founderWithdraws()
	s.ends(station.Withdrawn, station.ReasonWithdrawn)
	assert.NotContains(t, s.happened(), "suspended")
}
