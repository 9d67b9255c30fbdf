package eligibility_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station/eligibility"
)

// day is the beginning of a day in China.
func day(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s+"T00:00:00+08:00")
	if err != nil {
		panic(err)
	}
	return t
}

// applicant is somebody who may apply on 2 March 2026.
func applicant() *eligibility.Facts {
	return &eligibility.Facts{
		Today:     day("2026-03-02"),
		Project:   eligibility.Project{Name: "灵巧手", Summary: "A hand.", Plan: "Buy motors."},
		Company:   eligibility.Company{Name: "杭州某某科技有限公司", Number: "91330106MA2AX0XA4G", RegisteredOn: day("2025-06-01")},
		Applicant: eligibility.Applicant{LegalRepresentative: true, GraduatedOn: day("2023-06-30"), Institution: "zju"},
		Team:      eligibility.Team{Members: 3, Share: 60},
	}
}

func TestCompile_WhatCannotBeReadIsRefusedWithLineAndColumn(t *testing.T) {
	for name, c := range map[string]struct{ expression, want string }{
		"unknown field":             {"team.share >= 30 && company.age > 1", "1:28: undefined field 'age'"},
		"unknown field, line 2":     {"team.share >= 30 &&\n  known.award == 0", "2:8: undefined field 'award'"},
		"unknown object":            {"founder.age > 18", "1:1: undeclared reference to 'founder'"},
		"misspelt object":           {"compani.name == 'x'", "did you mean 'company'"},
		"behind Chinese characters": {"project.name == '梧桐' && x", "1:25: undeclared reference to 'x'"},
		"unfinished":                {"team.share >=", "1:14: Syntax error"},
		"nothing":                   {"", "1:1: Syntax error"},
		"a stray character":         {"team.members >= 2 @", "1:19: Syntax error"},
		"no boolean":                {"team.members", "1:5: is of type int, and neither true nor false"},
		"any type":                  {"dyn(company.name)", "is of type dyn, and neither true nor false"},
		"text with number":          {"company.name >= 3", "1:14: found no matching overload for '_>=_' applied to '(string, int)'"},
		"date with number":          {"company.registeredOn > 2025", "1:22: found no matching overload"},
		"months of a text":          {"company.name.addMonths(3) <= today", "1:23: found no matching overload"},
		"half a month":              {"company.registeredOn.addMonths(0.5) <= today", "1:31: found no matching overload"},
		"unknown function":          {"today.addWeeks(1) > today", "1:15: undeclared reference to 'addWeeks'"},
		"an object as a value":      {"company == company", "1:1: company is no value: name one of its fields"},
		"a field by brackets":       {"company['name'] == 'x'", "1:8: found no matching overload"},
		"no such date":              {"today > timestamp('2026-02-30T00:00:00Z')", "1:19: invalid timestamp argument"},
		"no such pattern":           {"company.number.matches('(')", "invalid matches argument"},
		"a loop":                    {"[1, 2].all(x, x > 0)", "1:11: undeclared reference to 'all'"},
		"too deep":                  {strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), "1:1: expression recursion limit exceeded"},
		"too long":                  {strings.Repeat("true && ", 300) + "true", "1:2001: the condition is longer than 2000 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := eligibility.Compile(c.expression)
			var e *eligibility.Error
			require.ErrorAs(t, err, &e)
			assert.Contains(t, e.Error(), c.want)
			assert.Positive(t, e.Line)
			assert.Positive(t, e.Column)
		})
	}
}

func TestEvaluate_ShowsWhatTheConditionNames(t *testing.T) {
	for expression, c := range map[string]struct {
		passed bool
		saw    string
	}{
		"true":                                   {true, `{}`},
		"team.share >= 30":                       {true, `{"team.share": 60}`},
		"team.share >= 60.5":                     {false, `{"team.share": 60}`},
		"applicant.legalRepresentative":          {true, `{"applicant.legalRepresentative": true}`},
		"!applicant.legalRepresentative":         {false, `{"applicant.legalRepresentative": true}`},
		"company.registeredOn.addDays(1)<today":  {true, `{"company.registeredOn": "2025-06-01", "today": "2026-03-02"}`},
		"applicant.institution in ['zju','pku']": {true, `{"applicant.institution": "zju"}`},
		// of a part that was not needed too
		"team.members > 1 || known.projects > 9":  {true, `{"team.members": 3, "known.projects": 0}`},
		"company.number.startsWith('91330106')":   {true, `{"company.number": "91330106MA2AX0XA4G"}`},
		"has(project.plan) && project.plan != ''": {true, `{"project.plan": "Buy motors."}`},
		"size(project.summary) + size(company.name) > 10 && project.name != company.name": {
			true, `{"project.summary": "A hand.", "project.name": "灵巧手", "company.name": "杭州某某科技有限公司"}`,
		},
		"known.awarded == company.earlierGrants":                         {true, `{"known.awarded": 0, "company.earlierGrants": 0}`},
		"today.getFullYear() == 2026":                                    {true, `{"today": "2026-03-02"}`},
		"applicant.graduatedOn > timestamp('2023-01-01T00:00:00+08:00')": {true, `{"applicant.graduatedOn": "2023-06-30"}`},
	} {
		t.Run(expression, func(t *testing.T) {
			c2, err := eligibility.Compile(expression)
			require.NoError(t, err)
			a := c2.Evaluate(applicant())
			require.NoError(t, a.Err)
			assert.Equal(t, c.passed, a.Passed)
			saw, err := json.Marshal(a.Saw)
			require.NoError(t, err)
			assert.JSONEq(t, c.saw, string(saw))
		})
	}
}

func TestEvaluate_YearsAndDaysAreThoseOfChina(t *testing.T) {
	f := applicant()
	f.Today = day("2026-01-01") // 2025 in UTC
	for _, expression := range []string{"today.getFullYear() == 2026", "today.getDate() == 1", "today.getMonth() == 0", "today.getHours() == 0"} {
		c, err := eligibility.Compile(expression)
		require.NoError(t, err)
		require.True(t, c.Evaluate(f).Passed, expression)
	}
}

func TestEvaluate_WhatCannotBeWorkedOutIsNotMet(t *testing.T) {
	f := applicant()
	f.Project.Plan = strings.Repeat("计划", 2500)
	for expression, want := range map[string]string{
		"1 / known.awarded == 0 || known.projects > 1":                       "division by zero",
		"int(company.name) == 1":                                             "type conversion",
		"today.addYears(9000) > today":                                       "the year 11026 is out of range",
		"today.addDays(9223372036854775807) > today":                         "9223372036854775807 is too many",
		"today.addMonths(-9223372036854775807) > today":                      "-9223372036854775807 is too many",
		"(project.plan" + strings.Repeat(" + project.plan", 20) + ") != 'x'": "cost limit exceeded",
	} {
		c, err := eligibility.Compile(expression)
		require.NoError(t, err)
		a := c.Evaluate(f)
		require.ErrorContains(t, a.Err, want)
		require.False(t, a.Passed)
		require.NotEmpty(t, a.Saw, "what it looked at is shown all the same")
	}
}

func TestCompile_ReadsAnExpressionOnceForAllWhoAsk(t *testing.T) {
	var wg sync.WaitGroup
	got := make([]*eligibility.Condition, 20)
	for i := range got {
		wg.Go(func() {
			c, err := eligibility.Compile("team.share >= 30 && team.members > 0")
			if assert.NoError(t, err) {
				got[i] = c
				assert.True(t, c.Evaluate(applicant()).Passed)
			}
		})
	}
	wg.Wait()
	for _, c := range got {
		require.Same(t, got[0], c)
	}
}
