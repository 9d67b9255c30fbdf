package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

func TestAccessLog_HoldsNoSecretAndNothingPersonal(t *testing.T) {
	h := open(t)
	link := h.mails(station.TaskConsent, station.StageConsent)
	h.get(link+"?q=canary-query", nobody)
	h.get(link, nobody, "Accept", browser)
	h.post(link, "verdict=canary-verdict", nobody, "Content-Type", formType)
	h.get("/v1/links/canary-path", nobody)
	h.get("/canary-path", nobody)
	h.get("/v1/talents?name=canary-query&canary-query=1", h.people.Officer)
	h.get("/v1/cases", nobody, "Authorization", "Bearer canary-token", "Idempotency-Key", "canary-key", "X-Forwarded-For", "198.51.100.7")
	h.post("/v1/referrals", strings.Replace(form, "{", `{"canary-field":1,`, 1), h.people.Referrer)
	h.post("/v1/referrals", strings.Replace(form, "canary@example.com", "canary-address", 1), h.people.Referrer)
	h.post("/v1/tasks/"+station.NewID()+".check.1/decision", `{"verdict":"canary-verdict","reason":"canary-reason"}`, h.people.Officer)
	h.send("CANARY-METHOD", "/v1/cases", "", h.people.Officer)

	log := h.log.String()
	require.NotEmpty(t, log)
	for _, canary := range []string{
		"canary", "CANARY", secret, strings.TrimPrefix(link, "/v1/links/"), "季逸超", "5550 0199", "192.0.2.1", "198.51.100", h.people.Referrer.Name, h.people.Referrer.Email,
	} {
		assert.NotContains(t, log, canary)
	}
	assert.Contains(t, log, `"route":"/v1/links/:token"`)
	for line := range strings.SplitSeq(strings.TrimSpace(log), "\n") {
		var l map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		if l["msg"] == "request answered" {
			for _, key := range []string{"method", "route", "status", "duration", "reference"} {
				assert.Contains(t, l, key)
			}
		}
	}
	assert.Contains(t, log, `"account":"`+h.people.Officer.ID+`"`)
}

func TestMetrics_CountByRouteAndStatus(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := open(t, func(o *api.Options) {
		o.Registry, o.Metrics = registry, promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	})
	h.get("/v1/links/canary", nobody)
	h.get("/v1/cases", h.people.Officer)
	h.send("BREW", "/canary", "", nobody)
	w := h.get("/metrics", nobody)
	require.Equal(t, http.StatusOK, w.Code)
	for _, line := range []string{
		`wutong_http_requests_total{method="GET",route="/v1/links/:token",status="404"} 1`,
		`wutong_http_requests_total{method="GET",route="/v1/cases",status="200"} 1`,
		`wutong_http_requests_total{method="other",route="none",status="404"} 1`,
		`wutong_http_request_duration_seconds_count{method="GET",route="/v1/cases"} 1`,
		`wutong_http_requests_in_flight 1`,
	} {
		assert.Contains(t, w.Body.String(), line)
	}
	assert.NotContains(t, w.Body.String(), "canary")
	assert.NotPanics(t, func() { open(t, func(o *api.Options) { o.Registry = registry }) }, "one process may build two")
}
