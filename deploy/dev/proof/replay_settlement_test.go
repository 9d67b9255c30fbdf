package proof_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// neglected is a programme of settlements in which whoever is asked has a second or two.
const neglected = "proof-settlements-hurry"

const neglectedTerms = `{
	"papers": {"seconds": 1}, "answer": {"seconds": 1}, "trouble": {"seconds": 1, "escalate": "director"}, "stalled": {"seconds": 1, "escalate": "director"},
	"rating": {"seconds": 1}}`

// quietly confirms without a word.
var quietly = map[string]any{}

// recordSettlements has newcomers settle in all the ways in which that goes, and writes down the settlements and their
// services.
func recordSettlements(t *testing.T) {
	r := recorder{openHouseWith(t, 0, nil)}
	r.undoneInSeconds("office", 3)
	for n, c := range []struct {
		name, programme string
		services        []string
		do              func(s *settlement)
		of              map[string]string // names of the services that are written down, too
		asked           bool              // papers are not handed in with the form
	}{
		{"papers-asked-and-called-back", rated, []string{"company", "mentor"}, (*settlement).calledBack, map[string]string{
			"company": "asked-and-done", "mentor": "done-at-once",
		}, true},
		{"dropped-and-chosen-again", rated, []string{"company", "office"}, (*settlement).choosesAgain, map[string]string{
			"company": "dropped-and-undone", "office": "asked-again-without-its-need",
		}, false},
		{"troubled", rated, []string{"company", "residence", "mentor"}, (*settlement).troubled, map[string]string{
			"company": "refused-and-reassigned", "residence": "ended-by-the-case-manager", "mentor": "refused-again-and-waived",
		}, false},
		{"late-and-nothing-done", neglected, []string{"mentor"}, nil, map[string]string{"mentor": "late-and-not-decided"}, false},
		{"papers-that-do-not-come", neglected, []string{"mentor"}, nil, nil, true},
		{"needed-no-more", rated, []string{"company", "office", "mentor"}, (*settlement).neededNoMore, map[string]string{"office": "ended-and-undone"}, false},
		{"dropped-at-once", rated, []string{"company"}, func(s *settlement) {
			s.task(s.of("company") + ".asked.1")
			s.changes(map[string]any{"verdict": "drop", "services": []string{"company"}})
		}, map[string]string{"company": "dropped-before-its-answer"}, false},
		{"service-withdrawn-before-its-rating", rated, []string{"company", "mentor"}, (*settlement).takesBack, map[string]string{"company": "withdrawn-when-done"}, false},
		{"withdrawn-and-undone", rated, []string{"company", "office", "residence", "insurance", "housing"}, (*settlement).leaves, map[string]string{
			"company": "undoing-waived", "office": "undone-when-asked-again", "insurance": "not-to-be-undone",
		}, false},
		{"moved", rated, []string{"company", "mentor"}, (*settlement).moves, nil, false},
		{"stopped", rated, []string{"company"}, func(s *settlement) {
			s.provider("company", "asked.1", accept)
			s.task(s.of("company") + ".delivery.1")
			require.NoError(s.t, s.temporal().CancelWorkflow(s.t.Context(), s.id, ""))
			s.completes("company-a", s.of("company")+".undoing.1", quietly)
		}, nil, false},
		{"no-provider", rated, []string{"mentor"}, func(s *settlement) { // the last one: it is not offered any more
			s.task(s.id + ".papers.1")
			s.exec(`UPDATE offers SET offer = jsonb_set(offer, '{providers}', '[]') WHERE code = 'mentor'`)
			s.gives("identity", "degree")
		}, map[string]string{"mentor": "no-provider"}, true},
	} {
		s := r.settles(c.programme, n, !c.asked, c.services...)
		if c.do != nil {
			c.do(s)
		}
		s.writes(c.name, c.of)
		require.False(t, t.Failed(), c.name)
	}

	renewing := recorder{openHouseWith(t, 0, map[string]any{"limit.historyCount.suggestContinueAsNew": 20})}
	s := renewing.settles(rated, 0, false, "company", "office", "mentor")
	s.longWay()
	s.writes("rated-and-continued-as-new", map[string]string{"company": "asked-and-continued-as-new"})
	s = renewing.settles(rated, 1, true, "company", "office", "mentor")
	s.longWayBack()
	s.writes("withdrawn-and-continued-as-new", map[string]string{"office": "undone-and-continued-as-new"})
}

// undoneInSeconds gives the providers of a service so many seconds to undo it.
func (h *house) undoneInSeconds(service string, seconds int) {
	h.exec(`UPDATE offers SET offer = jsonb_set(offer, '{undo}', jsonb_build_object('seconds', $2::int)) WHERE code = $1`, service, seconds)
}

// settlement is a settlement that is written down.
type settlement struct {
	*personal
}

// settles has the n-th newcomer settle. Papers are handed in with the form, or missing.
func (r *recorder) settles(programme string, n int, papers bool, services ...string) *settlement {
	who := r.Newcomers[n].ID
	form := crowd.Settlement(programme, r.uploads(who, "contract"))
	form["services"] = services
	if !papers {
		delete(form, "papers")
	}
	s := &settlement{&personal{recorder: r, who: who, cases: map[string]string{}, id: r.begun("/v1/settlements", who, form)}}
	for _, code := range services {
		s.cases[code] = station.ServiceCase(s.id, code, 1)
	}
	return s
}

// of is the case of a service.
func (s *settlement) of(service string) string { return s.cases[service] }

// writes writes the settlement down, and services of it.
func (s *settlement) writes(name string, services map[string]string) {
	s.t.Helper()
	s.ended(s.id)
	s.write("settlement/"+name, s.id, "")
	for code, name := range services {
		s.ended(s.of(code))
		s.write("service/"+name, s.of(code), "")
	}
}

func (s *settlement) gives(kinds ...string) {
	task := s.only("papers")
	var papers []map[string]any
	for _, k := range kinds {
		p := map[string]any{"kind": k, "document": s.uploads(s.who, "contract "+k)}
		if k == "identity" {
			p["until"] = "2040-01-01"
		}
		papers = append(papers, p)
	}
	s.well(s.surely("/v1/tasks/"+task+"/confirmation", s.who, "", map[string]any{"papers": papers}))
}

// only waits until the settlement has one open task of a kind, and returns it.
func (s *settlement) only(kind string) (task string) {
	s.until("a task "+kind, func() bool {
		ids := list(s.house, s.db, `SELECT id FROM tasks WHERE case_id = $1 AND kind = $2 AND status = 'open'`, s.id, kind)
		if len(ids) == 1 {
			task = ids[0]
		}
		return len(ids) == 1
	})
	return task
}

// performed has the usual provider of services accept and complete them.
func (s *settlement) performed(services ...string) {
	for _, code := range services {
		s.provider(code, "asked.1", accept)
		s.completes(code+"-a", s.of(code)+".delivery.1", map[string]any{"note": "It is of somebody else."})
		s.stood(code)
	}
}

// stood waits until a service is done.
func (s *settlement) stood(service string) {
	s.until(service+" is done", func() bool {
		return s.count(`SELECT count(*) FROM services WHERE case_id = $1 AND state = 'done'`, s.of(service)) == 1
	})
}

// undone has the usual provider of a service undo it.
func (s *settlement) undone(service string) {
	s.completes(service+"-a", s.of(service)+".undoing.1", quietly)
	s.ended(s.of(service))
}

// changes has the newcomer change what was chosen.
func (s *settlement) changes(body map[string]any) {
	s.task(s.id + ".settling.1")
	s.well(s.decide(s.id+".settling.1", s.who, "", body))
}

func (s *settlement) drops(service string) {
	s.changes(map[string]any{"verdict": "drop", "services": []string{service}, "reason": "I have a contract."})
}

// adds adds a service, which is done for the n-th time.
func (s *settlement) adds(service string, n int) {
	s.changes(map[string]any{"verdict": "add", "services": []string{service}})
	s.cases[service] = station.ServiceCase(s.id, service, n)
}

// refused has a provider refuse a service that it was asked for, and the case manager decide.
func (s *settlement) refused(service string, n int, decides map[string]any) {
	s.provider(service, fmt.Sprintf("asked.%d", n), map[string]any{"verdict": "decline", "reason": "They have no office."})
	decides = maps.Clone(decides)
	decides["reason"] = "We went there."
	s.manages(fmt.Sprintf("%s.trouble.%d", s.of(service), n), decides)
}

// inquired has the provider of the company, which has accepted, ask the newcomer, who answers.
func (s *settlement) inquired(n int) {
	inquiry := fmt.Sprintf("%s.inquiry.%d", s.of("company"), n)
	s.provider("company", "delivery.1", map[string]any{"verdict": "ask", "to": "applicant", "question": "Which licence?"})
	s.answers(inquiry, s.who, map[string]any{"answer": "The second licence."})
	s.until("the inquiry is answered", func() bool {
		return s.count(`SELECT count(*) FROM tasks WHERE id = $1 AND status = 'done'`, inquiry) == 1
	})
}

func (s *settlement) calledBack() {
	s.gives("identity")
	s.gives("degree")
	s.provider("company", "asked.1", accept)
	s.inquired(1)
	s.completes("company-a", s.of("company")+".delivery.1", map[string]any{"note": "It is of somebody else.", "reference": "BANK-1"})
	s.completes("mentor-a", s.of("mentor")+".asked.1", quietly)
	s.rates(1, 1, "They have no office.")
	s.manages(s.id+".callback.1", map[string]any{"verdict": "called_back", "reason": "We looked into it."})
	s.rates(2, 5, "")
}

func (s *settlement) choosesAgain() {
	s.performed("company")
	s.provider("office", "asked.1", accept)
	s.task(s.of("office") + ".delivery.1")
	s.drops("company")
	s.manages(s.id+".stalled.1", map[string]any{"verdict": "ask_again", "reason": "We looked into it."})
	s.undone("company")
	s.task(s.of("office") + ".asked.2")
	first := s.of("company")
	s.adds("company", 2)
	s.completes("company-a", s.of("company")+".asked.1", quietly)
	s.completes("office-a", s.of("office")+".asked.2", quietly)
	s.rates(1, 4, "")
	s.rates(2, 3, "")
	s.ended(s.id)
	s.cases["company"] = first
}

func (s *settlement) troubled() {
	s.refused("company", 1, map[string]any{"verdict": "reassign", "provider": "company-b"})
	s.completes("company-b", s.of("company")+".asked.2", quietly)
	s.provider("residence", "asked.1", accept)
	s.provider("residence", "delivery.1", map[string]any{"verdict": "decline", "reason": "They have no office."})
	s.manages(s.of("residence")+".trouble.1", map[string]any{"verdict": "end", "reason": "We went there."})
	s.refused("mentor", 1, map[string]any{"verdict": "ask_again"})
	s.refused("mentor", 2, map[string]any{"verdict": "waive"})
	s.rates(1, 5, "")
}

func (s *settlement) neededNoMore() {
	s.performed("company", "office")
	s.drops("company")
	s.manages(s.id+".stalled.1", map[string]any{"verdict": "end", "reason": "We went there."})
	s.undone("office")
	s.undone("company")
	s.refused("mentor", 1, map[string]any{"verdict": "end"})
}

// takesBack withdraws a service that is to be rated.
func (s *settlement) takesBack() {
	s.performed("company", "mentor")
	s.task(s.id + ".rating.1")
	s.well(s.surely("/v1/cases/"+s.of("company")+"/withdrawal", s.who, "", nil))
	s.undone("company")
	s.until("it is rated no more", func() bool {
		return s.count(`SELECT count(*) FROM tasks WHERE id = $1 AND status = 'cancelled'`, s.id+".rating.1") == 1
	})
	s.rates(2, 5, "")
}

// leaves withdraws. What needs another is undone first, by a provider who is asked twice.
func (s *settlement) leaves() {
	s.performed("company", "office", "residence", "insurance")
	s.provider("housing", "asked.1", accept)
	s.task(s.of("housing") + ".delivery.1")
	s.quits()
	s.completes("office-a", s.of("office")+".undoing.2", quietly)
	s.undone("housing")
	s.undone("residence")
	s.manages(s.of("company")+".waiver.1", map[string]any{"verdict": "waive", "reason": "We went there."})
}

// quits withdraws from the settlement.
func (s *settlement) quits() {
	s.well(s.surely("/v1/cases/"+s.id+"/withdrawal", s.who, "", nil))
}

// moves moves to the district, where one service is done and the other was before.
func (s *settlement) moves() {
	s.provider("company", "asked.1", accept)
	s.completes("mentor-a", s.of("mentor")+".asked.1", quietly)
	s.task(s.of("company") + ".delivery.1")
	s.stood("mentor")
	s.changes(map[string]any{"verdict": "relocate", "branch": crowd.District})
	s.undone("company")
	s.ended(s.id)
	there := &settlement{&personal{recorder: s.recorder, who: s.who, cases: map[string]string{}}}
	s.until("the settlement goes on in the district", func() bool {
		ids := list(s.house, s.db, `SELECT c.id FROM cases c WHERE kind = 'settlement' AND branch = $1 AND applicant = $2`, crowd.District, s.who)
		if len(ids) == 1 {
			there.id = ids[0]
		}
		return len(ids) == 1
	})
	there.cases["company"] = station.ServiceCase(there.id, "company", 1)
	there.performed("company")
	there.rates(1, 5, "")
	there.writes("taken-up-by-another-branch", nil)
}

// longWay takes services through all that keeps them, to their ratings.
func (s *settlement) longWay() {
	s.gives("identity")
	s.gives("degree")
	s.refused("company", 1, map[string]any{"verdict": "ask_again"})
	s.provider("company", "asked.2", accept)
	s.inquired(1)
	s.inquired(2)
	s.completes("company-a", s.of("company")+".delivery.1", quietly)
	s.performed("office")
	s.drops("office")
	s.undone("office")
	s.adds("office", 2)
	s.performed("office")
	s.refused("mentor", 1, map[string]any{"verdict": "waive"})
	s.rates(1, 2, "They have no office.")
	s.manages(s.id+".callback.1", map[string]any{"verdict": "called_back", "reason": "We looked into it."})
	s.rates(2, 5, "")
}

// longWayBack withdraws, and has the office undone at last.
func (s *settlement) longWayBack() {
	s.undoneInSeconds("office", 1)
	s.performed("company", "office")
	s.completes("mentor-a", s.of("mentor")+".asked.1", quietly)
	s.stood("mentor")
	s.quits()
	s.until("the provider was asked several times", func() bool {
		return s.count(`SELECT count(*) FROM tasks WHERE case_id = $1 AND kind = 'undo' AND status = 'expired'`, s.of("office")) > 3
	})
	s.manages(s.of("office")+".waiver.1", map[string]any{"verdict": "waive", "reason": "We went there."})
	s.undone("company")
}
