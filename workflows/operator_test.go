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
		"**Consent of the talent** · waiting for consent by talent · due 16 Mar",
		"**Check** · waiting for check by officer · due 9 Mar",
		"**Expert review** · waiting for 3 of 3 reviewers · due 9 Mar",
		"**Expert review** · waiting for 2 of 3 reviewers · due 9 Mar",
		"**Expert review** · waiting for 1 of 3 reviewers · due 9 Mar",
	}, shown)
}
