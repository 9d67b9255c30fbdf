package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/station/locale"
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

// What the document says of a form is what the station holds it to.
func TestForms_SayWhatTheStationWants(t *testing.T) {
	for kind, good := range map[station.Kind]any{
		station.Referral: ReferralForm{
			Channel: "alumni", Name: "n", Email: "a@example.com", Institution: "i", Field: "f", Evidence: []string{"https://example.com"}, Why: "w",
		},
		station.Grant: GrantForm{
			District: "HZ-BJ", Project: GrantProject{Name: "n", Summary: "s", Plan: "p"},
			Company:   GrantCompany{Name: "n", Number: "91350100M000100Y43", RegisteredOn: "2026-03-01", Bank: "b", Account: "33010401"},
			Applicant: GrantApplicant{LegalRepresentative: true, GraduatedOn: "2024-06-30", Institution: "i"},
			Team:      GrantTeam{Members: 1, Share: 62.5},
		},
		station.Angel: AngelForm{
			Statement: "s", Fields: []string{"f"}, Investments: []AngelInvestment{{Company: "c", Year: 2023, Fen: 1}}, Documents: []string{station.NewID()},
			Vouchers: []string{"a@example.com"}, Interests: []Interest{{Kind: "company", Name: "c"}}, Public: true,
		},
		station.Round: RoundForm{
			Code: "pitch-1", Name: RoundText{Zh: "路演", En: "Pitches"}, About: &RoundText{Zh: "关于", En: "About"}, Match: &RoundMatch{},
			Times: RoundTimes{
				CallOpens: time.Unix(1, 0), CallCloses: time.Unix(2, 0), ScreeningCloses: time.Unix(3, 0),
				PitchesAt: time.Unix(4, 0), ScoresClose: time.Unix(5, 0), DeliberationCloses: time.Unix(6, 0),
			},
		},
		station.Pitch: PitchForm{
			Project: PitchProject{Name: "n", Field: "f", Summary: "s"}, Company: PitchCompany{Name: "n", Number: "91350100M000100Y43"},
			Team: []TeamMember{{Name: "n", Institution: "i"}}, Seeks: 1, Documents: []string{station.NewID()},
		},
		station.SettlementKind: SettlementForm{
			Services: []string{"residence"}, Has: []string{"company"}, Papers: []PaperGiven{{Kind: "identity", Document: station.NewID(), Until: "2030-12-31"}},
		},
	} {
		takes := func(path string, value any) bool {
			form := map[string]any{}
			raw, err := json.Marshal(good)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(raw, &form))
			object, names := form, strings.Split(path, ".")
			for _, name := range names[:len(names)-1] {
				if list, ok := object[name].([]any); ok {
					object = list[0].(map[string]any)
				} else {
					object = object[name].(map[string]any)
				}
			}
			if n, ok := value.(copies); ok {
				value = slices.Repeat(object[names[len(names)-1]].([]any), int(n))
			}
			object[names[len(names)-1]] = value
			raw, err = json.Marshal(form)
			require.NoError(t, err)
			_, err = station.Processes[kind].CheckForm(raw)
			return err == nil
		}
		checked := 0
		eachLimit(t, forms[kind], "", func(path string, value any, right bool) {
			assert.Equal(t, right, takes(path, value), "%s: %s as %.60v", kind, path, value)
			checked++
		})
		assert.Greater(t, checked, 5)
	}
}

// copies are so many of the first object of a list.
type copies int

// eachLimit finds values at the limits of a form's fields: the last that is
// right, and the first that is wrong.
func eachLimit(t *testing.T, form reflect.Type, at string, do func(path string, value any, right bool)) {
	t.Helper()
	for _, f := range reflect.VisibleFields(form) {
		path := at + jsonName(f)
		limit := func(tag string) (int, bool) {
			n, err := strconv.Atoi(f.Tag.Get(tag))
			return n, err == nil
		}
		objects := f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct
		if f.Type.Kind() == reflect.Struct || objects {
			eachLimit(t, structOf(f.Type), path+".", do)
		}
		_, exact := limit("minLength")
		if n, ok := limit("maxLength"); ok && f.Tag.Get("format") == "" {
			do(path, strings.Repeat("长", n+1), false)
			if !exact {
				do(path, strings.Repeat("长", n), true)
			}
		}
		for tag, step := range map[string]int{"minimum": -1, "maximum": 1} {
			if n, ok := limit(tag); ok {
				do(path, n, true)
				do(path, n+step, false)
			}
		}
		items := func(n int) any {
			if objects {
				return copies(n)
			}
			list := make([]string, n)
			for i := range list {
				switch f.Tag.Get("format") {
				case "uuid":
					list[i] = station.NewID()
				case "email":
					list[i] = fmt.Sprintf("a%d@example.com", i)
				default:
					list[i] = fmt.Sprintf("https://example.com/%d", i)
				}
			}
			return list
		}
		if n, ok := limit("minItems"); ok {
			do(path, items(n), true)
			do(path, items(n-1), false)
		}
		if n, ok := limit("maxItems"); ok {
			do(path, items(n), true)
			do(path, items(n+1), false)
		}
		if f.Tag.Get("format") == "uuid" && f.Type.Kind() == reflect.Slice {
			do(path, slices.Repeat(items(1).([]string), 2), false)
		}
		if f.Tag.Get("format") == "date" {
			do(path, "2024-02-29", true)
			do(path, "2023-02-29", false)
		}
	}
}

func TestFormSchema_HasTitlesAndLimitsAtEachLevel(t *testing.T) {
	for kind := range forms {
		for _, l := range locale.Languages {
			var look func(at string, s *huma.Schema)
			look = func(at string, s *huma.Schema) {
				for name, p := range s.Properties {
					assert.Empty(t, p.Ref, at+name)
					assert.NotEmpty(t, p.Title, at+name)
					assert.NotContains(t, p.Title, "link.field.", at+name)
					assert.Empty(t, p.Description, at+name)
					look(at+name+".", p)
					if p.Items != nil {
						assert.Empty(t, p.Items.Ref, at+name)
						look(at+name+".", p.Items)
					}
				}
			}
			look("", formSchema(l, kind, nil))
		}
	}
	zh, en := formSchema(station.Chinese, station.Grant, nil), formSchema(station.English, station.Grant, nil)
	assert.Equal(t, "企业名称", zh.Properties["company"].Properties["name"].Title)
	assert.Equal(t, "Project name", en.Properties["project"].Properties["name"].Title)
	company := en.Properties["company"]
	assert.ElementsMatch(t, []string{"name", "number", "registeredOn", "earlierGrants", "bank", "account"}, company.Required)
	assert.Equal(t, 18, *company.Properties["number"].MaxLength)
	assert.Equal(t, "date", company.Properties["registeredOn"].Format)
	assert.NotContains(t, en.Required, "documents")
	assert.Equal(t, "uuid", en.Properties["documents"].Items.Format)
}

// Each process that the station runs has its form here.
func TestForms_AreThereForEachProcess(t *testing.T) {
	for kind, process := range station.Processes {
		if !process.Internal {
			assert.Contains(t, forms, kind)
		}
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
