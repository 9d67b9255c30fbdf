package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

func TestReferral_IsTakenInThoughTheEngineIsAway(t *testing.T) {
	h := open(t)
	h.clerk.away = true
	first := h.post("/v1/referrals", form, h.people.Referrer)
	require.Equal(t, http.StatusCreated, first.Code, first.Body)
	path := first.Header().Get("Location")
	assert.Equal(t, http.StatusOK, h.get(path, h.people.Officer).Code)

	acted := h.post(path+"/withdrawal", "", h.people.Referrer)
	require.Equal(t, http.StatusAccepted, acted.Code, acted.Body)
	receipt := h.get(acted.Header().Get("Location"), h.people.Referrer)
	assert.Equal(t, http.StatusOK, receipt.Code)
	assert.Equal(t, "pending", read[api.Receipt](t, receipt).Status)
}

func TestReferral_SentAgainWithItsKeyAnswersTheSame(t *testing.T) {
	h := open(t)
	var wg sync.WaitGroup
	answers := make([]string, 10)
	for i := range answers {
		wg.Go(func() {
			w := h.post("/v1/referrals", form, h.people.Referrer, "Idempotency-Key", "k1")
			assert.Equal(t, http.StatusCreated, w.Code, w.Body)
			answers[i] = w.Header().Get("Location") + w.Body.String()
		})
	}
	wg.Wait()
	h.post("/v1/cases/"+h.refer()+"/withdrawal", "", h.people.Referrer)
	answers = append(answers, func() string {
		w := h.post("/v1/referrals", form, h.people.Referrer, "Idempotency-Key", "k1")
		return w.Header().Get("Location") + w.Body.String()
	}())
	for _, a := range answers {
		assert.Equal(t, answers[0], a)
	}

	other := h.post("/v1/referrals", strings.Replace(form, "AI", "Art", 1), h.people.Referrer, "Idempotency-Key", "k1")
	require.Equal(t, http.StatusUnprocessableEntity, other.Code)
	assert.Equal(t, "key_reused", problem(t, other).Code)
}

func TestCase_ShowsItsFormToWhoMaySeeItAndItsHistoryInOrder(t *testing.T) {
	h := open(t)
	id := h.refer()
	h.asks(id, station.StageCheck, station.TaskSpec{Kind: station.TaskCheck, Role: station.RoleOfficer})

	c := h.get("/v1/cases/"+id, h.people.Officer)
	require.Equal(t, http.StatusOK, c.Code, c.Body)
	detail := read[api.CaseDetail](t, c)
	assert.Equal(t, "Talent referral", detail.KindText)
	assert.Equal(t, "Check", detail.StageText)
	assert.Contains(t, string(detail.Form), "季逸超")
	assert.Equal(t, http.StatusNotFound, h.get("/v1/cases/"+id, h.people.DistrictOfficer).Code)
	assert.Equal(t, http.StatusNotFound, h.get("/v1/cases/"+id+"/events", h.people.DistrictOfficer).Code)
	assert.Equal(t, http.StatusNotFound, h.get("/v1/cases/"+id+"/stream", h.people.DistrictOfficer).Code)

	events := read[api.List[api.Event]](t, h.get("/v1/cases/"+id+"/events?limit=1", h.people.Officer))
	require.Len(t, events.Items, 1)
	assert.Equal(t, 1, events.Items[0].Seq)
	assert.Equal(t, "1", events.Next)
	assert.Empty(t, read[api.List[api.Event]](t, h.get("/v1/cases/"+id+"/events?after=1", h.people.Officer)).Items)
}

func TestCaseList_PagesAndFilters(t *testing.T) {
	h := open(t)
	ids := []string{h.refer(), h.refer(), h.refer()}

	first := read[api.List[api.Case]](t, h.get("/v1/cases?limit=2", h.people.Officer))
	require.Len(t, first.Items, 2)
	require.NotEmpty(t, first.Next)
	second := read[api.List[api.Case]](t, h.get("/v1/cases?limit=2&cursor="+first.Next, h.people.Officer))
	require.Len(t, second.Items, 1)
	assert.Empty(t, second.Next)
	assert.Equal(t, ids[0], second.Items[0].ID)

	none := h.get("/v1/cases?status=declined&kind=referral&stage=review&branch=HZ&due_before=2030-01-01T00:00:00Z&q=HZ-R&programme=x", h.people.Officer)
	require.Equal(t, http.StatusOK, none.Code, none.Body)
	assert.JSONEq(t, `{"items":[],"next":""}`, none.Body.String())
}

func TestQuery_WhatCannotBeMeantIsNamed(t *testing.T) {
	h := open(t)
	for query, want := range map[string]string{
		"kind=grants":                   "kind one_of",
		"stage=nowhere":                 "stage one_of",
		"status=on_fire":                "status one_of",
		"limit=0":                       "limit at_least",
		"limit=101":                     "limit at_most",
		"limit=many":                    "limit integer",
		"limit=99999999999999999":       "limit at_most",
		"limit=9999999999999999999999":  "limit integer",
		"limit=1&limit=2":               "limit given_twice",
		"due_before=tomorrow":           "due_before date_time",
		"q=%00":                         "q plain_text",
		"q=%ff":                         "q plain_text",
		"q=%zz":                         " format",
		"statsu=open":                   "statsu not_expected",
		"q=" + strings.Repeat("9", 101): "q at_most_characters",
	} {
		w := h.get("/v1/cases?"+query, h.people.Officer)
		if assert.Equal(t, http.StatusUnprocessableEntity, w.Code, query) {
			p := problem(t, w)
			require.NotEmpty(t, p.Errors, query)
			assert.Equal(t, want, p.Errors[0].Path+" "+p.Errors[0].Code, query)
			assert.False(t, strings.HasPrefix(p.Errors[0].Message, "rule."), p.Errors[0].Message)
		}
	}
	w := h.get("/v1/cases?cursor=zzz", h.people.Officer)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	assert.Equal(t, "cursor_invalid", problem(t, w).Code)
}

func TestProgramme_ShowsItsFormInTheReadersLanguage(t *testing.T) {
	h := open(t)
	list := read[api.List[api.Programme]](t, h.get("/v1/programmes", h.people.Referrer))
	require.Len(t, list.Items, 1)
	assert.Equal(t, "Test referral", list.Items[0].Name)
	assert.True(t, list.Items[0].Open)

	w := h.get("/v1/programmes/referral-test", h.people.Referrer)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	p := read[struct {
		Stages   []api.Named
		Criteria []api.Criterion
		Form     struct {
			Schema     string `json:"$schema"`
			Type       string
			Required   []string
			Properties map[string]struct {
				Title     string
				MaxLength int
				OneOf     []struct{ Const, Title string }
			}
		}
	}](t, w)
	assert.Equal(t, api.Named{Code: "check", Name: "Check"}, p.Stages[3])
	assert.Len(t, p.Criteria, 3)
	assert.Equal(t, "object", p.Form.Type)
	assert.ElementsMatch(t, []string{"channel", "name", "email", "institution", "field", "evidence", "why"}, p.Form.Required)
	assert.Equal(t, "Institution or employer", p.Form.Properties["institution"].Title)
	assert.Equal(t, 5000, p.Form.Properties["why"].MaxLength)
	assert.Len(t, p.Form.Properties["channel"].OneOf, 2)
	assert.Equal(t, http.StatusNotFound, h.get("/v1/programmes/none", h.people.Referrer).Code)

	assert.Contains(t, h.get("/v1/institutions", h.people.Referrer).Body.String(), `"name":"Peking University"`)
	assert.Contains(t, h.get("/v1/channels", h.people.Referrer).Body.String(), `{"code":"alumni","name":"Alumni"}`)
}

func TestReserve_IsForTheHouse(t *testing.T) {
	h := open(t)
	assert.Equal(t, http.StatusForbidden, h.get("/v1/talents", h.people.Referrer).Code)
	w := h.get("/v1/talents?name=x&field=y&grade=A&institution=z&branch=HZ", h.people.Officer)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.JSONEq(t, `{"items":[],"next":""}`, w.Body.String())
}
