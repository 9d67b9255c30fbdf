package store_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestRecord_AResetTakesBackTheChangesOfAFormThatItsRunDoesNotKnow(t *testing.T) {
	h := newHouse(t)
	m, grant := h.granted()
	standing := station.Standing{Stage: station.StageCheck, Status: station.Open}
	amends := func(patch string) string {
		t.Helper()
		a := m.does(grant.Founder, station.Answer, "", station.Body{Answer: "So.", Changes: json.RawMessage(patch)})
		standing.Amended = append(standing.Amended, a.ID)
		m.records(station.Change{Act: a.ID, Amend: a.ID, Standing: standing})
		return a.ID
	}
	company := func() (name string) {
		t.Helper()
		var party string
		h.reads(`SELECT c.form->'company'->>'name', p.name FROM cases c JOIN parties p ON p.case_id = c.id AND p.party = 'company' WHERE c.id = $1`, []any{m.ID}, &name, &party)
		require.Equal(t, name, party)
		return name
	}
	first := amends(`{"company": {"name": "First"}}`)
	second := amends(`{"company": {"name": "Second"}}`)
	require.Equal(t, "Second", company())

	m.run, m.seq = "run-2", 1
	standing.Amended = []string{first}
	m.records(station.Change{Event: station.EventInquired, Standing: standing})
	require.Equal(t, "First", company(), "as the new run knows it")

	standing.Amended = []string{first, second}
	m.records(station.Change{Act: second, Amend: second, Standing: standing})
	require.Equal(t, "Second", company(), "given again")
}
