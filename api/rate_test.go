package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
)

// paced opens a house with rates and a clock that stands still.
func paced(t *testing.T, changes ...func(*api.Options)) (h *house, wait func(time.Duration)) {
	t.Helper()
	h = open(t, append([]func(*api.Options){func(o *api.Options) {
		o.Rate = api.Rate{PerSecond: 1, Burst: 3, AnonymousPerSecond: 0.5, AnonymousBurst: 2}
	}}, changes...)...)
	now := time.Now()
	h.now = func() time.Time { return now }
	return h, func(d time.Duration) { now = now.Add(d) }
}

func TestRate_IsPerToken(t *testing.T) {
	h, wait := paced(t)
	for range 3 {
		require.Equal(t, http.StatusOK, h.get("/v1/channels", h.people.Officer).Code)
	}
	w := h.get("/v1/channels", h.people.Officer)
	require.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	p := problem(t, w)
	assert.Equal(t, "too_many_requests", p.Code)
	assert.Equal(t, http.StatusOK, h.get("/v1/channels", h.people.Director).Code, "another's token has a rate of its own")
	wait(time.Second)
	assert.Equal(t, http.StatusOK, h.get("/v1/channels", h.people.Officer).Code)
	assert.Equal(t, http.StatusTooManyRequests, h.get("/v1/channels", h.people.Officer).Code)
}

func TestRate_IsPerAddressForWhoIsNotKnown(t *testing.T) {
	h, wait := paced(t)
	require.Equal(t, http.StatusOK, h.get("/v1/channels", h.people.Officer).Code)
	for range 2 {
		require.Equal(t, http.StatusNotFound, h.get("/v1/links/x", nobody).Code)
	}
	for _, path := range []string{"/v1/links/x", "/openapi.json", "/docs", "/v1/cases"} {
		w := h.get(path, nobody)
		require.Equal(t, http.StatusTooManyRequests, w.Code, path)
		assert.Equal(t, "2", w.Header().Get("Retry-After"))
	}
	page := h.get("/v1/links/x", nobody, "Accept", browser)
	assert.Equal(t, http.StatusTooManyRequests, page.Code)
	assert.Contains(t, page.Body.String(), "<html")
	// guessing tokens reaches the database no faster
	assert.Equal(t, http.StatusTooManyRequests, h.get("/v1/channels", nobody, "Authorization", "Bearer guess").Code)
	// and locks nobody out whose token was good before
	assert.Equal(t, http.StatusOK, h.get("/v1/channels", h.people.Officer).Code)
	for range 20 {
		assert.Equal(t, http.StatusOK, h.get("/healthz", nobody).Code, "probes are not counted")
	}
	wait(2 * time.Second)
	assert.Equal(t, http.StatusUnauthorized, h.get("/v1/channels", nobody, "Authorization", "Bearer guess").Code)
	assert.Equal(t, http.StatusTooManyRequests, h.get("/v1/channels", nobody, "Authorization", "Bearer another").Code)
}

func TestRate_ForgetsWhoHasAFullBucket(t *testing.T) {
	h, wait := paced(t)
	for range 2 {
		h.get("/v1/links/x", nobody)
	}
	wait(2 * time.Minute)
	for range 2 {
		assert.Equal(t, http.StatusNotFound, h.get("/v1/links/x", nobody).Code)
	}
	assert.Equal(t, http.StatusTooManyRequests, h.get("/v1/links/x", nobody).Code)
}

func TestRate_BelievesOnlyProxiesThatAreTrusted(t *testing.T) {
	from := func(h *house, peer, forwarded string) int {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/v1/links/x", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		return w.Code
	}
	h, _ := paced(t)
	got := []int{from(h, "192.0.2.1:1", "198.51.100.1"), from(h, "192.0.2.1:1", "198.51.100.2"), from(h, "192.0.2.1:1", "198.51.100.3")}
	assert.Equal(t, []int{404, 404, 429}, got, "whoever asks is counted, whatever they say")

	h, _ = paced(t, func(o *api.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	got = nil
	for _, client := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3"} {
		got = append(got, from(h, "192.0.2.1:1", client))
	}
	assert.Equal(t, []int{404, 404, 404}, got)
	got = nil
	for _, client := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3"} {
		got = append(got, from(h, "192.0.2.1:1", client))
	}
	assert.Equal(t, []int{404, 404, 429}, got, "one home's network counts as one")
}
