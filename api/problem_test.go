package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/station/locale"
	"wutong/store"
)

func TestProblem_IsInTheReadersLanguage(t *testing.T) {
	h := open(t)
	for language, want := range map[string]string{
		"en":                         "Not found",
		"en-GB,en;q=0.9,zh;q=0.1":    "Not found",
		"zh-CN":                      locale.T(station.Chinese, "title.not_found"),
		"zh":                         locale.T(station.Chinese, "title.not_found"),
		"":                           locale.T(station.Chinese, "title.not_found"),
		"xx,;q":                      locale.T(station.Chinese, "title.not_found"),
		strings.Repeat("en-", 10000): locale.T(station.Chinese, "title.not_found"),
	} {
		p := problem(t, h.get("/nowhere", nobody, "Accept-Language", language))
		assert.Equal(t, want, p.Title, "%.40s", language)
		assert.Equal(t, "route_unknown", p.Code)
	}
	// an account's language comes first
	p := problem(t, h.get("/v1/cases/none", h.people.Officer, "Accept-Language", "zh-CN"))
	assert.Equal(t, "There is nothing here, or it is not yours to see.", p.Detail)
}

func TestProblem_IsTheAnswerToEverythingThatIsWrong(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		method, path string
		who          station.Account
		status       int
		code         string
	}{
		{http.MethodGet, "/", nobody, 404, "route_unknown"},
		{http.MethodGet, "/v1/cases/", h.people.Officer, 404, "route_unknown"},
		{http.MethodGet, "/v1/cases", nobody, 401, "unauthorized"},
		{http.MethodGet, "/v1/cases/%00", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/cases/%ff", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/cases/x", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/cases/urn:uuid:0190a000-0000-7000-8000-000000000000", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/cases/0190a000-0000-7000-8000-000000000000", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/cases/0190a000000070008000000000000000", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/tasks/x.y.z", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/acts/" + strings.Repeat("x", 300), h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/programmes/%E4%B8%BE%E8%8D%90", h.people.Officer, 404, "not_found"},
		{http.MethodGet, "/v1/links/x", nobody, 404, "link_unknown"},
		{http.MethodGet, "/v1/talents", h.people.Referrer, 403, "forbidden"},
		{http.MethodGet, "/docs/nothing.js", nobody, 404, "not_found"},
	} {
		w := h.send(c.method, c.path, "", c.who)
		p := problem(t, w)
		assert.Equal(t, c.status, p.Status, c.path)
		assert.Equal(t, c.code, p.Code, c.path)
	}

	w := h.send(http.MethodDelete, "/v1/cases", "", h.people.Officer)
	assert.Equal(t, "method_not_allowed", problem(t, w).Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	w = h.send("BREW", "/v1/referrals", "", h.people.Officer)
	assert.Equal(t, "method_not_allowed", problem(t, w).Code)
	assert.Equal(t, "POST", w.Header().Get("Allow"))
	assert.Equal(t, http.StatusOK, h.send(http.MethodHead, "/v1/cases", "", h.people.Officer).Code)
	assert.Equal(t, http.StatusMethodNotAllowed, h.send(http.MethodHead, "/v1/cases/x/stream", "", h.people.Officer).Code)
}

func TestProblem_AnythingInAHeaderIsOnlyWords(t *testing.T) {
	h := open(t)
	for _, value := range []string{"a;,b", ";;;,,,", "*/*;q=", "text/html;q=x;", "\xff", "json", "application/xml"} {
		w := h.get("/v1/cases", h.people.Officer, "Accept", value, "Accept-Language", value)
		assert.Equal(t, http.StatusOK, w.Code, "%q %s", value, w.Body)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
		assert.Equal(t, "application/problem+json", h.get("/v1/cases/x", h.people.Officer, "Accept", value).Header().Get("Content-Type"))
	}
}

func TestPanic_IsAnInternalErrorThatTellsNothing(t *testing.T) {
	broken := brokenWebhook{}
	h := open(t, func(o *api.Options) { o.Webhook = broken })
	w := h.post("/v1/webhooks/sendgrid", `[]`, nobody, "Accept-Language", "en")
	p := problem(t, w)
	assert.Equal(t, http.StatusInternalServerError, p.Status)
	assert.Equal(t, "internal", p.Code)
	assert.NotContains(t, w.Body.String(), "secret sauce")
	assert.Contains(t, h.log.String(), "secret sauce")
	assert.Contains(t, h.log.String(), p.Reference, "a person's report and the log have the reference in common")
}

type brokenWebhook struct{}

func (brokenWebhook) Receive(context.Context, http.Header, []byte) error { panic("secret sauce") }

func TestDatabaseAway_IsUnavailable(t *testing.T) {
	away, err := store.Open("postgres://nobody@127.0.0.1:1/nothing?sslmode=disable")
	require.NoError(t, err)
	t.Cleanup(func() { _ = away.Close() })
	h := open(t, func(o *api.Options) {
		o.Service = station.NewService(station.Options{Store: away, Log: o.Log, Now: time.Now})
	})
	w := h.get("/v1/cases", h.people.Officer)
	require.Equal(t, http.StatusServiceUnavailable, w.Code, "%s\n%s", w.Body, h.log)
	assert.Equal(t, "5", w.Header().Get("Retry-After"))
	assert.Equal(t, "unavailable", problem(t, w).Code)
	assert.Equal(t, http.StatusServiceUnavailable, h.get("/readyz", nobody).Code)
	assert.Equal(t, http.StatusOK, h.get("/healthz", nobody).Code)
}

func TestClientThatLeft_IsNoError(t *testing.T) {
	h := open(t)
	ctx, leave := context.WithCancel(context.Background())
	leave()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/cases", nil)
	r.Header.Set("Authorization", "Bearer "+secret+h.people.Officer.ID)
	h.handler.ServeHTTP(httptest.NewRecorder(), r)
	assert.Contains(t, h.log.String(), `"status":499`)
	assert.NotContains(t, h.log.String(), `"level":"ERROR"`)
}

func TestReadiness_EndsWithTheDraining(t *testing.T) {
	draining := make(chan struct{})
	h := open(t, func(o *api.Options) { o.Draining = draining })
	w := h.get("/readyz", nobody)
	require.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"status":"ok","version":"1.2.3"}`, w.Body.String())
	close(draining)
	assert.Equal(t, http.StatusServiceUnavailable, h.get("/readyz", nobody).Code)
}
