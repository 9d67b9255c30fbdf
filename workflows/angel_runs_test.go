package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestAngel_GoesTheSameWayHoweverOftenItContinuesAsNew(t *testing.T) {
	for name, c := range map[string]struct {
		invited bool
		script  func(s *admission) []func()
	}{
		"from the invitation to the second term's end": {
			true,
			func(s *admission) []func() {
				return []func(){
					func() { s.consents() },
					func() { s.handsIn() },
					func() { s.officerAccepts() },
					func() { s.vouches(station.Decline) },
					func() { s.names(s.hub.Angels[4]) },
					func() { s.vouches(station.Vouch) },
					func() { s.by(s.hub.Angels[4], station.TaskVoucher, station.Body{Verdict: station.Vouch}) },
					func() { s.votes(0, no) },
					func() { s.votes(1, yes) },
					func() { s.votes(0, yes) },
					func() { s.votes(2, yes) },
					func() { s.votes(3, abstained) },
					func() { s.votes(4, no) },
					func() { s.passes(16).director(station.Suspend) },
					func() { s.director(station.Reinstate) },
					func() { s.declares("杭州灵巧手科技有限公司") },
					func() { s.passes(700).renews(station.Renew) },
					func() { s.director(station.Suspend) },
					func() { s.passes(745).renews(station.Thank) },
				}
			},
		},
		"over an appeal to its revocation": {
			false,
			func(s *admission) []func() {
				return []func(){
					func() { s.officerAccepts() },
					func() { s.vouches(station.Vouch) },
					func() { s.vouches(station.Decline) },
					func() { s.passes(20).appeals() },
					func() { s.directorHears(station.Accept) },
					func() { s.vote(yes, yes, yes, yes, yes) },
					func() { s.passes(16).director(station.Suspend) },
					func() { s.director(station.Revoke) },
				}
			},
		},
		"to a withdrawal in the term": {
			false,
			func(s *admission) []func() {
				return []func(){
					func() { s.officerAccepts().vouched() },
					func() { s.vote(yes, yes, yes, yes, yes) },
					func() { s.passes(16).director(station.Suspend) },
					func() { s.withdraws() },
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			begin := func() *admission {
				if c.invited {
					return invited(t)
				}
				return joins(t, "{}")
			}
			many, one := begin(), begin()
			many.overManyRuns(c.script(many))
			for _, step := range c.script(one) {
				step()
			}
			one.env.SetStartWorkflowOptions(startOptions(one.id))
			one.env.ExecuteWorkflow(string(one.kind), station.CaseStart{Case: one.id})
			require.NoError(t, one.env.GetWorkflowError())
			require.Equal(t, one.happened(), many.happened())
			require.Equal(t, one.mails(one.candidate.ID), many.mails(many.candidate.ID))
			for _, table := range []string{"notices", "tasks", "ballots"} {
				query := `SELECT count(*) FROM ` + table + ` WHERE case_id = $1`
				require.Equal(t, one.count(query, one.id), many.count(query, many.id), table)
			}
			require.Zero(t, many.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, many.id))
		})
	}
}
