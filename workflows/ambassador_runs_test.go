package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

// appliesAsUsual is applies, to a programme with the default terms.
func appliesAsUsual(t *testing.T) *appointment {
	t.Helper()
	return applies(t, "{}")
}

func TestAmbassador_GoesTheSameWayHoweverOftenItContinuesAsNew(t *testing.T) {
	for name, c := range map[string]struct {
		begin  func(t *testing.T) *appointment
		script func(s *appointment) []func()
	}{
		"from the nomination over moves and renewals to their resignation": {
			nominated,
			func(s *appointment) []func() {
				return []func(){
					func() { s.consents() },
					func() { s.officerAsks() },
					func() { s.answers() },
					func() { s.officerConfirmsTheTie() },
					func() { s.panelScores(80) },
					func() { s.panelScores(70) },
					func() { s.directorSigns() },
					func() { s.asksToMove("mit") },
					func() { s.asksToMove("pku") }, // one at a time
					func() { s.officerFinds(station.Accept) },
					func() { s.asksToMove("zju") },
					func() { s.officerFinds(station.Decline) },
					func() { s.passes(705).officerDecidesTo(station.Renew) },
					func() { s.asksToMove("pku") },
					func() { s.passes(735).officerDecidesTo(station.Renew) }, // nobody has looked at that
					func() { s.moves("pku") },
					func() { s.resigns() },
				}
			},
		},
		"over appeals to a revocation for good": {
			appliesAsUsual,
			func(s *appointment) []func() {
				return []func(){
					func() { s.officerDeclines() },
					func() { s.appeals() },
					func() { s.anotherDirectorHears(station.Accept) },
					func() { s.panelScores(80, 70) },
					func() { s.directorSigns() },
					func() { s.passes(690).directorRevokes() },
					func() { s.passes(12).appeals() },
					func() { s.anotherDirectorHears(station.Accept) },
					func() { s.officerDecidesTo(station.Renew) },
					func() { s.asksToMove("mit") },
					func() { s.directorRevokes() },
					func() { s.appeals() },
					func() { s.anotherDirectorHears(station.Decline) },
				}
			},
		},
		"to the thanks": {
			appliesAsUsual,
			func(s *appointment) []func() {
				return []func(){
					func() { s.reviewed().directorDoesNotSign() },
					func() { s.appeals() },
					func() { s.anotherDirectorHears(station.Accept) },
					func() { s.passes(701).officerDecidesTo(station.Renew) },
					func() { s.passes(760).by(s.people.Director, station.TaskRenewal, station.Body{Verdict: station.Thank}) },
				}
			},
		},
		"to the end of a term that is not renewed": {
			appliesAsUsual,
			func(s *appointment) []func() {
				return []func(){
					func() { s.appointed() },
					func() { s.passes(701).officerDecidesTo(station.Thank) },
					func() { s.asksToMove("mit") },
					func() { s.directorRevokes() },
					func() { s.appeals() },
					func() { s.anotherDirectorHears(station.Accept) },
					func() { s.moves("pku") },
				}
			},
		},
		"to a withdrawal in the term": {
			appliesAsUsual,
			func(s *appointment) []func() {
				return []func(){
					func() { s.appointed() },
					func() { s.directorRevokes() },
					func() { s.appeals() },
					func() { s.anotherDirectorHears(station.Accept) },
					func() { s.asksToMove("mit") },
					func() { s.withdraws() },
				}
			},
		},
		"to a withdrawal after a revocation": {
			appliesAsUsual,
			func(s *appointment) []func() {
				return []func(){
					func() { s.appointed() },
					func() { s.directorRevokes() },
					func() { s.appeals() },
					func() { s.withdraws() },
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			many, one := c.begin(t), c.begin(t)
			many.overManyRuns(c.script(many))
			for _, step := range c.script(one) {
				step()
			}
			one.env.SetStartWorkflowOptions(startOptions(one.id))
			one.env.ExecuteWorkflow(string(one.kind), station.CaseStart{Case: one.id})
			require.NoError(t, one.env.GetWorkflowError())
			require.Equal(t, one.happened(), many.happened())
			require.Equal(t, one.told(), many.told())
			said := func(a station.Appointment) string {
				return a.Institution.En + " " + a.Director + " " + a.From.Format("2006-01-02") + " " + a.Until.Format("2006-01-02") + " " + string(a.Ended)
			}
			require.Equal(t, one.letters(said), many.letters(said))
			for _, table := range []string{"notices", "tasks", "acts"} {
				query := `SELECT count(*) FROM ` + table + ` WHERE case_id = $1`
				require.Equal(t, one.count(query, one.id), many.count(query, many.id), table)
			}
			require.Zero(t, many.count(`SELECT count(*) FROM acts WHERE case_id = $1 AND status = 'pending'`, many.id))
		})
	}
}
