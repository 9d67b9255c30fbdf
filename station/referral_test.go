package station_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestReferralTerms_ReplaceListsAndKeepTheOtherDefaults(t *testing.T) {
	terms, err := station.ReadReferralTerms([]byte(`{"check":{"days":10,"reminders":[5,8]},"review":{"criteria":[{"code":"one","weight":1}]},"grades":[{"code":"P"}]}`))
	require.NoError(t, err)
	assert.Equal(t, []int{3}, terms.Duplicates.Reminders)
	assert.Equal(t, station.RoleDirector, terms.Check.Escalate)
	assert.Equal(t, []station.Criterion{{Code: "one", Weight: 1}}, terms.Review.Criteria)
	assert.Equal(t, []station.Grade{{Code: "P"}}, terms.Grades)
	assert.Equal(t, 3, terms.Review.Quorum)
}
