package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

// lettered is a house with an ambassador in office, and the code of their letter.
func lettered(t *testing.T, days int, changes ...func(*api.Options)) (o *offices, id, code string) {
	t.Helper()
	o = openOffices(t, changes...)
	id = o.appoints(o.people.Ambassadors[0], ambassadorForm("zju"), days)
	return o, id, o.letters(id, o.people.Ambassadors[0])[0].Code
}

func TestLetter_IsVerifiedByAnybodyWhoHasItsCode(t *testing.T) {
	o, id, code := lettered(t, 700)
	w := o.get("/v1/letters/"+code, nobody, "Accept-Language", "en")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	l := read[api.Letter](t, w)
	assert.Equal(t, []string{"valid", "Valid", o.people.Ambassadors[0].Name, "Zhejiang University", "Hangzhou"},
		[]string{l.Status, l.StatusText, l.Name, l.Institution, l.Branch})
	assert.Regexp(t, `^HZ-LETTER-\d{4}-000001$`, l.Number)
	assert.True(t, l.Until.After(l.From))
	var fields map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &fields))
	assert.Equal(t, []string{"branch", "from", "institution", "issuedAt", "name", "number", "status", "statusText", "until"}, slices.Sorted(maps.Keys(fields)))
	for _, secret := range []string{id, o.people.Ambassadors[0].ID, o.people.Ambassadors[0].Email, o.staff.Director.Name + `"`} {
		assert.NotContains(t, w.Body.String(), secret)
	}
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"), "what it is worth can change")

	dashed := code[:4] + "-" + code[4:8] + "-" + code[8:]
	for _, written := range []string{
		strings.ToLower(code), dashed, strings.ReplaceAll(dashed, "-", " "), " " + code + " ", strings.NewReplacer("0", "O", "1", "l").Replace(code),
	} {
		assert.Equal(t, http.StatusOK, o.get("/v1/letters/"+url.PathEscape(written), nobody).Code, written)
	}
}

func TestLetter_OfACodeThatIsNoneIsNotFound(t *testing.T) {
	o, id, code := lettered(t, 700)
	other := "0" + code[1:]
	if other == code {
		other = "1" + code[1:]
	}
	for _, wrong := range []string{other, code + "0", code[1:], "%00", "%ff", "%20", "-", "a%27b", strings.Repeat("x", 5000), id, "HZ-LETTER-2026-000001"} {
		for _, path := range []string{"/v1/letters/" + wrong, "/v1/letters/" + wrong + "/pdf"} {
			p := problem(t, o.get(path, nobody, "Accept-Language", "en"))
			assert.Equal(t, []any{http.StatusNotFound, "letter_unknown"}, []any{p.Status, p.Code}, path)
			assert.Contains(t, p.Detail, "No letter of appointment has this code.")
		}
	}
	w := o.get("/v1/letters/"+other, nobody, "Accept", browser, "Accept-Language", "en")
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Body.String(), "No letter of appointment has this code.")
	assert.Contains(t, w.Body.String(), "没有核验码与此相符的聘书")
}

func TestLetter_SaysWhatItIsWorthAndNotWhy(t *testing.T) {
	o, id, code := lettered(t, 700)
	worth := func() string { return read[api.Letter](t, o.get("/v1/letters/"+code, nobody)).Status }
	o.records(id, station.Change{Event: station.EventRevoked, Details: station.Details{"reason": "revoked"}, Office: &station.OfficeMove{Status: station.OfficeRevoked}}, station.StageDeclined)
	assert.Equal(t, "revoked", worth())
	o.records(id, station.Change{Event: station.EventReinstated, Office: &station.OfficeMove{Status: station.OfficeActive}}, station.StageTerm)
	assert.Equal(t, "valid", worth(), "the appeal was granted")
	o.records(id, station.Change{Event: station.EventResigned, Office: &station.OfficeMove{Status: station.OfficeResigned}}, station.StageTerm)
	assert.Equal(t, "expired", worth())
	o, _, code = lettered(t, -1)
	assert.Equal(t, "expired", worth(), "the term is over")
}

func TestLetter_IsAPageInTheLanguageThatIsAskedFor(t *testing.T) {
	o, _, code := lettered(t, 700)
	for _, c := range []struct{ query, accepted, lang string }{
		{"", "", "zh-CN"}, {"", "en", "en"}, {"?lang=en", "zh-CN", "en"}, {"?lang=zh-CN", "en", "zh-CN"},
	} {
		w := o.get("/v1/letters/"+code+c.query, nobody, "Accept", browser, "Accept-Language", c.accepted)
		require.Equal(t, http.StatusOK, w.Code, c.query)
		assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Equal(t, c.lang, w.Header().Get("Content-Language"))
		assert.Contains(t, w.Body.String(), `<html lang="`+c.lang+`"`)
		assert.Contains(t, w.Body.String(), "HZ-LETTER-")
		assert.Regexp(t, `^default-src 'none'`, w.Header().Get("Content-Security-Policy"))
		assert.Contains(t, w.Header().Get("X-Robots-Tag"), "noindex")
		pdf := regexp.MustCompile(`href="https://wutong.example([^"]+)"`).FindStringSubmatch(w.Body.String())
		require.NotNil(t, pdf)
		assert.Equal(t, http.StatusOK, o.get(pdf[1], nobody).Code, pdf[1])
		w = o.get("/v1/letters/"+code+c.query, nobody, "Accept-Language", c.accepted)
		assert.Equal(t, c.lang, w.Header().Get("Content-Language"))
		assert.Equal(t, c.lang == "en", read[api.Letter](t, w).Institution == "Zhejiang University")
	}
	for _, query := range []string{"?lang=fr", "?lang=%00", "?language=en"} {
		assert.Equal(t, http.StatusUnprocessableEntity, o.get("/v1/letters/"+code+query, nobody).Code, query)
		assert.Equal(t, http.StatusOK, o.get("/v1/letters/"+code+query, nobody, "Accept", browser).Code, "%s: what scans a code may add to its address", query)
	}
}

func TestLetter_IsAPDF(t *testing.T) {
	o, id, code := lettered(t, 700)
	w := o.get("/v1/letters/"+strings.ToLower(code)+"/pdf", nobody)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "application/pdf", w.Header().Get("Content-Type"))
	assert.Regexp(t, `^inline; filename=HZ-LETTER-\d{4}-000001.pdf$`, w.Header().Get("Content-Disposition"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"), "it can be revoked")
	assert.True(t, strings.HasPrefix(w.Body.String(), "%PDF-"))

	o.records(id, station.Change{Event: station.EventRevoked, Office: &station.OfficeMove{Status: station.OfficeRevoked}}, station.StageDeclined)
	p := problem(t, o.get("/v1/letters/"+code+"/pdf", nobody, "Accept-Language", "en"))
	assert.Equal(t, []any{http.StatusGone, "letter_revoked"}, []any{p.Status, p.Code})
	assert.Contains(t, p.Detail, "This letter of appointment was revoked.")
	page := o.get("/v1/letters/"+code, nobody, "Accept", browser, "Accept-Language", "en")
	assert.Contains(t, page.Body.String(), "<strong>Revoked</strong>")
	assert.NotContains(t, page.Body.String(), "/pdf")
	o.records(id, station.Change{Event: station.EventReinstated, Office: &station.OfficeMove{Status: station.OfficeActive}}, station.StageTerm)
	assert.Equal(t, http.StatusOK, o.get("/v1/letters/"+code+"/pdf", nobody).Code)
}

func TestLetters_CannotBeGuessedAtAnyRate(t *testing.T) {
	o, _, code := lettered(t, 700, func(o *api.Options) { o.Rate.AnonymousPerSecond, o.Rate.AnonymousBurst = 0.001, 3 })
	for range 3 {
		assert.Equal(t, http.StatusNotFound, o.get("/v1/letters/nothing", nobody).Code)
	}
	for _, path := range []string{"/v1/letters/" + code, "/v1/letters/" + code + "/pdf"} {
		assert.Equal(t, http.StatusTooManyRequests, o.get(path, nobody).Code)
	}
	w := o.get("/v1/letters/"+code, nobody, "Accept", browser)
	assert.Equal(t, http.StatusTooManyRequests, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
}
