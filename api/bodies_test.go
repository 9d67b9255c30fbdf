package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
	"wutong/store/storetest"
)

// posts are the routes that take a body: where, who, and one that is good.
func (h *house) posts() []postRoute {
	h.t.Helper()
	id := h.refer()
	inquiry := h.asks(id, station.StageCheck, station.TaskSpec{Kind: station.TaskInquiry, Party: station.Applicant})
	hub := h.withHub().opensRound()
	project := hub.pitches()
	hub.stands(project, station.StagePitches, station.TaskScore)
	round := read[struct{ Times json.RawMessage }](h.t, h.get("/v1/rounds/"+theRound, h.people.Officer))
	ambassador := storetest.Ambassadors(h.t, h.db, "{}").Ambassadors[0]
	h.token(ambassador, secret+ambassador.ID, station.ScopeFull)
	talent := storetest.Settlements(h.t, h.db, "{}").Newcomers[0]
	h.token(talent, secret+talent.ID, station.ScopeFull)
	return []postRoute{
		{"/v1/settlements", talent, `{"programme":"` + storetest.SettlementProgramme + `","services":["residence"],"has":["company"]}`},
		{"/v1/rounds", h.people.Officer, with(roundForm(), map[string]any{"code": "pitch-other"})},
		{"/v1/pitches", hub.team, with(hub.pitchForm(), nil)},
		{"/v1/angels", hub.team, with(hub.angelForm(hub.decks[1]), map[string]any{"interests": []any{map[string]any{"kind": "person", "name": "Li"}}})},
		{"/v1/cases/" + project + "/declaration", hub.angels[0], `{"conflict":"none"}`},
		{"/v1/rounds/" + theRound + "/timetable", h.people.Officer, `{"times":` + string(round.Times) + `}`},
		{"/v1/rounds/" + theRound + "/cancellation", h.people.Officer, `{"reason":"No."}`},
		{"/v1/referrals", h.people.Referrer, form},
		{"/v1/ambassadors", ambassador, with(ambassadorForm("zju"), nil)},
		{h.check() + "/decision", h.people.Officer, `{"verdict":"decline","reason":"Because.","scores":[],"question":"","to":"","target":"","account":""}`},
		{h.check() + "/assignment", h.people.Officer, `{"verdict":"take","account":""}`},
		{"/v1/tasks/" + inquiry + "/answer", h.people.Referrer, `{"answer":"Yes."}`},
		{"/v1/cases/" + id + "/appeal", h.people.Referrer, `{"reason":"No."}`},
		{h.mails(station.TaskConsent, station.StageConsent), nobody, `{"verdict":"consent","answer":"","reason":""}`},
	}
}

type postRoute struct {
	path string
	who  station.Account
	good string
}

func TestBody_ThatIsUnfitIsRefusedTheSameEverywhere(t *testing.T) {
	h := open(t)
	routes := h.posts()
	first := func(good, with string) string { return strings.Replace(good, "{", "{"+with, 1) }
	for _, c := range []struct {
		name   string
		body   func(good string) string
		header []string
		status int
		code   string
		fault  string
	}{
		{name: "empty", body: func(string) string { return "" }, status: 400, code: "bad_json"},
		{name: "no JSON", body: func(string) string { return "{" }, status: 400, code: "bad_json"},
		{name: "words", body: func(string) string { return "hello" }, status: 400, code: "bad_json"},
		{name: "two values", body: func(good string) string { return good + good }, status: 400, code: "bad_json"},
		{name: "a byte order mark", body: func(good string) string { return "\ufeff" + good }, status: 400, code: "bad_json"},
		{name: "broken UTF-8", body: func(good string) string { return first(good, "\"x\":\"\xff\",") }, status: 400, code: "bad_json"},
		{name: "too deep for a parser", body: func(string) string { return strings.Repeat("[", 20000) + strings.Repeat("]", 20000) }, status: 400, code: "bad_json"},
		{name: "deep", body: func(string) string { return strings.Repeat("[", 500) + strings.Repeat("]", 500) }, status: 422, code: "invalid"},
		{name: "a list", body: func(string) string { return "[]" }, status: 422, code: "invalid", fault: " object"},
		{name: "null", body: func(string) string { return "null" }, status: 422, code: "invalid", fault: " object"},
		{name: "NUL", body: func(good string) string { return first(good, `"x":["\u0000"],`) }, status: 422, code: "invalid", fault: "x/0 plain_text"},
		{name: "a number beyond any", body: func(good string) string { return first(good, `"x":1e999,`) }, status: 422, code: "invalid", fault: "x number"},
		{name: "a name given twice", body: func(good string) string { return first(good, `"x":1,"x":2,`) }, status: 422, code: "invalid", fault: "x given_twice"},
		{name: "a name nobody knows", body: func(good string) string { return first(good, `"admin":true,`) }, status: 422, code: "invalid", fault: "admin not_expected"},
		{name: "a name in capitals", body: strings.ToUpper, status: 422, code: "invalid"},
		{name: "too large", body: func(string) string { return `"` + strings.Repeat("x", 1<<20) + `"` }, status: 413, code: "body_too_large"},
		{name: "another type", header: []string{"Content-Type", "text/plain"}, status: 415, code: "unsupported_media_type"},
		{name: "a type of its own", header: []string{"Content-Type", "application/problem+json"}, status: 415, code: "unsupported_media_type"},
		{name: "no type at all", header: []string{"Content-Type", "a;b;c=;"}, status: 415, code: "unsupported_media_type"},
		{name: "another alphabet", header: []string{"Content-Type", "application/json; charset=gbk"}, status: 415, code: "unsupported_media_type"},
		{name: "compressed", header: []string{"Content-Encoding", "gzip"}, status: 415, code: "unsupported_media_type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range routes {
				body := r.good
				if c.body != nil {
					body = c.body(r.good)
				}
				p := problem(t, h.post(r.path, body, r.who, c.header...))
				assert.Equal(t, c.status, p.Status, r.path)
				assert.Equal(t, c.code, p.Code, r.path)
				if c.fault != "" && assert.NotEmpty(t, p.Errors, r.path) {
					assert.Equal(t, c.fault, p.Errors[0].Path+" "+p.Errors[0].Code, r.path)
				}
			}
		})
	}
	for _, r := range routes {
		w := h.post(r.path, r.good, r.who, "Content-Type", "application/json; charset=UTF-8")
		assert.Less(t, w.Code, 300, "%s %s", r.path, w.Body)
	}
}

func TestBody_WithoutItsLengthIsMeasuredAsItComes(t *testing.T) {
	h := open(t)
	send := func(body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/referrals", struct{ io.Reader }{body})
		require.Equal(t, int64(-1), r.ContentLength)
		r.Header.Set("Authorization", "Bearer "+secret+h.people.Referrer.ID)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, http.StatusCreated, send(strings.NewReader(form)).Code)
	assert.Equal(t, "body_too_large", problem(t, send(bytes.NewReader(make([]byte, 1<<20+1)))).Code)
	// exactly 1 MiB is not over it
	full := strings.Repeat(" ", 1<<20-len(form)) + form
	assert.Equal(t, http.StatusCreated, send(strings.NewReader(full)).Code)
	assert.Equal(t, "body_cut_short", problem(t, send(io.MultiReader(strings.NewReader("{"), cutShort{}))).Code)
}

// cutShort is a client that stops in the middle.
type cutShort struct{}

func (cutShort) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestGrant_EachWrongFieldIsNamed(t *testing.T) {
	h := open(t)
	w := h.post("/v1/grants", `{"programme":"grant-test","district":"HZ","project":{"name":"n","summary":"s"},
		"company":{"name":"n","number":"91350100M000100Y4","registeredOn":"1 March","earlierGrants":-1,"bank":"b","account":"33010401"},
		"applicant":{"legalRepresentative":"yes","graduatedOn":"2024-06-30","institution":"i"},"team":{"members":1.5,"share":101}}`, h.people.Referrer)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	var got []string
	for _, f := range problem(t, w).Errors {
		got = append(got, f.Path+" "+f.Code)
	}
	assert.ElementsMatch(t, []string{
		"project/plan required", "company/number at_least_characters", "company/registeredOn date", "company/earlierGrants at_least",
		"applicant/legalRepresentative boolean", "team/members integer", "team/share at_most",
	}, got)
	for _, item := range []string{"[]", "{}", "null", "1"} { // what cannot be compared too
		assert.Equal(t, "invalid", problem(t, h.post("/v1/grants", `{"documents":[`+item+`,`+item+`]}`, h.people.Referrer)).Code, item)
	}
}

func TestReferral_EachWrongFieldIsNamed(t *testing.T) {
	h := open(t)
	w := h.post("/v1/referrals", `{"programme":"referral-test","channel":1,"name":"`+strings.Repeat("名", 101)+
		`","email":"nobody","institution":"","evidence":[],"why":"x","language":"fr"}`, h.people.Referrer)
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	var got []string
	for _, f := range problem(t, w).Errors {
		got = append(got, f.Path+" "+f.Code)
	}
	assert.Equal(t, []string{
		"channel text", "email email", "evidence at_least_items", "field required", "language one_of", "name at_most_characters",
	}, got)

	// what only the station can tell, in the same form
	w = h.post("/v1/referrals", strings.NewReplacer("tsinghua", " ", "https://example.com/p", "ftp://x").Replace(form), h.people.Referrer)
	assert.Equal(t, []api.Fault{
		{Path: "evidence/0", Code: "web_address", Message: "must be a web address that begins with http:// or https://"},
		{Path: "institution", Code: "required", Message: "is required"},
	}, problem(t, w).Errors)
	w = h.post("/v1/referrals", strings.Replace(form, "referral-test", "other", 1), h.people.Referrer)
	assert.Equal(t, "unknown_programme", problem(t, w).Errors[0].Code)
	w = h.post("/v1/referrals", strings.Replace(form, "alumni", "pigeon", 1), h.people.Referrer)
	assert.Equal(t, []api.Fault{{Path: "channel", Code: "unknown_channel", Message: "is not a channel of this programme"}}, problem(t, w).Errors)
	w = h.post("/v1/referrals", `{`+manyFields(2000)+`}`, h.people.Referrer)
	assert.Len(t, problem(t, w).Errors, 50, "an answer does not grow with the mistakes")
}

func manyFields(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`"x%d":1`, i)
	}
	return strings.Join(names, ",")
}

func TestIdempotencyKey_MustBeOne(t *testing.T) {
	h := open(t)
	for _, key := range []string{"two words", "ключ", "\xff", strings.Repeat("k", 201)} {
		p := problem(t, h.post("/v1/referrals", form, h.people.Referrer, "Idempotency-Key", key))
		assert.Equal(t, http.StatusUnprocessableEntity, p.Status)
		assert.Equal(t, []api.Fault{{Path: "Idempotency-Key", Code: "format", Message: "is not in the right form"}}, p.Errors)
	}
}

// FuzzPosts sends anything at all to every route that takes a body: whatever a
// client sends, the fault is never ours.
func FuzzPosts(f *testing.F) {
	h := open(f)
	routes := h.posts()
	for _, r := range routes {
		f.Add([]byte(r.good), "application/json", "k", "a;,b")
	}
	for _, body := range []string{"", "{}", "[]", "null", `{"scores":[{"points":1e1}]}`, `{"verdict":{}}`, "{\"a.b[\":1}", "\x00", `{"evidence":[[[]],{}]}`, "verdict=consent&answer=%00"} {
		f.Add([]byte(body), "application/json", "", "text/html")
		f.Add([]byte(body), "application/x-www-form-urlencoded", "", "*/*;q=x,,")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, key, accept string) {
		for _, r := range routes {
			w := h.post(r.path, string(body), r.who, "Content-Type", contentType, "Idempotency-Key", key, "Accept", accept)
			require.Less(t, w.Code, 500, "%s: %s", r.path, w.Body)
		}
	})
}

// FuzzGets asks for anything at all.
func FuzzGets(f *testing.F) {
	h := open(f)
	h.refer()
	f.Add("x", "limit=1&cursor=abc&after=1&kind=check&name=%00", "1")
	f.Add("\x00", "cursor=eyJ9&q=%ff&due_before=0001-01-01T00:00:00Z", "-1")
	f.Add(station.NewID(), "a[b]=1&;&=&name=\u5b63", "99999999999999999999")
	f.Fuzz(func(t *testing.T, segment, query, header string) {
		for _, route := range []string{
			"/v1/cases", "/v1/tasks", "/v1/talents", "/v1/cases/*", "/v1/cases/*/events", "/v1/cases/*/stream", "/v1/tasks/*", "/v1/acts/*",
			"/v1/programmes/*", "/v1/links/*", "/docs/*", "/codec/*", "/*", "/v1/angels", "/v1/rounds", "/v1/rounds/*", "/v1/rounds/*/report",
			"/v1/rounds/*/report.csv", "/rounds/*/report", "/v1/rounds/*/board", "/v1/drafts", "/v1/drafts/*",
		} {
			r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
			r.URL.Path, r.URL.RawQuery = strings.ReplaceAll(route, "*", segment), query
			r.Header.Set("Authorization", "Bearer "+secret+h.people.Officer.ID)
			for _, name := range []string{"Last-Event-ID", "Accept", "Accept-Language", "If-None-Match", "X-Forwarded-For"} {
				r.Header.Set(name, header)
			}
			w := httptest.NewRecorder()
			h.handler.ServeHTTP(w, r)
			require.Less(t, w.Code, 500, "%s: %s", route, w.Body)
		}
	})
}
