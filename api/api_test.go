package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// away is an engine that cannot be reached.
type away struct{}

func (away) StartCase(context.Context, station.Case) error { return context.DeadlineExceeded }
func (away) SignalCase(context.Context, string, station.Signal) error {
	return context.DeadlineExceeded
}

type house struct {
	t       *testing.T
	handler http.Handler
	log     *bytes.Buffer
	people  storetest.People
}

const secret = "wt_canary-secret"

// open builds an API over a real database and an engine that is away.
func open(t *testing.T) *house {
	t.Helper()
	db := storetest.New(t)
	h := &house{t: t, log: &bytes.Buffer{}, people: storetest.Sample(t, db, "{}")}
	for i, a := range []station.Account{h.people.Referrer, h.people.Officer, h.people.Operator} {
		hash := sha256.Sum256([]byte(secret + a.ID))
		require.NoError(t, db.InsertToken(t.Context(), station.Token{
			ID: station.NewID(), Account: a.ID, Hash: hash[:], Scope: station.ScopeFull, ExpiresAt: time.Now().Add(time.Hour + time.Duration(i)),
		}))
	}
	links, err := station.NewLinkSigner(make([]byte, 32))
	require.NoError(t, err)
	log := slog.New(slog.NewJSONHandler(h.log, nil))
	h.handler = api.New(api.Options{
		Service: station.NewService(station.Options{Store: db, Engine: away{}, Links: links, Log: log, Now: time.Now, Patience: time.Millisecond}),
		Log:     log, Now: time.Now, Registry: prometheus.NewRegistry(),
		Codec: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	})
	return h
}

func (h *house) send(method, path, body string, who station.Account, header ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(body))
	if who.ID != "" {
		r.Header.Set("Authorization", "Bearer "+secret+who.ID)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

const form = `{"programme":"referral-test","channel":"alumni","name":"季逸超","email":"talent@example.com","institution":"tsinghua","field":"AI","evidence":["https://example.com/p"],"why":"A canary essay."}`

func TestReferral_IsTakenInThoughTheEngineIsAway(t *testing.T) {
	h := open(t)
	first := h.send(http.MethodPost, "/v1/referrals", form, h.people.Referrer, "Content-Type", "application/json", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, first.Code, first.Body)
	again := h.send(http.MethodPost, "/v1/referrals", form, h.people.Referrer, "Content-Type", "application/json", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, again.Code)
	assert.Equal(t, first.Header().Get("Location"), again.Header().Get("Location"))
	other := h.send(http.MethodPost, "/v1/referrals", strings.Replace(form, "AI", "Art", 1), h.people.Referrer, "Content-Type", "application/json", "Idempotency-Key", "k1")
	assert.Equal(t, http.StatusUnprocessableEntity, other.Code)
	path := first.Header().Get("Location")
	assert.Equal(t, http.StatusOK, h.send(http.MethodGet, path, "", h.people.Officer).Code)
	acted := h.send(http.MethodPost, path+"/withdrawal", "", h.people.Referrer)
	assert.Equal(t, http.StatusAccepted, acted.Code, acted.Body)
	assert.Equal(t, http.StatusOK, h.send(http.MethodGet, acted.Header().Get("Location"), "", h.people.Referrer).Code)
	for _, canary := range []string{"季逸超", "talent@example.com", "canary essay", secret} {
		assert.NotContains(t, h.log.String(), canary)
	}
}

func TestBadInput_IsNamedAndNeverAnInternalError(t *testing.T) {
	h := open(t)
	for name, c := range map[string]struct {
		body, contentType string
		status            int
	}{
		"no JSON":            {"{", "application/json", 400},
		"another type":       {form, "text/plain", 415},
		"too large":          {`{"why":"` + strings.Repeat("x", 1<<20) + `"}`, "application/json", 413},
		"nothing in it":      {"{}", "application/json", 422},
		"no address":         {strings.Replace(form, "talent@example.com", "nobody", 1), "application/json", 422},
		"unknown programme":  {strings.Replace(form, "referral-test", "other", 1), "application/json", 422},
		"NUL":                {strings.Replace(form, "canary", `\u0000`, 1), "application/json", 422},
		"broken UTF-8":       {strings.Replace(form, "canary", "\xff", 1), "application/json", 400},
		"unknown field":      {strings.Replace(form, `"why"`, `"admin":true,"why"`, 1), "application/json", 422},
		"a name given twice": {strings.Replace(form, `"why"`, `"name":"x","why"`, 1), "application/json", 422},
		"a list":             {"[]", "application/json", 422},
		"deep":               {strings.Repeat("[", 500) + strings.Repeat("]", 500), "application/json", 422},
	} {
		t.Run(name, func(t *testing.T) {
			w := h.send(http.MethodPost, "/v1/referrals", c.body, h.people.Referrer, "Content-Type", c.contentType)
			assert.Equal(t, c.status, w.Code, w.Body)
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		})
	}
}

func TestEachRoute_WantsAToken(t *testing.T) {
	h := open(t)
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	w := h.send(http.MethodGet, "/openapi.json", "", station.Account{})
	require.Equal(t, http.StatusOK, w.Code)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	assert.True(t, strings.HasPrefix(doc.OpenAPI, "3.1"))
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if strings.HasPrefix(path, "/v1/links") {
				continue
			}
			assert.NotEmpty(t, op.Security, "%s %s", method, path)
			path := strings.NewReplacer("{id}", "x", "{code}", "x").Replace(path)
			assert.Equal(t, http.StatusUnauthorized, h.send(strings.ToUpper(method), path, "", station.Account{}).Code, path)
		}
	}
}

func TestWhatSomeoneMayNotSee_IsNotFound(t *testing.T) {
	h := open(t)
	for _, path := range []string{"/v1/cases/0190a000-0000-7000-8000-000000000000", "/v1/cases/x", "/v1/tasks/x", "/v1/acts/x", "/v1/links/x", "/nowhere"} {
		assert.Equal(t, http.StatusNotFound, h.send(http.MethodGet, path, "", h.people.Officer).Code, path)
	}
	assert.Equal(t, http.StatusForbidden, h.send(http.MethodGet, "/v1/talents", "", h.people.Referrer).Code)
	assert.Equal(t, http.StatusMethodNotAllowed, h.send(http.MethodDelete, "/v1/cases", "", h.people.Officer).Code)
	assert.Equal(t, http.StatusUnprocessableEntity, h.send(http.MethodGet, "/v1/cases?cursor=zzz", "", h.people.Officer).Code)
}

func TestDocs_WorkWithoutTheInternet(t *testing.T) {
	h := open(t)
	w := h.send(http.MethodGet, "/docs", "", station.Account{})
	require.Equal(t, http.StatusOK, w.Code)
	assert.NotRegexp(t, `(src|href)="https?://`, w.Body.String())
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'self'")
	assert.Equal(t, http.StatusOK, h.send(http.MethodGet, "/docs/swagger-ui.css", "", station.Account{}).Code)
}

func TestCodec_IsForOperatorsOnly(t *testing.T) {
	h := open(t)
	assert.Equal(t, http.StatusUnauthorized, h.send(http.MethodPost, "/codec/decode", "{}", station.Account{}).Code)
	assert.Equal(t, http.StatusForbidden, h.send(http.MethodPost, "/codec/decode", "{}", h.people.Officer).Code)
	assert.Equal(t, http.StatusTeapot, h.send(http.MethodPost, "/codec/decode", "{}", h.people.Operator).Code)
}
