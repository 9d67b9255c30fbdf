package workflows_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store"
	"wutong/store/storetest"
)

func TestSettlement_RunsServicesSideBySideInTheOrderThatTheirNeedsAsk(t *testing.T) {
	s := settles(t, "school", "residence", "company")
	s.stands(station.ServiceChosen, "school", "residence", "company")
	s.gives("identity", "degree", "child")
	s.stands(station.ServiceAsked, "residence", "company").stands(station.ServiceChosen, "school")
	s.accepts("police", "residence").accepts("market", "company").completes("market", "company")
	s.stands(station.ServiceChosen, "school")
	s.completes("police", "residence")
	s.stands(station.ServiceAsked, "school").performs("education", "school")
	s.rates("residence", 5).rates("school", 2).rates("company", 3)
	s.manages("school", station.TaskCallback, station.Body{Verdict: station.CallBack})
	s.ended(station.Completed, "")
	for _, service := range []string{"school", "residence", "company"} {
		s.serviceEnded(service, station.Completed, "")
		require.Equal(t, station.ServiceDone, s.state(service))
	}
	require.Equal(t, 3, s.count(`SELECT count(*) FROM requests WHERE answer = 'completed' AND on_time`))
	require.Equal(t, 10, s.count(`SELECT sum(stars) FROM services`))
	s.happened(s.id, station.EventManaged, station.EventPapersAsked, station.EventPapersGiven, station.EventServiceBegun,
		station.EventServiceDone, station.EventServiceDone, station.EventServiceBegun, station.EventServiceDone,
		station.EventRated, station.EventRated, station.EventRated, station.EventCalledBack, station.EventCompleted)
}

func TestSettlement_WaitsForRatingsForSomeDaysAndForACallBackUntilItIsMade(t *testing.T) {
	s := settles(t, "residence", "company", "school")
	s.gives("identity", "degree", "child").performs("police", "residence").performs("market", "company").performs("education", "school")
	s.passes(13).rates("company", 1).passes(2) // a Sunday, and the Tuesday after it
	s.then(func() {
		require.Equal(t, 2, s.count(`SELECT count(*) FROM tasks WHERE kind = 'rating' AND status = 'expired'`))
		require.Equal(t, 0, s.opened(station.TaskRating))
		require.Equal(t, 1, s.count(`SELECT count(*) FROM notices WHERE template = 'applicant_task_reminder'`), "one mail for all three")
	})
	s.manages("company", station.TaskCallback, station.Body{Verdict: station.CallBack})
	s.ended(station.Completed, "")
	s.happened(s.id, station.EventManaged, station.EventPapersAsked, station.EventPapersGiven, station.EventServiceBegun,
		station.EventServiceDone, station.EventServiceBegun, station.EventServiceDone, station.EventServiceDone,
		station.EventReminded, station.EventReminded, station.EventReminded, station.EventRated, station.EventUnanswered, station.EventCalledBack, station.EventCompleted)
}

func TestSettlement_BeginsAServiceAsSoonAsItsOwnPapersAreThere(t *testing.T) {
	s := settles(t, "residence", "company")
	s.gives("identity").stands(station.ServiceAsked, "company").stands(station.ServiceChosen, "residence")
	s.gives("degree").stands(station.ServiceAsked, "residence")
	s.performs("police", "residence").performs("market", "company").passes(40)
	s.ended(station.Completed, "")
}

func TestSettlement_AsksForNothingThatTheTalentHasGiven(t *testing.T) {
	s := settles(t, "company")
	s.gives("identity").performs("market", "company").passes(40)
	second := ""
	s.then(func() {
		s.endedAs(s.id, station.Completed, "")
		second = s.begins(s.newcomer, station.SettlementKind, storetest.SettlementProgramme, station.SettlementForm{Services: []string{"residence"}})
	}).then(func() {
		var kinds string
		require.NoError(t, s.db.GetContext(t.Context(), &kinds, `SELECT details->>'papers' FROM tasks WHERE case_id = $1 AND kind = 'papers'`, second))
		require.JSONEq(t, `["degree"]`, kinds)
		_, err := s.svc.Withdraw(t.Context(), s.as(s.newcomer), second, "")
		require.NoError(t, err)
	})
	s.ended(station.Completed, "")
}

func TestSettlement_GivesWhatAProviderRefusesToAnother(t *testing.T) {
	s := settles(t, "company", "office").gives("identity", "plan").performs("market", "company")
	s.refuses("east", "office").stands(station.ServiceTrouble, "office")
	s.manages("office", station.TaskTrouble, station.Body{Verdict: station.Reassign, Provider: "west"})
	s.performs("west", "office").passes(40)
	s.ended(station.Completed, "").serviceEnded("office", station.Completed, "")
	require.Equal(t, 1, s.count(`SELECT count(*) FROM requests WHERE service = $1 AND provider = 'east' AND answer = 'refused'`, s.of("office")))
	require.Equal(t, 1, s.count(`SELECT count(*) FROM requests WHERE service = $1 AND provider = 'west' AND answer = 'completed'`, s.of("office")))
}

func TestSettlement_GoesOnWhileAProviderNeverAnswers(t *testing.T) {
	s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company")
	s.passes(6).stands(station.ServiceTrouble, "residence") // late
	s.passes(40)                                            // neither the case manager nor a director decides
	s.stands(station.ServiceEnded, "residence")
	s.rates("company", 4)
	s.ended(station.Completed, "").serviceEnded("residence", station.Terminated, station.ReasonNotDecided).serviceEnded("company", station.Completed, "")
	s.happened(s.of("residence"), station.EventProviderAsked, station.EventProviderLate, station.EventEscalated, station.EventTerminated)
}

func TestSettlement_HasALateProviderAskedAgain(t *testing.T) {
	s := settles(t, "company").gives("identity").accepts("market", "company")
	s.passes(16).stands(station.ServiceTrouble, "company")
	s.manages("company", station.TaskTrouble, station.Body{Verdict: station.AskAgain})
	s.then(func() {
		_, err := s.svc.Confirm(t.Context(), s.as(s.Providers["market"][0]), s.task(s.of("company"), station.TaskService, ""), "", station.Body{Answer: "At last."})
		require.NoError(t, err, "it can be completed at once")
	})
	s.passes(40)
	s.ended(station.Completed, "")
	require.Equal(t, 2, s.count(`SELECT count(*) FROM requests WHERE service = $1 AND provider = 'market'`, s.of("company")))
	for template, of := range map[station.Template]int{station.MailServiceAsked: 2, station.MailServiceAgain: 2} { // both of the provider's people
		require.Equal(t, of, s.count(`SELECT count(*) FROM notices WHERE case_id = $1 AND template = $2`, s.of("company"), template), template)
	}
}

func TestSettlement_TakesAWaivedServiceForDone(t *testing.T) {
	s := settles(t, "residence", "school").gives("identity", "degree", "child").refuses("police", "residence")
	s.manages("residence", station.TaskTrouble, station.Body{Verdict: station.Waive}).stands(station.ServiceWaived, "residence")
	s.performs("education", "school").passes(40)
	s.ended(station.Completed, "").serviceEnded("residence", station.Completed, station.ReasonWaived)
}

func TestSettlement_HasTheCaseManagerDecideOnWhatNeedsAServiceThatEnded(t *testing.T) {
	ends := func(t *testing.T) *settled {
		t.Helper()
		s := settles(t, "residence", "school", "company").gives("identity", "degree", "child").performs("market", "company").refuses("police", "residence")
		return s.manages("residence", station.TaskTrouble, station.Body{Verdict: station.End}).stands(station.ServiceEnded, "residence")
	}
	t.Run("it is asked for all the same", func(t *testing.T) {
		s := ends(t).manages("school", station.TaskStalled, station.Body{Verdict: station.AskAgain})
		s.performs("education", "school").passes(40).ended(station.Completed, "").serviceEnded("school", station.Completed, "")
		require.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'provider_asked' AND details->>'without' = '["residence"]'`, s.of("school")))
	})
	t.Run("it is ended", func(t *testing.T) {
		s := ends(t).manages("school", station.TaskStalled, station.Body{Verdict: station.End})
		s.passes(40).ended(station.Completed, "")
		require.Equal(t, 1, s.count(`SELECT count(*) FROM services WHERE code = 'school' AND state = 'ended' AND reason = 'need_gone'`))
	})
	t.Run("nobody decides", func(t *testing.T) {
		s := ends(t).passes(60).ended(station.Completed, "")
		require.Equal(t, station.ServiceEnded, s.state("school"))
	})
}

func TestSettlement_StopsAProvidersClockForAQuestion(t *testing.T) {
	asks := func(t *testing.T) *settled {
		t.Helper()
		s := settles(t, "company").gives("identity").accepts("market", "company").passes(10)
		return s.provider("market", "company", station.TaskDelivery, station.Body{Verdict: station.Ask, To: station.Applicant, Question: "A canary question?"})
	}
	t.Run("answered", func(t *testing.T) {
		s := asks(t).passes(9).then(func() {}).stands(station.ServiceAccepted, "company")
		s.then(func() {
			_, err := s.svc.Answer(t.Context(), s.as(s.newcomer), s.task(s.of("company"), station.TaskInquiry, ""), "", "A canary answer.", nil)
			require.NoError(t, err)
		}).passes(1).completes("market", "company").passes(40).ended(station.Completed, "")
		require.Equal(t, 1, s.count(`SELECT count(*) FROM requests WHERE on_time`))
	})
	t.Run("not answered", func(t *testing.T) {
		s := asks(t).passes(15).completes("market", "company").passes(40).ended(station.Completed, "")
		s.happened(s.of("company"), station.EventInquired, station.EventUnanswered, station.EventProviderDone)
	})
}

func TestSettlement_UndoesWhatWasBookedOfADroppedService(t *testing.T) {
	s := settles(t, "residence", "company").gives("identity", "degree").performs("market", "company").accepts("police", "residence")
	s.drops("company").stands(station.ServiceUndoing, "company").stands(station.ServiceAccepted, "residence")
	s.undoes("market", "company").stands(station.ServiceUndone, "company")
	s.completes("police", "residence").rates("residence", 5)
	s.ended(station.Completed, "").serviceEnded("company", station.Withdrawn, station.ReasonDropped)
}

func TestSettlement_AsksAgainOrEndsWhatNeedsADroppedService(t *testing.T) {
	drops := func(t *testing.T) *settled {
		t.Helper()
		s := settles(t, "company", "office").gives("identity", "plan").performs("market", "company").accepts("east", "office")
		return s.drops("company").undoes("market", "company").stands(station.ServiceAccepted, "office")
	}
	t.Run("asked again", func(t *testing.T) {
		s := drops(t).manages("office", station.TaskStalled, station.Body{Verdict: station.AskAgain}).stands(station.ServiceAsked, "office")
		s.performs("east", "office").passes(40).ended(station.Completed, "").serviceEnded("office", station.Completed, "")
		require.Equal(t, 1, s.count(`SELECT count(*) FROM requests WHERE service = $1 AND answer = 'cancelled'`, s.of("office")))
	})
	t.Run("ended, and undone", func(t *testing.T) {
		s := drops(t).manages("office", station.TaskStalled, station.Body{Verdict: station.End}).undoes("east", "office")
		s.ended(station.Terminated, station.ReasonNothingDone).serviceEnded("office", station.Terminated, station.ReasonNeedGone)
	})
}

func TestSettlement_WithdrawnUndoesAServiceBeforeWhatItNeeds(t *testing.T) {
	s := settles(t, "company", "office", "residence", "school").gives("identity", "plan", "degree", "child")
	s.performs("market", "company").performs("east", "office").accepts("police", "residence")
	s.withdraws().stands(station.ServiceUndoing, "office", "residence").stands(station.ServiceDone, "company").stands(station.ServiceEnded, "school")
	s.undoes("police", "residence").passes(30) // the other provider is asked again and again
	s.then(func() {
		require.Greater(t, s.count(`SELECT count(*) FROM tasks WHERE kind = 'undo' AND status = 'expired'`), 2)
	})
	s.stands(station.ServiceDone, "company").undoes("east", "office")
	s.stands(station.ServiceUndoing, "company")
	s.manages("company", station.TaskWaiver, station.Body{Verdict: station.Waive})
	s.ended(station.Withdrawn, station.ReasonWithdrawn).serviceEnded("company", station.Withdrawn, station.ReasonWithdrawn)
	s.happened(s.of("company"), station.EventUndoAsked, station.EventUndoWaived)
}

func TestSettlement_WithdrawnLeavesWhatCannotBeUndone(t *testing.T) {
	s := settles(t, "residence", "school").gives("identity", "degree", "child").performs("police", "residence").performs("education", "school")
	s.withdraws().undoes("police", "residence")
	s.ended(station.Withdrawn, station.ReasonWithdrawn).serviceEnded("school", station.Completed, "")
	require.Equal(t, station.ServiceDone, s.state("school"))
}

func TestSettlement_WithdrawnAtOnceLeavesNothing(t *testing.T) {
	s := settles(t, "residence").withdraws().ended(station.Withdrawn, station.ReasonWithdrawn)
	require.Equal(t, 0, s.count(`SELECT count(*) FROM cases WHERE kind = 'service'`))
	require.Equal(t, station.ServiceEnded, s.state("residence"))
}

func TestSettlement_MovesToAnotherBranchWithWhatWasNotDone(t *testing.T) {
	s := settles(t, "company", "residence", "school").gives("identity", "degree", "child").performs("police", "residence").performs("education", "school")
	s.accepts("market", "company")
	s.changes(station.Body{Verdict: station.Relocate, Branch: "HZ-XH"}).undoes("market", "company").undoes("police", "residence")
	var next string
	s.then(func() {
		require.NoError(t, s.db.GetContext(t.Context(), &next, `SELECT id FROM cases WHERE kind = 'settlement' AND branch = 'HZ-XH'`))
		s.endedAs(s.id, station.Withdrawn, station.ReasonMoved)
		require.Equal(t, 2, s.count(`SELECT count(*) FROM services WHERE settlement = $1 AND code IN ('company', 'residence') AND state = 'asked'`, next), "its papers are there")
		_, err := s.svc.Withdraw(t.Context(), s.as(s.newcomer), next, "")
		require.NoError(t, err)
	})
	s.ended(station.Withdrawn, station.ReasonMoved)
}

func TestSettlement_TakesServicesThatAreAdded(t *testing.T) {
	s := settles(t, "residence").gives("identity", "degree").adds("school").gives("child").performs("police", "residence")
	s.performs("education", "school").passes(40).ended(station.Completed, "").serviceEnded("school", station.Completed, "")
}

func TestSettlement_TakesADroppedServiceUpAgain(t *testing.T) {
	s := settles(t, "residence", "company").gives("identity", "degree").drops("company").stands(station.ServiceUndone, "company").adds("company")
	s.then(func() { s.attempt["company"] = 2 }).performs("market", "company").performs("police", "residence").passes(40)
	s.ended(station.Completed, "").serviceEnded("company", station.Completed, "")
}

func TestSettlement_HasTheCaseManagerDecideWhenPapersDoNotCome(t *testing.T) {
	silent := func(t *testing.T) *settled {
		t.Helper()
		return settles(t, "residence", "company").gives("identity").performs("market", "company").passes(16)
	}
	t.Run("they are asked for again", func(t *testing.T) {
		s := silent(t).manages("residence", station.TaskStalled, station.Body{Verdict: station.AskAgain})
		s.gives("degree").performs("police", "residence").passes(40).ended(station.Completed, "").serviceEnded("residence", station.Completed, "")
	})
	t.Run("nobody decides", func(t *testing.T) {
		s := silent(t).passes(60).ended(station.Completed, "")
		require.Equal(t, 1, s.count(`SELECT count(*) FROM services WHERE code = 'residence' AND state = 'ended' AND reason = 'papers_silent'`))
	})
}

func TestSettlement_GivesEachPaperItsOwnTimeHoweverTheListChanges(t *testing.T) {
	s := settles(t, "residence", "company") // on the 2nd: papers have ten working days
	due := func(day string, papers string) {
		s.then(func() {
			var got struct{ Due, Papers string }
			require.NoError(t, s.db.GetContext(t.Context(), &got, `
				SELECT to_char(due AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS due, details->>'papers' AS papers FROM tasks
				WHERE case_id = $1 AND kind = 'papers' AND status = 'open'`, s.id))
			require.Equal(t, day, got.Due)
			require.JSONEq(t, papers, got.Papers)
		})
	}
	due("2026-03-16", `["degree", "identity"]`)
	s.passes(2).adds("school")
	due("2026-03-16", `["child", "degree", "identity"]`)
	s.passes(2).drops("school")
	due("2026-03-16", `["degree", "identity"]`)
	s.passes(3).adds("office")
	due("2026-03-16", `["degree", "identity", "plan"]`)
	s.gives("identity").performs("market", "company")
	due("2026-03-16", `["degree", "plan"]`)
	s.passes(8).then(func() { require.Equal(t, 1, s.opened(station.TaskStalled), "the residence, for its degree") })
	due("2026-03-23", `["plan"]`) // which was asked for on the 9th
	s.gives("plan").manages("residence", station.TaskStalled, station.Body{Verdict: station.AskAgain})
	due("2026-04-01", `["degree"]`) // from now on, the 18th: the case manager wants it
	s.gives("degree").performs("east", "office").performs("police", "residence").passes(40)
	s.ended(station.Completed, "")
}

func TestSettlement_AsksForAPaperAgainBeforeItExpires(t *testing.T) {
	s := settles(t, "residence").givesUntil("2026-03-26", "identity", "degree").accepts("police", "residence")
	s.passes(9).then(func() { require.Equal(t, 0, s.opened(station.TaskPapers)) })
	s.passes(2).then(func() { require.Equal(t, 1, s.opened(station.TaskPapers)) })
	s.gives("identity").then(func() { require.Equal(t, 0, s.opened(station.TaskPapers)) })
	s.completes("police", "residence").passes(40).ended(station.Completed, "")
	s.happened(s.id, station.EventPapersAsked, station.EventPapersGiven, station.EventPaperExpiring, station.EventPapersAsked, station.EventPapersGiven)
}

func TestSettlement_OfWhichAllIsDroppedHasNothingDone(t *testing.T) {
	settles(t, "residence", "company").drops("residence", "company").ended(station.Terminated, station.ReasonNothingDone)
}

func TestSettlement_IsHandedOverWithAllThatItsCaseManagerHasToDo(t *testing.T) {
	s := settles(t, "company").gives("identity").refuses("market", "company")
	s.then(func() {
		second := s.people.Officer2
		if s.manager().ID == second.ID {
			second = s.people.Officer
		}
		_, err := s.svc.Assign(t.Context(), s.as(s.people.Director), station.ManagementTask(s.id), "", station.HandOver, second.ID)
		require.NoError(t, err)
	}).then(func() {
		require.Equal(t, 2, s.count(`SELECT count(*) FROM tasks t JOIN settlements m ON m.manager = t.assignee WHERE t.status = 'open' AND t.kind IN ('management', 'trouble')`))
		require.Equal(t, 1, s.count(`SELECT count(*) FROM events WHERE case_id = $1 AND kind = 'handed_over'`, s.id))
	})
	s.manages("company", station.TaskTrouble, station.Body{Verdict: station.Waive}).passes(40).ended(station.Completed, "")
}

func TestSettlement_GoesOnWithAServiceThatIsOfferedNoMore(t *testing.T) {
	s := settles(t, "company", "office").gives("identity")
	s.then(func() {
		c := storetest.Catalogue()
		c.Offers = slices.DeleteFunc(c.Offers, func(o station.Offer) bool { return o.Code == "office" })
		c.Papers = slices.DeleteFunc(c.Papers, func(p station.PaperKind) bool { return p.Code == "plan" })
		c.Providers = slices.DeleteFunc(c.Providers, func(p station.Provider) bool { return p.Code == "east" || p.Code == "west" })
		require.NoError(t, s.db.Load(t.Context(), store.Seed{Catalogue: &c}))
		services, err := s.svc.Services(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, services, len(c.Offers), "nobody is shown the office")
		providers, err := s.svc.Providers(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, providers, len(c.Providers))
		_, err = s.svc.PapersNeeded(t.Context(), s.as(s.newcomer), []string{"office"}, "")
		require.Equal(t, station.Invalid, station.CodeOf(err))
	})
	s.gives("plan").performs("market", "company").refuses("east", "office")
	s.manages("office", station.TaskTrouble, station.Body{Verdict: station.Reassign, Provider: "west"}).performs("west", "office")
	s.passes(40).ended(station.Completed, "").serviceEnded("office", station.Completed, "")
	v, err := s.svc.Settlement(t.Context(), s.as(s.newcomer), s.id)
	require.NoError(t, err)
	require.Equal(t, []string{"office", "west"}, []string{v.Services[1].Offer.Name.En, v.Services[1].Provider.Name.En})
}

func TestSettlement_TakesNoServiceUpAgainThatIsOfferedNoMore(t *testing.T) {
	s := settles(t, "residence", "company").drops("company").stands(station.ServiceEnded, "company")
	s.then(func() {
		c := storetest.Catalogue()
		c.Offers = slices.DeleteFunc(c.Offers, func(o station.Offer) bool { return o.Code == "company" || o.Code == "office" })
		require.NoError(t, s.db.Load(t.Context(), store.Seed{Catalogue: &c}))
		_, err := s.svc.Decide(t.Context(), s.as(s.newcomer), station.SettlingTask(s.id), "", station.Body{Verdict: station.Add, Services: []string{"company"}})
		require.Equal(t, station.Invalid, station.CodeOf(err))
	})
	s.gives("identity", "degree").performs("police", "residence").passes(40).ended(station.Completed, "")
}
