package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
)

func TestRuleCode_IsARuleWithoutItsNumbers(t *testing.T) {
	for rule, code := range map[string]string{
		"required":                "required",
		"required_and_unique":     "required_and_unique",
		"at_most_5000_characters": "at_most_characters",
		"between_1_and_20":        "between",
		"one_of:talent,applicant": "one_of",
		"missing_criterion:fit_1": "missing_criterion",
		"at_least_1":              "at_least",
	} {
		assert.Equal(t, code, ruleCode(rule), rule)
	}
}

func TestPointer_IsWhereAMistakeIs(t *testing.T) {
	for location, path := range map[string]string{
		"body": "", "body.scores[0].points": "scores/0/points", "query.limit": "limit", "body.evidence[12]": "evidence/12",
	} {
		assert.Equal(t, path, pointer(location))
	}
	assert.Len(t, []rune(pointer("body."+strings.Repeat("名", 300))), 200)
}

func TestPrefersHTML_OnlyWhenItIsSaid(t *testing.T) {
	for accept, html := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/html": true, "TEXT/HTML": true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"application/json, text/html;q=0.5":                               false,
		"text/html;q=0.5, application/json;q=0.1":                         true,
		"a;,b": false, "text/html;q=x": true, ";q=1": false,
	} {
		assert.Equal(t, html, prefersHTML(accept), accept)
	}
}

// What the document says of a referral's form is what the station holds it to.
func TestReferralForm_SaysWhatTheStationWants(t *testing.T) {
	good := station.ReferralForm{
		Channel: "alumni", Name: "n", Email: "a@example.com", Institution: "i", Field: "f", Evidence: []string{"https://example.com"}, Why: "w",
	}
	check := func(f station.ReferralForm) error {
		raw, err := json.Marshal(f)
		require.NoError(t, err)
		_, err = station.Processes[station.Referral].CheckForm(raw)
		return err
	}
	require.NoError(t, check(good))
	for _, f := range reflect.VisibleFields(reflect.TypeFor[ReferralForm]()) {
		limit := f.Tag.Get("maxLength")
		if limit == "" || f.Name == "Email" {
			continue
		}
		n, err := strconv.Atoi(limit)
		require.NoError(t, err)
		for size, right := range map[int]bool{n: true, n + 1: false} {
			form := good
			reflect.ValueOf(&form).Elem().FieldByName(f.Name).SetString(strings.Repeat("长", size))
			assert.Equal(t, right, check(form) == nil, "%s of %d characters", f.Name, size)
		}
	}
	for size, right := range map[int]bool{0: false, 1: true, 20: true, 21: false} {
		form := good
		form.Evidence = make([]string, size)
		for i := range form.Evidence {
			form.Evidence[i] = "https://example.com"
		}
		assert.Equal(t, right, check(form) == nil, "%d pieces of evidence", size)
	}
}

// Each process that the station runs has its form here.
func TestForms_AreThereForEachProcess(t *testing.T) {
	for kind := range station.Processes {
		assert.Contains(t, forms, kind)
	}
}

func TestProblem_OfASlowBodyIsNotTheClientsLeaving(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	leave() // net/http ends the context of a request whose body failed
	p, _ := problem(ctx, errTooSlow)
	assert.Equal(t, http.StatusRequestTimeout, p.Status)
	p, _ = problem(ctx, station.Errorf(station.Unavailable, "cancelled"))
	assert.Equal(t, statusClientGone, p.Status)
}

func TestWithin_IsOverInTimeOrNeverWas(t *testing.T) {
	deadlines := make(chan time.Time, 3)
	set := func(at time.Time) error { deadlines <- at; return nil }
	done := within(time.Millisecond, set)
	assert.True(t, (<-deadlines).Before(time.Now()), "late: what waits fails at once")
	done()
	done = within(time.Hour, set)
	done()
	assert.True(t, (<-deadlines).IsZero(), "in time: no deadline")
	assert.Empty(t, deadlines)
}
