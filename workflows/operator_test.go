package workflows_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/sdk/v1"

	"wutong/station"
)

// TestReferral_ShowsTheOperatorWhereItStands reads the current details that the
// Temporal UI shows of a running case.
func TestReferral_ShowsTheOperatorWhereItStands(t *testing.T) {
	s := refer(t)
	var shown []string
	look := func() {
		value, err := s.env.QueryWorkflow("__temporal_workflow_metadata")
		require.NoError(t, err)
		var m sdk.WorkflowMetadata
		require.NoError(t, value.Get(&m))
		first, _, _ := strings.Cut(m.CurrentDetails, "\n")
		shown = append(shown, first)
	}
	s.then(look).talentConsents().then(look).officerAccepts().then(look).reviewersScore(80).then(look).reviewersScore(75).then(look).reviewersScore(90)
	s.ends(station.Accepted, "")
	assert.Equal(t, []string{
		"**Consent of the talent** · waiting for consent by talent · due 16 Mar 2026",
		"**Check** · waiting for check by officer · due 9 Mar 2026",
		"**Expert review** · waiting for 3 of 3 reviewers · due 9 Mar 2026",
		"**Expert review** · waiting for 2 of 3 reviewers · due 9 Mar 2026",
		"**Expert review** · waiting for 1 of 3 reviewers · due 9 Mar 2026",
	}, shown)
}

// TestSettlement_ShowsTheOperatorWhereItAndItsServicesStand reads them of a settlement
// whose identity paper expires, and of one of its services.
func TestSettlement_ShowsTheOperatorWhereItAndItsServicesStand(t *testing.T) {
	s := settles(t, "company", "office")
	details := func(id string) string {
		value, err := s.env.QueryWorkflowByID(id, "__temporal_workflow_metadata")
		require.NoError(t, err)
		var m sdk.WorkflowMetadata
		require.NoError(t, value.Get(&m))
		return m.CurrentDetails
	}
	s.then(func() {
		assert.Equal(t, "**Services** · waiting for papers by applicant · due 16 Mar 2026\n\nHZ-SETTLEMENT-2026-000001 · settlement-test · branch HZ\n\ncompany: chosen · office: chosen", details(s.id))
	})
	s.givesUntil("2026-12-31", "identity", "plan").accepts("market", "company").then(func() {
		assert.Equal(t, "**Services**\n\nHZ-SETTLEMENT-2026-000001 · settlement-test · branch HZ\n\ncompany: asked · office: chosen", details(s.id))
		assert.Equal(t, "**A provider works on it** · waiting for delivery by provider · due 16 Mar 2026\n\nHZ-SERVICE-2026-000001 · settlement-test · branch HZ\n\n"+
			"company by market, of settlement "+s.id, details(s.of("company")))
	})
	s.completes("market", "company").performs("east", "office").passes(40)
	s.ended(station.Completed, "")
}
