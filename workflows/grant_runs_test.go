package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestGrant_GoesTheSameWayHoweverOftenItContinuesAsNew(t *testing.T) {
	officer := func(s *granted, kind station.TaskKind, b station.Body) func() {
		return func() { s.by(s.people.Officer, kind, b) }
	}
	for name, script := range map[string]func(s *granted) []func(){
		"to its last tranche": func(s *granted) []func() {
			recuses, abstains := station.Body{Verdict: station.Recuse}, station.Body{Verdict: station.Abstain}
			returns := station.Body{Verdict: station.Return, Reason: "The accounts are missing."}
			rejects := station.Body{Verdict: station.Reject, Reason: "The account is closed."}
			return []func(){
				func() { s.districtAsks() },
				func() { s.founderAnswers(`{"project": {"plan": "A larger clean bench."}}`) },
				func() { s.districtAccepts() },
				func() { s.cityAsks(station.Applicant) },
				func() { s.founderAnswers(`{"company": {"name": "杭州触感科技有限公司"}}`) },
				func() { s.districtAccepts() },
				func() { s.cityAsks(station.District) },
				func() { s.answers(s.people.DistrictOfficer, "") },
				func() { s.cityAccepts() },
				func() { s.reviewer(recuses) },
				func() { s.expertsRecommend(tier20) },
				func() { s.reviewer(abstains) },
				func() { s.expertsRecommend(tier50) },
				func() { s.officerCalls() },
				func() {
					s.passes(3)
					s.by(s.people.Officer, station.TaskHearing, station.Body{Verdict: station.Attended})
				},
				func() { s.expertsRecommend(tier80) },
				func() { s.expertsRecommend(tier50) },
				func() { s.expertsRecommend(tier20) },
				func() { s.objects("a@example.com") },
				func() { s.objects("b@example.com") },
				func() { s.passes(2).investigated(station.Dismiss) },
				func() { s.investigated(station.Dismiss) },
				func() { s.passes(9).directorSigns() },
				func() { s.founderAgrees() },
				func() { s.officerOrders() },
				func() { s.by(s.grant.Treasurers[0], station.TaskPayment, rejects) },
				func() { s.officerOrders() },
				func() { s.treasurerPays() },
				func() { s.passes(190).handsIn() },
				func() { s.by(s.people.DistrictOfficer, station.TaskAcceptance, returns) },
				func() { s.passes(2).handsIn() },
				func() { s.officerOrders() },
				func() { s.treasurerPays() },
				func() { s.passes(160).handsIn() },
				func() { s.officerOrders() },
				func() { s.treasurerPays() },
				func() { s.handsIn() },
				func() { s.officerOrders() },
			}
		},
		"over an appeal to its termination": func(s *granted) []func() {
			return []func(){
				func() { s.districtAccepts() },
				func() { s.cityAccepts() },
				func() { s.expertsRecommend(tier20) },
				func() { s.expertsRecommend(tier50) },
				func() { s.expertsRecommend(tier80) },
				officer(s, station.TaskDefence, station.Body{Verdict: station.Proceed}),
				func() { s.objects("a@example.com") },
				func() { s.investigated(station.Uphold) },
				func() { s.passes(1).founderAppeals() },
				func() {
					s.passes(15)
					s.by(s.people.Director, station.TaskCheck, station.Body{Verdict: station.Accept})
				},
				func() { s.directorSigns() },
				func() { s.founderAgrees() },
				func() { s.officerOrders() },
				func() { s.treasurerPays() },
				func() {
					s.passes(230)
					s.confirms(s.grant.Treasurers[1], station.TaskRepayment, station.Body{Reference: "BACK-1"})
				},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			many, one := apply(t, plenty, withDefence), apply(t, plenty, withDefence)
			many.overManyRuns(script(many))
			for _, step := range script(one) {
				step()
			}
			one.env.SetStartWorkflowOptions(startOptions(one.id))
			one.env.ExecuteWorkflow(string(one.kind), station.CaseStart{Case: one.id})
			require.NoError(t, one.env.GetWorkflowError())
			require.Equal(t, one.happened(), many.happened())
			require.Equal(t, one.paid(), many.paid())
			for _, table := range []string{"notices", "tasks", "reviews", "amendments", "assessments"} {
				query := `SELECT count(*) FROM ` + table + ` WHERE case_id = $1`
				require.Equal(t, one.count(query, one.id), many.count(query, many.id), table)
			}
			require.Zero(t, many.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, many.id))
		})
	}
}
