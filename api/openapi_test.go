package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// free are the routes without a token: those by a link's, and those of
// machines.
var free = []string{
	"get /v1/links/{token}", "post /v1/links/{token}", "get /v1/notices", "post /v1/cases/{id}/objection", "get /v1/angels", "get /v1/services",
	"get /v1/ambassadors", "get /v1/letters/{code}", "get /v1/letters/{code}/pdf",
	"post /v1/webhooks/sendgrid", "get /healthz", "get /readyz", "get /metrics",
}

type document struct {
	OpenAPI    string `json:"openapi"`
	Info       struct{ Title, Version, Description string }
	Tags       []struct{ Name string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]json.RawMessage
		SecuritySchemes map[string]struct{ Type, Scheme string }
	}
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          []map[string][]string
	Parameters                        []struct{ Name, In, Description string }
	RequestBody                       struct{ Content map[string]any }
	Responses                         map[string]struct {
		Description string
		Content     map[string]any
	}
}

func openAll(t *testing.T) *house {
	t.Helper()
	return open(t, func(o *api.Options) {
		o.Webhook, o.Metrics, o.Codec = brokenWebhook{}, http.NotFoundHandler(), echo{}
	})
}

func (h *house) document() (document, []byte) {
	h.t.Helper()
	w := h.get("/openapi.json", nobody)
	require.Equal(h.t, http.StatusOK, w.Code)
	return read[document](h.t, w), w.Body.Bytes()
}

func TestOpenAPI_HasEachRoute(t *testing.T) {
	h := openAll(t)
	doc, _ := h.document()
	assert.True(t, strings.HasPrefix(doc.OpenAPI, "3.1."), doc.OpenAPI)
	assert.Equal(t, "1.2.3", doc.Info.Version)
	assert.Equal(t, "bearer", doc.Components.SecuritySchemes["token"].Scheme)
	var routes []string
	for path, methods := range doc.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	assert.ElementsMatch(t, []string{
		"POST /v1/referrals", "POST /v1/grants", "POST /v1/angels", "POST /v1/rounds", "POST /v1/pitches",
		"GET /v1/programmes", "GET /v1/programmes/{code}", "GET /v1/institutions", "GET /v1/channels",
		"GET /v1/cases", "GET /v1/cases/{id}", "GET /v1/cases/{id}/events", "GET /v1/cases/{id}/stream",
		"POST /v1/cases/{id}/withdrawal", "POST /v1/cases/{id}/appeal",
		"GET /v1/tasks", "GET /v1/tasks/{id}",
		"POST /v1/tasks/{id}/decision", "POST /v1/tasks/{id}/answer", "POST /v1/tasks/{id}/confirmation", "POST /v1/tasks/{id}/assignment",
		"GET /v1/notices", "POST /v1/cases/{id}/objection",
		"GET /v1/acts/{id}", "GET /v1/links/{token}", "POST /v1/links/{token}", "GET /v1/talents",
		"GET /v1/funds", "GET /v1/funds/{code}", "GET /v1/funds/{code}/entries.csv",
		"POST /v1/funds/{code}/adjustments", "POST /v1/funds/{code}/adjustments/{id}/approval",
		"GET /v1/angels", "GET /v1/members", "POST /v1/cases/{id}/declaration", "GET /v1/rounds", "GET /v1/rounds/{code}",
		"POST /v1/rounds/{code}/timetable", "POST /v1/rounds/{code}/cancellation", "GET /v1/rounds/{code}/board",
		"GET /v1/rounds/{code}/report", "GET /v1/rounds/{code}/report.csv", "GET /rounds/{code}/report",
		"POST /v1/settlements", "GET /v1/settlements/{id}", "GET /v1/settlements/{id}/timeline", "GET /v1/services", "GET /v1/services/papers",
		"GET /v1/papers", "GET /v1/providers", "GET /v1/providers/{code}/report",
		"POST /v1/ambassadors", "GET /v1/ambassadors", "GET /v1/letters/{code}", "GET /v1/letters/{code}/pdf", "GET /v1/coverage",
		"GET /v1/drafts", "GET /v1/drafts/{programme}", "PUT /v1/drafts/{programme}", "DELETE /v1/drafts/{programme}",
		"POST /v1/documents", "GET /v1/documents", "GET /v1/documents/{id}", "GET /v1/documents/{id}/content",
		"POST /v1/webhooks/sendgrid", "GET /healthz", "GET /readyz", "GET /metrics",
	}, routes)
}

// A document that is valid has no reference to nothing, no two operations of
// one name, and says of each path's parameter what it is.
func TestOpenAPI_IsWholeAndWellDescribed(t *testing.T) {
	h := openAll(t)
	doc, raw := h.document()
	for _, m := range regexp.MustCompile(`"\$ref":"([^"]+)"`).FindAllSubmatch(raw, -1) {
		name, ok := strings.CutPrefix(string(m[1]), "#/components/schemas/")
		assert.True(t, ok, string(m[1]))
		assert.Contains(t, doc.Components.Schemas, name)
	}
	var tags, seen []string
	for _, tag := range doc.Tags {
		tags = append(tags, tag.Name)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			at := method + " " + path
			assert.NotContains(t, seen, op.OperationID, at)
			seen = append(seen, op.OperationID)
			assert.NotEmpty(t, op.Summary, at)
			assert.NotEmpty(t, op.Description, at)
			require.Len(t, op.Tags, 1, at)
			assert.Contains(t, tags, op.Tags[0], at)
			var inPath []string
			for _, p := range op.Parameters {
				assert.NotEmpty(t, p.Description, "%s: %s", at, p.Name)
				if p.In == "path" {
					inPath = append(inPath, "{"+p.Name+"}")
				}
			}
			assert.ElementsMatch(t, regexp.MustCompile(`\{[^}]+\}`).FindAllString(path, -1), inPath, at)
			for status, r := range op.Responses {
				assert.NotEmpty(t, r.Description, "%s %s", at, status)
				if status >= "400" {
					assert.Contains(t, r.Content, "application/problem+json", "%s %s", at, status)
				}
			}
			for content := range op.RequestBody.Content {
				assert.Contains(t, []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}, content, at)
			}
		}
	}
	assert.Contains(t, doc.Paths["/v1/links/{token}"]["post"].RequestBody.Content, "application/x-www-form-urlencoded")
	assert.Contains(t, doc.Paths["/v1/cases/{id}/stream"]["get"].Responses["200"].Content, "text/event-stream")
	assert.Contains(t, string(raw), `"enum":["ambassador","angel","grant","pitch","referral","round","service","settlement"]`)
}

func TestEachRoute_WantsAToken(t *testing.T) {
	h := openAll(t)
	doc, _ := h.document()
	h.token(h.people.Officer, "wt_old", station.ScopeFull)
	_, err := h.db.ExecContext(t.Context(), `UPDATE tokens SET expires_at = now() - interval '1 s' WHERE expires_at <> (SELECT min(expires_at) FROM tokens) AND account = $1`, h.people.Officer.ID)
	require.NoError(t, err)
	checked := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if slices.Contains(free, method+" "+path) {
				assert.Empty(t, op.Security, path)
				continue
			}
			assert.Equal(t, []map[string][]string{{"token": {}}}, op.Security, path)
			for name, header := range map[string][]string{
				"none":           nil,
				"unknown":        {"Authorization", "Bearer nobody"},
				"another scheme": {"Authorization", "Basic " + secret + h.people.Referrer.ID},
				"empty":          {"Authorization", "Bearer "},
				"NUL":            {"Authorization", "Bearer \x00"},
				"expired":        {"Authorization", "Bearer wt_old"},
			} {
				w := h.send(strings.ToUpper(method), strings.NewReplacer("{id}", "x", "{code}", "x", "{programme}", "x").Replace(path), "", nobody, header...)
				assert.Equal(t, http.StatusUnauthorized, w.Code, "%s %s: %s", method, path, name)
				assert.Equal(t, `Bearer realm="wutong"`, w.Header().Get("WWW-Authenticate"))
				problem(t, w)
				checked++
			}
		}
	}
	assert.Equal(t, 55*6, checked)
}

func TestDocs_WorkWithoutTheInternet(t *testing.T) {
	h := open(t)
	w := h.get("/docs", nobody)
	require.Equal(t, http.StatusOK, w.Code)
	page := w.Body.String()
	assert.NotRegexp(t, `(src|href)="(https?:)?//`, page)
	assert.Contains(t, page, `/openapi.json`)
	policy := w.Header().Get("Content-Security-Policy")
	assert.True(t, strings.HasPrefix(policy, "default-src 'none'"), policy)
	assert.NotContains(t, policy, "http")
	assert.NotRegexp(t, `script-src[^;]*unsafe`, policy)
	assert.Equal(t, strings.Count(page, "<script>"), strings.Count(policy, "'sha256-"))
	assets := regexp.MustCompile(`(?:src|href)="(/docs/[^"]+)"`).FindAllStringSubmatch(page, -1)
	require.Len(t, assets, 5)
	for _, a := range assets {
		w := h.get(a[1], nobody)
		assert.Equal(t, http.StatusOK, w.Code, a[1])
		assert.NotZero(t, w.Body.Len(), a[1])
	}
	tag := w.Header().Get("ETag")
	assert.Equal(t, http.StatusNotModified, h.get("/docs", nobody, "If-None-Match", tag).Code)
}

type echo struct{}

func (echo) ServeHTTP(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.Path)) }

func TestCodec_IsForOperators(t *testing.T) {
	h := openAll(t)
	assert.Equal(t, http.StatusUnauthorized, h.post("/codec/decode", "{}", nobody).Code)
	assert.Equal(t, http.StatusForbidden, h.post("/codec/decode", "{}", h.people.Officer).Code)
	w := h.post("/codec/decode", "{}", h.people.Operator)
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "/decode", w.Body.String())
	assert.Equal(t, http.StatusNotFound, open(t).post("/codec/decode", "{}", h.people.Operator).Code)
}
