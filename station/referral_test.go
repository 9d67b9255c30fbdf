package station_test

import (
	"encoding/json"
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

func TestReferral_TakesATelephoneNumberAndNoOtherWords(t *testing.T) {
	form := func(phone string) json.RawMessage {
		raw, err := json.Marshal(station.ReferralForm{
			Channel: "alumni", Name: "林知远", Email: "lin@example.com", Phone: phone, Institution: "zju", Field: "AI", Evidence: []string{"https://example.com/p"}, Why: "Why.",
		})
		require.NoError(t, err)
		return raw
	}
	for _, phone := range []string{
		"", "12345", "+86 571 5550 0100", "(0571) 5550-0100", "13800000000", "+1 (212) 555-0100 ext. 12", "0571-55500100 转 801", "55500100分机8", "12345678901234567890",
	} {
		_, err := station.Processes[station.Referral].CheckForm(form(phone))
		require.NoError(t, err, phone)
	}
	for _, phone := range []string{"call me maybe", "1234", "123456789012345678901", "12345 or 67890", "<b>12345</b>", "ext. 12345", "12345 ext. Lin", "+"} {
		_, err := station.Processes[station.Referral].CheckForm(form(phone))
		var e *station.Error
		require.ErrorAs(t, err, &e, phone)
		require.Equal(t, []station.Field{{Path: "phone", Rule: "phone"}}, e.Fields, phone)
	}
}
