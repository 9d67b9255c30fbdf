package proof_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"wutong/station"

	"wutong/deploy/dev/crowd"
)

// rated is a programme of settlements with all its defaults: who is not content is called back.
const rated = "proof-settlements-rated"

// TestSettlement_KeepsWhatIsPersonalToItself takes services through all that people say on the way: one is asked about and
// done, one is ended and what needs it with it, one is waived, one given to another provider, one undone.
func TestSettlement_KeepsWhatIsPersonalToItself(t *testing.T) {
	canaries := []string{
		"Wilhelmina Canary", "canary@birds.example", "+86 571 5550 1234", "we come with a cage", "passport of a bird", // who settles
		"how many birds", "two and an egg", "the cage is ready", "BIRD-0001", // company: asked, answered, done
		"no birds in this house", "the house is too small", "it cannot do without", // residence: declined, ended; and housing
		"we know no birds", "a neighbour teaches her", // mentor: declined, waived
		"no perch is left", "they have a perch", "third perch from the left", // office: declined, given to others, done
		"I changed my nest", "the nest was empty", // bank: dropped, its undoing waived
		"far too many cats", "she sings again", "a fine perch", // ratings, and a call
	}
	h := openHouse(t, nil)
	r := &recorder{h}
	who := h.Newcomers[1].ID
	h.exec(`UPDATE accounts SET name = $2, email = $3 WHERE id = $1`, who, canaries[0], canaries[1])
	form := crowd.Settlement(rated, h.uploads(who, canaries[4]))
	form["services"] = []string{"company", "residence", "housing", "mentor", "office", "bank"}
	form["phone"], form["note"] = canaries[2], canaries[3]
	wrong := maps.Clone(form)
	wrong["phone"], wrong["services"] = canaries[2]+canaries[2]+canaries[2], []string{"housing"}
	r.silent(canaries, h.send("/v1/settlements", who, "", wrong))
	s := &personal{recorder: r, id: r.begun("/v1/settlements", who, form), who: who, cases: map[string]string{}}
	for _, code := range []string{"company", "residence", "housing", "mentor", "office", "bank"} {
		s.cases[code] = station.ServiceCase(s.id, code, 1)
	}

	s.provider("company", "asked.1", accept)
	s.provider("company", "delivery.1", map[string]any{"verdict": "ask", "to": "applicant", "question": canaries[5]})
	r.answers(s.cases["company"]+".inquiry.1", who, map[string]any{"answer": canaries[6]})
	s.completes("company-a", s.cases["company"]+".delivery.1", map[string]any{"note": canaries[7], "reference": canaries[8]})
	s.provider("residence", "asked.1", map[string]any{"verdict": "decline", "reason": canaries[9]})
	s.manages(s.cases["residence"]+".trouble.1", map[string]any{"verdict": "end", "reason": canaries[10]})
	s.manages(s.id+".stalled.1", map[string]any{"verdict": "end", "reason": canaries[11]})
	s.provider("mentor", "asked.1", map[string]any{"verdict": "decline", "reason": canaries[12]})
	s.manages(s.cases["mentor"]+".trouble.1", map[string]any{"verdict": "waive", "reason": canaries[13]})
	s.provider("office", "asked.1", map[string]any{"verdict": "decline", "reason": canaries[14]})
	s.manages(s.cases["office"]+".trouble.1", map[string]any{"verdict": "reassign", "provider": "office-b", "reason": canaries[15]})
	s.completes("office-b", s.cases["office"]+".asked.2", map[string]any{"note": canaries[16]})
	s.provider("bank", "asked.1", accept)
	h.task(s.cases["bank"] + ".delivery.1")
	r.well(h.decide(s.id+".settling.1", who, "", map[string]any{"verdict": "drop", "services": []string{"bank"}, "reason": canaries[17]}))
	s.manages(s.cases["bank"]+".waiver.1", map[string]any{"verdict": "waive", "reason": canaries[18]})
	s.rates(1, 1, canaries[19])
	s.manages(s.id+".callback.1", map[string]any{"verdict": "called_back", "reason": canaries[20]})
	s.rates(2, 5, canaries[21])
	h.ended(s.id)

	r.silent(canaries, h.send("/v1/tasks/"+s.id+".rating.1/decision", who, "", map[string]any{"verdict": "rate", "stars": 2, "reason": canaries[19]}))
	r.silent(canaries, h.send("/v1/tasks/"+s.cases["company"]+".delivery.1/confirmation", h.Providers["company-a"][0].ID, "", map[string]any{"note": canaries[7]}))
	require.Equal(t, len(canaries[5:]), h.count(`SELECT count(DISTINCT c) FROM unnest($1::text[]) c JOIN acts a ON a.body::text LIKE '%' || c || '%'`, pq.Array(canaries[5:])), "they were said")
	h.mailed()
	all := []string{s.id}
	for code, id := range s.cases {
		if code != "housing" { // it never began
			h.ended(id)
			all = append(all, id)
		}
	}
	r.alone(canaries, all...)
}

// personal is a settlement of somebody of whom nothing may be told.
type personal struct {
	*recorder
	id, who string
	cases   map[string]string // of its services
}

// provider has the usual provider of a service decide on a task of it.
func (s *personal) provider(code, task string, body map[string]any) {
	task = s.cases[code] + "." + task
	s.task(task)
	s.well(s.decide(task, s.Providers[code+"-a"][0].ID, "", body))
}

func (s *personal) completes(provider, task string, body map[string]any) {
	s.task(task)
	s.well(s.surely("/v1/tasks/"+task+"/confirmation", s.Providers[provider][0].ID, "", body))
}

// manages has the case manager decide.
func (s *personal) manages(task string, body map[string]any) {
	s.task(task)
	s.well(s.decide(task, s.assignee(task), "", body))
}

func (s *personal) rates(n, stars int, words string) {
	task := fmt.Sprintf("%s.rating.%d", s.id, n)
	s.task(task)
	s.well(s.decide(task, s.who, "", map[string]any{"verdict": "rate", "stars": stars, "reason": words}))
}
