package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api"
	"wutong/station"
)

const (
	browser  = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	formType = "application/x-www-form-urlencoded"
)

// press sends a page's form as a browser would.
func (h *house) press(path string, fields ...string) (int, string) {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	w := h.post(path, values.Encode(), nobody, "Content-Type", formType, "Accept", browser, "Accept-Language", "en")
	assert.Equal(h.t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	return w.Code, w.Body.String()
}

func TestLink_IsJSONForPrograms(t *testing.T) {
	h := open(t)
	path := h.mails(station.TaskConsent, station.StageConsent)
	w := h.get(path, nobody, "Accept-Language", "en")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	l := read[api.Link](t, w)
	assert.Equal(t, "consent", l.Kind)
	assert.Equal(t, "Test referral", l.Programme.Name)
	assert.Equal(t, h.people.Referrer.Name, l.Referrer)
	assert.Equal(t, []string{"verdict"}, l.Takes)
	assert.Equal(t, []api.Named{{Code: "consent", Name: "Consent"}, {Code: "decline", Name: "Decline"}}, l.Verdicts)
	assert.Contains(t, string(l.Form), "季逸超")

	assert.Equal(t, "verdict", problem(t, h.post(path, `{"verdict":"merge"}`, nobody)).Errors[0].Path)
	w = h.post(path, `{"verdict":"consent"}`, nobody)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "recorded", read[api.Receipt](t, w).Status)

	// a form without a browser behind it
	path = h.mails(station.TaskInquiry, station.StageCheck)
	w = h.post(path, "answer=Yes.", nobody, "Content-Type", formType, "Accept", "*/*")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, "recorded", read[api.Receipt](t, w).Status)
	w = h.post(path, "answer=a&answer=b", nobody, "Content-Type", formType)
	assert.Equal(t, []string{"answer", "given_twice"}, []string{problem(t, w).Errors[0].Path, problem(t, w).Errors[0].Code})
}

func TestLink_IsAPageForAPersonWhoConsents(t *testing.T) {
	h := open(t)
	path := h.mails(station.TaskConsent, station.StageConsent)
	w := h.get(path, nobody, "Accept", browser, "Accept-Language", "en")
	require.Equal(t, http.StatusOK, w.Code)
	page := w.Body.String()
	for _, words := range []string{
		"Do you want to take part?", "I consent", "I decline", "What we hold about you", "季逸超", "canary@example.com", "A canary essay.",
		"Alumni", "校友会", // not its code
		h.people.Referrer.Name, "Test referral", "测试举荐", // both languages
	} {
		assert.Contains(t, page, words)
	}
	assert.Contains(t, page, `<html lang="en">`)
	assert.NotRegexp(t, `(src|href|action)=`, page, "nothing is loaded, and nothing leads away")
	assert.Contains(t, page, `<meta name="robots" content="noindex`)
	assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Contains(t, w.Header().Get("X-Robots-Tag"), "noindex")

	// looking, even often, does nothing: mail scanners look too
	assert.Equal(t, http.StatusOK, h.send(http.MethodHead, path, "", nobody, "Accept", browser).Code)
	assert.Equal(t, http.StatusOK, h.get(path, nobody).Code)

	status, said := h.press(path, "verdict", "consent")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "Thank you.")
}

func TestLinkPage_AllowsItsOwnStyleAndNothingElse(t *testing.T) {
	h := open(t)
	w := h.get(h.mails(station.TaskConsent, station.StageConsent), nobody, "Accept", browser)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(w.Body.String())
	require.NotNil(t, style)
	sum := sha256.Sum256([]byte(style[1]))
	policy := w.Header().Get("Content-Security-Policy")
	assert.Contains(t, policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	assert.Contains(t, policy, "default-src 'none'")
	assert.Contains(t, policy, "form-action 'self'")
	assert.Contains(t, policy, "frame-ancestors 'none'")
	assert.NotContains(t, policy, "unsafe")
}

func TestLinkPage_TakesADecline(t *testing.T) {
	h := open(t)
	status, said := h.press(h.mails(station.TaskConsent, station.StageConsent), "verdict", "decline")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "The referral ends here")
}

func TestLinkPage_TakesAnAnswerAndAnAppeal(t *testing.T) {
	h := open(t)
	path := h.mails(station.TaskInquiry, station.StageCheck)
	assert.Contains(t, h.get(path, nobody, "Accept", browser, "Accept-Language", "en").Body.String(), `<textarea id="words" name="answer"`)
	status, said := h.press(path, "answer", " ")
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, said, "is required")
	status, said = h.press(path, "answer", strings.Repeat("长", 5001)+"<b>")
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, said, "长&lt;b&gt;", "what was written is not lost, and is no HTML")
	status, said = h.press(path, "answer", "Yes.")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "Thank you for your answer.")

	path = h.mails(station.TaskAppeal, station.StageDeclined)
	status, said = h.press(path, "reason", "They did not read it.")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "We have your appeal.")
}

func TestLinkPage_SaysWhatIsWrong(t *testing.T) {
	h := open(t)
	for _, language := range []string{"en", "zh-CN"} {
		w := h.get("/v1/links/canary-token", nobody, "Accept", browser, "Accept-Language", language)
		require.Equal(t, http.StatusNotFound, w.Code)
		assert.Contains(t, w.Body.String(), `<html lang="`+language+`">`)
		assert.Contains(t, w.Body.String(), "This link is not valid")
	}
	path := h.mails(station.TaskConsent, station.StageConsent)
	status, said := h.press(path, "verdict", "maybe")
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, said, "must be one of: consent, decline")
	w := h.post(path, "verdict=%ff", nobody, "Content-Type", formType, "Accept", browser)
	assert.Equal(t, http.StatusUnprocessableEntity, w.Code)

	h.clerk.refuses = station.ReasonCaseEnded
	status, said = h.press(path, "verdict", "consent")
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, said, "The case has ended")
	h.clerk.refuses, h.clerk.away = "", true
	status, said = h.press(path, "verdict", "decline")
	assert.Equal(t, http.StatusOK+2, status)
	assert.Contains(t, said, "We have your answer and are working on it.")

	_, err := h.db.ExecContext(t.Context(), `UPDATE links SET used_at = now()`)
	require.NoError(t, err)
	status, said = h.press(path, "verdict", "consent")
	assert.Equal(t, http.StatusGone, status)
	assert.Contains(t, said, "This link was used already")
	assert.Equal(t, "link_spent", problem(t, h.get(path, nobody)).Code)

	w = h.post(path, "x", nobody, "Content-Type", "text/plain", "Accept", browser)
	assert.Equal(t, http.StatusUnsupportedMediaType, w.Code)
	assert.Contains(t, w.Body.String(), "<html")
}
